"""What the program does by itself: in time, one at a time, and seen by whoever runs the clinic."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.builders import make_viewer, sign_in

from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.jobs import queries, running
from euthymia.clinic.jobs.models import JobRun
from euthymia.clinic.jobs.registry import Job

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """When the one job of this test ran."""
    times: list[datetime] = []

    def run(now: datetime) -> str:
        times.append(now)
        return "done"

    for module in (running, queries):
        monkeypatch.setattr(module, "JOBS", (Job("one", "The one job", 5 * MINUTE, run),))
    return times


def test_a_job_runs_when_its_time_has_come_and_not_before(ran: list[datetime]) -> None:
    for minute in range(12):
        running.run_due("here", NOW + minute * MINUTE)
    assert ran == [NOW, NOW + 5 * MINUTE, NOW + 10 * MINUTE]


def test_what_one_process_has_taken_no_other_runs_until_it_must_have_died(ran: list[datetime]) -> None:
    job = running.JOBS[0]
    assert running.take(job, "here", NOW)
    assert running.run_due("there", NOW + 6 * MINUTE) == []
    later = NOW + running.TAKEN_FOR + MINUTE
    assert running.run_due("there", later) == ["one"]
    running.end(job, "here", later, "back from the dead", True)
    assert JobRun.objects.get().says == "done"


def test_a_clock_set_back_a_day_keeps_no_job_waiting(ran: list[datetime]) -> None:
    running.run_due("here", NOW)
    running.run_due("here", NOW - timedelta(days=1))
    assert ran == [NOW, NOW - timedelta(days=1)]


def test_a_job_that_breaks_is_told_and_tried_again_and_harms_no_other(
    monkeypatch: pytest.MonkeyPatch, client: Any, clinic: Clinic
) -> None:
    broken, other = [ArithmeticError("no")], []

    def breaks(now: datetime) -> str:
        if broken:
            raise broken.pop()
        return "well again"

    jobs = (Job("bad", "Breaks", MINUTE, breaks), Job("good", "Works", MINUTE, lambda now: other.append(now) or "fine"))
    for module in (running, queries):
        monkeypatch.setattr(module, "JOBS", jobs)
    now = datetime.now(UTC)
    assert running.run_due("here", now) == ["bad", "good"]
    sign_in(client, make_viewer(clinic, Role.MANAGER))
    text = client.get("/jobs/").content.decode()
    assert "It failed: ArithmeticError" in text
    assert "fails" in text
    running.run_due("here", now + MINUTE)
    assert {row.says for row in JobRun.objects.all()} == {"well again", "fine"}
    assert "fails" not in client.get("/jobs/").content.decode()


def test_a_loop_that_has_stopped_shows(ran: list[datetime]) -> None:
    assert queries.job_rows(NOW)[0].state == "has not run yet"
    running.run_due("here", NOW)
    assert queries.job_rows(NOW + MINUTE)[0].state == "runs"
    assert queries.job_rows(NOW + timedelta(hours=1))[0].state == "late"
