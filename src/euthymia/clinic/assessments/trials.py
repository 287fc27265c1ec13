"""Earlier treatments: writing them down, and striking one through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.models import TreatmentTrialEntry
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.models import Patient
from euthymia.errors import BadInput

# What a form refuses as a slip of the hand; no clinical limits.
HIGHEST_DOSE_MG_DAY = 5000
LONGEST_WEEKS = 2600


@dataclass(frozen=True, slots=True)
class TrialFields:
    """One earlier treatment as it was told. `None` is not known, and stays not known."""

    drug: str
    dose_mg_day: float | None = None
    weeks: float | None = None
    outcome: str = ""
    augmentation: bool = False
    current_episode: bool = True


@transaction.atomic
def add_trial(actor: Actor, patient: Patient, fields: TrialFields, now: datetime) -> TreatmentTrialEntry:
    """Write down one earlier treatment; refuses a number that cannot be meant."""
    if not fields.drug.strip():
        raise BadInput("missing", "drug", "Say which medicine it was.")
    _within("dose_mg_day", fields.dose_mg_day, HIGHEST_DOSE_MG_DAY, "mg a day")
    _within("weeks", fields.weeks, LONGEST_WEEKS, "weeks")
    row = TreatmentTrialEntry.objects.create(
        clinic_id=actor.clinic_id,
        patient=patient,
        drug=fields.drug.strip(),
        dose_mg_day=fields.dose_mg_day,
        weeks=fields.weeks,
        outcome=fields.outcome,
        augmentation=fields.augmentation,
        current_episode=fields.current_episode,
        at=now,
        by_id=actor.user_id,
    )
    record(actor, Action.CREATE, "treatment_trial", now=now, patient_id=patient.id, subject_id=row.pk)
    return row


@transaction.atomic
def withdraw_trial(actor: Actor, row: TreatmentTrialEntry, now: datetime) -> TreatmentTrialEntry:
    """Strike one through; it stays in sight. Doing it twice changes nothing."""
    if row.withdrawn_at is None:
        row.withdrawn_at = now
        row.save(update_fields=["withdrawn_at"])
        record(
            actor,
            Action.CHANGE,
            "treatment_trial",
            now=now,
            patient_id=row.patient_id,
            subject_id=row.pk,
            detail={"withdrawn": True},
        )
    return row


def _within(name: str, value: float | None, highest: float, unit: str) -> None:
    if value is not None and not 0 < value <= highest:
        raise BadInput(
            "out_of_range", name, f"{value:g} {unit} cannot be right. Give a number above 0 and at most {highest:g}."
        )
