"""What is believed about a person's random effects before anything was measured.

Fits work with independent standard normal numbers, one per random effect; `Prior.root` turns them into the effects
with the published variances and correlations. So every step of a fit is measured in prior standard deviations.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput

Values = NDArray[np.float64]
# Names of what is uncertain about a baseline reading, not about the person's answer to the drug.
BASELINE = "baseline."


@dataclass(frozen=True, slots=True)
class Prior:
    """names: of the random effects.   covariance, root: (names, names), root · rootᵀ = covariance."""

    names: tuple[str, ...]
    covariance: Values
    root: Values

    @property
    def sd(self) -> Values:
        """Standard deviation of each effect, (names,)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def lasting(self) -> list[int]:
        """Places of what belongs to the person, not to a baseline reading of one day."""
        return [place for place, name in enumerate(self.names) if not name.startswith(BASELINE)]

    def place(self, name: str) -> int:
        """Where a random effect stands among the names; refuses (BadInput) one that is not in this fit."""
        if name not in self.names:
            raise BadInput("unknown_name", "name", f"'{name}' was not fitted. Known: {', '.join(self.names)}.")
        return self.names.index(name)

    def effects(self, standard: Values) -> Values:
        """Effects, (rows, names), of standard numbers, (rows, names)."""
        return np.asarray(standard @ self.root.T)

    def spread(self, standard: Values) -> Values:
        """Covariance of the effects, (names, names), from that of the standard numbers."""
        return np.asarray(self.root @ standard @ self.root.T)


def joined(parts: Sequence[tuple[Sequence[str], Values]]) -> Prior:
    """One prior from those of several models and effects.

    A name that comes again is the same random effect, with the variance of the first part that has it: who clears
    fast, clears fast in every model. A later part brings the correlations of its new names.
    """
    names: tuple[str, ...] = ()
    covariance = np.zeros((0, 0))
    for part_names, part in parts:
        names, covariance = _grown(names, covariance, tuple(part_names), np.asarray(part))
    return Prior(names, covariance, np.asarray(np.linalg.cholesky(covariance) if names else covariance))


def _grown(
    names: tuple[str, ...], covariance: Values, part_names: tuple[str, ...], part: Values
) -> tuple[tuple[str, ...], Values]:
    new = [name for name in part_names if name not in names]
    known = len(names)
    grown = np.zeros((known + len(new), known + len(new)))
    grown[:known, :known] = covariance
    chosen = [part_names.index(name) for name in new]
    grown[known:, known:] = part[np.ix_(chosen, chosen)]
    if not new or not known:
        return names + tuple(new), grown
    alone = grown.copy()
    for place, name in enumerate(names):
        if name in part_names:
            there = part_names.index(name)
            # The correlation is taken over; the variance of the known effect stays.
            across = part[there, chosen] * np.sqrt(covariance[place, place] / part[there, there])
            grown[place, known:] = grown[known:, place] = across
    return names + tuple(new), grown if _is_possible(grown) else alone


def _is_possible(covariance: Values) -> bool:
    return bool(np.linalg.eigvalsh(covariance).min() > 1e-10 * np.diag(covariance).max())
