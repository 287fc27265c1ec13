"""Invented people around a typical one: random effects that depend on the seed and the person's number only.

Person k of a seed is the same in a batch of ten or ten thousand, whichever batch comes first, and a parameter of the
same name differs in the same direction in every model: who clears fast, clears fast.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.number import is_number, is_whole, plain
from euthymia.pharmacology.counted import two_words
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Individual

Values = NDArray[np.float64]
# Standard normal numbers by names, seed, people and first person: `standard_normals`, or the same from a kernel.
Normals = Callable[[Sequence[str], int, int, int], Values]
MOST_PEOPLE = 100_000
# So few numbers are counted sooner than NumPy's generator is loaded; they are the same ones.
_FEW = 4096


@dataclass(frozen=True, slots=True)
class Band:
    """How a between-person band is made: how many invented people, which seed, which quantiles of them."""

    people: int = 500
    seed: int = 7
    quantiles: tuple[float, ...] = (0.05, 0.5, 0.95)

    def __post_init__(self) -> None:
        if not is_whole(self.people) or not 2 <= self.people <= MOST_PEOPLE:
            raise BadInput("out_of_range", "band.people", f"A band needs 2 to {MOST_PEOPLE} people.")
        object.__setattr__(self, "people", int(self.people))
        object.__setattr__(self, "seed", checked_seed(self.seed, "band.seed"))
        object.__setattr__(self, "quantiles", checked_quantiles(self.quantiles, "band.quantiles"))


def checked_seed(seed: object, path: str) -> int:
    """A whole number that a generator can start from, or a refusal with this path."""
    if not is_whole(seed) or not 0 <= seed < 2**63:
        raise BadInput("out_of_range", path, f"A seed is a whole number from 0 to {2**63 - 1}.")
    return int(seed)


def checked_quantiles(levels: object, path: str) -> tuple[float, ...]:
    """Shares between 0 and 1 in increasing order, or a refusal with this path."""
    found = tuple(levels) if isinstance(levels, Iterable) else ()
    if not found or not all(is_number(level) and 0 < level < 1 for level in found):
        raise BadInput("out_of_range", path, "Give quantiles between 0 and 1, such as 0.05, 0.5, 0.95.")
    if list(found) != sorted(set(found)):
        raise BadInput("unsorted", path, "Give quantiles in increasing order, each once.")
    return tuple(map(plain, found))


def sample_individual(individual: Individual, seed: int, people: int) -> dict[str, Values]:
    """Random effects an individual may have, given what was learned; all alike where nothing is left unknown."""
    names = tuple(individual.effects)
    if individual.draws:
        learned = np.array(individual.draws)[np.arange(people) % len(individual.draws)]
        return {name: learned[:, place] for place, name in enumerate(names)}
    known = np.array([individual.effects[name] for name in names])
    drawn = np.tile(known, (people, 1))
    if individual.covariance:
        try:
            root = np.linalg.cholesky(np.array(individual.covariance))
        except np.linalg.LinAlgError as error:
            message = "These are no covariances: some sum of the effects would vary by less than nothing."
            raise BadInput("not_a_covariance", "individual.covariance", message) from error
        drawn = drawn + standard_normals(names, seed, people, 0) @ root.T
    return {name: drawn[:, place] for place, name in enumerate(names)}


def standard_normals(names: Sequence[str], seed: int, people: int, first: int) -> Values:
    """Independent standard normal numbers, (people, names)."""
    words = _two_words(keys_of(names, seed), people, first)
    # 53 bits, never 0, so that the logarithm exists (Box and Muller 1958).
    one, other = ((words >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
    return np.asarray(np.sqrt(-2.0 * np.log(one)) * np.cos(2.0 * np.pi * other)).T


def keys_of(names: Sequence[str], seed: int) -> NDArray[np.uint64]:
    """The generator's key of each name, (names, 2)."""
    # Imported here: it loads all of a cipher library, and the typical person alone needs no key.
    import hashlib

    words = [int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "little") for name in names]
    return np.array([(seed, word) for word in words], dtype=np.uint64)


def _two_words(keys: NDArray[np.uint64], people: int, first: int) -> NDArray[np.uint64]:
    """Two random words of each person for each key, (2, keys, people): a counter-based generator keyed by seed and
    name, its counter the person's number."""
    if people <= _FEW and "numpy.random" not in sys.modules:
        return two_words(keys, people, first)
    # One counter step gives four 64-bit numbers; a person owns one step.
    drawn = [np.random.Philox(counter=first, key=key).random_raw(4 * people).reshape(people, 4)[:, :2] for key in keys]
    return np.stack(drawn).transpose(2, 0, 1)


def sample_effects(
    model: Model, seed: int, people: int, first: int = 0, *, occasion: int = 0, normals: Normals = standard_normals
) -> dict[str, Values]:
    """Random effects of persons `first` to `first + people - 1`, each (people,), by parameter name.

    occasion: which one, 0 for the first; what differs from one to the next depends on seed, name, person and occasion.
    normals: where the numbers come from; a kernel gives the same ones sooner.
    """
    found: dict[str, Values] = {}
    names = model.lasting
    if names:
        # People side by side in memory, which is how every later step walks them.
        drawn = np.linalg.cholesky(model.lasting_covariance) @ normals(names, seed, people, first).T
        found = dict(zip(names, drawn, strict=True))
    for name, variance in model.occasional.items():
        own = np.sqrt(variance) * normals([f"{name}@{occasion}"], seed, people, first)[:, 0]
        found[name] = found[name] + own if name in found else own
    return found


def quantiles(values: Values, levels: Sequence[float]) -> Mapping[float, Values]:
    """Quantiles over people of (people, times), by level."""
    # Not np.quantile: its first call loads numpy's masked arrays, a tenth of a second of every shell command.
    ordered = np.sort(values, axis=0)
    last = ordered.shape[0] - 1
    found = {}
    for level in levels:
        below = min(int(level * last), max(last - 1, 0))
        above = min(below + 1, last)
        found[float(level)] = ordered[below] + (level * last - below) * (ordered[above] - ordered[below])
    return found
