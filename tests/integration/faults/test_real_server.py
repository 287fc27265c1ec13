"""Faults of the world around a real server: doubled and cut requests, kill -9, nurses at once, a disk without room."""

from __future__ import annotations

import resource
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.cable import Cable, Way
from tests.real_server import Answer, RealServer

pytestmark = pytest.mark.once
PRESSES = 100
KILLS, WRITERS = 3, 4
# Fewer bytes than any file of the database has: whatever is to be written finds no room.
NO_ROOM_BYTES = 512


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    with RealServer(tmp_path_factory.mktemp("faults")) as running:
        yield running


def events(server: RealServer, visit: str = "dosing") -> str:
    return f"/sessions/{server.known['sessions'][visit]}/events/"


def vitals(systolic: int, diastolic: int = 80, at: datetime | None = None) -> dict[str, Any]:
    """One event as a tablet sends it."""
    moment = at or datetime.now(UTC) - timedelta(seconds=5)
    payload = {"systolic_mmhg": systolic, "diastolic_mmhg": diastolic}
    return {"id": str(uuid4()), "kind": "vitals", "at": moment.isoformat(), "payload": payload}


def at_once(work: Callable[[int], Any], times: int) -> list[Any]:
    """What each of them got; they begin together."""
    got: list[Any] = [None] * times
    gate = threading.Barrier(times)

    def one(number: int) -> None:
        gate.wait()
        try:
            got[number] = work(number)
        except OSError as broken:
            got[number] = broken

    threads = [threading.Thread(target=one, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def lines(server: RealServer, text: str, visit: str = "dosing") -> int:
    """How many lines of the flowsheet say this."""
    page = server.ask("GET", f"/sessions/{server.known['sessions'][visit]}/live/?part=sheet", who="nurse")
    assert page.status == 200
    return page.text.count(f">{text}</span>")


def log_is_whole(server: RealServer) -> None:
    assert server.audit() == ""


@pytest.mark.parametrize("door", ["events", "waiting"])
def test_a_press_doubled_a_hundred_times_at_once_is_one_entry_with_one_answer(server: RealServer, door: str) -> None:
    """As the page sends it, with "now" for the time, and as a tablet sends what waited."""
    line = {"events": "121/71", "waiting": "120/70"}[door]
    press = {"do": "look", "line": f"{line} 60", "event_id": str(uuid4())}
    press["typed_by"] = server.ask("GET", "/bedside/token/", who="nurse").json()["by"]
    path = events(server).replace("/events/", f"/{door}/")
    answers: list[Answer] = at_once(lambda _: server.ask("POST", path, press, who="nurse"), PRESSES)
    assert {answer.status for answer in answers} == {{"events": 302, "waiting": 201}[door]}
    assert lines(server, line) == 1


def test_an_event_doubled_a_hundred_times_at_once_is_one_entry_with_one_answer(server: RealServer) -> None:
    body = vitals(122, 72)
    answers = at_once(lambda _: server.ask("POST", events(server), body=body, who="nurse"), PRESSES)
    assert {answer.status for answer in answers} == {201}
    assert {tuple(answer.json()["ids"]) for answer in answers} == {(body["id"],)}
    assert lines(server, "122/72") == 1


def test_one_id_with_two_bodies_at_once_is_written_once_and_the_other_is_a_conflict(server: RealServer) -> None:
    one, other = vitals(123, 73), vitals(143, 93)
    other |= {"id": one["id"], "at": one["at"]}
    answers = at_once(
        lambda number: server.ask("POST", events(server), body=(one, other)[number % 2], who="nurse"), PRESSES
    )
    assert Counter(answer.status for answer in answers) == {201: PRESSES // 2, 409: PRESSES // 2}
    assert {answer.json()["error"] for answer in answers if answer.status == 409} == {"id_reused"}
    assert lines(server, "123/73") + lines(server, "143/93") == 1


@pytest.mark.parametrize("way", [Way.CUT, Way.HALF_REQUEST, Way.ANSWER_LOST], ids=lambda way: way.value)
def test_a_request_cut_before_during_and_after_is_written_once_when_it_is_sent_again(
    server: RealServer, way: Way
) -> None:
    number = list(Way).index(way)
    body = vitals(150 + number, 90 + number)
    with Cable(server.port) as cable:
        cable.way = way
        with pytest.raises(ConnectionError):
            server.ask("POST", events(server), body=body, who="nurse", port=cable.port)
        cable.way = Way.WHOLE
        again = server.ask("POST", events(server), body=body, who="nurse", port=cable.port)
    assert again.status == 201
    assert lines(server, f"{150 + number}/{90 + number}") == 1


def test_two_nurses_on_one_chair_lose_nothing_and_one_correction_wins(server: RealServer) -> None:
    both = at_once(
        lambda number: server.ask(
            "POST", events(server), body=vitals(124 + number, 74), who=("nurse", "second")[number % 2]
        ),
        2,
    )
    assert [answer.status for answer in both] == [201, 201]
    assert (lines(server, "124/74"), lines(server, "125/74")) == (1, 1)
    wrong = both[0].json()["ids"][0]
    fixes = at_once(lambda number: correct(server, wrong, number), 2)
    assert sorted(answer.status for answer in fixes) == [302, 409]
    lost = next(answer for answer in fixes if answer.status == 409)
    winner = ("nurse", "second")[[answer.status for answer in fixes].index(302)]
    assert server.known["names"][winner] in lost.text
    assert "has already changed this line" in lost.text


def correct(server: RealServer, wrong: str, number: int) -> Answer:
    fields = {"do": "correct", "corrects": wrong, "line": f"{126 + number}/76", "reason": "misread"}
    return server.ask("POST", events(server), fields | {"event_id": str(uuid4())}, who=("nurse", "second")[number])


def test_a_stale_tab_of_another_person_is_a_conflict(server: RealServer) -> None:
    body = vitals(127, 77) | {"record_number": "T-SOMEBODY-ELSE"}
    answer = server.ask("POST", events(server), body=body, who="nurse")
    assert (answer.status, answer.json()["error"]) == (409, "other_person")
    assert lines(server, "127/77") == 0


@pytest.mark.parametrize(
    ("ahead", "status", "code"),
    [
        (timedelta(minutes=5), 400, "from_the_future"),
        (timedelta(days=400), 400, "from_the_future"),
        (-timedelta(days=400), 400, "no_place"),
        (-timedelta(minutes=2), 201, None),
    ],
    ids=["soon", "next year", "last year", "just now"],
)
def test_times_that_cannot_be_are_refused(server: RealServer, ahead: timedelta, status: int, code: str | None) -> None:
    answer = server.ask("POST", events(server), body=vitals(128, 78, datetime.now(UTC) + ahead), who="nurse")
    assert (answer.status, answer.json().get("error")) == (status, code)


def test_killed_in_the_middle_everything_acknowledged_is_there_once(server: RealServer) -> None:
    """Writers go on while the server dies; what was acknowledged is in the record, and nothing is there twice."""
    acknowledged: list[str] = []
    for turn in range(KILLS):
        stop = threading.Event()
        enough = threading.Semaphore(0)

        def write(turn: int = turn, stop: threading.Event = stop, enough: threading.Semaphore = enough) -> None:
            while not stop.is_set():
                body = vitals(130 + turn, 70)
                try:
                    answer = server.ask("POST", events(server), body=body, who="nurse")
                except OSError:
                    return
                if answer.status == 201:
                    acknowledged.append(body["id"])
                    enough.release()

        threads = [threading.Thread(target=write) for _ in range(WRITERS)]
        for thread in threads:
            thread.start()
        for _ in range(5 + turn):
            enough.acquire(timeout=60)
        server.kill()
        stop.set()
        for thread in threads:
            thread.join()
        server.start()
    found = Counter(server.event_ids())
    assert len(acknowledged) >= KILLS * 5
    assert [one for one in acknowledged if found[one] != 1] == []
    assert max(found.values()) == 1
    log_is_whole(server)


def test_without_room_on_the_disk_reading_goes_on_and_writing_comes_back(server: RealServer) -> None:
    board, page = "/board/", f"/sessions/{server.known['sessions']['dosing']}/"
    name = server.known["patients"]["dosing"].split()[-1]
    before = Counter(server.event_ids())
    body = vitals(139, 79)
    server.limit_file_size(NO_ROOM_BYTES)
    try:
        refused = server.ask("POST", events(server), body=body, who="nurse")
        assert (refused.status, refused.json()["error"]) == (507, "no_room")
        assert server.ask("GET", "/bedside/beat/", who="nurse").json()["full"] is True
        assert server.ask("GET", board, who="nurse").status == 200
        assert name in server.ask("GET", page, who="nurse").text
        assert name in server.ask("GET", f"{page}live/?part=status", who="nurse").text
    finally:
        server.limit_file_size(resource.RLIM_INFINITY)
    assert Counter(server.event_ids()) == before
    assert server.ask("POST", events(server), body=body, who="nurse").status == 201
    assert server.ask("GET", page, who="nurse").status == 200
    assert server.ask("GET", "/bedside/beat/", who="nurse").json()["full"] is False
    assert lines(server, "139/79") == 1
    log_is_whole(server)
