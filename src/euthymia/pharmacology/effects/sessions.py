"""Dosing sessions of a regimen: doses more than half a day apart belong to different ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from euthymia.pharmacology.expression import Values
from euthymia.pharmacology.regimen import Dose, Regimen

# A pump's pieces, or devices minutes apart, are one session; nobody is treated twice in half a day.
APART_H = 12.0


def sessions_of(regimen: Regimen) -> tuple[Regimen, ...]:
    """The doses of every session, in time."""
    groups: list[list[Dose]] = []
    end_h = -np.inf
    for dose in sorted(regimen.doses, key=lambda dose: dose.start_h):
        if dose.start_h - end_h > APART_H:
            groups.append([])
        groups[-1].append(dose)
        end_h = max(end_h, dose.end_h)
    return tuple(replace(regimen, doses=tuple(group)) for group in groups)


def session_spans(regimen: Regimen) -> tuple[tuple[float, float], ...]:
    """Start of the first dose and end of the last of every session, hours, in order."""
    return tuple((each.first_h, max(dose.end_h for dose in each)) for each in sessions_of(regimen))


def session_at(regimen: Regimen, at_h: Values) -> Values:
    """Which session each time belongs to, 1 for the first and for all before it, (times,)."""
    starts = [start_h for start_h, _ in session_spans(regimen)]
    return np.maximum(np.searchsorted(starts, at_h, side="right"), 1).astype(np.float64)
