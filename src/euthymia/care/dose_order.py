"""The order a protocol gives for a person: mg, mL, rate and pump steps, or devices. Arithmetic only; nothing is judged.

Entry limits here catch slips of the keyboard; they say nothing about what is clinically right.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, assert_never

from euthymia.care.protocol import DeviceSteps, PerKg, PerKgRange, PerKgSteps, Protocol, WeightBasis
from euthymia.errors import BadInput

# Entry limits of the forms for adults: beyond these a slip is far more likely than a person.
WEIGHT_ENTRY_KG = (30.0, 250.0)
MOST_ENTRY_MG_PER_KG = 10_000.0
MOST_ENTRY_ML = 100_000.0
# Rounding of an order: what a syringe, a pump and a label can show.
DOSE_STEP_MG = 0.1
VOLUME_STEP_ML = 0.01
RATE_STEP_ML_PER_H = 0.1


@dataclass(frozen=True, slots=True)
class PumpStep:
    """From this minute the pump runs at this rate; 0 stops it."""

    at_min: float
    rate_ml_per_h: float


@dataclass(frozen=True, slots=True)
class DoseOrder:
    """What would be given, complete enough to draw up. Fields that do not apply to the route are None."""

    protocol_id: str
    protocol_version: str
    drug: str
    route: str
    dose_mg: float
    mg_per_kg: float
    weight_kg: float
    weight_basis: WeightBasis
    concentration_mg_per_ml: float | None = None
    volume_ml: float | None = None
    duration_min: float | None = None
    rate_ml_per_h: float | None = None
    devices: int | None = None
    pump_steps: tuple[PumpStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """What the prescriber picks where the protocol leaves room."""

    dose_mg: float | None = None
    mg_per_kg: float | None = None
    concentration_mg_per_ml: float | None = None
    weight_basis: WeightBasis | None = None


def calculate(protocol: Protocol, weight_kg: float, choice: Choice | None = None) -> DoseOrder:
    """The order this protocol gives for this weight: mg, mL, rate and pump steps, or devices.

    Refuses a weight nobody has, a choice the protocol has no room for, and a missing concentration (BadInput).
    A calculated order is not yet a permitted one: ask `check_order`.
    """
    picked = choice or Choice()
    weight = plausible_weight_kg(weight_kg)
    match protocol.dose:
        case DeviceSteps():
            return _devices_order(protocol, protocol.dose, weight, picked)
        case PerKg() | PerKgRange() | PerKgSteps():
            return _volume_order(protocol, protocol.dose, weight, picked)
        case _ as never:
            assert_never(never)


def plausible_weight_kg(weight_kg: float, path: str = "weight_kg") -> float:
    """The weight, or a refusal when no adult weighs that (an entry limit, not a clinical one)."""
    low, high = WEIGHT_ENTRY_KG
    if not math.isfinite(weight_kg) or not low <= weight_kg <= high:
        message = f"{weight_kg:g} kg cannot be right for an adult: {low:g} to {high:g} kg is accepted. Weigh again."
        raise BadInput("implausible_weight", path, message)
    return float(weight_kg)


def swapped_digits(weight_kg: float, earlier_kg: float) -> bool:
    """Whether two weights have the same whole digits in another order: 98 typed as 89. Asks for a second look."""
    typed, known = str(int(weight_kg)), str(int(earlier_kg))
    return typed != known and sorted(typed) == sorted(known)


def _devices_order(protocol: Protocol, rule: DeviceSteps, weight_kg: float, choice: Choice) -> DoseOrder:
    dose_mg = rule.first_mg.value if choice.dose_mg is None else choice.dose_mg
    device_mg = rule.device_mg.value
    if dose_mg is None or device_mg is None:
        raise BadInput("open_protocol", "dose", "This protocol does not state its dose yet.")
    if choice.mg_per_kg is not None:
        raise BadInput("no_such_choice", "mg_per_kg", "This dose is made of whole devices, not of mg/kg.")
    if dose_mg not in rule.doses_mg:
        known = ", ".join(f"{dose:g}" for dose in rule.doses_mg)
        raise BadInput("not_a_step", "dose_mg", f"{dose_mg:g} mg is not a dose of this protocol: {known} mg.")
    return DoseOrder(
        protocol_id=protocol.id,
        protocol_version=protocol.version,
        drug=protocol.drug,
        route=protocol.route,
        dose_mg=dose_mg,
        mg_per_kg=dose_mg / weight_kg,
        weight_kg=weight_kg,
        weight_basis=choice.weight_basis or WeightBasis.ACTUAL,
        devices=round(dose_mg / device_mg),
    )


def _volume_order(
    protocol: Protocol, rule: PerKg | PerKgRange | PerKgSteps, weight_kg: float, choice: Choice
) -> DoseOrder:
    ratio = _ratio(rule, weight_kg, choice)
    concentration = _concentration(protocol, choice)
    dose_mg = _round_down(ratio * weight_kg, DOSE_STEP_MG)
    if dose_mg / concentration > MOST_ENTRY_ML:
        message = f"{dose_mg:g} mg at {concentration:g} mg/mL would be a hundred litres. Check both."
        raise BadInput("too_much_to_give", "concentration_mg_per_ml", message)
    volume_ml = _round(dose_mg / concentration, VOLUME_STEP_ML)
    if volume_ml <= 0:
        message = f"{dose_mg:g} mg at {concentration:g} mg/mL is too little to measure. Check both."
        raise BadInput("nothing_to_give", "concentration_mg_per_ml", message)
    duration_min = protocol.duration_min.value if protocol.duration_min else None
    rate = None if duration_min is None else _round(volume_ml / duration_min * 60, RATE_STEP_ML_PER_H)
    steps = () if rate is None or duration_min is None else (PumpStep(0.0, rate), PumpStep(duration_min, 0.0))
    return DoseOrder(
        protocol_id=protocol.id,
        protocol_version=protocol.version,
        drug=protocol.drug,
        route=protocol.route,
        dose_mg=dose_mg,
        mg_per_kg=dose_mg / weight_kg,
        weight_kg=weight_kg,
        weight_basis=choice.weight_basis or rule.weight_basis,
        concentration_mg_per_ml=concentration,
        volume_ml=volume_ml,
        duration_min=duration_min,
        rate_ml_per_h=rate,
        pump_steps=steps,
    )


def _ratio(rule: PerKg | PerKgRange | PerKgSteps, weight_kg: float, choice: Choice) -> float:
    if choice.dose_mg is not None and choice.mg_per_kg is not None:
        raise BadInput("two_doses", "dose_mg", "Give the dose in mg or in mg/kg, not both.")
    picked = choice.mg_per_kg
    if choice.dose_mg is not None:
        picked = choice.dose_mg / weight_kg
    if picked is None:
        picked = _usual(rule)
    if picked is None:
        raise BadInput("no_dose", "mg_per_kg", "This protocol leaves the dose per kilogram to the prescriber: give it.")
    if not math.isfinite(picked) or picked <= 0:
        raise BadInput("not_positive", "mg_per_kg", "A dose is above 0.")
    if picked > MOST_ENTRY_MG_PER_KG:
        raise BadInput("implausible_dose", "mg_per_kg", f"{picked:g} mg/kg is no dose of any medicine. Type it again.")
    return picked


def _usual(rule: PerKg | PerKgRange | PerKgSteps) -> float | None:
    """What is given when nothing is picked; None where the prescriber picks."""
    if isinstance(rule, PerKg):
        return rule.mg_per_kg.value
    return rule.steps[0].value if isinstance(rule, PerKgSteps) else None


def _concentration(protocol: Protocol, choice: Choice) -> float:
    of_protocol = protocol.concentration_mg_per_ml
    value = choice.concentration_mg_per_ml
    if value is None and of_protocol is not None:
        value = of_protocol.value
    if value is None:
        raise BadInput(
            "no_concentration", "concentration_mg_per_ml", "Say what the vial, syringe or bag holds in mg/mL."
        )
    if not math.isfinite(value) or value <= 0:
        raise BadInput("not_positive", "concentration_mg_per_ml", "A concentration is above 0 mg/mL.")
    return value


def _round(value: float, step: float) -> float:
    return round(round(value / step) * step, 6)


def _round_down(value: float, step: float) -> float:
    """Rounded towards less, so that rounding never lifts a dose over a limit."""
    return round(math.floor(value / step + 1e-9) * step, 6)


def order_to_mapping(order: DoseOrder) -> dict[str, Any]:
    """The order as plain values that `order_from` reads back."""
    plain = {item.name: getattr(order, item.name) for item in fields(order)}
    plain["weight_basis"] = order.weight_basis.value
    plain["pump_steps"] = [{"at_min": step.at_min, "rate_ml_per_h": step.rate_ml_per_h} for step in order.pump_steps]
    return plain


def order_from(values: Mapping[str, Any]) -> DoseOrder:
    """An order from plain values as `order_to_mapping` wrote them; refuses anything else (BadInput)."""
    try:
        steps = tuple(PumpStep(float(row["at_min"]), float(row["rate_ml_per_h"])) for row in values["pump_steps"])
        return DoseOrder(**{**values, "weight_basis": WeightBasis(values["weight_basis"]), "pump_steps": steps})
    except (KeyError, TypeError, ValueError) as wrong:
        raise BadInput("not_an_order", "order", f"This is not a dose order: {wrong}.") from wrong
