"""The peer of workload W1: all seven states by LSODA."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.lsoda_peer import NAME, Peer, Workload

__all__ = ["NAME", "change", "solve"]
NG_PER_MG = 1000.0


def solve(parameters: np.ndarray, at_h: np.ndarray, relative: float) -> np.ndarray:
    """(people, times, 3): plasma, metabolite and effect site, ng/mL. parameters: (people, 15), as in `engine_w1`."""
    from benchmarks.engine_w1 import INFUSION_H

    dose_mg = 0.5 * parameters[:, 14]
    found = _peer().solve(parameters, dose_mg / INFUSION_H, dose_mg * parameters[:, 7], at_h, relative)
    volumes = np.stack([parameters[:, 1], parameters[:, 10], np.ones(len(parameters))], axis=1)
    return np.asarray(found * NG_PER_MG / volumes[:, None, :])


@cache
def _peer() -> Peer:
    from benchmarks.engine_w1 import DOSES_H, INFUSION_H, ROUTES

    infusions = [start_h for start_h, route in zip(DOSES_H, ROUTES, strict=True) if route == "iv"]
    sprays = [start_h for start_h, route in zip(DOSES_H, ROUTES, strict=True) if route == "nasal"]
    return Peer(Workload(change, (0.0,) * 7, 15, (1, 4, 6), infusions, sprays, INFUSION_H))


def change(x: Any, p: Any, out: Any) -> None:
    """The seven rates of change, mg and mg/L; p[15] is what is running, mg/h."""
    k12, k21, k13, k31 = p[2] / p[1], p[2] / p[3], p[4] / p[1], p[4] / p[5]
    m12, m21 = p[11] / p[10], p[11] / p[12]
    out[0] = -p[6] * x[0]
    out[1] = p[6] * x[0] + p[15] - (p[0] / p[1] + k12 + k13) * x[1] + k21 * x[2] + k31 * x[3]
    out[2] = k12 * x[1] - k21 * x[2]
    out[3] = k13 * x[1] - k31 * x[3]
    out[4] = p[8] * p[0] / p[1] * x[1] - (p[9] / p[10] + m12) * x[4] + m21 * x[5]
    out[5] = m12 * x[4] - m21 * x[5]
    out[6] = p[13] * (x[1] / p[1] - x[6])
