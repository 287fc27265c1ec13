"""exp and log that a compiler can run on several people at once, and the settings every compiled kernel shares.

The library functions of a compiled kernel are calls, and a call inside a loop keeps the loop from using the wide
registers of the processor. These two are plain arithmetic without a branch, so the loop stays wide: about eight times
as many people per second. Needs the `fast` extra; import it only where a kernel is built.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import config as numba_config
from numba import njit, types
from numba.extending import intrinsic

_Function = TypeVar("_Function", bound=Callable[..., Any])

_HERE = Path(__file__).parent
_KERNELS = "kernels-"
# Everything but re-association: rounding by adding and taking away a large number must survive the compiler.
FASTMATH: Final = {"contract", "nsz", "nnan", "ninf", "arcp"}
# NumPy's rule for division: without it every division is a possible exception, and the loop is not widened.
ERROR_MODEL: Final = "numpy"

# People side by side in one step of a kernel: wide enough for any processor's registers, few enough for its cache.
LANES: Final = 64
# Numbers from one row of people in a scratch to the next. Were it 64, rows eight apart would end in the same twelve
# bits of their addresses; a processor looks at no more of them at first, takes a read of one row for a read of what is
# still being written to the other, and waits.
ROW: Final = 72
# Numbers in one line of the processor's cache.
_PER_LINE = 8
# 1.5 * 2**52: added to a small number, it leaves that number's nearest whole in the lowest bits.
_ROUNDING = 6755399441055744.0
_PER_LOG_2 = 1.4426950408889634
# log 2 in two parts, the first with enough zero bits that a multiple of it is exact (Cody and Waite 1980).
_LOG_2_HIGH = 6.93147180369123816490e-01
_LOG_2_LOW = 1.90821492927058770002e-10
_SMALLEST_EXPONENT = -708.0
_LARGEST_EXPONENT = 709.0
_SMALLEST = 2.2250738585072014e-308
_MANTISSA_BITS = np.uint64(52)
_EXPONENT_OF_ONE = np.uint64(1023)
# Bits of 1 less those of the square root of a half: moves the border between exponents there.
_TO_ROOT_HALF = np.uint64(0x3FF0000000000000 - 0x3FE6A09E667F3BCD)
# Bits of 2**52: a whole number in the lowest bits of it reads as 2**52 + that number.
_WHOLE_BITS = np.uint64(0x4330000000000000)
_WHOLE_OFFSET = 4503599627370496.0 + 1023.0


def compiled(function: _Function) -> _Function:
    """The function as a kernel that runs without Python's lock, so that a pool of threads can share the people."""
    return cast(_Function, njit(fastmath=set(FASTMATH), error_model=ERROR_MODEL, nogil=True)(function))


def kept(function: _Function) -> _Function:
    """The same for a kernel that callers outside call: what was compiled stays on disk, so only the first start waits.

    Numba makes a kernel anew when its own file changes, not when a file it calls into does. So what is kept lies in a
    folder named after all files beside this one; folders of other versions of them are removed.
    """
    settings: Any = numba_config
    before = settings.CACHE_DIR
    settings.CACHE_DIR = str(_folder_of_kernels(Path(before) if before else _HERE / "__pycache__"))
    try:
        return cast(_Function, njit(fastmath=set(FASTMATH), error_model=ERROR_MODEL, nogil=True, cache=True)(function))
    finally:
        settings.CACHE_DIR = before


@lru_cache(maxsize=1)
def _folder_of_kernels(within: Path) -> Path:
    digest = sha256(b"".join(file.read_bytes() for file in sorted(_HERE.glob("*.py")))).hexdigest()
    folder = within / f"{_KERNELS}{digest[:16]}"
    for other in within.glob(f"{_KERNELS}*"):
        if other != folder:
            shutil.rmtree(other, ignore_errors=True)
    return folder


def inlined(function: _Function) -> _Function:
    """The function as a part of the kernels that call it."""
    return cast(_Function, njit(fastmath=set(FASTMATH), error_model=ERROR_MODEL, forceinline=True)(function))


def _reading(argument: Any, result: Any, kind: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], kind)

    return result(argument), generate


def _bits(_typing: Any, number: Any) -> Any:
    return _reading(number, types.uint64, ir.IntType(64))


def _number(_typing: Any, bits: Any) -> Any:
    return _reading(bits, types.float64, ir.DoubleType())


def _fetching(_typing: Any, array: Any, place: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        held = context.make_array(signature.args[0])(context, builder, arguments[0])
        whole, byte = ir.IntType(32), ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [byte, whole, whole, whole])
        prefetch = builder.module.declare_intrinsic("llvm.prefetch", [byte], kind)
        # To be written, to be used again soon, and data rather than instructions.
        wanted = [whole(1), whole(3), whole(1)]
        builder.call(prefetch, [builder.bitcast(builder.gep(held.data, [arguments[1]]), byte), *wanted])
        return context.get_dummy_value()

    return types.void(array, place), generate


# An intrinsic is called without its first argument, which its published type does not know.
_bits_of: Any = intrinsic(_bits)
_number_of: Any = intrinsic(_number)
# Bring the line of the cache that holds this place (counted flat) of a C-contiguous array, to be written soon.
_fetch_to_write: Any = intrinsic(_fetching)


