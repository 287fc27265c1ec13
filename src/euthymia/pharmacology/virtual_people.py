"""Virtual populations of ten thousand to ten million: drawn, simulated and summed up block by block, never all at once.

Person k of a seed has the same age, weight, sex and kinetics whatever the number of people, the block or the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.number import is_whole
from euthymia.pharmacology.compounds.load import load_model, read_data
from euthymia.pharmacology.expression import Evaluate, Expression
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.population import Normals, checked_quantiles, checked_seed, sample_effects, standard_normals
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.parallel import in_parallel
from euthymia.pharmacology.solve.system import Make, Parts, Values, slices

# Sums over people and peaks of each, as `closed_form.add_up` gives them, from what was drawn of so many people.
_AddUp = Callable[[Mapping[str, Values], int], tuple[Values, Values]]
MOST_PEOPLE = 20_000_000
# What is drawn of a person besides the random effects, by the names models use.
COVARIATES = ("age_y", "weight_kg", "female", "asian", "japanese")
# Blocks keep one processor busy in its own cache, and are no power of two (see `solve/fast.py`).
_PEOPLE_AT_ONCE = 2040
# Peaks are counted in classes of half a per cent, from a thousandth of a ng/mL up.
_LOWEST_PEAK, _CLASSES, _WIDTH = 1e-3, 4000, 0.005
# A range is taken to hold all but one in a thousand of each side.
_RANGE_SD = 3.29


@dataclass(frozen=True, slots=True)
class VirtualPeople:
    """Who is simulated: how many, which seed, and which data file says whom they are like."""

    people: int
    seed: int = 7
    like: str = "esketamine_programme"

    def __post_init__(self) -> None:
        if not is_whole(self.people) or not 1 <= self.people <= MOST_PEOPLE:
            raise BadInput("out_of_range", "people", f"Ask for 1 to {MOST_PEOPLE} people, as a whole number.")
        object.__setattr__(self, "people", int(self.people))
        object.__setattr__(self, "seed", checked_seed(self.seed, "seed"))
        if self.like not in ("esketamine_programme",):
            raise BadInput("unknown_population", "like", f"'{self.like}' is not known. Use: esketamine_programme.")

    def covariates(self, first: int, end: int, *, normals: Normals = standard_normals) -> dict[str, Values]:
        """Age, weight, sex and ancestry of persons `first` to `end - 1`, each (people,), by the names models use."""
        data = read_data("populations", self.like)
        names = ("virtual_age", "virtual_weight", "virtual_sex")
        age, weight, sex = normals(names, self.seed, end - first, first).T
        # The share of people below a normal number is what the sex is decided by, so its threshold is enough.
        female = sex < _normal_below(float(data["female"]["share"]))
        return {
            "age_y": _two_sided(age, data["age_y"], logarithmic=False),
            "weight_kg": _two_sided(weight, data["weight_kg"], logarithmic=True),
            "female": female.astype(np.float64),
            "asian": np.zeros(end - first),
            "japanese": np.zeros(end - first),
        }


@dataclass(frozen=True, slots=True)
class PopulationSummary:
    """What is kept of a virtual population.

    mean: (times, analytes), ng/mL.   peaks: analyte → quantile → ng/mL over the times asked for, to half a per cent.
    """

    people: VirtualPeople
    model_id: str
    at_h: Values
    analytes: tuple[str, ...]
    mean: Values
    peaks: Mapping[str, Mapping[float, float]]


def summarise(
    regimen: Regimen,
    people: VirtualPeople,
    at_h: Sequence[float] | Values,
    *,
    model: str | Model,
    quantiles: Sequence[float] = (0.05, 0.5, 0.95),
    compiled: bool = False,
) -> PopulationSummary:
    """Mean course and quantiles of the peak over the whole population, in memory that does not grow with it.

    compiled: use the kernel of the `fast` extra on every processor; the numbers are the same.
    Refuses what the model does not cover, as `simulate` does.
    """
    from euthymia.pharmacology.simulate import checked_times

    times, levels = checked_times(at_h), checked_quantiles(quantiles, "quantiles")
    chosen = model if isinstance(model, Model) else load_model(model)
    chosen.require_covers(regimen, _someone(people))
    keep = _Tally(times.size, len(chosen.outputs))
    normals = _normals(compiled=compiled)

    def drawn(part: slice) -> dict[str, Values]:
        effects = sample_effects(chosen, people.seed, part.stop - part.start, part.start, normals=normals)
        return {**people.covariates(part.start, part.stop, normals=normals), **effects}

    def parts(given: Mapping[str, Any], evaluate: Evaluate) -> Parts:
        covariates = {name: given[name] for name in COVARIATES}
        effects = {name: given[name] for name in chosen.varying}
        return chosen.parts(regimen, chosen.values(covariates, effects, evaluate=evaluate), evaluate=evaluate)

    add_up = _compiled(parts, (*COVARIATES, *chosen.varying), times) if compiled else _plain(parts, times)
    _run(lambda part: keep.count(*add_up(drawn(part), part.stop - part.start)), people.people, compiled=compiled)
    names = chosen.analytes(regimen)
    return PopulationSummary(
        people=people,
        model_id=chosen.id,
        at_h=times,
        analytes=names,
        mean=keep.total / people.people,
        peaks={name: {level: keep.peak(place, level) for level in levels} for place, name in enumerate(names)},
    )


def _plain(make: Make, times: Values) -> _AddUp:
    return lambda given, people: closed_form.add_up(make(given, Expression.__call__).system(people), times)


def _compiled(make: Make, names: Sequence[str], times: Values) -> _AddUp:
    from euthymia.pharmacology.solve import fast

    recipe = fast.Recipe(make, names, times)
    return lambda given, _: recipe.add_up(np.stack([given[name] for name in names]))


def _run(task: Callable[[slice], None], people: int, *, compiled: bool) -> None:
    """Simulate block after block, in this thread or, compiled, on every processor."""
    parts = slices(people, _PEOPLE_AT_ONCE)
    if compiled:
        in_parallel(task, parts)
        return
    for part in parts:
        task(part)


def _normals(*, compiled: bool) -> Normals:
    """Where the numbers people are drawn by come from; both give the same."""
    if not compiled:
        return standard_normals
    from euthymia.pharmacology import fast_draws

    return fast_draws.standard_normals


def _someone(people: VirtualPeople) -> Person:
    """A person in the middle of the population, for whom coverage is asked."""
    data = read_data("populations", people.like)
    return Person(float(data["age_y"]["median"]), "unspecified", float(data["weight_kg"]["median"]))


class _Tally:
    """Sums and classes of peaks. Blocks arrive in any order and at once, and are added whole."""

    def __init__(self, times: int, outputs: int) -> None:
        self.total = np.zeros((times, outputs))
        self.classes = np.zeros((outputs, _CLASSES), dtype=np.int64)
        self.lock = Lock()

    def count(self, sums: Values, peaks: Values) -> None:
        """sums: over people, (outputs, times).   peaks: (outputs, people)."""
        places = np.log(np.maximum(peaks, _LOWEST_PEAK) / _LOWEST_PEAK) / _WIDTH
        places = np.minimum(places, _CLASSES - 1).astype(np.int64)
        counted = np.stack([np.bincount(row, minlength=_CLASSES) for row in places])
        with self.lock:
            self.total += sums.T
            self.classes += counted

    def peak(self, output: int, level: float) -> float:
        """The middle of the class in which the quantile lies; 0 in the lowest."""
        counted = np.cumsum(self.classes[output])
        place = int(np.searchsorted(counted, level * counted[-1]))
        if place == 0:
            return 0.0
        return float(_LOWEST_PEAK * np.exp((place + 0.5) * _WIDTH))


def _two_sided(drawn: NDArray[np.float64], row: Mapping[str, Any], *, logarithmic: bool) -> Values:
    """A normal number as a value whose median and range are the row's."""
    low, median, high = (float(row[name]) for name in ("low", "median", "high"))
    reached = drawn / _RANGE_SD
    if logarithmic:
        found = median * np.exp(np.where(drawn < 0, np.log(median / low), np.log(high / median)) * reached)
    else:
        found = median + np.where(drawn < 0, median - low, high - median) * reached
    return np.clip(found, low, high)


def _normal_below(share: float) -> float:
    """The normal number below which this share of people lies, by bisection of the error function."""
    from math import erf, sqrt

    low, high = -8.0, 8.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        if 0.5 * (1 + erf(middle / sqrt(2))) < share:
            low = middle
        else:
            high = middle
    return low
