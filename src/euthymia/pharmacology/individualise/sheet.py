"""The observations of one person, or of many seen at the same moments, as columns, and how likely each column is.

Every column holds one observation at one moment; an observation whose moment is only known to lie between two hours
has several columns, with weights that add up its chance over the interval (Gauss and Legendre). What is predicted for
a column is first put on the scale where its scatter is 1, so that all kinds can be fitted alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.expression import logit
from euthymia.pharmacology.individualise.normal import LOG_ROOT_TWO_PI, log_below, log_between, log_density
from euthymia.pharmacology.individualise.observation import (
    CADSS6_MOST,
    LEAST_NG_PER_ML,
    MOAAS_MOST,
    Level,
    Observation,
    ReadingKind,
)

Values = NDArray[np.float64]
Columns = slice | NDArray[np.int64]
MOMENTS = 12
# What is predicted to be next to impossible is unlikely, not impossible: no infinities.
_LEAST_CHANCE = 1e-6


class Link(IntEnum):
    """How a column is held against its prediction."""

    LEVEL = 0
    BELOW = 1
    RISE = 2
    TOTAL = 3
    SEDATED = 4


@dataclass(frozen=True, slots=True)
class Score:
    """log_chance: (rows,) of all observations.   slope, weight: (rows, columns), first derivative and minus the second
    of the log chance by the scaled prediction; the second is never negative for one moment."""

    log_chance: Values
    slope: Values
    weight: Values


@dataclass(frozen=True, slots=True)
class Sheet:
    """at_h, owner, log_share, links, sd, floor: (columns,).   target, upper, constant: (people, columns).

    owner: which observation the column belongs to.   log_share: log of the column's share of that observation.
    starts: the first column of each observation.   held: the columns of each link that is there.
    """

    at_h: Values
    owner: NDArray[np.int64]
    log_share: Values
    links: NDArray[np.int64]
    sd: Values
    floor: Values
    target: Values
    upper: Values
    constant: Values
    starts: NDArray[np.int64]
    held: tuple[tuple[Link, Columns], ...]

    def scaled(self, predicted: Values) -> Values:
        """Predictions, (rows, columns), in units of their scatter.

        A level on the log scale, or near the assay's floor on one that becomes linear (two-component error); a rise and
        a total divided by their SD; a chance as its logit.
        """
        found = predicted / self.sd
        for link, some in self.held:
            if link in (Link.LEVEL, Link.BELOW):
                found[:, some] = stretched(predicted[:, some], self.sd[some], self.floor[some])
            elif link is Link.SEDATED:
                # The logit is nearly straight in what people differ by; the chance itself is not.
                found[:, some] = logit(np.clip(predicted[:, some], _LEAST_CHANCE, 1 - _LEAST_CHANCE))
        return np.asarray(found)

    def score(self, scaled: Values, whose: NDArray[np.int64]) -> Score:
        """How likely the observations of person `whose[row]` are under each row's scaled predictions."""
        log_chance, slope, weight = np.empty_like(scaled), np.empty_like(scaled), np.empty_like(scaled)
        # One person's bounds are everybody's; no row needs a copy of its own.
        target, upper, constant = (
            each if len(each) == 1 else each[whose] for each in (self.target, self.upper, self.constant)
        )
        for link, some in self.held:
            held = _HELD[link](scaled[:, some], target[:, some], upper[:, some])
            log_chance[:, some], slope[:, some], weight[:, some] = held
        log_chance += constant
        return self._gathered(log_chance, slope, weight)

    def off(self, scaled: Values) -> Values:
        """How many SDs of scatter the first person's observations lie from a row of predictions, (observations,).

        Only for what has a distance: levels, rises and totals; 0 for the others, and for a level below a limit where
        that was expected. Of several moments the nearest counts.
        """
        # A total stands in the middle of its bounds; at the end of the scale only the inner bound is one.
        low, high = self.target[0], self.upper[0]
        total = self.links == Link.TOTAL
        with_ends = np.clip(scaled, np.where(total, low, self.target[0]), np.where(total, high, self.target[0]))
        distance = np.where(self.links == Link.SEDATED, 0.0, with_ends - scaled)
        distance = np.where(self.links == Link.BELOW, np.minimum(distance, 0.0), distance)
        places = np.argsort(np.abs(distance), kind="stable")[::-1]
        found = np.zeros(int(self.owner[-1]) + 1)
        found[self.owner[places]] = distance[places]
        return found

    def _gathered(self, log_chance: Values, slope: Values, weight: Values) -> Score:
        if self.starts.size == self.owner.size:
            return Score(log_chance.sum(axis=1), slope, weight)
        log_chance = log_chance + self.log_share
        each = np.logaddexp.reduceat(log_chance, self.starts, axis=1)
        # Each moment counts by how well it explains the observation.
        counts = np.exp(log_chance - each[:, self.owner])
        return Score(each.sum(axis=1), slope * counts, weight * counts)


