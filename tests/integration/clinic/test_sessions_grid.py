"""The flowsheet as a sheet to write into: one value in one cell, its limits beside it, and slips refused in words."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.http import HttpResponse
from django.test import Client
from tests.builders import NOW, sign_in
from tests.session_room import Room, again

from euthymia.care.session import SessionState
from euthymia.care.session_events import EventKind
from euthymia.clinic.sessions.bedside_grid import limit_words, screen
from euthymia.clinic.sessions.dose_marks import dose_marks
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.clinic.sessions.queries import session_protocol, state_of

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def room() -> Room:
    return Room()


@pytest.fixture
def nurse(client: Client, room: Room, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr("euthymia.clinic.sessions.views.timezone.now", lambda: NOW + 10 * MINUTE)
    return sign_in(client, room.nurse)


def write(client: Client, session: Session, vital: str, text: str, at: str = "", **more: str) -> HttpResponse:
    fields = {"do": "cell", "place": "sheet", "vital": vital, "line": text, "at": at, "event_id": str(uuid4())} | more
    return client.post(f"/sessions/{session.id}/events/", fields, headers={"HX-Request": "true"})  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("vital", "text", "shown"),
    [
        ("blood_pressure", "132/84", "132/84"),
        ("blood_pressure", "132.84", "132/84"),
        ("blood_pressure", "132 84", "132/84"),
        ("heart_rate", "72", "72"),
        ("spo2", "98", "98"),
        ("respiratory_rate", "16", "16"),
        ("temperature", "36,8", "36.8"),
        ("sedation", "5", "5"),
        ("dissociation", "12", "12"),
        ("nausea", "7", "7"),
    ],
)
def test_a_value_typed_into_its_cell_stands_there(nurse: Client, room: Room, vital: str, text: str, shown: str) -> None:
    session = room.dosing()
    answer = write(nurse, session, vital, text)
    assert answer.status_code == 200
    rows = {cell.vital: cell for row in grid_of(session).rows for cell in row.cells if cell.entries}
    assert rows[vital].entries[-1].text == shown
    assert shown in answer.content.decode()


@pytest.mark.parametrize(
    ("vital", "text", "words"),
    [
        ("blood_pressure", "84/132", "Swapped?"),
        ("blood_pressure", "132", "not a blood pressure"),
        ("blood_pressure", "1320/84", "cannot be right"),
        ("heart_rate", "7", "cannot be right"),
        ("heart_rate", "hr72", "not a number"),
        ("spo2", "980", "cannot be right"),
        ("sedation", "6", "from 0 to 5"),
        ("dissociation", "25", "from 0 to 24"),
        ("dissociation", "-1", "from 0 to 24"),
        ("nausea", "11", "from 0 to 10"),
        ("nausea", "bad", "from 0 to 10"),
        ("remark", "72", "Nothing can be written here"),
        ("heart_rate", " ", "Nothing was typed"),
    ],
)
def test_a_slip_in_a_cell_is_refused_in_words_and_writes_nothing(
    nurse: Client, room: Room, vital: str, text: str, words: str
) -> None:
    session = room.dosing()
    before = SessionEventRow.objects.filter(session=session).count()
    answer = write(nurse, session, vital, text)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert SessionEventRow.objects.filter(session=session).count() == before


def test_the_cells_of_one_column_are_one_look(nurse: Client, room: Room) -> None:
    session = room.dosing()
    write(nurse, session, "blood_pressure", "132/84")
    instant = state_of(again(session)).readings[-1].at.isoformat()
    for vital, text in (("heart_rate", "72"), ("spo2", "98"), ("respiratory_rate", "16")):
        assert write(nurse, session, vital, text, at=instant).status_code == 200
    last = state_of(again(session)).last_reading
    assert last is not None
    assert last.reading.measured() == {"blood_pressure", "heart_rate", "spo2", "respiratory_rate"}


def test_a_value_for_an_earlier_column_keeps_that_time_and_is_marked_late(nurse: Client, room: Room) -> None:
    session = room.dosing()
    earlier = NOW - 30 * MINUTE + 35 * MINUTE
    write(nurse, session, "heart_rate", "71", at=earlier.isoformat())
    row = SessionEventRow.objects.filter(session=session, kind="vitals").latest("recorded_at")
    assert row.at == earlier
    assert row.recorded_at == NOW + 10 * MINUTE


@pytest.mark.parametrize("at", ["2026-13-01T10:00:00+00:00", "2026-03-02T10:00:00", "nonsenseT"])
def test_a_time_that_is_none_is_refused(nurse: Client, room: Room, at: str) -> None:
    assert write(nurse, room.dosing(), "heart_rate", "71", at=at).status_code == 422


def test_a_cell_sent_twice_is_one_value_and_with_other_words_a_conflict(nurse: Client, room: Room) -> None:
    session, event_id = room.dosing(), str(uuid4())
    for _ in range(2):
        assert write(nurse, session, "heart_rate", "72", event_id=event_id).status_code == 200
    assert SessionEventRow.objects.filter(session=session, id=event_id).count() == 1
    assert write(nurse, session, "heart_rate", "73", event_id=event_id).status_code == 409


def test_a_cell_of_another_person_is_refused(nurse: Client, room: Room) -> None:
    answer = write(nurse, room.dosing(), "heart_rate", "72", record_number="E-99999")
    assert answer.status_code == 409
    assert "another person" in answer.content.decode()


def grid_of(session: Session, at: datetime = NOW + 10 * MINUTE):  # type: ignore[no-untyped-def]
    fresh = again(session)
    return screen(state_of(fresh), session_protocol(fresh), at, ZoneInfo("UTC"))


def test_the_limits_of_the_signed_protocol_stand_beside_the_rows(room: Room) -> None:
    session = room.dosing()
    words = limit_words(session_protocol(session), state_of(again(session)))
    assert "stop above" in words["blood_pressure"]
    assert "/" in words["blood_pressure"]
    assert "below" in words["spo2"]


def test_the_last_column_is_now_and_asks_for_what_is_late(room: Room) -> None:
    session = room.dosing()
    column = grid_of(session, NOW + 40 * MINUTE).columns[-1]
    assert (column.clock, column.mark) == ("now", "overdue")
    assert "blood_pressure" in column.due


def test_nothing_can_be_written_into_a_session_nobody_sits_in(room: Room) -> None:
    planned = room.session()
    assert [column.clock for column in grid_of(planned).columns if column.at is None] == []


def test_a_chip_takes_minutes_ago_and_the_six_items_add_up(nurse: Client, room: Room) -> None:
    session = room.dosing()
    chip = {"do": "effect", "place": "more", "effect": "Nausea:mild", "ago_min": "5", "event_id": str(uuid4())}
    assert nurse.post(f"/sessions/{session.id}/events/", chip, headers={"HX-Request": "true"}).status_code == 200
    state = state_of(again(session))
    assert [(span.name, span.from_at) for span in state.side_effects] == [("Nausea", NOW + 5 * MINUTE)]
    items = {f"cadss6_item_{number}": str(number % 3) for number in range(1, 7)}
    scale = {"do": "scales", "place": "more", "event_id": str(uuid4())} | items
    assert nurse.post(f"/sessions/{session.id}/events/", scale, headers={"HX-Request": "true"}).status_code == 200
    taken = state_of(again(session)).scales[-1].scale
    assert (taken.total, taken.items) == (6.0, "1, 2, 0, 1, 2, 0")
    assert 'name="nausea_rating" value="10"' in nurse.get(f"/sessions/{session.id}/").content.decode()
    rated = {"do": "scales", "place": "more", "event_id": str(uuid4()), "nausea_rating": "10"}
    said = nurse.post(f"/sessions/{session.id}/events/", rated, headers={"HX-Request": "true"})
    assert "Nausea: 0–10 rating 10" in said.content.decode()
    named = state_of(again(session)).last_scale("nausea")
    assert named is not None
    assert (named.scale.total, named.scale.resolved) == (10.0, None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"cadss6_item_1": "2"}, "all six items"),
        ({f"cadss6_item_{number}": "1" for number in range(1, 7)} | {"cadss6": "9"}, "add up to 6"),
        ({f"cadss6_item_{number}": "5" for number in range(1, 7)}, "all six items"),
    ],
)
def test_items_and_total_that_do_not_agree_are_refused(
    nurse: Client, room: Room, fields: dict[str, str], words: str
) -> None:
    session = room.dosing()
    scale = {"do": "scales", "place": "more", "event_id": str(uuid4())} | fields
    answer = nurse.post(f"/sessions/{session.id}/events/", scale, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert state_of(again(session)).scales == ()


def test_what_happens_to_the_dose_is_marked_on_the_time_axis(room: Room) -> None:
    session = room.dosing()
    start = again(session).dose_started_at
    assert start is not None
    room.write(session, EventKind.RATE_CHANGED, {"rate_mg_per_h": 20.0}, at=start + 10 * MINUTE)
    room.write(session, EventKind.DOSE_PAUSED, {"reason": "nausea"}, at=start + 15 * MINUTE)
    room.write(session, EventKind.DOSE_RESUMED, {}, at=start + 18 * MINUTE)
    room.write(session, EventKind.DOSE_STOPPED, {"reason": "enough"}, at=start + 25 * MINUTE)
    marks = dose_marks(state_of(again(session)), 150)
    assert marks == ((0.0, "dose"), (10.0, "20 mg/h"), (15.0, "paused"), (18.0, "goes on"), (25.0, "stopped"))
    assert dose_marks(state_of(again(session)), 16)[-1] == (15.0, "paused")
    assert dose_marks(SessionState(), 150) == ((0.0, "dose"),)


def test_each_device_is_a_mark_of_its_own() -> None:
    room = Room("esketamine_nasal_trd")
    session = room.dosing()
    start = again(session).dose_started_at
    assert start is not None
    for number in (1, 2):
        device = {"amount_mg": 28.0, "number": number}
        room.write(session, EventKind.DEVICE_GIVEN, device, at=start + (5 * number - 4) * MINUTE)
    assert [words for _, words in dose_marks(state_of(again(session)), 150)] == ["device 1", "device 2"]
