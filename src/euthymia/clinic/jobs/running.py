"""Runs the jobs in time: one thread of each server process, and never two of one job at once."""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import datetime, timedelta

from django.db import close_old_connections, transaction
from django.db.models import Q
from django.utils import timezone

from euthymia.clinic.jobs.models import JobRun
from euthymia.clinic.jobs.registry import JOBS, Job

log = logging.getLogger("euthymia.jobs")
LOOK_EVERY_S = 15
# A job that takes longer than this has hung, or its process died: another may take it then.
TAKEN_FOR = timedelta(minutes=10)


class Loop(threading.Thread):
    """Looks every few seconds which job is due. Ends with the process."""

    def __init__(self) -> None:
        super().__init__(name="jobs", daemon=True)
        self.me = f"{socket.gethostname()}:{os.getpid()}"[:80]
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.wait(LOOK_EVERY_S):
            close_old_connections()
            try:
                run_due(self.me, timezone.now())
            except Exception as problem:  # noqa: BLE001 - a database that is away now is back later; the loop must live
                log.error("jobs could not be looked at", extra={"code": type(problem).__name__})


def run_due(me: str, now: datetime) -> list[str]:
    """Run every job whose time has come and that nobody else has taken; gives their names."""
    ran = []
    for job in JOBS:
        if take(job, me, now):
            end(job, me, now, *_run(job, now))
            ran.append(job.name)
    return ran


def _run(job: Job, now: datetime) -> tuple[str, bool]:
    try:
        return job.run(now), True
    except Exception as problem:
        log.exception("job failed", extra={"code": job.name})
        return f"It failed: {type(problem).__name__}. The server's log says more.", False


@transaction.atomic
def take(job: Job, me: str, now: datetime) -> bool:
    """Whether this process runs the job now. A clock set back never keeps a job from running."""
    JobRun.objects.get_or_create(name=job.name)
    free = Q(taken_until=None) | Q(taken_until__lt=now) | Q(taken_until__gt=now + TAKEN_FOR)
    due = Q(began_at=None) | Q(began_at__lte=now - job.every) | Q(began_at__gt=now)
    rows = JobRun.objects.select_for_update().filter(free, due, name=job.name)
    if not rows.exists():
        return False
    JobRun.objects.filter(name=job.name).update(taken_by=me, taken_until=now + TAKEN_FOR, began_at=now)
    return True


@transaction.atomic
def end(job: Job, me: str, now: datetime, says: str, went_well: bool) -> None:
    """Write down what came of it, unless somebody else has taken the job meanwhile."""
    row = JobRun.objects.select_for_update().get(name=job.name)
    if row.taken_by != me:
        return
    row.taken_until, row.ended_at, row.says = None, now, says[:300]
    row.failing_since = None if went_well else row.failing_since or now
    row.save()
