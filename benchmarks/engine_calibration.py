"""Simulation-based calibration of the posterior: for levels only, effects only and both, are ranks uniform?

The value of a row is the smallest chance, over random effects, that uniform ranks would look as uneven (chi-square
over twenty equal bins), times the number of effects (Bonferroni). Above 0.001 passes; far below is a wrong posterior.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology import Dose, Person, Regimen
from euthymia.pharmacology.individualise import Level, Observation, Reading
from euthymia.pharmacology.individualise.calibrate import ranks
from euthymia.pharmacology.individualise.question import Question

PEOPLE = 2_000
AT_ONCE = 250
DRAWS = 1_000
BINS = 20
SEED = 7
PASSES = 0.001
PERSON = Person(age_y=45, sex="female", weight_kg=70)
INFUSION = Regimen((Dose("esketamine", "iv", 28, 0, duration_h=40 / 60),))
MODEL = "fanta_otto_2021"
LEVELS: tuple[Observation, ...] = (Level(0.66, 1), Level(1.5, 1), Level(4, 1), Level(4, 1, "esnorketamine"))
EFFECTS: tuple[Observation, ...] = (
    *(Reading("systolic", hour, 120, 120) for hour in (0.33, 0.67, 1.0, 1.5)),
    *(Reading("pulse", hour, 70, 70) for hour in (0.33, 0.67, 1.0, 1.5)),
    *(Reading("cadss6", hour, 0) for hour in (0.33, 0.67, 1.5)),
    *(Reading("moaas", hour, 5) for hour in (0.33, 0.67, 1.0)),
)
KINDS = {"sbc_levels_p": LEVELS, "sbc_effects_p": EFFECTS, "sbc_both_p": LEVELS + EFFECTS}


def measure() -> list[dict[str, Any]]:
    """One row for each kind of observations."""
    return [
        {"name": name, "value": round(unevenness(kind, PEOPLE, DRAWS), 4), "unit": "p", "target": PASSES}
        for name, kind in KINDS.items()
    ]


def unevenness(observations: tuple[Observation, ...], people: int, draws: int, bins: int = BINS) -> float:
    """The chance that uniform ranks would look as uneven, for the most uneven random effect."""
    from scipy.stats import chisquare

    question = Question(INFUSION, MODEL, observations)
    found = [
        ranks(question, PERSON, people=min(AT_ONCE, people - first), draws=draws, seed=SEED + first).shares
        for first in range(0, people, AT_ONCE)
    ]
    counts = [_counts(column, bins) for column in np.concatenate(found).T]
    return float(min(1.0, min(chisquare(row).pvalue for row in counts) * len(counts)))


def _counts(shares: NDArray[np.float64], bins: int) -> NDArray[np.int64]:
    return np.histogram(shares, bins=bins, range=(0, 1))[0]
