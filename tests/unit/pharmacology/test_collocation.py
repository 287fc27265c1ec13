"""The numbers of Radau's collocation, and the lines that solve its complex matrices."""

from __future__ import annotations

import numpy as np
import pytest

from euthymia.pharmacology.solve.collocation import (
    COURSE_OF_PAIRS,
    ERROR,
    ERROR_OF_PAIRS,
    INTEGRAL,
    LOOKS,
    PAIRS_OF_SLOPES,
    TURNS,
    UNTIL,
)
from euthymia.pharmacology.solve.kernel_lines import Complex, ComplexSolver, Written

EVERY = np.array([0.0, *LOOKS])


def pairs(slopes: np.ndarray) -> np.ndarray:
    """What a step of length 1 makes of the slopes at the looks where the states hear nobody."""
    given = np.array(PAIRS_OF_SLOPES) @ slopes
    numbers = (given[::2] + 1j * given[1::2]) / np.array([complex(*turn) for turn in TURNS])
    return np.stack([numbers.real, numbers.imag], axis=1).ravel()


def test_an_integral_over_the_step_is_exact_to_the_sixth_power() -> None:
    for power in range(7):
        assert np.dot(INTEGRAL, EVERY**power) == pytest.approx(1 / (power + 1), abs=1e-12)
    assert abs(np.dot(INTEGRAL, EVERY**7) - 1 / 8) > 1e-5


def test_an_integral_until_a_look_is_exact_to_the_fourth_power() -> None:
    for look, weights in zip(LOOKS, UNTIL, strict=False):
        for power in range(5):
            assert np.dot(weights, EVERY**power) == pytest.approx(look ** (power + 1) / (power + 1), abs=1e-12)


def test_pairs_give_the_course_of_a_cubic_slope() -> None:
    assert COURSE_OF_PAIRS[-1] == (1.0, 0.0, 1.0, 0.0)
    found = np.array(COURSE_OF_PAIRS) @ pairs(1 - 2 * np.array(LOOKS) + 5 * np.array(LOOKS) ** 3)
    looks = np.array(LOOKS)
    assert found == pytest.approx(looks - looks**2 + 1.25 * looks**4, abs=1e-12)


def test_the_error_sees_nothing_of_a_cubic_and_the_fourth_power() -> None:
    for power in range(4):
        assert np.dot(ERROR, EVERY**power) == pytest.approx(0.0, abs=1e-12)
    assert abs(np.dot(ERROR, EVERY**4)) > 1e-3
    slopes = np.cos(np.array(LOOKS))
    assert np.dot(ERROR_OF_PAIRS, pairs(slopes)) == pytest.approx(np.dot(ERROR[1:], slopes), abs=1e-12)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_the_lines_solve_a_complex_matrix(size: int) -> None:
    random = np.random.default_rng(size)
    matrix = random.standard_normal((size, size)) + np.diag([4.0 + 2.0j] * size)
    # What does not hear is not there.
    matrix[0, size - 1] *= size == 1
    right = random.standard_normal(size) + 1j * random.standard_normal(size)
    given: dict[str, float] = {}

    def named(name: str, value: complex) -> Complex:
        given[f"{name}r"], given[f"{name}i"] = value.real, value.imag
        real, imaginary = (part if given[part] else "0.0" for part in (f"{name}r", f"{name}i"))
        return Complex(real, imaginary)

    written = Written({}, frozenset())
    rows = [[named(f"m{row}{column}", matrix[row, column]) for column in range(size)] for row in range(size)]
    solver = ComplexSolver(written, rows)
    solved = solver([named(f"b{row}", right[row]) for row in range(size)])
    exec("\n".join(written.lines), {}, given)
    found = [complex(given[one.real], given[one.imaginary]) for one in solved]
    assert found == pytest.approx(np.linalg.solve(matrix, right), abs=1e-12)
