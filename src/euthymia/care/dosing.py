"""Whether a dose may be given: the order checked against every limit of the signed protocol and against slips.

Two kinds of guard. *Limits* come from the protocol and carry its source. *Entry limits* catch slips of the keyboard
(pounds typed as kilograms, a misplaced point): they ask for a second look and do not judge what is clinically right.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.care.decision import Decision, Level, Missing, Reason, decide
from euthymia.care.dose_order import (
    DOSE_STEP_MG,
    RATE_STEP_ML_PER_H,
    VOLUME_STEP_ML,
    Choice,
    DoseOrder,
    PumpStep,
    calculate,
    plausible_weight_kg,
    swapped_digits,
)
from euthymia.care.protocol import (
    Bound,
    Cited,
    DeviceSteps,
    Limit,
    Measure,
    PerKg,
    PerKgSteps,
    Protocol,
    Stage,
    WeightBasis,
)
from euthymia.units import Mass

__all__ = [
    "Choice",
    "DoseOrder",
    "PriorDose",
    "PumpStep",
    "Room",
    "WeightAt",
    "WeightFacts",
    "calculate",
    "check_choice",
    "check_order",
    "plausible_weight_kg",
    "room_under_caps",
]

HEIGHT_ENTRY_CM = (120.0, 230.0)
# A body-mass index outside this asks for the weight to be confirmed; it does not judge anybody. An ordinary weight
# typed in pounds lands above it.
BMI_UNASKED = (15.0, 40.0)
WEIGHT_CHANGE_UNASKED = 0.10
# Vials and syringes differ by simple multiples: this far from what the protocol states, the wrong one is at hand.
CONCENTRATION_SLIP = 2.0
# Floating point: exactly ten per cent is ten per cent, and exactly half is half.
TINY = 1e-9
ENTRY = "entry limit of this form"
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class WeightAt:
    at: datetime
    weight_kg: float


@dataclass(frozen=True, slots=True)
class WeightFacts:
    """What is known about a weight besides the number typed: earlier weights, height, and whether somebody looked
    again and confirmed it. `measured_kg`: what the scale showed, where the dose rests on another weight."""

    earlier: tuple[WeightAt, ...] = ()
    height_cm: float | None = None
    confirmed: bool = False
    measured_kg: float | None = None


@dataclass(frozen=True, slots=True)
class PriorDose:
    """A dose given earlier. `mg_per_kg` by the weight of its day, where it is known."""

    at: datetime
    dose_mg: float
    drug: str = ""
    route: str = ""
    mg_per_kg: float | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """Where a dose stands under one cap: the cap, what is used with this dose, and what is left."""

    limit: Limit
    used: float
    left: float


def check_order(
    protocol: Protocol, order: DoseOrder, *, weight: WeightFacts, prior: Iterable[PriorDose], now: datetime
) -> Decision:
    """Whether this order may be given now. Every reason carries its limit and where the limit comes from.

    prior: earlier doses of this person, any order; those after `now` refuse.   Never raises a limit.
    """
    doses = tuple(prior)
    decisions = (
        _check_belongs(protocol, order),
        _check_basis(protocol, order, weight),
        _check_weight(_on_scale(order, weight), weight),
        _check_ratio(protocol, order),
        _check_arithmetic(protocol, order),
        _check_limits(protocol, order, doses, now),
        _check_times(doses, now),
    )
    return decide((r for reasons, _ in decisions for r in reasons), (m for _, missing in decisions for m in missing))


def check_choice(protocol: Protocol, choice: Choice) -> Decision:
    """Whether what was picked looks like the wrong vial: a concentration far from the one the protocol states.

    A hold: whoever signs may accept it with a reason. Nothing is asked where either concentration is not given.
    """
    stated, picked = protocol.concentration_mg_per_ml, choice.concentration_mg_per_ml
    if stated is None or not stated.value or picked is None or picked <= 0:
        return decide()
    factor = picked / stated.value
    if 1 / CONCENTRATION_SLIP < factor < CONCENTRATION_SLIP:
        return decide()
    says = f"{picked:g} mg/mL is {factor:.2g} times what this protocol states. Read the label of the vial again."
    fact, source = "concentration_mg_per_ml", stated.says_source
    return decide([Reason("other_concentration", Level.HOLD, fact, picked, stated.value, source, says)])


Findings = tuple[list[Reason], list[Missing]]


def _check_belongs(protocol: Protocol, order: DoseOrder) -> Findings:
    mine = (protocol.id, protocol.version, protocol.drug, protocol.route)
    its = (order.protocol_id, order.protocol_version, order.drug, order.route)
    if mine == its:
        return [], []
    says = "The order was made under another protocol or version. Calculate it again."
    return [Reason("order_of_protocol", Level.STOP, "order", " ".join(its), " ".join(mine), protocol.id, says)], []


def _on_scale(order: DoseOrder, facts: WeightFacts) -> float:
    """The weight that is compared with earlier ones and with the height."""
    if order.weight_basis is WeightBasis.ACTUAL or facts.measured_kg is None:
        return order.weight_kg
    return facts.measured_kg


def _check_basis(protocol: Protocol, order: DoseOrder, facts: WeightFacts) -> Findings:
    """The weight a dose rests on is the protocol's kind. No formula for another weight was read from a source, so a
    clinician gives it; here it is only held against the scale."""
    rule, basis = protocol.dose, order.weight_basis
    if isinstance(rule, DeviceSteps):
        return [], []
    reasons: list[Reason] = []
    missing: list[Missing] = []
    if basis is not rule.weight_basis:
        says = f"This protocol doses by {rule.weight_basis} body weight, the order by {basis} body weight."
        reasons.append(
            Reason("weight_basis", Level.HOLD, "weight_basis", basis.value, rule.weight_basis.value, protocol.id, says)
        )
    if basis is WeightBasis.ACTUAL:
        return reasons, missing
    if facts.measured_kg is None:
        says = f"A dose by {basis} body weight needs what the scale shows as well."
        missing.append(Missing("measured_kg", "weight_basis", says))
    elif order.weight_kg > facts.measured_kg + TINY:
        says = f"The {basis} body weight is above the {facts.measured_kg:g} kg of the scale. Look at both again."
        value, limit = order.weight_kg, facts.measured_kg
        reasons.append(Reason("dosing_weight", Level.HOLD, "weight_kg", value, limit, ENTRY, says))
    return reasons, missing


def _check_weight(weight_kg: float, facts: WeightFacts) -> Findings:
    level = Level.FLAG if facts.confirmed else Level.HOLD
    reasons = []
    if facts.earlier:
        last = max(facts.earlier, key=lambda row: row.at)
        change = weight_kg / last.weight_kg - 1
        if abs(change) > WEIGHT_CHANGE_UNASKED + TINY:
            says = f"{change:+.0%} against {last.weight_kg:g} kg recorded before.{_pounds(weight_kg, last.weight_kg)}"
            reasons.append(Reason("weight_change", level, "weight_kg", weight_kg, last.weight_kg, ENTRY, says))
        elif swapped_digits(weight_kg, last.weight_kg):
            says = f"The digits of {last.weight_kg:g} kg, in another order. Look at the scale again."
            reasons.append(Reason("weight_digits", level, "weight_kg", weight_kg, last.weight_kg, ENTRY, says))
    if facts.height_cm is not None:
        reasons += _check_bmi(weight_kg, facts.height_cm, level)
    if not facts.earlier and facts.height_cm is None and not facts.confirmed:
        says = "Nothing to compare this weight with: record the height, or confirm the weight in kilograms."
        return reasons, [Missing("height_cm", "weight_plausible", says)]
    return reasons, []


def _check_bmi(weight_kg: float, height_cm: float, level: Level) -> list[Reason]:
    low, high = HEIGHT_ENTRY_CM
    if not low <= height_cm <= high:
        says = f"{height_cm:g} cm is outside {low:g} to {high:g} cm; measure again."
        return [Reason("height_plausible", level, "height_cm", height_cm, f"{low:g}-{high:g}", ENTRY, says)]
    bmi = round(weight_kg / (height_cm / 100) ** 2, 9)
    if BMI_UNASKED[0] <= bmi <= BMI_UNASKED[1]:
        return []
    bound = BMI_UNASKED[0] if bmi < BMI_UNASKED[0] else BMI_UNASKED[1]
    as_kg = Mass.of(weight_kg, "lb").in_kg
    says = f"With {height_cm:g} cm this is a body-mass index of {bmi:.0f}; if these were pounds it is {as_kg:.0f} kg."
    return [Reason("weight_for_height", level, "weight_kg", weight_kg, bound, ENTRY, says)]


def _pounds(weight_kg: float, earlier_kg: float) -> str:
    as_kg = Mass.of(weight_kg, "lb").in_kg
    if abs(as_kg / earlier_kg - 1) <= WEIGHT_CHANGE_UNASKED:
        return f" Typed in pounds? {weight_kg:g} lb is {as_kg:.1f} kg."
    return ""


def _check_ratio(protocol: Protocol, order: DoseOrder) -> Findings:
    """The dose against what the protocol's own rule gives for this weight."""
    rule = protocol.dose
    if isinstance(rule, DeviceSteps):
        return _check_devices(rule, order)
    if isinstance(rule, PerKgSteps):
        low = high = _nearest(rule.steps, order)
    elif isinstance(rule, PerKg):
        low, high = rule.mg_per_kg, rule.mg_per_kg
    else:
        low, high = rule.low, rule.high
    missing = [Missing("dose.mg_per_kg", "dose_rule", number.why) for number in (low, high) if number.value is None]
    if low.value is None or high.value is None:
        return [], missing
    # One rounding step either way belongs to the same dose.
    slack_mg = DOSE_STEP_MG + TINY
    low_mg, high_mg = low.value * order.weight_kg - slack_mg, high.value * order.weight_kg + slack_mg
    if low_mg <= order.dose_mg <= high_mg:
        return [], []
    bound = high if order.dose_mg > high_mg else low
    factor = round(order.dose_mg / (bound.value or 1) / order.weight_kg, 9)
    says = f"{order.dose_mg / order.weight_kg:.2f} mg/kg is {factor:.2g} times this protocol's dose.{_slip(factor)}"
    value = round(order.dose_mg / order.weight_kg, 4)
    level = Level.STOP if _slip(factor) else Level.HOLD
    return [Reason("dose_rule", level, "dose_mg_per_kg", value, bound.value, bound.says_source, says)], []


