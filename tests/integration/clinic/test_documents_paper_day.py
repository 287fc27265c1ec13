"""A whole visit on paper, keyed in the same evening: arrival, gate, dose and the way home with their true times."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from tests.builders import NOW, sign_in
from tests.closed_session import AT_THE_DOOR, MINUTE
from tests.session_room import BEFORE, Room, again

from euthymia.care.decision import Allowed, Refused, reasons_of
from euthymia.care.session_events import EventKind
from euthymia.clinic.documents.keying import lines_from
from euthymia.clinic.documents.sheet_commands import key_in
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.forms import read_paper_time
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import find_session, state_of
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
EVENING = NOW + timedelta(hours=9)


def key(room: Room, session: Session, **row: str) -> None:
    lines = lines_from({f"{field}_1": text for field, text in row.items()}, 1)
    assert key_in(room.nurse, session, NOW.date(), lines, sheet_id=uuid4(), now=EVENING).problems == ()


def arrived(room: Room) -> Session:
    """Seated at ten by the paper, with vital signs a minute later; written down in the evening."""
    session = room.session()
    commands.seat(room.nurse, session, room.chair, now=EVENING, at=NOW)
    key(room, again(session), at="10:01", line="122/78 70 98% 14")
    return again(session)


def test_the_gate_is_asked_as_of_then_and_marked_late() -> None:
    room = Room()
    session = arrived(room)
    stale = commands.pass_gate(room.nurse, session, room.answers(), now=EVENING)
    assert isinstance(stale, Refused), "by the evening the vital signs are old"
    decision = commands.pass_gate(room.nurse, session, room.answers(), now=EVENING, at=NOW + 2 * MINUTE)
    assert isinstance(decision, Allowed), decision
    state = state_of(find_session(room.nurse, session.id))
    assert state.gate_at == NOW + 2 * MINUTE
    gate = next(event for event in state.entries if event.kind.value == "gate_passed")
    assert gate.id in state.late


def test_a_gate_from_before_the_vital_signs_is_refused_by_what_was_known_then() -> None:
    room = Room()
    session = arrived(room)
    decision = commands.pass_gate(room.nurse, session, room.answers(), now=EVENING, at=NOW + timedelta(seconds=30))
    assert not isinstance(decision, Allowed)
    assert state_of(find_session(room.nurse, session.id)).gate_at is None


def test_going_home_by_the_paper_is_judged_at_that_minute() -> None:
    room = Room()
    session = arrived(room)
    commands.pass_gate(room.nurse, session, room.answers(), now=EVENING, at=NOW + 2 * MINUTE)
    key(room, session, at="10:05", dose="start")
    key(room, session, at="10:45", dose="complete", line="128/80 72 98% 14", moaas="5", cadss6="0")
    early = commands.discharge(room.nurse, again(session), AT_THE_DOOR, now=EVENING, at=NOW + 46 * MINUTE)
    assert isinstance(early, Refused)
    assert reasons_of(early)
    assert again(session).closed_at is None


def test_the_page_takes_the_time_of_the_paper_on_the_clinics_clock() -> None:
    room = Room()
    began = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=9)
    session = room.seated(began)
    room.write(session, EventKind.VITALS, BEFORE, at=began + MINUTE)
    then = (began + 2 * MINUTE).astimezone(room.nurse.zone)
    typed = {"identifier_name": "on", "identifier_date_of_birth": "on", "escort_name": "Sam Escort"}
    typed |= {f"check_{name}": "yes" for name in room.answers().checklist}
    typed |= {"record_number": room.patient.record_number, "event_id": str(uuid4())}
    browser, address = sign_in(Client(), room.nurse), f"/sessions/{session.id}/gate/"
    refused = browser.post(address, typed | {"paper_at": "yesterday"})
    assert refused.status_code == 422
    assert "is not a day and time" in refused.content.decode()
    browser.post(address, typed | {"paper_at": f"{then:%Y-%m-%dT%H:%M}"})
    assert state_of(find_session(room.nurse, session.id)).gate_at == began + 2 * MINUTE


@pytest.mark.parametrize(
    ("text", "code"),
    [("2026-03-29T02:30", "no_such_time"), ("2026-03-29T01:30+00:00", "bad_time"), ("soon", "bad_time")],
)
def test_a_time_no_clock_showed_is_refused(text: str, code: str) -> None:
    with pytest.raises(BadInput) as refusal:
        read_paper_time(text, NOW, ZoneInfo("Europe/Berlin"))
    assert refusal.value.code == code
