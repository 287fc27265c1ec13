"""Occasions: a person is not quite the same from one sitting to the next, and some models know by how much.

Doses more than 12 h apart are different occasions. Drug of one occasion keeps that occasion's kinetics to its end, so
the courses of the occasions add up; what is left after 12 h is little enough for that to be a fair simplification.
"""

from __future__ import annotations

from math import sqrt

from euthymia.pharmacology.effects.sessions import sessions_of
from euthymia.pharmacology.expression import Values
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.population import standard_normals
from euthymia.pharmacology.regimen import Regimen


def occasions_of(model: Model, regimen: Regimen) -> tuple[Regimen, ...]:
    """The regimen's doses by occasion, in time; all as one where the model knows of no difference."""
    if not model.occasional:
        return (regimen,)
    return sessions_of(regimen)


def on_a_later_occasion(model: Model, name: str, learned: Values, *, seed: int, occasion: int) -> Values:
    """What a random effect learned on the first occasion says of a later one, (1 + people,), the typical one first.

    Of what was learned, the share that a person keeps is kept; the rest is new on each occasion.
    """
    parameter = next(row for row in model.parameters if row.name == name)
    share = parameter.variance / parameter.total_variance
    unknown = parameter.variance * (1 - share) + parameter.occasion_variance
    later = share * learned
    if learned.size > 1:
        drawn = standard_normals([f"{name}@{occasion}"], seed, learned.size - 1, 0)[:, 0]
        later[1:] += sqrt(unknown) * drawn
    return later
