"""A tape: steps of arithmetic on whole rows of people, written down once by running formulas on symbols.

A model's formulas and the cascade of its modes take a symbol wherever they take an array. What they do to it becomes
steps of a tape, each value worked out once and nothing that no result needs; `fast_tape.py` plays it for 64 people side
by side. Writing needs no compiler, and no model is compiled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray


class Op(IntEnum):
    """What a step does with the rows it names; those from `APART` on are the engine's own, the rest is arithmetic."""

    CONSTANT = 0
    COPY = 1
    ADD = 2
    SUBTRACT = 3
    MULTIPLY = 4
    DIVIDE = 5
    LARGER = 6
    SMALLER = 7
    EXP = 8
    LOG = 9
    POWER = 10
    # 1 where two rates can be told apart, else 0.
    APART = 11
    # The modes of one group of compartments, in rows of their own; see `fast_group.py`.
    ALONE = 12
    # 1 where a number is above 0, else 0. New steps come behind it: kernels kept on disk know these by number.
    ABOVE = 13


class Tape(NamedTuple):
    """steps: (steps, 4), op, row written, rows read (of `CONSTANT`, the place of the number; of `ALONE`, the group's
    size).   numbers: (constants,).   first: the row of the first number that comes in.   rows: how many there are."""

    steps: NDArray[np.int64]
    numbers: NDArray[np.float64]
    first: int
    rows: int


# What a step is before rows are known: what it does, with which values, and a number of its own (a constant's value,
# the size of a group, the place in what comes in or in a group's rows).
_Known = tuple[Op | None, tuple[int, ...], float]


@dataclass(slots=True)
class Writer:
    """Takes down what is done to its symbols."""

    values: list[_Known] = field(default_factory=list)
    places: dict[_Known, int] = field(default_factory=dict)
    incoming: int = 0
    # What a logarithm is taken of, which must be above 0: the kernel's has a number for everything.
    logged: list[Symbol] = field(default_factory=list)

    def comes_in(self) -> Symbol:
        """The next row of what is given for every person."""
        self.incoming += 1
        return self._keep((None, (), float(self.incoming - 1)))

    def number(self, value: float) -> Symbol:
        """The same number for everybody."""
        return self._keep((Op.CONSTANT, (), float(value)))

    def symbol(self, value: Symbol | float) -> Symbol:
        """A number as a symbol; a symbol as it is."""
        return value if isinstance(value, Symbol) else self.number(value)

    def step(self, op: Op, *over: Symbol) -> Symbol:
        """One step of arithmetic, or what is known of its outcome."""
        known = _simpler(self, op, over)
        return self._keep((op, tuple(each.place for each in over), 0.0)) if known is None else known

    def logarithm(self, of: Symbol) -> Symbol:
        """The logarithm of what must be above 0 for anything to hold."""
        if of.number is None or of.number <= 0.0:
            self.logged.append(of)
        return self.step(Op.LOG, of)

    def alone(self, rates: Sequence[Symbol], size: int) -> list[Symbol]:
        """The rows in which the modes of a group of this size are found from its rates, those rates first."""
        group = self._keep((Op.ALONE, tuple(each.place for each in rates), float(size)))
        return [self._keep((None, (group.place,), float(row))) for row in range(rows_of(size)[-1] + 1)]

    def _keep(self, known: _Known) -> Symbol:
        if known not in self.places:
            self.places[known] = len(self.values)
            self.values.append(known)
        return Symbol(self, self.places[known])

    def tape(self, results: Mapping[int, Symbol], first: int) -> Tape:
        """The steps that leave each result in its row, and use rows from `first` on for all else."""
        return _Laid(self, results, first).tape()


