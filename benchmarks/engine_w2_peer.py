"""The peer of workload W2: all eleven states by LSODA."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from benchmarks.lsoda_peer import NAME, Peer, Workload

__all__ = ["NAME", "change", "solve"]
NG_PER_MG = 1000.0
START = (0.0,) * 7 + (1.0, 1.0, 0.0, 1.0)


def solve(parameters: np.ndarray, at_h: np.ndarray, relative: float) -> np.ndarray:
    """(people, times, 3): pressure, symptom and effect site, the latter in ng/mL. parameters: (people, 26)."""
    from benchmarks.engine_w2 import INFUSION_H

    # Half a milligram per kilogram over the infusion.
    rate_mg_per_h = 0.5 * parameters[:, 25] / INFUSION_H
    found = _peer().solve(parameters, rate_mg_per_h, np.zeros(len(parameters)), at_h, relative)
    found[:, :, 2] *= NG_PER_MG
    return found


@cache
def _peer() -> Peer:
    from benchmarks.engine_w2 import DOSES_H, INFUSION_H

    return Peer(Workload(change, START, 26, (7, 10, 6), DOSES_H, [], INFUSION_H))


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
