"""Times to a relapse in two groups: the ratio of their hazards."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Weeks = NDArray[np.intp]


def hazard_ratio(kept: Weeks, withdrawn: Weeks, last_week: int) -> float:
    """Hazard of the first group over that of the second, both watched to `last_week` (later is: never happened).

    The proportional-hazards estimate with Breslow's ties for two groups, by Newton's method on one number.
    """
    weeks = np.arange(1, last_week + 1)
    events, at_risk = [], []
    for group in (kept, withdrawn):
        events.append(np.array([np.sum(group == week) for week in weeks], dtype=np.float64))
        at_risk.append(np.array([np.sum(group >= week) for week in weeks], dtype=np.float64))
    happened = (events[0] + events[1]) > 0
    if not events[0].sum() or not events[1].sum():
        return 0.0 if events[1].sum() else 1.0
    total = (events[0] + events[1])[happened]
    first, second = at_risk[0][happened], at_risk[1][happened]
    log_ratio = 0.0
    for _ in range(50):
        share = first * np.exp(log_ratio) / (first * np.exp(log_ratio) + second)
        step = (events[0].sum() - np.sum(total * share)) / np.sum(total * share * (1 - share))
        log_ratio += float(np.clip(step, -1.0, 1.0))
        if abs(step) < 1e-9:
            break
    return float(np.exp(log_ratio))
