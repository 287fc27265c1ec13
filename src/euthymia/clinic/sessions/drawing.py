"""The figures of predicted beside observed: the band, the noise of one reading around it, this person, the looks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from euthymia.charts import Axis, Chart, Dot, Dots, Figure, Mark, MarkKind, Scale, Series, figure
from euthymia.charts import Band as Range
from euthymia.clinic.plans.curves import HIGH, LOW, effect_of, effect_source, source_of
from euthymia.clinic.sessions.comparing import (
    CADSS6_HIGHEST,
    FELT,
    HOUR_MIN,
    NOISE,
    SEEN_BY,
    Observed,
)
from euthymia.pharmacology import Simulation

WITH_NOISE = "band and the noise of one reading"


@dataclass(frozen=True, slots=True)
class Drawn:
    """Anybody's prediction, the same with the noise of looking in its bands, and this person's; None where nothing was
    learned that may be said. Dissociation in points.

    starts: by vital sign, from where this person's starts, over the reading before the dose.   marks: minutes and
    words of what happened to the dose.   until_min: where the time axis ends.
    """

    anybody: Simulation
    widened: Simulation
    own: Simulation | None
    starts: Mapping[str, float]
    marks: tuple[tuple[float, str], ...]
    until_min: float


def drawn_figure(drawn: Drawn, name: str, title: str, unit: str, observed: tuple[Observed, ...]) -> Figure:
    """One effect, or a level in plasma, over time with what was seen of it."""
    lines = _lines(drawn, name)
    shown = tuple(Dot(one.at_min, one.value, f"{one.value:.3g}", one.late) for one in observed if one.is_drawn)
    about = (
        "s: the typical person with this dose, and this person as learned" if len(lines) > 1 else ": the typical person"
    )
    shading = "nine in ten; the fainter one adds the noise of one reading" if name in NOISE else "nine in ten"
    return figure(
        Chart(
            title=f"{title}: predicted{' and observed' if observed else ''}",
            description=f"Line{about}. Shading: {shading}.{_said(observed)}",
            x=Axis("Time after the start", "min", low=0.0, high=drawn.until_min, scale=Scale.MINUTES),
            y=Axis(title, unit),
            series=lines,
            dots=(Dots("Observed", shown),) if shown else (),
            marks=_marks(drawn.marks),
        ),
        source=_source(drawn.anybody, name),
        ident=f"expected-{name.replace('_', '-')}",
    )


def _lines(drawn: Drawn, name: str) -> tuple[Series, ...]:
    """Anybody, and this person where that is known; of a level in blood readings of effects say too little to draw."""
    series = drawn.anybody.named(name)
    minutes = [float(at_h) * HOUR_MIN for at_h in drawn.anybody.at_h]
    bands: tuple[Range, ...] = (Range(series.band[LOW], series.band[HIGH], "9 in 10 people"),)
    if name in NOISE:
        wide = drawn.widened.named(name).band
        # No total lies below none or above the most there is; a rise may lie anywhere.
        ends = (0.0, CADSS6_HIGHEST) if name == FELT else (-np.inf, np.inf)
        bands = (Range(np.clip(wide[LOW], *ends), np.clip(wide[HIGH], *ends), WITH_NOISE), *bands)
    if drawn.own is None or name not in NOISE:
        return (Series("Predicted", minutes, series.typical, bands),)
    own = drawn.own.named(name)
    # The dots are rises over the reading before the dose; so is this person's line, from where they really stood.
    start = drawn.starts.get(SEEN_BY[name], 0.0)
    own_band = Range(own.band[LOW] + start, own.band[HIGH] + start, "9 in 10 of what is believable")
    return (
        Series("Anybody like this person", minutes, series.typical, bands),
        Series("This person so far", minutes, own.typical + start, (own_band,)),
    )


def _marks(marks: tuple[tuple[float, str], ...]) -> tuple[Mark, ...]:
    return tuple(
        Mark(at_min, words, MarkKind.EVENT if place else MarkKind.DOSE) for place, (at_min, words) in enumerate(marks)
    )


def _said(observed: tuple[Observed, ...]) -> str:
    beyond = sum(one.is_beyond for one in observed)
    return f" {len(observed)} observed, {beyond or 'none'} beyond it." if observed else ""


def _source(simulation: Simulation, name: str) -> str:
    """Where a line is from, and for dissociation how its points were made."""
    effect = effect_of(simulation, name)
    if effect is None:
        return source_of(simulation.model)
    share = f"; share of the most there is, times {CADSS6_HIGHEST:g}" if name == FELT else ""
    return effect_source(effect) + share
