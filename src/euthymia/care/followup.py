"""What comes after a dose: when the next one is due by the protocol's rhythm, and which questionnaires when."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from euthymia.care.cited import said_source
from euthymia.care.dosing import WEEK
from euthymia.care.protocol import Phase, Protocol
from euthymia.care.protocol_course import AskedAt, Moment

DAY = timedelta(days=1)
DAYS_IN_WEEK = 7
# An answer this early already counts for the moment; two moments closer than this are one. An operating choice.
EARLY = DAY


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
        source = said_source(first.source, first.provenance)
        return NextSession(first.name, 1, now, now, Timeliness.DUE, source, first.note)
    number = len(doses) + 1
    phase = _phase_of_next(protocol, doses)
    source = said_source(phase.source, phase.provenance)
    if phase.per_week_low is None or phase.per_week_high is None:
        return NextSession(phase.name, number, None, None, Timeliness.INDIVIDUAL, source, phase.note)
    due_from = doses[-1] + math.floor(DAYS_IN_WEEK / phase.per_week_high) * DAY
    due_by = doses[-1] + math.ceil(DAYS_IN_WEEK / phase.per_week_low) * DAY
    status = _timeliness(due_from, due_by, now)
    return NextSession(phase.name, number, due_from, due_by, status, source, phase.note)


def _phase_of_next(protocol: Protocol, doses: list[datetime]) -> Phase:
    """The phase whose week holds the next session, judged by the gap of the phase the last dose was in."""
    last_week = (doses[-1] - doses[0]) // WEEK + 1
    phase = phase_at(protocol, last_week)
    if phase.per_week_high is None:
        return phase
    soonest = doses[-1] + math.floor(DAYS_IN_WEEK / phase.per_week_high) * DAY
    return phase_at(protocol, (soonest - doses[0]) // WEEK + 1)


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


@dataclass(frozen=True, slots=True)
class AskedDue:
    """One questionnaire of the course that waits for an answer. `name` is the moment; a session's has its number."""

    name: str
    instrument: str
    due_at: datetime
    status: Timeliness
    source: str


def due_assessments(
    protocol: Protocol, sessions: Iterable[datetime], answered: Mapping[str, Iterable[datetime]], now: datetime
) -> tuple[AskedDue, ...]:
    """The questionnaires of the course that nobody has answered yet, due or still to come, in time order.

    sessions: starts of this course's doses; weeks count from the first; none yet: only the baseline is due, now.
    answered: when each instrument was filled in; an answer counts for the last moment it comes after.
    """
    doses = sorted(sessions)
    rows: dict[str, list[tuple[datetime, str, AskedAt]]] = {}
    for asked in protocol.follow_up:
        for due_at, name in _moments(protocol, asked, doses, now):
            for instrument in asked.instruments:
                rows.setdefault(instrument, []).append((due_at, name, asked))
    found = [due for instrument, all_of in rows.items() for due in _unanswered(instrument, all_of, answered, now)]
    return tuple(sorted(found, key=lambda due: (due.due_at, due.name, due.instrument)))


def _moments(
    protocol: Protocol, asked: AskedAt, doses: list[datetime], now: datetime
) -> Iterator[tuple[datetime, str]]:
    if asked.moment is Moment.BASELINE:
        yield (doses[0] if doses else now), asked.name
    elif asked.moment is Moment.EACH_SESSION:
        for number, at in enumerate(doses, 1):
            yield at, f"{asked.name}_{number}"
    elif doses:
        weeks = next(phase.to_week for phase in protocol.rhythm if phase.name == asked.phase) or 0
        after = 0.0 if asked.after_weeks is None else asked.after_weeks.value
        if after is not None:
            yield doses[0] + (weeks + after) * WEEK, asked.name


def _unanswered(
    instrument: str,
    rows: list[tuple[datetime, str, AskedAt]],
    answered: Mapping[str, Iterable[datetime]],
    now: datetime,
) -> Iterator[AskedDue]:
    """Those moments of one instrument that no answer falls to."""
    apart: list[tuple[datetime, str, AskedAt]] = []
    for row in sorted(rows, key=lambda row: row[0]):
        if not apart or row[0] - apart[-1][0] >= EARLY:
            apart.append(row)
    given = [at for at in answered.get(instrument, ()) if at <= now]
    for place, (due_at, name, asked) in enumerate(apart):
        source = said_source(asked.source, asked.provenance)
        begins = due_at - EARLY if place else None
        ends = apart[place + 1][0] - EARLY if place + 1 < len(apart) else None
        if not any((begins is None or at >= begins) and (ends is None or at < ends) for at in given):
            yield AskedDue(name, instrument, due_at, _timeliness(due_at, due_at, now), source)


def _timeliness(due_from: datetime, due_by: datetime, now: datetime) -> Timeliness:
    if now < due_from:
        return Timeliness.COMING
    return Timeliness.DUE if now <= due_by + DAY else Timeliness.OVERDUE
