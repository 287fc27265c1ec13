"""The table beside a drawing holds what the drawing shows."""

from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from euthymia.charts import Axis, Band, Chart, Dot, Dots, Estimate, Forest, ForestRow, Mark, Series, data_table
from euthymia.charts.scale import Line, plain, ticks
from euthymia.charts.values import Scale, Words

PEAK = np.exp(-((np.linspace(0, 10, 501) - 3.33) ** 2))


def test_short_series_bands_dots_and_marks_are_all_listed() -> None:
    chart = Chart(
        "t",
        "d",
        Axis("Time", "h"),
        Axis("Level", "ng/mL"),
        (Series("A", [0, 1], [10, 20], (Band([8, 18], [12, 22], "9 in 10"),)),),
        (
            Dots(
                "Seen",
                (Dot(1, 21), Dot(1.5, 19, late=True)),
            ),
        ),
        (Mark(0, "Dose"), Mark(0, "Escort arrives")),
    )
    table = data_table(chart)
    assert table.columns == (
        "Time (h)",
        "A (ng/mL)",
        "A, 9 in 10, low (ng/mL)",
        "A, 9 in 10, high (ng/mL)",
        "Seen (ng/mL)",
        "What happened",
    )
    assert table.rows == (
        ("0", "10", "8", "12", "", "Dose; Escort arrives"),
        ("1", "20", "18", "22", "21", ""),
        ("1.5", "", "", "", "19 (entered late)", ""),
    )


def test_a_long_series_is_thinned_but_keeps_its_ends_and_its_peak() -> None:
    x = np.linspace(0, 10, 501)
    table = data_table(Chart("t", "d", Axis("x"), Axis("y"), (Series("A", x, PEAK),)), most_rows=10)
    listed = {row[0]: row[1] for row in table.rows}
    assert len(table.rows) <= 12
    assert {"0", "10"} <= set(listed)
    assert max(float(value) for value in listed.values() if "e" not in value) == pytest.approx(PEAK.max(), abs=0.01)


def test_a_forest_lists_both_sides_and_leaves_the_absent_one_empty() -> None:
    forest = Forest(
        "t", "d", Axis("Response", "%"), (ForestRow("A", Estimate(64, 52, 76)), ForestRow("B", None, Estimate(3)))
    )
    assert data_table(forest).rows == (("A", "64 (52 to 76)", ""), ("B", "", "3"))


def test_the_markup_of_a_table_is_escaped_and_well_formed() -> None:
    chart = Chart("<t>", "d", Axis("x"), Axis("y"), (Series("A & <b>", [0, 1], [1, 2]),))
    root = ElementTree.fromstring(data_table(chart).as_html())
    assert root.findtext("caption") == "<t>"
    assert "A & <b>" in [cell.text for cell in root.iter("th")]


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [
        (0.30000000000000004, 0.1, "0.3"),
        (0.25, 0.25, "0.25"),
        (20.0, 5.0, "20"),
        (-5.0, 5.0, "−5"),
        (-1e-17, 1.0, "0"),
        (1234.5, 0.0, "1234"),
        (12.345, 0.0, "12.3"),
        (0.5, 0.0, "0.5"),
        (0.00012, 0.0, "0.00012"),
    ],
)
def test_numbers_are_written_for_a_reader(value: float, step: float, text: str) -> None:
    assert plain(value, step) == text


@pytest.mark.parametrize("scale", [Scale.NUMBER, Scale.HOURS, Scale.MINUTES])
@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (0.0, 2.0), (3.0, 240.0), (-10.0, 5000.0)])
def test_ticks_are_few_ordered_and_inside(scale: Scale, low: float, high: float) -> None:
    found = ticks(Axis("x", scale=scale), low, high, most=6, words=Words())
    places = [tick.at for tick in found]
    assert 2 <= len(found) <= 8
    assert places == sorted(places)
    assert all(low - 1e-9 <= place <= high + 1e-9 for place in places)
    assert len({tick.label for tick in found}) == len(found)


@pytest.mark.parametrize("span_d", [3, 20, 60, 200, 800, 4000])
def test_date_ticks_suit_days_weeks_and_months(span_d: int) -> None:
    found = ticks(Axis("Date", scale=Scale.DATE), 739_000.0, 739_000.0 + span_d, most=6, words=Words())
    assert 1 <= len(found) <= 8


def test_an_axis_puts_its_ends_at_its_ends() -> None:
    line = Line(0, 10, 300, 100)
    assert (line.place(0), line.place(5), line.place(10)) == (300, 200, 100)
