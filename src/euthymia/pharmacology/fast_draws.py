"""The numbers of `population.standard_normals` from a compiled kernel: same generator, same key, same counter.

Person k has the same number here and there, to the last digits of the logarithm and the cosine. Needs the `fast` extra.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from euthymia.pharmacology.population import keys_of
from euthymia.pharmacology.solve.fast_math import LANES, compiled, inlined, kept, log64
from euthymia.pharmacology.solve.system import Values

# Philox, four words of 64 bits, ten rounds (Salmon 2011): multipliers of a round, steps of the key between rounds.
_TIMES_0, _TIMES_2 = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_STEP_0, _STEP_1 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ROUNDS = 10
_SHIFT = np.uint64(11)
_SPACING = 2.0**-53
_QUARTER_TURN = 1.5707963267948966
# 1.5 * 2**52: added and taken away, it leaves the nearest whole number.
_ROUNDING = 6755399441055744.0


def standard_normals(names: Sequence[str], seed: int, people: int, first: int) -> Values:
    """Independent standard normal numbers, (people, names), each name's people side by side in memory."""
    drawn = np.empty((len(names), people))
    fill_normals(keys_of(names, seed), first, drawn)
    return drawn.T


def _product(_typing: Any, one: Any, other: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        wide = ir.IntType(128)
        product = builder.mul(*(builder.zext(each, wide) for each in arguments))
        return builder.trunc(builder.lshr(product, ir.Constant(wide, 64)), ir.IntType(64))

    return types.uint64(types.uint64, types.uint64), generate


# An intrinsic is called without its first argument, which its published type does not know.
_high_of_product: Any = intrinsic(_product)


@inlined
def _counted(key_0: Any, key_1: Any, counter: Any) -> tuple[Any, Any]:
    """The first two of the four words that belong to a counter."""
    zero = np.uint64(0)
    a, b, c, d = counter, zero, zero, zero
    for _ in range(_ROUNDS):
        a, b, c, d = (
            _high_of_product(_TIMES_2, c) ^ b ^ key_0,
            _TIMES_2 * c,
            _high_of_product(_TIMES_0, a) ^ d ^ key_1,
            _TIMES_0 * a,
        )
        key_0, key_1 = key_0 + _STEP_0, key_1 + _STEP_1
    return a, b


@inlined
def _cosine_of_turns(turns: float) -> float:
    """The cosine of so many full turns, 0 to 1, within 4e-16: series about the nearest quarter of a turn."""
    quarters = (4.0 * turns + _ROUNDING) - _ROUNDING
    x = (4.0 * turns - quarters) * _QUARTER_TURN
    z = x * x
    sine = -7.647163731819816e-13
    sine = sine * z + 1.6059043836821613e-10
    sine = sine * z - 2.505210838544172e-08
    sine = sine * z + 2.7557319223985893e-06
    sine = sine * z - 1.984126984126984e-04
    sine = sine * z + 8.333333333333333e-03
    sine = sine * z - 0.16666666666666666
    sine = x + x * z * sine
    cosine = 4.779477332387385e-14
    cosine = cosine * z - 1.1470745597729725e-11
    cosine = cosine * z + 2.08767569878681e-09
    cosine = cosine * z - 2.755731922398589e-07
    cosine = cosine * z + 2.48015873015873e-05
    cosine = cosine * z - 1.388888888888889e-03
    cosine = cosine * z + 4.1666666666666664e-02
    cosine = 1.0 - 0.5 * z + z * z * cosine
    odd = quarters == 1.0 or quarters == 3.0
    found = sine if odd else cosine
    return -found if quarters == 1.0 or quarters == 2.0 else found


@compiled
def _lanes(drawn: Values, size: Values, turns: Values) -> None:
    """A normal number from each pair of even ones (Box and Muller 1958)."""
    for lane in range(LANES):
        drawn[lane] = np.sqrt(-2.0 * log64(size[lane])) * _cosine_of_turns(turns[lane])


@kept
def fill_normals(keys: NDArray[np.uint64], first: int, into: Values) -> None:
    """Write the normal numbers of persons `first` onward, (names, people), for the keys (names, 2)."""
    size, turns, drawn = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    people = into.shape[1]
    for name in range(into.shape[0]):
        for begins in range(0, people, LANES):
            # NumPy's generator raises its counter before it counts.
            counter = np.uint64(first + begins + 1)
            for lane in range(LANES):
                one, other = _counted(keys[name, 0], keys[name, 1], counter + np.uint64(lane))
                size[lane] = (float(np.int64(one >> _SHIFT)) + 0.5) * _SPACING
                turns[lane] = (float(np.int64(other >> _SHIFT)) + 0.5) * _SPACING
            _lanes(drawn, size, turns)
            width = min(LANES, people - begins)
            for lane in range(width):
                into[name, begins + lane] = drawn[lane]
