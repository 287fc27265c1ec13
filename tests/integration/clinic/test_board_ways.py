"""Other ways to look at the board: the wall, the handover, the group."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.session_room import Room, again

from euthymia.care.adverse_event import StepKind
from euthymia.care.alarms import Tier
from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.adverse import commands as adverse
from euthymia.clinic.alarms.queries import alarms_of
from euthymia.clinic.handover.models import Handover
from euthymia.clinic.sessions.models import Session, SessionEventRow

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = NOW + 40 * MINUTE


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("sessions.views", "sessions.board_views", "handover.views"):
        monkeypatch.setattr(f"euthymia.clinic.{place}.timezone.now", lambda: LATER)


@pytest.fixture
def room() -> Room:
    return Room()


# The board


def test_boards_that_ask_in_one_moment_share_a_drawing_without_anybodys_secret(room: Room) -> None:
    room.dosing()
    second = make_viewer(room.clinic, Role.NURSE)
    first, other = (sign_in(Client(), who).get("/board/tiles/") for who in (room.nurse, second))
    assert first.status_code == 200
    assert first.content == other.content
    assert room.patient.given_name in first.content.decode()
    assert "csrfmiddlewaretoken" not in first.content.decode()


def test_another_clinics_board_is_its_own(room: Room) -> None:
    room.dosing()
    stranger = make_viewer(make_clinic(), Role.NURSE)
    sign_in(Client(), room.nurse).get("/board/tiles/")
    assert room.patient.given_name not in sign_in(Client(), stranger).get("/board/tiles/").content.decode()


# The wall


@pytest.mark.parametrize(
    ("names", "shown"),
    [("", "number"), ("number", "number"), ("initials", "initials"), ("none", ""), ("full", "number")],
)
def test_the_wall_shows_no_more_of_a_person_than_it_may(room: Room, client: Client, names: str, shown: str) -> None:
    session = room.dosing()
    patient = session.patient
    sign_in(client, room.nurse)
    page = client.get("/board/wall/", {"names": names} if names else {}).content.decode()
    assert patient.given_name not in page
    assert patient.family_name not in page
    assert (patient.record_number in page) is (shown == "number")
    assert (f"{patient.given_name[0]}. {patient.family_name[0]}." in page) is (shown == "initials")
    assert "<form" not in page
    assert "<button" not in page


def test_the_walls_live_part_is_not_sent_again_unchanged(room: Room, client: Client) -> None:
    room.dosing()
    sign_in(client, room.nurse)
    first = client.get("/board/wall/tiles/?names=number")
    again_asked = client.get("/board/wall/tiles/?names=number", headers={"If-None-Match": first.headers["ETag"]})
    assert again_asked.status_code == 304
    other = client.get("/board/wall/tiles/?names=initials", headers={"If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_a_check_that_was_missed_reads_as_late_on_board_and_wall(room: Room, client: Client) -> None:
    room.dosing()
    sign_in(client, room.nurse)
    for address in ("/board/", "/board/wall/"):
        assert "overdue" in client.get(address).content.decode()


# The handover


def give(client: Client, to: Viewer, *items: str, says: str = "", batch_id: str = "") -> int:
    typed = {"items": list(items), "to": str(to.user_id), "says": says, "batch_id": batch_id or str(uuid4())}
    return client.post("/board/handover/", typed).status_code


def event_of(room: Room) -> str:
    written = adverse.Written(StepKind.OPENED, "Fainted", None, {"severity": "moderate"})
    return str(adverse.open_event(room.nurse, room.patient, written, NOW).id)


def test_the_handover_shows_whose_what_is_and_passes_it_on(room: Room, client: Client) -> None:
    session = room.dosing()
    room.write(session, EventKind.SIDE_EFFECT, {"name": "Nausea", "severity": "mild"}, at=NOW + 10 * MINUTE)
    event_id = event_of(room)
    sign_in(client, room.nurse)
    page = client.get("/board/handover/").content.decode()
    assert "Nobody named yet" in page
    assert "Nausea, mild" in page
    assert "Not done:" in page
    assert "Adverse event: Fainted" in page
    assert give(client, room.prescriber, f"chair:{session.id}", f"adverse_event:{event_id}", says="Watch her") == 302
    acts = list(Handover.objects.filter(kind="given"))
    assert {(act.subject, act.to_id, act.says) for act in acts} == {
        ("chair", room.prescriber.user_id, "Watch her"),
        ("adverse_event", room.prescriber.user_id, "Watch her"),
    }
    page = client.get("/board/handover/").content.decode()
    assert "Nobody named yet" not in page
    assert "not taken over yet" in page
    sign_in(client, room.prescriber)
    assert "I take it over" in client.get("/board/handover/").content.decode()
    for act in acts:
        for _ in range(2):
            assert client.post(f"/board/handover/{act.id}/take/").status_code == 302
    assert Handover.objects.filter(kind="taken").count() == 2
    sign_in(client, room.nurse)
    assert "taken " in client.get("/board/handover/").content.decode()


def test_the_alarms_of_a_chair_go_with_it_once_it_is_taken(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = room.dosing()
    beyond = {"systolic_mmhg": 240.0, "diastolic_mmhg": 100.0}
    room.write(session, EventKind.VITALS, beyond, at=NOW + 20 * MINUTE)

    def owners() -> set[str]:
        return {alarm.owner for alarm in alarms_of(room.nurse, session, LATER)}

    sign_in(client, room.nurse)
    give(client, room.nurse, f"chair:{session.id}")
    assert owners() == {room.nurse.name}
    give(client, room.prescriber, f"chair:{session.id}")
    assert owners() == {room.nurse.name}, "nobody has confirmed that they took it"
    act = Handover.objects.get(kind="given", to_id=room.prescriber.user_id)
    sign_in(client, room.prescriber)
    taken_at = LATER + MINUTE
    monkeypatch.setattr("euthymia.clinic.handover.views.timezone.now", lambda: taken_at)
    for _ in range(2):
        client.post(f"/board/handover/{act.id}/take/")
    alarms = alarms_of(room.nurse, session, taken_at)
    assert {alarm.owner for alarm in alarms} == {room.prescriber.name}
    assert any(alarm.tier is Tier.HIGH for alarm in alarms)
    assert all(alarm.acknowledged_at is None for alarm in alarms), "taking over is not having seen"


def test_only_whom_it_was_given_to_takes_it(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    give(client, room.prescriber, f"chair:{session.id}")
    assert client.post(f"/board/handover/{Handover.objects.get().id}/take/").status_code == 400
    assert Handover.objects.count() == 1


def test_taking_a_chair_oneself_is_one_press(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    assert give(client, room.nurse, f"chair:{session.id}") == 302
    assert Handover.objects.filter(kind="taken", by_id=room.nurse.user_id).count() == 1


def test_the_same_form_twice_is_one_act_and_with_other_things_a_conflict(room: Room, client: Client) -> None:
    session, event_id, same = room.dosing(), event_of(room), str(uuid4())
    sign_in(client, room.nurse)
    for _ in range(2):
        assert give(client, room.prescriber, f"chair:{session.id}", batch_id=same) == 302
    assert Handover.objects.count() == 1
    assert give(client, room.prescriber, f"chair:{session.id}", f"adverse_event:{event_id}", batch_id=same) == 422
    assert Handover.objects.count() == 1


def test_all_or_nothing_is_handed_over(room: Room, client: Client) -> None:
    event_id = event_of(room)
    sign_in(client, room.nurse)
    assert give(client, room.prescriber, f"adverse_event:{event_id}", f"risk:{uuid4()}") == 422
    assert give(client, room.prescriber) == 422
    assert give(client, make_viewer(make_clinic(), Role.NURSE), f"adverse_event:{event_id}") == 422
    assert Handover.objects.count() == 0


def test_the_database_keeps_every_act(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    give(client, room.prescriber, f"chair:{session.id}")
    with pytest.raises(DatabaseError), transaction.atomic():
        Handover.objects.update(to_name="somebody else")
    with pytest.raises(DatabaseError), transaction.atomic():
        Handover.objects.all().delete()


def test_another_clinics_handover_shows_nothing_of_this_one(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, make_viewer(make_clinic(), Role.NURSE))
    page = client.get("/board/handover/").content.decode()
    assert str(session.id) not in page
    assert session.patient.record_number not in page


# The group


def line(client: Client, session: Session, text: str, **more: str) -> tuple[int, str]:
    typed = {"do": "look", "line": text, "event_id": str(uuid4()), "record_number": session.patient.record_number}
    answer = client.post(f"/board/group/{session.id}/", typed | more, headers={"HX-Request": "true"})
    return answer.status_code, answer.content.decode()


def test_a_round_shows_who_was_seen_and_who_is_to_be(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    opened = (LATER - MINUTE).isoformat()
    address = "/board/group/"
    assert "to be seen" in client.get(address, {"s": str(session.id), "round": opened}).content.decode()
    status, row = line(client, session, "132/84 72 98% 16", round=opened)
    assert status == 200
    assert "seen in this round" in row
    assert SessionEventRow.objects.filter(session=session, kind="vitals").count() == 2


def test_a_slip_or_another_person_is_refused_in_that_row_alone(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    status, row = line(client, session, "12/80")
    assert status == 422
    assert "12/80" in row
    assert line(client, session, "132/84", record_number="X-1")[0] == 409
    assert line(client, session, "132/84", do="start", same_person="yes")[0] == 400
    assert line(client, session, "132/84", do="cancel", reason="x")[0] == 400


def test_a_running_dose_is_slowed_paused_and_stopped_from_its_row(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One press after the other, never two in the same instant.
    ticking = (LATER - 20 * MINUTE + second * MINUTE / 60 for second in count())
    monkeypatch.setattr("euthymia.clinic.sessions.board_views.timezone.now", lambda: next(ticking))
    session = room.dosing()
    sign_in(client, room.nurse)
    page = client.get("/board/group/", {"s": str(session.id)}).content.decode()
    for words in ("Set the rate", "Dose paused", "Dose stopped", "Dose complete"):
        assert words in page
    assert "Dose goes on" not in page
    status, row = line(client, session, "", do="pause", reason=" ")
    assert (status, "Why is it paused?" in row) == (422, True)
    assert line(client, session, "", do="rate", rate_ml_per_h="1000")[0] == 422
    assert line(client, session, "", do="rate", rate_ml_per_h="5")[0] == 200
    status, row = line(client, session, "", do="pause", reason="Dizzy")
    assert (status, again(session).phase) == (200, "paused")
    assert "Dose goes on" in row
    assert "Set the rate" not in row
    assert line(client, session, "", do="resume")[0] == 200
    status, row = line(client, session, "", do="stop", reason="Very dizzy")
    assert (status, again(session).phase) == (200, "observing")
    assert "Dose of" not in row


def test_the_next_device_is_given_from_the_row(client: Client) -> None:
    room = Room("esketamine_nasal_trd")
    session = room.dosing()
    sign_in(client, room.nurse)
    page = client.get("/board/group/", {"s": str(session.id)}).content.decode()
    assert "Device 1 given" in page
    assert "Set the rate" not in page
    status, row = line(client, session, "", do="device")
    assert (status, "Device 2 given" in row) == (200, True)
    assert SessionEventRow.objects.filter(session=session, kind="device_given").count() == 1


@pytest.mark.parametrize("text", ["2026-02-30T10:00:00+00:00", "now", (LATER + MINUTE).isoformat()])
def test_a_round_at_a_time_that_cannot_be_is_refused(room: Room, client: Client, text: str) -> None:
    sign_in(client, room.nurse)
    assert client.get("/board/group/", {"round": text}).status_code == 400


def test_a_dose_starts_only_with_two_identifiers_of_that_person(room: Room, client: Client) -> None:
    session = room.ready(LATER - 10 * MINUTE)
    sign_in(client, room.nurse)
    address = f"/board/group/{session.id}/start/"
    typed = {"event_id": str(uuid4()), "record_number": session.patient.record_number}
    refused = client.post(address, typed | {"identifier_name": "on"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert again(session).phase == "ready"
    both = typed | {"identifier_name": "on", "identifier_date_of_birth": "on"}
    assert client.post(address, both, headers={"HX-Request": "true"}).status_code == 200
    assert again(session).phase == "dosing"


def test_without_script_a_line_leads_back_to_the_group(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    typed = {"do": "look", "line": "132/84", "event_id": str(uuid4()), "query": f"s={session.id}"}
    answer = client.post(f"/board/group/{session.id}/", typed)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(f"/board/group/?s={session.id}")
