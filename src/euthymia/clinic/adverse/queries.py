"""Reading adverse events: the steps as the rules know them, lists for a person and a clinic, who may own one."""

from __future__ import annotations

from uuid import UUID

from euthymia.care.adverse_event import (
    ActionTaken,
    AdverseCase,
    AdverseStep,
    Outcome,
    Relatedness,
    StepKind,
    fold_adverse,
)
from euthymia.care.session_events import Severity
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.roles import CLINICAL, Role
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.adverse.models import AdverseEvent, AdverseEventStep
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to


def step_of(row: AdverseEventStep) -> AdverseStep:
    """A row as the rules know it."""
    judged = row.judged
    return AdverseStep(
        id=str(row.event_id),
        kind=StepKind(row.kind),
        at=row.at,
        recorded_at=row.recorded_at,
        by=row.by_name,
        says=row.says,
        to=row.to_name,
        severity=Severity(judged["severity"]) if "severity" in judged else None,
        serious=judged.get("serious"),
        relatedness=Relatedness(judged["relatedness"]) if "relatedness" in judged else None,
        action=ActionTaken(judged["action"]) if "action" in judged else None,
        outcome=Outcome(judged["outcome"]) if "outcome" in judged else None,
        as_prescriber=row.as_prescriber,
    )


def case_of(event: AdverseEvent) -> AdverseCase:
    """What the steps of this event add up to, in the order they were written."""
    return fold_adverse(step_of(row) for row in event.steps.all())


def events_of(actor: Actor, patient: Patient) -> list[AdverseEvent]:
    """Every adverse event of this person, those still open first, then the newest."""
    rows = visible_to(actor, AdverseEvent).filter(patient=patient).select_related("owner", "session")
    return sorted(rows, key=lambda row: row.closed_at is not None)


def open_events(actor: Actor) -> list[AdverseEvent]:
    """What nobody has closed yet in this clinic, serious ones first, then the oldest."""
    rows = visible_to(actor, AdverseEvent).filter(closed_at=None).select_related("owner", "patient", "session")
    return sorted(rows, key=lambda row: (not row.serious, row.opened_at))


def all_events(actor: Actor) -> list[AdverseEvent]:
    """Every adverse event of this clinic, newest first."""
    return list(visible_to(actor, AdverseEvent).select_related("owner", "patient", "session"))


def opened_from(actor: Actor, session_id: UUID) -> set[str]:
    """The side effects of a session that an adverse event was opened from."""
    rows = visible_to(actor, AdverseEvent).filter(session_id=session_id, side_effect_id__isnull=False)
    return {str(found) for found in rows.values_list("side_effect_id", flat=True)}


def possible_owners(actor: Actor) -> list[Membership]:
    """Everybody here who may own an adverse event, by name."""
    rows = visible_to(actor, Membership).filter(user__is_active=True).select_related("user")
    return sorted((row for row in rows if Role(row.role) in CLINICAL), key=lambda row: str(row.user))
