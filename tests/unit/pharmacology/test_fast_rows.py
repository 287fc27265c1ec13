"""Looking at many outputs at once, whatever their number, and at people who do not fill the last row."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("numba")

from euthymia.pharmacology.solve import exponential, fast
from euthymia.pharmacology.solve.fast_modes import setup_of
from euthymia.pharmacology.solve.system import Input, LinearSystem

# Kernels take long to compile: one worker of several does it.
pytestmark = pytest.mark.xdist_group("kernels")

AT_H = np.array([0.0, 0.25, 0.5, 1.0, 1.5, 2.0, 4.0, 8.0, 24.0, 24.25, 24.5, 25.0, 26.0, 30.0])
# Two drugs that know nothing of each other: three compartments that feed two, and a chain of two.
FLOWS = [(0, 1, 3.0), (1, 0, 1.0), (0, 2, 0.6), (2, 0, 0.2), (0, 3, 0.9), (3, 4, 0.7), (4, 3, 0.4), (5, 6, 1.1)]
LOSSES = {0: 0.5, 3: 0.8, 6: 0.3}


def two_drugs(people: int, reads: list[list[int]], *, duration_h: float, seed: int = 1) -> LinearSystem:
    """These drugs in so many people; every output reads these states."""
    drawn = np.random.default_rng(seed)
    rates = np.zeros((people, 7, 7))
    for source, to, rate in [*FLOWS, *((state, -1, rate) for state, rate in LOSSES.items())]:
        each = rate * np.exp(0.3 * drawn.standard_normal(people))
        rates[:, source, source] -= each
        if to >= 0:
            rates[:, to, source] += each
    readout = np.zeros((people, len(reads), 7))
    for output, states in enumerate(reads):
        readout[:, output, states] = np.exp(drawn.standard_normal((people, len(states))))
    lasts = np.full(people, duration_h)
    doses = [(0, 0.0, 50.0), (5, 0.0, 20.0), (0, 24.0, 30.0)]
    return LinearSystem(
        rates, readout, tuple(Input(state, start_h, np.full(people, mg), lasts) for state, start_h, mg in doses)
    )


@pytest.mark.parametrize("people", [1, 64, 70])
@pytest.mark.parametrize("duration_h", [0.0, 0.5])
@pytest.mark.parametrize(
    "reads",
    [
        [[0]],
        [[6]],
        [[0], [3]],
        [[0], [3], [4]],
        [[0], [6], [3], [5], [1], [4]],
        [[5], [6], [0, 6], [1], [2], [3], [4], [0, 3]],
    ],
    ids=len,
)
def test_outputs_in_any_number_show_what_the_matrix_exponential_gives(
    people: int, duration_h: float, reads: list[list[int]]
) -> None:
    system = two_drugs(people, reads, duration_h=duration_h)
    expected = exponential.solve(system, AT_H)
    peak = np.abs(expected).max(axis=1, keepdims=True)
    assert np.abs((fast.solve(system, AT_H) - expected) / peak).max() < 1e-11


def test_outputs_that_see_the_same_modes_are_looked_at_together_and_others_are_not() -> None:
    system = two_drugs(1, [[0], [3], [4], [5], [6]], duration_h=0.0)
    setup, _ = setup_of(system)
    assert setup is not None
    assert setup.together.tolist() == [0, 3, 5], "the first drug's three outputs and the second's two"
    assert len(set(setup.first_mode[:3].tolist())) == len(set(np.diff(setup.first_term)[:3].tolist())) == 1


def test_modes_of_three_compartments_hold_from_the_very_slow_to_the_very_fast() -> None:
    drawn = np.random.default_rng(5)
    people = 640
    rates = np.zeros((people, 3, 3))
    for source, to in ((0, 1), (1, 0), (0, 2), (2, 0), (0, None)):
        each = 10 ** drawn.uniform(-4, 3, people)
        rates[:, source, source] -= each
        if to is not None:
            rates[:, to, source] += each
    readout = np.zeros((people, 1, 3))
    readout[:, 0, 0] = 1.0
    system = LinearSystem(rates, readout, (Input(0, 0.0, np.full(people, 100.0), np.zeros(people)),))
    at_h = np.array([0.0, 0.001, 0.1, 1.0, 10.0])
    assert np.abs(fast.solve(system, at_h) - exponential.solve(system, at_h)).max() < 100.0 * 1e-9
