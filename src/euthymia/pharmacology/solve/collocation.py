"""Radau's collocation with four looks, an implicit method (Hairer and Wanner 1996, IV.8): its numbers.

Over a step the course is the polynomial whose slope is right at four looks, the last of them the end of the step. The
four are found together; a change of variables takes them apart into two pairs, each one complex number per state, so
that two small complex matrices are solved instead of one four times as large.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import NDArray

_Numbers = NDArray[np.float64]
_COUNT = 4
_ROUNDING = 1e-12


def _looks() -> _Numbers:
    """Where Radau looks, 1 the last: the roots of the third derivative of x³(x - 1)⁴."""
    course = Polynomial([0.0, 1.0]) ** (_COUNT - 1) * Polynomial([-1.0, 1.0]) ** _COUNT
    return np.sort(course.deriv(_COUNT - 1).roots().real)


def integral(looks: Sequence[float] | _Numbers, until: float = 1.0) -> _Numbers:
    """Weights of the looks that integrate exactly, from 0 until there, polynomials of a degree below their number."""
    powers = np.vander(np.asarray(looks), len(looks), increasing=True).T
    orders = np.arange(1.0, len(looks) + 1.0)
    return np.linalg.solve(powers, until**orders / orders)


def _pairs(slopes: _Numbers) -> tuple[NDArray[np.complex128], _Numbers]:
    """The eigenvalues of `slopes` above the real line, and the real basis in which each is a turning of two.

    The basis is scaled so that its last row reads 1, 0, 1, 0: the end of the step is the sum of the first of each pair.
    """
    values, vectors = np.linalg.eig(slopes)
    above = np.flatnonzero(values.imag > 0)
    above = above[np.argsort(values[above].imag)]
    chosen = vectors[:, above] / vectors[-1, above]
    basis = np.stack([part for vector in chosen.T for part in (vector.real, -vector.imag)], axis=1)
    basis[-1] = (1.0, 0.0) * (_COUNT // 2)
    return values[above], basis


def _rows(numbers: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
    """As plain numbers; what is rounding is nothing."""
    return tuple(tuple(0.0 if abs(one) < _ROUNDING else float(one) for one in row) for row in numbers)


LOOKS = tuple(float(look) for look in [*_looks()[:-1], 1.0])
# Which look is which.
START, WITHIN, END = -1, (0, 1, 2), 3
ALL_LOOKS = (*WITHIN, END)
_EVERY = (0.0, *LOOKS)
# [look, look]: slopes at all looks from the course, less its start, at all of them.
_SLOPES = np.linalg.inv(np.stack([integral(LOOKS, look) for look in LOOKS]))
_VALUES, _BASIS = _pairs(_SLOPES)
# (real, imaginary) of each pair's number, times a step.
TURNS = tuple((float(value.real), float(value.imag)) for value in _VALUES)
COURSE_OF_PAIRS = _rows(_BASIS)
PAIRS_OF_SLOPES = _rows(np.linalg.inv(_BASIS))
# Weights of start and looks for an integral over the step, and until each look within.
(INTEGRAL,) = _rows(integral(_EVERY)[None])
UNTIL = _rows(np.stack([integral(_EVERY, LOOKS[look]) for look in WITHIN]))
# What start and looks say about the fourth derivative of a slope, as what an integral over the step loses where the
# second look is left out; the same from a course's pairs, for all but the start.
_ERROR = integral(_EVERY) - np.insert(integral((0.0, LOOKS[0], *LOOKS[2:])), 2, 0.0)
ERROR, ERROR_OF_PAIRS = tuple(_ERROR.tolist()), tuple((_ERROR[1:] @ _SLOPES @ _BASIS).tolist())
