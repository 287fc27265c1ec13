"""A session that ran and closed, with its signed note: what documents are made from."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.builders import NOW
from tests.session_room import BEFORE, Room, again, event

from euthymia.care.decision import Allowed
from euthymia.care.discharge import DischargeFacts
from euthymia.care.session_events import EventKind
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.models import Session

MINUTE = timedelta(minutes=1)
AT_THE_DOOR = DischargeFacts(("name", "date_of_birth"), "Sam Escort", True, True, True)
STAYED_MIN = 300
CLOSED_AT = NOW + 310 * MINUTE
CONCERNS = ("sedation", "dissociation", "respiratory_depression")


def dosed(room: Room, at: datetime = NOW) -> Session:
    """A dose is running; of nasal devices both are given."""
    session = room.dosing(at)
    if session.plan.order["devices"]:
        for number in (1, 2):
            device = {"amount_mg": 28.0, "number": number}
            room.write(session, EventKind.DEVICE_GIVEN, device, at=at + (5 * number + 1) * MINUTE)
    return again(session)


def watched(room: Room, session: Session) -> Session:
    """A reading and every scale each five minutes after the start, and the dose complete."""
    start = session.dose_started_at
    assert start is not None
    rows = []
    for minute in range(5, STAYED_MIN + 1, 5):
        at = start + minute * MINUTE
        rows.append(event(EventKind.VITALS, BEFORE, at=at, by=room.nurse.name))
        for concern in CONCERNS:
            scale = {"instrument": "clinical", "concern": concern, "resolved": minute >= 60}
            rows.append(event(EventKind.SCALE, scale, at=at, by=room.nurse.name))
    rows.append(event(EventKind.DOSE_COMPLETED, {}, at=start + 40 * MINUTE, by=room.nurse.name))
    commands.append_events(room.nurse, session, rows, start + STAYED_MIN * MINUTE)
    return again(session)


def closed(room: Room, at: datetime = NOW) -> Session:
    """Gone home at `CLOSED_AT`, when that began at NOW, with a signed note."""
    session = watched(room, dosed(room, at))
    decision = commands.discharge(room.nurse, session, AT_THE_DOOR, now=at + 310 * MINUTE)
    assert isinstance(decision, Allowed), decision
    return again(session)
