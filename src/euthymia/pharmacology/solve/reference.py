"""The slow reference: SciPy's implicit integrator at tight tolerance, one person at a time. For tests and doubt."""

from __future__ import annotations

import numpy as np

from euthymia.errors import SolverFailed
from euthymia.pharmacology.solve.exponential import entering
from euthymia.pharmacology.solve.integrator import Extra
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked


def solve(system: LinearSystem, at_h: Values, *, extra: Extra | None = None) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input. Needs the `research` extra.

    extra: adds any rate of change that depends on time and amounts, as in `integrator.solve`; for one person only.
    """
    at_h = np.asarray(at_h, dtype=np.float64)
    if extra is not None and system.people != 1:
        raise SolverFailed("The reference takes an extra rate of change for one person at a time.")
    return checked(np.stack([_one(system.person(place), at_h, extra) for place in range(system.people)]))


def _one(system: LinearSystem, at_h: Values, extra: Extra | None) -> Values:
    edges = {float(entry.starts_h[0]) for entry in system.inputs}
    edges |= {float(entry.starts_h[0] + entry.duration_h[0]) for entry in system.inputs}
    moments = sorted(edges | set(at_h.tolist()))
    amounts = np.zeros(system.states)
    seen: dict[float, Values] = {}
    now_h = moments[0]
    for moment in moments:
        if moment > now_h:
            amounts = _advanced(system, amounts, (now_h, moment), extra)
        for entry in system.inputs:
            if entry.is_bolus and entry.starts_h[0] == moment:
                amounts[entry.state] += entry.amount[0]
        seen[moment] = amounts.copy()
        now_h = moment
    return np.stack([system.readout[0] @ seen[moment] for moment in at_h.tolist()])


def _advanced(system: LinearSystem, amounts: Values, span_h: tuple[float, float], extra: Extra | None) -> Values:
    # SciPy is heavy and only in the research extra: imported when asked for.
    from scipy.integrate import solve_ivp  # type: ignore[import-untyped]

    inflow, rates = entering(system, *span_h), system.rates[0]

    def change(at_h: float, now: Values) -> Values:
        linear = rates @ now + inflow
        return np.asarray(linear if extra is None else linear + extra(at_h, now[None])[0])

    # The Jacobian is known where nothing is added.
    known = rates if extra is None else None
    found = solve_ivp(change, span_h, amounts, method="Radau", jac=known, rtol=1e-10, atol=1e-12)
    if not found.success:
        raise SolverFailed(f"The reference could not integrate: {found.message}")
    return np.asarray(found.y[:, -1])
