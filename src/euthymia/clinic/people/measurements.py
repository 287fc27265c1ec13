"""What can be measured outside a session, in which units it may be typed, and what a form refuses as impossible.

The ranges are data-entry limits: outside them a number is a slip of the hand. They are no clinical thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from euthymia.errors import BadInput
from euthymia.units import Length, Mass, Pressure, Quantity


@dataclass(frozen=True, slots=True)
class Measurement:
    """One thing measured: its LOINC code, the unit it is kept in, the units it may be typed in, its range."""

    code: str
    label: str
    unit: str
    lowest: float
    highest: float
    kind: type[Quantity] | None = None
    typed_units: tuple[str, ...] = ()

    def in_kept_unit(self, value: float, unit: str) -> float:
        """The value in the kept unit; refuses an unknown unit and an impossible value."""
        if self.kind is None and unit != self.unit:
            raise BadInput("unknown_unit", "unit", f"{self.label} is typed in {self.unit}.")
        kept = self.kind.of(value, unit, "unit").to(self.unit) if self.kind else value
        if not self.lowest <= kept <= self.highest:
            raise BadInput(
                "impossible_value",
                "value",
                f"{kept:g} {self.unit} cannot be a {self.label.lower()} "
                f"({self.lowest:g} to {self.highest:g} {self.unit} can). Check the number and the unit.",
            )
        return round(kept, 2)


class Measurements:
    """The closed list, by name and by code."""

    weight = Measurement("29463-7", "Weight", "kg", 25, 350, Mass, ("kg", "lb"))
    height = Measurement("8302-2", "Height", "cm", 100, 230, Length, ("cm", "m", "in"))
    systolic = Measurement("8480-6", "Systolic blood pressure", "mmHg", 50, 260, Pressure, ("mmHg", "kPa"))
    diastolic = Measurement("8462-4", "Diastolic blood pressure", "mmHg", 25, 160, Pressure, ("mmHg", "kPa"))
    heart_rate = Measurement("8867-4", "Heart rate", "/min", 20, 250, None, ("/min",))

    def __iter__(self) -> Iterator[Measurement]:
        return iter((self.weight, self.height, self.systolic, self.diastolic, self.heart_rate))

    def get(self, code: str) -> Measurement | None:
        return next((measurement for measurement in self if measurement.code == code), None)


MEASUREMENTS = Measurements()
