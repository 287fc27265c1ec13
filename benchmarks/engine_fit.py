"""One person learned from levels: the point estimate and the whole posterior, alone on a screen and in a population.

Workload W3: two infusions two days apart, four levels after the second, four parameters that differ between people.
"""

from __future__ import annotations

import statistics
import time
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from euthymia.pharmacology import Dose, Level, Person, Regimen, model_from, most_probable
from euthymia.pharmacology.individualise import Sampling, most_probable_many, posterior
from euthymia.pharmacology.individualise.posterior import Posterior
from euthymia.pharmacology.population import sample_effects
from euthymia.pharmacology.solve import closed_form, fast

MODEL = model_from(tomllib.loads((Path(__file__).parent / "models" / "w3.toml").read_text()))
PERSON = Person(age_y=45, sex="unspecified", weight_kg=70)
INFUSIONS = Regimen(tuple(Dose("ketamine", "iv", 37.5, start_h, duration_h=2 / 3) for start_h in (0.0, 48.0)))
LEVELS_H = (48.75, 50.0, 52.0, 56.0)
PEOPLE, SEED, REPEATS, DRAWS = 4_000, 7, 9, 2_000


def measure() -> list[dict[str, Any]]:
    """Medians; the posterior's Pareto k and effective sample size are said with it."""
    seen = _levels(PEOPLE)
    people = [PERSON] * PEOPLE
    blank = tuple(Level(at_h, 1.0) for at_h in LEVELS_H)
    own = [tuple(Level(at_h, value) for at_h, value in zip(LEVELS_H, row, strict=True)) for row in seen[:REPEATS]]
    many_us = (
        1e6
        / PEOPLE
        * _median(lambda _: most_probable_many(INFUSIONS, people, blank, seen, model=MODEL, solve=fast.solve))
    )
    alone_ms = 1e3 * _median(lambda turn: most_probable(INFUSIONS, PERSON, own[turn], model=MODEL))
    screen_s = _median(lambda turn: posterior(INFUSIONS, PERSON, own[turn], model=MODEL))
    answers: list[Posterior] = []
    quick_ms = 1e3 * _median(lambda turn: answers.append(_quick(own[turn])))
    worst_k = max(one.pareto_k for one in answers)
    least = min(one.effective_size for one in answers)
    how = f"{answers[0].method}, {DRAWS} draws"
    said = f"{how}: Pareto k at most {worst_k:.2f}, effective sample size at least {least:.0f}"
    return [
        {"name": "map_us", "value": round(many_us, 1), "unit": "µs", "target": 100, "against": f"{PEOPLE} at once"},
        {"name": "map_one_person_ms", "value": round(alone_ms, 1), "unit": "ms", "target": 20},
        {"name": "posterior_one_person_s", "value": round(screen_s, 3), "unit": "s", "target": 2},
        {"name": "posterior_ms", "value": round(quick_ms, 1), "unit": "ms", "target": 10, "against": said},
    ]


def _quick(levels: tuple[Level, ...]) -> Posterior:
    return posterior(
        INFUSIONS, PERSON, levels, model=MODEL, sampling=Sampling(seed=SEED, draws=DRAWS), solve=fast.solve
    )


def _levels(people: int) -> np.ndarray:
    """(people, levels), ng/mL: those of invented people, scattered as the model says."""
    values = MODEL.values(PERSON, sample_effects(MODEL, SEED, people))
    true = closed_form.solve(MODEL.system(INFUSIONS, values, people), np.array(LEVELS_H))[:, :, 0]
    noise = np.random.default_rng(SEED).standard_normal(true.shape)
    return np.asarray(true * np.exp((MODEL.residual_log_sd or 0.0) * noise))


def _median(work: Callable[[int], object]) -> float:
    """Seconds, after one turn that is not counted."""
    work(0)
    took = []
    for turn in range(REPEATS):
        started = time.perf_counter()
        work(turn)
        took.append(time.perf_counter() - started)
    return statistics.median(took)
