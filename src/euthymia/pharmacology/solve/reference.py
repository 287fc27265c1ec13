"""The slow reference: SciPy's implicit integrator at tight tolerance, one person at a time. For tests and doubt."""

from __future__ import annotations

import numpy as np

from euthymia.errors import SolverFailed
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked


def solve(system: LinearSystem, at_h: Values) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. Needs the `research` extra."""
    at_h = np.asarray(at_h, dtype=np.float64)
    return checked(np.stack([_one(system.person(place), at_h) for place in range(system.people)]))


def _one(system: LinearSystem, at_h: Values) -> Values:
    edges = {entry.start_h for entry in system.inputs}
    edges |= {entry.start_h + float(entry.duration_h[0]) for entry in system.inputs}
    moments = sorted(edges | set(at_h.tolist()))
    amounts = np.zeros(system.states)
    seen: dict[float, Values] = {}
    now_h = moments[0]
    for moment in moments:
        if moment > now_h:
            amounts = _advanced(system, amounts, now_h, moment)
        for entry in system.inputs:
            if entry.is_bolus and entry.start_h == moment:
                amounts[entry.state] += entry.amount[0]
        seen[moment] = amounts.copy()
        now_h = moment
    return np.stack([system.readout[0] @ seen[moment] for moment in at_h.tolist()])


def _advanced(system: LinearSystem, amounts: Values, from_h: float, to_h: float) -> Values:
    # SciPy is heavy and only in the research extra: imported when asked for.
    from scipy.integrate import solve_ivp  # type: ignore[import-untyped]

    middle_h = (from_h + to_h) / 2
    entering = np.zeros(system.states)
    for entry in system.inputs:
        duration_h = float(entry.duration_h[0])
        if not entry.is_bolus and entry.start_h <= middle_h < entry.start_h + duration_h:
            entering[entry.state] += entry.amount[0] / duration_h
    rates = system.rates[0]
    found = solve_ivp(
        lambda _, now: rates @ now + entering,
        (from_h, to_h),
        amounts,
        method="Radau",
        jac=rates,
        rtol=1e-10,
        atol=1e-12,
    )
    if not found.success:
        raise SolverFailed(f"The reference could not integrate: {found.message}")
    return np.asarray(found.y[:, -1])
