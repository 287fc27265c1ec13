"""The closed set of quantities, and the only place where units convert.

Each quantity is made by a constructor that names its unit and read by a property that names its unit:
`Mass.mg(35).in_kg`, `Volume.ml(3.5).in_ml`. Quantities of different kinds do not add. An unknown unit is refused,
never guessed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar, Self

from euthymia.errors import BadInput, UnitError

# What a person types for a number: digits of this keyboard with at most one point. No exponent, no underscore, no
# group of thousands: Python would read all three, and each is a slip of the hand in a field for a dose.
_TYPED = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)", re.ASCII)
# "1,000" and "1.000" are a thousand in one country and one in the next.
_THOUSAND_OR_ONE = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}", re.ASCII)
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+", re.ASCII)


def read_number(text: str, path: str = "") -> float:
    """The number somebody typed, never guessed: `70`, `0.5`, `.5`.

    Refuses (BadInput) words, a comma, a group of thousands, an exponent, digits of another script and what is not
    finite. A blank is refused too: ask for it only where it is allowed.
    """
    typed = text.strip()
    if _THOUSAND_OR_ONE.fullmatch(typed):
        message = f"'{typed}' can be read as one or as a thousand. Write it without a separator of thousands."
        raise BadInput("ambiguous_number", path, message)
    if _COMMA.fullmatch(typed):
        raise BadInput("decimal_comma", path, f"Write '{typed}' with a point: {typed.replace(',', '.')}.")
    if not _TYPED.fullmatch(typed) or not math.isfinite(float(typed)):
        raise BadInput("not_a_number", path, f"'{typed[:40]}' is not a number. Write digits, with a point: 0.5.")
    return float(typed)


@dataclass(frozen=True, slots=True, order=True)
class Quantity:
    """An amount in its kind's base unit. Use a subclass; this one has no units."""

    base: float
    units: ClassVar[Mapping[str, float]] = MappingProxyType({})

    def __post_init__(self) -> None:
        if not math.isfinite(self.base):
            raise UnitError("not_finite", "", f"A {self._kind()} must be a finite number, not {self.base}.")

    @classmethod
    def of(cls, value: float, unit: str, path: str = "") -> Self:
        """The quantity `value unit`; refuses a unit that is not in this kind's closed table."""
        factor = cls.units.get(unit)
        if factor is None:
            known = ", ".join(cls.units)
            raise UnitError("unknown_unit", path, f"'{unit}' is not a unit of {cls._kind()}. Use one of: {known}.")
        return cls(value * factor)

    def to(self, unit: str) -> float:
        """The number in `unit`; refuses a unit that is not in this kind's closed table."""
        factor = self.units.get(unit)
        if factor is None:
            raise UnitError("unknown_unit", "", f"'{unit}' is not a unit of {self._kind()}.")
        return self.base / factor

    @classmethod
    def _kind(cls) -> str:
        return cls.__name__.lower()

    def __add__(self, other: Self) -> Self:
        return type(self)(self.base + self._same(other))

    def __sub__(self, other: Self) -> Self:
        return type(self)(self.base - self._same(other))

    def __mul__(self, factor: float) -> Self:
        return type(self)(self.base * factor)

    def _same(self, other: Self) -> float:
        if type(other) is not type(self):
            raise UnitError("kind_mismatch", "", f"{self._kind()} and {other._kind()} do not add.")
        return other.base


@dataclass(frozen=True, slots=True, order=True)
class Mass(Quantity):
    """An amount of substance or a body weight; base unit mg."""

    units: ClassVar[Mapping[str, float]] = MappingProxyType(
        {"ug": 1e-3, "mcg": 1e-3, "mg": 1.0, "g": 1e3, "kg": 1e6, "lb": 453_592.37}
    )

    @classmethod
    def mg(cls, value: float) -> Self:
        return cls.of(value, "mg")

    @classmethod
    def kg(cls, value: float) -> Self:
        return cls.of(value, "kg")

    @property
    def in_mg(self) -> float:
        return self.to("mg")

    @property
    def in_kg(self) -> float:
        return self.to("kg")


@dataclass(frozen=True, slots=True, order=True)
class Volume(Quantity):
    """Base unit mL."""

    units: ClassVar[Mapping[str, float]] = MappingProxyType({"mL": 1.0, "L": 1e3})

    @classmethod
    def ml(cls, value: float) -> Self:
        return cls.of(value, "mL")

    @property
    def in_ml(self) -> float:
        return self.to("mL")


@dataclass(frozen=True, slots=True, order=True)
class Duration(Quantity):
    """Base unit hour."""

    units: ClassVar[Mapping[str, float]] = MappingProxyType(
        {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0, "wk": 168.0}
    )

    @classmethod
    def minutes(cls, value: float) -> Self:
        return cls.of(value, "min")

    @classmethod
    def hours(cls, value: float) -> Self:
        return cls.of(value, "h")

    @property
    def in_hours(self) -> float:
        return self.to("h")

    @property
    def in_minutes(self) -> float:
        return self.to("min")


@dataclass(frozen=True, slots=True, order=True)
class Length(Quantity):
    """Base unit cm."""

    units: ClassVar[Mapping[str, float]] = MappingProxyType({"cm": 1.0, "m": 100.0, "in": 2.54, "[in_i]": 2.54})

    @classmethod
    def cm(cls, value: float) -> Self:
        return cls.of(value, "cm")

    @property
    def in_cm(self) -> float:
        return self.to("cm")


@dataclass(frozen=True, slots=True, order=True)
class Concentration(Quantity):
    """Mass in a volume, of plasma or of a vial; base unit ng/mL."""

    units: ClassVar[Mapping[str, float]] = MappingProxyType(
        {"ng/mL": 1.0, "ug/L": 1.0, "ug/mL": 1e3, "mg/L": 1e3, "mg/mL": 1e6}
    )

    @classmethod
    def ng_per_ml(cls, value: float) -> Self:
        return cls.of(value, "ng/mL")

    @classmethod
    def mg_per_ml(cls, value: float) -> Self:
        return cls.of(value, "mg/mL")

    @property
    def in_ng_per_ml(self) -> float:
        return self.to("ng/mL")

    @property
    def in_mg_per_ml(self) -> float:
        return self.to("mg/mL")


@dataclass(frozen=True, slots=True, order=True)
class Pressure(Quantity):
    """Base unit mmHg."""

    units: ClassVar[Mapping[str, float]] = MappingProxyType({"mmHg": 1.0, "mm[Hg]": 1.0, "kPa": 7.500_617})

    @classmethod
    def mmhg(cls, value: float) -> Self:
        return cls.of(value, "mmHg")

    @property
    def in_mmhg(self) -> float:
        return self.to("mmHg")
