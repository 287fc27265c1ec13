"""What is due on the pathway of a sign, by when and by whose word, and when somebody above has to be told."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import START, minute
from tests.spec.care.test_risk_pathway import ACTED, ANA, CLOSED, RAISED, SEEN, K, event

from euthymia.care.decision import Allowed, CannotTell, Decision, missing_of, reasons_of
from euthymia.care.protocol import Provenance
from euthymia.care.risk import RiskLevel
from euthymia.care.risk_due import TIMES, ClinicTimes, RiskTask, escalation, risk_tasks
from euthymia.care.risk_pathway import RiskEvent, fold_risk
from euthymia.errors import BadInput

MADRID = ZoneInfo("Europe/Madrid")
HOLES = ClinicTimes()
SET = ClinicTimes(see_within_h=1, screen_within_h=2, act_within_h=4, close_within_h=24)
HIGH = event(K.SCREENED, 10, level=RiskLevel.HIGH)


def tasks(events: list[RiskEvent], times: ClinicTimes = HOLES, now: datetime = START) -> dict[str, RiskTask]:
    return {task.task: task for task in risk_tasks(fold_risk(events), times, MADRID, now)}


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        ([], []),
        ([RAISED], ["see", "screen", "act"]),
        ([RAISED, SEEN], ["screen", "act"]),
        ([RAISED, HIGH], ["evaluate", "act"]),
        ([RAISED, HIGH, event(K.EVALUATED, 12)], ["act"]),
        ([RAISED, event(K.SCREENED, 10, level=RiskLevel.MODERATE)], ["evaluate", "act"]),
        ([RAISED, event(K.SCREENED, 10, level=RiskLevel.LOW)], ["act"]),
        ([RAISED, event(K.SCREENED, 10, level=RiskLevel.LOW, missing=("plan",))], ["screen", "act"]),
        ([RAISED, event(K.SCREENED, 10, missing=("plan",)), event(K.TRIAGED, 11)], ["act"]),
        ([RAISED, event(K.TRIAGED, 10)], ["act"]),
        ([RAISED, ACTED], ["screen", "close"]),
        ([RAISED, ACTED, event(K.HANDED_OVER, 25, to="Bo")], ["see", "screen", "close"]),
        ([RAISED, ACTED, CLOSED], []),
    ],
)
def test_what_is_still_to_be_done(events: list[RiskEvent], expected: list[str]) -> None:
    assert list(tasks(events)) == expected


def test_a_time_without_a_source_is_a_hole_that_says_why() -> None:
    see = tasks([RAISED])["see"]
    assert (see.by_when, see.overdue, see.owner, see.since) == (None, False, ANA, minute(0))
    assert see.why == "No source says how soon. The clinic sets it."
    assert {rule.basis.provenance for rule in TIMES if not rule.within} == {Provenance.HOUSE}


def test_same_visit_and_before_leaving_are_words_from_memory_without_a_clock() -> None:
    screen = tasks([RAISED])["screen"]
    assert (screen.by_when, screen.basis.provenance) == (None, Provenance.MEMORY)
    assert "same visit" in screen.says
    moderate = tasks([RAISED, event(K.SCREENED, 10, level=RiskLevel.MODERATE)], SET)["evaluate"]
    assert (moderate.by_when, moderate.basis.provenance) == (None, Provenance.MEMORY)


@pytest.mark.parametrize(
    ("task", "events", "hours"),
    [("see", [RAISED], 1), ("screen", [RAISED], 2), ("act", [RAISED], 4), ("close", [RAISED, ACTED], 24)],
)
def test_what_the_clinic_set_is_counted_from_the_sign(task: str, events: list[RiskEvent], hours: int) -> None:
    due = minute(hours * 60)
    for now, overdue in ((due - timedelta(seconds=1), False), (due, False), (due + timedelta(seconds=1), True)):
        found = tasks(events, SET, now)[task]
        assert (found.by_when, found.overdue, found.why) == (due, overdue, "")
        assert found.basis.provenance is Provenance.CLINIC


def test_a_new_owner_has_the_whole_time_to_look() -> None:
    assert tasks([RAISED, SEEN, event(K.HANDED_OVER, 90, to="Bo")], SET)["see"].by_when == minute(150)


def test_a_high_level_is_evaluated_before_the_end_of_the_clinics_day() -> None:
    # 9:10 in UTC is 10:10 in Madrid; the day ends there at 23:00 UTC.
    found = tasks([RAISED, HIGH])["evaluate"]
    assert found.by_when == datetime(2026, 3, 3, 0, 0, tzinfo=MADRID)
    assert (found.since, found.basis.provenance) == (minute(10), Provenance.READ)
    assert found.basis.sources[0].name == "columbia"
    late = tasks([RAISED, HIGH], now=datetime(2026, 3, 3, 0, 0, 1, tzinfo=MADRID))["evaluate"]
    assert late.overdue
    assert not tasks([RAISED, HIGH], now=datetime(2026, 3, 3, 0, 0, tzinfo=MADRID))["evaluate"].overdue


def test_just_before_midnight_of_the_clinic_the_day_is_short() -> None:
    at_23_50 = event(K.SCREENED, 13 * 60 + 50, level=RiskLevel.HIGH)
    assert tasks([RAISED, at_23_50])["evaluate"].by_when == datetime(2026, 3, 3, 0, 0, tzinfo=MADRID)
    at_00_10 = event(K.SCREENED, 14 * 60 + 10, level=RiskLevel.HIGH)
    assert tasks([RAISED, at_00_10])["evaluate"].by_when == datetime(2026, 3, 4, 0, 0, tzinfo=MADRID)


def test_a_new_sign_asks_for_a_new_evaluation_that_day() -> None:
    again = [RAISED, HIGH, event(K.EVALUATED, 12), event(K.RAISED, 60 * 48)]
    found = tasks(again)["evaluate"]
    assert (found.since, found.by_when) == (minute(60 * 48), datetime(2026, 3, 5, 0, 0, tzinfo=MADRID))


@pytest.mark.parametrize("field", ["see_within_h", "screen_within_h", "act_within_h", "close_within_h"])
@pytest.mark.parametrize(("hours", "fine"), [(0, False), (-1, False), (0.25, True), (2160, True), (2160.5, False)])
def test_hours_that_cannot_be_meant_are_refused(field: str, hours: float, fine: bool) -> None:
    if fine:
        assert ClinicTimes(**{field: hours}).hours_for(field.removesuffix("_within_h")) == hours
        return
    with pytest.raises(BadInput) as refused:
        ClinicTimes(**{field: hours})
    assert (refused.value.code, refused.value.path) == ("impossible_hours", field)


def test_a_time_from_a_source_is_no_setting() -> None:
    assert SET.hours_for("evaluate") is None


# When somebody above has to be told


def ask(events: list[RiskEvent], times: ClinicTimes, now: datetime, here: bool = True) -> Decision:
    return escalation(risk_tasks(fold_risk(events), times, MADRID, now), here, now)


def test_what_is_late_is_told_with_hours_and_source() -> None:
    answer = ask([RAISED], SET, minute(90))
    (reason,) = reasons_of(answer)
    assert (reason.rule, reason.value, reason.limit, reason.source) == ("see_overdue", 0.5, 0.0, "(clinic)")
    assert reason.says == "The owner looks at it. Late by 0.5 h."
    assert isinstance(ask([RAISED], SET, minute(60)), Allowed)


def test_an_owner_who_left_is_told_at_once() -> None:
    (reason,) = reasons_of(ask([RAISED], SET, START, here=False))
    assert (reason.rule, reason.fact, reason.value) == ("owner_gone", "owner", ANA)
    assert ask([], SET, START, here=False) == Allowed()


def test_without_the_clinics_hours_nobody_can_tell_whether_it_is_late() -> None:
    answer = ask([RAISED], HOLES, minute(60 * 24 * 30))
    assert isinstance(answer, CannotTell)
    assert [gap.fact for gap in missing_of(answer)] == ["time_to_see", "time_to_screen", "time_to_act"]
    moderate = missing_of(ask([RAISED, event(K.SCREENED, 1, level=RiskLevel.MODERATE)], SET, START))
    assert [gap.says for gap in moderate] == ["A clinician looks at this before the person leaves."]


@given(st.floats(0, 5000), st.floats(0, 5000))
def test_time_passing_never_makes_anything_less_late(first_min: float, more_min: float) -> None:
    early = tasks([RAISED, HIGH], SET, minute(first_min))
    late = tasks([RAISED, HIGH], SET, minute(first_min + more_min))
    assert list(early) == list(late)
    assert all(late[name].overdue for name, task in early.items() if task.overdue)
