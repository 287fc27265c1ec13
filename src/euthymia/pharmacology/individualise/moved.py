"""How far the observations moved what was believed before: parameter by parameter, in the prior's own spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.individualise.prior import BASELINE, Prior

Values = NDArray[np.float64]
# Ours, an assumption: below both, the prior is still doing the talking.
ENOUGH_NARROWING = 0.2
ENOUGH_SHIFT = 0.5
# Ours too: an observation this many SDs of its scatter from the most probable curve was mistimed, miswritten, drawn
# from the arm of the infusion, or is not described by the model.
WORST_OFF_SD = 4.0


@dataclass(frozen=True, slots=True)
class Moved:
    """One random effect before and after.

    mean, sd: after, on the scale of the model's spread; before, the mean is 0 and the SD prior_sd.
    narrowing: share of the prior's variance that is gone, 0 where the data said nothing (below 0 where they disagree
    with it).   shift: how many prior SDs the mean moved.   informed: whether either is enough to speak of this person.
    """

    name: str
    prior_sd: float
    mean: float
    sd: float

    @property
    def narrowing(self) -> float:
        return 1 - (self.sd / self.prior_sd) ** 2

    @property
    def shift(self) -> float:
        return self.mean / self.prior_sd

    @property
    def informed(self) -> bool:
        return self.narrowing >= ENOUGH_NARROWING or abs(self.shift) >= ENOUGH_SHIFT

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        numbers = {"prior_sd": self.prior_sd, "mean": self.mean, "sd": self.sd}
        numbers |= {"narrowing": self.narrowing, "shift": self.shift}
        return (
            {"name": self.name}
            | {name: round(value, 6) for name, value in numbers.items()}
            | {"informed": self.informed}
        )


class Reason(StrEnum):
    """Why nothing is advised."""

    STILL_THE_PRIOR = "still_the_prior"
    CONTRADICTED = "contradicted"
    NOT_SETTLED = "not_settled"


@dataclass(frozen=True, slots=True)
class NotAdvised:
    """A fit that advises nothing: what would be said of this person is what would be said of anybody like them, an
    observation contradicts the others, or the method that looked for an answer found none it can trust.

    moved: what little the observations did, by random effect.
    """

    reason: Reason
    why: str
    moved: tuple[Moved, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values; `advised` is false."""
        return {"advised": False, "reason": str(self.reason), "why": self.why}


def moved_by(prior: Prior, mean: Values, covariance: Values) -> tuple[Moved, ...]:
    """Every random effect before and after the data. mean: (names,).   covariance: (names, names)."""
    sds = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return tuple(
        Moved(name, float(before), float(now), float(after))
        for name, before, now, after in zip(prior.names, prior.sd, mean, sds, strict=True)
    )


def still_the_prior(moved: Sequence[Moved]) -> NotAdvised | None:
    """The reason not to advise, or None where an effect of the person was informed; baselines do not count."""
    about_person = [one for one in moved if not one.name.startswith(BASELINE)]
    if any(one.informed for one in about_person):
        return None
    best = max(about_person, key=lambda one: one.narrowing, default=None)
    most = f" The most is {best.narrowing:.0%} less variance of {best.name}." if best else ""
    why = (
        f"The observations moved nothing: the prior is still doing the talking.{most} Observe more, or at other times."
    )
    return NotAdvised(Reason.STILL_THE_PRIOR, why, tuple(moved))


def contradicted(moved: Sequence[Moved], said: Sequence[str], off_sd: Sequence[float]) -> NotAdvised | None:
    """The reason not to advise where observations lie far from the curve, naming the worst; None where none does."""
    worst = max(range(len(off_sd)), key=lambda place: abs(off_sd[place]), default=None)
    if worst is None or abs(off_sd[worst]) < WORST_OFF_SD:
        return None
    side = "above" if off_sd[worst] > 0 else "below"
    why = f"{said[worst]} lies {abs(off_sd[worst]):.1f} SDs of its scatter {side} the most probable curve."
    advice = "Check its time, number and place; or the model does not describe this person."
    return NotAdvised(Reason.CONTRADICTED, f"{why} {advice}", tuple(moved))
