"""A dose that rises by steps rises one at a time, only after too small an answer, and never on a guess."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import START, filled

from euthymia.care.decision import Allowed, CannotTell, Level, missing_of, reasons_of, verdict
from euthymia.care.dosing import Choice, PriorDose, WeightFacts, calculate, check_order
from euthymia.care.protocol import Cited, DeviceSteps, PerKgSteps, Protocol, Provenance, WeightBasis
from euthymia.care.protocol_document import content_hash, parse_protocol, to_mapping
from euthymia.care.titration import Answered, NextStep, check_step, next_step
from euthymia.errors import BadInput, ProtocolError

IM, NASAL = filled("im_racemic"), filled("esketamine_nasal_trd")
MG_PER_KG = (0.5, 0.6, 0.75, 0.9)
STEPS = tuple(Cited(step, "mg/kg", ("S1",), Provenance.READ) for step in MG_PER_KG)
BELOW = Cited(50.0, "%", ("S1",), Provenance.READ)
STEPPED = replace(IM, dose=PerKgSteps(STEPS, WeightBasis.ACTUAL, BELOW))
KNOWN = Answered(30, 20)
SURE = WeightFacts(confirmed=True)


def after(*doses: float, unit: str = "mg/kg") -> list[PriorDose]:
    """Doses three days apart, the last one three days ago."""
    days = [3 * (len(doses) - place) for place in range(len(doses))]
    moments = [START - timedelta(days=ago) for ago in days]
    if unit == "mg":
        return [PriorDose(at, dose) for at, dose in zip(moments, doses, strict=True)]
    return [PriorDose(at, dose * 70, mg_per_kg=dose) for at, dose in zip(moments, doses, strict=True)]


def due(protocol: Protocol, given: list[PriorDose], scores: Answered = KNOWN) -> NextStep:
    answer = next_step(protocol, given, scores)
    assert isinstance(answer, NextStep), answer
    return answer


# Which step is due


@pytest.mark.parametrize(
    ("given", "scores", "dose"),
    [
        ((), Answered(), 0.5),
        ((0.5,), Answered(30, 20), 0.6),
        ((0.5,), Answered(30, 15.01), 0.6),
        ((0.5,), Answered(30, 15), 0.5),
        ((0.5,), Answered(30, 14.99), 0.5),
        ((0.5,), Answered(30, 35), 0.6),
        ((0.5, 0.6), Answered(30, 20), 0.75),
        ((0.6, 0.5), Answered(30, 20), 0.6),
        ((0.5, 0.6, 0.75), Answered(30, 20), 0.9),
        ((0.9,), Answered(30, 30), 0.9),
        ((0.9,), Answered(), 0.9),
        ((1.5,), Answered(), 0.9),
        ((0.499,), Answered(30, 30), 0.6),
        ((0.55,), Answered(30, 30), 0.6),
        ((0.3,), Answered(), 0.5),
        ((0.4966,), Answered(), 0.5),
    ],
)
def test_the_step_that_is_due(given: tuple[float, ...], scores: Answered, dose: float) -> None:
    assert due(STEPPED, after(*given), scores).dose == dose


def test_a_dose_rounded_down_for_the_syringe_still_reached_its_step() -> None:
    # 0.1 mg less in an adult of 30 kg is the most that rounding costs.
    assert due(STEPPED, after(0.6 - 0.1 / 30), KNOWN).dose == 0.75
    assert due(STEPPED, after(0.6 - 0.1 / 29), KNOWN).dose == 0.6


def test_the_answer_says_what_it_rests_on() -> None:
    up = due(STEPPED, after(0.5), Answered(30, 18))
    assert (up.place, up.unit, up.improved_pct, up.below_pct) == (1, "mg/kg", 40.0, 50.0)
    assert up.why == "40 % better is under 50 %: one step up."
    assert up.source == "S1 (read)"
    stays = due(STEPPED, after(0.5), Answered(30, 12))
    assert (stays.place, stays.improved_pct, stays.why) == (0, 60.0, "60 % better reaches 50 %: the step stays.")
    first = due(STEPPED, [])
    assert (first.place, first.why, first.source, first.improved_pct, first.below_pct) == (
        0, "The first dose of this protocol.", "S1 (read)", None, None,
    )  # fmt: skip
    assert due(STEPPED, after(0.9)).why == "This is the highest step."


@pytest.mark.parametrize(
    ("scores", "facts"),
    [
        (Answered(), ["scores.baseline", "scores.current"]),
        (Answered(baseline=30), ["scores.current"]),
        (Answered(current=20), ["scores.baseline"]),
        (Answered(0, 0), ["scores.baseline"]),
        (Answered(-1, 0), ["scores.baseline"]),
    ],
)
def test_without_both_totals_no_step_up_can_be_told(scores: Answered, facts: list[str]) -> None:
    answer = next_step(STEPPED, after(0.5), scores)
    assert isinstance(answer, CannotTell)
    assert [missing.fact for missing in answer.missing] == facts
    assert {missing.needed_by for missing in answer.missing} == {"next_step"}


def test_the_words_of_what_is_missing() -> None:
    answer = next_step(STEPPED, after(0.5), Answered())
    assert isinstance(answer, CannotTell)
    assert [missing.says for missing in answer.missing] == [
        "The total before treatment is needed for a step up.",
        "The total since the last dose is needed for a step up.",
    ]
    answer = next_step(STEPPED, after(0.5), Answered(0.0, 0.0))
    assert isinstance(answer, CannotTell)
    assert answer.missing[0].says == "A baseline of 0 leaves no room for an answer in per cent."


def test_an_open_threshold_or_an_unknown_last_dose_cannot_be_told() -> None:
    hole = Cited(None, "%", why="Nobody has read one.", low=10, high=90)
    answer = next_step(replace(STEPPED, dose=PerKgSteps(STEPS, WeightBasis.ACTUAL, hole)), after(0.5), KNOWN)
    assert isinstance(answer, CannotTell)
    assert [(missing.fact, missing.says) for missing in answer.missing] == [
        ("dose.step_up_below_pct", "Nobody has read one.")
    ]
    answer = next_step(STEPPED, after(35, unit="mg"), KNOWN)
    assert isinstance(answer, CannotTell)
    assert [missing.fact for missing in answer.missing] == ["prior.mg_per_kg"]
    assert answer.missing[0].says == "How many mg/kg the last dose was is not recorded."


def open_step() -> Protocol:
    hole = Cited(None, "mg/kg", why="Nobody has read one.", low=0.1, high=1)
    return replace(STEPPED, dose=PerKgSteps((*STEPS[:3], hole), WeightBasis.ACTUAL, BELOW))


@pytest.mark.parametrize("protocol", [IM, open_step()])
def test_a_protocol_without_a_whole_ladder_has_no_next_step(protocol: Protocol) -> None:
    answer = next_step(protocol, [], KNOWN)
    assert isinstance(answer, CannotTell)
    assert [missing.fact for missing in answer.missing] == ["dose.steps"]
    assert check_step(protocol, calculate(STEPPED, 70, Choice(mg_per_kg=0.9)), [], KNOWN) == Allowed()


# Whole devices


@pytest.mark.parametrize(
    ("given", "dose", "why"),
    [
        ((), 56, "The first dose of this protocol."),
        ((56,), 84, "One step up, where the prescriber judges it; the protocol asks for no score."),
        ((84,), 84, "This is the highest step."),
        ((84, 56), 84, "One step up, where the prescriber judges it; the protocol asks for no score."),
        ((28,), 56, "The first dose of this protocol."),
        ((55.94,), 56, "The first dose of this protocol."),
        ((55.95,), 84, "One step up, where the prescriber judges it; the protocol asks for no score."),
    ],
)
def test_devices_go_up_by_one_step_without_a_score(given: tuple[float, ...], dose: float, why: str) -> None:
    answer = due(NASAL, after(*given, unit="mg"), Answered())
    assert (answer.dose, answer.unit, answer.why, answer.source) == (dose, "mg", why, "S50, S52 (read_secondary)")


def test_a_first_dose_of_three_devices_informs() -> None:
    answer = check_step(NASAL, calculate(NASAL, 70, Choice(dose_mg=84)), [], Answered())
    assert isinstance(answer, Allowed)
    flag = answer.flags[0]
    assert (flag.rule, flag.level, flag.fact, flag.value, flag.limit) == (
        "step_skipped", Level.FLAG, "dose_step", 84.0, 56.0,
    )  # fmt: skip
    assert flag.says == "84 mg is above the 56 mg that is due. The first dose of this protocol."
    later = check_step(NASAL, calculate(NASAL, 70, Choice(dose_mg=84)), after(56, unit="mg"), Answered())
    assert later == Allowed()


def test_an_unstated_first_dose_starts_at_the_lowest() -> None:
    assert isinstance(NASAL.dose, DeviceSteps)
    hole = Cited(None, "mg", why="Nobody has read one.", low=28, high=84)
    unstated = replace(NASAL, dose=replace(NASAL.dose, first_mg=hole, doses_mg=(84.0, 56.0)))
    assert due(unstated, []).dose == 56


# Whether an order is a step that is due


@pytest.mark.parametrize(
    ("mg_per_kg", "given", "scores", "found"),
    [
        (0.5, (), Answered(), []),
        (0.6, (), Answered(), [("step_skipped", Level.STOP)]),
        (0.5, (0.5,), Answered(), []),
        (0.6, (0.5,), Answered(30, 20), []),
        (0.6, (0.5,), Answered(30, 10), [("step_not_due", Level.HOLD)]),
        (0.75, (0.5,), Answered(30, 20), [("step_skipped", Level.STOP)]),
        (0.75, (0.5,), Answered(30, 10), [("step_skipped", Level.STOP)]),
        (0.5, (0.75,), Answered(), []),
        (0.75, (0.75,), Answered(), []),
        (0.9, (0.9,), Answered(), []),
        (0.9, (0.75,), Answered(30, 20), []),
        (0.3, (), Answered(), []),
        (0.6, (0.3,), Answered(30, 30), [("step_skipped", Level.STOP)]),
    ],
)
def test_an_order_on_the_ladder(mg_per_kg: float, given: tuple[float, ...], scores: Answered, found: list[Any]) -> None:
    order = calculate(STEPPED, 70, Choice(mg_per_kg=mg_per_kg))
    answer = check_step(STEPPED, order, after(*given), scores)
    assert [(reason.rule, reason.level) for reason in reasons_of(answer)] == found


def test_a_step_up_nobody_scored_cannot_be_told_but_staying_can() -> None:
    up, same = calculate(STEPPED, 70, Choice(mg_per_kg=0.6)), calculate(STEPPED, 70)
    assert [missing.fact for missing in missing_of(check_step(STEPPED, up, after(0.5), Answered()))] == [
        "scores.baseline", "scores.current",
    ]  # fmt: skip
    assert check_step(STEPPED, same, after(0.5), Answered()) == Allowed()
    unknown = check_step(STEPPED, same, after(35, unit="mg"), KNOWN)
    assert [missing.fact for missing in missing_of(unknown)] == ["prior.mg_per_kg"]


def test_the_reason_names_the_step_and_the_answer() -> None:
    order = calculate(STEPPED, 70, Choice(mg_per_kg=0.6))
    reason = reasons_of(check_step(STEPPED, order, after(0.5), Answered(30, 10)))[0]
    assert (reason.value, reason.limit, reason.source) == (0.6, 0.5, "S1 (read)")
    assert reason.says == (
        "0.6 mg/kg is above the 0.5 mg/kg that is due. 67 % better reaches 50 %: the step stays."
    )  # fmt: skip


@given(
    given=st.lists(st.sampled_from([*MG_PER_KG, 0.3, 0.7, 2.0]), max_size=6),
    baseline=st.one_of(st.none(), st.integers(0, 60)),
    current=st.one_of(st.none(), st.integers(0, 60)),
)
def test_no_step_is_ever_skipped_nor_the_last_one_passed(
    given: list[float], baseline: int | None, current: int | None
) -> None:
    answer = next_step(STEPPED, after(*given), Answered(baseline, current))
    if isinstance(answer, CannotTell):
        return
    reached = [place for place, step in enumerate(MG_PER_KG) if given and step <= given[-1] + 0.004]
    assert answer.place <= min(len(reached), len(MG_PER_KG) - 1)
    assert answer.dose == MG_PER_KG[answer.place]
    assert next_step(STEPPED, list(reversed(after(*given))), Answered(baseline, current)) == answer


@given(better=st.integers(0, 60), worse=st.integers(0, 60))
def test_a_better_answer_never_asks_for_a_higher_step(better: int, worse: int) -> None:
    low, high = sorted((better, worse))
    assert due(STEPPED, after(0.6), Answered(60, low)).place <= due(STEPPED, after(0.6), Answered(60, high)).place


# The order and its rule


def test_the_first_step_is_given_when_nothing_is_picked() -> None:
    assert calculate(STEPPED, 70).dose_mg == 35.0
    assert calculate(STEPPED, 70, Choice(mg_per_kg=0.9)).dose_mg == 63.0
    hole = Cited(None, "mg/kg", why="Nobody has read one.", low=0.1, high=1)
    unknown = replace(STEPPED, dose=PerKgSteps((hole, *STEPS[1:]), WeightBasis.ACTUAL, BELOW))
    with pytest.raises(BadInput) as refused:
        calculate(unknown, 70)
    assert refused.value.code == "no_dose"


@pytest.mark.parametrize(
    ("mg_per_kg", "found"),
    [
        (0.5, []),
        (0.9, []),
        (0.7, [("dose_rule", Level.HOLD, 0.75)]),
        (0.65, [("dose_rule", Level.HOLD, 0.6)]),
        (0.4, [("dose_rule", Level.HOLD, 0.5)]),
        (1.0, [("dose_rule", Level.HOLD, 0.9)]),
        (5.0, [("dose_rule", Level.STOP, 0.9)]),
        (0.1, [("dose_rule", Level.STOP, 0.5)]),
    ],
)
def test_a_dose_between_two_steps_is_not_a_dose_of_the_protocol(mg_per_kg: float, found: list[Any]) -> None:
    order = calculate(STEPPED, 70, Choice(mg_per_kg=mg_per_kg))
    answer = check_order(STEPPED, order, weight=SURE, prior=(), now=START)
    rows = [(reason.rule, reason.level, reason.limit) for reason in reasons_of(answer) if reason.rule == "dose_rule"]
    assert rows == found


def test_an_open_step_cannot_be_told() -> None:
    answer = check_order(open_step(), calculate(STEPPED, 70), weight=SURE, prior=(), now=START)
    assert verdict(answer) == "cannot_tell"
    assert "dose.mg_per_kg" in {missing.fact for missing in missing_of(answer)}


# The document


def house(*values: float, unit: str = "mg/kg") -> list[dict[str, Any]]:
    return [{"value": value, "unit": unit, "provenance": "house"} for value in values]


def document(**dose: Any) -> dict[str, Any]:
    plain = to_mapping(filled("im_racemic"))
    name = next(iter(plain["sources"]))
    step = {"unit": "mg/kg", "source": [name], "provenance": "read"}
    below = {"value": 50.0, "unit": "%", "source": [name], "provenance": "read"}
    ladder = {"kind": "per_kg_steps", "weight_basis": "actual", "step_up_below_pct": below}
    return plain | {"dose": ladder | {"steps": [step | {"value": value} for value in MG_PER_KG]} | dose}


def test_steps_are_read_and_written_without_a_change() -> None:
    protocol = parse_protocol(document())
    assert isinstance(protocol.dose, PerKgSteps)
    assert [step.value for step in protocol.dose.steps] == list(MG_PER_KG)
    assert content_hash(parse_protocol(to_mapping(protocol))) == content_hash(protocol)


@pytest.mark.parametrize(
    ("dose", "code", "path"),
    [
        ({"steps": "0.5"}, "not_a_list", "dose.steps"),
        ({"steps": []}, "not_a_list", "dose.steps"),
        ({"steps": house(0.5)}, "not_a_list", "dose.steps"),
        ({"steps": house(0.5, 0.5)}, "not_rising", "dose.steps"),
        ({"steps": house(0.6, 0.5)}, "not_rising", "dose.steps"),
        ({"steps": house(1, 2, unit="mg")}, "wrong_unit", "dose.steps[0].unit"),
        ({"step_up_below_pct": {"value": 50, "unit": "mg"}}, "wrong_unit", "dose.step_up_below_pct.unit"),
    ],
)
def test_a_ladder_that_cannot_be_climbed_is_refused(dose: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(ProtocolError) as refused:
        parse_protocol(document(**dose))
    assert (refused.value.code, refused.value.path) == (code, path)
