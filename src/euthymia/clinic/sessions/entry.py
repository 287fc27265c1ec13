"""One press of a button at the bedside, from what was typed to what was written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from euthymia.care.session import SessionState
from euthymia.care.session_events import SessionEvent
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions import commands, forms
from euthymia.clinic.sessions.models import Chair, Session
from euthymia.clinic.sessions.note import detail_of
from euthymia.clinic.sessions.queries import find_session, state_of
from euthymia.clinic.sessions.refusals import NotAllowed
from euthymia.clinic.sessions.wording import KINDS
from euthymia.errors import BadInput

# Presses whose words matter: sent again with other words under the same id they are a conflict, not a repeat.
TYPED = frozenset({"look", "cell", "scales", "effect"})


def take_entry(viewer: Viewer, session: Session, typed: Mapping[str, str], now: datetime) -> str:
    """Write what this press says and tell it in a few words. The same press again changes nothing (BadInput)."""
    refuse_other_person(session, typed.get("record_number", ""))
    state = state_of(session)
    if typed.get("do") == "seat":
        return _seat(viewer, session, state, typed, now)
    bedside = forms.Bedside(viewer.name, now, viewer.zone, order_of(session.plan), state)
    if typed.get("do") == "correct":
        return _correct(viewer, session, bedside, typed)
    # Asked before anything is worked out: a repeated "next device" must not become one more.
    known = state.event(str(typed.get("event_id", "")))
    if known is not None and typed.get("do") not in TYPED:
        return "This had already been written."
    events = forms.events_from(typed, bedside)
    if known is not None:
        if (known.kind, known.payload) != (events[0].kind, events[0].payload):
            message = "This form was sent before with other words. Reload the page and write it again."
            raise BadInput("id_reused", "event_id", message)
        return "This had already been written."
    try:
        commands.append_events(viewer, session, events, now)
    except NotAllowed as refusal:
        if refusal.code == "id_reused" and _twin_was_faster(viewer, session, events[0]):
            return "This had already been written."
        raise _with_who(refusal, viewer, state, typed) from refusal
    first = events[0]
    detail = detail_of(first)
    clock = f"{first.at.astimezone(viewer.zone):%H:%M}"
    return f"{KINDS[first.kind]} at {clock}{': ' + detail if detail else ''}"


def _twin_was_faster(viewer: Viewer, session: Session, event: SessionEvent) -> bool:
    """Whether this very press, sent twice at once, was written by its twin while this one was being read."""
    twin = state_of(find_session(viewer, session.id)).event(event.id)
    return twin is not None and (twin.kind, twin.payload, twin.by) == (event.kind, event.payload, event.by)


def _seat(viewer: Viewer, session: Session, state: SessionState, typed: Mapping[str, str], now: datetime) -> str:
    if state.event(str(typed.get("event_id", ""))) is not None:
        return "This had already been written."
    chair_id = typed.get("chair", "")
    if not chair_id.isdigit():
        raise BadInput("no_chair", "chair", "Choose the chair the person sits in.")
    chair = find_or_404(viewer, Chair, pk=int(chair_id))
    at = forms.read_time(typed.get("at", ""), now, viewer.zone)
    event_id = typed.get("event_id") or None
    commands.seat(viewer, session, chair, now=now, at=at, event_id=event_id, device=typed.get("device", "")[:80])
    return f"Seated in {chair.name}."


def _correct(viewer: Viewer, session: Session, bedside: forms.Bedside, typed: Mapping[str, str]) -> str:
    event, because = forms.correction_from(typed, bedside)
    known = bedside.state.event(event.id)
    if known is not None and known.payload == event.payload:
        return "This had already been written."
    try:
        commands.correct_reading(viewer, session, event, because=because, now=bedside.now)
    except NotAllowed as refusal:
        raise _with_who(refusal, viewer, bedside.state, typed) from refusal
    return f"Corrected to {detail_of(event)}. The old line stays, struck through."


def _with_who(refusal: NotAllowed, viewer: Viewer, state: SessionState, typed: Mapping[str, str]) -> BadInput:
    """A lost race told in full: who was faster, when, and what the line says now."""
    striker = state.event(state.struck.get(typed.get("corrects", ""), ""))
    if refusal.code != "already_corrected" or striker is None:
        return refusal
    message = (
        f"{striker.by} has already changed this line at {striker.recorded_at.astimezone(viewer.zone):%H:%M}. "
        f"It now says: {detail_of(striker) or 'struck out'}. Look at it, then correct that line if it is wrong."
    )
    return BadInput("already_corrected", "corrects", message)


def refuse_other_person(session: Session, record_number: str) -> None:
    """Refuses an entry written in front of somebody else: a stale tablet, the wrong tab."""
    if record_number and record_number != session.patient.record_number:
        message = f"This entry was written for {record_number}, and this chair holds another person. Look again."
        raise BadInput("other_person", "record_number", message)
