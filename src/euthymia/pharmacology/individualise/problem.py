"""One question put to the engine many times: which random effects explain these observations?

A `Problem` holds one person, or many people seen at the same moments, and answers for whole batches of candidate
effects at once: each candidate is one more "person" of a single solve, so the population solvers do the work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.individualise.prior import Prior
from euthymia.pharmacology.individualise.sheet import Sheet
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.solve.system import LinearSystem, slices

Values = NDArray[np.float64]
Rows = NDArray[np.int64]
Solve = Callable[[LinearSystem, Values], Values]
# Candidates are solved in blocks, so that thousands of draws against hundreds of moments do not fill the memory.
_NUMBERS_AT_ONCE = 4_000_000


class Read(Protocol):
    """What fills some columns of the sheet from a solved course."""

    def into(self, predicted: Values, solved: Values, effects: Mapping[str, Values]) -> None:
        """predicted: (rows, columns), written to.   solved: (rows, times, outputs)."""


@dataclass(frozen=True, slots=True)
class LevelRead:
    """Levels: an output of the model at some of the solved times."""

    columns: Rows
    times: Rows
    outputs: Rows

    def into(self, predicted: Values, solved: Values, effects: Mapping[str, Values]) -> None:
        """Concentrations in ng/mL."""
        predicted[:, self.columns] = solved[:, self.times, self.outputs]


@dataclass(frozen=True, slots=True)
class EffectSite:
    """A site that follows an output of the model with delay; `ke0_per_h` finds the delay among a person's effects."""

    output: int
    share: float
    ke0_per_h: Callable[[Mapping[str, Values]], Values]


@dataclass(frozen=True, slots=True)
class Occasion:
    """Doses of one occasion. own: parameter → name of the random effect it has then, where that differs."""

    doses: Regimen
    own: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Track:
    """One model solved once per batch and occasion, and what is read from it. at_h: (times,), increasing.

    occasions: one where the model knows of no difference between them; their courses add up.
    """

    model: Model
    occasions: tuple[Occasion, ...]
    at_h: Values
    sites: tuple[EffectSite, ...]
    reads: tuple[Read, ...]

    def fill(self, predicted: Values, person: Person, effects: Mapping[str, Values], solve: Solve) -> None:
        """Writes this track's columns of the predictions, (rows, columns)."""
        solved = self._solved(self.occasions[0], person, effects, solve)
        for occasion in self.occasions[1:]:
            solved = solved + self._solved(occasion, person, effects, solve)
        for read in self.reads:
            read.into(predicted, solved, effects)

    def _solved(self, occasion: Occasion, person: Person, effects: Mapping[str, Values], solve: Solve) -> Values:
        then = {**effects, **{name: effects[own] for name, own in occasion.own.items()}} if occasion.own else effects
        rows = next(iter(effects.values())).shape[0]
        system = self.model.system(occasion.doses, self.model.values(person, then), rows)
        for site in self.sites:
            system = system.with_effect_site(site.output, share=site.share, ke0_per_h=site.ke0_per_h(effects))
        return solve(system, self.at_h)


@dataclass(frozen=True, slots=True)
class Problem:
    """person: the only one, or a crowd with a row for each target of the sheet; all had the same regimen and were seen
    alike."""

    person: Person
    prior: Prior
    sheet: Sheet
    tracks: tuple[Track, ...]
    solve: Solve

    @property
    def size(self) -> int:
        """How many random effects are asked for."""
        return len(self.prior.names)

    def scaled(self, standard: Values, whose: Rows) -> Values:
        """Predictions in units of their scatter, (rows, columns), for standard effects (rows, names)."""
        found = self.prior.effects(standard)
        effects = {name: found[:, place] for place, name in enumerate(self.prior.names)}
        person = self.person.rows(whose) if isinstance(self.person, Crowd) else self.person
        predicted = np.zeros((standard.shape[0], self.sheet.at_h.size))
        for track in self.tracks:
            track.fill(predicted, person, effects, self.solve)
        return self.sheet.scaled(predicted)

    def log_posterior(self, standard: Values, whose: Rows) -> Values:
        """log of chance times prior density, (rows,), up to the constant of the standard normal prior."""
        widest = max((track.at_h.size * len(track.model.states) for track in self.tracks), default=1)
        block = max(1, _NUMBERS_AT_ONCE // widest)
        found = []
        for part in slices(standard.shape[0], block):
            found.append(self.sheet.score(self.scaled(standard[part], whose[part]), whose[part]).log_chance)
        return np.asarray(np.concatenate(found) - 0.5 * np.sum(standard * standard, axis=1))


class Crowd(Person):
    """Several people's covariates as arrays, where formulas of a model expect one person's numbers."""

    __slots__ = ("_columns",)
    _columns: dict[str, Values]

    def __init__(self, columns: Mapping[str, Values]) -> None:
        object.__setattr__(self, "_columns", dict(columns))

    @classmethod
    def of(cls, people: Sequence[Person]) -> Person:
        """One person, if they are all alike, or a crowd."""
        if all(one == people[0] for one in people):
            return people[0]
        rows = [one.covariates() for one in people]
        return cls({name: np.array([row[name] for row in rows]) for name in rows[0]})

    def rows(self, whose: Rows) -> Crowd:
        """A crowd in which each row is the person `whose[row]`."""
        return Crowd({name: column[whose] for name, column in self._columns.items()})

    def covariates(self) -> dict[str, float]:
        """Arrays, (rows,), which every formula takes as it takes numbers."""
        return self._columns  # type: ignore[return-value]
