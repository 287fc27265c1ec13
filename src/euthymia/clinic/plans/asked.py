"""What a prediction is asked about: which dose, in whom; values that can be looked up again."""

from __future__ import annotations

from dataclasses import dataclass, replace

from euthymia.care.dose_order import DoseOrder
from euthymia.care.protocol import DeviceSteps, PerKg, PerKgRange, PerKgSteps, Protocol
from euthymia.clinic.plans.protocol_pages import ROUTE_WORDS
from euthymia.pharmacology import Dose, Person, Regimen


@dataclass(frozen=True, slots=True)
class AskedDose:
    """A dose to predict, with its words; hashable, so that the same question is answered once.

    because: why this much, where a protocol was asked for it.
    """

    drug: str
    route: str
    amount_mg: float
    duration_min: float
    devices: int | None
    because: str = ""

    @property
    def words(self) -> str:
        over = f" over {self.duration_min:g} min" if self.duration_min else ""
        return f"{self.amount_mg:g} mg {self.drug} {ROUTE_WORDS.get(self.route, self.route)}{over}"

    def regimen(self) -> Regimen:
        """The dose as the engine's."""
        dose = Dose(self.drug, self.route, self.amount_mg, 0.0, duration_h=self.duration_min / 60, devices=self.devices)
        return Regimen.given(dose)


@dataclass(frozen=True, slots=True)
class Whom:
    """For whom: the person, how many sessions came before, and what is taken that changes first pass."""

    person: Person
    earlier: int
    taking: tuple[str, ...] = ()

    def taking_nothing(self) -> Whom:
        """The same person without medicines, for a route by which they cannot be counted."""
        return replace(self, taking=())


def asked_of(order: DoseOrder) -> AskedDose:
    """The dose of an order."""
    return AskedDose(order.drug, order.route, order.dose_mg, order.duration_min or 0.0, order.devices)


def usual_dose(protocol: Protocol, weight_kg: float) -> AskedDose | None:
    """What a protocol would usually give somebody of this weight, with why; None where it does not say."""
    match protocol.dose:
        case PerKg(mg_per_kg) if mg_per_kg.value is not None:
            return _per_kg(protocol, mg_per_kg.value, weight_kg, f"its protocol's {mg_per_kg.value:g} mg/kg")
        case PerKgRange(low, high) if low.value is not None and high.value is not None:
            # No source names one dose in the range; half-way is where the picture starts.
            middle = (low.value + high.value) / 2
            because = f"half-way in its protocol's range, {low.value:g} to {high.value:g} mg/kg"
            return _per_kg(protocol, middle, weight_kg, because)
        case PerKgSteps(steps) if steps[0].value is not None:
            because = f"its protocol's first step, {steps[0].value:g} mg/kg"
            return _per_kg(protocol, steps[0].value, weight_kg, because)
        case DeviceSteps(device_mg, _, first_mg) if first_mg.value is not None and device_mg.value:
            devices = round(first_mg.value / device_mg.value)
            because = "its protocol's first dose"
            return AskedDose(protocol.drug, protocol.route, first_mg.value, 0.0, devices, because)
        case _:
            return None


def _per_kg(protocol: Protocol, mg_per_kg: float, weight_kg: float, because: str) -> AskedDose:
    over_min = (protocol.duration_min.value if protocol.duration_min else None) or 0.0
    return AskedDose(protocol.drug, protocol.route, round(mg_per_kg * weight_kg, 1), over_min, None, because)
