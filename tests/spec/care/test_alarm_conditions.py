"""Which conditions raise an alarm: typed entries over the whole history, the schedule, a stream, and its silence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import Bedside, filled, minute

from euthymia.care.alarm_conditions import Heard, any_beyond, feed_marks, is_on, judged, session_marks, stream_marks
from euthymia.care.alarms import Mark, Origin, Standing, Tier, Turn, alarms
from euthymia.care.clock import CLOCK_SKEW
from euthymia.care.decision import Decision, Level
from euthymia.care.discharge import DischargeFacts, may_discharge
from euthymia.care.monitoring import LOOKED_AT, watch
from euthymia.care.protocols.load import load_protocol
from euthymia.care.session_events import Because, EventKind, Remark, Severity, SideEffect, SideEffectEnded
from euthymia.care.vital_stream import LATE_AFTER, STALE_AFTER, Sample
from euthymia.care.vitals import Reading, parse_vitals

E = EventKind
SECOND = timedelta(seconds=1)
PROTOCOL = filled()
BASELINE = parse_vitals("120/80 72 98% 16")
STOP, CALL = "during_systolic_stop", "during_systolic_call"


def said(marks: Iterable[Mark], rule: str = STOP) -> list[tuple[str, float]]:
    """(which way, minute) of the marks of one rule in order of time."""
    own = sorted((mark for mark in marks if mark.key.rule == rule), key=lambda mark: mark.at)
    return [(mark.turn.value, (mark.at - minute(0)) / timedelta(minutes=1)) for mark in own]


def typed(bed: Bedside, now_min: float) -> tuple[Mark, ...]:
    return session_marks(bed.state, bed.protocol, minute(now_min))


# Typed readings, over the whole history


@pytest.mark.parametrize(
    ("lines", "marks"),
    [
        ([], []),
        ([(5, "150/80")], []),
        ([(5, "190/80")], []),
        ([(5, "191/80")], [("raised", 5)]),
        ([(5, "191/80"), (6, "195/80")], [("raised", 5)]),
        ([(5, "191/80"), (6, "150/80")], [("raised", 5), ("ended", 6)]),
        ([(5, "191/80"), (6, "72 98%")], [("raised", 5)]),
        ([(5, "191/80"), (6, "150/80"), (7, "192/80")], [("raised", 5), ("ended", 6), ("raised", 7)]),
        ([(5, "191/80"), (7, "192/80"), (6, "150/80")], [("raised", 5), ("ended", 6), ("raised", 7)]),
        ([(-8, "191/80")], []),
    ],
    ids=[
        "no reading",
        "within",
        "on the limit",
        "beyond",
        "once for a stretch",
        "normal again still leaves its own time",
        "what was not measured ends nothing",
        "twice",
        "written in another order",
        "before the dose the gate judges",
    ],
)
def test_a_reading_beyond_a_limit_raises_at_its_own_time(
    lines: list[tuple[float, str]], marks: list[tuple[str, float]]
) -> None:
    bed = Bedside().infusing()
    for at_min, text in lines:
        bed.vitals(at_min, text)
    assert said(typed(bed, 8)) == marks


def test_tier_value_limit_and_source_are_those_of_the_signed_protocol() -> None:
    bed = Bedside().infusing()
    bed.vitals(5, "195/80")
    found = {mark.key.rule: mark for mark in typed(bed, 6)}
    assert (found[STOP].tier, found[STOP].value, found[STOP].limit) == (Tier.HIGH, 195, 190)
    assert (found[CALL].tier, found[CALL].value, found[CALL].limit) == (Tier.MEDIUM, 195, 170)
    assert {mark.key.origin for mark in found.values()} == {Origin.TYPED}


def test_what_every_last_reading_says_now_is_among_the_alarms() -> None:
    """Whatever `watch` says now rings; the alarms remember more."""
    bed = Bedside().infusing()
    bed.vitals(5, "195/120 150 85% 16")
    now = {reason.rule for reason in watch(bed.state, PROTOCOL, minute(6)).reasons}  # type: ignore[union-attr]
    assert now <= {mark.key.rule for mark in typed(bed, 6)}


def test_a_reading_written_late_is_marked_and_rings_although_a_later_one_was_normal() -> None:
    bed = Bedside().infusing()
    bed.vitals(30, "150/80")
    bed.write(E.VITALS, 10, parse_vitals("195/80"), recorded_min=31)
    found = [alarm for alarm in alarms(typed(bed, 31), [], minute(31)) if alarm.key.rule == STOP]
    assert [(alarm.standing, alarm.late, alarm.since) for alarm in found] == [(Standing.LATCHED, True, minute(10))]


def test_struck_is_over_and_its_alarm_waits_to_be_seen() -> None:
    bed = Bedside().infusing()
    wrong = bed.vitals(5, "195/80")
    bed.write(E.VITALS, 5, parse_vitals("129/80"), corrects=wrong.id, recorded_min=7)
    found = [mark for mark in typed(bed, 8) if mark.key.rule == STOP]
    assert said(found) == [("raised", 5), ("ended", 7)]
    assert {mark.key.origin for mark in found} == {Origin.STRUCK}


@pytest.mark.parametrize("severity", list(Severity))
def test_a_severe_side_effect_is_high_until_it_has_ended(severity: Severity) -> None:
    bed = Bedside().infusing()
    effect = bed.write(E.SIDE_EFFECT, 6, SideEffect("Anxiety", severity))
    rings = severity is Severity.SEVERE
    assert said(typed(bed, 7), "severe_side_effect") == ([("raised", 6)] if rings else [])
    bed.write(E.SIDE_EFFECT_ENDED, 9, SideEffectEnded(effect.id))
    ended = [("raised", 6), ("ended", 9)] if rings else []
    assert said(typed(bed, 10), "severe_side_effect") == ended
    assert {mark.tier for mark in typed(bed, 7) if mark.key.rule == "severe_side_effect"} <= {Tier.HIGH}


def test_two_severe_side_effects_are_two_alarms_and_a_struck_one_is_over() -> None:
    bed = Bedside().infusing()
    first = bed.write(E.SIDE_EFFECT, 6, SideEffect("Anxiety", Severity.SEVERE))
    bed.write(E.SIDE_EFFECT, 6, SideEffect("Vomiting", Severity.SEVERE))
    assert len({mark.key for mark in typed(bed, 7) if mark.key.rule == "severe_side_effect"}) == 2
    bed.write(E.STRUCK_OUT, 8, Because("Another person."), corrects=first.id)
    assert said(typed(bed, 9), "severe_side_effect") == [("raised", 6), ("raised", 6), ("ended", 8)]


def test_a_struck_entry_that_never_rang_leaves_nothing() -> None:
    bed = Bedside().infusing()
    remark = bed.write(E.REMARK, 6, Remark("Sleeps."))
    early = bed.vitals(-8, "195/80")
    for entry in (remark, early):
        bed.write(E.STRUCK_OUT, 8, Because("Another person."), corrects=entry.id)
    assert [mark for mark in typed(bed, 9) if mark.key.origin is Origin.STRUCK] == []


def test_a_limit_that_only_informs_rings_nothing() -> None:
    limits = tuple(replace(one, level=Level.FLAG) if one.name == STOP else one for one in PROTOCOL.limits)
    bed = Bedside(replace(PROTOCOL, limits=limits)).infusing()
    bed.vitals(5, "195/80")
    assert said(typed(bed, 6)) == []
    assert said(typed(bed, 6), CALL) == [("raised", 5)]


# The schedule and the clock


def test_a_check_not_done_in_time_rings_once_and_a_late_look_ends_it() -> None:
    bed = Bedside().infusing()
    assert said(typed(bed, 14.9), "check_overdue") == []
    assert said(typed(bed, 15), "check_overdue") == [("raised", 10)]
    assert said(typed(bed, 45), "check_overdue") == [("raised", 10)]
    bed.vitals(46, "120/80 72 98% 16")
    assert said(typed(bed, 46), "check_overdue") == []


def test_a_clock_set_back_makes_no_check_timely_again_and_is_an_alarm_itself() -> None:
    bed = Bedside().infusing()
    bed.write(E.REMARK, 45, Remark("Talking."))
    assert said(typed(bed, 45), "check_overdue") == said(typed(bed, 5), "check_overdue") == [("raised", 10)]
    assert [mark.turn for mark in typed(bed, 5) if mark.key.rule == "clock_went_back"] == [Turn.RAISED]


# The stream


def sample(seconds: float, systolic: float = 130, seq: int = 1, **more: float) -> Sample:
    return Sample(minute(5) + seconds * SECOND, Reading(systolic, 80, **more), seq)


def streamed(samples: Iterable[Sample], heard: Heard | None = None, *, known_s: float = 3600) -> tuple[Mark, ...]:
    return stream_marks(
        samples,
        heard or Heard(),
        protocol=PROTOCOL,
        baseline=BASELINE,
        clock_at=minute(0),
        now=minute(5) + known_s * SECOND,
    )


def turns(marks: Iterable[Mark]) -> list[tuple[str, float]]:
    own = sorted(
        (mark for mark in marks if mark.key.rule == STOP), key=lambda mark: (mark.at, mark.turn is Turn.RAISED)
    )
    return [(mark.turn.value, (mark.at - minute(5)) / SECOND) for mark in own]


def one_by_one(samples: Iterable[Sample]) -> tuple[Mark, ...]:
    """Each sample as its own batch, with the memory the clinic keeps: its marks, and the newest of each thing."""
    marks: tuple[Mark, ...] = ()
    newest: dict[str, object] = {}
    for one in samples:
        marks += streamed([one], Heard(marks, dict(newest)), known_s=(one.at - minute(5)) / SECOND)  # type: ignore[arg-type]
        for thing in one.reading.measured():
            newest[thing] = max(newest.get(thing, one.at), one.at)  # type: ignore[call-overload]
    return marks


def test_a_second_that_changes_nothing_makes_no_mark() -> None:
    values = [130, 130, 191, 195, 200, 150, 150, 191]
    marks = one_by_one(sample(second, value) for second, value in enumerate(values))
    assert turns(marks) == [("raised", 2), ("ended", 5), ("raised", 7)]


def test_a_batch_and_its_samples_one_by_one_say_the_same() -> None:
    samples = [sample(second, value) for second, value in enumerate([130, 191, 195, 150, 191, 150])]
    assert turns(streamed(samples)) == turns(one_by_one(samples))


def test_a_late_normal_sample_ends_nothing_that_was_seen_after_it() -> None:
    raised = one_by_one([sample(10, 191), sample(14, 195)])
    heard = Heard(raised, {"blood_pressure": sample(14).at})
    assert turns(streamed([sample(12, 130)], heard)) == []
    assert turns(streamed([sample(14, 130)], heard)) == [("ended", 14)]


def test_before_a_condition_ends_what_is_kept_from_later_is_asked_for() -> None:
    """A monitor whose clock runs ahead: its newest is held back to our clock, and is not the newest that is kept."""
    raised = one_by_one([sample(10, 191), sample(14, 195)])
    asked = []

    def later(thing: str, at: object) -> bool:
        asked.append((thing, at))
        return True

    held_back = Heard(raised, {"blood_pressure": sample(11).at}, later)
    assert turns(streamed([sample(12, 130)], held_back)) == []
    assert asked[0] == ("blood_pressure", sample(12).at)


def test_a_late_sample_beyond_a_limit_raises_and_is_marked_late() -> None:
    before = one_by_one([sample(10, 191), sample(11, 130)])
    late_s = 20 + LATE_AFTER / SECOND
    (mark,) = [mark for mark in streamed([sample(20, 195)], Heard(before), known_s=late_s + 1) if mark.key.rule == STOP]
    assert (mark.turn, mark.late) == (Turn.RAISED, True)
    (timely,) = [mark for mark in streamed([sample(20, 195)], Heard(before), known_s=late_s) if mark.key.rule == STOP]
    assert not timely.late


def test_a_late_sample_beyond_a_limit_stands_for_itself_where_later_ones_are_known() -> None:
    """Otherwise it would count as on until the next normal sample, and what crosses meanwhile would ring nobody."""
    before = one_by_one([sample(10, 130), sample(30, 130)])
    late = streamed([sample(20, 195)], Heard(before, {"blood_pressure": sample(30).at}))
    assert turns(late) == [("raised", 20), ("ended", pytest.approx(20, abs=0.001))]
    heard = Heard((*before, *late), {"blood_pressure": sample(30).at})
    assert turns(streamed([sample(40, 195)], heard)) == [("raised", 40)]


def test_a_late_batch_beyond_a_limit_is_one_stretch() -> None:
    late = streamed([sample(second, 195) for second in range(20, 26)], Heard((), {"blood_pressure": sample(30).at}))
    assert turns(late) == [("raised", 20), ("ended", pytest.approx(25, abs=0.001))]


def test_a_late_sample_before_a_stretch_that_is_on_does_not_reach_into_it() -> None:
    on = one_by_one([sample(30, 195)])
    heard = Heard(on, {"blood_pressure": sample(30).at})
    first = streamed([sample(10, 195)], heard)
    assert turns(first) == [("raised", 10), ("ended", pytest.approx(10, abs=0.001))]
    assert turns(streamed([sample(20, 195)], Heard((*on, *first), heard.newest)))[0] == ("raised", 20)


def test_a_sample_within_what_was_on_at_its_time_changes_nothing() -> None:
    over = one_by_one([sample(10, 195), sample(30, 130)])
    assert turns(streamed([sample(20, 195)], Heard(over, {"blood_pressure": sample(30).at}))) == []


def test_what_a_sample_does_not_measure_it_neither_raises_nor_ends() -> None:
    raised = one_by_one([sample(10, 191)])
    silent = Sample(minute(5) + 11 * SECOND, Reading(heart_rate_per_min=70), 2)
    assert turns(streamed([silent], Heard(raised))) == []


def test_nothing_is_judged_before_the_dose_has_begun() -> None:
    for clock_at in (None, minute(6)):
        marks = stream_marks(
            [sample(10, 231)], Heard(), protocol=PROTOCOL, baseline=BASELINE, clock_at=clock_at, now=minute(7)
        )
        assert marks == ()


def test_a_rise_needs_this_persons_baseline_and_counts_from_it() -> None:
    protocol = load_protocol("esketamine_nasal_trd")
    rises = [one for one in judged(Reading(170, 80), BASELINE, protocol) if "rise" in one.limit.measure.value]
    without = [one for one in judged(Reading(170, 80), None, protocol) if "rise" in one.limit.measure.value]
    assert without == []
    for one in rises:
        assert (one.reason is None) is not one.limit.broken_by(170 - 120)


def test_an_open_limit_is_not_judged() -> None:
    protocol = load_protocol("im_racemic")
    known = {one.limit.name for one in judged(Reading(231, 131, 200, 60, 4), BASELINE, protocol)}
    assert known == {limit.name for limit in protocol.limits if limit.stage.value == "during" and limit.number.value}


@pytest.mark.parametrize("order", list(permutations(range(4)))[::5])
def test_in_whatever_order_samples_arrive_the_newest_decides_whether_it_is_on(order: tuple[int, ...]) -> None:
    samples = [sample(0, 130), sample(1, 191), sample(2, 150), sample(3, 195)]
    newest: dict[str, object] = {}
    marks: tuple[Mark, ...] = ()
    for place in order:
        marks += streamed([samples[place]], Heard(marks, dict(newest)), known_s=4)  # type: ignore[arg-type]
        at = samples[place].at
        newest["blood_pressure"] = max(newest.get("blood_pressure", at), at)  # type: ignore[call-overload]
    (alarm,) = [one for one in alarms(marks, [], minute(5) + 4 * SECOND) if one.key.rule == STOP]
    assert alarm.on


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([130.0, 191.0])), max_size=15))
def test_the_same_sample_again_changes_nothing(rows: list[tuple[int, float]]) -> None:
    samples = [sample(second, value, seq) for seq, (second, value) in enumerate(dict(rows).items())]
    marks = streamed(samples)
    newest = {"blood_pressure": max(one.at for one in samples)} if samples else {}
    again = streamed(samples, Heard(marks, newest))
    assert {mark.id for mark in again} <= {mark.id for mark in marks}


# When there is nothing to say


def beyond(*samples: Sample) -> bool:
    return any_beyond(samples, protocol=PROTOCOL, baseline=BASELINE, clock_at=minute(0))


def test_a_condition_is_on_from_its_beginning_to_its_end() -> None:
    begun = streamed([sample(0, 191)])
    ended = (*begun, *streamed([sample(1, 130)], Heard(begun)))
    assert (is_on(()), is_on(begun), is_on(ended), is_on(reversed(ended))) == (False, True, False, False)


def test_one_sample_beyond_any_limit_of_the_running_session_is_enough() -> None:
    within = sample(0, 130)
    assert not beyond()
    assert not beyond(within)
    assert beyond(within, sample(1, 191))
    assert beyond(Sample(minute(5), Reading(spo2_pct=70), 1))
    assert not any_beyond([sample(1, 191)], protocol=PROTOCOL, baseline=BASELINE, clock_at=minute(6))
    assert not any_beyond([sample(1, 191)], protocol=PROTOCOL, baseline=BASELINE, clock_at=None)


@given(st.lists(st.tuples(st.integers(-10, 30), st.sampled_from([130.0, 155.0, 191.0])), max_size=20))
def test_where_nothing_is_on_and_nothing_lies_beyond_nothing_is_said(rows: list[tuple[int, float]]) -> None:
    """In whatever order they come, and whatever else is known."""
    marks: tuple[Mark, ...] = ()
    for seq, (second, value) in enumerate(rows):
        one = sample(second, value, seq)
        fresh = streamed([one], Heard(marks, None, lambda thing, at: seq % 3 == 0))  # noqa: B023
        assert fresh == () or is_on(marks) or beyond(one)
        marks += fresh


# Streamed numbers give no advice


@given(st.lists(st.integers(81, 280), min_size=1, max_size=20))
def test_whatever_a_monitor_streams_no_answer_about_a_dose_or_the_way_home_changes(values: list[int]) -> None:
    """The stream has no way into the state of a session, from which every such answer is worked out."""
    bed = Bedside().completed()
    state = bed.state
    before = (way_home(bed), watch(state, PROTOCOL, minute(60)))
    one_by_one(sample(second, float(value)) for second, value in enumerate(values))
    assert (way_home(bed), watch(bed.state, PROTOCOL, minute(60))) == before
    assert bed.state == state


def way_home(bed: Bedside) -> Decision:
    return may_discharge(bed.state, bed.protocol, minute(60), DischargeFacts())


# A stream that is silent


@pytest.mark.parametrize(
    ("age", "rings"),
    [
        (timedelta(0), False),
        (STALE_AFTER, False),
        (STALE_AFTER + SECOND, True),
        (-CLOCK_SKEW, False),
        (-CLOCK_SKEW - SECOND, True),
    ],
    ids=["now", "five seconds", "more", "ahead as clocks differ", "further ahead: it cannot be told from an old one"],
)
def test_a_stream_that_was_there_and_is_silent_rings(age: timedelta, rings: bool) -> None:
    now = minute(20)
    marks = feed_marks(now - age, now)
    assert bool(marks) is rings
    assert all(mark.key.rule == "feed_silent" and mark.tier is Tier.MEDIUM and mark.at <= now for mark in marks)


def test_without_a_monitor_there_is_no_silence() -> None:
    assert feed_marks(None, minute(20)) == ()


def test_every_limit_of_a_running_session_looks_at_something_a_sample_can_hold() -> None:
    names = {limit.measure for limit in PROTOCOL.limits if limit.stage.value == "during"}
    assert names <= set(LOOKED_AT)
