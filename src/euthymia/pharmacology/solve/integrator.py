"""Adaptive Runge-Kutta integration (Dormand and Prince 1980, order 5 with an order 4 error) of the same systems.

For what has no closed form: `extra` adds any rate of change that depends on time and amounts. All people share one
step, the smallest any of them needs. Integration restarts wherever an input begins or ends.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from euthymia.errors import SolverFailed
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked

# (time, amounts (people, states)) → what it adds to the rate of change, (people, states).
Extra = Callable[[float, Values], Values]
_Change = Callable[[float, Values], Values]

_NODES = (0.0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1.0, 1.0)
_STEPS = (
    (),
    (1 / 5,),
    (3 / 40, 9 / 40),
    (44 / 45, -56 / 15, 32 / 9),
    (19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729),
    (9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656),
    (35 / 384, 0.0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84),
)
_ERROR = (71 / 57600, 0.0, -71 / 16695, 71 / 1920, -17253 / 339200, 22 / 525, -1 / 40)
_MOST_STEPS = 200_000


def solve(
    system: LinearSystem,
    at_h: Values,
    *,
    extra: Extra | None = None,
    relative: float = 1e-8,
    absolute_mg: float = 1e-10,
) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input.

    relative, absolute_mg: error allowed per step.   SolverFailed where it cannot be kept.
    """
    at_h = np.asarray(at_h, dtype=np.float64)
    starts = {float(start) for entry in system.inputs for start in entry.starts_h}
    ends = {float(end) for entry in system.inputs for end in entry.starts_h + entry.duration_h}
    moments = sorted(starts | ends | set(at_h.tolist()))
    amounts = np.zeros((system.people, system.states))
    seen: dict[float, Values] = {}
    now_h = moments[0]
    for moment in moments:
        if moment > now_h:
            change = _change(system, (now_h + moment) / 2, extra)
            amounts = _advanced(change, amounts, (now_h, moment), (relative, absolute_mg))
        for entry in system.inputs:
            now = entry.starts_h == moment
            if entry.is_bolus and now.any():
                amounts = amounts.copy()
                amounts[:, entry.state] += np.where(now, entry.amount, 0.0)
        seen[moment] = amounts
        now_h = moment
    read = [np.einsum("pos,ps->po", system.readout, seen[moment]) for moment in at_h.tolist()]
    return checked(np.stack(read, axis=1))


def _change(system: LinearSystem, middle_h: float, extra: Extra | None) -> _Change:
    """The rate of change between two neighbouring events, where every input's rate is constant."""
    entering = np.zeros((system.people, system.states))
    for entry in system.inputs:
        if entry.is_bolus:
            continue
        running = (entry.starts_h <= middle_h) & (middle_h < entry.starts_h + entry.duration_h)
        entering[:, entry.state] += np.where(running, entry.size, 0.0)

    def change(at_h: float, amounts: Values) -> Values:
        linear = np.einsum("pij,pj->pi", system.rates, amounts) + entering
        return np.asarray(linear if extra is None else linear + extra(at_h, amounts))

    return change


def _advanced(change: _Change, amounts: Values, span_h: tuple[float, float], allowed: tuple[float, float]) -> Values:
    now_h, end_h = span_h
    relative, absolute_mg = allowed
    step_h = min(end_h - now_h, 1e-3)
    for _ in range(_MOST_STEPS):
        step_h = min(step_h, end_h - now_h)
        slopes: list[Values] = []
        for node, weights in zip(_NODES, _STEPS, strict=True):
            reached = amounts + step_h * _weighted(weights, slopes)
            slopes.append(change(now_h + node * step_h, reached))
        error = np.abs(step_h * _weighted(_ERROR, slopes))
        worst = float((error / (absolute_mg + relative * np.maximum(np.abs(amounts), np.abs(reached)))).max())
        if not np.isfinite(worst):
            raise SolverFailed("The integration left the finite numbers.")
        if worst <= 1:
            now_h, amounts = now_h + step_h, reached
            if now_h >= end_h - 1e-14 * max(1.0, abs(end_h)):
                return amounts
        step_h *= min(5.0, max(0.2, 0.9 * max(worst, 1e-10) ** -0.2))
    raise SolverFailed("The integration needs more steps than it may take; the system is too stiff.")


def _weighted(weights: tuple[float, ...], slopes: list[Values]) -> Values | float:
    total: Values | float = 0.0
    for weight, slope in zip(weights, slopes, strict=True):
        if weight:
            total = total + weight * slope
    return total
