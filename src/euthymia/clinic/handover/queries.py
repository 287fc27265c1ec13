"""What is open in the room and whose it is: risk signals, adverse events, alarms, late checks, side effects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from euthymia.care.monitoring import late_checks
from euthymia.care.session import SessionState
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.roles import BEDSIDE, Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.adverse.queries import open_events
from euthymia.clinic.alarms.presenters import title_of
from euthymia.clinic.alarms.queries import room
from euthymia.clinic.handover.models import Handover, HandoverKind
from euthymia.clinic.measures.queries import open_risk_signals
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import running_sessions, session_protocol, state_of
from euthymia.clinic.sessions.wording import MEASURES

# How far back the page shows what was handed over: a shift and the one before it. An engineering number.
SHOWN_FOR = timedelta(hours=24)
CHAIR, RISK, ADVERSE = "chair", "risk", "adverse_event"


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One thing somebody has to look after. subject, subject_id: what is handed over, "" for a part of a chair.
    owner: "" while nobody is named.   since: None where it has no beginning of its own."""

    subject: str
    subject_id: str
    patient: Patient
    what: str
    owner: str
    since: datetime | None
    look: str
    session_id: str = ""


@dataclass(frozen=True, slots=True)
class ChairItem:
    """One chair with somebody in it: whose it is and everything that is open there."""

    item: OpenItem
    parts: tuple[OpenItem, ...]


def chairs_now(viewer: Viewer, now: datetime) -> list[ChairItem]:
    """Every chair with somebody in it, with its alarms, late checks and open side effects."""
    owners = chair_owners(viewer)
    alarms = {seat.session.id: seat for seat in room(viewer, now)}
    found = []
    for session in running_sessions(viewer):
        owner, state = owners.get(session.id, ""), state_of(session)
        seat = alarms.get(session.id)
        parts = tuple(_alarm_items(session, seat)) + tuple(_session_items(session, state, owner, now))
        words = f"{session.chair or 'No chair'}: everything about this visit"
        item = OpenItem(CHAIR, str(session.id), session.patient, words, owner, state.opened_at, "info", str(session.id))
        found.append(ChairItem(item, parts))
    return found


def _alarm_items(session: Session, seat: object) -> Iterator[OpenItem]:
    for alarm in getattr(seat, "alarms", ()):
        look = "danger" if alarm.tier.value == "high" else "caution"
        words = f"Alarm: {title_of(alarm)}{'' if alarm.on else ', over and not closed'}"
        yield OpenItem("", "", session.patient, words, alarm.owner, alarm.since, look, str(session.id))


def _session_items(session: Session, state: SessionState, owner: str, now: datetime) -> Iterator[OpenItem]:
    for check in late_checks(state, session_protocol(session), now):
        words = ", ".join(MEASURES.get(name, name) for name in check.still)
        yield OpenItem("", "", session.patient, f"Not done: {words}", owner, check.due_at, "danger", str(session.id))
    for span in state.open_side_effects:
        look = "danger" if span.severity.value == "severe" else "caution"
        words = f"{span.name}, {span.severity.value}"
        yield OpenItem("", "", session.patient, words, owner, span.from_at, look, str(session.id))


def chair_owners(viewer: Viewer) -> dict[UUID, str]:
    """Session → who looks after it, by the last act; a session nobody handed over has nobody."""
    rows = visible_to(viewer, Handover).filter(subject=CHAIR, kind=HandoverKind.GIVEN).order_by("at")
    open_now = rows.filter(patient__sessions__closed_at=None)
    return {row.subject_id: row.to_name for row in open_now.distinct()}


def people_items(viewer: Viewer) -> list[OpenItem]:
    """Signs of suicidal thoughts and adverse events that nobody has closed, wherever the person is."""
    signals = [
        OpenItem(RISK, str(row.id), row.patient, f"Risk: {row.trigger}", str(row.owner), row.raised_at, "danger")
        for row in open_risk_signals(viewer)
    ]
    events = [
        OpenItem(
            ADVERSE,
            str(row.id),
            row.patient,
            f"Adverse event: {row.what}, {row.severity}{', serious' if row.serious else ''}",
            str(row.owner),
            row.opened_at,
            "danger" if row.serious else "caution",
        )
        for row in open_events(viewer)
    ]
    return signals + events


def recent_acts(viewer: Viewer, now: datetime) -> list[Handover]:
    """What was handed over lately, newest first, each with its taking if there was one."""
    rows = visible_to(viewer, Handover).filter(kind=HandoverKind.GIVEN, at__gt=now - SHOWN_FOR)
    return list(rows.select_related("patient", "to", "taking"))


def receivers(viewer: Viewer) -> list[Membership]:
    """Who may be given something of the room: those who work in it and can sign in, by name."""
    rows = visible_to(viewer, Membership).filter(user__is_active=True).select_related("user")
    return sorted((row for row in rows if Role(row.role) in BEDSIDE), key=lambda row: str(row.user))
