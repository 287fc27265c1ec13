"""What cannot be drawn is refused when the value is made, with a code and what to do."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from euthymia.charts import (
    Axis,
    Band,
    Chart,
    Dot,
    Dots,
    Estimate,
    Forest,
    ForestRow,
    Mark,
    Scale,
    Series,
    Threshold,
    Timeline,
    Zone,
    line_chart,
    sparkline,
)
from euthymia.errors import BadInput

X, Y = Axis("x"), Axis("y")
ONE = (Series("s", [0, 1], [1, 2]),)

REFUSED: dict[str, tuple[str, Callable[[], object]]] = {
    "no values": ("empty_series", lambda: Series("s", [], [])),
    "only gaps": ("empty_series", lambda: Series("s", [0, 1], [None, None])),
    "no dots": ("empty_series", lambda: Dots("d", ())),
    "not a number": ("not_finite", lambda: Series("s", [0, 1], [1, math.nan])),
    "not a number in an array": ("not_finite", lambda: Series("s", np.array([0.0, np.inf]), np.array([1.0, 2.0]))),
    "a dot nowhere": ("not_finite", lambda: Dot(math.nan, 1)),
    "a mark nowhere": ("not_finite", lambda: Mark(math.inf, "m")),
    "a threshold nowhere": ("not_finite", lambda: Threshold(math.nan, "t")),
    "a place missing": ("missing_value", lambda: Series("s", [0, None], [1, 2])),
    "lengths differ": ("length_mismatch", lambda: Series("s", [0, 1, 2], [1, 2])),
    "band too short": ("length_mismatch", lambda: Series("s", [0, 1], [1, 2], (Band([0], [1]),))),
    "band of two lengths": ("length_mismatch", lambda: Band([0, 1], [1])),
    "band upside down": ("crossed_band", lambda: Band([2], [1])),
    "axis without length": ("empty_axis", lambda: Axis("x", low=1, high=1)),
    "axis without end": ("not_finite", lambda: Axis("x", low=math.nan)),
    "logarithm of nothing": ("not_positive", lambda: Axis("x", low=0, scale=Scale.LOG)),
    "zone without height": ("empty_zone", lambda: Zone(5, 5, "z")),
    "zone of no level": ("out_of_range", lambda: Zone(0, 5, "z", 7)),
    "half an interval": ("half_interval", lambda: Estimate(1, low=0)),
    "interval upside down": ("crossed_band", lambda: Estimate(1, 3, 2)),
    "interval without end": ("not_finite", lambda: Estimate(1, 0, math.inf)),
    "empty row": ("empty_row", lambda: ForestRow("r")),
    "nothing to draw": ("empty_chart", lambda: Chart("t", "d", X, Y)),
    "no scores": ("empty_chart", lambda: Timeline("t", "d", Y, (), "PHQ-9")),
    "no rows": ("empty_chart", lambda: Forest("t", "d", X, ())),
    "no description": ("missing_words", lambda: Chart("t", " ", X, Y, ONE)),
    "sparkline of gaps": ("empty_series", lambda: sparkline([None], "s")),
    "sparkline without words": ("missing_words", lambda: sparkline([1], "")),
    "logarithm of the data": (
        "not_positive",
        lambda: line_chart(Chart("t", "d", Axis("x", scale=Scale.LOG), Y, (Series("s", [0, 1], [1, 2]),))),
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_code_and_a_way_out(name: str) -> None:
    code, make = REFUSED[name]
    with pytest.raises(BadInput) as refusal:
        make()
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")
