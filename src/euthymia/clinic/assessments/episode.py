"""The present episode and its earlier treatments, as the rules of resistance read them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from euthymia.care.resistance import History, Severity
from euthymia.care.treatment_trial import Outcome, TreatmentTrial
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.models import TreatmentTrialEntry
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.errors import BadInput

DURATION, SEVERITY, ECT = "episode_duration_months", "episode_severity", "episode_ect"
EPISODE_FACTS = (DURATION, SEVERITY, ECT)
LONGEST_MONTHS = 1200.0


def trials_of(actor: Actor, patient: Patient) -> list[TreatmentTrialEntry]:
    """Every earlier treatment written down, struck-through ones included, oldest entry first."""
    rows = visible_to(actor, TreatmentTrialEntry).filter(patient=patient)
    return list(rows.select_related("by").order_by("at", "pk"))


def trial_of(row: TreatmentTrialEntry) -> TreatmentTrial:
    """One earlier treatment as care judges it."""
    return TreatmentTrial(
        drug=row.drug,
        dose_mg_day=row.dose_mg_day,
        weeks=row.weeks,
        outcome=Outcome(row.outcome) if row.outcome else None,
        augmentation=row.augmentation,
        current_episode=row.current_episode,
    )


def history_of(
    actor: Actor, patient: Patient, answers: Mapping[str, Any], *, rows: list[TreatmentTrialEntry] | None = None
) -> History:
    """The episode with its treatments. `answers`: the newest answers by fact name; `rows`: `trials_of`, if at hand."""
    rows = trials_of(actor, patient) if rows is None else rows
    severity = answers.get(SEVERITY)
    return History(
        trials=tuple(trial_of(row) for row in rows if row.withdrawn_at is None),
        duration_months=answers.get(DURATION),
        severity=Severity(severity) if severity else None,
        ect=answers.get(ECT),
    )


def read_episode_answer(name: str, value: Any) -> Any:
    """An answer about the episode, of its kind; None takes it back. Refuses (BadInput) what cannot be meant."""
    if value is None:
        return None
    match name:
        case "episode_duration_months":
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= LONGEST_MONTHS:
                raise BadInput(
                    "out_of_range", name, f"Give the months as a number above 0, at most {LONGEST_MONTHS:g}."
                )
            return float(value)
        case "episode_severity":
            if value not in set(Severity):
                raise BadInput("unknown_choice", name, f"Choose one of: {', '.join(Severity)}.")
            return str(value)
        case _:
            if not isinstance(value, bool):
                raise BadInput("wrong_kind", name, "Answer yes or no, or leave it open.")
            return value
