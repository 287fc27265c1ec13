"""Several models asked the same question, and how far apart they are. Disagreement is information: show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import Band
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.simulate import simulate
from euthymia.pharmacology.simulation import Simulation

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same regimen and person by several models.

    fold: highest over lowest typical concentration of the drug at each time, (times,); 1 where all are zero, 0 where
    only some are, so that no ratio can be given.
    """

    simulations: tuple[Simulation, ...]
    fold: Values


def compare(
    regimen: Regimen,
    person: Person | Individual,
    at_h: Sequence[float] | Values,
    *,
    models: Sequence[str | Model],
    band: Band | None = None,
    taking: Sequence[str] = (),
    earlier_sessions: int = 0,
) -> Comparison:
    """Each model's answer, and how many-fold they differ; `taking` and `earlier_sessions` as in `simulate`.

    Refuses fewer than two models.
    """
    if isinstance(models, (str, Model)):
        raise BadInput("not_a_list", "models", "Give a list of models.")
    asked = {model.id if isinstance(model, Model) else model: model for model in models}
    if len(asked) < 2:
        raise BadInput("too_few_models", "models", "Name at least two different models to compare.")
    found = tuple(
        simulate(regimen, person, at_h, model=model, band=band, taking=taking, earlier_sessions=earlier_sessions)
        for model in asked.values()
    )
    typical = np.stack([one.series[0].typical for one in found])
    highest, lowest = typical.max(axis=0), typical.min(axis=0)
    ratio = np.divide(highest, lowest, out=np.zeros_like(highest), where=lowest > 0)
    return Comparison(found, np.where(highest == 0, 1.0, ratio))
