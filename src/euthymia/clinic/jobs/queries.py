"""Reading what the program does by itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.clinic.jobs.models import JobRun
from euthymia.clinic.jobs.registry import JOBS

# A job that has not begun for this many of its rounds is late: the loop may have stopped.
LATE_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class JobRow:
    """One job for the page: what it is, when it last ran and what came of it."""

    title: str
    every: timedelta
    began_at: datetime | None
    says: str
    state: str
    look: str


def job_rows(now: datetime) -> list[JobRow]:
    """Every job, as it stands."""
    runs = {row.name: row for row in JobRun.objects.all()}
    rows = []
    for job in JOBS:
        run = runs.get(job.name)
        began_at, says = (run.began_at, run.says) if run else (None, "")
        state, look = _state(run, job.every, now)
        rows.append(JobRow(job.title, job.every, began_at, says, state, look))
    return rows


def _state(run: JobRun | None, every: timedelta, now: datetime) -> tuple[str, str]:
    if run is None or run.began_at is None:
        return "has not run yet", "quiet"
    if run.failing_since is not None:
        return "fails", "danger"
    if now - run.began_at > LATE_ROUNDS * every:
        return "late", "caution"
    return "runs", "ok"