def _nearest(steps: tuple[Cited, ...], order: DoseOrder) -> Cited:
    """The step this dose is nearest to; an open step where there is one, so that nothing is judged on half a ladder."""
    wanted = order.dose_mg / order.weight_kg
    return min(steps, key=lambda step: -math.inf if step.value is None else abs(step.value - wanted))


def _slip(factor: float) -> str:
    """Words when the dose is off by about ten: a decimal point in the wrong place."""
    return " Is the decimal point in the right place?" if factor >= 5 or factor <= 0.2 else ""


def _check_devices(rule: DeviceSteps, order: DoseOrder) -> Findings:
    if order.dose_mg not in rule.doses_mg or rule.device_mg.value is None:
        known = ", ".join(f"{dose:g}" for dose in rule.doses_mg)
        says = f"The doses of this protocol are {known} mg."
        return [Reason("dose_rule", Level.STOP, "dose_mg", order.dose_mg, known, rule.device_mg.says_source, says)], []
    if order.devices != round(order.dose_mg / rule.device_mg.value):
        says = f"{order.devices} devices of {rule.device_mg.value:g} mg are not {order.dose_mg:g} mg."
        source = rule.device_mg.says_source
        return [Reason("order_arithmetic", Level.STOP, "devices", order.devices, order.dose_mg, source, says)], []
    return [], []


