"""The compiled exp and log against NumPy's, over their whole range and at its ends."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from euthymia.pharmacology.solve.fast_math import compiled, exp64, exp_short, log64, log_short

# Kernels take long to compile: one worker of several does it.
pytestmark = pytest.mark.xdist_group("kernels")

ROUNDING = 1e-15


@compiled
def _exponentials(x: np.ndarray, out: np.ndarray) -> None:
    for place in range(x.size):
        out[place] = exp64(x[place])


@compiled
def _logarithms(x: np.ndarray, out: np.ndarray) -> None:
    for place in range(x.size):
        out[place] = log64(x[place])


def exponentials(x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    _exponentials(x, out)
    return out


def logarithms(x: np.ndarray) -> np.ndarray:
    out = np.empty_like(x)
    _logarithms(x, out)
    return out


def test_exp_is_that_of_numpy() -> None:
    drawn = np.random.default_rng(3)
    small = np.exp(drawn.uniform(-40, 6.5, 20_000))
    x = np.concatenate([-small, small, drawn.uniform(-700, 700, 20_000), [0.0, -0.0, 1e-300]])
    assert np.abs(exponentials(x) / np.exp(x) - 1).max() < ROUNDING


def test_exp_of_what_does_not_fit_stays_at_the_ends() -> None:
    found = exponentials(np.array([-1e9, -709.0, 1e9]))
    assert found[:2] == pytest.approx([np.exp(-708.0)] * 2, rel=ROUNDING)
    assert found[2] == pytest.approx(np.exp(709.0), rel=ROUNDING)


def test_log_is_that_of_numpy_near_one_and_far_from_it() -> None:
    drawn = np.random.default_rng(4)
    near = 1 + np.concatenate([drawn.uniform(-0.5, 1, 20_000), np.geomspace(1e-15, 1e-2, 50)])
    x = np.concatenate([near, np.exp(drawn.uniform(-700, 700, 20_000)), [2.0**-1022, 2.0**0.5, 0.5**0.5]])
    assert np.abs(logarithms(x) / np.log(x) - 1)[x != 1].max() < ROUNDING
    assert logarithms(np.array([1.0]))[0] == 0.0


def test_log_of_nothing_is_a_number() -> None:
    assert logarithms(np.array([0.0, -3.0])) == pytest.approx([np.log(2.0**-1022)] * 2, rel=ROUNDING)


@compiled
def _short(x: np.ndarray, exponential: np.ndarray, logarithm: np.ndarray) -> None:
    for place in range(x.size):
        exponential[place] = exp_short(x[place])
        logarithm[place] = log_short(x[place])


def test_the_short_ones_keep_nine_digits() -> None:
    x = np.concatenate([np.geomspace(1e-12, 600, 20_000), 1 + np.geomspace(1e-12, 1, 500)])
    powers, logs = np.empty_like(x), np.empty_like(x)
    _short(x, powers, logs)
    assert np.abs(powers / np.exp(x) - 1).max() < 1e-9
    _short(-x, powers, np.empty_like(x))
    assert np.abs(powers / np.exp(-x) - 1).max() < 1e-9
    assert np.abs(logs - np.log(x)).max() < 1e-9
