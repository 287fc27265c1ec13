"""The peer of workload W2: all eleven states by LSODA, in numba where numbalsoda is installed, else through SciPy.

numbalsoda is built from source (C++ and Fortran compilers needed) and is used here only:
`uv pip install --python .venv/bin/python --no-deps numbalsoda`.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

HAS_NUMBALSODA = find_spec("numbalsoda") is not None
NAME = "numbalsoda 0.3.4 (LSODA compiled by numba, prange over people)" if HAS_NUMBALSODA else "SciPy odeint (LSODA)"
ABSOLUTE = 1e-8
STATES = 11
NG_PER_MG = 1000.0


def solve(parameters: np.ndarray, at_h: np.ndarray, relative: float) -> np.ndarray:
    """(people, times, 3): pressure, symptom and effect site, the latter in ng/mL. parameters: (people, 26)."""
    from benchmarks.engine_w2 import DOSES_H, INFUSION_H

    edges = np.unique(np.round(np.concatenate([DOSES_H, np.array(DOSES_H) + INFUSION_H, [at_h[-1]]]), 9))
    spans = [_span(float(first), float(end), at_h) for first, end in pairwise(edges)]
    running = np.array([float(np.any(np.abs(np.array(DOSES_H) - first) < 1e-6)) for first in edges[:-1]])
    given = np.concatenate([parameters, np.zeros((len(parameters), 1))], axis=1)
    # Half a milligram per kilogram over the infusion.
    per_h = 0.5 * parameters[:, 25] / INFUSION_H
    absolute = ABSOLUTE if relative > 1e-8 else 1e-14
    out = np.zeros((len(parameters), at_h.size, 3))
    bounds = np.cumsum([0, *(span.size for span, _ in spans)])
    looks = np.array([first for _, first in spans])
    counts = np.array([np.sum((at_h > a + 1e-6) & (at_h <= b + 1e-6)) for a, b in pairwise(edges)])
    walk = _compiled() if HAS_NUMBALSODA else _plain
    program = (running, np.concatenate([span for span, _ in spans]), bounds, looks, counts)
    walk(given, per_h, program, (relative, absolute), out)
    out[:, :, 2] *= NG_PER_MG
    return out


def _span(first: float, end: float, at_h: np.ndarray) -> tuple[np.ndarray, int]:
    """Times from one event to the next, and the place of the first look among all."""
    places = np.flatnonzero((at_h > first + 1e-6) & (at_h <= end + 1e-6))
    times = np.concatenate([[first], at_h[places]])
    if times[-1] < end - 1e-6:
        times = np.append(times, end)
    return times, int(places[0]) if places.size else 0


def change(x: Any, p: Any, out: Any) -> None:
    """The eleven rates of change; p[26] is what is running, mg/h. Concentrations in mg/L."""
    k12, k21, k13, k31 = p[2] / p[1], p[2] / p[3], p[4] / p[1], p[4] / p[5]
    m12, m21 = p[11] / p[10], p[11] / p[12]
    out[0] = -p[6] * x[0]
    out[1] = p[6] * x[0] + p[26] - (p[0] / p[1] + k12 + k13) * x[1] + k21 * x[2] + k31 * x[3]
    out[2] = k12 * x[1] - k21 * x[2]
    out[3] = k13 * x[1] - k31 * x[3]
    out[4] = p[8] * p[0] / p[1] * x[1] - (p[9] / p[10] + m12) * x[4] + m21 * x[5]
    out[5] = m12 * x[4] - m21 * x[5]
    out[6] = p[13] * (x[1] / p[1] - x[6])
    c = max(x[6], 0.0)
    power, half = c ** p[16], (p[15] / 1000.0) ** p[16]
    out[7] = p[17] * (1.0 + p[14] * power / (half + power) - x[7] * x[8])
    out[8] = p[18] * (x[7] - x[8])
    out[9] = p[19] * c / (p[20] / 1000.0 + c) - p[21] * x[9]
    out[10] = p[24] * (1.0 - p[22] * x[9] / (p[23] + x[9]) - x[10])


@cache
def _compiled() -> Any:
    import numba
    from numbalsoda import lsoda, lsoda_sig

    rates = numba.njit(change)

    @numba.cfunc(lsoda_sig)
    def right(_t: Any, x: Any, out: Any, p: Any) -> None:
        rates(numba.carray(x, (11,)), numba.carray(p, (27,)), numba.carray(out, (11,)))

    address = right.address

    @numba.njit(parallel=True)
    def walk(given, per_h, program, tolerance, out):  # type: ignore[no-untyped-def]
        running, times, bounds, looks, counts = program
        for person in numba.prange(given.shape[0]):
            x = np.zeros(STATES)
            x[7], x[8], x[10] = 1.0, 1.0, 1.0
            p = given[person].copy()
            for span in range(running.size):
                p[26] = running[span] * per_h[person]
                part = times[bounds[span] : bounds[span + 1]]
                found, _ = lsoda(address, x, part, data=p, rtol=tolerance[0], atol=tolerance[1])
                for look in range(counts[span]):
                    for read, state in enumerate((7, 10, 6)):
                        out[person, looks[span] + look, read] = found[1 + look, state]
                x = found[-1].copy()

    return walk


def _plain(given: Any, per_h: Any, program: Any, tolerance: Any, out: Any) -> None:
    from scipy.integrate import odeint

    def right(x: Any, _t: float, p: Any) -> Any:
        rates = np.empty(STATES)
        change(x, p, rates)
        return rates

    running, times, bounds, looks, counts = program
    for person in range(len(given)):
        x = np.zeros(STATES)
        x[[7, 8, 10]] = 1.0
        p = given[person].copy()
        for span in range(running.size):
            p[26] = running[span] * per_h[person]
            part = times[bounds[span] : bounds[span + 1]]
            found = odeint(right, x, part, args=(p,), rtol=tolerance[0], atol=tolerance[1], mxstep=100_000)
            out[person, looks[span] : looks[span] + counts[span]] = found[1 : 1 + counts[span]][:, [7, 10, 6]]
            x = found[-1]
