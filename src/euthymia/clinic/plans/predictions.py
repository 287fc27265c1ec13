"""What published models predict for a planned dose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.drafts import PlanDraft


def prediction_for(patient: Patient, draft: PlanDraft, now: datetime) -> Any:
    return None