def sheet_of(
    observations: Sequence[Observation],
    scatter: Mapping[str, tuple[float, float]],
    values: Values | None = None,
) -> Sheet:
    """The columns of these observations, in their order.

    scatter: SD and floor by kind, `level` or a reading's.   values: (people, observations) in place of those written
    in the observations; rises for what has a baseline, 0 or 1 for sedation.
    """
    found = np.array([[value_of(one) for one in observations]]) if values is None else np.asarray(values, dtype=float)
    moments = [_moments(one) for one in observations]
    owner = np.repeat(np.arange(len(observations)), [len(at_h) for at_h, _ in moments])
    links = np.array([_link(one) for one in observations], dtype=np.int64)
    pairs = np.array([scatter[kind_of(one)] for one in observations], dtype=np.float64).reshape(-1, 2)
    targets = [_target(found[:, place], links[place], *pairs[place]) for place in range(len(observations))]
    target, upper, constant = (np.stack([row[part] for row in targets], axis=1)[:, owner] for part in range(3))
    return Sheet(
        at_h=np.concatenate([at_h for at_h, _ in moments]),
        owner=owner,
        log_share=np.log(np.concatenate([share for _, share in moments])),
        links=links[owner],
        sd=pairs[owner, 0],
        floor=pairs[owner, 1],
        target=target,
        upper=upper,
        constant=constant,
        starts=np.flatnonzero(np.diff(owner, prepend=-1)),
        held=_held_by(links[owner]),
    )


def _held_by(links: NDArray[np.int64]) -> tuple[tuple[Link, Columns], ...]:
    """The columns of each link; everything, where there is one link only."""
    there = [link for link in Link if (links == link).any()]
    if len(there) == 1:
        return ((there[0], slice(None)),)
    return tuple((link, np.flatnonzero(links == link)) for link in there)


def kind_of(observation: Observation) -> str:
    """`level`, or the kind of reading."""
    return "level" if isinstance(observation, Level) else str(observation.kind)


def value_of(observation: Observation) -> float:
    """What was found, on the scale that is predicted: ng/mL, a rise over the baseline, a total, 1 for sedated."""
    if isinstance(observation, Level):
        return float(observation.ng_per_ml or observation.below_ng_per_ml or 0.0)
    if observation.kind is ReadingKind.MOAAS:
        return float(observation.value < MOAAS_MOST)
    return float(observation.value - (observation.baseline or 0.0))


def _link(observation: Observation) -> Link:
    if isinstance(observation, Level):
        return Link.BELOW if observation.ng_per_ml is None else Link.LEVEL
    return {ReadingKind.CADSS6: Link.TOTAL, ReadingKind.MOAAS: Link.SEDATED}.get(
        ReadingKind(observation.kind), Link.RISE
    )


def _moments(observation: Observation) -> tuple[Values, Values]:
    """When it may have been, and how much of the interval each moment stands for."""
    if observation.between_h is None:
        return np.array([observation.at_h], dtype=np.float64), np.ones(1)
    nodes, shares = _legendre(MOMENTS)
    first_h, last_h = observation.between_h
    return first_h + (last_h - first_h) * nodes, shares


