"""How far a look may lie from the drawn band before it counts as not predicted.

The band holds what differs between people in how a drug spreads and acts, not the noise of looking. Both together are
compared: the two half-widths add as independent spreads do. The drawn band stays as it is, and the page says what was
added. How looks scatter is written once, in the data of the effects (euthymia/pharmacology/effects).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt

from euthymia.errors import Broken
from euthymia.pharmacology import Simulation
from euthymia.pharmacology.effects import Scatter, load_effect
from euthymia.pharmacology.simulation import EffectSeries

# Nine in ten of a normal spread, as the band is drawn.
NINE_IN_TEN = 1.645
MIDDLE = 0.5


def _scatter(effect: str, output: str) -> Scatter:
    found = load_effect(effect).output(output).scatter
    if found is None:
        raise Broken(f"{output} has no scatter, so nothing seen can be compared with it.")
    return found


# What two readings of one arm, taken minutes apart with nothing given, lie apart: the cuff and the body together.
READING = _scatter("blood_pressure", "systolic_rise")
# A rise is the difference of two readings, each with its scatter.
RISE_NOISE_MMHG = NINE_IN_TEN * sqrt(2) * READING.sd
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
    "systolic_rise": Noise(
        RISE_NOISE_MMHG,
        f"A rise is compared with the band and {RISE_NOISE_MMHG:.0f} mmHg of noise (nine in ten differences of two "
        f"readings that scatter with a standard deviation of {READING.sd:g} mmHg, worked out from the rises seen with "
        "placebo, doi:10.1007/s40263-020-00699-4). The shading does not show it.",
    ),
    "dissociation": Noise(
        CADSS6_POINTS / CADSS6_HIGHEST,
        f"A CADSS-6 total is compared with the band and {CADSS6_POINTS:.0f} of {CADSS6_HIGHEST:g} points of tolerance "
        "(a display tolerance of this house, no clinical limit). The shading does not show it.",
    ),
}


def with_noise(simulation: Simulation) -> Simulation:
    """The same prediction with every effect's band as wide as looks at it lie, for comparing and not for drawing."""
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
