"""Where the prior's numbers come from: a reproducible fit to published summary statistics, and its report.

Every trial is played with the same virtual persons for every candidate (common random numbers), and the persons of the
one public trial are heard one by one. Gauss-Newton steps move the prior's numbers and each trial's own setting at once:
a trial may differ from the middle in how much its people expect of a session, how much the drug does for them and how
much time does, and pays for it as much as the prior says settings differ. Held-out targets take no part in the fit; the
report shows both, hit or missed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from types import MappingProxyType

import numpy as np

from euthymia.response.individual import Crossover, load_crossover, surprise
from euthymia.response.load import read_data
from euthymia.response.population import Setting, draw_setting
from euthymia.response.prior import Floats, Prior
from euthymia.response.trials import TRIALS, Stage, Trial

# How far a number is turned to see what it does, and the most it moves in one round (on its own scale, mostly a log).
STEP, LONGEST_STEP = 0.04, 0.5
LEAST_RATIO = 0.01
MOST_DAMPING, NOT_WORTH_A_ROUND = 1e3, 0.02
INDIVIDUAL = "nimh_ds005917"


class Use(StrEnum):
    """What part a target takes.

    INDIVIDUAL: not itself in the fit, but the ratings it was computed from are, person by person.   HELD_OUT: only
    compared.   NO_INTERVAL: only compared, and no interval was published.
    """

    FIT = "fit"
    INDIVIDUAL = "individual"
    HELD_OUT = "held_out"
    NO_INTERVAL = "no_interval"


@dataclass(frozen=True, slots=True)
class Target:
    """A published number with its 95 % interval.

    main: the number of a calibration target itself; the others were published beside it.
    """

    id: str
    what: str
    value: float
    low: float
    high: float
    use: Use
    source: str
    provenance: str
    main: bool = False

    @property
    def group(self) -> str:
        return self.id.split(".")[0]

    def off_by(self, predicted: float) -> float:
        """How far a prediction is off in standard errors of the published interval; for a ratio, of its log."""
        if "ratio" in self.id:
            error = np.log(self.high / self.low) / 3.92
            return float(np.log(max(predicted, LEAST_RATIO) / self.value) / error)
        return (predicted - self.value) / ((self.high - self.low) / 3.92)


@dataclass(frozen=True, slots=True)
class Compared:
    """A target beside what the prior predicts in that trial's own setting, and in settings drawn from those expected.

    monte_carlo: standard error of the prediction, from playing it with other virtual persons.
    """

    target: Target
    predicted: float
    monte_carlo: float
    elsewhere_low: float
    elsewhere_high: float

    @property
    def inside(self) -> bool:
        """True when the prediction lies in the published interval."""
        return self.target.low <= self.predicted <= self.target.high


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """A prior, what each trial's setting turned out to be, and how an ECT compares with an infusion (log of gains)."""

    prior: Prior
    settings: Mapping[str, Setting] = field(default_factory=dict)
    ect: float = 0.0


@cache
def load_targets() -> tuple[Target, ...]:
    """The shipped targets in file order."""
    return tuple(Target(**{**row, "use": Use(row["use"])}) for row in read_data("targets")["target"])


def load_calibration(prior: Prior) -> Calibration:
    """The shipped settings of the trials beside a prior."""
    data = read_data("trial_settings")
    settings = {
        row["id"]: Setting(**{name: value for name, value in row.items() if name != "id"}) for row in data["trial"]
    }
    return Calibration(prior, MappingProxyType(settings), float(data["ect"]["value"]))


def predict_targets(
    found: Calibration, seed: int, *, people: int, trials: Sequence[str] = tuple(TRIALS)
) -> dict[str, float]:
    """What the calibration predicts for each target id of these trials, each in its own setting."""
    result: dict[str, float] = {}
    for name in trials:
        trial = TRIALS[name]
        result |= trial.play(_stage(found, trial, seed, people), {"ect": found.ect})
    return result


def _stage(found: Calibration, trial: Trial, seed: int, people: int) -> Stage:
    prior = found.prior.opened() if trial.open_label else found.prior
    setting = found.settings.get(trial.id, Setting())
    return Stage(prior, seed, people * trial.crowd, setting, trial.scale, trial.baseline)


