"""Workload W3: four random effects from four levels after two infusions; the peak of many, of one, and the posterior.

Batches use the compiled solver where it is installed; one person uses plain NumPy, as the screens do.
"""

from __future__ import annotations

import statistics
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from euthymia.pharmacology import Assay, Dose, Level, Model, Person, Regimen, model_from, most_probable, posterior
from euthymia.pharmacology.individualise import most_probable_many
from euthymia.pharmacology.individualise.calibrate import invented
from euthymia.pharmacology.individualise.problem import Solve
from euthymia.pharmacology.individualise.question import Question
from euthymia.pharmacology.solve import closed_form

REPEATS = 15
PEOPLE = 2_000
SEED = 7
PERSON = Person(age_y=40, sex="male", weight_kg=75)
INFUSION = Dose("ketamine", "iv", 37.5, 0, duration_h=2 / 3)
REGIMEN = Regimen((INFUSION,)).repeated(2, every_h=48)
AT_H = (48.75, 50.0, 52.0, 56.0)
LEVELS = tuple(Level(at_h, 100) for at_h in AT_H)
ASSAY = Assay(log_sd=0.15, additive_ng_per_ml=2)


def model() -> Model:
    """Three compartments with random effects on clearance, two volumes and one flow."""
    text = (Path(__file__).parent / "models" / "w3.toml").read_text(encoding="utf-8")
    return model_from(tomllib.loads(text))


def measure() -> list[dict[str, Any]]:
    """Medians, warm but for the first row, which is the first fit of a fresh process but for imports and model."""
    asked = Question(REGIMEN, model(), LEVELS, ASSAY)
    values = invented(asked, PERSON, people=PEOPLE, seed=SEED)
    own = [Level(at_h, float(value)) for at_h, value in zip(AT_H, values[0], strict=True)]

    def one_peak() -> None:
        most_probable(REGIMEN, PERSON, own, model=asked.model, assay=ASSAY)

    def all_peaks(solve: Solve) -> None:
        most_probable_many(REGIMEN, [PERSON], LEVELS, values, model=asked.model, assay=ASSAY, solve=solve)

    def one_posterior(solve: Solve) -> None:
        posterior(REGIMEN, PERSON, own, model=asked.model, assay=ASSAY, solve=solve)

    cold = _took(one_peak)
    solve, engine = _fastest()
    many, whole = _median(lambda: all_peaks(solve)) / PEOPLE, _median(lambda: one_posterior(solve))
    plain = _median(lambda: one_posterior(closed_form.solve))
    rows = (
        ("map_one_person_ms", round(1e3 * cold, 1), "ms", 20, "NumPy"),
        ("map_us", round(1e6 * many, 1), "us", 100, engine),
        ("posterior_one_person_s", round(plain, 3), "s", 2, "NumPy"),
        ("posterior_ms", round(1e3 * whole, 1), "ms", 10, engine),
    )
    names = ("name", "value", "unit", "target", "measured_with")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _fastest() -> tuple[Solve, str]:
    try:
        from euthymia.pharmacology.solve import fast
    except ImportError:
        return closed_form.solve, "NumPy"
    return fast.solve, "numba"


def _median(call: Callable[[], None]) -> float:
    call()
    return statistics.median(_took(call) for _ in range(REPEATS))


def _took(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def worst_difference(people: int = 200) -> float:
    """Largest difference of an effect between the batch and people one by one: a time means little without it."""
    asked, solve = Question(REGIMEN, model(), LEVELS, ASSAY), _fastest()[0]
    values = invented(asked, PERSON, people=people, seed=SEED)
    together = most_probable_many(REGIMEN, [PERSON], LEVELS, values, model=asked.model, assay=ASSAY, solve=solve)
    worst = 0.0
    for place, row in enumerate(values):
        own = [Level(at_h, float(value)) for at_h, value in zip(AT_H, row, strict=True)]
        alone = most_probable(REGIMEN, PERSON, own, model=asked.model, assay=ASSAY)
        worst = max(worst, float(np.abs(together.effects[place] - np.array(list(alone.effects.values()))).max()))
    return worst
