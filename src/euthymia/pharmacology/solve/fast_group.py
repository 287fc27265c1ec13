"""The modes of one group of compartments alone, as a compiled kernel; see `modes.py` for the method.

Groups of two and of three, nearly all there are, are solved for 64 people side by side: in one flat scratch whose rows
lie at distances the compiler knows, so that it can widen the loops. Larger groups are solved for one person at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from euthymia.pharmacology.solve.fast_math import LANES, ROW, compiled, inlined
from euthymia.pharmacology.solve.system import Values
from euthymia.pharmacology.solve.tape import rows_of

_MOST_SWEEPS = 30


def _series(of: Callable[[Values], Values]) -> tuple[float, ...]:
    """A polynomial that follows a function from 0 to 1 within 1e-9; its highest power first."""
    found = Chebyshev.interpolate(of, 11, domain=[0.0, 1.0]).convert(kind=Polynomial)
    return tuple(float(each) for each in reversed(found.coef))


# Of an angle t from 0 to half a turn, by u = cos(t / 2): both are even in t, so there is nothing sharp in them.
_COSINE_OF_THIRD = _series(lambda u: np.cos(2.0 / 3.0 * np.arccos(u)))
_SINE_OF_THIRD_PER_HALF = _series(lambda u: np.sinc(2.0 / 3.0 * np.arccos(u) / np.pi) / np.sinc(np.arccos(u) / np.pi))
_TWO_THIRDS = 2.0 / 3.0
_HALF_ROOT_3 = 0.5 * 3.0**0.5

_TWO_DECAYS, _TWO_RIGHT, _TWO_LEFT, _ = rows_of(2)
_DECAYS, _RIGHT, _LEFT, _ = rows_of(3)


@compiled
def two_alone(s: Values) -> None:
    """The modes of groups of two; everything lies in the flat scratch as `rows_of` says."""
    for lane in range(LANES):
        a, b, c, d = s[lane], s[ROW + lane], s[2 * ROW + lane], s[3 * ROW + lane]
        fast = 0.5 * ((a + d) - np.sqrt((a - d) * (a - d) + 4.0 * b * c))
        slow = (a * d - b * c) / fast
        s[_TWO_DECAYS * ROW + lane], s[(_TWO_DECAYS + 1) * ROW + lane] = fast, slow
    _one_of_two(s, 0)
    _one_of_two(s, 1)


@inlined
def _one_of_two(s: Values, mode: int) -> None:
    for lane in range(LANES):
        b, c = s[ROW + lane], s[2 * ROW + lane]
        rate = s[(_TWO_DECAYS + mode) * ROW + lane]
        apart = rate - s[(_TWO_DECAYS + 1 - mode) * ROW + lane]
        first, second = rate - s[3 * ROW + lane], rate - s[lane]
        turned = abs(second) > abs(first)
        pivot = second if turned else first
        s[(_TWO_RIGHT + mode) * ROW + lane] = (b if turned else first) / apart
        s[(_TWO_RIGHT + 2 + mode) * ROW + lane] = (second if turned else c) / apart
        s[(_TWO_LEFT + 2 * mode) * ROW + lane] = (c if turned else first) / pivot
        s[(_TWO_LEFT + 2 * mode + 1) * ROW + lane] = (second if turned else b) / pivot


@compiled
def three_alone(s: Values) -> None:
    """The modes of groups of three; everything lies in the flat scratch as `rows_of` says."""
    _three_rates(s)
    _one_of_three(s, 0, 1, 2)
    _one_of_three(s, 1, 2, 0)
    _one_of_three(s, 2, 0, 1)


@inlined
def _three_rates(s: Values) -> None:
    """Roots of the cubic by its angle, made exact by one step of Newton; the smallest from the product."""
    for lane in range(LANES):
        a, b, c = s[lane], s[ROW + lane], s[2 * ROW + lane]
        d, e, f = s[3 * ROW + lane], s[4 * ROW + lane], s[5 * ROW + lane]
        g, h, i = s[6 * ROW + lane], s[7 * ROW + lane], s[8 * ROW + lane]
        below = e * i - f * h
        total = -(a + e + i)
        pairs = (a * e - b * d) + (a * i - c * g) + below
        product = -(a * below - b * (d * i - f * g) + c * (d * h - e * g))
        third = total * (1.0 / 3.0)
        across = np.sqrt(max(third * third - pairs * (1.0 / 3.0), 0.0))
        cube = across * across * across
        twist = third * (third * third - 0.5 * pairs) + 0.5 * product
        # All rates are one where nothing lies across; then any angle will do.
        cosine = min(1.0, max(-1.0, twist / (cube if cube > 0.0 else 1.0)))
        half_up, half_down = np.sqrt(0.5 + 0.5 * cosine), np.sqrt(0.5 - 0.5 * cosine)
        up = _sum_up(_COSINE_OF_THIRD, half_up)
        aside = _TWO_THIRDS * half_down * _sum_up(_SINE_OF_THIRD_PER_HALF, half_up)
        fastest = _newton(third + 2.0 * across * up, total, pairs, product)
        middle = _newton(third + 2.0 * across * (_HALF_ROOT_3 * aside - 0.5 * up), total, pairs, product)
        slowest = product / (fastest * middle)
        s[_DECAYS * ROW + lane] = -fastest
        s[(_DECAYS + 1) * ROW + lane] = -middle
        s[(_DECAYS + 2) * ROW + lane] = -slowest


@inlined
def _sum_up(series: tuple[float, ...], u: float) -> float:
    total = series[0]
    for place in range(1, len(series)):
        total = total * u + series[place]
    return total


@inlined
def _newton(root: float, total: float, pairs: float, product: float) -> float:
    over = ((root - total) * root + pairs) * root - product
    return root - over / ((3.0 * root - 2.0 * total) * root + pairs)


@inlined
def _one_of_three(s: Values, mode: int, next_mode: int, last_mode: int) -> None:
    """The column and the row of the adjugate through its largest place on the diagonal."""
    for lane in range(LANES):
        rate = s[(_DECAYS + mode) * ROW + lane]
        apart = (rate - s[(_DECAYS + next_mode) * ROW + lane]) * (rate - s[(_DECAYS + last_mode) * ROW + lane])
        a, b, c = s[lane] - rate, s[ROW + lane], s[2 * ROW + lane]
        d, e, f = s[3 * ROW + lane], s[4 * ROW + lane] - rate, s[5 * ROW + lane]
        g, h, i = s[6 * ROW + lane], s[7 * ROW + lane], s[8 * ROW + lane] - rate
        first, second, third = e * i - f * h, a * i - c * g, a * e - b * d
        first_second, second_first = c * h - b * i, f * g - d * i
        first_third, third_first = b * f - c * e, d * h - e * g
        second_third, third_second = c * d - a * f, b * g - a * h
        turned = abs(second) > abs(first)
        pivot = second if turned else first
        down_1, along_1 = first_second if turned else first, second_first if turned else first
        down_2, along_2 = second if turned else second_first, second if turned else first_second
        down_3, along_3 = (
            third_second if turned else third_first,
            second_third if turned else first_third,
        )
        last = abs(third) > abs(pivot)
        pivot = third if last else pivot
        s[(_RIGHT + mode) * ROW + lane] = (first_third if last else down_1) / apart
        s[(_RIGHT + 3 + mode) * ROW + lane] = (second_third if last else down_2) / apart
        s[(_RIGHT + 6 + mode) * ROW + lane] = (third if last else down_3) / apart
        s[(_LEFT + 3 * mode) * ROW + lane] = (third_first if last else along_1) / pivot
        s[(_LEFT + 3 * mode + 1) * ROW + lane] = (third_second if last else along_2) / pivot
        s[(_LEFT + 3 * mode + 2) * ROW + lane] = (third if last else along_3) / pivot


@compiled
def many_alone(size: int, decay: Values, right: Values, left: Values, held: Values) -> bool:
    """The modes of one group of four or more compartments without a circle, for one person: its rates, the first of
    `held`, are scaled to be symmetric, then turned until diagonal (Jacobi). False where they cannot be scaled."""
    inside = held[0]
    scale, done, matrix, turned = held[1, 0], held[1, 1], held[2], held[3]
    for place in range(size):
        scale[place], done[place] = 1.0, 0.0
    done[0] = 1.0
    for _ in range(size):
        for source in range(size):
            for to in range(size):
                # A flow of nothing in this person joins nothing, whichever way it goes.
                if done[source] == 1.0 and done[to] == 0.0 and inside[to, source] * inside[source, to] > 0.0:
                    scale[to] = scale[source] * np.sqrt(inside[to, source] / inside[source, to])
                    done[to] = 1.0
    for row in range(size):
        if done[row] == 0.0:
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
    return True


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
