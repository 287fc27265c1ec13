"""The further questions of some events: is the chair free, does the gate still hold, is it the dose of the order."""

from __future__ import annotations

from euthymia.care.bedside_dose import may_give
from euthymia.care.decision import Allowed, Decision, reasons_of
from euthymia.care.session import LATE_AFTER, Phase, SessionState
from euthymia.care.session_events import DoseStarted, Opened, SessionEvent
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions import gate
from euthymia.clinic.sessions.models import Chair, Session
from euthymia.clinic.sessions.queries import session_protocol
from euthymia.clinic.sessions.refusals import NotAllowed
from euthymia.errors import BadInput


def ask_before(actor: Actor, row: Session, state: SessionState, event: SessionEvent) -> None:
    """Refuses (BadInput, NotAllowed) an event that has its place but not its leave; the row is locked already.

    Nothing beyond the signed order goes in here, also not with a reason: more, faster or sooner needs a new plan.
    """
    if isinstance(event.payload, Opened):
        _refuse_taken_chair(actor, row)
    as_ordered = may_give(state, event, order_of(row.plan), session_protocol(row))
    if not isinstance(as_ordered, Allowed):
        raise NotAllowed(as_ordered, next_step=_next_step(as_ordered))
    if isinstance(event.payload, DoseStarted) and event.corrects is None:
        late = event.recorded_at - event.at > LATE_AFTER
        again = gate.ask_start(actor, row, state, at=event.at, late=late)
        if not isinstance(again, Allowed):
            raise NotAllowed(again)


def _next_step(decision: Decision) -> str:
    if {reason.rule for reason in reasons_of(decision)} == {"device_too_soon"}:
        return "Wait, then record it with the time it was given."
    return "What differs from the signed order needs a new plan."


def _refuse_taken_chair(actor: Actor, row: Session) -> None:
    if row.chair_id is None:
        raise BadInput("no_chair", "chair", "Choose the chair the person sits in.")
    # Locking the chair makes two nurses who seat at the same moment queue.
    chair = visible_to(actor, Chair).select_for_update().get(pk=row.chair_id)
    running = visible_to(actor, Session).filter(closed_at=None).exclude(phase=Phase.PLANNED.value).exclude(pk=row.pk)
    if running.filter(chair=chair).exists():
        raise BadInput("chair_taken", "chair", f"{chair.name} is taken. Choose another chair.")
    if running.filter(patient_id=row.patient_id).exists():
        raise BadInput("already_open", "patient", "This person already sits in another chair.")
