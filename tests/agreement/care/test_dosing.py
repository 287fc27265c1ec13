"""A second way to every order and every check of it: exact fractions, read from the protocol's plain document.

Nothing of `care.dosing` or `care.dose_order` is used to work out what is expected. The two must agree on random people,
protocols, choices and histories.
"""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import filled

from euthymia.care.decision import Allowed, CannotTell, Decision, Level, missing_of, reasons_of
from euthymia.care.dosing import Choice, DoseOrder, PriorDose, WeightAt, WeightFacts, calculate, check_order
from euthymia.care.protocol import Cited, Measure, PerKgSteps, Protocol, Provenance, Stage, WeightBasis
from euthymia.care.protocol_document import to_mapping
from euthymia.care.titration import Answered, next_step
from euthymia.errors import BadInput

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LADDER = tuple(Cited(step, "mg/kg", (), Provenance.HOUSE) for step in (0.5, 0.6, 0.75, 0.9))
BELOW = Cited(50.0, "%", (), Provenance.HOUSE)
SHIPPED = [filled(name) for name in ("iv_racemic_05", "im_racemic", "esketamine_nasal_trd")]
SHIPPED.append(replace(SHIPPED[1], dose=PerKgSteps(LADDER, WeightBasis.ACTUAL, BELOW)))
STEP_MG = Fraction(1, 10)
Found = set[tuple[str, str]]


def exact(value: float) -> Fraction:
    """The decimal a person reads, not the binary number behind it."""
    return Fraction(Decimal(repr(value)))


# What is random


def grid(low: float, high: float, places: int) -> st.SearchStrategy[float]:
    """Numbers as they are typed: between two bounds, with so many decimals."""
    scale = 10**places
    return st.integers(math.ceil(low * scale), math.floor(high * scale)).map(lambda whole: whole / scale)


WEIGHTS = st.one_of(grid(30, 250, 1), grid(25, 300, 0))
MOMENTS = st.integers(-12 * 24 * 60, 60).map(lambda minutes: NOW + timedelta(minutes=minutes))
PRIOR = st.lists(st.builds(PriorDose, MOMENTS, grid(1, 120, 1)), max_size=5)
FACTS = st.builds(
    WeightFacts,
    st.lists(st.builds(WeightAt, MOMENTS, grid(30, 250, 1)), max_size=3).map(tuple),
    st.one_of(st.none(), grid(100, 240, 0), grid(150, 195, 1)),
    st.booleans(),
)


@st.composite
def protocols(draw: st.DrawFn) -> Protocol:
    """A shipped protocol with limits moved, opened, doubled or left out."""
    protocol = draw(st.sampled_from(SHIPPED))
    limits = []
    for limit in protocol.limits:
        moved = draw(st.sampled_from([0, 0, 1, 2, 3])) if limit.stage is Stage.ORDER else 0
        if moved == 1:
            limit = replace(limit, number=replace(limit.number, value=None, why="Nobody has read one."))
        elif moved == 2 and limit.number.value is not None:
            limit = replace(limit, number=replace(limit.number, value=limit.number.value * draw(grid(0.3, 2, 1))))
        elif moved == 3:
            continue
        limits.append(limit)
    cap = next(limit for limit in protocol.limits if limit.measure is Measure.DOSE_MG)
    if draw(st.booleans()):
        value = draw(grid(20, 300, 0))
        weekly = replace(cap, name="weekly_mg", measure=Measure.MG_IN_7_DAYS, number=replace(cap.number, value=value))
        limits.append(replace(weekly, level=draw(st.sampled_from([Level.STOP, Level.HOLD]))))
    return replace(protocol, limits=tuple(limits))


CHOICES = st.builds(
    Choice,
    dose_mg=st.one_of(st.none(), st.none(), st.sampled_from([28.0, 56.0, 84.0]), grid(0.1, 400, 1)),
    mg_per_kg=st.one_of(st.none(), st.sampled_from([0.5, 0.05, 5.0, 0.3, 1.0]), grid(0.01, 6, 2)),
    concentration_mg_per_ml=st.one_of(st.none(), st.sampled_from([1.0, 10.0, 50.0, 100.0])),
)


# The second implementation


