"""The forms of the safety programme on the day's worklist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.timesince import timesince, timeuntil

from euthymia.care.rems_form import due_at
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents.rems_queries import unsent


@dataclass(frozen=True, slots=True)
class FormDue:
    """One session whose answers have not gone out: who, in words by when, and whether that has passed."""

    session_id: UUID
    who: str
    what: str
    overdue: bool


def forms_due(viewer: Viewer, now: datetime) -> list[FormDue]:
    """Every form not sent yet, the longest waiting first."""
    found = []
    for session in unsent(viewer):
        if session.dose_started_at is None:
            continue
        last, day = due_at(session.dose_started_at), session.dose_started_at.astimezone(viewer.zone)
        overdue = now > last
        when = f"overdue for {timesince(last, now, depth=1)}" if overdue else f"{timeuntil(last, now, depth=1)} left"
        by = last.astimezone(viewer.zone)
        words = f"session of {day.day} {day:%B}: {when} (by {by.day} {by:%B}, {by:%H:%M})"
        found.append(FormDue(session.id, str(session.patient), words, overdue))
    return found
