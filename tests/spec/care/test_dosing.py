"""A dose is calculated from protocol and person, then every limit and every likely slip is checked before it passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import START, filled

from euthymia.care.decision import Allowed, CannotTell, Decision, Level, Refused, missing_of, reasons_of
from euthymia.care.dose_order import order_from, order_to_mapping
from euthymia.care.dosing import (
    Choice,
    DoseOrder,
    PriorDose,
    PumpStep,
    WeightAt,
    WeightFacts,
    calculate,
    check_choice,
    check_order,
    room_under_caps,
)
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocol import DeviceSteps, Measure, PerKg, WeightBasis, fill
from euthymia.care.protocols.load import load_protocol
from euthymia.errors import BadInput

IV, IM, NASAL = filled("iv_racemic_05"), filled("im_racemic"), filled("esketamine_nasal_trd")
KNOWN = WeightFacts((WeightAt(START - timedelta(days=7), 70.0),), 175.0)


def ask(
    order: DoseOrder, *, weight: WeightFacts = KNOWN, prior: tuple[PriorDose, ...] = (), protocol: Any = IV
) -> Decision:
    return check_order(protocol, order, weight=weight, prior=prior, now=START)


def rules(decision: Decision) -> set[str]:
    return {reason.rule for reason in reasons_of(decision)}


# What is calculated


@pytest.mark.parametrize(
    ("weight_kg", "dose_mg", "volume_ml", "rate_ml_per_h"),
    [
        (50, 25.0, 25.0, 37.5),
        (70, 35.0, 35.0, 52.5),
        (72.5, 36.2, 36.2, 54.3),
        (30, 15.0, 15.0, 22.5),
        (118, 59.0, 59.0, 88.5),
    ],
)
def test_infusion_of_half_a_milligram_per_kilogram(
    weight_kg: float, dose_mg: float, volume_ml: float, rate_ml_per_h: float
) -> None:
    order = calculate(IV, weight_kg)
    assert (order.dose_mg, order.volume_ml, order.rate_ml_per_h) == (dose_mg, volume_ml, rate_ml_per_h)
    assert order.pump_steps == (PumpStep(0, rate_ml_per_h), PumpStep(40, 0))
    assert (order.weight_kg, order.weight_basis, order.duration_min) == (weight_kg, WeightBasis.ACTUAL, 40)
    assert order.devices is None


def test_injection_gives_a_volume_and_no_rate() -> None:
    order = calculate(IM, 70, Choice(mg_per_kg=0.5))
    assert (order.dose_mg, order.volume_ml, order.rate_ml_per_h, order.pump_steps) == (35.0, 0.7, None, ())


@pytest.mark.parametrize(("dose_mg", "devices"), [(None, 2), (56, 2), (84, 3)])
def test_nasal_dose_is_whole_devices(dose_mg: float | None, devices: int) -> None:
    order = calculate(NASAL, 80, Choice(dose_mg=dose_mg))
    assert (order.dose_mg, order.devices, order.volume_ml) == (dose_mg or 56, devices, None)


def test_the_prescriber_may_name_the_dose_in_milligrams_and_the_weight_basis() -> None:
    order = calculate(IV, 70, Choice(dose_mg=30, concentration_mg_per_ml=2, weight_basis=WeightBasis.ADJUSTED))
    assert (order.dose_mg, order.volume_ml, order.weight_basis) == (30, 15, WeightBasis.ADJUSTED)


@pytest.mark.parametrize(
    ("protocol", "weight_kg", "choice", "code"),
    [
        (IV, 0, Choice(), "implausible_weight"),
        (IV, 900, Choice(), "implausible_weight"),
        (IV, -70, Choice(), "implausible_weight"),
        (IV, 29.9, Choice(), "implausible_weight"),
        (IV, 250.1, Choice(), "implausible_weight"),
        (IV, float("nan"), Choice(), "implausible_weight"),
        (IV, float("inf"), Choice(), "implausible_weight"),
        (IV, 70, Choice(dose_mg=35, mg_per_kg=0.5), "two_doses"),
        (IV, 70, Choice(mg_per_kg=0), "not_positive"),
        (IV, 70, Choice(mg_per_kg=-1), "not_positive"),
        (IV, 70, Choice(dose_mg=float("nan")), "not_positive"),
        (IV, 70, Choice(concentration_mg_per_ml=0), "not_positive"),
        (IV, 70, Choice(concentration_mg_per_ml=1e9), "nothing_to_give"),
        (IM, 70, Choice(), "no_dose"),
        (NASAL, 70, Choice(dose_mg=28), "not_a_step"),
        (NASAL, 70, Choice(dose_mg=112), "not_a_step"),
        (NASAL, 70, Choice(mg_per_kg=1), "no_such_choice"),
        (load_protocol("iv_racemic_05"), 70, Choice(), "no_concentration"),
    ],
)
def test_what_cannot_be_calculated_is_refused(protocol: Any, weight_kg: float, choice: Choice, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        calculate(protocol, weight_kg, choice)
    assert refused.value.code == code


@pytest.mark.parametrize("order", [calculate(IV, 70), calculate(IM, 70, Choice(mg_per_kg=0.5)), calculate(NASAL, 70)])
def test_an_order_travels_as_plain_values(order: DoseOrder) -> None:
    assert order_from(order_to_mapping(order)) == order


@pytest.mark.parametrize("nonsense", [{}, {"pump_steps": []}, {"pump_steps": [{}], "weight_basis": "actual"}])
def test_what_is_not_an_order_is_refused(nonsense: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        order_from(nonsense)
    assert refused.value.code == "not_an_order"


# What passes, and what does not


@pytest.mark.parametrize(
    ("protocol", "order"),
    [
        (IV, calculate(IV, 70)),
        (IM, calculate(IM, 70, Choice(mg_per_kg=0.3))),
        (IM, calculate(IM, 70, Choice(mg_per_kg=1.0))),
        (NASAL, calculate(NASAL, 70)),
    ],
)
def test_an_ordinary_dose_passes(protocol: Any, order: DoseOrder) -> None:
    assert ask(order, protocol=protocol) == Allowed()


def test_an_open_limit_cannot_pass() -> None:
    protocol = load_protocol("iv_racemic_05")
    order = calculate(protocol, 70, Choice(concentration_mg_per_ml=1))
    answer = ask(order, protocol=protocol)
    assert isinstance(answer, CannotTell)
    assert {missing.fact for missing in answer.missing} == {"limits.dose_cap", "limits.interval"}


@pytest.mark.parametrize(
    ("mg_per_kg", "expected", "level"),
    [
        (0.5, set(), None),
        (0.51, {"dose_rule"}, Level.HOLD),
        (0.75, {"dose_rule"}, Level.HOLD),
        (0.76, {"dose_rule", "dose_per_kg_reported"}, Level.HOLD),
        (1.0, {"dose_rule", "dose_per_kg_reported"}, Level.HOLD),
        (1.01, {"dose_rule", "dose_per_kg_reported", "dose_per_kg_cap"}, Level.STOP),
        (5.0, {"dose_rule", "dose_per_kg_reported", "dose_per_kg_cap", "dose_cap"}, Level.STOP),
        (0.1, {"dose_rule"}, Level.STOP),
        (0.05, {"dose_rule", "dose_per_kg_reported_low"}, Level.STOP),
    ],
)
def test_each_dose_per_kilogram_meets_its_limits(mg_per_kg: float, expected: set[str], level: Level | None) -> None:
    answer = ask(calculate(IV, 70, Choice(mg_per_kg=mg_per_kg)))
    assert rules(answer) == expected
    strictest = Level.STOP if any(r.level is Level.STOP for r in reasons_of(answer)) else Level.HOLD
    assert level is None or strictest is level


def test_every_reason_of_a_limit_carries_the_limit_and_its_source() -> None:
    answer = ask(calculate(IV, 70, Choice(mg_per_kg=5)))
    by_rule = {reason.rule: reason for reason in reasons_of(answer)}
    assert by_rule["dose_cap"].limit == 80
    assert by_rule["dose_cap"].source == "set by Dr Lead"
    assert by_rule["dose_per_kg_cap"].source == "S59, S62 (read_secondary)"
    assert "decimal point" in by_rule["dose_rule"].says


@pytest.mark.parametrize(
    ("hours_ago", "refused"),
    [(47.9, True), (48.0, False), (168.0, False)],
)
def test_the_shortest_interval(hours_ago: float, refused: bool) -> None:
    prior = (PriorDose(START - timedelta(hours=hours_ago), 35),)
    assert ("interval" in rules(ask(calculate(IV, 70), prior=prior))) is refused


@pytest.mark.parametrize(
    ("days_ago", "refused"),
    [((3, 6), True), ((3, 7), False), ((8, 9), False), ((2.5,), False), ((2.5, 4, 6.9), True)],
)
def test_not_more_than_twice_in_any_seven_days_of_the_nasal_product(days_ago: tuple[float, ...], refused: bool) -> None:
    prior = tuple(PriorDose(START - timedelta(days=days), 56) for days in days_ago)
    answer = ask(calculate(NASAL, 70), prior=prior, protocol=NASAL)
    assert ("twice_weekly" in rules(answer)) is refused


def test_a_dose_recorded_in_the_future_stops() -> None:
    answer = ask(calculate(IV, 70), prior=(PriorDose(START + timedelta(minutes=1), 35),))
    assert isinstance(answer, Refused)
    assert rules(answer) == {"dose_from_future"}


def test_an_order_of_another_protocol_stops() -> None:
    assert "order_of_protocol" in rules(ask(calculate(IM, 70, Choice(mg_per_kg=0.5))))


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"volume_ml": 3.5}, "order_arithmetic"),
        ({"rate_ml_per_h": 525.0}, "order_arithmetic"),
        ({"rate_ml_per_h": 35.0}, "order_arithmetic"),
        ({"dose_mg": 52.5}, "order_arithmetic"),
        ({"mg_per_kg": 5.0}, "order_arithmetic"),
        ({"concentration_mg_per_ml": 10.0}, "order_arithmetic"),
        ({"duration_min": 4.0, "rate_ml_per_h": 525.0}, "duration"),
        ({"protocol_version": "0.9.0"}, "order_of_protocol"),
        ({"drug": "esketamine"}, "order_of_protocol"),
    ],
)
def test_an_order_whose_parts_disagree_is_refused(changed: dict[str, Any], rule: str) -> None:
    answer = ask(replace(calculate(IV, 70), **changed))
    assert isinstance(answer, Refused)
    assert rule in rules(answer)


@pytest.mark.parametrize(
    "changed",
    [{"devices": 3}, {"devices": None}, {"dose_mg": 560.0}, {"dose_mg": 5.6}, {"dose_mg": 28.0, "devices": 1}],
)
def test_devices_that_do_not_make_the_dose_are_refused(changed: dict[str, Any]) -> None:
    answer = ask(replace(calculate(NASAL, 70), **changed), protocol=NASAL)
    assert isinstance(answer, Refused)
    assert rules(answer) & {"order_arithmetic", "dose_rule"}


# Pounds typed as kilograms, and other slips with a weight


@pytest.mark.parametrize("pounds", [110, 120, 130, 140, 150, 154, 165, 176, 187, 198, 209, 220, 231, 242])
def test_pounds_typed_as_kilograms_are_caught_by_the_weight_before(pounds: float) -> None:
    real_kg = pounds * 0.45359237
    before = WeightFacts((WeightAt(START - timedelta(days=14), real_kg),))
    answer = ask(calculate(IV, pounds), weight=before)
    assert "weight_change" in rules(answer)
    reason = next(reason for reason in reasons_of(answer) if reason.rule == "weight_change")
    assert reason.level is Level.HOLD
    assert "Typed in pounds?" in reason.says


@pytest.mark.parametrize(
    ("pounds", "height_cm"), [(110, 165), (130, 160), (120, 165), (150, 168), (165, 175), (176, 178), (198, 185)]
)
def test_pounds_typed_as_kilograms_are_caught_by_height_alone(pounds: float, height_cm: float) -> None:
    answer = ask(calculate(IV, pounds), weight=WeightFacts((), height_cm))
    reason = next(reason for reason in reasons_of(answer) if reason.rule == "weight_for_height")
    assert reason.level is Level.HOLD
    assert "if these were pounds" in reason.says


@pytest.mark.parametrize(
    ("weight_kg", "asked"), [(63.0, False), (62.9, True), (77.0, False), (77.1, True), (70, False)]
)
def test_more_than_ten_per_cent_change_asks_again(weight_kg: float, asked: bool) -> None:
    assert ("weight_change" in rules(ask(calculate(IV, weight_kg)))) is asked


def test_only_the_latest_earlier_weight_counts() -> None:
    before = WeightFacts((WeightAt(START - timedelta(days=2), 72), WeightAt(START - timedelta(days=400), 50)))
    assert ask(calculate(IV, 70), weight=before) == Allowed()


def test_a_confirmed_weight_passes_and_leaves_a_flag() -> None:
    answer = ask(calculate(IV, 90), weight=replace(KNOWN, confirmed=True))
    assert isinstance(answer, Allowed)
    assert rules(answer) == {"weight_change"}


def test_a_weight_with_nothing_to_compare_it_with_cannot_be_told() -> None:
    answer = ask(calculate(IV, 150), weight=WeightFacts())
    assert isinstance(answer, CannotTell)
    assert [missing.fact for missing in missing_of(answer)] == ["height_cm"]
    assert ask(calculate(IV, 150), weight=WeightFacts(confirmed=True)) == Allowed()


@pytest.mark.parametrize("height_cm", [1.75, 17.5, 1750, 119.9, 230.1])
def test_a_height_nobody_has_asks_again(height_cm: float) -> None:
    assert "height_plausible" in rules(ask(calculate(IV, 70), weight=WeightFacts((), height_cm)))


def test_a_very_low_weight_for_the_height_asks_again() -> None:
    answer = ask(calculate(IV, 40), weight=WeightFacts((), 185))
    reason = next(reason for reason in reasons_of(answer) if reason.rule == "weight_for_height")
    assert reason.limit == 15


@pytest.mark.parametrize(("weight_kg", "height_cm"), [(60, 200), (160, 200), (50, 120), (120, 230)])
def test_the_edges_of_what_is_not_asked_again(weight_kg: float, height_cm: float) -> None:
    assert rules(ask(calculate(IV, weight_kg), weight=WeightFacts((), height_cm))) == set()


def test_a_loss_of_weight_is_not_called_pounds() -> None:
    answer = ask(calculate(IV, 60))
    assert "pounds" not in reasons_of(answer)[0].says


@pytest.mark.parametrize(
    ("protocol", "mg_per_kg", "rule", "word", "limit"),
    [
        (IV, 0.9, "dose_per_kg_reported", "above", 0.75),
        (IV, 0.05, "dose_per_kg_reported_low", "below", 0.1),
        (IM, 0.2, "dose_per_kg_reported_low", "below", 0.3),
        (IV, 0.9, "dose_rule", "1.8 times", 0.5),
        (IM, 1.1, "dose_rule", "1.1 times", 1.0),
        (IM, 0.2, "dose_rule", "0.67 times", 0.3),
    ],
)
def test_the_words_name_the_side_and_the_limit(
    protocol: Any, mg_per_kg: float, rule: str, word: str, limit: float
) -> None:
    answer = ask(calculate(protocol, 70, Choice(mg_per_kg=mg_per_kg)), protocol=protocol)
    reason = next(reason for reason in reasons_of(answer) if reason.rule == rule)
    assert word in reason.says
    assert reason.limit == limit


@pytest.mark.parametrize(
    ("weight_kg", "mg_per_kg"), [(33.3, 0.3), (47.7, 0.3), (71.1, 0.3), (99.9, 0.3), (33.3, 1.0), (71.1, 1.0)]
)
def test_a_dose_at_the_end_of_its_range_passes_however_it_rounds(weight_kg: float, mg_per_kg: float) -> None:
    order = calculate(IM, weight_kg, Choice(mg_per_kg=mg_per_kg))
    assert ask(order, weight=WeightFacts(confirmed=True), protocol=IM) == Allowed()


@pytest.mark.parametrize(
    ("dose_mg", "level"), [(175.0, Level.STOP), (174.0, Level.HOLD), (7.0, Level.STOP), (8.0, Level.HOLD)]
)
def test_five_times_or_a_fifth_is_a_slip(dose_mg: float, level: Level) -> None:
    answer = ask(calculate(IV, 70, Choice(dose_mg=dose_mg)))
    reason = next(reason for reason in reasons_of(answer) if reason.rule == "dose_rule")
    assert reason.level is level


def test_a_dose_given_this_very_moment_counts_and_is_not_from_the_future() -> None:
    answer = ask(calculate(IV, 70), prior=(PriorDose(START, 35),))
    assert rules(answer) == {"interval"}


# Decimal slips


@given(weight_kg=st.floats(30, 250), factor=st.sampled_from([10.0, 100.0, 0.1, 0.01]))
def test_a_misplaced_point_in_the_dose_always_stops(weight_kg: float, factor: float) -> None:
    order = calculate(IV, weight_kg, Choice(mg_per_kg=0.5 * factor, concentration_mg_per_ml=1))
    answer = ask(order, weight=WeightFacts(confirmed=True))
    assert any(reason.level is Level.STOP for reason in reasons_of(answer))


@given(weight_kg=st.floats(40, 160), field=st.sampled_from(["dose_mg", "volume_ml", "rate_ml_per_h"]))
def test_a_misplaced_point_anywhere_in_the_order_always_stops(weight_kg: float, field: str) -> None:
    order = calculate(IV, weight_kg)
    slipped = replace(order, **{field: getattr(order, field) * 10})
    answer = ask(slipped, weight=WeightFacts(confirmed=True))
    assert any(reason.level is Level.STOP for reason in reasons_of(answer))


# Limits only tighten


@given(
    weight_kg=st.floats(30, 250),
    mg_per_kg=st.floats(0.05, 3),
    cap=st.floats(20, 150),
    tighter=st.floats(0, 1),
    hours_ago=st.floats(0, 400),
)
def test_a_tighter_limit_never_frees_an_order(
    weight_kg: float, mg_per_kg: float, cap: float, tighter: float, hours_ago: float
) -> None:
    loose = fill(IV, {"limits.dose_cap": cap, "limits.interval": 12}, "Dr Lead")
    tight = fill(IV, {"limits.dose_cap": 20 + (cap - 20) * tighter, "limits.interval": 168}, "Dr Lead")
    order = calculate(IV, weight_kg, Choice(mg_per_kg=mg_per_kg))
    prior = (PriorDose(START - timedelta(hours=hours_ago), 35),)
    before = rules(ask(order, weight=WeightFacts(confirmed=True), prior=prior, protocol=loose))
    after = rules(ask(order, weight=WeightFacts(confirmed=True), prior=prior, protocol=tight))
    assert before <= after


@given(weight_kg=st.floats(30, 250), mg_per_kg=st.floats(0.01, 20))
def test_nothing_over_a_hard_cap_ever_passes(weight_kg: float, mg_per_kg: float) -> None:
    order = calculate(IV, weight_kg, Choice(mg_per_kg=mg_per_kg, concentration_mg_per_ml=1))
    answer = ask(order, weight=WeightFacts(confirmed=True))
    if order.dose_mg > 80 or order.dose_mg / weight_kg > 1.0:
        assert isinstance(answer, Refused)
        assert any(reason.level is Level.STOP for reason in answer.reasons)


@given(weight_kg=st.floats(30, 250), concentration=st.floats(0.5, 50))
def test_rounding_never_gives_more_than_the_rule(weight_kg: float, concentration: float) -> None:
    order = calculate(IV, weight_kg, Choice(concentration_mg_per_ml=concentration))
    assert order.dose_mg <= weight_kg * 0.5 + 1e-6
    assert order.dose_mg > weight_kg * 0.5 - 0.1 - 1e-6
    assert "order_arithmetic" not in rules(ask(order, weight=WeightFacts(confirmed=True)))


# Room under the cap


def test_room_under_each_cap() -> None:
    rooms = {room.limit.name: (room.used, room.left) for room in room_under_caps(IV, calculate(IV, 70), (), START)}
    assert rooms["dose_cap"] == (35, 45)
    assert rooms["dose_per_kg_cap"] == (0.5, 0.5)


def test_room_counts_what_was_given_in_the_last_seven_days() -> None:
    prior = (PriorDose(START - timedelta(days=2), 56), PriorDose(START - timedelta(days=9), 56))
    rooms = room_under_caps(NASAL, calculate(NASAL, 70), prior, START)
    assert {room.limit.name: room.left for room in rooms} == {"twice_weekly": 0, "dose_cap": 28}
    assert rooms[0].limit.name == "twice_weekly"


def test_a_limit_on_the_milligrams_of_seven_days() -> None:
    cap = next(limit for limit in IV.limits if limit.name == "dose_cap")
    weekly = replace(cap, name="weekly", measure=Measure.MG_IN_7_DAYS, number=replace(cap.number, value=100.0))
    protocol = replace(IV, limits=(*IV.limits, weekly))
    prior = (PriorDose(START - timedelta(days=3), 65), PriorDose(START - timedelta(days=8), 500))
    assert ask(calculate(IV, 70), prior=prior, protocol=protocol) == Allowed()
    assert rules(ask(calculate(IV, 70.5), prior=prior, protocol=protocol)) == {"weekly"}


def test_a_vital_sign_is_no_limit_on_an_order() -> None:
    cap = next(limit for limit in IV.limits if limit.name == "dose_cap")
    odd = replace(cap, name="odd", measure=Measure.SPO2_PCT)
    protocol = replace(IV, limits=(*IV.limits, odd))
    assert ask(calculate(IV, 70), protocol=protocol) == Allowed()
    assert "odd" not in {room.limit.name for room in room_under_caps(protocol, calculate(IV, 70), (), START)}


def test_an_open_dose_cannot_be_calculated_nor_told() -> None:
    assert isinstance(IV.dose, PerKg)
    hole = replace(IV.dose.mg_per_kg, value=None, why="Nobody has read one.")
    protocol = replace(IV, dose=replace(IV.dose, mg_per_kg=hole))
    with pytest.raises(BadInput):
        calculate(protocol, 70)
    answer = ask(calculate(IV, 70), protocol=protocol)
    assert isinstance(answer, CannotTell)
    assert isinstance(NASAL.dose, DeviceSteps)
    nasal = replace(NASAL, dose=replace(NASAL.dose, first_mg=hole))
    with pytest.raises(BadInput) as refused:
        calculate(nasal, 70)
    assert refused.value.code == "open_protocol"


def test_an_open_limit_is_never_broken() -> None:
    cap = next(limit for limit in load_protocol("iv_racemic_05").limits if limit.name == "dose_cap")
    assert not cap.broken_by(1e9)


# Overrides


def test_a_hold_can_be_accepted_by_name_and_reason_and_stays_visible() -> None:
    answer = ask(calculate(IV, 70, Choice(mg_per_kg=0.6)))
    accepted = with_overrides(answer, [Override("dose_rule", "Dr Ray", "little effect at 0.5")])
    assert isinstance(accepted, Allowed)
    assert "Dr Ray" in accepted.flags[0].says


def test_a_stop_cannot_be_accepted() -> None:
    answer = ask(calculate(IV, 70, Choice(mg_per_kg=5)))
    every = [Override(rule, "Dr Ray", "because") for rule in rules(answer)]
    left = with_overrides(answer, every)
    assert isinstance(left, Refused)
    assert all(reason.level is Level.STOP for reason in left.reasons)


def test_what_is_missing_stays_missing() -> None:
    answer = ask(calculate(IV, 150), weight=WeightFacts())
    assert with_overrides(answer, [Override("weight_plausible", "Dr Ray", "I know")]) == answer


@pytest.mark.parametrize(("by", "because"), [("", "because"), ("Dr Ray", " ")])
def test_an_override_needs_a_name_and_a_reason(by: str, because: str) -> None:
    with pytest.raises(BadInput):
        Override("dose_rule", by, because)


# Another order of the same digits, and another vial


@pytest.mark.parametrize(
    ("weight_kg", "earlier_kg", "found"),
    [
        (89, 98, {"weight_digits"}),
        (98, 89, {"weight_change"}),
        (89.9, 98.0, {"weight_digits"}),
        (112, 121, {"weight_digits"}),
        (98.4, 98.0, set()),
        (97, 98, set()),
        (110, 101, {"weight_digits"}),
        (57, 75, {"weight_change"}),
    ],
)
def test_swapped_digits_ask_again(weight_kg: float, earlier_kg: float, found: set[str]) -> None:
    weight = WeightFacts((WeightAt(START, earlier_kg),), 180)
    answer = ask(calculate(IV, weight_kg), weight=weight)
    assert {rule for rule in rules(answer) if rule.startswith("weight")} == found


def test_swapped_digits_confirmed_only_inform() -> None:
    weight = WeightFacts((WeightAt(START, 98.0),), 180, confirmed=True)
    answer = ask(calculate(IV, 89), weight=weight)
    assert isinstance(answer, Allowed)
    flag = answer.flags[0]
    assert (flag.rule, flag.level, flag.fact, flag.value, flag.limit) == (
        "weight_digits", Level.FLAG, "weight_kg", 89.0, 98.0,
    )  # fmt: skip
    assert "98 kg" in flag.says


@pytest.mark.parametrize(
    ("picked", "held"),
    [(0.5, True), (0.51, False), (1.0, False), (1.99, False), (2.0, True), (10.0, True), (0.01, True)],
)
def test_a_concentration_far_from_the_protocols_own_is_held(picked: float, held: bool) -> None:
    answer = check_choice(IV, Choice(concentration_mg_per_ml=picked))
    assert isinstance(answer, Refused) is held
    if held:
        reason = reasons_of(answer)[0]
        assert (reason.rule, reason.level, reason.fact) == (
            "other_concentration", Level.HOLD, "concentration_mg_per_ml",
        )  # fmt: skip
        assert (reason.value, reason.limit, reason.source) == (picked, 1.0, "set by Dr Lead")
        assert f"{picked:g} times" in reason.says


@pytest.mark.parametrize(
    ("protocol", "choice"),
    [
        (IV, Choice()),
        (IV, Choice(concentration_mg_per_ml=0)),
        (IV, Choice(concentration_mg_per_ml=-1)),
        (NASAL, Choice(concentration_mg_per_ml=10)),
        (load_protocol("iv_racemic_05"), Choice(concentration_mg_per_ml=10)),
    ],
)
def test_without_two_concentrations_nothing_is_compared(protocol: Any, choice: Choice) -> None:
    assert check_choice(protocol, choice) == Allowed()


# What no medicine is


@pytest.mark.parametrize(
    ("choice", "code"),
    [
        (Choice(mg_per_kg=10_000, concentration_mg_per_ml=100), None),
        (Choice(mg_per_kg=10_001, concentration_mg_per_ml=100), "implausible_dose"),
        (Choice(mg_per_kg=1e308, concentration_mg_per_ml=100), "implausible_dose"),
        (Choice(mg_per_kg=1, concentration_mg_per_ml=0.0007), None),
        (Choice(mg_per_kg=1, concentration_mg_per_ml=0.00069), "too_much_to_give"),
        (Choice(mg_per_kg=1, concentration_mg_per_ml=1e-300), "too_much_to_give"),
    ],
)
def test_what_no_medicine_is_is_refused(choice: Choice, code: str | None) -> None:
    if code is None:
        assert calculate(IV, 70, choice).dose_mg > 0
        return
    with pytest.raises(BadInput) as refused:
        calculate(IV, 70, choice)
    assert refused.value.code == code


# The weight a dose rests on


def by_basis(basis: WeightBasis) -> Any:
    assert isinstance(IV.dose, PerKg)
    return replace(IV, dose=replace(IV.dose, weight_basis=basis))


def basis_findings(protocol: Any, order: DoseOrder, measured_kg: float | None) -> tuple[set[str], set[str]]:
    weight = WeightFacts((WeightAt(START, 110.0),), 175, measured_kg=measured_kg)
    answer = ask(order, weight=weight, protocol=protocol)
    return rules(answer), {absent.fact for absent in missing_of(answer)}


@pytest.mark.parametrize(
    ("dosing_kg", "measured_kg", "found", "missing"),
    [
        (82, 110, set(), set()),
        (110, 110, set(), set()),
        (110.5, 110, {"dosing_weight"}, set()),
        (82, None, {"weight_change"}, {"measured_kg"}),
        (82, 90, {"weight_change"}, set()),
    ],
)
def test_an_adjusted_weight_is_given_beside_what_the_scale_shows(
    dosing_kg: float, measured_kg: float | None, found: set[str], missing: set[str]
) -> None:
    protocol = by_basis(WeightBasis.ADJUSTED)
    order = calculate(protocol, dosing_kg)
    assert order.weight_basis is WeightBasis.ADJUSTED
    assert order.dose_mg == pytest.approx(dosing_kg / 2, abs=0.1)
    assert basis_findings(protocol, order, measured_kg) == (found, missing)


def test_an_order_by_another_weight_than_the_protocols_is_held() -> None:
    ideal = calculate(IV, 70, Choice(weight_basis=WeightBasis.IDEAL))
    answer = ask(ideal, weight=replace(KNOWN, measured_kg=72))
    assert [(r.rule, r.level, r.fact, r.value, r.limit) for r in reasons_of(answer)] == [
        ("weight_basis", Level.HOLD, "weight_basis", "ideal", "actual")
    ]
    assert reasons_of(answer)[0].says == "This protocol doses by actual body weight, the order by ideal body weight."
    actual = calculate(by_basis(WeightBasis.IDEAL), 70, Choice(weight_basis=WeightBasis.ACTUAL))
    assert rules(ask(actual, protocol=by_basis(WeightBasis.IDEAL))) == {"weight_basis"}


def test_whole_devices_have_no_weight_basis() -> None:
    order = replace(calculate(NASAL, 70), weight_basis=WeightBasis.IDEAL)
    assert ask(order, protocol=NASAL) == Allowed()


def test_a_measured_weight_beside_an_order_by_actual_weight_changes_nothing() -> None:
    assert ask(calculate(IV, 70), weight=replace(KNOWN, measured_kg=40)) == Allowed()
