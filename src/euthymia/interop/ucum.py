"""UCUM unit text, read from a closed table: what it measures and its name in `euthymia.units`. Unknown is refused."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from euthymia.errors import UnitError
from euthymia.units import Length, Mass, Pressure, Quantity


class Kind(StrEnum):
    """What a unit measures."""

    MASS = "mass"
    LENGTH = "length"
    PRESSURE = "pressure"
    PER_MINUTE = "per_minute"
    PERCENT = "percent"
    TEMPERATURE = "temperature"
    MASS_PER_AREA = "mass_per_area"
    SCORE = "score"


# UCUM code (or the text records put in its place) -> the same unit's name in `euthymia.units`.
_CONVERTED: dict[Kind, tuple[type[Quantity], dict[str, str]]] = {
    Kind.MASS: (Mass, {"kg": "kg", "g": "g", "mg": "mg", "ug": "ug", "[lb_av]": "lb", "lb": "lb", "lbs": "lb"}),
    Kind.LENGTH: (Length, {"cm": "cm", "m": "m", "[in_i]": "[in_i]", "in": "in"}),
    Kind.PRESSURE: (Pressure, {"mm[Hg]": "mm[Hg]", "mmHg": "mmHg", "kPa": "kPa"}),
}

# Names of one unit; no arithmetic is needed between them.
_SAME: dict[Kind, frozenset[str]] = {
    Kind.PER_MINUTE: frozenset(
        {"/min", "{beats}/min", "{Beats}/min", "{breaths}/min", "{Breaths}/min", "1/min", "bpm", "beats/min"}
    ),
    Kind.PERCENT: frozenset({"%", "%{O2}"}),
    Kind.TEMPERATURE: frozenset({"Cel", "°C"}),
    Kind.MASS_PER_AREA: frozenset({"kg/m2", "kg/m^2", "kg/m²"}),
    Kind.SCORE: frozenset({"{score}", "1"}),
}

# Conversion by a factor can leave digits nobody measured; what was typed in the kept unit is never rounded.
_KEPT_DIGITS = 2


def known_units(kind: Kind) -> tuple[str, ...]:
    """The unit texts that are read for this kind."""
    if kind in _CONVERTED:
        return tuple(_CONVERTED[kind][1])
    return tuple(sorted(_SAME[kind]))


def in_unit(value: Decimal, unit: str, *, kind: Kind, kept: str, path: str) -> Decimal:
    """`value unit` in the unit `kept`; the same digits where no conversion is needed, else rounded to 0.01.

    Refuses (UnitError) a unit outside the closed table of this kind.
    """
    if unit not in known_units(kind):
        message = (
            f"'{unit[:40]}' is not a unit of {kind.replace('_', ' ')}. Use one of: {', '.join(known_units(kind))}."
        )
        raise UnitError("unknown_unit", path, message)
    if kind not in _CONVERTED:
        return value
    quantity, names = _CONVERTED[kind]
    if quantity.units[names[unit]] == quantity.units[names[kept]]:
        return value
    converted = quantity.of(float(value), names[unit], path).to(names[kept])
    return Decimal(repr(round(converted, _KEPT_DIGITS)))
