"""A course is judged when its protocol says so: not before, and not without somebody's word."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.spec.care.bedside import START

from euthymia.care.course_review import keep_on, may_go_on, reviews_reached
from euthymia.care.decision import Allowed, CannotTell, Level, Refused
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
