"""One virtual trial: virtual people, the clinic's own rules for who and how much, the course model for what follows.

`run` is pure and replayable: the same design, seed and code give the same outcome to the last digit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from euthymia.errors import BadInput
from euthymia.research.design import Arm, Design
from euthymia.research.estimate import Estimated, adjusted_difference, mean_change, response_rate
from euthymia.research.screening import Candidate, Screened, draw_candidate, screen
from euthymia.response import DoseAt, Prior, load_prior
from euthymia.response.model import Persons, severity
from euthymia.response.population import BaselineScores, Setting, draw_left_over, draw_persons, draw_setting
from euthymia.response.prior import TRAITS, Floats

MOST_CANDIDATES_PER_PERSON = 50


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial of this design found.

    screened_out: reason → candidates it kept out (each counted once, under the first reason care gave).
    mean_dose_mg: arm → mean of the doses care ordered; control arms are absent.
    """

    design_hash: str
    seed: int
    estimates: tuple[Estimated, ...]
    candidates: int
    screened_out: Mapping[str, int]
    mean_dose_mg: Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class _Enrolled:
    """The persons of one arm: traits, the noise of their ratings at baseline and endpoint, and their doses."""

    persons: Persons
    left_over: Floats
    screened: list[Screened]


def run(design: Design, seed: int, *, prior: Prior | None = None) -> Outcome:
    """One replicate of the design."""
    belief = prior or load_prior()
    rng = np.random.default_rng(seed)
    setting = draw_setting(belief, rng)
    counts: Counter[str] = Counter()
    arms: dict[str, tuple[Floats, Floats]] = {}
    doses: dict[str, float] = {}
    candidates = 0
    for arm in design.arms:
        enrolled, asked = _enrol(design, arm, belief, setting, rng, counts)
        candidates += asked
        arms[arm.id] = _rate(design, arm, belief, enrolled)
        if arm.protocol:
            doses[arm.id] = float(np.mean([one.dose_mg for one in enrolled.screened]))
    return Outcome(
        design_hash=design.hash,
        seed=seed,
        estimates=_estimates(design, arms),
        candidates=candidates,
        screened_out=MappingProxyType(dict(sorted(counts.items()))),
        mean_dose_mg=MappingProxyType(doses),
    )


def _enrol(
    design: Design, arm: Arm, prior: Prior, setting: Setting, rng: np.random.Generator, counts: Counter[str]
) -> tuple[_Enrolled, int]:
    """Asks candidates until the arm is full; those whom the rating scale or care keeps out are counted."""
    people, scale = design.population, design.endpoint.scale
    baseline = BaselineScores(people.baseline_mean, people.baseline_sd)
    # Weather and rating error of each candidate at baseline and at the endpoint.
    days = np.array([0.0, design.endpoint.at_day])
    batch = arm.persons
    pools: list[tuple[Persons, Floats]] = []
    kept: list[int] = []
    screened: list[Screened] = []
    asked = 0
    while len(kept) < arm.persons:
        if asked >= MOST_CANDIDATES_PER_PERSON * arm.persons:
            reasons = ", ".join(name for name, _ in counts.most_common(3))
            raise BadInput("nobody_eligible", "population", f"Too few candidates pass the rules; mostly: {reasons}.")
        persons = draw_persons(prior, batch, rng, setting=setting, scale=scale, baseline=baseline)
        left_over = draw_left_over(persons, days, prior.noise_for(scale), rng)
        pools.append((persons, left_over))
        for index in range(batch):
            if len(kept) == arm.persons:
                break
            asked += 1
            candidate = draw_candidate(design, rng)
            rating = _points(design, persons.baseline[index] + left_over[index, 0])
            verdict = _admit(design, arm, candidate, float(rating), counts)
            if verdict is not None:
                kept.append((len(pools) - 1) * batch + index)
                screened.append(verdict)
    return _Enrolled(_chosen(pools, kept), np.concatenate([rest for _, rest in pools])[kept], screened), asked


def _admit(design: Design, arm: Arm, candidate: Candidate, rating: float, counts: Counter[str]) -> Screened | None:
    if rating < design.population.entry_minimum:
        counts["entry_score"] += 1
        return None
    verdict = screen(design, arm, candidate)
    if verdict.kept_out_by:
        counts[verdict.kept_out_by] += 1
        return None
    return verdict


def _chosen(pools: list[tuple[Persons, Floats]], kept: list[int]) -> Persons:
    def column(name: str) -> Floats:
        return np.asarray(np.concatenate([getattr(persons, name) for persons, _ in pools])[kept], dtype=np.float64)

    return Persons(**{name: column(name) for name in TRAITS})


def _points(design: Design, fraction: Floats | np.float64) -> Floats:
    scale = design.endpoint.scale
    return np.asarray(np.round(scale.minimum + scale.width * np.clip(fraction, 0.0, 1.0)), dtype=np.float64)


def _rate(design: Design, arm: Arm, prior: Prior, enrolled: _Enrolled) -> tuple[Floats, Floats]:
    """Ratings at baseline and at the endpoint, points, each (persons,)."""
    persons = enrolled.persons
    sessions = [DoseAt(day, 1.0 if arm.protocol else 0.0) for day in arm.days]
    # Every session of a person has that person's own dose.
    own = np.array([one.relative_dose for one in enrolled.screened]) if arm.protocol else 1.0
    end = severity(persons, sessions, np.array([design.endpoint.at_day]), prior, dose_times=own)[:, 0]
    rated = persons.baseline + enrolled.left_over[:, 0]
    return _points(design, rated), _points(design, end + enrolled.left_over[:, 1])


def _estimates(design: Design, arms: Mapping[str, tuple[Floats, Floats]]) -> tuple[Estimated, ...]:
    share = design.endpoint.response_share
    found: list[Estimated] = []
    for ident, (baseline, end) in arms.items():
        if ident != design.control:
            name = f"difference:{ident}-{design.control}"
            found.append(adjusted_difference(name, (baseline, end), arms[design.control]))
    for ident, (baseline, end) in arms.items():
        found.append(mean_change(f"change:{ident}", baseline, end))
        found.append(response_rate(f"response:{ident}", baseline, end, share))
    return tuple(found)
