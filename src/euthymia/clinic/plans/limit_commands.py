"""Setting and ending a limit of one person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from euthymia.care.decision import Level
from euthymia.care.person_limits import own_limit
from euthymia.care.protocol import Measure
from euthymia.clinic.accounts.policies import PRESCRIBE, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.commands import SHORTEST_REASON
from euthymia.clinic.plans.models import PersonLimit
from euthymia.errors import BadInput


@dataclass(frozen=True, slots=True)
class NewLimit:
    """What a prescriber asks for. `value` in the unit the measure's name ends in."""

    measure: Measure
    level: Level
    value: float
    because: str


@transaction.atomic
def set_limit(viewer: Viewer, patient: Patient, wanted: NewLimit, now: datetime) -> PersonLimit:
    """A limit that holds from now for every dose of this person, also of a plan that is signed already."""
    insist(viewer, PRESCRIBE)
    because = _reason(wanted.because, "because", "Say why this person needs a limit of their own")
    own_limit("own", wanted.measure, wanted.value, wanted.level, set_by=viewer.name)
    row = PersonLimit.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        measure=wanted.measure.value,
        level=wanted.level.value,
        value=wanted.value,
        because=because,
        set_at=now,
        set_by_id=viewer.user_id,
        set_name=viewer.name,
    )
    record(viewer, Action.CREATE, "person_limit", now=now, patient_id=patient.id, subject_id=row.pk)
    return row


@transaction.atomic
def end_limit(viewer: Viewer, row: PersonLimit, *, reason: str, now: datetime) -> PersonLimit:
    """The limit holds no longer. Ending it twice changes nothing."""
    insist(viewer, PRESCRIBE)
    because = _reason(reason, "reason", "Say why the limit ends")
    row = PersonLimit.objects.select_for_update().get(pk=row.pk)
    if row.ended_at is None:
        row.ended_at, row.ended_name, row.ended_reason = now, viewer.name, because
        row.save(update_fields=["ended_at", "ended_name", "ended_reason"])
        about = {"patient_id": row.patient_id, "subject_id": row.pk, "detail": {"state": "ended"}}
        record(viewer, Action.CHANGE, "person_limit", now=now, **about)
    return row


def _reason(text: str, path: str, asks: str) -> str:
    words = text.strip()
    if len(words) < SHORTEST_REASON:
        raise BadInput("missing_reason", path, f"{asks}, in at least {SHORTEST_REASON} letters.")
    return words[:300]