def number(row: Any) -> Fraction | None:
    """The value of a cited number in a document; None for a hole."""
    return exact(float(row["value"])) if row and "value" in row else None


def expected_order(document: dict[str, Any], weight_kg: float, choice: Choice) -> dict[str, Any] | str:
    """What would be given, or the code of the refusal."""
    weight, rule = exact(weight_kg), document["dose"]
    if not 30 <= weight <= 250:
        return "implausible_weight"
    if rule["kind"] == "devices":
        dose = number(rule["first_mg"]) if choice.dose_mg is None else exact(choice.dose_mg)
        device = number(rule["device_mg"])
        if choice.mg_per_kg is not None:
            return "no_such_choice"
        if dose not in [exact(step) for step in rule["doses_mg"]] or dose is None or device is None:
            return "not_a_step"
        return {"dose_mg": dose, "devices": dose / device, "volume_ml": None}
    if choice.dose_mg is not None and choice.mg_per_kg is not None:
        return "two_doses"
    wanted = number(rule["mg_per_kg"]) * weight if rule["kind"] == "per_kg" else None
    if rule["kind"] == "per_kg_steps":
        wanted = number(rule["steps"][0]) * weight
    wanted = exact(choice.mg_per_kg) * weight if choice.mg_per_kg is not None else wanted
    wanted = exact(choice.dose_mg) if choice.dose_mg is not None else wanted
    if wanted is None:
        return "no_dose"
    picked = choice.concentration_mg_per_ml
    vial = exact(picked) if picked is not None else number(document.get("concentration_mg_per_ml"))
    if vial is None:
        return "no_concentration"
    dose = math.floor(wanted / STEP_MG) * STEP_MG
    if dose / vial < Fraction(5, 1000):
        return "nothing_to_give"
    return {"dose_mg": dose, "devices": None, "volume_ml": dose / vial}


def near(value: float, wanted: Fraction, step: Fraction) -> bool:
    """Whether a float is the nearest multiple of the step; a tie may fall either way."""
    here = exact(value)
    return here % step == 0 and abs(here - wanted) <= step / 2


@given(protocol=protocols(), weight_kg=WEIGHTS, choice=CHOICES)
def test_two_ways_to_an_order_agree(protocol: Protocol, weight_kg: float, choice: Choice) -> None:
    document = to_mapping(protocol)
    wanted = expected_order(document, weight_kg, choice)
    if isinstance(wanted, str):
        with pytest.raises(BadInput) as refused:
            calculate(protocol, weight_kg, choice)
        assert refused.value.code == wanted
        return
    order = calculate(protocol, weight_kg, choice)
    assert exact(order.dose_mg) == wanted["dose_mg"]
    assert order.devices == wanted["devices"]
    assert math.isclose(order.mg_per_kg, wanted["dose_mg"] / exact(weight_kg))
    if order.volume_ml is None:
        assert wanted["volume_ml"] is None
        assert order.rate_ml_per_h is None
        return
    assert near(order.volume_ml, wanted["volume_ml"], Fraction(1, 100))
    minutes = number(document.get("duration_min"))
    if minutes is None:
        assert (order.rate_ml_per_h, order.pump_steps) == (None, ())
        return
    assert order.rate_ml_per_h is not None
    assert near(order.rate_ml_per_h, exact(order.volume_ml) / minutes * 60, Fraction(1, 10))
    assert [(step.at_min, step.rate_ml_per_h) for step in order.pump_steps] == [
        (0, order.rate_ml_per_h), (minutes, 0),
    ]  # fmt: skip


def expected_findings(
    document: dict[str, Any], order: dict[str, Any], facts: WeightFacts, prior: list[PriorDose]
) -> tuple[Found, set[str]]:
    """Rules that speak with their level, and facts that are missing."""
    found, missing = weight_findings(exact(order["weight_kg"]), facts)
    found |= dose_findings(document, order) | sum_findings(document, order)
    for limit in document["limits"]:
        if limit["stage"] != "order":
            continue
        bound = number(limit["number"])
        if bound is None:
            missing.add(f"limits.{limit['name']}")
            continue
        value = limited(limit["measure"], order, prior)
        if value is None:
            continue
        if limit["bound"] == "at_most":
            beyond = value > bound
        else:
            rounding = STEP_MG / exact(order["weight_kg"]) if limit["measure"] == "dose_mg_per_kg" else 0
            beyond = value + rounding < bound
        if beyond:
            found.add((limit["name"], limit["level"]))
    if any(dose.at > NOW for dose in prior):
        found.add(("dose_from_future", "stop"))
    return found, missing


