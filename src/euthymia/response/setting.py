"""What many courses of one clinic teach about the next person who comes there.

A prior says how much clinics differ in how much a dose, a session and time do for people, and in how much people swing.
The courses already learned from say where on that range this clinic lies: each is one noisy look at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from euthymia.response.learn import Posterior
from euthymia.response.prior import Floats, Parameter, Prior

# A cloud's covariance comes from draws; a direction in which it seems wider than the prior itself has taught nothing.
MOST_LEFT = 0.999


def prior_for_setting(prior: Prior, known: Sequence[Posterior]) -> Prior:
    """`prior` moved to where the courses say this clinic is, and surer about it; unchanged without any course.

    known: posteriors of this clinic's people, each learned with `prior`. Each is taken as Gaussian in standard
    deviations of the prior, so a few courses move it little and cautiously.
    """
    spread = np.array([trait.spread**2 / trait.total_spread**2 for trait in prior.traits])
    shared = np.array([trait.between_settings**2 / trait.total_spread**2 for trait in prior.traits])
    moves = shared > 0
    if not known or not moves.any():
        return prior
    precision = np.diag(1 / shared[moves])
    pull = np.zeros(int(moves.sum()))
    for posterior in known:
        looked, towards = _look(posterior.z, spread)
        # What a look says about the people's common part when their own differences are integrated out.
        precision += looked[np.ix_(moves, moves)]
        pull += towards[moves]
    covariance = np.linalg.inv(precision)
    shift, left = covariance @ pull, np.sqrt(np.diag(covariance))
    numbers = iter(zip(shift, left, strict=True))
    traits = tuple(
        _moved(trait, *next(numbers)) if moved else trait for trait, moved in zip(prior.traits, moves, strict=True)
    )
    return replace(prior, traits=traits)


def _look(z: Floats, own: Floats) -> tuple[Floats, Floats]:
    """Precision and pull on the common part from one person's cloud, persons differing by `own` around it."""
    mean, covariance = z.mean(axis=0), np.cov(z.T)
    values, vectors = np.linalg.eigh(covariance)
    kept = np.clip(values, 1e-6, MOST_LEFT)
    information = (vectors * (1 / kept - 1)) @ vectors.T
    heard = (vectors * np.where(values < MOST_LEFT, 1 / kept, 0.0)) @ vectors.T @ mean
    blurred = np.eye(own.size) + information * own[None, :]
    return np.linalg.solve(blurred, information), np.linalg.solve(blurred, heard)


def _moved(trait: Parameter, shift: float, left: float) -> Parameter:
    """The trait with its middle moved by `shift` standard deviations, and as unsure of it as is `left`."""
    middle = float(trait.value(np.array([0.0]), shift=trait.total_spread * shift)[0])
    return replace(trait, middle=middle, between_settings=trait.total_spread * left)
