"""What has to be looked at when, and what a reading says against the limits of the signed protocol.

A new rule is one function over a `Look` that answers with reasons and what is missing, added to `RULES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from euthymia.care.cited import said_source
from euthymia.care.clock import CLOCK_SKEW, is_ahead
from euthymia.care.decision import Decision, Level, Missing, Reason, decide, missing_of, reasons_of
from euthymia.care.protocol import Bound, Limit, Measure, MonitoringRule, Protocol, Stage, When
from euthymia.care.session import Phase, SessionState
from euthymia.care.session_events import Severity
from euthymia.care.vitals import Reading

MINUTE = timedelta(minutes=1)
RISES = {
    Measure.SYSTOLIC_RISE_MMHG: "systolic_mmhg",
    Measure.DIASTOLIC_RISE_MMHG: "diastolic_mmhg",
}
# What a reading calls the thing a limit measures, and what the bedside calls it.
LOOKED_AT = {
    Measure.SYSTOLIC_MMHG: "blood_pressure",
    Measure.DIASTOLIC_MMHG: "blood_pressure",
    Measure.SYSTOLIC_RISE_MMHG: "blood_pressure",
    Measure.DIASTOLIC_RISE_MMHG: "blood_pressure",
    Measure.HEART_RATE_PER_MIN: "heart_rate",
    Measure.SPO2_PCT: "spo2",
    Measure.RESPIRATORY_RATE_PER_MIN: "respiratory_rate",
}


class Status(StrEnum):
    """`missed`: the time for it has passed and the next check is on; it stays visible and cannot be made good."""

    COMING = "coming"
    DUE = "due"
    OVERDUE = "overdue"
    DONE = "done"
    MISSED = "missed"


@dataclass(frozen=True, slots=True)
class DueItem:
    """One check. `still` names what has not been looked at yet; `due_at` None before the person has arrived."""

    what: str
    when: When
    measure: tuple[str, ...]
    due_at: datetime | None
    status: Status
    done_at: datetime | None = None
    still: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class PlannedCheck:
    """A check of the schedule; after_min counts from the start of the dose and is None before it."""

    what: str
    rule: MonitoringRule
    after_min: float | None


@dataclass(frozen=True, slots=True)
class Look:
    """What a monitoring rule sees."""

    state: SessionState
    protocol: Protocol
    now: datetime


Findings = tuple[list[Reason], list[Missing]]
Rule = Callable[[Look], Findings]


def schedule(protocol: Protocol) -> tuple[PlannedCheck, ...]:
    """Every check of a session in time order. Rules whose times are still open are left out: the gate refuses them."""
    planned: list[PlannedCheck] = []
    for rule in protocol.monitoring:
        planned += _planned(rule, protocol)
    return tuple(sorted(planned, key=lambda check: -1.0 if check.after_min is None else check.after_min))


def _planned(rule: MonitoringRule, protocol: Protocol) -> list[PlannedCheck]:
    match rule.when:
        case When.BEFORE:
            return [PlannedCheck(rule.name, rule, None)]
        case When.AT:
            at_min = rule.at_min.value if rule.at_min else None
            return [] if at_min is None else [PlannedCheck(rule.name, rule, at_min)]
        case When.EVERY:
            every = rule.every_min.value if rule.every_min else None
            until = rule.until_min.value if rule.until_min else None
            if not every or until is None:
                return []
            return [
                PlannedCheck(f"{rule.name}_{k * every:g}", rule, k * every) for k in range(1, int(until // every) + 1)
            ]
        case When.END:
            end_min = protocol.minimum_observation_min.value
            return [] if end_min is None else [PlannedCheck(rule.name, rule, end_min)]
        case _ as never:
            assert_never(never)


def due(state: SessionState, protocol: Protocol, now: datetime) -> tuple[DueItem, ...]:
    """Every check of this session with its status at `now`, in time order. A closed session is judged as it closed."""
    checks = schedule(protocol)
    at = min(now, state.closed_at) if state.closed_at else now
    timed = [check for check in checks if check.after_min is not None]
    items = [_before_item(check, state, protocol, at) for check in checks if check.after_min is None]
    for place, check in enumerate(timed):
        following = _following_min(timed, place)
        items.append(_timed_item(check, following, state, protocol, at))
    return tuple(items)


def next_due(state: SessionState, protocol: Protocol, now: datetime) -> DueItem | None:
    """The check to do next: the longest overdue one, else the one due, else the next coming one."""
    waiting = (Status.OVERDUE, Status.DUE, Status.COMING)
    open_items = [item for item in due(state, protocol, now) if item.status in waiting]
    return min(open_items, key=lambda item: waiting.index(item.status), default=None)


def _following_min(timed: list[PlannedCheck], place: int) -> float | None:
    """When the next check that asks for the same things is due; until then a late reading still counts for this one."""
    mine = timed[place]
    if mine.rule.when is When.END:
        return None
    for other in timed[place + 1 :]:
        same = set(mine.rule.measure) & set(other.rule.measure)
        if same and other.after_min is not None and mine.after_min is not None and other.after_min > mine.after_min:
            return other.after_min
    return None


def _before_item(check: PlannedCheck, state: SessionState, protocol: Protocol, at: datetime) -> DueItem:
    until = state.clock_at
    fresh_min = protocol.fresh_within_min.value
    # Before the dose only a fresh reading counts; once it has begun, the gate has judged that.
    since = at - timedelta(minutes=fresh_min) if until is None and fresh_min is not None else None
    done_at, still = _covered(check.rule.measure, state, since, until)
    status = Status.DONE if not still else Status.DUE if until is None else Status.MISSED
    if state.opened_at is None and still:
        status = Status.COMING
    return DueItem(check.what, When.BEFORE, check.rule.measure, state.opened_at, status, done_at, still, _source(check))


def _timed_item(
    check: PlannedCheck, following_min: float | None, state: SessionState, protocol: Protocol, at: datetime
) -> DueItem:
    when, measure, source = check.rule.when, check.rule.measure, _source(check)
    if state.clock_at is None or check.after_min is None:
        return DueItem(check.what, when, measure, None, Status.COMING, None, measure, source)
    timing = protocol.timing
    early = timedelta(minutes=timing.early_min.value or 0)
    due_at = state.clock_at + timedelta(minutes=check.after_min)
    until = None if following_min is None else state.clock_at + timedelta(minutes=following_min) - early
    done_at, still = _covered(measure, state, due_at - early, until)
    if not still:
        status = Status.DONE
    elif state.closed_at is not None or (until is not None and at >= until):
        status = Status.MISSED
    elif at < due_at - early:
        status = Status.COMING
    else:
        overdue = at > due_at + timedelta(minutes=timing.overdue_after_min.value or 0)
        status = Status.OVERDUE if overdue else Status.DUE
    return DueItem(check.what, when, measure, due_at, status, done_at, still, source)


def _source(check: PlannedCheck) -> str:
    return said_source(check.rule.source, check.rule.provenance)


def _covered(
    measure: tuple[str, ...], state: SessionState, since: datetime | None, until: datetime | None
) -> tuple[datetime | None, tuple[str, ...]]:
    """When the last of these was first looked at in [since, until), and which were not."""
    first: dict[str, datetime] = {}
    looks: list[tuple[datetime, Iterable[str]]] = [(row.at, row.reading.measured()) for row in state.readings]
    looks += [(row.at, (row.scale.concern.value,)) for row in state.scales]
    for at, names in sorted(looks, key=lambda look: look[0]):
        if (since is None or at >= since) and (until is None or at < until):
            for name in names:
                first.setdefault(name, at)
    still = tuple(name for name in measure if name not in first)
    return (None, still) if still else (max(first[name] for name in measure), ())


def judge_vitals(
    reading: Reading, baseline: Reading | None, protocol: Protocol, *, stage: Stage = Stage.DURING
) -> Decision:
    """A reading against the protocol's limits for this stage, each reason with its limit and source.

    Before the dose and at discharge everything a limit needs must have been measured; during the session what was not
    measured is not judged. An open limit is missing, never passed.
    """
    reasons, missing = [], []
    for limit in protocol.limits_for(stage):
        if limit.number.value is None:
            missing.append(Missing(f"limits.{limit.name}", "vital_limits", limit.number.why))
            continue
        value, absent = _measured(limit, reading, baseline)
        if value is None:
            if stage is not Stage.DURING:
                missing.append(Missing(absent, limit.name, "Not measured."))
        elif limit.broken_by(value):
            reasons.append(_beyond(limit, value))
    return decide(reasons, missing)


def _measured(limit: Limit, reading: Reading, baseline: Reading | None) -> tuple[float | None, str]:
    fact = f"vitals.{LOOKED_AT.get(limit.measure, limit.measure.value)}"
    field = RISES.get(limit.measure)
    if field is None:
        return reading.parts().get(limit.measure.value), fact
    value = reading.parts().get(field)
    before = baseline.parts().get(field) if baseline else None
    if value is None or before is None:
        return None, fact if value is None else "vitals.baseline"
    return value - before, fact


def _beyond(limit: Limit, value: float) -> Reason:
    number = limit.number
    word = "above" if limit.bound is Bound.AT_MOST else "below"
    says = f"{value:g} {number.unit} is {word} {number.value:g} {number.unit}."
    return Reason(limit.name, limit.level, limit.measure.value, value, number.value, number.says_source, says)


def watch(state: SessionState, protocol: Protocol, now: datetime) -> Decision:
    """Everything the rules say about this session right now: what the board, the alarm and the audit all show."""
    look = Look(state, protocol, now)
    findings = [rule(look) for rule in RULES]
    return decide((r for reasons, _ in findings for r in reasons), (m for _, missing in findings for m in missing))


def vitals_beyond_limit(look: Look) -> Findings:
    """The newest of a vital sign since the dose began lies beyond a limit. A pressure that was too high stays too high
    until somebody measures it again: a later line with only a pulse says nothing of it."""
    newest = _newest(look.state)
    if newest is None:
        return [], []
    baseline = look.state.baseline
    judged = judge_vitals(newest, baseline.reading if baseline else None, look.protocol)
    return list(reasons_of(judged)), list(missing_of(judged))


def _newest(state: SessionState) -> Reading | None:
    """The newest value of each vital sign since the dose began, as one reading; None without any."""
    found: dict[str, float] = {}
    for row in reversed(state.readings):
        if state.clock_at is None or row.at < state.clock_at:
            break
        for name, value in row.reading.parts().items():
            found.setdefault(name, value)
    return Reading(**found) if found else None


def check_overdue(look: Look) -> Findings:
    """A check of the schedule has not been done in time, and nobody has looked since. One whose time is over stays
    late until somebody looks: where checks follow each other closely, each would else be missed before it is late."""
    return [overdue_reason(item, look) for item in late_checks(look.state, look.protocol, look.now)], []


def late_checks(state: SessionState, protocol: Protocol, now: datetime) -> tuple[DueItem, ...]:
    """The checks that are late and that nobody has made good by looking since, each thing to look at once, the longest
    late first. None in a closed session."""
    if state.phase in (Phase.DISCHARGED, Phase.CANCELLED):
        return ()
    look = Look(state, protocol, now)
    late: dict[tuple[str, ...], DueItem] = {}
    for item in due(state, protocol, now):
        if item.status in (Status.OVERDUE, Status.MISSED) and _unseen_since(item, look):
            late.setdefault(item.still, item)
    return tuple(late.values())


def _unseen_since(item: DueItem, look: Look) -> bool:
    """Whether nobody has looked at what this check asks for, in its time or later. What is asked before the dose is
    the gate's to judge."""
    if item.when is When.BEFORE or item.due_at is None:
        return False
    early = timedelta(minutes=look.protocol.timing.early_min.value or 0)
    return bool(_covered(item.measure, look.state, item.due_at - early, None)[1])