@inlined
def fetch_lanes(out: Any, row: int, column: int, lanes: int) -> None:
    """Have the processor bring in where so many people are written later, in `out` (outputs, rows, people) and
    C-contiguous: rows of many people lie far apart in memory, and a kernel that only waits for them takes half as long
    again."""
    outputs, rows, people = out.shape
    if row < rows and column + lanes <= people:
        for output in range(outputs):
            for lane in range(0, lanes, _PER_LINE):
                _fetch_to_write(out, (output * rows + row) * people + column + lane)


@inlined
def exp64(x: float) -> float:
    """e to the x, within 5e-16 of its size. Below -708 it stays at e**-708 (3e-308), above 709 at e**709.

    x = n log 2 + r with |r| <= log 2 / 2; the series of exp(r) to the twelfth power, its exponent raised by n.
    """
    x = min(max(x, _SMALLEST_EXPONENT), _LARGEST_EXPONENT)
    shifted = x * _PER_LOG_2 + _ROUNDING
    n = shifted - _ROUNDING
    r = (x - n * _LOG_2_HIGH) - n * _LOG_2_LOW
    series = 2.08767569878681e-09
    series = series * r + 2.505210838544172e-08
    series = series * r + 2.755731922398589e-07
    series = series * r + 2.7557319223985893e-06
    series = series * r + 2.48015873015873e-05
    series = series * r + 1.984126984126984e-04
    series = series * r + 1.388888888888889e-03
    series = series * r + 8.333333333333333e-03
    series = series * r + 4.1666666666666664e-02
    series = series * r + 1.6666666666666666e-01
    series = series * r + 0.5
    series = series * r + 1.0
    series = series * r + 1.0
    power: float = _number_of((_bits_of(shifted) + _EXPONENT_OF_ONE) << _MANTISSA_BITS)
    return series * power


@inlined
def log64(x: float) -> float:
    """The natural logarithm of a positive number, within 5e-16 of its size; of 0 and below, that of 2.2e-308 (-708).

    x = 2**e m with m between the roots of a half and of two; the series of 2 artanh((m - 1) / (m + 1)).
    """
    bits = _bits_of(max(x, _SMALLEST))
    biased = (bits + _TO_ROOT_HALF) >> _MANTISSA_BITS
    m: float = _number_of(bits - (biased << _MANTISSA_BITS) + (_EXPONENT_OF_ONE << _MANTISSA_BITS))
    exponent: float = _number_of(biased | _WHOLE_BITS) - _WHOLE_OFFSET
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    series = 1.0 / 21.0
    series = series * z + 1.0 / 19.0
    series = series * z + 1.0 / 17.0
    series = series * z + 1.0 / 15.0
    series = series * z + 1.0 / 13.0
    series = series * z + 1.0 / 11.0
    series = series * z + 1.0 / 9.0
    series = series * z + 1.0 / 7.0
    series = series * z + 1.0 / 5.0
    series = series * z + 1.0 / 3.0
    low = exponent * _LOG_2_LOW
    return exponent * _LOG_2_HIGH + (2.0 * s + (2.0 * s * z * series + low))


@inlined
def exp_short(x: float) -> float:
    """As `exp64`, within 3e-10 of its size and a quarter faster: for rates whose step allows more. Its series is added
    up in pairs, so that less of it has to wait for the rest."""
    x = min(max(x, _SMALLEST_EXPONENT), _LARGEST_EXPONENT)
    shifted = x * _PER_LOG_2 + _ROUNDING
    n = shifted - _ROUNDING
    r = (x - n * _LOG_2_HIGH) - n * _LOG_2_LOW
    z = r * r
    low = (1.0 + r) + z * (0.5 + 1.6666666666666666e-01 * r)
    high = (4.1666666666666664e-02 + 8.333333333333333e-03 * r) + z * (
        1.388888888888889e-03 + 1.984126984126984e-04 * r
    )
    series = low + (z * z) * (high + (z * z) * 2.48015873015873e-05)
    power: float = _number_of((_bits_of(shifted) + _EXPONENT_OF_ONE) << _MANTISSA_BITS)
    return series * power


@inlined
def log_short(x: float) -> float:
    """As `log64`, within 1e-9 of its size and a quarter faster: for rates whose step allows more; in pairs as well."""
    bits = _bits_of(max(x, _SMALLEST))
    biased = (bits + _TO_ROOT_HALF) >> _MANTISSA_BITS
    m: float = _number_of(bits - (biased << _MANTISSA_BITS) + (_EXPONENT_OF_ONE << _MANTISSA_BITS))
    exponent: float = _number_of(biased | _WHOLE_BITS) - _WHOLE_OFFSET
    s = (m - 1.0) / (m + 1.0)
    z = s * s
    high = (1.0 / 7.0 + 1.0 / 9.0 * z) + (z * z) * (1.0 / 11.0)
    series = (1.0 / 3.0 + 1.0 / 5.0 * z) + (z * z) * high
    return exponent * (_LOG_2_HIGH + _LOG_2_LOW) + (2.0 * s + 2.0 * s * z * series)
