"""Whole rows of 64 people at once: the innermost steps of the walk, written in the wide registers' own terms.

A plain loop over rows of one array is widened only after the compiler has had the processor compare where every row
lies, each time it begins, and whatever it adds up passes through memory. Here sums stay in registers, and what several
outputs need is fetched once. Needs the `fast` extra.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from euthymia.pharmacology.solve.fast_math import FASTMATH, LANES, ROW

# Outputs that share one pass over the modes: as many as leave registers free for the modes themselves.
MOST_TOGETHER: Final = 3
# Numbers in one step: four of the registers most processors have; their sums are waiting for one another less then.
_STEP: Final = 16
_DOUBLE, _WHOLE = ir.DoubleType(), ir.IntType(64)
_VECTOR = ir.VectorType(_DOUBLE, _STEP)


class _Wide:
    """Reads and writes a step's worth of numbers at a place, counted flat, of a C-contiguous array."""

    def __init__(self, context: Any, builder: Any, kind: Any, array: Any) -> None:
        self.builder = builder
        self.data = context.make_array(kind)(context, builder, array).data

    def _at(self, place: Any) -> Any:
        return self.builder.bitcast(self.builder.gep(self.data, [place]), _VECTOR.as_pointer())

    def read(self, place: Any) -> Any:
        return self.builder.load(self._at(place), align=8)

    def write(self, value: Any, place: Any) -> None:
        self.builder.store(value, self._at(place), align=8)


def _unpacked(builder: Any, values: Any) -> list[Any]:
    return list(cgutils.unpack_tuple(builder, values))  # type: ignore[no-untyped-call]


def _variable(builder: Any, kind: Any) -> Any:
    """Somewhere to keep a value from turn to turn of a loop; the compiler gives it a register."""
    return cgutils.alloca_once(builder, kind)  # type: ignore[no-untyped-call]


def _times(builder: Any, one: Any, other: Any) -> Any:
    return builder.fmul(one, other, flags=tuple(FASTMATH))


def _plus(builder: Any, one: Any, other: Any) -> Any:
    return builder.fadd(one, other, flags=tuple(FASTMATH))


def _making(made: Callable[[Any, list[Any], Any], Any]) -> Any:
    """The intrinsic that makes each of `count` rows from `into` on of itself, of the rows behind each of `others`, and
    of one row for all of them."""

    def worked(_typing: Any, z: Any, into: Any, others: Any, same: Any, count: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            array, into, others, same, count = arguments
            rows, row_length = _Wide(context, builder, signature.args[0], array), _WHOLE(ROW)
            firsts = [into, *_unpacked(builder, others)]
            fixed = builder.mul(same, row_length)
            with cgutils.for_range(builder, count) as each:
                starts = [builder.mul(builder.add(first, each.index), row_length) for first in firsts]
                for step in range(0, LANES, _STEP):
                    places = [builder.add(start, _WHOLE(step)) for start in starts]
                    found = [rows.read(place) for place in places]
                    rows.write(made(builder, found, rows.read(builder.add(fixed, _WHOLE(step)))), places[0])
            return context.get_dummy_value()

        return types.void(z, into, others, same, count), generate

    return intrinsic(worked)


def _joining(operation: str) -> Any:
    """The intrinsic of one row made of two others, number by number."""

    def joined(_typing: Any, z: Any, into: Any, one: Any, other: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            rows, join = _Wide(context, builder, signature.args[0], arguments[0]), getattr(builder, operation)
            here, first, second = (builder.mul(row, _WHOLE(ROW)) for row in arguments[1:])
            for step in range(0, LANES, _STEP):
                one, other = (rows.read(builder.add(row, _WHOLE(step))) for row in (first, second))
                rows.write(join(one, other, flags=tuple(FASTMATH)), builder.add(here, _WHOLE(step)))
            return context.get_dummy_value()

        return types.void(z, into, one, other), generate

    return intrinsic(joined)


def _seeing(*, passing: bool) -> Any:
    """The intrinsic of looking at outputs that see the same run of modes, an interval going by first or not."""

    def seen(_typing: Any, z: Any, out: Any, at: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            held, factor, seen, modes, place, apart, count = _unpacked(builder, arguments[2])
            rows, shown = (_Wide(context, builder, signature.args[each], arguments[each]) for each in (0, 1))
            for outputs in range(1, MOST_TOGETHER + 1):
                # Each count has steps of its own, so that its sums have registers of their own.
                with builder.if_then(builder.icmp_signed("==", count, _WHOLE(outputs))):
                    totals = [_variable(builder, _VECTOR) for _ in range(outputs)]
                    with cgutils.for_range(builder, _WHOLE(LANES // _STEP)) as part:
                        step = builder.mul(part.index, _WHOLE(_STEP))
                        _sum(rows, (held, factor if passing else None, seen, modes), totals, step)
                        for output, total in enumerate(totals):
                            into = builder.add(place, builder.mul(apart, _WHOLE(output)))
                            shown.write(builder.load(total), builder.add(into, step))
            return context.get_dummy_value()

        return types.void(z, out, at), generate

    return intrinsic(seen)


def _sum(rows: _Wide, at: tuple[Any, Any, Any, Any], totals: list[Any], step: Any) -> None:
    """One step of every output's sum over the modes."""
    builder, (held, factor, seen, modes) = rows.builder, at
    for total in totals:
        builder.store(ir.Constant(_VECTOR, [0.0] * _STEP), total)
    with cgutils.for_range(builder, modes) as mode:

        def row(first: Any) -> Any:
            return builder.add(builder.mul(builder.add(first, mode.index), _WHOLE(ROW)), step)

        amount = rows.read(row(held))
        if factor is not None:
            amount = _times(builder, amount, rows.read(row(factor)))
            rows.write(amount, row(held))
        for output, total in enumerate(totals):
            weight = rows.read(row(builder.add(seen, builder.mul(modes, _WHOLE(output)))))
            builder.store(_plus(builder, builder.load(total), _times(builder, weight, amount)), total)


# multiply_rows(z, into, (factor,), any row, count): rows from `into` times those from `factor`.
multiply_rows: Any = _making(lambda builder, found, _: _times(builder, *found))
# fill_rows(z, held, (factor, running, filled), any row, count): held * factor + running * filled.
fill_rows: Any = _making(
    lambda builder, found, _: _plus(builder, _times(builder, *found[:2]), _times(builder, *found[2:]))
)
# add_rows(z, into, (share,), amount, count), subtract_rows: into + share * amount, or less it.
add_rows: Any = _making(lambda builder, found, amount: _plus(builder, found[0], _times(builder, found[1], amount)))
subtract_rows: Any = _making(
    lambda builder, found, amount: builder.fsub(found[0], _times(builder, found[1], amount), flags=tuple(FASTMATH))
)
# add_row(z, into, one, other) and its like: one row made of two others.
add_row: Any = _joining("fadd")
subtract_row: Any = _joining("fsub")
multiply_row: Any = _joining("fmul")
divide_row: Any = _joining("fdiv")
# see(z, out, (held, factor, seen, modes, place, apart, count)): at most three outputs, each the sum over the modes of
# rows held times rows seen, written to `out` at `place`, counted flat, and each `apart` from the one before. There is a
# row seen for each output and mode. pass_and_see: the rows held are multiplied by those from `factor` first, and kept
# so; `see` has no use for a factor.
see: Any = _seeing(passing=False)
pass_and_see: Any = _seeing(passing=True)
