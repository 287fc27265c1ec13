"""The same exact solution by matrix exponentials from event to event. Slower than eigenmodes, never degenerate."""

from __future__ import annotations

import numpy as np

from euthymia.pharmacology.solve.program import SAME_H
from euthymia.pharmacology.solve.system import LinearSystem, Values, checked

# Numerator coefficients of the (13, 13) Padé approximant of exp, Higham 2005, 10.1137/04061101X.
_PADE = (
    64764752532480000.0,
    32382376266240000.0,
    7771770303897600.0,
    1187353796428800.0,
    129060195264000.0,
    10559470521600.0,
    670442572800.0,
    33522128640.0,
    1323241920.0,
    40840800.0,
    960960.0,
    16380.0,
    182.0,
    1.0,
)
_PADE_REACH = 5.37


def solve(system: LinearSystem, at_h: Values) -> Values:
    """Every output over time, (people, times, outputs); 0 before the first input."""
    at_h = np.asarray(at_h, dtype=np.float64)
    return np.stack([_one(system.person(place), at_h) for place in range(system.people)])


def _one(system: LinearSystem, at_h: Values) -> Values:
    edges = {float(entry.starts_h[0]) for entry in system.inputs}
    edges |= {float(entry.starts_h[0] + entry.duration_h[0]) for entry in system.inputs}
    moments = sorted(edges | set(at_h.tolist()))
    # The last state is a constant 1, so that a rate of entry is one more column.
    grown = np.zeros((system.states + 1, system.states + 1))
    grown[:-1, :-1] = system.rates[0]
    amounts = np.zeros(system.states + 1)
    amounts[-1] = 1.0
    seen: dict[float, Values] = {}
    # Intervals of one length with the same rates of entry are one matrix.
    known: dict[tuple[int, bytes], Values] = {}
    now_h = moments[0]
    for moment in moments:
        grown[:-1, -1] = entering(system, now_h, moment)
        key = round((moment - now_h) / SAME_H), grown[:-1, -1].tobytes()
        if key not in known:
            known[key] = exponential(grown * (moment - now_h))
        amounts = known[key] @ amounts
        for entry in system.inputs:
            if entry.is_bolus and entry.starts_h[0] == moment:
                amounts[entry.state] += entry.amount[0]
        seen[moment] = amounts[:-1].copy()
        now_h = moment
    return checked(np.stack([system.readout[0] @ seen[moment] for moment in at_h.tolist()]))


def entering(system: LinearSystem, from_h: float, to_h: float) -> Values:
    """The constant rate into each state between two neighbouring events, mg/h."""
    rate = np.zeros(system.states)
    middle_h = (from_h + to_h) / 2
    for entry in system.inputs:
        start_h, duration_h = float(entry.starts_h[0]), float(entry.duration_h[0])
        if not entry.is_bolus and start_h <= middle_h < start_h + duration_h:
            rate[entry.state] += entry.size[0]
    return rate


def exponential(matrix: Values) -> Values:
    """exp(matrix) of one square matrix by scaling and squaring."""
    size = float(np.abs(matrix).sum(axis=0).max())
    halvings = max(0, int(np.ceil(np.log2(size / _PADE_REACH)))) if size > 0 else 0
    scaled = matrix / 2.0**halvings
    unit = np.eye(matrix.shape[0])
    second = scaled @ scaled
    fourth = second @ second
    sixth = second @ fourth
    c = _PADE
    odd = sixth @ (c[13] * sixth + c[11] * fourth + c[9] * second)
    odd = scaled @ (odd + c[7] * sixth + c[5] * fourth + c[3] * second + c[1] * unit)
    even = sixth @ (c[12] * sixth + c[10] * fourth + c[8] * second)
    even = even + c[6] * sixth + c[4] * fourth + c[2] * second + c[0] * unit
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(halvings):
        result = result @ result
    return np.asarray(result)
