"""How far a look may lie from the drawn band before it counts as not predicted.

The band holds what differs between people in how a drug spreads, not the noise of looking. Both together are compared:
the two half-widths add as independent spreads do. The drawn band stays as it is, and the page says what was added.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import sqrt

from euthymia.pharmacology import Simulation
from euthymia.pharmacology.simulation import EffectSeries

# The largest standard deviation of a cuff's error that ISO 81060-2:2013 accepts, in mmHg; its mean error, up to 5 mmHg,
# is the same before and after the dose and leaves a rise alone.
# Source: doi:10.1007/s13534-019-00096-x, table 3 (a review that quotes the standard; provenance: read_secondary).
CUFF_SD_MMHG = 8.0
# Nine in ten of a normal spread, as the band is drawn.
NINE_IN_TEN = 1.645
# A rise is the difference of two readings, each with the cuff's error.
RISE_NOISE_MMHG = NINE_IN_TEN * sqrt(2) * CUFF_SD_MMHG
# A display tolerance of this house, no clinical number: CADSS-6 points that two raters, or two people with the same
# blood level, may lie apart before the page remarks on it.
CADSS6_POINTS = 6.0
CADSS6_HIGHEST = 24.0
MIDDLE = 0.5


@dataclass(frozen=True, slots=True)
class Noise:
    """What looking adds to a band: half the width that nine in ten looks keep, in the band's own unit, in words."""

    half_width: float
    says: str


NOISE: Mapping[str, Noise] = {
    "systolic_rise": Noise(
        RISE_NOISE_MMHG,
        f"A rise is compared with the band and {RISE_NOISE_MMHG:.0f} mmHg of noise (nine in ten differences of two "
        f"readings by a cuff with a standard deviation of {CUFF_SD_MMHG:g} mmHg, the most that ISO 81060-2 accepts; "
        "doi:10.1007/s13534-019-00096-x, table 3). The shading does not show it.",
    ),
    "dissociation": Noise(
        CADSS6_POINTS / CADSS6_HIGHEST,
        f"A CADSS-6 total is compared with the band and {CADSS6_POINTS:g} of {CADSS6_HIGHEST:g} points of tolerance "
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
