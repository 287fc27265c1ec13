"""What every fit of one person holds, however much of what is left unknown it tells."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.individualise.observation import Observation, Setting, said
from euthymia.pharmacology.individualise.prior import Prior
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.regimen import Regimen

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Fit:
    """One person, what was given and observed, and the most probable random effects.

    prior: what was believed before, with the names of the effects.   off_sd: how far each observation lies from the
    most probable curve, in SDs of its scatter.   peak: (names,), the most probable effects.
    """

    regimen: Regimen
    person: Person
    model: Model
    observations: tuple[Observation, ...]
    setting: Setting
    prior: Prior
    off_sd: tuple[float, ...]
    peak: Values

    def _individual(self, covariance: Values, draws: Values | None = None) -> Individual:
        """The person at the peak. Baselines are left out: they belong to a day, not to the person."""
        kept = self.prior.lasting
        return Individual(
            person=self.person,
            model_id=self.model.id,
            effects={self.prior.names[place]: float(self.peak[place]) for place in kept},
            covariance=tuple(tuple(row) for row in covariance[np.ix_(kept, kept)].tolist()),
            learned_from=said(self.observations),
            draws=() if draws is None else tuple(tuple(row) for row in draws[:, kept].tolist()),
        )