def overdue_reason(item: DueItem, look: Look) -> Reason:
    """What a late check says."""
    late_min = round((look.now - item.due_at) / MINUTE, 1) if item.due_at else 0.0
    limit = look.protocol.timing.overdue_after_min.value
    says = f"Not done: {', '.join(item.still).replace('_', ' ')}."
    return Reason("check_overdue", Level.HOLD, item.what, late_min, limit, item.source, says)


def severe_side_effect(look: Look) -> Findings:
    """A severe side effect is open."""
    severe = [span for span in look.state.open_side_effects if span.severity is Severity.SEVERE]
    return [
        Reason("severe_side_effect", Level.HOLD, "side_effect", span.name, says=f"Severe and not ended: {span.name}.")
        for span in severe
    ], []


def clock_went_back(look: Look) -> Findings:
    """An entry lies in the future: the clock was set back, and nothing that is due can be trusted until it is right."""
    latest = max((entry.at for entry in look.state.entries if entry.id not in look.state.struck), default=look.now)
    if not is_ahead(latest, look.now):
        return [], []
    ahead_min = round((latest - look.now) / MINUTE, 1)
    says = f"The newest entry lies {ahead_min:g} min in the future. Check the clock of this machine and of the tablet."
    return [Reason("clock_went_back", Level.HOLD, "clock.ahead_min", ahead_min, CLOCK_SKEW / MINUTE, says=says)], []


RULES: tuple[Rule, ...] = (vitals_beyond_limit, check_overdue, severe_side_effect, clock_went_back)
