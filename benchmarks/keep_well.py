"""Measuring and keeping well: published targets inside, forecasts beside two peers, seconds, and a link's taps."""

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

from benchmarks import keep_well_crossover, keep_well_link, keep_well_people
from benchmarks.keep_well_people import Simulated
from benchmarks.keep_well_score import coverage, difference
from euthymia.response import Course, DoseAt, Scale, ScoreAt, learn, load_prior, propose_next_dose
from euthymia.response.calibrate import Use, calibrate, groups_inside, report, starting_point

TARGETS = tuple(f"T{number}" for number in range(1, 11))
SEED, REPORT_SEED = 7, 11
REPEATS, WORKLIST = 7, 500
THRESHOLD, ACCEPTED_RISK = 10.0, 0.2
ONE_CORE = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PHQ9 = Scale("phq9", 0, 27)


def measure() -> Iterator[dict[str, Any]]:
    """Rows of the link and the course model; the calibration starts anew from where every search starts."""
    yield from keep_well_link.measure()
    yield from _seconds()
    yield from _forecasts()
    yield from _targets()


def _targets() -> Iterator[dict[str, Any]]:
    rows = report(calibrate(starting_point(load_prior()), SEED), REPORT_SEED)
    inside = groups_inside(rows)
    numbers = [row for row in rows if row.target.use is not Use.NO_INTERVAL and row.target.group in TARGETS]
    missed = [row.target.id for row in numbers if not row.inside]
    worst = max(row.monte_carlo / ((row.target.high - row.target.low) / 2) for row in numbers)
    yield {
        "name": "calibration_targets_inside",
        "value": sum(inside[name] for name in TARGETS),
        "unit": "targets",
        "target": len(TARGETS),
        "against": (
            f"published 95 % intervals; all {len(numbers)} numbers of a target must be inside; outside: "
            f"{', '.join(missed) or 'none'}; Monte-Carlo error at most {worst:.0%} of half an interval"
        ),
    }
    yield {"name": "calibration_targets", "value": len(TARGETS), "unit": "targets", "target": len(TARGETS)}


def _forecasts() -> Iterator[dict[str, Any]]:
    """Each row is the worse of the two checks, real people and simulated ones; the other is named beside it."""
    real, simulated = keep_well_crossover.compare(), keep_well_people.compare()
    parts = {
        "ds005917 day 10": real,
        "ds005917 after ketamine": keep_well_crossover.with_only(real, "d"),
        "simulated last score": simulated,
    }
    held = {name: coverage(part.ours) for name, part in parts.items()}
    said = "; ".join(f"{name} {value:.0f} % of {len(parts[name].ours)}" for name, value in held.items())
    whole = [held["ds005917 day 10"], held["simulated last score"]]
    yield {
        "name": "interval_coverage_90_percent",
        "value": round(max(whole, key=lambda value: abs(value - 90)), 1),
        "unit": "%",
        "target": "85 to 95",
        "against": said,
    }
    for name, words in (("carried", "locf"), ("mixed", "mixed_model")):
        gaps = {part: difference(both.ours, getattr(both, name)) for part, both in parts.items()}
        yield {
            "name": f"forecast_logscore_minus_{words}",
            "value": round(max(gaps[part][0] for part in ("ds005917 day 10", "simulated last score")), 3),
            "unit": "nats",
            "target": "below 0",
            "against": "; ".join(f"{part} {gap:+.3f} (SE {error:.3f})" for part, (gap, error) in gaps.items()),
        }


def _seconds() -> Iterator[dict[str, Any]]:
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
