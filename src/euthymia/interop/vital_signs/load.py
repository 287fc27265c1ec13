"""Reads the table of vital signs shipped with this room."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from euthymia.errors import DocumentError
from euthymia.interop.ucum import Kind, in_unit


@dataclass(frozen=True, slots=True)
class VitalSign:
    """One vital sign: its LOINC codes, the unit it is kept in (UCUM), and the limits of data entry in that unit."""

    name: str
    loinc: tuple[str, ...]
    display: str
    kind: Kind
    unit: str
    lowest: Decimal
    highest: Decimal

    def read(self, value: Decimal, unit: str, path: str) -> Decimal:
        """The value in the kept unit; refuses an unknown unit (UnitError) and an impossible value (DocumentError)."""
        kept = in_unit(value, unit, kind=self.kind, kept=self.unit, path=path)
        if not self.lowest <= kept <= self.highest:
            message = (
                f"{value} {unit} cannot be a {self.display.lower()} ({self.lowest} to {self.highest} {self.unit} can). "
                "Check the number and the unit."
            )
            raise DocumentError("impossible_value", path, message)
        return kept


@dataclass(frozen=True, slots=True)
class VitalSigns:
    """The closed list: vital signs by LOINC code, and the codes of panels that hold several."""

    by_loinc: Mapping[str, VitalSign]
    panels: frozenset[str]


@cache
def vital_signs() -> VitalSigns:
    """The shipped list."""
    text = files("euthymia.interop.vital_signs").joinpath("vital_signs.toml").read_text(encoding="utf-8")
    table = tomllib.loads(text, parse_float=Decimal)
    signs = [
        VitalSign(
            name=row["name"],
            loinc=tuple(row["loinc"]),
            display=row["display"],
            kind=Kind(row["quantity"]),
            unit=row["unit"],
            lowest=Decimal(row["lowest"]),
            highest=Decimal(row["highest"]),
        )
        for row in table["vital_sign"]
    ]
    by_loinc = {loinc: sign for sign in signs for loinc in sign.loinc}
    return VitalSigns(MappingProxyType(by_loinc), frozenset(table["panels"]["loinc"]))