def _check_arithmetic(protocol: Protocol, order: DoseOrder) -> Findings:
    """Dose, volume, rate and duration must say the same thing: a rate typed into a dose field does not."""
    reasons = []
    if abs(order.mg_per_kg * order.weight_kg - order.dose_mg) > DOSE_STEP_MG + TINY:
        reasons.append(_sum_reason("mg_per_kg", order.mg_per_kg, order.dose_mg / order.weight_kg))
    if order.volume_ml is not None and order.concentration_mg_per_ml is not None:
        wanted = order.dose_mg / order.concentration_mg_per_ml
        if abs(order.volume_ml - wanted) > VOLUME_STEP_ML + TINY:
            reasons.append(_sum_reason("volume_ml", order.volume_ml, wanted))
    if order.rate_ml_per_h is not None and order.volume_ml is not None and order.duration_min:
        wanted = order.volume_ml / order.duration_min * 60
        if abs(order.rate_ml_per_h - wanted) > RATE_STEP_ML_PER_H + TINY:
            reasons.append(_sum_reason("rate_ml_per_h", order.rate_ml_per_h, wanted))
    of_protocol = protocol.duration_min
    if of_protocol is not None and of_protocol.value is not None and order.duration_min != of_protocol.value:
        says = "The infusion does not last as long as the protocol says."
        source = of_protocol.says_source
        reasons.append(
            Reason("duration", Level.HOLD, "duration_min", order.duration_min, of_protocol.value, source, says)
        )
    return reasons, []


