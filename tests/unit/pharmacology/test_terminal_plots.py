"""Plots in a terminal: within the width, the same every time, told apart without colour, honest at the edges."""

from __future__ import annotations

import numpy as np
import pytest

from euthymia.cli.lines import width_here
from euthymia.cli.plotting import Curve, plotted, printable, table

HOURS = np.linspace(0.0, 4.0, 49)


def curve(name: str, scale: float = 1.0, *, banded: bool = False, at_h: np.ndarray = HOURS) -> Curve:
    typical = scale * at_h * np.exp(-at_h)
    return Curve(name, "ng/mL", at_h, typical, {0.05: 0.5 * typical, 0.95: 1.5 * typical} if banded else {})


@pytest.mark.parametrize("width", [50, 88, 100])
@pytest.mark.parametrize("count", [1, 2, 6, 7])
def test_a_plot_fits_and_is_always_the_same(width: int, count: int) -> None:
    curves = [curve(f"a rather long name of line {place}", 100 + 40 * place, banded=True) for place in range(count)]
    drawn = plotted(curves, width=width)
    assert max(map(len, drawn)) <= width
    assert drawn == plotted(curves, width=width)


def test_axes_have_round_numbers_and_units() -> None:
    drawn = plotted([curve("ketamine", 500)], width=80)
    assert drawn[0].startswith("ng/mL:")
    assert drawn[1].startswith("200 ┤")
    assert drawn[-1].endswith("4 h")
    weeks = plotted([curve("ketamine", at_h=np.linspace(0, 24 * 28, 200))], width=80)
    assert weeks[-1].endswith("days")


def test_lines_are_told_apart_by_letter_and_pattern() -> None:
    drawn = plotted([curve("high", 400), curve("low", 100)], width=80)
    text = "\n".join(drawn[1:])
    assert "A" in text
    assert "B" in text
    assert text.index("A") < text.index("B")


def test_a_band_is_shaded_and_named() -> None:
    assert "░" not in "".join(plotted([curve("x")], width=80))
    assert "90 % of people" in plotted([curve("x", banded=True)], width=80)[0]
    # Half a band is none: its other side is not known.
    half = Curve("x", "ng/mL", HOURS, HOURS, {0.5: HOURS})
    assert "░" not in "".join(plotted([half], width=80))


def test_a_line_is_highest_where_its_values_are() -> None:
    drawn = plotted([curve("x", 100)], width=80, rows=12)[1:-2]
    top = next(line for line in drawn if any(0x2801 <= ord(letter) <= 0x28FF for letter in line))
    places = [place for place, letter in enumerate(top) if 0x2801 <= ord(letter) <= 0x28FF]
    # The highest value is at 1 h of 4, a quarter along.
    assert 0.15 < (np.mean(places) - 5) / 70 < 0.35


def test_peaks_of_minutes_show_in_a_plot_of_weeks() -> None:
    weeks = np.arange(0, 24 * 28, 0.25)
    spikes = np.where(weeks % 84 == 1.0, 100.0, 1.0)
    drawn = plotted([Curve("x", "ng/mL", weeks, spikes, {})], width=80)
    # Eight sessions, all as high as they are.
    assert sum(0x2801 <= ord(letter) <= 0x28FF for letter in drawn[1]) == 8


def test_one_time_or_nothing_but_zeros_is_drawn_without_harm() -> None:
    assert plotted([curve("x", at_h=np.array([1.0]))], width=80) == []
    assert plotted([curve("x", 0.0)], width=80)[-3].lstrip().startswith("0 ┤⣀")


def test_a_table_is_cut_into_blocks_that_fit() -> None:
    columns = {f"analyte_number_{place}": HOURS for place in range(9)}
    lines = table(HOURS, columns, 80)
    assert max(map(len, lines)) <= 80
    assert sum("analyte_number" in line for line in lines) > 1
    assert sum(line.count("analyte_number") for line in lines) == 9
    long = np.linspace(0, 24, 1000)
    assert len(table(long, {"x": long}, 80)) <= 45


def test_a_terminal_without_braille_gets_plain_characters() -> None:
    drawn = plotted([curve("ketamine", 500, banded=True)], width=80)
    assert printable(drawn, "utf-8") == "\n".join(drawn)
    plain = printable([*drawn, "ng·h/mL"], "ascii")
    assert plain.isascii()
    assert "*" in plain
    assert "ng.h/mL" in plain
    assert printable(drawn, None).isascii()


def test_where_nobody_looks_the_width_is_fixed() -> None:
    assert width_here() == 88
