"""A course is judged when its protocol says so: not before, and not without somebody's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.spec.care.bedside import START

from euthymia.care.course_review import judged_by_scores, keep_on, may_go_on, reached_at, reviews_reached
from euthymia.care.decision import Allowed, CannotTell, Level, Refused
from euthymia.care.instruments import Instrument, load_instrument
from euthymia.care.protocol import Protocol, Provenance
from euthymia.care.protocol_course import Judgement
from euthymia.care.protocols.load import load_protocol

IV, NASAL, IM = (load_protocol(name) for name in ("iv_racemic_05", "esketamine_nasal_trd", "im_racemic"))
DAY = timedelta(days=1)
THREE = [START, START + 3 * DAY, START + 7 * DAY]


@pytest.mark.parametrize(
    ("given", "now_day", "names"),
    [(0, 30, []), (2, 30, []), (3, 8, ["three_without_benefit"]), (3, 6.9, []), (3, 7, ["three_without_benefit"])],
)
def test_infusions_are_reviewed_after_the_third(given: int, now_day: float, names: list[str]) -> None:
    found = reviews_reached(IV, THREE[:given], START + now_day * DAY)
    assert [(row.rule.name, row.reached) for row in found] == [(name, 3) for name in names]


@pytest.mark.parametrize(("now_day", "reached"), [(27.99, False), (28, True), (28.01, True)])
def test_nasal_esketamine_is_reviewed_at_the_end_of_week_four(now_day: float, reached: bool) -> None:
    found = reviews_reached(NASAL, [START], START + now_day * DAY)
    assert [row.rule.name for row in found] == (["review_week_4"] if reached else [])


def test_before_the_review_nothing_is_asked() -> None:
    assert may_go_on(IV, THREE[:2], {}, START + 8 * DAY) == Allowed()


@pytest.mark.parametrize("judged", [{}, {"three_without_benefit": None}, {"other": True}])
def test_a_review_nobody_judged_cannot_be_told(judged: dict[str, bool | None]) -> None:
    answer = may_go_on(IV, THREE, judged, START + 8 * DAY)
    assert isinstance(answer, CannotTell)
    assert [(row.fact, row.needed_by) for row in answer.missing] == [
        ("judged.three_without_benefit", "three_without_benefit")
    ]
    assert answer.missing[0].says.endswith("Is there evidence of benefit?")


def test_benefit_lets_the_course_go_on() -> None:
    assert may_go_on(IV, THREE, {"three_without_benefit": True}, START + 8 * DAY) == Allowed()


def test_no_benefit_is_a_hold_with_its_source() -> None:
    answer = may_go_on(IV, THREE, {"three_without_benefit": False}, START + 8 * DAY)
    assert isinstance(answer, Refused)
    (reason,) = answer.reasons
    assert (reason.rule, reason.level, reason.value, reason.limit) == ("three_without_benefit", Level.HOLD, False, 3)
    assert reason.source == "S53 (read_secondary)"


@pytest.mark.parametrize("judged", [{}, {"three_without_benefit": False}])
def test_a_rule_from_memory_only_flags(judged: dict[str, bool | None]) -> None:
    remembered: Protocol = replace(
        IV, stopping=tuple(replace(rule, provenance=Provenance.MEMORY) for rule in IV.stopping)
    )
    answer = may_go_on(remembered, THREE, judged, START + 8 * DAY)
    assert isinstance(answer, Allowed)
    assert [(flag.rule, flag.level) for flag in answer.flags] == [("three_without_benefit", Level.FLAG)]


def test_what_is_judged_is_asked_in_its_own_words() -> None:
    kept = replace(IV, stopping=tuple(replace(rule, judged_by=Judgement.RESPONSE_KEPT) for rule in IV.stopping))
    answer = may_go_on(kept, THREE, {}, START + 8 * DAY)
    assert isinstance(answer, CannotTell)
    assert answer.missing[0].says.endswith("Is the response kept?")


def test_how_long_treatment_goes_on_after_improvement() -> None:
    assert [(row.rule.name, row.months, row.source) for row in keep_on(NASAL)] == [("six_months", 6, "S50 (read)")]
    assert keep_on(IM) == ()


@pytest.mark.parametrize(
    ("protocol", "given", "came"), [(IV, THREE, 7), (IV, [*THREE, START + 10 * DAY], 7), (NASAL, THREE, 28)]
)
def test_a_review_comes_with_its_dose_or_at_the_end_of_its_week(
    protocol: Protocol, given: list[datetime], came: float
) -> None:
    (review,) = [row for row in reviews_reached(protocol, given, START + 30 * DAY) if row.rule in protocol.stopping]
    assert reached_at(review, reversed(given)) == START + came * DAY


PHQ9, GAD7, MADRS = (load_instrument(name) for name in ("phq9", "gad7", "madrs"))
BENEFIT, KEPT = Judgement.BENEFIT, Judgement.RESPONSE_KEPT


@pytest.mark.parametrize(
    ("asks", "instrument", "baseline", "since", "told"),
    [
        pytest.param(BENEFIT, PHQ9, 20.0, [], None, id="no score since"),
        pytest.param(KEPT, PHQ9, 20.0, [], None, id="no score since, kept"),
        pytest.param(BENEFIT, PHQ9, None, [8.0], None, id="no score before"),
        pytest.param(KEPT, PHQ9, None, [8.0], None, id="no score before, kept"),
        pytest.param(BENEFIT, PHQ9, 20.0, [10.0], True, id="half is a response"),
        pytest.param(KEPT, PHQ9, 20.0, [10.0], True, id="half is kept"),
        pytest.param(KEPT, PHQ9, 20.0, [11.0], False, id="less than half is not kept"),
        pytest.param(BENEFIT, PHQ9, 20.0, [11.0], None, id="noticed, and no rule says whether by chance"),
        pytest.param(BENEFIT, PHQ9, 20.0, [18.0], None, id="just noticed"),
        pytest.param(BENEFIT, PHQ9, 20.0, [19.0], False, id="one point is not noticed"),
        pytest.param(BENEFIT, PHQ9, 15.0, [18.0], False, id="noticed, for the worse"),
        pytest.param(BENEFIT, GAD7, 15.0, [9.0], True, id="beyond chance"),
        pytest.param(BENEFIT, GAD7, 15.0, [10.0], None, id="noticed, but may be chance"),
        pytest.param(BENEFIT, GAD7, 15.0, [11.0], None, id="just noticed, but may be chance"),
        pytest.param(BENEFIT, GAD7, 15.0, [12.0], False, id="not noticed"),
        pytest.param(BENEFIT, GAD7, 15.0, [21.0], False, id="beyond chance, for the worse"),
        pytest.param(BENEFIT, MADRS, 30.0, [15.0], True, id="a response where no other rule was read"),
        pytest.param(BENEFIT, MADRS, 30.0, [16.0], None, id="no response, and no other rule"),
        pytest.param(BENEFIT, PHQ9, 20.0, [10.0, 20.0], True, id="benefit once seen"),
        pytest.param(BENEFIT, PHQ9, 20.0, [18.0, 20.0], False, id="the latest speaks where none was benefit"),
        pytest.param(KEPT, PHQ9, 20.0, [10.0, 20.0], False, id="a response lost"),
        pytest.param(KEPT, PHQ9, 20.0, [20.0, 10.0], True, id="a response won"),
    ],
)
def test_what_scores_say_of_a_review(
    asks: Judgement, instrument: Instrument, baseline: float | None, since: list[float], told: bool | None
) -> None:
    assert judged_by_scores(asks, instrument, baseline, since) is told


def test_a_scale_without_a_rule_for_what_is_noticed_knows_only_chance() -> None:
    assert judged_by_scores(BENEFIT, replace(GAD7, meaningful=()), 15.0, [10.0]) is False
