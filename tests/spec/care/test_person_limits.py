"""A limit of one person joins the protocol's; the stricter speaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import START, filled

from euthymia.care.decision import CannotTell, Level, missing_of, reasons_of, verdict
from euthymia.care.dosing import PriorDose, WeightFacts, calculate, check_order
from euthymia.care.person_limits import OWN_MEASURES, own_limit, tightest
from euthymia.care.protocol import Bound, Cited, Limit, Measure, Protocol, Provenance, Stage
from euthymia.errors import BadInput

IV = filled("iv_racemic_05")
SURE = WeightFacts(confirmed=True)
STRICTNESS = {"allowed": 0, "cannot_tell": 1, "refused": 2}


def limit(name: str, value: float | None, measure: Measure = Measure.DOSE_MG, level: Level = Level.STOP) -> Limit:
    bound = Bound.AT_LEAST if measure is Measure.INTERVAL_H else Bound.AT_MOST
    number = Cited(value, "mg", (), Provenance.CLINIC if value is not None else None, "Nobody has read one.")
    return Limit(name, measure, Stage.ORDER, level, bound, replace(number, filled_by="Dr Ray"))


def spoken(protocol: Protocol, weight_kg: float, hours_ago: float = 72) -> set[tuple[str, Level]]:
    prior = (PriorDose(START - timedelta(hours=hours_ago), 35.0),)
    answer = check_order(protocol, calculate(protocol, weight_kg), weight=SURE, prior=prior, now=START)
    return {(reason.rule, reason.level) for reason in reasons_of(answer)}


@pytest.mark.parametrize(
    ("own_mg", "weight_kg", "rules"),
    [
        (30.0, 60, set()),
        (30.0, 60.2, {("own", Level.STOP)}),
        (90.0, 170, {("dose_cap", Level.STOP)}),
        (80.0, 170, {("dose_cap", Level.STOP), ("own", Level.STOP)}),
    ],
)
def test_the_stricter_of_two_caps_speaks(own_mg: float, weight_kg: float, rules: set[tuple[str, Level]]) -> None:
    assert spoken(tightest(IV, [limit("own", own_mg)]), weight_kg) == rules


def test_a_persons_own_hold_and_interval() -> None:
    both = tightest(IV, [limit("own", 30, level=Level.HOLD), limit("own_interval", 96, Measure.INTERVAL_H)])
    assert spoken(both, 70) == {("own", Level.HOLD), ("own_interval", Level.STOP)}
    assert spoken(both, 70, hours_ago=96) == {("own", Level.HOLD)}


def test_who_set_it_stands_beside_it() -> None:
    answer = check_order(
        tightest(IV, [limit("own", 30)]), calculate(IV, 70), weight=SURE, prior=(), now=START
    )  # fmt: skip
    assert reasons_of(answer)[0].source == "set by Dr Ray"


def test_an_open_limit_cannot_tell() -> None:
    answer = check_order(tightest(IV, [limit("own", None)]), calculate(IV, 70), weight=SURE, prior=(), now=START)
    assert isinstance(answer, CannotTell)
    assert [missing.fact for missing in missing_of(answer)] == ["limits.own"]


@pytest.mark.parametrize(
    ("limits", "code", "path"),
    [
        ([limit("dose_cap", 30)], "name_taken", "limits.dose_cap"),
        ([limit("own", 30), limit("own", 40)], "name_taken", "limits.own"),
        ([limit("own", 30, level=Level.FLAG)], "not_a_limit", "limits.own"),
    ],
)
def test_a_limit_never_takes_the_place_of_another(limits: list[Limit], code: str, path: str) -> None:
    with pytest.raises(BadInput) as refused:
        tightest(IV, limits)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_without_own_limits_nothing_changes() -> None:
    assert tightest(IV, []) == IV


@given(
    own=st.lists(st.tuples(st.one_of(st.none(), st.floats(1, 200)), st.sampled_from([Level.STOP, Level.HOLD]))),
    weight_kg=st.floats(30, 250),
)
def test_own_limits_never_make_an_answer_milder(own: list[tuple[float | None, Level]], weight_kg: float) -> None:
    mine = [limit(f"own_{place}", value, level=level) for place, (value, level) in enumerate(own)]
    order = calculate(IV, weight_kg)
    before = check_order(IV, order, weight=SURE, prior=(), now=START)
    after = check_order(tightest(IV, mine), order, weight=SURE, prior=(), now=START)
    assert STRICTNESS[verdict(after)] >= STRICTNESS[verdict(before)]
    assert set(reasons_of(before)) <= set(reasons_of(after))


@pytest.mark.parametrize("measure", OWN_MEASURES)
def test_one_that_a_clinic_sets_says_its_unit_and_who_set_it(measure: Measure) -> None:
    made = own_limit("own", measure, 2, Level.HOLD, set_by="Dr Ray")
    assert (made.stage, made.level, made.number.says_source) == (Stage.ORDER, Level.HOLD, "set by Dr Ray")
    assert (made.number.unit, made.bound) == OWN_MEASURES[measure]
    assert made.broken_by(1) is (made.bound is Bound.AT_LEAST)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"measure": Measure.SPO2_PCT}, "not_a_measure"),
        ({"value": 0.0}, "not_positive"),
        ({"value": float("inf")}, "not_positive"),
        ({"level": Level.FLAG}, "not_a_limit"),
        ({"set_by": " "}, "unnamed"),
    ],
)
def test_what_cannot_bound_an_order_is_no_limit(change: dict[str, Any], code: str) -> None:
    asked: dict[str, Any] = {"measure": Measure.DOSE_MG, "value": 30.0, "level": Level.STOP, "set_by": "Dr Ray"}
    asked |= change
    with pytest.raises(BadInput) as refused:
        own_limit("own", asked["measure"], asked["value"], asked["level"], set_by=asked["set_by"])
    assert refused.value.code == code
