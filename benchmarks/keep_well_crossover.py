"""Real people: MADRS on day 10 of NIMH ds005917 from baseline and day 2, each person out of sample.

The prior is calibrated without this trial; then, for each fifth of its people, the persons of the other four are let
in. So nobody's own ratings take part in any number that forecasts them. The peers are fitted to all but the person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.keep_well_mixed import Measured, carried_forward_sd, fit_mixed
from benchmarks.keep_well_score import Forecasted, from_draws, from_normal
from euthymia.response import Course, DoseAt, Prior, ScoreAt, forecast, learn, load_prior
from euthymia.response.calibrate import INDIVIDUAL, Calibration, calibrate, starting_point
from euthymia.response.individual import Crossover, load_crossover
from euthymia.response.trials import MADRS, TRIALS

Floats = NDArray[np.float64]
ARMS = {"d": 1.0, "p": 0.0}
CELLS = ("b0", "d2", "d10", "p2", "p10")
FOLDS, SEED, DRAWS = 5, 7, 8000
ROUNDS_TO_LET_IN = 6


@dataclass(frozen=True, slots=True)
class Compared:
    ours: tuple[Forecasted, ...]
    carried: tuple[Forecasted, ...]
    mixed: tuple[Forecasted, ...]


def compare(*, people: int = 4000) -> Compared:
    """Every day-10 rating that can be forecast, by us and by the peers, in one order."""
    persons = load_crossover()
    others = tuple(name for name in TRIALS if name != INDIVIDUAL)
    without = calibrate(starting_point(load_prior(), others), SEED, people=people, trials=others)
    ours: list[Forecasted] = []
    carried: list[Forecasted] = []
    mixed: list[Forecasted] = []
    for fold in range(FOLDS):
        held = persons[fold::FOLDS]
        rest = tuple(person for person in persons if person not in held)
        found = calibrate(without, SEED, rounds=ROUNDS_TO_LET_IN, people=people, persons=rest)
        prior = prior_there(found)
        for person in held:
            asked = [arm for arm in ARMS if {"b0", f"{arm}2", f"{arm}10"} <= set(person.ratings)]
            ours += [_ours(prior, person, arm) for arm in asked]
            carried += [_carried(persons, person, arm) for arm in asked]
            mixed += _mixed(persons, person, asked)
    return Compared(tuple(ours), tuple(carried), tuple(mixed))


def prior_there(found: Calibration) -> Prior:
    """The prior for one more person of that trial: its setting is now known from the others."""
    prior, place = found.prior, found.settings[INDIVIDUAL]
    for name in ("gain", "expectancy", "trend"):
        trait = prior.trait(name)
        middle = float(trait.value(np.array([0.0]), shift=getattr(place, name))[0])
        prior = prior.with_trait(name, middle=middle, between_settings=0.0)
    return prior.with_trait("swing", between_settings=0.0)


def _ours(prior: Prior, person: Crossover, arm: str) -> Forecasted:
    heard = (ScoreAt(0, person.ratings["b0"]), ScoreAt(2, person.ratings[f"{arm}2"]))
    known = learn(Course(MADRS, heard, (DoseAt(0, ARMS[arm]),), blinded=True), prior, SEED, draws=DRAWS)
    draws = forecast(known, [10]).draws[:, 0]
    return from_draws(person.id + arm, person.ratings[f"{arm}10"], draws, MADRS.width)


def _carried(persons: Sequence[Crossover], person: Crossover, arm: str) -> Forecasted:
    early, late = f"{arm}2", f"{arm}10"
    pairs = [
        (one.ratings[early], one.ratings[late])
        for one in persons
        if one != person and {early, late} <= set(one.ratings)
    ]
    return from_normal(
        person.id + arm, person.ratings[late], person.ratings[early], carried_forward_sd(pairs), MADRS.width
    )


def _mixed(persons: Sequence[Crossover], person: Crossover, asked: Sequence[str]) -> list[Forecasted]:
    """Fixed effects: every visit of every arm. Random: the person, and the person under each infusion."""
    model = fit_mixed(
        [_measured(one, [cell for cell in CELLS if cell in one.ratings]) for one in persons if one != person]
    )
    result = []
    for arm in asked:
        seen = _measured(person, ["b0", f"{arm}2"])
        mean, sd = model.forecast(seen, *_design([f"{arm}10"]))
        result.append(from_normal(person.id + arm, person.ratings[f"{arm}10"], mean, sd, MADRS.width))
    return result


def _measured(person: Crossover, cells: Sequence[str]) -> Measured:
    return Measured(np.array([person.ratings[cell] for cell in cells]), *_design(cells))


def _design(cells: Sequence[str]) -> tuple[Floats, Floats]:
    fixed = np.array([[float(cell == column) for column in CELLS] for cell in cells])
    random = np.array([[1.0, float(cell[0] == "d"), float(cell[0] == "p")] for cell in cells])
    return fixed, random


def with_only(compared: Compared, arm: str) -> Compared:
    """The part of one arm."""
    parts = (
        tuple(one for one in part if one.person.endswith(arm))
        for part in (compared.ours, compared.carried, compared.mixed)
    )
    return replace(compared, **dict(zip(("ours", "carried", "mixed"), parts, strict=True)))
