"""The session note on paper: the same grid, the drawing, the signed text, the signature, and what was added."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from euthymia.care.session import SessionState
from euthymia.care.session_events import EventKind, SessionEvent
from euthymia.charts import Frame, draw
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.alarms.record import RecordLine, history_of
from euthymia.clinic.documents.grid_values import grid_values
from euthymia.clinic.documents.queries import SignedNote, struck_by
from euthymia.clinic.documents.typesetting import may_not_print, paper_of, pdf_of
from euthymia.clinic.documents.vitals_chart import vitals_chart
from euthymia.clinic.people.models import Patient
from euthymia.clinic.sessions.flowsheet import grid
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.note import detail_of, note_text
from euthymia.clinic.sessions.queries import session_protocol
from euthymia.clinic.sessions.wording import KINDS

MEANING = "I closed this session. The text above is what the flowsheet recorded, and I sign it as its note."
# How long a beginning took to reach a screen is for whoever measures the system, not for a note.
FIRST_SHOWN = "First on a screen"
# As wide as a page upright; lower than on screen, so that grid and drawing share a page.
ON_PAPER = Frame(width=720, plot_height=160)


def note_pdf(viewer: Viewer, session: Session, state: SessionState, signed: SignedNote | None, now: datetime) -> bytes:
    """The note as PDF. Signed: as it was signed, with what was added since, and the same bytes until more is added."""
    shown = state if signed is None else signed.state
    at = now if signed is None else max([signed.note.signed_at, *(row.at for row in signed.addenda)])
    chart = vitals_chart(shown)
    text = note_text(session, state, now, viewer.zone) if signed is None else signed.note.text
    values = about(viewer, session.patient) | {
        "title": "Session note",
        "draft": "" if signed else f"Draft of {moment(now, viewer.zone)}. Not signed; it may still change.",
        "lines": text.splitlines(),
        "grid": grid_values(grid(shown, session_protocol(session), at, viewer.zone)),
        "chart": draw(chart, ON_PAPER) if chart else "",
        "chart_words": chart.description if chart else "",
        "signature": _signature(signed, viewer.zone),
        "addenda": [] if signed is None else [_addendum(row, viewer.zone) for row in signed.addenda],
        "later": [] if signed is None else later_lines(signed, viewer.zone),
        "alarms": [_alarm(line, viewer.zone) for line in history_of(viewer, session, at) if line.what != FIRST_SHOWN],
        "warning": _warning(signed),
    }
    return pdf_of("note.typ", values, at=at)


def about(viewer: Viewer, patient: Patient) -> dict[str, Any]:
    """Who and where, at the head of every page of a document about a person."""
    names = f"{patient} {viewer.clinic_name}"
    return {
        "clinic": viewer.clinic_name,
        "paper": paper_of(viewer.country),
        "zone": viewer.time_zone,
        "person": str(patient),
        "record_number": patient.record_number,
        "born": f"{patient.birth_date:%d %B %Y}" if patient.birth_date else "not known",
        "invented": patient.invented,
        "unprintable": may_not_print(names),
    }


def _signature(signed: SignedNote | None, zone: ZoneInfo) -> dict[str, str] | None:
    if signed is None:
        return None
    note = signed.note
    return {
        "name": str(note.signed_by),
        "meaning": MEANING,
        "at": moment(note.signed_at, zone),
        "hash": note.content_hash,
    }


def _addendum(row: Any, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "place": row.place,
        "text": row.text,
        "by": row.by_name,
        "at": moment(row.at, zone),
        "hash": row.hash,
    }


def later_lines(signed: SignedNote, zone: ZoneInfo) -> list[str]:
    """What the record gained after the signature, one line each."""
    return [_later_line(event, signed, zone) for event in signed.later]


def _later_line(event: SessionEvent, signed: SignedNote, zone: ZoneInfo) -> str:
    old, detail = struck_by(event, signed), detail_of(event)
    about_it = f"of {event.at.astimezone(zone):%H:%M}"
    words = f"{KINDS[event.kind]} {about_it}{': ' + detail if detail else ''}"
    if old is not None and event.kind is EventKind.STRUCK_OUT:
        words = f"Struck out: {KINDS[old.kind].lower()} {detail_of(old)} ({detail})"
    elif old is not None:
        words = f"Corrected: {KINDS[old.kind].lower()} {detail_of(old)} is now {detail}"
    return f"{moment(event.recorded_at, zone)}, {event.by}. {words}"


def _alarm(line: RecordLine, zone: ZoneInfo) -> str:
    words = f": {line.words}" if line.words else ""
    by = f" ({line.by})" if line.by else ""
    return f"{line.at.astimezone(zone):%H:%M}  {line.what}: {line.title}{words}{by}"


def _warning(signed: SignedNote | None) -> str:
    if signed is None or (signed.intact and signed.broken is None):
        return ""
    if not signed.intact:
        return "This text is not the one that was signed. Do not rely on it; tell whoever runs this system."
    return f"Addition {signed.broken} is not as it was written. Tell whoever runs this system."


def moment(at: datetime, zone: ZoneInfo) -> str:
    """`2 March 2026, 10:42 (Europe/Berlin, UTC+01:00)`: an hour that a clock shows twice is still told apart."""
    here = at.astimezone(zone)
    offset = f"{here:%z}"
    return f"{here.day} {here:%B %Y, %H:%M} ({zone.key}, UTC{offset[:3]}:{offset[3:]})"
