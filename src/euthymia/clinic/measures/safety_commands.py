"""Writing a safety plan: always a new version, never a change of an old one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from euthymia.care.safety_plan import Draft, SafetyPlan, write_plan
from euthymia.clinic.accounts.policies import ASSESS, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.measures.models import SafetyPlanVersion
from euthymia.clinic.measures.safety_queries import plans_of
from euthymia.clinic.people.models import Patient


@transaction.atomic
def write_safety_plan(viewer: Viewer, patient: Patient, draft: Draft, now: datetime) -> SafetyPlan:
    """The next version of this person's plan, with its audit; refuses what the rules refuse (BadInput)."""
    insist(viewer, ASSESS)
    # Two people writing at once: the second sees the first one's version and is asked why it changes.
    Patient.objects.select_for_update().get(pk=patient.pk)
    today = now.astimezone(viewer.zone).date()
    plan = write_plan(plans_of(viewer, patient), draft, viewer.name, now, today)
    row = SafetyPlanVersion.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        version=plan.version,
        lines={part: list(lines) for part, lines in plan.lines.items()},
        written_at=now,
        by_id=viewer.user_id,
        by_name=plan.written_by,
        with_person=bool(plan.with_person),
        review_on=plan.review_on,
        changed_because=plan.changed_because,
    )
    detail = {"version": plan.version, "empty": len(plan.empty)}
    record(viewer, Action.CREATE, "safety_plan", now=now, patient_id=patient.id, subject_id=row.id, detail=detail)
    return plan
