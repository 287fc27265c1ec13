"""An LSODA engine beside ours: in numba over all processors where numbalsoda is installed, else through SciPy.

numbalsoda is built from source (C++ and Fortran compilers needed) and is used in benchmarks only:
`uv pip install --python .venv/bin/python --no-deps numbalsoda`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np

HAS_NUMBALSODA = find_spec("numbalsoda") is not None
NAME = "numbalsoda 0.3.4 (LSODA compiled by numba, prange over people)" if HAS_NUMBALSODA else "SciPy odeint (LSODA)"
ABSOLUTE = 1e-8


@dataclass(frozen=True)
class Workload:
    """What LSODA integrates.

    change(x, p, out): the rates of change; p holds a person's parameters and, last, what is running, mg/h.
    start: (states,).   reads: states that are looked at.   infusions_h, boluses_h: when doses begin.
    """

    change: Callable[[Any, Any, Any], None]
    start: tuple[float, ...]
    parameters: int
    reads: tuple[int, ...]
    infusions_h: Sequence[float]
    boluses_h: Sequence[float]
    infusion_h: float


class Peer:
    """One workload, compiled once."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self._walk = _compiled(workload) if HAS_NUMBALSODA else _plain(workload)

    def solve(
        self, parameters: np.ndarray, rate_mg_per_h: np.ndarray, bolus_mg: np.ndarray, at_h: np.ndarray, relative: float
    ) -> np.ndarray:
        """(people, times, reads). parameters: (people, parameters).   rate, bolus: (people,), of every dose alike."""
        work = self.workload
        stops = [start_h + work.infusion_h for start_h in work.infusions_h]
        edges = np.unique(np.round([*work.infusions_h, *stops, *work.boluses_h, at_h[-1]], 9))
        spans = [_span(first, end, at_h) for first, end in pairwise(edges.tolist())]
        running = np.array([_is_among(first, work.infusions_h) for first in edges[:-1]], dtype=float)
        given = np.array([_is_among(first, work.boluses_h) for first in edges[:-1]], dtype=float)
        looks = np.array([first for _, first, _ in spans])
        counts = np.array([count for _, _, count in spans])
        bounds = np.cumsum([0, *(times.size for times, _, _ in spans)])
        program = (running, given, np.concatenate([times for times, _, _ in spans]), bounds, looks, counts)
        people = np.concatenate([parameters, np.zeros((len(parameters), 1))], axis=1)
        out = np.zeros((len(parameters), at_h.size, len(work.reads)))
        tolerance = (relative, min(ABSOLUTE, relative * 1e-3))
        self._walk(people, np.stack([rate_mg_per_h, bolus_mg], axis=1), program, tolerance, out)
        return out


def _is_among(moment_h: float, times_h: Sequence[float]) -> bool:
    return any(abs(moment_h - each) < 1e-6 for each in times_h)


def _span(first: float, end: float, at_h: np.ndarray) -> tuple[np.ndarray, int, int]:
    """Times from one event to the next, the place of the first look among all, and how many there are."""
    places = np.flatnonzero((at_h > first + 1e-6) & (at_h <= end + 1e-6))
    times = np.concatenate([[first], at_h[places]])
    if times[-1] < end - 1e-6:
        times = np.append(times, end)
    return times, int(places[0]) if places.size else 0, int(places.size)


def _compiled(work: Workload) -> Any:
    import numba
    from numbalsoda import lsoda, lsoda_sig

    states, last = len(work.start), work.parameters
    rates = numba.njit(work.change)

    @numba.cfunc(lsoda_sig)
    def right(_t: Any, x: Any, out: Any, p: Any) -> None:
        rates(numba.carray(x, (states,)), numba.carray(p, (last + 1,)), numba.carray(out, (states,)))

    address, start, reads = right.address, np.array(work.start), np.array(work.reads)

    @numba.njit(parallel=True)
    def walk(people, sizes, program, tolerance, out):  # type: ignore[no-untyped-def]
        running, given, times, bounds, looks, counts = program
        for person in numba.prange(people.shape[0]):
            x = start.copy()
            p = people[person].copy()
            for span in range(running.size):
                p[last] = running[span] * sizes[person, 0]
                x[0] += given[span] * sizes[person, 1]
                found, _ = lsoda(
                    address, x, times[bounds[span] : bounds[span + 1]], data=p, rtol=tolerance[0], atol=tolerance[1]
                )
                for look in range(counts[span]):
                    for read in range(reads.size):
                        out[person, looks[span] + look, read] = found[1 + look, reads[read]]
                x = found[-1].copy()

    return walk


def _plain(work: Workload) -> Any:
    from scipy.integrate import odeint

    def right(x: Any, _t: float, p: Any) -> Any:
        rates = np.empty(len(work.start))
        work.change(x, p, rates)
        return rates

    def walk(people: Any, sizes: Any, program: Any, tolerance: Any, out: Any) -> None:
        running, given, times, bounds, looks, counts = program
        for person in range(len(people)):
            x, p = np.array(work.start), people[person].copy()
            for span in range(running.size):
                p[-1] = running[span] * sizes[person, 0]
                x = x + np.eye(len(x))[0] * given[span] * sizes[person, 1]
                part = times[bounds[span] : bounds[span + 1]]
                found = odeint(right, x, part, args=(p,), rtol=tolerance[0], atol=tolerance[1], mxstep=100_000)
                out[person, looks[span] : looks[span] + counts[span]] = found[1 : 1 + counts[span]][:, list(work.reads)]
                x = found[-1]

    return walk
