"""Where the prior's numbers come from: a reproducible fit to published summary statistics, and its report.

Every target is simulated with the same virtual persons for every candidate (common random numbers), and a seeded
search narrows around the best. Held-out targets take no part in the fit; the report shows both, hit or missed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from euthymia.response.course import DoseAt, Scale
from euthymia.response.load import read_data
from euthymia.response.population import BaselineScores, Setting, draw_persons, draw_scores, draw_setting
from euthymia.response.prior import Floats, Prior
from euthymia.response.relative_dose import relative_dose

MADRS = Scale("madrs", 0, 60)
# Read from nimh_ds005917; the other calibration trials' baselines are close but were not read in a table.
BASELINE = BaselineScores(mean=33.38, sd=4.57)
TYPICAL_WEIGHT_KG = 80.0
SEARCHED = (
    ("gain", "middle"),
    ("gain", "spread"),
    ("fade_days", "middle"),
    ("fade_days", "spread"),
    ("expectancy", "middle"),
    ("expectancy", "spread"),
)
# Summary statistics barely bound these spreads from above; without a weak pull the search drifts along a flat valley.
MODERATE_SPREADS = (("gain", 1.4, 0.3), ("fade_days", 0.6, 0.7))


class Use(StrEnum):
    """Whether a target takes part in the fit."""

    FIT = "fit"
    HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True)
class Target:
    """A published number with its 95 % interval."""

    id: str
    what: str
    value: float
    low: float
    high: float
    use: Use
    source: str
    provenance: str


@dataclass(frozen=True, slots=True)
class Compared:
    """A target beside what the prior predicts."""

    target: Target
    predicted: float
    predicted_low: float
    predicted_high: float

    @property
    def inside(self) -> bool:
        """True when the prediction for a middling setting lies in the published interval."""
        return self.target.low <= self.predicted <= self.target.high

    @property
    def reachable(self) -> bool:
        """True when the published interval meets the middle 90 % of settings the prior expects."""
        return self.predicted_low <= self.target.high and self.target.low <= self.predicted_high


def load_targets() -> tuple[Target, ...]:
    """The shipped targets in file order."""
    return tuple(Target(**{**row, "use": Use(row["use"])}) for row in read_data("targets")["target"])


def report(prior: Prior, seed: int, *, people: int = 4000, settings: int = 40) -> tuple[Compared, ...]:
    """Every target beside its prediction: a middling setting, and the middle 90 % of `settings` drawn ones."""
    predicted = predict_targets(prior, seed, people=people)
    rng = np.random.default_rng((seed, 1))
    places = [draw_setting(prior, rng) for _ in range(settings)]
    elsewhere = [predict_targets(prior, seed, people=people // 4, setting=place) for place in places]
    rows = []
    for target in load_targets():
        low, high = np.quantile([place[target.id] for place in elsewhere], (0.05, 0.95))
        rows.append(Compared(target, predicted[target.id], float(low), float(high)))
    return tuple(rows)


def calibrate(prior: Prior, seed: int, *, rounds: int = 25, candidates: int = 30, people: int = 1500) -> Prior:
    """The prior with the searched numbers that bring the fitted targets closest, from where `prior` starts.

    Narrows a cloud of candidates around its best fifth (cross-entropy search) on the log of each number.
    """
    targets = tuple(target for target in load_targets() if target.use is Use.FIT)
    rng = np.random.default_rng(seed)
    middle = np.log([getattr(prior.trait(name), field) for name, field in SEARCHED])
    spread = np.full(len(SEARCHED), 0.5)
    best, best_loss = prior, loss(prior, targets, seed, people=people)
    for _ in range(rounds):
        cloud = middle + spread * rng.standard_normal((candidates, len(SEARCHED)))
        losses = np.empty(candidates)
        for index, point in enumerate(cloud):
            candidate = _at(prior, point)
            losses[index] = loss(candidate, targets, seed, people=people)
            if losses[index] < best_loss:
                best, best_loss = candidate, float(losses[index])
        chosen = cloud[np.argsort(losses)[: candidates // 5]]
        middle, spread = chosen.mean(axis=0), 0.9 * chosen.std(axis=0) + 0.1 * spread
    return best


def loss(prior: Prior, targets: tuple[Target, ...], seed: int, *, people: int) -> float:
    """Sum of squared misses in published standard errors, plus a weak pull of spreads towards moderate values.

    A level seen in one arm is allowed to be off by what settings differ; a difference between arms is not.
    """
    predicted = predict_targets(prior, seed, people=people)
    between_points = prior.trait("expectancy").between_settings * BASELINE.mean
    total = 0.0
    for target in targets:
        error = (target.high - target.low) / 3.92
        if ".change_" in target.id:
            error = float(np.hypot(error, between_points))
        if ".response" in target.id:
            error = float(np.hypot(error, 100 * prior.trait("expectancy").between_settings))
        total += ((predicted[target.id] - target.value) / error) ** 2
    return total + sum(
        float((np.log(prior.trait(name).spread / moderate) / width) ** 2) for name, moderate, width in MODERATE_SPREADS
    )


def _at(prior: Prior, point: Floats) -> Prior:
    for (name, field), value in zip(SEARCHED, np.exp(point), strict=True):
        prior = prior.with_trait(name, **{field: float(value)})
    return prior


def predict_targets(prior: Prior, seed: int, *, people: int, setting: Setting | None = None) -> dict[str, float]:
    """What the prior predicts for each target id in `setting` (a middling one unless given)."""
    parts: tuple[Callable[[_Bench], dict[str, float]], ...] = (_single, _repeated, _schedules)
    bench = _Bench(prior, seed, people, setting or Setting())
    return {key: value for part in parts for key, value in part(bench).items()}


@dataclass(frozen=True, slots=True)
class _Bench:
    """The same persons, given other doses."""

    prior: Prior
    seed: int
    people: int
    setting: Setting

    def scores(self, doses: tuple[DoseAt, ...], days: tuple[float, ...]) -> Floats:
        """Ratings on days, the first before any dose, (persons, days). The same seed is the same persons and luck."""
        rng = np.random.default_rng(self.seed)
        persons = draw_persons(self.prior, self.people, rng, setting=self.setting, scale=MADRS, baseline=BASELINE)
        return draw_scores(persons, doses, np.array(days), prior=self.prior, scale=MADRS, rng=rng)


def _single(bench: _Bench) -> dict[str, float]:
    days = (0.0, 1.0, 2.0, 7.0, 10.0)
    active = bench.scores((DoseAt(0.0, 1.0),), days)
    control = bench.scores((DoseAt(0.0, 0.0),), days)
    gap = active.mean(axis=0) - control.mean(axis=0)
    pooled = np.sqrt((active.var(axis=0) + control.var(axis=0)) / 2)
    change, plain = active - active[:, :1], control - control[:, :1]
    return {
        "T1.difference": float(gap[1]),
        "T1.response_ketamine": _responders(active, 1),
        "T1.response_control": _responders(control, 1),
        "T1.change_control": float(plain[:, 1].mean()),
        "T2.difference_day2": float(gap[2]),
        "T2.difference_day10": float(gap[4]),
        "T2.sd_change_day2": float(change[:, 2].std()),
        "T2.sd_change_saline": float(plain[:, 2].std()),
        "T2.change_saline": float(plain[:, 2].mean()),
        "T2.rebound": float((active[:, 4] - active[:, 2]).mean()),
        "T2.sd_rebound": float((active[:, 4] - active[:, 2]).std()),
        "T2.response_day2": _responders(active, 2),
        "T3.kept_to_day7": float(gap[3] / gap[1]) if gap[1] else 0.0,
        "T3.g_day1": float(gap[1] / pooled[1]),
    }


def _responders(scores: Floats, column: int) -> float:
    return float(100 * np.mean(scores[:, column] <= 0.5 * scores[:, 0]))


def _repeated(bench: _Bench) -> dict[str, float]:
    """Six open infusions over 12 days, then twice-weekly visits without drug to day 83 after the last.

    Relapse: two visits running with less than half the baseline gone (the definition as we recall it).
    """
    doses = tuple(DoseAt(day) for day in (0.0, 2.0, 4.0, 7.0, 9.0, 11.0))
    visits = tuple(11.0 + 3.5 * step for step in range(1, 24))
    scores = bench.scores(doses, (0.0, 2 / 24, 12.0, *visits))
    responded = scores[:, 2] <= 0.5 * scores[:, 0]
    bad = scores[responded, 3:] > 0.5 * scores[responded, :1]
    twice = bad[:, :-1] & bad[:, 1:]
    first = np.where(twice.any(axis=1), twice.argmax(axis=1), len(visits))
    return {
        "T6.response": float(100 * responded.mean()),
        "T6.relapse_day": float(3.5 * (1 + np.median(first))) if first.size else 0.0,
        "T6.change_2h": float((scores[:, 1] - scores[:, 0]).mean()),
    }


def _schedules(bench: _Bench) -> dict[str, float]:
    """Nasal esketamine twice a week to day 8, and infusions two or three times a week to day 15."""
    placebo = bench.scores((DoseAt(0.0, 0.0), DoseAt(3.5, 0.0)), (0.0, 8.0))
    result: dict[str, float] = {}
    for amount_mg in (28, 56, 84):
        strength = relative_dose("esketamine", "nasal", amount_mg=amount_mg, weight_kg=TYPICAL_WEIGHT_KG)
        active = bench.scores((DoseAt(0.0, strength), DoseAt(3.5, strength)), (0.0, 8.0))
        result[f"T4.difference_{amount_mg}mg_day8"] = float((active[:, 1] - placebo[:, 1]).mean())
    for name, days in (("twice", (0.0, 3.0, 7.0, 10.0, 14.0)), ("thrice", (0.0, 2.0, 4.0, 7.0, 9.0, 11.0, 14.0))):
        scores = bench.scores(tuple(DoseAt(day) for day in days), (0.0, 15.0))
        result[f"T5.change_{name}_weekly_day15"] = float((scores[:, 1] - scores[:, 0]).mean())
    return result