def weight_findings(weight: Fraction, facts: WeightFacts) -> tuple[Found, set[str]]:
    level = "flag" if facts.confirmed else "hold"
    found: Found = set()
    if facts.earlier:
        newest = sorted(facts.earlier, key=lambda row: row.at, reverse=True)
        last = exact(next(row for row in facts.earlier if row.at == newest[0].at).weight_kg)
        if 10 * abs(weight - last) > last:
            found.add(("weight_change", level))
        else:
            typed, known = f"{weight.numerator // weight.denominator}", f"{last.numerator // last.denominator}"
            if typed != known and sorted(typed) == sorted(known):
                found.add(("weight_digits", level))
    if facts.height_cm is not None:
        height = exact(facts.height_cm)
        if height < 120 or height > 230:
            found.add(("height_plausible", level))
        elif not 15 * height**2 <= weight * 10_000 <= 40 * height**2:
            found.add(("weight_for_height", level))
    nothing = not facts.earlier and facts.height_cm is None and not facts.confirmed
    return found, {"height_cm"} if nothing else set()


def dose_findings(document: dict[str, Any], order: dict[str, Any]) -> Found:
    rule, dose, weight = document["dose"], exact(order["dose_mg"]), exact(order["weight_kg"])
    if rule["kind"] == "devices":
        if dose not in [exact(step) for step in rule["doses_mg"]]:
            return {("dose_rule", "stop")}
        wrong = order["devices"] is None or exact(order["devices"]) * number(rule["device_mg"]) != dose
        return {("order_arithmetic", "stop")} if wrong else set()
    if rule["kind"] == "per_kg_steps":
        steps = [number(row) for row in rule["steps"]]
        low = high = sorted(steps, key=lambda step: (abs(step * weight - dose), step))[0]
    else:
        ends = ("mg_per_kg", "mg_per_kg") if rule["kind"] == "per_kg" else ("low", "high")
        low, high = number(rule[ends[0]]), number(rule[ends[1]])
    assert low is not None
    assert high is not None
    if low * weight - STEP_MG <= dose <= high * weight + STEP_MG:
        return set()
    times = dose / ((high if dose > high * weight else low) * weight)
    return {("dose_rule", "stop" if times >= 5 or times <= Fraction(1, 5) else "hold")}


def sum_findings(document: dict[str, Any], order: dict[str, Any]) -> Found:
    found: Found = set()
    volume, rate, vial, minutes = (
        None if order[name] is None else exact(order[name])
        for name in ("volume_ml", "rate_ml_per_h", "concentration_mg_per_ml", "duration_min")
    )
    wrong = volume is not None and vial is not None and abs(volume - exact(order["dose_mg"]) / vial) > Fraction(1, 100)
    if volume is not None and rate is not None and minutes:
        wrong = wrong or abs(rate - volume * 60 / minutes) > Fraction(1, 10)
    if wrong or abs(Fraction(order["mg_per_kg"]) * exact(order["weight_kg"]) - exact(order["dose_mg"])) > STEP_MG:
        found.add(("order_arithmetic", "stop"))
    stated = number(document.get("duration_min"))
    if stated is not None and minutes != stated:
        found.add(("duration", "hold"))
    return found


def limited(measure: str, order: dict[str, Any], prior: list[PriorDose]) -> Fraction | None:
    """What a limit looks at; None where it has nothing to look at."""
    minutes_ago = [Fraction(round((NOW - dose.at).total_seconds()), 60) for dose in prior]
    past = [(ago, exact(dose.dose_mg)) for ago, dose in zip(minutes_ago, prior, strict=True) if ago >= 0]
    week = [mg for ago, mg in past if ago < 7 * 24 * 60]
    dose = exact(order["dose_mg"])
    values = {
        "dose_mg": dose,
        "dose_mg_per_kg": dose / exact(order["weight_kg"]),
        "interval_h": min(ago for ago, _ in past) / 60 if past else None,
        "doses_in_7_days": Fraction(len(week) + 1),
        "mg_in_7_days": sum(week, dose),
    }
    return values.get(measure)


