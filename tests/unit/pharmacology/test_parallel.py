"""Parts of a population: every one is done, and a failure of one is told."""

from __future__ import annotations

import pytest

from euthymia.pharmacology.solve.parallel import in_parallel
from euthymia.pharmacology.solve.system import slices


def test_every_part_is_done_also_those_a_part_asks_for() -> None:
    """A part that shares out work of its own would wait for ever for processors that wait for it."""
    done: list[tuple[int, int]] = []

    def task(part: slice) -> None:
        in_parallel(lambda inner: done.append((part.start, inner.start)), slices(40, 10))

    in_parallel(task, slices(64, 8))
    assert sorted(done) == [(part, inner) for part in range(0, 64, 8) for inner in range(0, 40, 10)]


def test_the_failure_of_a_part_is_raised() -> None:
    def task(part: slice) -> None:
        if part.start == 20:
            raise ArithmeticError("lost")

    with pytest.raises(ArithmeticError, match="lost"):
        in_parallel(task, slices(50, 10))
