"""A few numbers of the counter-based generator Philox in plain array arithmetic, bit for bit those of NumPy's.

NumPy's own is faster from some thousand numbers on, but loading it takes longer than all that a person's chances need.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
# Philox, four words of 64 bits, ten rounds (Salmon 2011): multipliers of a round, steps of the key between rounds.
_TIMES_0, _TIMES_2 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_STEPS = np.array([0x9E3779B97F4A7C15, 0xBB67AE8584CAA73B], dtype=np.uint64)
_ROUNDS = 10
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFFFFFF)


def two_words(keys: Words, people: int, first: int) -> Words:
    """The first two of the four words of persons `first` to `first + people - 1`, (2, keys, people), for keys of two,
    (keys, 2)."""
    # NumPy's generator raises its counter before it counts.
    counter = np.arange(first + 1, first + people + 1, dtype=np.uint64)
    one = np.broadcast_to(counter, (len(keys), people))
    two = three = four = np.zeros_like(one)
    for _ in range(_ROUNDS):
        one, two, three, four = (
            _high(_TIMES_2, three) ^ two ^ keys[:, :1],
            _TIMES_2 * three,
            _high(_TIMES_0, one) ^ four ^ keys[:, 1:],
            _TIMES_0 * one,
        )
        # The key wraps round, as arrays do without a warning.
        keys = keys + _STEPS
    return np.stack([one, two])


def _high(factor: np.uint64, words: Words) -> Words:
    """The upper 64 of the 128 bits of each product, by halves."""
    upper, lower = factor >> _HALF, factor & _LOW
    above, below = words >> _HALF, words & _LOW
    middle = upper * below + (lower * below >> _HALF)
    other = lower * above + (middle & _LOW)
    return np.asarray(upper * above + (middle >> _HALF) + (other >> _HALF))