@cache
def _legendre(count: int) -> tuple[Values, Values]:
    """Nodes and weights of Gauss and Legendre on 0 to 1, from the eigenvectors of their recurrence (Golub 1969)."""
    steps = np.arange(1, count)
    beside = steps / np.sqrt(4.0 * steps**2 - 1)
    nodes, vectors = np.linalg.eigh(np.diag(beside, 1) + np.diag(beside, -1))
    return (nodes + 1) / 2, np.asarray(vectors[0] ** 2)


def stretched(level: Values, sd: Values, floor: Values) -> Values:
    """Levels where their scatter is 1: log/sd, and asinh instead of log where a floor of noise remains."""
    # Nothing at all is an unlikely level, not an impossible one: no infinities.
    level = np.maximum(level, LEAST_NG_PER_ML)
    if not floor.any():
        return np.asarray(np.log(level) / sd)
    noisy = np.where(floor > 0, floor, 1.0)
    return np.where(floor > 0, np.arcsinh(sd * level / noisy), np.log(level)) / sd


def level_at(scaled: Values, sd: float, floor: float) -> Values:
    """The levels, ng/mL, that `stretched` brought there."""
    return np.asarray(np.sinh(sd * scaled) * floor / sd if floor > 0 else np.exp(sd * scaled))


def _target(found: Values, link: int, sd: float, floor: float) -> tuple[Values, Values, Values]:
    """Bounds on the scaled side, and what turns its density into that of the value itself; each (people,)."""
    none = np.zeros_like(found)
    match link:
        case Link.LEVEL:
            return stretched(found, np.asarray(sd), np.asarray(floor)), none, -np.log(np.hypot(sd * found, floor))
        case Link.BELOW:
            return stretched(found, np.asarray(sd), np.asarray(floor)), none, none
        case Link.RISE:
            return found / sd, none, none - np.log(sd)
        case Link.TOTAL:
            low = np.where(found <= 0, -np.inf, (found - 0.5) / sd)
            return low, np.where(found >= CADSS6_MOST, np.inf, (found + 0.5) / sd), none
        case _:
            return found, none, none


def _measured(scaled: Values, target: Values, _: Values) -> tuple[Values, Values, Values]:
    off = target - scaled
    return -0.5 * off * off - LOG_ROOT_TWO_PI, off, np.ones_like(off)


def _below(scaled: Values, target: Values, _: Values) -> tuple[Values, Values, Values]:
    off = target - scaled
    log_chance = log_below(off)
    ratio = np.exp(log_density(off) - log_chance)
    return log_chance, -ratio, ratio * (ratio + off)


def _whole(scaled: Values, target: Values, upper: Values) -> tuple[Values, Values, Values]:
    """A whole number: anything that rounds to it, and at either end of the scale anything beyond."""
    low, high = target - scaled, upper - scaled
    log_chance = log_between(low, high)
    at_low, at_high = _density_over(low, log_chance), _density_over(high, log_chance)
    slope = at_low - at_high
    bend = _times(low, at_low) - _times(high, at_high)
    return log_chance, slope, np.maximum(slope * slope - bend, 0.0)


def _density_over(bound: Values, log_chance: Values) -> Values:
    finite = np.isfinite(bound)
    return np.exp(np.where(finite, log_density(np.where(finite, bound, 0.0)) - log_chance, -np.inf))


def _times(bound: Values, density: Values) -> Values:
    return np.asarray(np.where(np.isfinite(bound), bound, 0.0) * density)


def _seen(scaled: Values, target: Values, _: Values) -> tuple[Values, Values, Values]:
    """Yes or no, where the prediction is the logit of the chance of yes."""
    sign = np.where(target > 0, 1.0, -1.0)
    log_chance = -np.logaddexp(0.0, -sign * scaled)
    against = -np.expm1(log_chance)
    return log_chance, sign * against, against * (1 - against)


_Held = Callable[[Values, Values, Values], tuple[Values, Values, Values]]
_HELD: Mapping[Link, _Held] = {
    Link.LEVEL: _measured,
    Link.BELOW: _below,
    Link.RISE: _measured,
    Link.TOTAL: _whole,
    Link.SEDATED: _seen,
}
