"""How far a look may lie from the drawn band before it counts as not predicted.

The band holds what differs between people in how a drug spreads and acts, not the noise of looking. Both together are
compared: the two half-widths add as independent spreads do. The band stays as it is; with the noise it is drawn fainter
around it, and the page says what was added. How looks scatter is written once, in the data of the effects
(euthymia/pharmacology/effects).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from euthymia.clinic.plans import curves
from euthymia.clinic.sessions.learning import CADSS6, DIASTOLIC, PULSE, SYSTOLIC, Look
from euthymia.errors import Broken
from euthymia.pharmacology import Seen, Simulation, observed_within_band
from euthymia.pharmacology.effects import Scatter, load_effect
from euthymia.pharmacology.simulation import EffectSeries

# Nine in ten of a normal spread, as the band is drawn.
NINE_IN_TEN = 1.645
MIDDLE = 0.5
HOUR_MIN = 60.0
RISE, DIASTOLIC_RISE, PULSE_RISE = curves.PRESSURE, curves.DIASTOLIC, curves.PULSE
FELT = curves.FELT
# Effect → what looks at it.
SEEN_BY = {FELT: CADSS6, RISE: SYSTOLIC, DIASTOLIC_RISE: DIASTOLIC, PULSE_RISE: PULSE}


def _scatter(effect: str, output: str) -> Scatter:
    found = load_effect(effect).output(output).scatter
    if found is None:
        raise Broken(f"{output} has no scatter, so nothing seen can be compared with it.")
    return found


# What two readings of one arm, taken minutes apart with nothing given, lie apart: the cuff and the body together.
READING = _scatter("blood_pressure", "systolic_rise")
DIASTOLIC_READING = _scatter("blood_pressure", "diastolic_rise")
PULSE_READING = _scatter("pulse", "pulse_rise")
# A rise is the difference of two readings, each with its scatter.
OF_A_RISE = NINE_IN_TEN * sqrt(2)
RISE_NOISE_MMHG = OF_A_RISE * READING.sd
DIASTOLIC_NOISE_MMHG = OF_A_RISE * DIASTOLIC_READING.sd
PULSE_NOISE_PER_MIN = OF_A_RISE * PULSE_READING.sd
# A display tolerance of this house, no clinical number: how far two raters, or two people with the same blood level,
# may lie apart before the page remarks on it.
RATING = _scatter("dissociation", "dissociation")
CADSS6_POINTS = NINE_IN_TEN * RATING.sd
CADSS6_HIGHEST = RATING.highest_total


@dataclass(frozen=True, slots=True)
class Noise:
    """What looking adds to a band: half the width that nine in ten looks keep, in the band's own unit, in words."""

    half_width: float
    says: str


NOISE: Mapping[str, Noise] = {
    RISE: Noise(
        RISE_NOISE_MMHG,
        f"A rise of systolic pressure is compared with the band and {RISE_NOISE_MMHG:.0f} mmHg of noise (nine in ten "
        f"differences of two readings that scatter with a standard deviation of {READING.sd:g} mmHg, worked out from "
        "the rises seen with placebo, doi:10.1007/s40263-020-00699-4). The fainter shading holds it.",
    ),
    DIASTOLIC_RISE: Noise(
        DIASTOLIC_NOISE_MMHG,
        f"A rise of diastolic pressure is compared with the band and {DIASTOLIC_NOISE_MMHG:.0f} mmHg of noise (one "
        f"reading: {DIASTOLIC_READING.sd:g} mmHg, worked out in the same way).",
    ),
    PULSE_RISE: Noise(
        PULSE_NOISE_PER_MIN,
        f"A rise of the pulse is compared with the band and {PULSE_NOISE_PER_MIN:.0f}/min of noise (one reading: "
        f"{PULSE_READING.sd:g}/min, an assumption of this house: no source was found).",
    ),
    FELT: Noise(
        CADSS6_POINTS / CADSS6_HIGHEST,
        f"A CADSS-6 total is compared with the band and {CADSS6_POINTS:.0f} of {CADSS6_HIGHEST:g} points of tolerance "
        "(a display tolerance of this house, no clinical limit). The fainter shading holds it.",
    ),
}


def with_noise(simulation: Simulation) -> Simulation:
    """The same prediction with every effect's band as wide as looks at it lie."""
    effects = tuple(
        _wider(effect, NOISE[effect.effect]) if effect.effect in NOISE else effect for effect in simulation.effects
    )
    return replace(simulation, effects=effects)


def _wider(effect: EffectSeries, noise: Noise) -> EffectSeries:
    band = {
        level: effect.typical
        + (1 if level > MIDDLE else -1) * ((edge - effect.typical) ** 2 + noise.half_width**2) ** 0.5
        for level, edge in effect.band.items()
        if level != MIDDLE
    }
    return replace(effect, band=band)


def in_points(simulation: Simulation) -> Simulation:
    """The same prediction with dissociation as a CADSS-6 total, as it is rated, in place of a share of the most."""
    return replace(
        simulation,
        effects=tuple(_as_total(effect) if effect.effect == FELT else effect for effect in simulation.effects),
    )


def _as_total(effect: EffectSeries) -> EffectSeries:
    band = {level: edge * CADSS6_HIGHEST for level, edge in effect.band.items()}
    return replace(effect, unit="CADSS-6 points", typical=effect.typical * CADSS6_HIGHEST, band=band)


@dataclass(frozen=True, slots=True)
class Observed:
    """One look compared with the band: minutes from the start, the value, where it lies and how far out.

    reach: distance from the middle person as a share of what band and noise allow on that side; above 1 is outside.
    counted: whether the estimate of this person rests on it.   newest: of its kind.
    """

    at_min: float
    value: float
    seen: Seen
    late: bool
    reach: float = 0.0
    counted: bool = True
    newest: bool = False

    @property
    def is_beyond(self) -> bool:
        """Whether it lies further out than the band and the noise of one look."""
        return self.seen is not Seen.WITHIN

    @property
    def is_drawn(self) -> bool:
        """Of a feed only what the estimate rests on, the newest, and what is not as predicted."""
        return self.counted or self.newest or self.is_beyond


def looks_at(name: str, looks: Sequence[Look]) -> tuple[Look, ...]:
    """Those that look at this effect, in its unit: rises over the last reading before the dose, and CADSS-6 totals."""
    seen = (look for look in looks if look.kind == SEEN_BY.get(name))
    return tuple(look if look.before is None else replace(look, value=look.value - look.before) for look in seen)


def compare(simulation: Simulation, name: str, looks: Sequence[Look], until_min: float) -> tuple[Observed, ...]:
    """Each look at this effect held against its band, in the order of time.

    simulation: with the noise of looking in its bands, dissociation in points.   until_min: what is predicted.
    """
    seen = looks_at(name, looks)
    return tuple(
        Observed(
            look.at_min,
            look.value,
            observed_within_band(simulation, name, look.at_min / HOUR_MIN, look.value),
            look.late,
            _reach(simulation, name, look),
            look.counted,
            look is seen[-1],
        )
        for look in seen
        if 0 <= look.at_min <= until_min
    )


def _reach(simulation: Simulation, name: str, look: Look) -> float:
    series, at_h = simulation.named(name), look.at_min / HOUR_MIN
    middle = float(np.interp(at_h, simulation.at_h, series.typical))
    level = max(series.band) if look.value > middle else min(series.band)
    width = abs(float(np.interp(at_h, simulation.at_h, series.band[level])) - middle)
    return abs(look.value - middle) / width if width > 0 else 0.0
