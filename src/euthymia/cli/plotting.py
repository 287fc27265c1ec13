"""Curves in a terminal: braille dots for lines, shades for bands, axes with units. The same text whatever the colours.

A line differs from another by its pattern (solid, dashed, dotted) and a letter at its highest point, never by colour.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from euthymia.cli.lines import WIDTH
from euthymia.pharmacology import Simulation
from euthymia.pharmacology.simulation import EffectSeries, Series

Values = NDArray[np.float64]
ROWS = 12
# A braille cell is two dots wide and four high; this is the bit of each dot, row by row.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
# Which of each eight dots along a line are drawn.
_PATTERNS = ("########", "#####...", "##..##..", "#...#...", "###..#..", "#.......")
_SAMPLES = ("⠒⠒⠒⠒", "⠒⠒⠂⠐", "⠂⠐⠂⠐", "⠂ ⠂ ", "⠒⠂⠐ ", "⠂   ")
# Room to the right of the plot for the unit of time.
_UNIT_ROOM = 5
_SHADE = "░"
_MOST_BANDS = 2
LETTERS = "ABCDEF"
# The concentration that drives dissociation: a step on the way, not something a person sees.
HIDDEN_EFFECT = "esketamine_effect_site"
# Plotted where nobody says what to plot; the others are in the table.
FELT_FIRST = ("dissociation", "systolic_rise", "diastolic_rise")
MOST_TABLE_ROWS = 40


@dataclass(frozen=True, slots=True)
class Curve:
    """One line. at_h, typical: (times,).   band: quantile → (times,), may be empty."""

    name: str
    unit: str
    at_h: Values
    typical: Values
    band: Mapping[float, Values]


def curve_of(series: Series | EffectSeries, at_h: Values, name: str) -> Curve:
    """A simulated course under the name a person reads."""
    return Curve(name, series.unit, at_h, series.typical, series.band)


def plotted(curves: Sequence[Curve], *, width: int = WIDTH, rows: int = ROWS) -> list[str]:
    """The curves over each other as lines of text at most `width` wide; nothing where there is no course to draw.

    All must share a unit. More than six are not told apart, so only the first six are drawn; the bands of more than
    two would hide one another, so they are left out.
    """
    drawn = [curve for curve in curves[: len(_PATTERNS)] if curve.at_h.size > 1]
    if not drawn:
        return []
    if len(drawn) > _MOST_BANDS:
        drawn = [replace(curve, band={}) for curve in drawn]
    top = _round_above(max(float(side.max()) for curve in drawn for side in (curve.typical, *curve.band.values())))
    labels = _y_labels(top, rows)
    margin = max(len(label) for label in labels) + 1
    canvas = _Canvas(drawn, columns=width - margin - 1 - _UNIT_ROOM, rows=rows, top=top)
    for place, curve in enumerate(drawn):
        canvas.add_band(curve)
        canvas.add_line(curve, _PATTERNS[place])
    if len(drawn) > 1:
        for place, curve in enumerate(drawn):
            canvas.add_letter(curve, LETTERS[place])
    body = [
        f"{label:>{margin - 1}} {mark}{row}" for (label, mark), row in zip(_ticked(labels), canvas.lines(), strict=True)
    ]
    return [*_legend(drawn, width), *body, *_foot(canvas, margin)]


def simulated(answer: Simulation, names: Sequence[str] = (), *, width: int) -> list[str]:
    """The analytes and effects named, a plot for each unit, an empty line after each.

    Left out, the analytes and what a person feels first. A single time has no course, so no plot.
    """
    effects = [one.effect for one in answer.effects if one.effect in FELT_FIRST]
    asked = names or [*(one.analyte for one in answer.series), *effects]
    groups: dict[str, list[Curve]] = {}
    for name in asked:
        series = answer.named(name)
        groups.setdefault(series.unit, []).append(curve_of(series, answer.at_h, name.replace("_", " ")))
    lines: list[str] = []
    for place, curves in enumerate(groups.values()):
        drawn = plotted(curves, width=width, rows=ROWS if place == 0 else ROWS // 2)
        lines += [*drawn, ""] if drawn else []
    return lines


def columns_beside(rows: Sequence[str], cells: Mapping[str, Sequence[str]], width: int) -> list[str]:
    """A table of texts with a column for each name, in as many blocks as the width asks for."""
    left = max(map(len, rows))
    broad = 2 + max(len(cell) for name, column in cells.items() for cell in (name, *column))
    fitting = max(1, (width - left) // broad)
    names, lines = list(cells), []
    for first in range(0, len(names), fitting):
        block = names[first : first + fitting]
        lines.append(" " * left + "".join(f"{name:>{broad}}" for name in block))
        for place, row in enumerate(rows):
            lines.append(f"{row:{left}}" + "".join(f"{cells[name][place]:>{broad}}" for name in block))
        lines.append("")
    return lines


def table(at_h: Values, columns: Mapping[str, Values], width: int, *, unit: str = "h") -> list[str]:
    """Values by time, in as many blocks side by side as the width asks for; at most 40 rows of a long course."""
    broad = max(12, *(len(name) + 2 for name in columns))
    fitting = max(1, (width - 9) // broad)
    names = list(columns)
    step = max(1, -(-at_h.size // MOST_TABLE_ROWS))
    lines = []
    for first in range(0, len(names), fitting):
        block = names[first : first + fitting]
        lines.append(f"{unit:>8} " + "".join(f"{name:>{broad}}" for name in block))
        for place in range(0, at_h.size, step):
            cells = "".join(f"{columns[name][place]:{broad}.3g}" for name in block)
            lines.append(f"{at_h[place]:8.2f} {cells}")
        lines.append("")
    return lines


def printable(lines: Iterable[str], encoding: str | None) -> str:
    """The lines as one text; where the terminal knows no braille, in plain characters that it does know."""
    text = "\n".join(lines)
    try:
        text.encode(encoding or "ascii")
    except UnicodeEncodeError:
        plain = str.maketrans("░┤│└─┬·µ×", ".+|+-+.ux")
        text = re.sub("[\u2801-\u28ff]", "*", text).translate(plain)
        text = text.encode(encoding or "ascii", "replace").decode(encoding or "ascii")
    return text


class _Canvas:
    """A grid of characters with four times as many dots upwards and twice as many across."""

    def __init__(self, curves: Sequence[Curve], *, columns: int, rows: int, top: float) -> None:
        self.columns, self.rows, self.top = columns, rows, top
        self.first = min(float(curve.at_h[0]) for curve in curves)
        self.last = max(float(curve.at_h[-1]) for curve in curves)
        self.dots = np.zeros((rows, columns), dtype=np.int64)
        self.shaded = np.zeros((rows, columns), dtype=bool)
        self.letters: dict[tuple[int, int], str] = {}

    def add_band(self, curve: Curve) -> None:
        """Shades every cell that the room between the outermost quantiles reaches."""
        if len(curve.band) < 2:
            return
        inside, low, _ = self._reach(curve.at_h, curve.band[min(curve.band)], self.columns)
        _, _, high = self._reach(curve.at_h, curve.band[max(curve.band)], self.columns)
        highest, lowest = self._dot_row(high) // 4, self._dot_row(low) // 4
        for column in np.flatnonzero(inside):
            self.shaded[highest[column] : lowest[column] + 1, column] = True

    def add_line(self, curve: Curve, pattern: str) -> None:
        """Sets the dots of the typical course, joined upwards so that a steep line has no holes."""
        inside, low, high = self._reach(curve.at_h, curve.typical, 2 * self.columns)
        highest, lowest = self._dot_row(high), self._dot_row(low)
        before = None
        for column in np.flatnonzero(inside):
            first, last = int(highest[column]), int(lowest[column])
            if before is not None:
                first, joined = min(first, before[1] + 1), max(last, before[0] - 1)
            else:
                joined = last
            if pattern[column % len(pattern)] == "#":
                for row in range(first, joined + 1):
                    self.dots[row // 4, column // 2] |= _BITS[row % 4][column % 2]
            before = (int(highest[column]), last)

    def _reach(self, at_h: Values, values: Values, count: int) -> tuple[NDArray[np.bool_], Values, Values]:
        """Which of so many columns a course covers, and its lowest and highest value in each.

        Values between two times are on a straight line; of many times in one column none is lost, so that a peak of
        minutes shows in a plot of weeks.
        """
        middles = np.linspace(self.first, self.last, count)
        low = np.interp(middles, at_h, values)
        high = low.copy()
        columns = np.rint((at_h - self.first) / (self.last - self.first) * (count - 1)).astype(np.int64)
        np.minimum.at(low, columns, values)
        np.maximum.at(high, columns, values)
        return (middles >= at_h[0] - 1e-9) & (middles <= at_h[-1] + 1e-9), low, high

    def add_letter(self, curve: Curve, letter: str) -> None:
        """Writes the letter above the highest point, or as near as there is room."""
        place = int(curve.typical.argmax())
        column = round((float(curve.at_h[place]) - self.first) / (self.last - self.first) * (self.columns - 1))
        row = int(self._dot_row(curve.typical[place])) // 4
        tries = [(row - 1, column), (row, column), (row, column + 1), (row, column - 1), (row - 1, column + 1)]
        tries += [(row, column + step) for step in range(2, 12)]
        for spot in tries:
            if 0 <= spot[0] < self.rows and 0 <= spot[1] < self.columns and spot not in self.letters:
                self.letters[spot] = letter
                return

    def lines(self) -> Iterable[str]:
        """The grid row by row, highest first, without spaces at the end."""
        for row in range(self.rows):
            cells = (self._cell(row, column) for column in range(self.columns))
            yield "".join(cells).rstrip()

    def _cell(self, row: int, column: int) -> str:
        if (row, column) in self.letters:
            return self.letters[row, column]
        if self.dots[row, column]:
            return chr(0x2800 + int(self.dots[row, column]))
        return _SHADE if self.shaded[row, column] else " "

    def _dot_row(self, values: Values) -> NDArray[np.int64]:
        """The row of dots a value falls into, 0 at the top."""
        most = 4 * self.rows - 1
        shares = np.clip(np.asarray(values) / self.top, 0.0, 1.0)
        return np.asarray(np.rint((1.0 - shares) * most), dtype=np.int64)


def _legend(curves: Sequence[Curve], width: int) -> list[str]:
    """The unit and what each pattern means, in lines that fit."""
    banded = next((curve for curve in curves if len(curve.band) > 1), None)
    entries = [f"{_SAMPLES[place]} {curve.name}" for place, curve in enumerate(curves)]
    if len(curves) > 1:
        entries = [f"{LETTERS[place]} {entry}" for place, entry in enumerate(entries)]
    if banded is not None:
        share = (max(banded.band) - min(banded.band)) * 100
        entries.append(f"{_SHADE * 2} {share:.0f} % of people")
    lines = [f"{curves[0].unit}:"]
    for entry in entries:
        if len(lines[-1]) + 3 + len(entry) > width:
            lines.append("  ")
        lines[-1] += f"  {entry}"
    return lines


def _y_labels(top: float, rows: int) -> list[str]:
    """A number for the highest row, the lowest and the ones between, evenly; empty where there is none."""
    labels = [""] * rows
    parts = 4 if rows >= 10 else 2
    for part in range(parts + 1):
        labels[round((rows - 1) * part / parts)] = f"{top * (1 - part / parts):.4g}"
    return labels


def _ticked(labels: Iterable[str]) -> Iterable[tuple[str, str]]:
    return ((label, "┤" if label else "│") for label in labels)


def _foot(canvas: _Canvas, margin: int) -> list[str]:
    """The time axis: its line with ticks, and the hours (or days) beneath."""
    in_days = canvas.last > 96
    first, last = (value / (24 if in_days else 1) for value in (canvas.first, canvas.last))
    step = _step((last - first) / max(2, canvas.columns // 12))
    line, words = ["─"] * canvas.columns, [" "] * (canvas.columns + margin + 2)
    for count in range(math.ceil(first / step - 1e-9), math.floor(last / step + 1e-9) + 1):
        column = round((count * step - first) / (last - first) * (canvas.columns - 1))
        line[column] = "┬"
        text = f"{count * step:g}"
        start = min(max(column - len(text) // 2 + margin + 1, 0), len(words) - len(text))
        if all(letter == " " for letter in words[max(start - 1, 0) : start + len(text) + 1]):
            words[start : start + len(text)] = text
    unit = "days" if in_days else "h"
    return [" " * margin + "└" + "".join(line), f"{''.join(words).rstrip()} {unit}"]


def _round_above(value: float) -> float:
    """The next round number that divides well, so that the axis has short labels."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(
        factor * power for factor in (1, 1.2, 1.6, 2, 2.4, 3.2, 4, 5, 6, 8, 10) if factor * power >= value * (1 - 1e-9)
    )


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
