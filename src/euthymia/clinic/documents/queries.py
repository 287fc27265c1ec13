"""Reading what belongs to the documents of a session: the note as it was signed, and what came after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from euthymia.care.session import LATE_AFTER, SessionState, fold
from euthymia.care.session_events import EventKind, SessionEvent
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.documents.models import NoteAddendum
from euthymia.clinic.documents.sealing import broken_addendum, note_intact
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.sessions.events import event_of
from euthymia.clinic.sessions.models import Session, SessionNote
from euthymia.clinic.sessions.queries import session_protocol


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A signed note with its additions and what was written into the record since.

    state: what the events added up to when it was signed.   later: events recorded after that, in the order recorded.
    broken: the place of the first addition that does not fit the chain.
    """

    note: SessionNote
    intact: bool
    addenda: tuple[NoteAddendum, ...]
    broken: int | None
    state: SessionState
    later: tuple[SessionEvent, ...]


def signed_note(actor: Actor, session: Session) -> SignedNote | None:
    """The signed note of a session the caller has found within the clinic; None while it is a draft."""
    note = visible_to(actor, SessionNote).filter(session=session).select_related("signed_by").first()
    if note is None:
        return None
    addenda = tuple(visible_to(actor, NoteAddendum).filter(note=note).order_by("place"))
    events = [event_of(row) for row in session.events.all()]
    signed = (event for event in events if event.recorded_at <= note.signed_at)
    later = sorted((event for event in events if event.recorded_at > note.signed_at), key=lambda one: one.recorded_at)
    state = fold(signed, late_after=late_after(session))
    return SignedNote(note, note_intact(note), addenda, broken_addendum(note, addenda), state, tuple(later))


def late_after(session: Session) -> timedelta:
    """After how long the session's protocol calls an entry late."""
    minutes = session_protocol(session).timing.late_entry_min.value
    return LATE_AFTER if minutes is None else timedelta(minutes=minutes)


def struck_by(event: SessionEvent, signed: SignedNote) -> SessionEvent | None:
    """The signed entry that this later one corrects or strikes out."""
    return signed.state.event(event.corrects or "") if event.kind is not EventKind.REMARK else None
