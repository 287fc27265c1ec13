"""A simulation as a chart's values. Imported only when something is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from euthymia.charts import Axis, Band, Chart, Mark, MarkKind, Scale, Series
from euthymia.errors import BadInput

if TYPE_CHECKING:
    from euthymia.pharmacology.simulation import Simulation

_LABELS = {
    "ng/mL": "Concentration",
    "mmHg": "Rise over the start",
}


def chart_of(simulation: Simulation, names: Sequence[str]) -> Chart:
    """The named analytes or effects of one simulation. Refuses names of different units."""
    from euthymia.pharmacology.simulation import said

    found = [simulation.named(name) for name in names]
    units = {series.unit for series in found}
    if len(units) != 1:
        raise BadInput("mixed_units", "names", f"One chart, one unit; these have {', '.join(sorted(units))}.")
    unit = units.pop()
    doses = "; ".join(said(dose) for dose in simulation.regimen)
    title = f"{_worded(names)} after {doses}"
    x = simulation.at_h.tolist()
    lines = tuple(
        Series(_worded([name]), x, series.typical.tolist(), _bands(series.band))
        for name, series in zip(names, found, strict=True)
    )
    label = _LABELS.get(unit)
    highest = max(float(series.typical.max()) for series in found)
    return Chart(
        title=title[0].upper() + title[1:],
        description=f"{_source(simulation, names)} Highest {highest:.3g} {unit}.",
        x=Axis("Time", "h", scale=Scale.HOURS),
        y=Axis(label, unit, low=0) if label else Axis(unit[0].upper() + unit[1:], low=0),
        series=lines,
        marks=tuple(
            Mark(dose.start_h, said(dose), MarkKind.DOSE)
            for dose in simulation.regimen
            if simulation.at_h[0] <= dose.start_h <= simulation.at_h[-1]
        ),
    )


def _bands(band: Mapping[float, NDArray[np.float64]]) -> tuple[Band, ...]:
    """Pairs of quantiles from the outside in; a middle one without a partner is not drawn."""
    levels = sorted(band)
    pairs = [(levels[place], levels[-1 - place]) for place in range(len(levels) // 2)]
    return tuple(
        Band(band[low].tolist(), band[high].tolist(), f"{(high - low) * 100:.0f} % of people") for low, high in pairs
    )


def _source(simulation: Simulation, names: Sequence[str]) -> str:
    """What the lines come from, for someone who cannot see them."""
    drivers = {effect.effect: effect.driven_by.id for effect in simulation.effects}
    driven = list(dict.fromkeys(drivers[name] for name in names if name in drivers))
    if driven:
        return f"Assembled, not fitted; driven by {' and '.join(driven)}. Any band holds kinetic differences only."
    return f"Predicted by {simulation.model.id} ({simulation.model.kind}, {simulation.model.matrix})."


def _worded(names: Sequence[str]) -> str:
    return " and ".join(name.replace("_", " ") for name in names)
