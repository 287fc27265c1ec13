"""How invented people, and one known individual, differ in their answers to the same concentration."""

from __future__ import annotations

import numpy as np

from euthymia.pharmacology.effects.effect import Effect
from euthymia.pharmacology.expression import Values
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import Band, sample_individual, standard_normals


def sample_answers(effect: Effect, seed: int, people: int, first: int = 0) -> dict[str, Values]:
    """Random effects of persons `first` to `first + people - 1`, each (people,), by name with the effect's id.

    Person k is the same whatever the batch, as for a model's (`population.sample_effects`).
    """
    names = effect.varying
    if not names:
        return {}
    drawn = standard_normals(names, seed, people, first) @ np.linalg.cholesky(effect.covariance).T
    return {name: drawn[:, place] for place, name in enumerate(names)}


def answers_of(effect: Effect, person: Person | Individual, band: Band | None) -> dict[str, Values]:
    """Random effects of the typical person (or this individual), then of the band's people, each (1 + people,).

    An individual's own are used where they were learned; the rest is drawn as for anyone.
    """
    drawn = sample_answers(effect, band.seed, band.people) if band else {}
    found = {name: np.concatenate([[0.0], drawn.get(name, np.zeros(0))]) for name in effect.varying}
    if isinstance(person, Individual) and any(name in found for name in person.effects):
        learned = sample_individual(person, band.seed, band.people) if band else {}
        for name, value in person.effects.items():
            if name in found:
                found[name] = np.concatenate([[value], learned.get(name, np.zeros(0))])
    return found
