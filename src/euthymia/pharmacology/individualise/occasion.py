"""Random effects of a person's several occasions, for models that know how much these differ (`occasions.py`).

The effect named like its parameter is that of the first occasion, as everywhere; `name@2` is that of the third. They
share what the person keeps. An occasion on which nothing was observed has no effect of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.pharmacology.individualise.problem import Occasion
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.occasions import occasions_of
from euthymia.pharmacology.regimen import Regimen

Values = NDArray[np.float64]
OF_OCCASION = "@"
# Each adds every effect that differs; beyond this a fit would be slow and no better.
MOST_SEEN = 4


def occasions_seen(model: Model, regimen: Regimen, seen: Set[int], path: str) -> tuple[Occasion, ...]:
    """The doses by occasion. seen: places of those with an observation.   Refuses too many of these."""
    parts = occasions_of(model, regimen)
    if len(parts) > 1 and len(seen | {0}) > MOST_SEEN:
        message = f"{model.id} differs from occasion to occasion; give doses and observations of at most {MOST_SEEN}."
        raise BadInput("too_many_occasions", path, message)
    found = []
    for place, doses in enumerate(parts):
        own = {name: f"{name}{OF_OCCASION}{place}" for name in model.occasional} if place and place in seen else {}
        found.append(Occasion(doses, own))
    return tuple(found)


def occasion_parts(model: Model, occasions: Sequence[Occasion]) -> Iterator[tuple[Sequence[str], Values]]:
    """Names and covariance of the same effect on every occasion that has its own, for `prior.joined`."""
    lasting = dict(zip(model.lasting, np.diag(model.lasting_covariance).tolist(), strict=True))
    for name, differing in model.occasional.items():
        names = [name, *(one.own[name] for one in occasions if one.own)]
        if len(names) > 1:
            shared = np.full((len(names), len(names)), lasting.get(name, 0.0))
            yield names, shared + differing * np.eye(len(names))
