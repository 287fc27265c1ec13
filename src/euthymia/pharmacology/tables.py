"""A simulation as an array with named axes, or as a long table. Imported only when somebody asks for one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from euthymia.errors import BadInput
from euthymia.pharmacology.named_array import NamedArray
from euthymia.pharmacology.simulation import EffectSeries, Series

if TYPE_CHECKING:
    from euthymia.pharmacology.simulation import Simulation

LIBRARIES = ("pandas", "polars")
TYPICAL = "typical"


def array_of(simulation: Simulation, names: Sequence[str]) -> NamedArray:
    """The named series and effects, or all of them: (name, statistic, at_h)."""
    found = [simulation.named(name) for name in names] or [*simulation.series, *simulation.effects]
    values = np.stack([[one.typical, *one.band.values()] for one in found])
    coords = {
        "name": tuple(_name(one) for one in found),
        "statistic": (TYPICAL, *found[0].band),
        "at_h": tuple(simulation.at_h.tolist()),
    }
    return NamedArray(values, ("name", "statistic", "at_h"), coords)


def frame_of(simulation: Simulation, library: str) -> Any:
    """The same as a long table of pandas or polars."""
    if library not in LIBRARIES:
        raise BadInput("unknown_library", "library", f"'{library}' is not known. Use one of: {', '.join(LIBRARIES)}.")
    try:
        tables = import_module(library)
    except ModuleNotFoundError as error:
        message = f"{library} is not installed; it comes with the extra euthymia[research]."
        raise BadInput("not_installed", "library", message) from error
    columns: dict[str, list[Any]] = {name: [] for name in ("at_h", "name", "unit", "site", "statistic", "value")}
    found: list[Series | EffectSeries] = [*simulation.series, *simulation.effects]
    for one in found:
        site = one.site if isinstance(one, EffectSeries) else str(simulation.model.matrix)
        for statistic, course in _courses(one):
            count = course.size
            columns["at_h"] += simulation.at_h.tolist()
            columns["name"] += [_name(one)] * count
            columns["unit"] += [one.unit] * count
            columns["site"] += [site] * count
            columns["statistic"] += [statistic] * count
            columns["value"] += course.tolist()
    return tables.DataFrame(columns)


def _courses(one: Series | EffectSeries) -> Iterator[tuple[str, Any]]:
    yield TYPICAL, one.typical
    for level, course in one.band.items():
        yield f"{level:g}", course


def _name(one: Series | EffectSeries) -> str:
    return one.analyte if isinstance(one, Series) else one.effect