def _sum_reason(fact: str, value: float, wanted: float) -> Reason:
    says = f"{fact} does not follow from the rest of the order: {value:g} against {wanted:g}."
    return Reason("order_arithmetic", Level.STOP, fact, value, round(wanted, 4), "arithmetic", says)


def _check_limits(protocol: Protocol, order: DoseOrder, prior: tuple[PriorDose, ...], now: datetime) -> Findings:
    reasons, missing = [], []
    for limit in protocol.limits_for(Stage.ORDER):
        if limit.number.value is None:
            missing.append(Missing(f"limits.{limit.name}", "dose_limits", limit.number.why))
            continue
        value = order_value(limit.measure, order, prior, now)
        if value is not None and _breaks(limit, value, order):
            word = "above" if limit.bound is Bound.AT_MOST else "below"
            says = f"{value:g} {limit.number.unit} is {word} {limit.number.value:g} {limit.number.unit}."
            source = limit.number.says_source
            reasons.append(
                Reason(limit.name, limit.level, limit.measure.value, round(value, 4), limit.number.value, source, says)
            )
    return reasons, missing


def _breaks(limit: Limit, value: float, order: DoseOrder) -> bool:
    """Whether the value lies beyond the limit; a dose rounded down for the syringe still counts as its exact self."""
    if limit.measure is Measure.DOSE_MG_PER_KG and limit.bound is Bound.AT_LEAST:
        value += DOSE_STEP_MG / order.weight_kg
    return limit.broken_by(round(value, 9))


def order_value(measure: Measure, order: DoseOrder, prior: Iterable[PriorDose], now: datetime) -> float | None:
    """What a limit on an order is compared with; None when it does not apply (no earlier dose, or a vital sign)."""
    earlier = [dose for dose in prior if dose.at <= now]
    recent = [dose for dose in earlier if dose.at > now - WEEK]
    match measure:
        case Measure.DOSE_MG:
            return order.dose_mg
        case Measure.DOSE_MG_PER_KG:
            return order.dose_mg / order.weight_kg
        case Measure.INTERVAL_H:
            return (now - max(dose.at for dose in earlier)) / timedelta(hours=1) if earlier else None
        case Measure.DOSES_IN_7_DAYS:
            return len(recent) + 1
        case Measure.MG_IN_7_DAYS:
            return sum(dose.dose_mg for dose in recent) + order.dose_mg
        case _:
            return None


def room_under_caps(
    protocol: Protocol, order: DoseOrder, prior: Iterable[PriorDose], now: datetime
) -> tuple[Room, ...]:
    """How much is left under each upper limit on the order, tightest share first; open limits are left out."""
    doses = tuple(prior)
    rooms = []
    for limit in protocol.limits_for(Stage.ORDER):
        value = order_value(limit.measure, order, doses, now)
        if limit.bound is Bound.AT_MOST and limit.number.value is not None and value is not None:
            rooms.append(Room(limit, value, limit.number.value - value))
    return tuple(sorted(rooms, key=lambda room: room.left / (room.limit.number.value or 1)))


def _check_times(prior: tuple[PriorDose, ...], now: datetime) -> Findings:
    return [
        Reason(
            "dose_from_future", Level.STOP, "prior.at", dose.at.isoformat(), now.isoformat(), ENTRY, "Check the clock."
        )
        for dose in prior
        if dose.at > now
    ], []
