"""Who read what, also while the disk is full: at the bedside reading goes on, and the log catches up afterwards.

Everything else fails closed. What was read in the meantime is kept in memory in its order and written, with its own
time, before the next entry that finds room; a line without the person goes to the service's own log at once.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import DatabaseError, transaction

from euthymia.clinic.accounts.full_disk import forget_full, is_full, remember_full
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action

log = logging.getLogger("euthymia.audit")


@dataclass(frozen=True, slots=True)
class _Kept:
    actor: Actor
    action: Action
    subject: str
    now: datetime
    patient_id: UUID | None
    subject_id: object


_kept: deque[_Kept] = deque()
_one_writer = threading.Lock()


def record_reading(
    actor: Actor,
    action: Action,
    subject: str,
    *,
    now: datetime,
    patient_id: UUID | None = None,
    subject_id: object = "",
) -> None:
    """Append the reading to the access log, after those that had to wait; keep it in memory while the disk is full."""
    entry = _Kept(actor, action, subject, now, patient_id, subject_id)
    try:
        _catch_up()
        _write(entry)
    except DatabaseError as problem:
        if not is_full(problem):
            raise
        remember_full()
        _kept.append(entry)
        log.warning("reading kept in memory", extra={"user": actor.user_id, "clinic": actor.clinic_id, "code": subject})


def _catch_up() -> None:
    """Write what waits, oldest first; whoever finds another writer at it goes on."""
    if not _kept or not _one_writer.acquire(blocking=False):
        return
    try:
        while _kept:
            with transaction.atomic():
                _write(_kept[0])
            _kept.popleft()
        forget_full()
    finally:
        _one_writer.release()


def _write(entry: _Kept) -> None:
    record(
        entry.actor,
        entry.action,
        entry.subject,
        now=entry.now,
        patient_id=entry.patient_id,
        subject_id=entry.subject_id,
    )