TAMPERED = st.one_of(
    st.just({}),
    st.just({}),
    st.fixed_dictionaries({"dose_mg": grid(0.1, 400, 1)}),
    st.fixed_dictionaries({"duration_min": st.sampled_from([None, 4.0, 40.0, 60.0])}),
    st.fixed_dictionaries({"devices": st.sampled_from([None, 1, 2, 3])}),
    st.fixed_dictionaries({"volume_ml": grid(0.5, 90, 2)}),
    st.fixed_dictionaries({"rate_ml_per_h": grid(0.5, 90, 1)}),
)


@st.composite
def orders(draw: st.DrawFn, protocol: Protocol) -> DoseOrder:
    """An order that was calculated, and now and then changed by hand afterwards."""
    weight_kg = draw(grid(30, 250, 1))
    if protocol.dose.kind == "devices":
        choice = Choice(dose_mg=draw(st.sampled_from([None, 56.0, 84.0])))
    else:
        choice = Choice(mg_per_kg=draw(grid(0.05, 3, 2)), concentration_mg_per_ml=draw(st.sampled_from([1.0, 10.0])))
    return replace(calculate(protocol, weight_kg, choice), **draw(TAMPERED))


CASES = protocols().flatmap(lambda protocol: st.tuples(st.just(protocol), orders(protocol)))


def found_in(decision: Decision) -> Found:
    return {(reason.rule, reason.level.value) for reason in reasons_of(decision)}


@given(case=CASES, facts=FACTS, prior=PRIOR)
def test_two_ways_to_a_verdict_agree(case: tuple[Protocol, DoseOrder], facts: WeightFacts, prior: list[Any]) -> None:
    protocol, order = case
    answer = check_order(protocol, order, weight=facts, prior=prior, now=NOW)
    found, missing = expected_findings(to_mapping(protocol), asdict(order), facts, prior)
    assert found_in(answer) == found
    assert {absent.fact for absent in missing_of(answer)} == missing


@given(
    place=st.sampled_from([2, 3]),
    given_doses=st.lists(st.tuples(MOMENTS, grid(0.3, 1.2, 2), st.sampled_from([28.0, 56.0, 84.0])), max_size=4),
    baseline=st.one_of(st.none(), grid(0, 60, 0)),
    current=st.one_of(st.none(), grid(0, 60, 0)),
)
def test_two_ways_to_the_next_step_agree(
    place: int, given_doses: list[Any], baseline: float | None, current: float | None
) -> None:
    protocol = SHIPPED[place]
    doses = [PriorDose(at, mg, mg_per_kg=per_kg) for at, per_kg, mg in given_doses]
    answer = next_step(protocol, doses, Answered(baseline, current))
    wanted = expected_step(to_mapping(protocol)["dose"], doses, baseline, current)
    assert (None if isinstance(answer, CannotTell) else exact(answer.dose)) == wanted


def expected_step(
    rule: dict[str, Any], doses: list[PriorDose], baseline: float | None, current: float | None
) -> Fraction | None:
    """The dose of the step that is due; None where it cannot be told."""
    devices = rule["kind"] == "devices"
    steps = [exact(dose) for dose in rule["doses_mg"]] if devices else [number(row) for row in rule["steps"]]
    if not doses:
        return steps[0]
    newest = max(dose.at for dose in doses)
    last = next(dose for dose in doses if dose.at == newest)
    slack = Fraction(1, 20) if devices else Fraction(1, 300)
    reached = [step for step in steps if step <= exact(last.dose_mg if devices else last.mg_per_kg or 0) + slack]
    if not reached or len(reached) == len(steps):
        return reached[-1] if reached else steps[0]
    if devices:
        return steps[len(reached)]
    if baseline is None or current is None or baseline == 0:
        return None
    better = (exact(baseline) - exact(current)) / exact(baseline) * 100
    return steps[len(reached)] if better < number(rule["step_up_below_pct"]) else reached[-1]