def report(
    found: Calibration, seed: int, *, people: int = 4000, repeats: int = 8, settings: int = 20
) -> tuple[Compared, ...]:
    """Every target beside its prediction with its Monte-Carlo error, and the middle 90 % of `settings` drawn ones."""
    runs = [predict_targets(found, seed + 1000 * again, people=people) for again in range(repeats)]
    rng = np.random.default_rng((seed, 1))
    elsewhere = []
    for _ in range(settings):
        place = draw_setting(found.prior, rng)
        there = replace(found, settings=dict.fromkeys(TRIALS, place))
        elsewhere.append(predict_targets(there, seed, people=people // 4))
    rows = []
    for target in load_targets():
        values = np.array([run[target.id] for run in runs])
        low, high = np.quantile([run[target.id] for run in elsewhere], (0.05, 0.95), method="nearest")
        spread = float(values.std(ddof=1) / np.sqrt(repeats)) if repeats > 1 else 0.0
        rows.append(Compared(target, float(values.mean()), spread, float(low), float(high)))
    return tuple(rows)


def groups_inside(rows: Sequence[Compared]) -> Mapping[str, bool]:
    """For each calibration target, whether all its published numbers that have an interval lie inside."""
    named: dict[str, bool] = {}
    for row in rows:
        if row.target.use is not Use.NO_INTERVAL:
            named[row.target.group] = named.get(row.target.group, True) and row.inside
    return MappingProxyType(named)


@dataclass(frozen=True, slots=True)
class Dial:
    """One number the search turns.

    start: where it is before the search.   width: how strongly it is pulled back there (a standard deviation);
    infinite where the targets alone decide.   trial: the one trial it touches; empty when all.
    """

    name: str
    read: Callable[[Calibration], float]
    write: Callable[[Calibration, float], Calibration]
    start: float
    width: float = float("inf")
    trial: str = ""


def _trait_dial(name: str, part: str, start: float, width: float = float("inf"), *, log: bool = True) -> Dial:
    def read(found: Calibration) -> float:
        value = float(getattr(found.prior.trait(name), part))
        return float(np.log(value)) if log else value

    def write(found: Calibration, value: float) -> Calibration:
        return replace(found, prior=found.prior.with_trait(name, **{part: float(np.exp(value)) if log else value}))

    return Dial(f"{name}.{part}", read, write, float(np.log(start)) if log else start, width)


def _effect_dial(name: str, start: float, width: float, *, log: bool = True) -> Dial:
    def read(found: Calibration) -> float:
        value = float(getattr(found.prior.effects, name))
        return float(np.log(value)) if log else value

    def write(found: Calibration, value: float) -> Calibration:
        turned = float(np.exp(value)) if log else value
        return replace(found, prior=replace(found.prior, effects=replace(found.prior.effects, **{name: turned})))

    return Dial(name, read, write, float(np.log(start)) if log else start, width)


def _noise_dial(name: str, start: float, width: float) -> Dial:
    def read(found: Calibration) -> float:
        return float(np.log(getattr(found.prior.noise, name)))

    def write(found: Calibration, value: float) -> Calibration:
        noise = replace(found.prior.noise, **{name: float(np.exp(value))})
        return replace(found, prior=replace(found.prior, noise=noise))

    return Dial(f"noise.{name}", read, write, float(np.log(start)), width)


def _setting_dial(trial: str, name: str, between: float) -> Dial:
    def read(found: Calibration) -> float:
        return float(getattr(found.settings.get(trial, Setting()), name))

    def write(found: Calibration, value: float) -> Calibration:
        moved = replace(found.settings.get(trial, Setting()), **{name: value})
        return replace(found, settings={**found.settings, trial: moved})

    return Dial(f"{trial}.{name}", read, write, 0.0, between, trial)


def dials(prior: Prior, trials: Sequence[str]) -> tuple[Dial, ...]:
    """Every number the search may turn. Summary statistics hardly bound spreads from above, so those are pulled."""
    shared = (
        _trait_dial("gain", "middle", 0.3),
        _trait_dial("gain", "spread", 1.2, 0.4),
        _trait_dial("fade_days", "middle", 3.0),
        _trait_dial("fade_days", "spread", 0.8, 0.4),
        _trait_dial("expectancy", "middle", 0.2, log=False),
        _trait_dial("expectancy", "spread", 0.25, 0.3),
        _trait_dial("trend", "middle", 0.2, 1.0),
        _trait_dial("trend", "spread", 0.8, 0.3),
        _trait_dial("oral", "middle", 0.3, log=False),
        _trait_dial("oral", "spread", 0.3, 0.5),
        _trait_dial("swing", "spread", 0.35, 0.3),
        _noise_dial("measurement", 0.035, 0.3),
        _noise_dial("weather", 0.075, 0.3),
        _noise_dial("weather_days", 40.0, 0.5),
        _effect_dial("onset_days", 0.08, 0.5),
        _effect_dial("half_dose", 0.5, 0.5),
        _effect_dial("open_expectancy", 0.2, 0.3, log=False),
        _effect_dial("expectancy_days", 7.0, 0.4),
        _effect_dial("lasting_share", 0.06, 0.7),
        _effect_dial("lasting_days", 60.0, 0.5),
        _effect_dial("trend_days", 21.0, 0.4),
        _effect_dial("oral_days", 21.0, 0.4),
    )
    own = [
        _setting_dial(name, part, prior.trait(part).between_settings) for name in trials for part in TRIALS[name].own
    ]
    ect = Dial("ect", lambda found: found.ect, lambda found, value: replace(found, ect=value), -0.8, 1.0, "elektd2023")
    return (*shared, *own, *((ect,) if "elektd2023" in trials else ()))


def starting_point(prior: Prior, trials: Sequence[str] = tuple(TRIALS)) -> Calibration:
    """Every number the search may turn put back to where it starts, whatever `prior` says; the rest is the prior's."""
    found = Calibration(prior)
    for dial in dials(prior, trials):
        found = dial.write(found, dial.start)
    return found


def calibrate(
    start: Calibration,
    seed: int,
    *,
    rounds: int = 25,
    people: int = 4000,
    trials: Sequence[str] = tuple(TRIALS),
    persons: Sequence[Crossover] | None = None,
) -> Calibration:
    """The calibration that brings the fitted targets closest, from `start`, by damped Gauss-Newton steps.

    persons: those of ds005917 who are fitted one by one; all of them unless given.
    """
    search = _Search(dials(start.prior, trials), seed, people, tuple(trials), _persons(trials, persons))
    found, damping = start, 0.03
    misses = search.misses(found)
    for _ in range(rounds):
        slopes = search.slopes(found, misses)
        while True:
            better = search.stepped(found, misses, slopes, damping)
            there = search.misses(better)
            if there.loss < misses.loss:
                break
            damping *= 5
            if damping > MOST_DAMPING:
                return found
        gained = misses.loss - there.loss
        found, misses, damping = better, there, damping / 3
        if gained < NOT_WORTH_A_ROUND:
            break
    return found


def loss(found: Calibration, seed: int, *, people: int) -> float:
    """Squared misses in published standard errors, twice the surprise at ds005917, and what unusual numbers pay."""
    search = _Search(dials(found.prior, tuple(TRIALS)), seed, people, tuple(TRIALS), _persons(tuple(TRIALS), None))
    return search.misses(found).loss


def _persons(trials: Sequence[str], persons: Sequence[Crossover] | None) -> tuple[Crossover, ...]:
    if INDIVIDUAL not in trials:
        return ()
    return load_crossover() if persons is None else tuple(persons)


@dataclass(frozen=True, slots=True, eq=False)
class _Misses:
    """By trial: how far off each target is in standard errors and how surprising each person; and what pulls pay."""

    off: Mapping[str, Floats]
    surprise: Floats
    pulled: Floats

    @property
    def loss(self) -> float:
        return float(
            sum(np.sum(off**2) for off in self.off.values()) + 2 * self.surprise.sum() + np.sum(self.pulled**2)
        )

    def flat(self) -> Floats:
        return np.concatenate([*self.off.values(), self.surprise, self.pulled])


@dataclass(frozen=True, slots=True)
class _Search:
    dials: tuple[Dial, ...]
    seed: int
    people: int
    trials: tuple[str, ...]
    persons: tuple[Crossover, ...]

    def misses(self, found: Calibration, before: _Misses | None = None, trial: str = "") -> _Misses:
        """All misses; with `trial`, only that one is played again and the others are as `before`."""
        again = (trial,) if trial else self.trials
        off = dict(before.off) if before else {}
        for name in again:
            predicted = predict_targets(found, self.seed, people=self.people, trials=(name,))
            off[name] = np.array(
                [
                    target.off_by(predicted[target.id])
                    for target in load_targets()
                    if target.use is Use.FIT and target.id in predicted
                ]
            )
        heard = before.surprise if before else np.zeros(0)
        if INDIVIDUAL in again and self.persons:
            heard = surprise(_stage(found, TRIALS[INDIVIDUAL], self.seed, self.people), self.persons)
        pulls = [(dial.read(found) - dial.start) / dial.width for dial in self.dials if np.isfinite(dial.width)]
        return _Misses(off, heard, np.array(pulls))

    def slopes(self, found: Calibration, misses: _Misses) -> Floats:
        here, columns = misses.flat(), []
        for dial in self.dials:
            turned = self.misses(dial.write(found, dial.read(found) + STEP), misses, dial.trial)
            columns.append((turned.flat() - here) / STEP)
        return np.stack(columns, axis=1)

    def stepped(self, found: Calibration, misses: _Misses, slopes: Floats, damping: float) -> Calibration:
        """One step downhill. A surprise counts as a miss of one: its slopes then give its share of the curvature."""
        missed = np.concatenate([*misses.off.values(), np.ones(misses.surprise.size), misses.pulled])
        inner = slopes.T @ slopes
        step = np.linalg.solve(inner + damping * np.diag(np.diag(inner) + 1.0), -slopes.T @ missed)
        for dial, move in zip(self.dials, np.clip(step, -LONGEST_STEP, LONGEST_STEP), strict=True):
            found = dial.write(found, dial.read(found) + float(move))
        return found
