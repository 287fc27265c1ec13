"""Turnover states by the general methods: compartments and states in one system, stepped through time together.

Nothing about the structure is used, so it answers for any model, and checks the methods that do use it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.derivative import Formula
from euthymia.pharmacology.solve import integrator, reference
from euthymia.pharmacology.solve.integrator import Extra
from euthymia.pharmacology.solve.system import LinearSystem, Values
from euthymia.pharmacology.turnover import TurnoverSystem, structure


def driven(system: TurnoverSystem, at_h: Values, *, relative: float = 1e-8) -> Values:
    """States and concentrations over time, (people, times, reads), by the adaptive integrator."""

    def solve(grown: LinearSystem, extra: Extra, looks_h: Values) -> Values:
        return integrator.solve(grown, looks_h, extra=extra, relative=relative)

    return _read(system, np.asarray(at_h, dtype=np.float64), solve)


def referred(system: TurnoverSystem, at_h: Values) -> Values:
    """The same by SciPy at tight tolerance, one person after the other: slow. Needs the `research` extra."""

    def solve(grown: LinearSystem, extra: Extra, looks_h: Values) -> Values:
        return reference.solve(grown, looks_h, extra=extra)

    at_h = np.asarray(at_h, dtype=np.float64)
    people = [np.array([place]) for place in range(system.people)]
    return np.concatenate([_read(system.some(person), at_h, solve) for person in people])


def states(system: TurnoverSystem, at_h: Values) -> Values:
    """The states alone, (people, times, states), by the adaptive integrator."""

    def solve(grown: LinearSystem, extra: Extra, looks_h: Values) -> Values:
        return integrator.solve(grown, looks_h, extra=extra)

    return _solved(system, at_h, solve)[:, :, len(system.heard) :]


_Solve = Callable[[LinearSystem, Extra, Values], Values]


def _read(system: TurnoverSystem, at_h: Values, solve: _Solve) -> Values:
    found = _solved(system, at_h, solve)
    heard = len(system.heard)
    return system.shown(np.maximum(found[:, :, :heard], 0.0), found[:, :, heard:])


def _solved(system: TurnoverSystem, at_h: Values, solve: _Solve) -> Values:
    """Concentrations, then states, (people, times, heard + states). Before the first dose states stand still."""
    heard = len(system.heard)
    found = np.zeros((system.people, at_h.size, heard + len(system.turnover.states)))
    found[:, :, heard:] = system.start.T[:, None]
    starts_h = np.min([entry.starts_h for entry in system.linear.inputs], axis=0)
    # An integrator starts everybody at once; those who start later would drift until then.
    for first_h in sorted(set(starts_h.tolist())):
        people: NDArray[np.int64] = np.flatnonzero(starts_h == first_h)
        later = at_h >= first_h
        if later.any():
            part = system.some(people)
            grown, extra = _grown(part)
            moved = solve(grown, extra, at_h[later])
            moved[:, :, heard:] += part.start.T[:, None]
            found[np.ix_(people, later)] = moved
    return found


def _grown(system: TurnoverSystem) -> tuple[LinearSystem, Extra]:
    """The compartments with the states behind them, counted from their start; and what makes them change."""
    linear, names = system.linear, system.turnover.names
    people, outputs, count = linear.readout.shape
    rates = np.zeros((people, count + len(names), count + len(names)))
    rates[:, :count, :count] = linear.rates
    readout = np.zeros((people, outputs + len(names), count + len(names)))
    readout[:, :outputs, :count] = linear.readout
    readout[:, range(outputs, outputs + len(names)), range(count, count + len(names))] = 1.0
    changes = [Formula(node) for node in structure(system.turnover).changes]

    def extra(_: float, amounts: Values) -> Values:
        heard = np.maximum(np.einsum("pos,ps->op", linear.readout, amounts[:, :count]), 0.0)
        known = {**system.values, **dict(zip(system.heard, heard, strict=True))}
        known.update(zip(names, system.start + amounts[:, count:].T, strict=True))
        added = np.zeros_like(amounts)
        for place, change in enumerate(changes):
            added[:, count + place] = change(known)
        return added

    return LinearSystem(rates, readout, linear.inputs), extra
