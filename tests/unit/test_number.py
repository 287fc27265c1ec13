"""What counts as a number at every door."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest

from euthymia.number import is_number, is_whole, plain


@pytest.mark.parametrize("value", [0, -3, 2.5, 10**300, np.int64(3), np.float32(0.5), np.float64(2)])
def test_a_finite_number_of_any_make_is_one(value: object) -> None:
    assert is_number(value)


@pytest.mark.parametrize(
    "value", [True, np.True_, None, "3", [3], {}, 1j, Decimal(3), float("nan"), float("inf"), np.nan, 10**400]
)
def test_anything_else_is_none(value: object) -> None:
    assert not is_number(value)


def test_only_whole_numbers_are_whole() -> None:
    assert all(is_whole(value) for value in (0, 7, 10**400, np.int32(7)))
    assert not any(is_whole(value) for value in (True, np.False_, 7.0, np.float64(7), "7", None))


def test_a_number_of_numpy_becomes_one_that_json_can_write() -> None:
    assert json.dumps([plain(value) for value in (np.int64(3), np.float32(0.5), 2, 2.5, None, "x")]) == (
        '[3, 0.5, 2, 2.5, null, "x"]'
    )
