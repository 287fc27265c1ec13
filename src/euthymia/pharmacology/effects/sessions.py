"""Dosing sessions of a regimen: doses more than half a day apart belong to different ones."""

from __future__ import annotations

import numpy as np

from euthymia.pharmacology.expression import Values
from euthymia.pharmacology.regimen import Regimen

# A pump's pieces, or devices minutes apart, are one session; nobody is treated twice in half a day.
APART_H = 12.0


def session_spans(regimen: Regimen) -> tuple[tuple[float, float], ...]:
    """Start of the first dose and end of the last of every session, hours, in order."""
    spans: list[tuple[float, float]] = []
    for dose in sorted(regimen.doses, key=lambda dose: dose.start_h):
        if spans and dose.start_h - spans[-1][1] <= APART_H:
            spans[-1] = (spans[-1][0], max(spans[-1][1], dose.end_h))
        else:
            spans.append((dose.start_h, dose.end_h))
    return tuple(spans)


def session_at(regimen: Regimen, at_h: Values) -> Values:
    """Which session each time belongs to, 1 for the first and for all before it, (times,)."""
    starts = [start_h for start_h, _ in session_spans(regimen)]
    return np.maximum(np.searchsorted(starts, at_h, side="right"), 1).astype(np.float64)
