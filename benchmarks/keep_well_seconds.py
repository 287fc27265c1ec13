"""How long it takes to learn one person's course, and to say of five hundred when their next dose is due."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any
from unittest import mock

import numpy as np

from benchmarks import keep_well_people
from benchmarks.keep_well_people import Simulated
from euthymia.response import Course, DoseAt, Scale, ScoreAt, learn, load_prior, propose_next_dose

SEED, REPEATS, WORKLIST = 7, 7, 500
THRESHOLD, ACCEPTED_RISK = 10.0, 0.2
ONE_CORE = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PHQ9 = Scale("phq9", 0, 27)


def measure() -> Iterator[dict[str, Any]]:
    """Rows of the seconds that a page never waits for."""
    rng = np.random.default_rng(SEED)
    people = [keep_well_people.simulate(f"{index}", rng) for index in range(WORKLIST)]
    longest = max(people, key=lambda one: one.days.size)
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        learn(_course(longest), load_prior(), SEED)
        took.append(time.perf_counter() - started)
    yield {
        "name": "posterior_one_person_s",
        "value": round(statistics.median(took), 3),
        "unit": "s",
        "target": 2,
        "against": f"{longest.days.size} scores, {len(longest.doses)} doses",
    }
    cores = min(2, os.cpu_count() or 1)
    # Each process takes one core. Where each takes all of them for its small matrices, they wait for each other.
    with (
        mock.patch.dict(os.environ, dict.fromkeys(ONE_CORE, "1")),
        ProcessPoolExecutor(cores, get_context("spawn")) as pool,
    ):
        list(pool.map(_proposed, people[:cores]))
        started = time.perf_counter()
        list(pool.map(_proposed, people, chunksize=25))
        took_s = time.perf_counter() - started
    yield {
        "name": "worklist_500_people_s",
        "value": round(took_s, 2),
        "unit": "s",
        "target": 10,
        "against": f"{WORKLIST} people learned from {sum(one.days.size for one in people)} scores, on {cores} cores",
    }


def _proposed(person: Simulated) -> float | None:
    """What the worklist needs of one person: the posterior, the chance of slipping by day, and the day proposed."""
    known = learn(_course(person), load_prior(), SEED)
    today = float(person.days[-1])
    return propose_next_dose(known, now_day=today, threshold=THRESHOLD, accepted_risk=ACCEPTED_RISK).at_day


def _course(person: Simulated) -> Course:
    scores = tuple(ScoreAt(float(day), float(value)) for day, value in zip(person.days, person.scores, strict=True))
    return Course(PHQ9, scores, tuple(DoseAt(day) for day in person.doses if day < person.days[-1]))
