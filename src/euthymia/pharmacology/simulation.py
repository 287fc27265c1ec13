"""What a simulation answers: series with bands, a summary, effects, the model's card, and how to say or draw them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.pharmacology.card import Card
from euthymia.pharmacology.named_array import NamedArray
from euthymia.pharmacology.regimen import Dose, Regimen

if TYPE_CHECKING:
    from euthymia.charts import Chart

Values = NDArray[np.float64]
_DIGITS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """One analyte over time. typical: (times,).   band: quantile → (times,), over invented people; may be empty."""

    analyte: str
    unit: str
    typical: Values
    band: Mapping[float, Values]


@dataclass(frozen=True, slots=True, eq=False)
class EffectSeries:
    """One effect over time, the model that drove it, and what was assumed."""

    effect: str
    unit: str
    typical: Values
    band: Mapping[float, Values]
    kind: str
    driven_by: Card
    assumptions: tuple[str, ...]
    site: str = ""
    known_failures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Incidence:
    """How likely an event is in each session, (sessions,), from the peak in it.

    sessions_h: when each begins; at most the first 100.   typical: of the typical person (or this individual).   band:
    quantile → (sessions,); may be empty.   mean: the share of all people (without a band, of people with these levels
    who differ in their answer; few have most of the events, so it is above `typical`).   at_least_once: in any of these
    sessions.   without_drug: in a session with placebo.
    """

    event: str
    sessions_h: Values
    typical: Values
    band: Mapping[float, Values]
    mean: Values
    without_drug: float
    at_least_once: float
    kind: str
    driven_by: Card
    assumptions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Peak (ng/mL), its time (h after the first dose), area over 24 h (ng·h/mL) and share reaching the blood."""

    analyte: str
    cmax: float
    tmax_h: float
    auc_0_24: float
    bioavailability: float | None


class Seen(StrEnum):
    """Where an observation lies in the band that was predicted."""

    LOW = "low"
    WITHIN = "within"
    HIGH = "high"


@dataclass(frozen=True, slots=True, eq=False)
class Simulation:
    """The answer of `simulate`.

    people: (person, at_h, name) of the band's people, where they were kept.   learned: whether the band says what is
    still likely of one person, and not how people differ.
    """

    model: Card
    regimen: Regimen
    at_h: Values
    series: tuple[Series, ...]
    summary: tuple[Summary, ...]
    effects: tuple[EffectSeries, ...]
    notes: tuple[str, ...]
    incidences: tuple[Incidence, ...] = ()
    people: NamedArray | None = None
    learned: bool = False

    def named(self, name: str) -> Series | EffectSeries:
        """An analyte or effect by name; refuses one that was not simulated."""
        for series in self.series:
            if series.analyte == name:
                return series
        for effect in self.effects:
            if effect.effect == name:
                return effect
        known = [series.analyte for series in self.series] + [effect.effect for effect in self.effects]
        raise BadInput("unknown_name", "name", f"'{name}' was not simulated. Known: {', '.join(known)}.")

    def array(self, *names: str) -> NamedArray:
        """The named analytes and effects (all, if none is named), axes `name`, `statistic` and `at_h`.

        Places of `statistic` are "typical" and the quantiles of the band, as numbers.
        """
        from euthymia.pharmacology.tables import array_of

        return array_of(self, names)

    def frame(self, library: str = "pandas") -> Any:
        """A long table, one row per number: at_h, name, unit, site, statistic ("typical" or a quantile), value.

        library: "pandas" or "polars", of the research extra; refuses one that is not known or not installed.
        """
        from euthymia.pharmacology.tables import frame_of

        return frame_of(self, library)

    def as_json(self) -> dict[str, Any]:
        """Plain values in the shape of `euthymia simulate --json`."""
        return {
            "model": self.model.brief(),
            "at_h": _plain(self.at_h),
            "series": [
                {"analyte": one.analyte, "unit": one.unit, "typical": _plain(one.typical), "band": _band(one.band)}
                for one in self.series
            ],
            "summary": [
                {
                    "analyte": row.analyte,
                    "cmax": round(row.cmax, _DIGITS),
                    "tmax_h": round(row.tmax_h, _DIGITS),
                    "auc_0_24": round(row.auc_0_24, _DIGITS),
                    "bioavailability": None if row.bioavailability is None else round(row.bioavailability, _DIGITS),
                }
                for row in self.summary
            ],
            "effects": [
                {
                    "effect": one.effect,
                    "unit": one.unit,
                    "typical": _plain(one.typical),
                    "band": _band(one.band),
                    "kind": one.kind,
                    "driven_by": one.driven_by.id,
                    "site": one.site,
                    "assumptions": list(one.assumptions),
                    "known_failures": list(one.known_failures),
                }
                for one in self.effects
            ],
            "incidences": [
                {
                    "event": one.event,
                    "sessions_h": _plain(one.sessions_h),
                    "typical": _plain(one.typical),
                    "mean": _plain(one.mean),
                    "band": _band(one.band),
                    "without_drug": round(one.without_drug, _DIGITS),
                    "at_least_once": round(one.at_least_once, _DIGITS),
                    "kind": one.kind,
                    "driven_by": one.driven_by.id,
                    "assumptions": list(one.assumptions),
                }
                for one in self.incidences
            ],
            "notes": list(self.notes),
        }

    def chart(self, *names: str) -> Chart:
        """A chart of the analytes or effects named, which must share a unit; left out, the drug itself."""
        from euthymia.pharmacology.drawing import chart_of

        return chart_of(self, names or (self.series[0].analyte,))

    def svg(self, *names: str) -> str:
        """The chart as one SVG file's text, with its source beneath."""
        from euthymia.charts import line_chart
        from euthymia.pharmacology.drawing import source_of

        source = source_of(self, names or (self.series[0].analyte,))
        return line_chart(self.chart(*names), standalone=True, source=source)

    def png(self, *names: str, scale: float = 2.0) -> bytes:
        """The same as the bytes of a PNG file, `scale` pixels per unit of the drawing (1440 wide at 2)."""
        from euthymia.charts import png

        return png(self.svg(*names), scale=scale)


def observed_within_band(simulation: Simulation, name: str, at_h: float, value: float) -> Seen:
    """Whether an observation lies below, in or above the outermost band predicted for that moment.

    name: an analyte or effect.   at_h: within the simulated times; between two of them the band is interpolated.
    """
    series = simulation.named(name)
    if len(series.band) < 2:
        raise BadInput("no_band", "simulation", "Simulate with a band of two quantiles or more to compare.")
    if not (np.isfinite(at_h) and np.isfinite(value)):
        raise BadInput("not_a_number", "value", "Give time and value as finite numbers.")
    if not simulation.at_h[0] <= at_h <= simulation.at_h[-1]:
        raise BadInput("out_of_range", "at_h", "That time was not simulated.")
    low = float(np.interp(at_h, simulation.at_h, series.band[min(series.band)]))
    high = float(np.interp(at_h, simulation.at_h, series.band[max(series.band)]))
    if value < low:
        return Seen.LOW
    return Seen.HIGH if value > high else Seen.WITHIN


def said(dose: Dose) -> str:
    """A dose in a few words."""
    over = f" over {dose.duration_h * 60:.0f} min" if dose.duration_h else ""
    return f"{dose.drug} {dose.amount_mg:.4g} mg {str(dose.route).replace('_', ' ')}{over}"


def _plain(values: Values | Sequence[float]) -> list[float]:
    return [round(float(value), _DIGITS) for value in values]


def _band(band: Mapping[float, Values]) -> dict[str, list[float]]:
    return {f"{level:g}": _plain(values) for level, values in band.items()}
