"""What is due when, and what a reading says against the signed limits."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import Bedside, filled, minute

from euthymia.care.decision import Allowed, CannotTell, Level, Refused, missing_of, reasons_of
from euthymia.care.monitoring import (
    RULES,
    DueItem,
    Status,
    due,
    judge_vitals,
    late_checks,
    next_due,
    schedule,
    watch,
)
from euthymia.care.protocol import Measure, Protocol, Stage, fill
from euthymia.care.protocols.load import load_protocol
from euthymia.care.session import Phase, fold
from euthymia.care.session_events import (
    Because,
    Concern,
    Delivery,
    DeviceGiven,
    Discharge,
    DoseStarted,
    EventKind,
    Opened,
    ScaleTaken,
    Severity,
    SideEffect,
)
from euthymia.care.vitals import parse_vitals

E = EventKind
IV, NASAL = filled("iv_racemic_05"), filled("esketamine_nasal_trd")


def at(bed: Bedside, at_min: float) -> dict[str, DueItem]:
    return {item.what: item for item in due(bed.state, bed.protocol, minute(at_min))}


def nasal() -> Bedside:
    """A nasal session whose first device is at minute 0."""
    bed = Bedside(NASAL).until_ready()
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.DEVICES, 56))
    bed.write(E.DEVICE_GIVEN, 0, DeviceGiven(28, 1), event_id="z1")
    return bed


# The schedule


def test_the_nasal_schedule_is_before_forty_minutes_and_leaving() -> None:
    assert [(check.what, check.after_min) for check in schedule(NASAL)] == [
        ("before", None),
        ("peak", 40),
        ("leaving", 120),
    ]


def test_the_infusion_schedule_is_every_ten_minutes_then_sixty_and_ninety() -> None:
    assert [(check.what, check.after_min) for check in schedule(IV)] == [
        ("before", None),
        ("during_10", 10),
        ("during_20", 20),
        ("during_30", 30),
        ("during_40", 40),
        ("after_60", 60),
        ("after_90", 90),
        ("leaving", 90),
    ]


def test_open_times_are_left_out_of_the_schedule() -> None:
    assert [check.what for check in schedule(load_protocol("im_racemic"))] == ["before"]


# Due, overdue, done, missed


def test_before_arrival_everything_is_coming() -> None:
    assert {item.status for item in due(fold([]), IV, minute(0))} == {Status.COMING}


def test_the_check_before_the_dose_needs_a_fresh_complete_reading() -> None:
    bed = Bedside(IV)
    bed.write(E.OPENED, -60, Opened(IV.id, IV.version))
    assert at(bed, -50)["before"].status is Status.DUE
    bed.vitals(-50, "120/80")
    assert at(bed, -50)["before"].still == ("heart_rate", "spo2")
    bed.vitals(-49, "72 98%")
    assert at(bed, -45)["before"].status is Status.DONE
    assert at(bed, -15)["before"].status is Status.DUE  # older than 30 minutes


def test_a_dose_begun_without_the_check_shows_it_as_missed() -> None:
    bed = Bedside(IV).until_ready()
    bed.events = [event for event in bed.events if event.kind is not E.VITALS]
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.INFUSION, 35, 52.5), event_id="start")
    assert at(bed, 1)["before"].status is Status.MISSED


@pytest.mark.parametrize(
    ("at_min", "status"),
    [
        (0, Status.COMING),
        (34.9, Status.COMING),
        (35, Status.DUE),
        (40, Status.DUE),
        (50, Status.DUE),
        (50.1, Status.OVERDUE),
        (114.9, Status.OVERDUE),
        (115, Status.MISSED),
    ],
)
def test_the_forty_minute_pressure_of_the_nasal_dose(at_min: float, status: Status) -> None:
    assert at(nasal(), at_min)["peak"].status is status


@pytest.mark.parametrize(("reading_min", "counts"), [(34, False), (35, True), (40, True), (70, True), (115, False)])
def test_which_reading_counts_for_forty_minutes(reading_min: float, counts: bool) -> None:
    bed = nasal()
    bed.vitals(reading_min, "140/90")
    item = at(bed, 116)["peak"]
    assert (item.status is Status.DONE) is counts
    assert not counts or item.done_at == minute(reading_min)


def test_a_check_of_several_things_says_what_is_still_open() -> None:
    bed = nasal()
    bed.vitals(120, "130/80 97%")
    bed.write(E.SCALE, 121, ScaleTaken("moaas", Concern.SEDATION, 5, True))
    item = at(bed, 122)["leaving"]
    assert (item.status, item.still) == (Status.DUE, ("dissociation", "respiratory_depression"))
    bed.write(E.SCALE, 122, ScaleTaken("cadss6", Concern.DISSOCIATION, 0, True))
    bed.write(E.SCALE, 123, ScaleTaken("look", Concern.RESPIRATORY_DEPRESSION, None, True))
    item = at(bed, 130)["leaving"]
    assert (item.status, item.done_at) == (Status.DONE, minute(123))


def test_leaving_stays_due_and_never_becomes_missed_while_the_person_is_here() -> None:
    assert at(Bedside(IV).completed(), 300)["leaving"].status is Status.OVERDUE


def test_a_closed_session_is_judged_as_it_closed() -> None:
    bed = Bedside(IV).completed()
    bed.write(E.DISCHARGED, 50, Discharge("Sam", True))
    items = at(bed, 500)
    assert items["after_60"].status is Status.MISSED
    assert Status.OVERDUE not in {item.status for item in items.values()}


def test_what_to_do_next_is_the_overdue_before_the_due_before_the_coming() -> None:
    bed = Bedside(IV).infusing()
    first = next_due(bed.state, IV, minute(1))
    assert first is not None
    assert (first.what, first.status) == ("during_10", Status.COMING)
    item = next_due(bed.state, IV, minute(15.5))
    assert item is not None
    assert (item.what, item.status) == ("during_20", Status.DUE)
    bed.write(E.DOSE_STOPPED, 20, Because("x"))
    bed.write(E.DISCHARGED, 30, Discharge("Sam", True))
    assert next_due(bed.state, IV, minute(40)) is None


def test_a_struck_reading_does_not_count() -> None:
    bed = nasal()
    wrong = bed.vitals(40, "140/90")
    assert at(bed, 45)["peak"].status is Status.DONE
    bed.write(E.STRUCK_OUT, 46, Because("wrong arm"), corrects=wrong.id)
    assert at(bed, 47)["peak"].status is Status.DUE


# Judging a reading


@pytest.mark.parametrize(
    ("line", "rules"),
    [
        ("170/105 140 92%", []),
        ("171/80", ["during_systolic_call"]),
        ("191/80", ["during_systolic_call", "during_systolic_stop"]),
        ("150/106", ["during_diastolic_call"]),
        ("150/116", ["during_diastolic_call", "during_diastolic_stop"]),
        ("141", ["during_heart_rate_stop"]),
        ("91%", ["during_spo2_call"]),
        ("87%", ["during_spo2_call", "during_spo2_stop"]),
        ("182/104", ["during_systolic_call"]),
    ],
)
def test_a_reading_during_an_infusion(line: str, rules: list[str]) -> None:
    answer = judge_vitals(parse_vitals(line), None, IV)
    assert [reason.rule for reason in reasons_of(answer)] == rules


def test_the_reason_says_value_limit_and_source() -> None:
    reason = reasons_of(judge_vitals(parse_vitals("182/104"), None, IV))[0]
    assert (reason.level, reason.value, reason.limit, reason.source) == (Level.HOLD, 182, 170, "set by Dr Lead")
    assert reason.says == "182 mmHg is above 170 mmHg."


def test_an_open_limit_is_missing_never_passed() -> None:
    answer = judge_vitals(parse_vitals("120/80 72 98%"), None, load_protocol("iv_racemic_05"))
    assert isinstance(answer, CannotTell)
    assert "limits.during_systolic_stop" in {missing.fact for missing in answer.missing}


def test_what_was_not_measured_is_missing_before_and_at_the_end_but_not_in_between() -> None:
    reading = parse_vitals("72")
    assert judge_vitals(reading, None, IV, stage=Stage.DURING) == Allowed()
    for stage in (Stage.BEFORE, Stage.DISCHARGE):
        answer = judge_vitals(reading, None, IV, stage=stage)
        assert "vitals.blood_pressure" in {missing.fact for missing in missing_of(answer)}


def rising(protocol: Protocol) -> Protocol:
    """The protocol with its first discharge limits read as a rise over the baseline."""
    swap = {
        Measure.SYSTOLIC_MMHG: Measure.SYSTOLIC_RISE_MMHG,
        Measure.DIASTOLIC_MMHG: Measure.DIASTOLIC_RISE_MMHG,
    }
    limits = tuple(
        replace(limit, measure=swap[limit.measure], number=replace(limit.number, value=20.0))
        if limit.stage is Stage.DISCHARGE
        else limit
        for limit in protocol.limits
    )
    return replace(protocol, limits=limits)


@pytest.mark.parametrize(
    ("line", "rules"), [("140/100", []), ("141/80", ["leaving_systolic"]), ("120/101", ["leaving_diastolic"])]
)
def test_a_rise_over_the_baseline(line: str, rules: list[str]) -> None:
    answer = judge_vitals(parse_vitals(line), parse_vitals("120/80"), rising(IV), stage=Stage.DISCHARGE)
    assert [reason.rule for reason in reasons_of(answer)] == rules


def test_a_rise_without_a_baseline_cannot_be_told() -> None:
    answer = judge_vitals(parse_vitals("140/100"), None, rising(IV), stage=Stage.DISCHARGE)
    assert {missing.fact for missing in missing_of(answer)} == {"vitals.baseline"}


@given(systolic=st.integers(110, 250), limit=st.floats(140, 240), tighter=st.floats(0, 1))
def test_a_tighter_vital_limit_never_passes_more(systolic: int, limit: float, tighter: float) -> None:
    name = "limits.during_systolic_stop"
    open_call = {"limits.during_systolic_call": 130}
    loose = fill(IV, {**open_call, name: limit}, "Dr Lead")
    tight = fill(IV, {**open_call, name: 140 + (limit - 140) * tighter}, "Dr Lead")
    reading = parse_vitals(f"{systolic}/80")
    before = {reason.rule for reason in reasons_of(judge_vitals(reading, None, loose))}
    after = {reason.rule for reason in reasons_of(judge_vitals(reading, None, tight))}
    assert before <= after


# Watching


def test_a_quiet_session_has_nothing_to_say() -> None:
    bed = Bedside(IV).infusing()
    bed.vitals(10, "130/85")
    assert watch(bed.state, IV, minute(12)) == Allowed()


def test_a_pressure_stays_too_high_until_it_is_measured_again() -> None:
    bed = Bedside(IV).infusing()
    bed.vitals(10, "180/90 80 98%")
    bed.vitals(12, "76")
    assert "during_systolic_call" in {reason.rule for reason in reasons_of(watch(bed.state, IV, minute(12)))}
    bed.vitals(14, "130/80")
    assert "during_systolic_call" not in {reason.rule for reason in reasons_of(watch(bed.state, IV, minute(14)))}


def test_a_missed_check_stays_on_the_late_list_until_somebody_looks() -> None:
    bed = Bedside(IV).infusing()
    late = late_checks(bed.state, IV, minute(25))
    assert [(item.what, item.status) for item in late] == [("during_10", Status.MISSED)]
    bed.vitals(26, "130/80 72 98% 16")
    assert late_checks(bed.state, IV, minute(26)) == ()


def test_nothing_is_late_once_the_person_has_left() -> None:
    closed = replace(Bedside(IV).infusing().state, phase=Phase.DISCHARGED)
    assert late_checks(closed, IV, minute(400)) == ()


def test_watch_speaks_of_a_pressure_an_overdue_check_and_a_severe_side_effect() -> None:
    bed = nasal()
    bed.vitals(20, "180/100")
    bed.write(E.SIDE_EFFECT, 21, SideEffect("chest pain", Severity.SEVERE))
    bed.write(E.SIDE_EFFECT, 21, SideEffect("nausea", Severity.MODERATE))
    answer = watch(bed.state, NASAL, minute(55))
    found = {reason.rule: reason.value for reason in reasons_of(answer)}
    assert found == {"during_systolic_call": 180, "check_overdue": 15, "severe_side_effect": "chest pain"}


def test_the_reading_before_the_dose_is_not_judged_as_one_during_it() -> None:
    bed = Bedside(IV).until_ready()
    bed.events[1] = replace(bed.events[1], payload=parse_vitals("200/120"))
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.INFUSION, 35, 52.5))
    assert watch(bed.state, IV, minute(1)) == Allowed()


def test_watching_ends_with_the_session() -> None:
    bed = nasal()
    bed.write(E.DOSE_COMPLETED, 6)
    bed.write(E.DISCHARGED, 60, Discharge("Sam", True))
    assert watch(bed.state, NASAL, minute(500)) == Allowed()


def test_every_rule_answers_with_reasons_and_missing() -> None:
    names = ["vitals_beyond_limit", "check_overdue", "severe_side_effect", "clock_went_back"]
    assert [rule.__name__ for rule in RULES] == names
    assert all(rule.__doc__ for rule in RULES)


@pytest.mark.parametrize(("now_min", "ahead"), [(20, None), (19, None), (18.98, 1.0), (10, 10.0)])
def test_an_entry_from_the_future_says_that_the_clock_is_wrong(now_min: float, ahead: float | None) -> None:
    bed = nasal()
    bed.vitals(20, "120/80")
    found = list(reasons_of(watch(bed.state, NASAL, minute(now_min))))
    if ahead is None:
        assert found == []
        return
    (reason,) = found
    assert (reason.rule, reason.level, reason.value, reason.limit) == ("clock_went_back", Level.HOLD, ahead, 1.0)
    assert reason.fact == "clock.ahead_min"


def test_a_struck_entry_from_the_future_no_longer_troubles_the_clock() -> None:
    bed = nasal()
    wrong = bed.vitals(500, "120/80")
    bed.write(E.STRUCK_OUT, 21, Because("wrong day"), corrects=wrong.id)
    assert "clock_went_back" not in {reason.rule for reason in reasons_of(watch(bed.state, NASAL, minute(21)))}


# Properties: worse is never milder, and time never takes anything back

STRICTNESS = {Allowed: 0, CannotTell: 1, Refused: 2}
PRESSURES = st.tuples(st.integers(100, 250), st.integers(30, 95))


@given(
    pressure=PRESSURES,
    saturation=st.integers(60, 100),
    higher=st.integers(0, 40),
    lower=st.integers(0, 10),
    stage=st.sampled_from([Stage.BEFORE, Stage.DURING, Stage.DISCHARGE]),
)
def test_a_worse_reading_never_gets_a_milder_verdict(
    pressure: tuple[int, int], saturation: int, higher: int, lower: int, stage: Stage
) -> None:
    systolic, diastolic = pressure
    better = parse_vitals(f"{systolic}/{diastolic} {saturation}%")
    worse = parse_vitals(f"{min(systolic + higher, 300)}/{diastolic} {max(saturation - lower, 50)}%")
    for protocol in (IV, NASAL):
        mild, strict = (judge_vitals(reading, None, protocol, stage=stage) for reading in (better, worse))
        assert STRICTNESS[type(strict)] >= STRICTNESS[type(mild)]
        assert {reason.rule for reason in reasons_of(mild)} <= {reason.rule for reason in reasons_of(strict)}


LATENESS = {Status.COMING: 0, Status.DUE: 1, Status.OVERDUE: 2, Status.MISSED: 3}


@given(
    readings=st.lists(
        st.tuples(st.floats(0, 130), st.sampled_from(["120/80", "97%", "72", "120/80 72 97%"])), max_size=4
    ),
    first=st.floats(0, 300),
    more=st.floats(0, 300),
    protocol=st.sampled_from(["iv", "nasal"]),
)
def test_time_passing_never_makes_a_check_less_due(
    readings: list[tuple[float, str]], first: float, more: float, protocol: str
) -> None:
    bed = nasal() if protocol == "nasal" else Bedside(IV).infusing()
    for at_min, line in sorted(readings):
        bed.vitals(at_min, line)
    early, late = at(bed, first), at(bed, first + more)
    for what, item in early.items():
        then = late[what]
        assert (item.status is Status.DONE) is (then.status is Status.DONE)
        if item.status is not Status.DONE:
            assert LATENESS[then.status] >= LATENESS[item.status]
            assert then.still == item.still


@given(st.floats(0, 200), st.sampled_from(["120/80", "97%", "72"]))
def test_one_more_reading_never_opens_a_check_that_was_done(at_min: float, line: str) -> None:
    bed = nasal()
    bed.vitals(40, "140/90")
    before = {what for what, item in at(bed, 130).items() if item.status is Status.DONE}
    bed.vitals(at_min, line)
    assert before <= {what for what, item in at(bed, 130).items() if item.status is Status.DONE}


# Checks that follow each other closely


@pytest.mark.parametrize(
    ("now_min", "looked_min", "late"),
    [
        (14.9, (), []),
        (15, (), [("during_10", 5.0)]),
        (25, (), [("during_10", 15.0)]),
        (25, (12,), [("during_20", 5.0)]),
        (24.9, (12,), []),
        (25, (16,), []),
        (25, (4.9,), [("during_10", 15.0)]),
        (46, (12, 31), [("during_40", 6.0)]),
    ],
)
def test_a_check_whose_time_is_over_stays_late_until_somebody_looks(
    now_min: float, looked_min: tuple[float, ...], late: list[tuple[str, float]]
) -> None:
    bed = Bedside(IV).infusing()
    for at_min in looked_min:
        bed.vitals(at_min, "120/80")
    found = [(reason.fact, reason.value) for reason in reasons_of(watch(bed.state, IV, minute(now_min)))]
    assert found == late


def test_what_was_not_measured_before_the_dose_is_the_gates_to_judge() -> None:
    bed = Bedside(IV).infusing()
    bed.events = [event for event in bed.events if event.kind is not E.VITALS]
    assert at(bed, 1)["before"].status is Status.MISSED
    assert reasons_of(watch(bed.state, IV, minute(1))) == ()
