"""Where alarms come from: typed entries and the schedule, the samples a monitor streams, and a stream that is silent.

Every number is the signed protocol's, asked through `monitoring`. What was typed is judged over the whole history, so
that a reading beyond a limit raises at its own time even when a later one is normal again. What is streamed is judged
as it comes and kept as marks, one for each change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from euthymia.care.alarms import BETWEEN, Key, Mark, Origin, Turn, in_order, tier_of
from euthymia.care.clock import is_ahead
from euthymia.care.decision import Level, Reason, reasons_of
from euthymia.care.monitoring import LOOKED_AT, RISES, Look, clock_went_back, judge_vitals, late_checks, overdue_reason
from euthymia.care.protocol import Limit, Protocol, Stage
from euthymia.care.session import SessionState
from euthymia.care.session_events import SessionEvent, Severity, SideEffect
from euthymia.care.vital_stream import STALE_AFTER, Sample, is_late
from euthymia.care.vitals import Reading


@dataclass(frozen=True, slots=True)
class Judged:
    """One limit for which a reading says something. `reason` None: within."""

    limit: Limit
    reason: Reason | None


def judged(reading: Reading, baseline: Reading | None, protocol: Protocol) -> tuple[Judged, ...]:
    """Each limit of the running session that this reading measures, and whether it is beyond it. A limit that only
    informs raises nothing, and an open one cannot be judged: the gate starts no session on it."""
    beyond = {reason.rule: reason for reason in reasons_of(judge_vitals(reading, baseline, protocol))}
    return tuple(
        Judged(limit, beyond.get(limit.name))
        for limit in protocol.limits_for(Stage.DURING)
        if limit.number.value is not None and _measures(reading, baseline, limit)
    )


def _measures(reading: Reading, baseline: Reading | None, limit: Limit) -> bool:
    if LOOKED_AT.get(limit.measure, "") not in reading.measured():
        return False
    return limit.measure not in RISES or (baseline is not None and RISES[limit.measure] in baseline.parts())


def session_marks(state: SessionState, protocol: Protocol, now: datetime) -> tuple[Mark, ...]:
    """What the entries of a session and its schedule say, each mark with an id that follows from the entry."""
    # What is known of a later instant than the clock shows is not unknown again because the clock was set back.
    as_of = max([now, *(entry.recorded_at for entry in state.entries)])
    return (
        *_typed_limits(state, protocol),
        *_severe_effects(state),
        *_struck(state, protocol),
        *_overdue(state, protocol, as_of),
        *_clock(state, protocol, now),
    )


def _mark(
    origin: Origin, reason: Reason, mark_id: str, at: datetime, recorded_at: datetime, late: bool = False
) -> Iterator[Mark]:
    """The beginning of what this reason says; nothing when it only informs."""
    tier = tier_of(reason)
    if tier is not None:
        yield Mark(
            id=mark_id,
            key=Key(reason.rule, reason.fact, origin),
            turn=Turn.RAISED,
            at=at,
            recorded_at=recorded_at,
            tier=tier,
            value=reason.value,
            limit=reason.limit,
            source=reason.source,
            says=reason.says,
            late=late,
        )


def _ended(began: Mark, mark_id: str, at: datetime, recorded_at: datetime) -> Mark:
    return replace(began, id=mark_id, turn=Turn.ENDED, at=at, recorded_at=recorded_at, late=False)


def _typed_limits(state: SessionState, protocol: Protocol) -> Iterator[Mark]:
    """Readings since the dose began, in order of their time: where each limit was crossed, and where it was not any
    more. What a reading did not measure it does not end."""
    baseline = state.baseline.reading if state.baseline else None
    on: dict[str, Mark] = {}
    for row in state.readings:
        entry = state.event(row.event_id)
        if entry is None or state.clock_at is None or row.at < state.clock_at:
            continue
        for one in judged(row.reading, baseline, protocol):
            name = one.limit.name
            if one.reason is None:
                if name in on:
                    yield _ended(on.pop(name), f"{entry.id}:{name}:ended", row.at, entry.recorded_at)
            elif name not in on:
                for mark in _raised_by(entry, one.reason, state, Origin.TYPED):
                    on[name] = mark
                    yield mark


def _raised_by(entry: SessionEvent, reason: Reason, state: SessionState, origin: Origin) -> Iterator[Mark]:
    """The same id whether the entry stands or was struck, so that who has seen it has seen it."""
    late = entry.id in state.late
    return _mark(origin, reason, f"{entry.id}:{reason.rule}", entry.at, entry.recorded_at, late)


def _severe_effects(state: SessionState) -> Iterator[Mark]:
    for span in state.side_effects:
        entry = state.event(span.event_id)
        if span.severity is not Severity.SEVERE or entry is None:
            continue
        for mark in _raised_by(entry, _severe(entry.id, span.name), state, Origin.TYPED):
            yield mark
            if span.until_at is not None:
                yield _ended(mark, f"{mark.id}:ended", span.until_at, span.until_at)


def _severe(event_id: str, name: str) -> Reason:
    says = f"Severe and not ended: {name}."
    return Reason("severe_side_effect", Level.HOLD, f"side_effect:{event_id}", name, says=says)


def _struck(state: SessionState, protocol: Protocol) -> Iterator[Mark]:
    """An entry that rang and was struck out since: over, and on the screen until somebody has acknowledged it."""
    baseline = state.baseline.reading if state.baseline else None
    for entry in state.entries:
        striker = state.event(state.struck.get(entry.id, ""))
        if striker is None:
            continue
        for reason in _reasons_of_struck(entry, state, baseline, protocol):
            for mark in _raised_by(entry, replace(reason, fact=f"{reason.fact}:{entry.id}"), state, Origin.STRUCK):
                yield mark
                yield _ended(mark, f"{mark.id}:struck", max(striker.recorded_at, mark.at), striker.recorded_at)


def _reasons_of_struck(
    entry: SessionEvent, state: SessionState, baseline: Reading | None, protocol: Protocol
) -> list[Reason]:
    match entry.payload:
        case Reading() as reading if state.clock_at is not None and entry.at >= state.clock_at:
            return [one.reason for one in judged(reading, baseline, protocol) if one.reason is not None]
        case SideEffect(name=name, severity=Severity.SEVERE):
            return [_severe(entry.id, name)]
        case _:
            return []


def _overdue(state: SessionState, protocol: Protocol, as_of: datetime) -> Iterator[Mark]:
    """Checks nobody has done in time. Each mark goes by itself once somebody looks."""
    look = Look(state, protocol, as_of)
    grace = timedelta(minutes=protocol.timing.overdue_after_min.value or 0)
    for item in late_checks(state, protocol, as_of):
        reason = overdue_reason(item, look)
        # What is overdue was due at some time; `or` only says so to the type.
        due_at = item.due_at or as_of
        mark_id, known_at = f"overdue:{reason.fact}:{due_at.isoformat()}", min(due_at + grace, as_of)
        yield from _mark(Origin.SCHEDULE, reason, mark_id, due_at, known_at)


def _clock(state: SessionState, protocol: Protocol, now: datetime) -> Iterator[Mark]:
    reasons, _ = clock_went_back(Look(state, protocol, now))
    for reason in reasons:
        latest = max(state.entries, key=lambda entry: (entry.at, entry.id))
        yield from _mark(Origin.CLOCK, reason, f"clock:{latest.id}", now, latest.recorded_at)


def feed_marks(last_sample_at: datetime | None, now: datetime) -> tuple[Mark, ...]:
    """A stream that was there and is silent. One that never was there is no alarm: the strip shows its dashes.

    A newest sample further ahead than clocks differ cannot be told from an old one, so it counts as silence too.
    """
    if last_sample_at is None:
        return ()
    age = now - last_sample_at
    if age <= STALE_AFTER and not is_ahead(last_sample_at, now):
        return ()
    began = min(last_sample_at + STALE_AFTER, now)
    says = f"No number from the monitor for more than {STALE_AFTER.seconds} s: not monitoring."
    limit_s = STALE_AFTER / timedelta(seconds=1)
    reason = Reason("feed_silent", Level.HOLD, "monitor.silent_s", round(age.total_seconds()), limit_s, says=says)
    return tuple(_mark(Origin.FEED, reason, f"feed:{last_sample_at.isoformat()}", began, began))


def _nothing_later(_thing: str, _at: datetime) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Heard:
    """What has been heard of a stream before or together with new samples: the marks so far, and when each thing was
    last measured, so that a sample that comes late ends nothing.

    newest: may be behind, as where a monitor's clock runs ahead.   measured_later: whether anything of this kind is
    kept from after an instant; asked only before a condition ends.
    """

    marks: Sequence[Mark] = ()
    newest: Mapping[str, datetime] | None = None
    measured_later: Callable[[str, datetime], bool] = _nothing_later


def is_on(marks: Iterable[Mark]) -> bool:
    """Whether any streamed condition has begun and not ended: as long as one has, every sample may end it."""
    last = {mark.key: mark for mark in in_order(marks)}
    return any(mark.turn is Turn.RAISED for mark in last.values())


def any_beyond(
    samples: Iterable[Sample], *, protocol: Protocol, baseline: Reading | None, clock_at: datetime | None
) -> bool:
    """Whether any of these samples lies beyond a limit. Where none does and nothing `is_on`, `stream_marks` has nothing
    to say, whatever else was heard."""
    return any(
        one.reason is not None
        for sample in samples
        if clock_at is not None and sample.at >= clock_at
        for one in judged(sample.reading, baseline, protocol)
    )


def stream_marks(
    samples: Iterable[Sample],
    heard: Heard,
    *,
    protocol: Protocol,
    baseline: Reading | None,
    clock_at: datetime | None,
    now: datetime,
) -> tuple[Mark, ...]:
    """The changes these samples make, at most one for each crossing; ids follow from what they say.

    A sample beyond a limit raises unless the condition was on at its time. One within ends the condition only when
    nothing of its kind is known from later. Where a sample raises late, and later ones were known and had raised
    nothing, the condition ends with what has just come: it stands for no more than what was beyond.
    """
    fresh: list[Mark] = []
    newest = dict(heard.newest or {})
    beyond: dict[Key, tuple[str, datetime]] = {}
    for sample in sorted(samples, key=lambda one: (one.at, one.seq)):
        if clock_at is None or sample.at < clock_at:
            continue
        for one in judged(sample.reading, baseline, protocol):
            key = Key(one.limit.name, one.limit.measure.value, Origin.MONITOR)
            own = in_order(mark for mark in (*heard.marks, *fresh) if mark.key == key)
            if one.reason is not None:
                raised = list(_beyond(key, own, sample.at, one.reason, now))
                fresh += raised
                # Only what is raised here asks what is known from later: that is read from the samples themselves.
                if raised or key in beyond:
                    beyond[key] = (LOOKED_AT[one.limit.measure], sample.at)
            elif own and own[-1].turn is Turn.RAISED and own[-1].at <= sample.at:
                thing = LOOKED_AT[one.limit.measure]
                if sample.at >= newest.get(thing, sample.at) and not heard.measured_later(thing, sample.at):
                    fresh.append(_ended(own[-1], _id(key, Turn.ENDED, sample.at), sample.at, now))
        for thing in sample.reading.measured():
            newest[thing] = max(newest.get(thing, sample.at), sample.at)
    for key, (thing, at) in beyond.items():
        if newest.get(thing, at) > at or heard.measured_later(thing, at):
            fresh += _over_again(key, [*heard.marks, *fresh], fresh, at, now)
    return tuple(fresh)


def _over_again(key: Key, known: Iterable[Mark], fresh: Sequence[Mark], at: datetime, now: datetime) -> Iterator[Mark]:
    """The end of a stretch that has just been raised from before what is known, unless it has one. at: of the last
    sample of it."""
    own = in_order(mark for mark in known if mark.key == key)
    before = [mark for mark in own if mark.at <= at]
    after = own[len(before)] if len(own) > len(before) else None
    raised = before[-1]
    if raised.turn is Turn.RAISED and raised in fresh and (after is None or after.turn is Turn.RAISED):
        ended_at = at + timedelta(microseconds=1)
        yield _ended(raised, _id(key, Turn.ENDED, ended_at), ended_at, now)


def _beyond(key: Key, own: Sequence[Mark], at: datetime, reason: Reason, now: datetime) -> Iterator[Mark]:
    """The mark a value beyond its limit makes, unless the condition was on at its time. own: its marks, in order."""
    before = [mark for mark in own if mark.at <= at]
    if not before or before[-1].turn is Turn.ENDED:
        yield from _mark(Origin.MONITOR, reason, _id(key, Turn.RAISED, at), at, now, is_late(at, now))


def _id(key: Key, turn: Turn, at: datetime) -> str:
    return BETWEEN.join((key.text, turn.value, at.isoformat()))
