"""A disk that takes no more: reading goes on, nothing is half written, everybody is told, and it recovers by itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from tests.builders import sign_in
from tests.session_room import Room

from euthymia.clinic.accounts import full_disk
from euthymia.clinic.audit import reading
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.audit.queries import verify_log
from euthymia.clinic.sessions.models import SessionEventRow

MINUTE = timedelta(minutes=1)


MOST_PRESSES = 60


@contextmanager
def full() -> Iterator[None]:
    """The database may not grow by a single page; what is free inside its pages is used up by writing."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        (pages,) = cursor.fetchone()
        cursor.execute(f"PRAGMA max_page_count={pages}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count=1073741823")


def press(**fields: str) -> dict[str, str]:
    return {"do": "look", "line": "131/84 72 98%", "remark": "x" * 2000, "event_id": str(uuid4())} | fields


def until_refused(
    client: Client, path: str, accept: str = "text/html", **fields: str
) -> tuple[int, dict[str, str], Any]:
    """How many presses still found room, the one that did not, and its answer."""
    for taken in range(MOST_PRESSES):
        tried = press(**fields)
        answer = client.post(path, tried, headers={"accept": accept})
        if answer.status_code not in (201, 302):
            return taken, tried, answer
    raise AssertionError("The database never became full.")


@pytest.fixture(autouse=True)
def _remembers_nothing() -> Iterator[None]:
    full_disk.forget_full()
    reading._kept.clear()
    yield
    full_disk.forget_full()
    reading._kept.clear()


@pytest.fixture
def room(committing: None) -> Room:
    return Room()


def test_nothing_is_half_written_and_the_answer_says_what_to_do(room: Room, client: Client) -> None:
    session = room.dosing(timezone.now() - 20 * MINUTE)
    sign_in(client, room.nurse)
    path = f"/sessions/{session.id}/events/"
    with full():
        until_refused(client, path)
        events, entries = SessionEventRow.objects.count(), AuditEntry.objects.count()
        taken, tried, refused = until_refused(client, path)
        assert refused.status_code == 507
        assert "disk is full" in refused.content.decode()
        as_json = client.post(path, tried, headers={"accept": "application/json"})
        assert (as_json.status_code, as_json.json()["error"]) == (507, "no_room")
        # A press is two lines and one entry of the log, or nothing.
        assert (SessionEventRow.objects.count(), AuditEntry.objects.count()) == (events + 2 * taken, entries + taken)
    assert client.post(path, tried).status_code == 302
    assert SessionEventRow.objects.count() == events + 2 * taken + 2
    assert verify_log() == []


def test_the_board_and_a_session_can_be_read_and_the_access_log_catches_up(room: Room, client: Client) -> None:
    session = room.dosing(timezone.now() - 20 * MINUTE)
    sign_in(client, room.nurse)
    name = room.patient.family_name
    with full():
        until_refused(client, f"/sessions/{session.id}/events/")
        while not reading._kept:
            assert name in client.get(f"/sessions/{session.id}/").content.decode()
        assert room.patient.record_number in client.get("/board/").content.decode()
        assert client.get("/bedside/beat/").json()["full"] is True
        waiting, before = len(reading._kept), AuditEntry.objects.count()
        assert waiting == 2
    assert client.get(f"/sessions/{session.id}/").status_code == 200
    read = AuditEntry.objects.order_by("sequence")[before:]
    caught_up = [("read", "session"), ("list", "board"), ("read", "session")]
    assert [(entry.action, entry.subject) for entry in read] == caught_up
    assert verify_log() == []
    assert client.get("/bedside/beat/").json()["full"] is False


def test_a_tablet_sends_again_until_there_is_room(room: Room, client: Client) -> None:
    session = room.dosing(timezone.now() - 20 * MINUTE)
    sign_in(client, room.nurse)
    path, by = f"/sessions/{session.id}/waiting/", client.get("/bedside/token/").json()["by"]
    at = timezone.now() - 9 * MINUTE
    with full():
        _, tried, refused = until_refused(client, path, "application/json", typed_by=by, at=at.isoformat())
        assert (refused.status_code, refused.json()["error"]) == (507, "no_room")
    assert [client.post(path, tried).status_code for _ in range(2)] == [201, 201]
    assert client.get("/bedside/beat/").json()["full"] is False
    assert SessionEventRow.objects.filter(pk=tried["event_id"], at=at).count() == 1


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (OSError(28, "No space left on device"), True),
        (OSError(2, "No such file"), False),
        (ValueError("full"), False),
    ],
)
def test_only_a_disk_without_room_is_called_full(problem: Exception, expected: bool) -> None:
    assert full_disk.is_full(problem) is expected
    outer = RuntimeError("while writing")
    outer.__cause__ = problem
    assert full_disk.is_full(outer) is expected
