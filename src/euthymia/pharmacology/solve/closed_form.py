"""Exact solution of a linear compartment system by its eigenmodes, for many people and times at once.

Each input adds its own course (superposition): a bolus decays along every mode, a constant rate is the integral of
that. People whose modes are too close to tell apart are solved by matrix exponential instead (`exponential.py`).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from euthymia.pharmacology.solve import exponential
from euthymia.pharmacology.solve.system import Input, LinearSystem, Values, checked

# Above this the modes lose about eight of sixteen digits; the exponential keeps them.
_WORST_CONDITION = 1e8
# Modes slower than this (a half-life of a month) need expm1.
_SLOW_PER_H = 1e-3
# People are solved in blocks, so that a large band at many times does not fill the memory.
_NUMBERS_AT_ONCE = 2_000_000


def solve(system: LinearSystem, at_h: Values) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. SolverFailed if not finite."""
    at_h = np.asarray(at_h, dtype=np.float64)
    system = system.reached()
    block = max(1, _NUMBERS_AT_ONCE // max(1, at_h.size * system.states))
    if system.people <= block:
        return _solved(system, at_h)
    return np.concatenate([_solved(system.some(at, at + block), at_h) for at in range(0, system.people, block)])


def _solved(system: LinearSystem, at_h: Values) -> Values:
    try:
        rates, modes = np.linalg.eig(system.rates)
        inverse = np.linalg.inv(modes)
    except np.linalg.LinAlgError:
        return exponential.solve(system, at_h)
    sound = _sound(modes, inverse)
    out = _superposed(system, at_h, (rates, modes, inverse))
    for place in np.flatnonzero(np.logical_not(sound)):
        out[place] = exponential.solve(system.person(int(place)), at_h)[0]
    return checked(out)


def _sound(modes: Values, inverse: Values) -> Values:
    """Which people's modes can be trusted, (people,). Columns of `modes` have length 1."""
    size = np.abs(modes).sum(axis=2).max(axis=1) * np.abs(inverse).sum(axis=2).max(axis=1)
    return np.asarray(size < _WORST_CONDITION)


def _superposed(system: LinearSystem, at_h: Values, decomposed: tuple[Values, Values, Values]) -> Values:
    rates, modes, inverse = decomposed
    read = np.swapaxes(system.readout @ modes, 1, 2)
    out = np.zeros((system.people, at_h.size, system.readout.shape[1]))
    for entries in _alike(system.inputs):
        after_h = at_h - entries[0].start_h
        course = _course(rates, after_h, entries[0])
        weight = np.sum([inverse[:, :, entry.state] * entry.amount[:, None] for entry in entries], axis=0)
        out += ((course * weight[:, None, :]) @ read).real
    return out


def _alike(inputs: tuple[Input, ...]) -> Iterator[list[Input]]:
    """Inputs with the same start and duration share their courses."""
    groups: dict[tuple[float, bytes], list[Input]] = {}
    for entry in inputs:
        groups.setdefault((entry.start_h, entry.duration_h.tobytes()), []).append(entry)
    yield from groups.values()


def _course(rates: Values, after_h: Values, entry: Input) -> Values:
    """How much of one unit is left in each mode, (people, times, modes)."""
    if entry.is_bolus:
        # Times before the dose would overflow, so they are moved to it and then set to nothing.
        left = np.exp(rates[:, None, :] * np.maximum(after_h, 0.0)[None, :, None])
        left[:, after_h < 0, :] = 0.0
        return np.asarray(left)
    filled = _integral(rates, np.maximum(after_h, 0.0)[None, :])
    if (after_h > entry.duration_h.min()).any():
        filled = filled - _integral(rates, np.maximum(after_h[None, :] - entry.duration_h[:, None], 0.0))
    return np.asarray(filled / entry.duration_h[:, None, None])


def _integral(rates: Values, span_h: Values) -> Values:
    """∫ exp(rate · s) ds over the span; rates (people, modes), span (people or 1, times)."""
    slow = np.abs(rates) < _SLOW_PER_H
    if not slow.any():
        # exp is several times faster than expm1, and here a span of a second keeps nine of sixteen digits.
        return np.asarray((np.exp(rates[:, None, :] * span_h[:, :, None]) - 1.0) * (1.0 / rates)[:, None, :])
    still = np.abs(rates) < 1e-14
    safe = np.where(still, -1.0, rates)[:, None, :]
    moving = np.expm1(safe * span_h[:, :, None]) / safe
    return np.asarray(np.where(still[:, None, :], span_h[:, :, None], moving))