@dataclass(frozen=True, slots=True, eq=False)
class Symbol:
    """A value per person that is not known yet. Adds, multiplies and divides as an array does."""

    writer: Writer
    place: int

    # So that NumPy leaves arithmetic with an array of its own to it.
    __array_ufunc__ = None

    @property
    def number(self) -> float | None:
        """Its value, if that is the same number for everybody."""
        op, _, value = self.writer.values[self.place]
        return value if op is Op.CONSTANT else None

    def _with(self, op: Op, other: Any, *, turned: bool = False) -> Symbol:
        own = (self.writer.symbol(other), self) if turned else (self, self.writer.symbol(other))
        return self.writer.step(op, *own)

    def __add__(self, other: Any) -> Symbol:
        return self._with(Op.ADD, other)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Symbol:
        return self._with(Op.SUBTRACT, other)

    def __rsub__(self, other: Any) -> Symbol:
        return self._with(Op.SUBTRACT, other, turned=True)

    def __mul__(self, other: Any) -> Symbol:
        return self._with(Op.MULTIPLY, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Symbol:
        return self._with(Op.DIVIDE, other)

    def __rtruediv__(self, other: Any) -> Symbol:
        return self._with(Op.DIVIDE, other, turned=True)

    def __pow__(self, other: Any) -> Symbol:
        return self._with(Op.POWER, other)

    def __rpow__(self, other: Any) -> Symbol:
        return self._with(Op.POWER, other, turned=True)

    def __neg__(self) -> Symbol:
        return self._with(Op.SUBTRACT, 0.0, turned=True)


def functions(writer: Writer) -> Mapping[str, Any]:
    """The functions a model's formula may call, for symbols."""

    def of(op: Op) -> Any:
        return lambda *over: writer.step(op, *map(writer.symbol, over))

    def log(of: Any) -> Symbol:
        return writer.logarithm(writer.symbol(of))

    exp = of(Op.EXP)
    return {
        "max": of(Op.LARGER),
        "min": of(Op.SMALLER),
        "exp": exp,
        "log": log,
        "expit": lambda x: 1.0 / (1.0 + exp(-writer.symbol(x))),
        "logit": lambda share: log(writer.symbol(share) / (1.0 - share)),
    }


_ON_NUMBERS: Mapping[Op, Any] = {
    Op.ADD: lambda a, b: a + b,
    Op.SUBTRACT: lambda a, b: a - b,
    Op.MULTIPLY: lambda a, b: a * b,
    Op.DIVIDE: lambda a, b: a / b,
    Op.LARGER: max,
    Op.SMALLER: min,
    Op.EXP: math.exp,
    Op.LOG: math.log,
    Op.POWER: lambda a, b: a**b,
}


def _simpler(writer: Writer, op: Op, over: Sequence[Symbol]) -> Symbol | None:
    """What a step comes to where it changes nothing or only numbers meet; None where it has to be taken."""
    numbers = [each.number for each in over]
    if op in _ON_NUMBERS and None not in numbers:
        found = _of_numbers(op, numbers)
        # What has no value is left to the kernel, which finds that nothing holds, and to NumPy behind it.
        return None if found is None else writer.number(found)
    match op, numbers:
        case (Op.ADD, [0.0, _]) | (Op.MULTIPLY, [1.0, _]):
            return over[1]
        case (Op.ADD | Op.SUBTRACT, [_, 0.0]) | (Op.MULTIPLY | Op.DIVIDE | Op.POWER, [_, 1.0]):
            return over[0]
        case (Op.MULTIPLY, [0.0, _] | [_, 0.0]) | (Op.DIVIDE, [0.0, _]):
            return writer.number(0.0)
        case _:
            return None


def _of_numbers(op: Op, numbers: Sequence[float | None]) -> float | None:
    try:
        found = _ON_NUMBERS[op](*numbers)
    except (ArithmeticError, ValueError):
        return None
    return float(found) if isinstance(found, (int, float)) and math.isfinite(found) else None


class _Laid:
    """Gives every needed value a row; a row is used again once the last step that reads it has been taken."""

    def __init__(self, writer: Writer, results: Mapping[int, Symbol], first: int) -> None:
        self.values, self.first = writer.values, first
        self.results = {row: symbol.place for row, symbol in results.items()}
        self.last_read = self._last_reads()
        self.home = {place: row for row, place in reversed(self.results.items()) if self._may_live_in_a_result(place)}
        self.free: list[int] = []
        self.end = first + writer.incoming
        self.numbers: list[float] = []
        self.steps: list[tuple[int, int, int, int]] = []

    def _last_reads(self) -> dict[int, int]:
        """For each value that a result needs, the last value made from it (itself, where nothing is)."""
        needed = set(self.results.values())
        last: dict[int, int] = {}
        for place in reversed(range(len(self.values))):
            if place in needed:
                last.setdefault(place, place)
                for read in self.values[place][1]:
                    needed.add(read)
                    last.setdefault(read, place)
        return last

    def _may_live_in_a_result(self, place: int) -> bool:
        return self.values[place][0] not in (None, Op.ALONE)

    def tape(self) -> Tape:
        row_of: dict[int, int] = {}
        dying: dict[int, list[int]] = {}
        for place, last in self.last_read.items():
            dying.setdefault(last, []).append(place)
        for place in sorted(self.last_read):
            op, read, number = self.values[place]
            if op is Op.ALONE:
                row_of[place] = self._alone([row_of[each] for each in read], int(number))
            elif op is None:
                row_of[place] = self.first + int(number) if not read else row_of[read[0]] + int(number)
            else:
                row_of[place] = self._row(place)
                self.steps.append((int(op), row_of[place], *self._reads(op, [row_of[each] for each in read], number)))
            for each in dying.get(place, ()):
                if self._is_temporary(each):
                    self.free.append(row_of[each])
        for row, place in self.results.items():
            if row_of[place] != row:
                self.steps.append((int(Op.COPY), row, row_of[place], 0))
        steps = np.array(self.steps, dtype=np.int64).reshape(-1, 4)
        return Tape(steps, np.array(self.numbers, dtype=np.float64), self.first, self.end)

    def _is_temporary(self, place: int) -> bool:
        """Results stay, what comes in is laid down before, and a group's rows lie together."""
        return self._may_live_in_a_result(place) and place not in self.home

    def _row(self, place: int) -> int:
        if place in self.home:
            return self.home[place]
        if self.free:
            return self.free.pop()
        self.end += 1
        return self.end - 1

    def _reads(self, op: Op, rows: list[int], number: float) -> tuple[int, int]:
        if op is Op.CONSTANT:
            self.numbers.append(number)
            return len(self.numbers) - 1, 0
        return (rows[0], rows[-1])

    def _alone(self, rates: list[int], size: int) -> int:
        first = self.end
        self.end += rows_of(size)[-1] + 1
        self.steps.extend((int(Op.COPY), first + place, row, 0) for place, row in enumerate(rates))
        self.steps.append((int(Op.ALONE), first, size, 0))
        return first


def rows_of(size: int) -> tuple[int, int, int, int]:
    """Where a group of this size finds its rows: after its rates (to, from) its decays, its right (place, mode) and
    left (mode, place) shares, and who could be solved at all (1 or 0; in groups of two and three everybody can)."""
    square = size * size
    return square, square + size, 2 * square + size, 3 * square + size
