"""Simulations as a chart's values. Imported only when something is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from euthymia.charts import Axis, Band, Chart, Mark, MarkKind, Scale, Series
from euthymia.errors import BadInput
from euthymia.number import is_number

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
    title = f"{_worded(names)} after {_after(names[0], simulation.regimen)}"
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
        first_h = min(float(one.at_h[0]) for one in simulations.values())
        if not is_number(until_h) or until_h <= first_h:
            raise BadInput("out_of_range", "until_h", f"Give a time after the picture's first, {first_h:g} h.")
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
    shared = next(iter(simulations.values()))
    after = (
        f" after {_after(name or shared.series[0].analyte, shared.regimen)}" if len(regimens) == 1 else ", side by side"
    )
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
            Series(said, (one.at_h / per_unit).tolist(), series.typical.tolist(), _bands(series.band, one))
            for said, one, series in lines
        ),
        marks=_marks([one for _, one, _ in lines], per_unit),
    )


def _marks(simulations: list[Simulation], per_unit: float) -> tuple[Mark, ...]:
    """Where doses start that all lines share. Their words are written where all doses are the same and few."""
    from euthymia.pharmacology.simulation import said

    first, *others = simulations
    starts = [{dose.start_h for dose in one.regimen} for one in others]
    words = {
        dose.start_h: said(dose)
        for dose in first.regimen
        if first.at_h[0] <= dose.start_h <= first.at_h[-1] and all(dose.start_h in each for each in starts)
    }
    if len(words) > _MOST_MARKS:
        return ()
    alike = len({one.regimen for one in simulations}) == 1 and len(words) <= _MOST_KINDS_SAID
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


def _after(name: str, regimen: Regimen) -> str:
    """The regimen in a few words; the drug is not named again where the line is the drug itself."""
    doses = said_regimen(regimen)
    return doses.replace(f"{regimen.drug} ", "") if name == str(regimen.drug) else doses


def source_of(simulation: Simulation, names: Sequence[str]) -> str:
    """Where the named lines come from: the model that made or drove them, and its citation."""
    return _said_source([simulation], [list(names)])


def source_of_several(simulations: Mapping[str, Simulation], name: str = "") -> str:
    """The sources of lines side by side, each once."""
    found = list(simulations.values())
    return _said_source(found, [[name or one.series[0].analyte] for one in found])


def _said_source(simulations: list[Simulation], names: list[list[str]]) -> str:
    """First the models that made concentrations, with their citations, then those that drove effects."""
    shown: dict[str, None] = {}
    driven: dict[str, None] = {}
    banded = False
    for one, wanted in zip(simulations, names, strict=True):
        drivers = {effect.effect: effect for effect in one.effects}
        for name in wanted:
            if name in drivers:
                driven[drivers[name].driven_by.id] = None
                banded = banded or bool(drivers[name].band)
            else:
                card = one.model
                shown[f"Predicted by {card.id} ({card.kind}, {card.matrix}): {card.citation.rstrip('.')}."] = None
    said = list(shown)
    if driven:
        said.append(f"Assembled, not fitted; driven by {_listed(list(driven))}.")
    if banded:
        said.append("How people differ in it is partly assumed.")
    return " ".join(said)


def _shared_unit(units: list[str]) -> str:
    if len(set(units)) != 1:
        raise BadInput("mixed_units", "names", f"One chart, one unit; these have {', '.join(sorted(set(units)))}.")
    return units[0]


def _bands(band: Mapping[float, NDArray[np.float64]], simulation: Simulation) -> tuple[Band, ...]:
    """Pairs of quantiles from the outside in; a middle one without a partner is not drawn."""
    levels, whose = sorted(band), "likely" if simulation.learned else "of people"
    pairs = [(levels[place], levels[-1 - place]) for place in range(len(levels) // 2)]
    return tuple(
        Band(band[low].tolist(), band[high].tolist(), f"{(high - low) * 100:.0f} % {whose}") for low, high in pairs
    )


def _worded(names: Sequence[str] | Mapping[str, None]) -> str:
    return _listed([name.replace("_", " ") for name in names])


def _listed(words: list[str]) -> str:
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), words[-1]])
