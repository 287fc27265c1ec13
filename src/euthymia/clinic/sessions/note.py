"""The note that writes itself from the flowsheet: plain text, signed by hash when the session closes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from euthymia.care.note import note_facts, note_sentences
from euthymia.care.session import SessionState
from euthymia.care.session_events import EventKind, ScaleTaken, SessionEvent, SideEffect, SideEffectEnded
from euthymia.care.vitals import Reading
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.gate import IDENTIFIERS
from euthymia.clinic.sessions.models import Session, SessionNote
from euthymia.clinic.sessions.queries import session_protocol
from euthymia.clinic.sessions.wording import KINDS, ROUTES, SHORT, reading_words, scale_words


def sign_note(viewer: Viewer, session: Session, state: SessionState, now: datetime) -> SessionNote:
    """Keep the note of a closed session under the closer's name and the hash of its text."""
    text = note_text(session, state, now, viewer.zone)
    note = SessionNote.objects.create(
        clinic_id=session.clinic_id,
        session=session,
        text=text,
        content_hash=text_hash(text),
        signed_by_id=viewer.user_id,
        signed_at=now,
    )
    record(viewer, Action.SIGN, "session_note", now=now, patient_id=session.patient_id, subject_id=session.id)
    return note


def text_hash(text: str) -> str:
    """SHA-256 of the note's text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def note_text(session: Session, state: SessionState, now: datetime, zone: ZoneInfo) -> str:
    """The whole note from what was recorded; nothing in it was typed twice, and nothing is invented."""
    protocol = session_protocol(session)
    parts = [
        _heading(session, state, zone),
        _order(session),
        _gate(session, zone),
        _block("In short", list(note_sentences(note_facts(state, protocol, now)))),
        _block("Flowsheet", [_entry(event, state, zone) for event in _live(state)]),
        _block("Corrections", list(_corrections(state, zone))),
        _discharge(session, state, zone),
    ]
    return "\n\n".join(part for part in parts if part)


def _heading(session: Session, state: SessionState, zone: ZoneInfo) -> str:
    patient, protocol = session.patient, session_protocol(session)
    born = f"born {patient.birth_date:%d %B %Y}" if patient.birth_date else "birth date not known"
    day = state.clock_at or state.opened_at or session.scheduled_for
    return "\n".join(
        [
            f"{patient}  ·  {patient.record_number}  ·  {born}",
            f"Session of {day.astimezone(zone):%d %B %Y}, {session.chair or 'no chair'}; times in {zone.key}",
            f"Protocol: {protocol.title} ({protocol.id} {protocol.version})",
        ]
    )


def _gate(session: Session, zone: ZoneInfo) -> str:
    kept = session.statements.get("gate")
    if not kept:
        return ""
    words = ", ".join(IDENTIFIERS.get(name, name).lower() for name in kept["identifiers"])
    texts = {item.name: item.text for item in session_protocol(session).checks}
    lines = [
        f"Passed at {_clock(datetime.fromisoformat(kept['at']), zone)} by {kept['by']}.",
        f"Identity confirmed by {words}. Taken home by {kept['escort_name']}.",
        *(f"{texts.get(name, name)}: {_yes_no(value)}" for name, value in kept["checklist"].items()),
        *_accepted(kept),
    ]
    return _block("Before the dose", lines)


def _order(session: Session) -> str:
    order = order_of(session.plan)
    dose = f"{order.dose_mg:g} mg {order.drug} by {ROUTES.get(order.route, order.route)}"
    weight = f"{order.mg_per_kg:.2f} mg/kg of {order.weight_kg:g} kg ({order.weight_basis.value} weight)"
    return _block("Ordered", [f"{dose}, {weight}; signed {session.plan.signed_at:%Y-%m-%d}."])


def _entry(event: SessionEvent, state: SessionState, zone: ZoneInfo) -> str:
    detail = detail_of(event)
    late = "  (entered late)" if event.id in state.late else ""
    return f"{_clock(event.at, zone)}  {KINDS[event.kind]}{': ' + detail if detail else ''}  ({event.by}){late}"


def _corrections(state: SessionState, zone: ZoneInfo) -> Iterator[str]:
    by_id = {event.id: event for event in state.entries}
    for struck_id, striker_id in state.struck.items():
        old, new = by_id[struck_id], by_id[striker_id]
        became = "struck out" if new.kind is EventKind.STRUCK_OUT else f"now {detail_of(new)}"
        yield f"{_clock(old.at, zone)}  {KINDS[old.kind]} {detail_of(old)}: {became}, by {new.by}"


def detail_of(event: SessionEvent) -> str:
    """What one entry says, in a few words; empty when its kind says it all."""
    match event.payload:
        case Reading() as reading:
            return reading_words(reading)
        case SideEffect(name, severity, action):
            return f"{name} ({severity.value}){', ' + action if action else ''}"
        case ScaleTaken() as scale:
            return scale_words(scale)
        case SideEffectEnded():
            return ""
        case payload:
            return SHORT.get(type(payload), lambda _: "")(payload)


def _discharge(session: Session, state: SessionState, zone: ZoneInfo) -> str:
    kept = session.statements.get("discharge")
    if not kept or state.closed_at is None:
        return ""
    lines = [
        f"At {_clock(state.closed_at, zone)} by {kept['by']}, with {kept['escort_name']}.",
        "Told not to drive until the next day after restful sleep: yes. Judged stable by a clinician: yes.",
        *_accepted(kept),
    ]
    return _block("Left the clinic", lines)


def _accepted(kept: dict[str, object]) -> list[str]:
    rows = kept.get("overrides") or []
    return [f"Accepted by {row['by']}: {row['rule'].replace('_', ' ')} ({row['because']})" for row in rows]  # type: ignore[attr-defined]


def _live(state: SessionState) -> Iterator[SessionEvent]:
    return (event for event in state.entries if event.id not in state.struck and event.id not in state.unplaced)


def _block(title: str, lines: list[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines)]) if lines else ""


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M}"


def _yes_no(value: bool | None) -> str:
    return "not asked" if value is None else "yes" if value else "no"
