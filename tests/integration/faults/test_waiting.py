"""What waited on a tablet: it arrives with its true time, once, under the name of who wrote it, or is told why not."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from tests.builders import NOW, make_viewer, sign_in
from tests.session_room import BEFORE, Room, again

from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.clinic.sessions.queries import state_of
from euthymia.clinic.sessions.waiting import pen_name

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = NOW + 60 * MINUTE


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """A room whose clock stands at an hour after the person sat down: the server is back."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: LATER)
    return Room()


def sent(client: Client, session: Session, by: Viewer, at: datetime, **fields: str) -> Any:
    """One press as the tablet sends it."""
    press = {
        "event_id": str(uuid4()),
        "at": at.isoformat(),
        "seen_at": at.isoformat(),
        "typed_by": pen_name(by),
        "device": "tablet-1",
    }
    return client.post(f"/sessions/{session.id}/waiting/", press | fields)


def test_a_press_keeps_its_true_time_and_is_marked_late(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    answer = sent(client, session, room.nurse, NOW + 12 * MINUTE, do="look", line="131/84 72 98%")
    assert answer.status_code == 201
    assert answer.json()["said"].startswith("Vital signs at 10:12")
    event = state_of(again(session)).last_reading
    assert event is not None
    assert event.at == NOW + 12 * MINUTE
    state = state_of(again(session))
    entry = next(one for one in state.entries if one.at == NOW + 12 * MINUTE)
    assert (entry.recorded_at, entry.device) == (LATER, "tablet-1")
    assert entry.id in state.late


def test_a_whole_dose_written_without_the_server_arrives_in_order(room: Room, client: Client) -> None:
    session = room.ready()
    sign_in(client, room.nurse)
    presses: list[tuple[int, dict[str, str]]] = [
        (5, {"do": "start", "same_person": "yes"}),
        (10, {"do": "look", "line": "140/88 76 97%", "remark": "dreamy"}),
        (14, {"do": "effect", "effect": "Nausea:mild"}),
        (20, {"do": "pause", "reason": "felt too much"}),
        (25, {"do": "resume"}),
        (30, {"do": "scales", "moaas": "4"}),
        (46, {"do": "complete"}),
    ]
    answers = [sent(client, session, room.nurse, NOW + minute * MINUTE, **fields) for minute, fields in presses]
    assert [answer.status_code for answer in answers] == [201] * len(presses)
    assert again(session).phase == "observing"
    assert state_of(again(session)).clock_at == NOW + 5 * MINUTE


def test_the_same_press_sent_again_is_one_entry_and_the_same_answer(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    before = SessionEventRow.objects.count()
    press = {"do": "look", "line": "131/84", "remark": "calm", "event_id": str(uuid4())}
    answers = [sent(client, session, room.nurse, NOW + 12 * MINUTE, **press) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [201] * 3
    assert SessionEventRow.objects.count() == before + 2


def test_a_press_whose_answer_was_lost_is_not_written_again_by_the_tablet(room: Room, client: Client) -> None:
    """The page sent it as a form, with "now" for the time; the answer never came, so the tablet sends it once more."""
    session = room.dosing()
    sign_in(client, room.nurse)
    press = {"do": "look", "line": "131/84", "event_id": str(uuid4())}
    assert client.post(f"/sessions/{session.id}/events/", press).status_code == 302
    before = SessionEventRow.objects.count()
    assert sent(client, session, room.nurse, LATER - MINUTE / 2, **press).status_code == 201
    assert SessionEventRow.objects.count() == before


def test_the_same_id_with_other_words_is_a_conflict(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    one_id = str(uuid4())
    sent(client, session, room.nurse, NOW + 12 * MINUTE, do="look", line="131/84", event_id=one_id)
    clash = sent(client, session, room.nurse, NOW + 12 * MINUTE, do="look", line="151/84", event_id=one_id)
    assert (clash.status_code, clash.json()["error"]) == (409, "id_reused")


def test_a_refused_press_says_why_and_what_the_other_nurse_wrote(room: Room, client: Client) -> None:
    session = room.dosing()
    other = room.nurse
    stopped_at, recorded_at = NOW + 20 * MINUTE, NOW + 22 * MINUTE
    room.write(session, EventKind.DOSE_STOPPED, {"reason": "pressure"}, at=stopped_at, recorded_at=recorded_at)
    mine = make_viewer(room.clinic, Role.NURSE)
    answer = sent(sign_in(client, mine), session, mine, NOW + 21 * MINUTE, do="pause", reason="felt too much")
    body = answer.json()
    assert (answer.status_code, body["error"]) == (400, "no_place")
    assert "observing" in body["message"]
    assert any(other.name in line and "Dose stopped" in line for line in body["meanwhile"])


def test_what_was_there_before_it_was_typed_is_not_told_as_news(room: Room, client: Client) -> None:
    session = room.dosing()
    mine = make_viewer(room.clinic, Role.NURSE)
    answer = sent(sign_in(client, mine), session, mine, NOW + 19 * MINUTE, do="start", same_person="yes")
    assert answer.status_code == 409
    assert answer.json()["meanwhile"] == []


def test_an_entry_is_never_written_under_another_name(room: Room, client: Client) -> None:
    session = room.dosing()
    other = make_viewer(room.clinic, Role.NURSE)
    before = SessionEventRow.objects.count()
    answer = sent(sign_in(client, other), session, room.nurse, NOW + 12 * MINUTE, do="look", line="131/84")
    assert (answer.status_code, answer.json()["error"]) == (409, "other_author")
    assert SessionEventRow.objects.count() == before


def test_signed_out_is_told_as_such_and_nothing_is_written(room: Room, client: Client) -> None:
    session = room.dosing()
    assert sent(client, session, room.nurse, NOW + 12 * MINUTE, do="look", line="131/84").status_code == 401
    assert client.get("/bedside/beat/", headers={"accept": "application/json"}).status_code == 401


def test_a_token_fetched_after_signing_in_again_lets_the_queue_go(room: Room) -> None:
    session = room.dosing()
    strict = sign_in(Client(enforce_csrf_checks=True), room.nurse)
    assert sent(strict, session, room.nurse, NOW + 12 * MINUTE, do="look", line="131/84").status_code == 403
    token = strict.get("/bedside/token/").json()
    assert token["by"] == pen_name(room.nurse) == strict.get("/bedside/beat/").json()["by"]
    fields = {"do": "look", "line": "131/84", "csrfmiddlewaretoken": token["token"]}
    assert sent(strict, session, room.nurse, NOW + 12 * MINUTE, **fields).status_code == 201


@pytest.mark.parametrize(
    ("minutes", "status", "code"),
    [(90, 400, "from_the_future"), (-24 * 60, 400, "no_place"), (59, 201, None)],
    ids=["future", "before the session", "just now"],
)
def test_a_time_that_cannot_be_is_refused_in_its_own_words(
    room: Room, client: Client, minutes: int, status: int, code: str | None
) -> None:
    session = room.dosing()
    answer = sent(sign_in(client, room.nurse), session, room.nurse, NOW + minutes * MINUTE, do="look", line="120/80")
    assert (answer.status_code, answer.json().get("error")) == (status, code)


def test_impossible_and_unlikely_values_get_different_words(room: Room, client: Client) -> None:
    """What cannot be is refused; what can be, but breaks a limit, is written and raised."""
    session = room.dosing()
    sign_in(client, room.nurse)
    impossible = sent(client, session, room.nurse, NOW + 12 * MINUTE, do="look", line="131/840")
    assert "higher one" in impossible.json()["message"] or "cannot be right" in impossible.json()["message"]
    assert sent(client, session, room.nurse, LATER - MINUTE, do="look", line="219/118 70 97%").status_code == 201
    page = client.get(f"/sessions/{session.id}/").content.decode()
    assert "Stop limit" in page


def test_the_pen_name_tells_nobody_apart_from_the_server(room: Room) -> None:
    other = make_viewer(room.clinic, Role.NURSE)
    assert pen_name(room.nurse) == pen_name(room.nurse)
    assert pen_name(room.nurse) != pen_name(other)
    assert room.nurse.name not in pen_name(room.nurse)


def test_a_list_that_waited_is_written_whole_or_not_at_all(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    good = {"id": str(uuid4()), "kind": "vitals", "at": (NOW + 9 * MINUTE).isoformat(), "payload": BEFORE}
    bad = good | {"id": str(uuid4()), "kind": "dose_resumed", "payload": {}}
    before = SessionEventRow.objects.count()
    path = f"/sessions/{session.id}/events/"
    assert client.post(path, [good, bad], content_type="application/json").status_code == 400
    assert SessionEventRow.objects.count() == before


def test_the_worker_is_served_from_the_root_and_answers_for_every_page(client: Client) -> None:
    answer = client.get("/bedside-worker.js")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert b"BedsideStore" in answer.content
