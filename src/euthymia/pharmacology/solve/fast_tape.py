"""Plays a tape for 64 people side by side: one kernel for every model, compiled once. Needs the `fast` extra."""

from __future__ import annotations

import numpy as np

from euthymia.pharmacology.solve.fast_group import many_alone, three_alone, two_alone
from euthymia.pharmacology.solve.fast_math import LANES, ROW, compiled, exp64, inlined, kept, log64
from euthymia.pharmacology.solve.fast_rows import add_row, divide_row, multiply_row, subtract_row
from euthymia.pharmacology.solve.modes import NEAR
from euthymia.pharmacology.solve.system import Values
from euthymia.pharmacology.solve.tape import Op, Tape, rows_of

_CONSTANT, _COPY, _ADD, _SUBTRACT, _MULTIPLY, _DIVIDE = map(
    int, (Op.CONSTANT, Op.COPY, Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE)
)
_LARGER, _SMALLER, _EXP, _LOG, _POWER, _APART = map(int, (Op.LARGER, Op.SMALLER, Op.EXP, Op.LOG, Op.POWER, Op.APART))
_ABOVE = int(Op.ABOVE)
_rows_of = inlined(rows_of)


@kept
def play_for(tape: Tape, given: Values, out: Values) -> None:
    """Write everybody's first rows after the last step into `out`, (rows, people).

    given: (numbers, people), what the tape begins with.
    """
    z = np.zeros((tape.rows, ROW))
    flat = z.reshape(-1)
    for first in range(0, given.shape[1], LANES):
        width = min(LANES, given.shape[1] - first)
        lay_down(tape, given, z, first, width)
        play(tape, z, flat)
        for row in range(out.shape[0]):
            for lane in range(width):
                out[row, first + lane] = z[row, lane]


@compiled
def lay_down(tape: Tape, given: Values, z: Values, first: int, width: int) -> None:
    """Copy these people's numbers, (numbers, people), side by side; lanes beyond the last person repeat that person."""
    for row in range(given.shape[0]):
        for lane in range(width):
            z[tape.first + row, lane] = given[row, np.uintp(first + lane)]
        for lane in range(width, LANES):
            z[tape.first + row, lane] = z[tape.first + row, width - 1]


@compiled
def play(tape: Tape, z: Values, flat: Values) -> None:
    """Take every step on the scratch `z`, (rows, people), in which what comes in was laid down. flat: the same memory,
    for groups of compartments, whose rows then lie at distances the compiler knows."""
    for step in range(tape.steps.shape[0]):
        op, into, one, other = tape.steps[step, 0], tape.steps[step, 1], tape.steps[step, 2], tape.steps[step, 3]
        if op == _MULTIPLY:
            multiply_row(z, into, one, other)
        elif op == _ADD:
            add_row(z, into, one, other)
        elif op == _SUBTRACT:
            subtract_row(z, into, one, other)
        elif op == _DIVIDE:
            divide_row(z, into, one, other)
        elif op in (_APART, _ABOVE):
            _tell(z, op, into, one, other)
        elif op == _COPY:
            for lane in range(LANES):
                z[into, lane] = z[one, lane]
        elif op == _CONSTANT:
            for lane in range(LANES):
                z[into, lane] = tape.numbers[one]
        elif op <= _POWER:
            _less_often(z, op, into, one, other)
        else:
            _alone(z, flat, into, one)


@compiled
def _tell(z: Values, op: int, into: int, one: int, other: int) -> None:
    """1 for yes and 0 for no."""
    if op == _ABOVE:
        for lane in range(LANES):
            z[into, lane] = 1.0 if z[one, lane] > 0.0 else 0.0
        return
    for lane in range(LANES):
        near = NEAR * (abs(z[one, lane]) + abs(z[other, lane]))
        z[into, lane] = 1.0 if abs(z[one, lane] - z[other, lane]) > near else 0.0


@compiled
def _less_often(z: Values, op: int, into: int, one: int, other: int) -> None:
    if op == _LARGER:
        for lane in range(LANES):
            z[into, lane] = max(z[one, lane], z[other, lane])
    elif op == _SMALLER:
        for lane in range(LANES):
            z[into, lane] = min(z[one, lane], z[other, lane])
    elif op == _EXP:
        for lane in range(LANES):
            z[into, lane] = exp64(z[one, lane])
    elif op == _LOG:
        for lane in range(LANES):
            z[into, lane] = log64(z[one, lane])
    else:
        _power(z, into, one, other)


@inlined
def _power(z: Values, into: int, one: int, other: int) -> None:
    lowest = z[one, 0]
    for lane in range(LANES):
        lowest = min(lowest, z[one, lane])
    if lowest > 0.0:
        for lane in range(LANES):
            z[into, lane] = exp64(z[other, lane] * log64(z[one, lane]))
    else:
        for lane in range(LANES):
            z[into, lane] = z[one, lane] ** z[other, lane]


@inlined
def _alone(z: Values, flat: Values, first: int, size: int) -> None:
    """The modes of one group, its rates in the first rows."""
    if size == 2:
        two_alone(flat[first * ROW :])
    elif size == 3:
        three_alone(flat[first * ROW :])
    else:
        _many_alone(z, first, size)


@compiled
def _many_alone(z: Values, first: int, size: int) -> None:
    """A larger group, person after person."""
    decays, rights, lefts, sound = _rows_of(size)
    decay, held = np.empty(size), np.empty((4, size, size))
    right, left = np.empty((size, size)), np.empty((size, size))
    for lane in range(LANES):
        for to in range(size):
            for source in range(size):
                held[0, to, source] = z[first + to * size + source, lane]
        z[first + sound, lane] = 1.0 if many_alone(size, decay, right, left, held) else 0.0
        for place in range(size):
            z[first + decays + place, lane] = decay[place]
            for other in range(size):
                z[first + rights + place * size + other, lane] = right[place, other]
                z[first + lefts + place * size + other, lane] = left[place, other]
