"""The modes of one group of compartments alone, for one person, as a compiled kernel; see `modes.py` for the method."""

from __future__ import annotations

import numpy as np

from euthymia.pharmacology.solve.fast_math import compiled
from euthymia.pharmacology.solve.modes import NEAR
from euthymia.pharmacology.solve.system import Values

_THIRD_TURN = 2.0 * np.pi / 3.0
_MOST_SWEEPS = 30


@compiled
def modes_alone(size: int, decay: Values, right: Values, left: Values, held: Values) -> bool:
    """The modes of one group alone, whose rates are the first of `held`."""
    inside, work = held[0], held[1]
    if size == 2:
        _two_rates(inside, decay)
    elif size == 3:
        _three_rates(inside, decay)
    else:
        return _symmetric(inside, size, decay, right, left, held)
    for mode in range(size):
        apart = 1.0
        for other in range(size):
            if other != mode:
                apart *= decay[mode] - decay[other]
        _adjugate(inside, size, decay[mode], work)
        pivot = 0
        for place in range(1, size):
            if abs(work[place, place]) > abs(work[pivot, pivot]):
                pivot = place
        for place in range(size):
            right[place, mode] = work[place, pivot] / apart
            left[mode, place] = work[pivot, place] / work[pivot, pivot]
    return _are_apart(decay, size)


@compiled
def _are_apart(decay: Values, size: int) -> bool:
    for one in range(size):
        for other in range(one + 1, size):
            if not abs(decay[one] - decay[other]) > NEAR * (abs(decay[one]) + abs(decay[other])):
                return False
    return True


@compiled
def _two_rates(m: Values, decay: Values) -> None:
    a, b, c, d = m[0, 0], m[0, 1], m[1, 0], m[1, 1]
    decay[0] = 0.5 * ((a + d) - np.sqrt((a - d) ** 2 + 4.0 * b * c))
    decay[1] = (a * d - b * c) / decay[0]


@compiled
def _three_rates(m: Values, decay: Values) -> None:
    """Roots of the cubic by its angle, made exact by one step of Newton; the smallest from the product."""
    one = m[1, 1] * m[2, 2] - m[1, 2] * m[2, 1]
    total = -(m[0, 0] + m[1, 1] + m[2, 2])
    pairs = (m[0, 0] * m[1, 1] - m[0, 1] * m[1, 0]) + (m[0, 0] * m[2, 2] - m[0, 2] * m[2, 0]) + one
    product = -(
        m[0, 0] * one
        - m[0, 1] * (m[1, 0] * m[2, 2] - m[1, 2] * m[2, 0])
        + m[0, 2] * (m[1, 0] * m[2, 1] - m[1, 1] * m[2, 0])
    )
    third = total / 3.0
    across = np.sqrt(max(third * third - pairs / 3.0, 0.0))
    twist = third * (third * third - 0.5 * pairs) + 0.5 * product
    cosine = twist / (across * across * across) if across > 0.0 else 1.0
    angle = np.arccos(min(1.0, max(-1.0, cosine))) / 3.0
    fastest = third + 2.0 * across * np.cos(angle)
    middle = third + 2.0 * across * np.cos(angle - _THIRD_TURN)
    fastest -= (((fastest - total) * fastest + pairs) * fastest - product) / (
        (3.0 * fastest - 2.0 * total) * fastest + pairs
    )
    middle -= (((middle - total) * middle + pairs) * middle - product) / ((3.0 * middle - 2.0 * total) * middle + pairs)
    decay[0], decay[1], decay[2] = -fastest, -middle, -product / (fastest * middle)


@compiled
def _adjugate(m: Values, size: int, rate: float, into: Values) -> None:
    if size == 2:
        into[0, 0], into[0, 1], into[1, 0], into[1, 1] = rate - m[1, 1], m[0, 1], m[1, 0], rate - m[0, 0]
        return
    a, b, c = m[0, 0] - rate, m[0, 1], m[0, 2]
    d, e, f = m[1, 0], m[1, 1] - rate, m[1, 2]
    g, h, i = m[2, 0], m[2, 1], m[2, 2] - rate
    into[0, 0], into[0, 1], into[0, 2] = e * i - f * h, c * h - b * i, b * f - c * e
    into[1, 0], into[1, 1], into[1, 2] = f * g - d * i, a * i - c * g, c * d - a * f
    into[2, 0], into[2, 1], into[2, 2] = d * h - e * g, b * g - a * h, a * e - b * d


@compiled
def _symmetric(inside: Values, size: int, decay: Values, right: Values, left: Values, held: Values) -> bool:
    """Four or more compartments without a circle: scaled to be symmetric, then turned until diagonal (Jacobi)."""
    scale, done, matrix, turned = held[1, 0], held[1, 1], held[2], held[3]
    for place in range(size):
        scale[place], done[place] = 1.0, 0.0
    done[0] = 1.0
    for _ in range(size):
        for source in range(size):
            for to in range(size):
                if done[source] == 1.0 and done[to] == 0.0 and inside[to, source] != 0.0:
                    scale[to] = scale[source] * np.sqrt(inside[to, source] / inside[source, to])
                    done[to] = 1.0
    for row in range(size):
        if done[row] == 0.0 or not np.isfinite(scale[row]):
            # A flow of nothing in this person: no scaling joins what is not joined.
            return False
        for column in range(size):
            matrix[row, column] = inside[row, column] * scale[column] / scale[row]
            turned[row, column] = 1.0 if row == column else 0.0
    _diagonal(matrix, turned, size)
    for mode in range(size):
        decay[mode] = matrix[mode, mode]
        for state in range(size):
            right[state, mode] = turned[state, mode] * scale[state]
            left[mode, state] = turned[state, mode] / scale[state]
    return _are_apart(decay, size)


@compiled
def _diagonal(matrix: Values, turned: Values, size: int) -> None:
    """Turn a symmetric matrix until nothing is beside its diagonal; `turned` gathers the turns."""
    for _ in range(_MOST_SWEEPS):
        beside = 0.0
        for p in range(size - 1):
            for q in range(p + 1, size):
                if abs(matrix[p, q]) <= 1e-18 * np.sqrt(abs(matrix[p, p] * matrix[q, q])):
                    continue
                beside += 1.0
                lean = (matrix[q, q] - matrix[p, p]) / (2.0 * matrix[p, q])
                t = (1.0 if lean >= 0.0 else -1.0) / (abs(lean) + np.sqrt(lean * lean + 1.0))
                c = 1.0 / np.sqrt(t * t + 1.0)
                s = t * c
                for k in range(size):
                    one, other = matrix[k, p], matrix[k, q]
                    matrix[k, p], matrix[k, q] = c * one - s * other, s * one + c * other
                for k in range(size):
                    one, other = matrix[p, k], matrix[q, k]
                    matrix[p, k], matrix[q, k] = c * one - s * other, s * one + c * other
                matrix[p, q] = matrix[q, p] = 0.0
                for k in range(size):
                    one, other = turned[k, p], turned[k, q]
                    turned[k, p], turned[k, q] = c * one - s * other, s * one + c * other
        if beside == 0.0:
            return
