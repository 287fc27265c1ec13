"""What comes after a dose: when the next one is due by the protocol's rhythm, and which questionnaires when."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from euthymia.care.protocol import Phase, Protocol

DAY = timedelta(days=1)
DAYS_IN_WEEK = 7


class Timeliness(StrEnum):
    COMING = "coming"
    DUE = "due"
    OVERDUE = "overdue"
    INDIVIDUAL = "individual"


@dataclass(frozen=True, slots=True)
class NextSession:
    """The window of the next session. Both ends None when the rhythm is individual: then a person decides, with the
    forecast in hand."""

    phase: str
    number: int
    due_from: datetime | None
    due_by: datetime | None
    status: Timeliness
    source: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CheckInDue:
    instrument: str
    due_at: datetime
    label: str
    name: str
    source: str


def phase_at(protocol: Protocol, week: int) -> Phase:
    """The stretch of the rhythm that holds this week (week 1 has the first dose); after the last one, the last."""
    for phase in protocol.rhythm:
        if phase.from_week <= week and (phase.to_week is None or week <= phase.to_week):
            return phase
    return protocol.rhythm[-1]


def next_session_due(protocol: Protocol, sessions: Iterable[datetime], now: datetime) -> NextSession:
    """When the next session is due. sessions: starts of this course's doses, any order; none yet means due now.

    The window runs from the shortest to the longest gap of the rhythm, in whole days (twice weekly is 3 to 4 days).
    """
    doses = sorted(sessions)
    if not doses:
        first = protocol.rhythm[0]
        return NextSession(first.name, 1, now, now, Timeliness.DUE, _source(first), first.note)
    number = len(doses) + 1
    phase = _phase_of_next(protocol, doses)
    if phase.per_week_low is None or phase.per_week_high is None:
        return NextSession(phase.name, number, None, None, Timeliness.INDIVIDUAL, _source(phase), phase.note)
    due_from = doses[-1] + math.floor(DAYS_IN_WEEK / phase.per_week_high) * DAY
    due_by = doses[-1] + math.ceil(DAYS_IN_WEEK / phase.per_week_low) * DAY
    status = Timeliness.COMING if now < due_from else Timeliness.DUE if now <= due_by + DAY else Timeliness.OVERDUE
    return NextSession(phase.name, number, due_from, due_by, status, _source(phase), phase.note)


def _phase_of_next(protocol: Protocol, doses: list[datetime]) -> Phase:
    """The phase whose week holds the next session, judged by the gap of the phase the last dose was in."""
    last_week = (doses[-1] - doses[0]) // (DAYS_IN_WEEK * DAY) + 1
    phase = phase_at(protocol, last_week)
    if phase.per_week_high is None:
        return phase
    soonest = doses[-1] + math.floor(DAYS_IN_WEEK / phase.per_week_high) * DAY
    return phase_at(protocol, (soonest - doses[0]) // (DAYS_IN_WEEK * DAY) + 1)


def _source(phase: Phase) -> str:
    return f"{', '.join(phase.source)} ({phase.provenance})"


def check_in_schedule(protocol: Protocol, dose_at: datetime) -> tuple[CheckInDue, ...]:
    """The questionnaires after this dose, in time order; open hours are left out."""
    rows = [
        CheckInDue(
            item.instrument,
            dose_at + timedelta(hours=item.after_h.value),
            item.label,
            item.name,
            item.after_h.says_source,
        )
        for item in protocol.assessments
        if item.after_h.value is not None
    ]
    return tuple(sorted(rows, key=lambda row: row.due_at))


def overdue(
    schedule: Iterable[CheckInDue], answered: Iterable[str], now: datetime, *, grace: timedelta = DAY
) -> tuple[CheckInDue, ...]:
    """The check-ins whose time, and the grace after it, has passed without an answer. answered: names of those done."""
    done = set(answered)
    return tuple(row for row in schedule if row.name not in done and now > row.due_at + grace)