# What holds of every order


def severity(decision: Decision) -> int:
    return 0 if isinstance(decision, Allowed) else 1 if isinstance(decision, CannotTell) else 2


@given(case=CASES, facts=FACTS, prior=PRIOR, share=grid(0, 1, 2), which=st.integers(0, 20))
def test_tightening_a_limit_never_makes_an_answer_milder(
    case: tuple[Protocol, DoseOrder], facts: WeightFacts, prior: list[Any], share: float, which: int
) -> None:
    protocol, order = case
    limits = list(protocol.limits)
    place = which % len(limits)
    value = limits[place].number.value
    if value is None:
        return
    tighter = value * share if limits[place].bound.value == "at_most" else value / max(share, 0.01)
    limits[place] = replace(limits[place], number=replace(limits[place].number, value=tighter))
    before = check_order(protocol, order, weight=facts, prior=prior, now=NOW)
    after = check_order(replace(protocol, limits=tuple(limits)), order, weight=facts, prior=prior, now=NOW)
    assert severity(after) >= severity(before)
    assert found_in(before) <= found_in(after)


@given(case=CASES, facts=FACTS, prior=PRIOR, more=st.builds(PriorDose, MOMENTS, grid(1, 120, 1)))
def test_one_more_earlier_dose_never_makes_an_answer_milder(
    case: tuple[Protocol, DoseOrder], facts: WeightFacts, prior: list[Any], more: PriorDose
) -> None:
    protocol, order = case
    before = check_order(protocol, order, weight=facts, prior=prior, now=NOW)
    after = check_order(protocol, order, weight=facts, prior=[*prior, more], now=NOW)
    assert severity(after) >= severity(before)
    assert found_in(before) <= found_in(after)


@given(case=CASES, facts=FACTS, prior=PRIOR, order_of=st.randoms())
def test_the_order_of_earlier_doses_does_not_matter(
    case: tuple[Protocol, DoseOrder], facts: WeightFacts, prior: list[Any], order_of: Any
) -> None:
    protocol, order = case
    mixed = list(prior)
    order_of.shuffle(mixed)
    before = check_order(protocol, order, weight=facts, prior=prior, now=NOW)
    after = check_order(protocol, order, weight=facts, prior=mixed, now=NOW)
    assert set(reasons_of(before)) == set(reasons_of(after))
    assert severity(before) == severity(after)


@given(weight_kg=grid(30, 120, 1), mg_per_kg=grid(0.3, 1, 2))
def test_twice_the_weight_is_twice_the_dose(weight_kg: float, mg_per_kg: float) -> None:
    choice = Choice(mg_per_kg=mg_per_kg, concentration_mg_per_ml=50.0)
    once, twice = calculate(SHIPPED[1], weight_kg, choice), calculate(SHIPPED[1], 2 * weight_kg, choice)
    assert 0 <= exact(twice.dose_mg) - 2 * exact(once.dose_mg) <= STEP_MG


ANY_FLOAT = st.one_of(st.none(), st.floats())


@given(
    protocol=st.sampled_from(SHIPPED),
    weight_kg=st.floats(),
    dose_mg=ANY_FLOAT,
    mg_per_kg=ANY_FLOAT,
    concentration_mg_per_ml=ANY_FLOAT,
)
def test_an_order_never_holds_what_is_not_a_number(
    protocol: Protocol,
    weight_kg: float,
    dose_mg: float | None,
    mg_per_kg: float | None,
    concentration_mg_per_ml: float | None,
) -> None:
    for weight in (weight_kg, 70.0):
        try:
            order = calculate(protocol, weight, Choice(dose_mg, mg_per_kg, concentration_mg_per_ml))
        except BadInput:
            continue
        numbers = [value for value in asdict(order).values() if isinstance(value, float)]
        assert all(math.isfinite(value) and value >= 0 for value in numbers)
        assert order.dose_mg > 0
        reasons = reasons_of(check_order(protocol, order, weight=WeightFacts(), prior=(), now=NOW))
        assert all(math.isfinite(reason.value) for reason in reasons if isinstance(reason.value, float))
