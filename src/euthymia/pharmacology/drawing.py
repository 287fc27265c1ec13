"""Simulations as a chart's values. Imported only when something is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from euthymia.charts import Axis, Band, Chart, Mark, MarkKind, Scale, Series
from euthymia.errors import BadInput

if TYPE_CHECKING:
    from euthymia.pharmacology.regimen import Regimen
    from euthymia.pharmacology.simulation import EffectSeries, Simulation
    from euthymia.pharmacology.simulation import Series as Course

_LABELS = {
    "ng/mL": "Concentration",
    "mmHg": "Rise over the start",
}
# Longer courses count days.
_LONGEST_IN_HOURS = 96.0
_MOST_KINDS_SAID = 3
# More vertical lines than these would hide the curve; a shared start says it in the title.
_MOST_MARKS = 60
_MOST_LINES = 6


def chart_of(simulation: Simulation, names: Sequence[str]) -> Chart:
    """The named analytes or effects of one simulation. Refuses names of different units."""
    found = [simulation.named(name) for name in names]
    unit = _shared_unit([series.unit for series in found])
    lines = [(_worded([name]), simulation, series) for name, series in zip(names, found, strict=True)]
    title = f"{_worded(names)} after {said_regimen(simulation.regimen)}"
    return _drawn(title, source_of(simulation, names), unit, lines)


def drawn_together(
    simulations: Mapping[str, Simulation], name: str = "", *, title: str = "", until_h: float | None = None
) -> str:
    """The same analyte or effect of several simulations, a line each under its label, as one SVG file's text.

    name: left out, the drug itself, whichever it is in each.   title: left out, made of what is shown.   until_h:
    where the picture ends, if before the simulations do.
    """
    from euthymia.charts import line_chart

    chart = chart_of_several(simulations, name)
    if until_h is not None:
        end = until_h / 24.0 if chart.x.unit == "days" else until_h
        chart = replace(chart, x=replace(chart.x, high=end), marks=tuple(one for one in chart.marks if one.at <= end))
    source = source_of_several(simulations, name)
    return line_chart(replace(chart, title=title or chart.title), standalone=True, source=source)


def chart_of_several(simulations: Mapping[str, Simulation], name: str = "") -> Chart:
    """The same analyte or effect of several simulations as a chart. Refuses more than six, and units that differ."""
    if not 1 <= len(simulations) <= _MOST_LINES:
        raise BadInput("too_many", "simulations", f"A chart shows 1 to {_MOST_LINES} simulations side by side.")
    lines = [(label, one, one.named(name or one.series[0].analyte)) for label, one in simulations.items()]
    unit = _shared_unit([series.unit for _, _, series in lines])
    regimens = {one.regimen for one in simulations.values()}
    what = _worded([name]) if name else _worded(dict.fromkeys(one.series[0].analyte for one in simulations.values()))
    after = f" after {said_regimen(regimens.pop())}" if len(regimens) == 1 else ", side by side"
    return _drawn(f"{what}{after}", source_of_several(simulations, name), unit, lines)


def _drawn(title: str, source: str, unit: str, lines: list[tuple[str, Simulation, Course | EffectSeries]]) -> Chart:
    last_h = max(float(one.at_h[-1]) for _, one, _ in lines)
    in_days = last_h > _LONGEST_IN_HOURS
    per_unit = 24.0 if in_days else 1.0
    highest = max(float(series.typical.max()) for _, _, series in lines)
    label = _LABELS.get(unit)
    return Chart(
        title=title[0].upper() + title[1:],
        description=f"{source} Highest {highest:.3g} {unit}.",
        x=Axis("Time", "days") if in_days else Axis("Time", "h", scale=Scale.HOURS),
        y=Axis(label, unit, low=0) if label else Axis(unit[0].upper() + unit[1:], low=0),
        series=tuple(
            Series(said, (one.at_h / per_unit).tolist(), series.typical.tolist(), _bands(series.band))
            for said, one, series in lines
        ),
        marks=_marks([one for _, one, _ in lines], per_unit),
    )


def _marks(simulations: list[Simulation], per_unit: float) -> tuple[Mark, ...]:
    """Where doses start. Their words are written where all lines have the same doses and there are few."""
    from euthymia.pharmacology.simulation import said

    words: dict[float, str] = {}
    for one in simulations:
        for dose in one.regimen:
            if one.at_h[0] <= dose.start_h <= one.at_h[-1]:
                words.setdefault(dose.start_h, said(dose))
    alike = len({one.regimen for one in simulations}) == 1 and len(words) <= _MOST_KINDS_SAID
    if len(words) > _MOST_MARKS:
        return ()
    return tuple(Mark(at_h / per_unit, text if alike else "", MarkKind.DOSE) for at_h, text in sorted(words.items()))


def said_regimen(regimen: Regimen) -> str:
    """A regimen in a few words: equal doses are counted, many kinds are summed up."""
    from euthymia.pharmacology.simulation import said

    counts: dict[str, int] = {}
    for dose in regimen:
        counts[said(dose)] = counts.get(said(dose), 0) + 1
    if len(counts) > _MOST_KINDS_SAID:
        return f"{len(regimen.doses)} doses of {regimen.drug}, {regimen.total_mg:g} mg in all"
    return "; ".join(f"{count} × {words}" if count > 1 else words for words, count in counts.items())


def source_of(simulation: Simulation, names: Sequence[str]) -> str:
    """Where the named lines come from: the model that made or drove them, and its citation."""
    drivers = {effect.effect: effect.driven_by for effect in simulation.effects}
    driven = list(dict.fromkeys(drivers[name].id for name in names if name in drivers))
    if driven:
        driver = " and ".join(driven)
        return f"Assembled, not fitted; driven by {driver}. Any band holds how people differ, which is partly assumed."
    card = simulation.model
    return f"Predicted by {card.id} ({card.kind}, {card.matrix}): {card.citation.rstrip('.')}."


def source_of_several(simulations: Mapping[str, Simulation], name: str = "") -> str:
    """The sources of lines side by side, each once."""
    found = (source_of(one, [name or one.series[0].analyte]) for one in simulations.values())
    return " ".join(dict.fromkeys(found))


def _shared_unit(units: list[str]) -> str:
    if len(set(units)) != 1:
        raise BadInput("mixed_units", "names", f"One chart, one unit; these have {', '.join(sorted(set(units)))}.")
    return units[0]


def _bands(band: Mapping[float, NDArray[np.float64]]) -> tuple[Band, ...]:
    """Pairs of quantiles from the outside in; a middle one without a partner is not drawn."""
    levels = sorted(band)
    pairs = [(levels[place], levels[-1 - place]) for place in range(len(levels) // 2)]
    return tuple(
        Band(band[low].tolist(), band[high].tolist(), f"{(high - low) * 100:.0f} % of people") for low, high in pairs
    )


def _worded(names: Sequence[str] | Mapping[str, None]) -> str:
    return " and ".join(name.replace("_", " ") for name in names)
