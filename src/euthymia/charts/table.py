"""The table beside each chart: the same values as rows, for reading, copying and screen readers."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

import numpy as np

from euthymia.charts.forest import written
from euthymia.charts.scale import shown
from euthymia.charts.svg import element
from euthymia.charts.timeline import timeline_as_chart
from euthymia.charts.values import Chart, Forest, Numbers, Series, Timeline, Words

_ENGLISH = Words()


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words. The first column says where; an empty cell means nothing was there."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def as_html(self) -> str:
        """A plain table with escaped words; the page's stylesheet gives it its look."""
        head = "".join(element("th", {"scope": "col"}, escape(name)) for name in self.columns)
        body = ""
        for row in self.rows:
            cells = element("th", {"scope": "row"}, escape(row[0]))
            cells += "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
            body += f"<tr>{cells}</tr>"
        caption = f"<caption>{escape(self.caption)}</caption>"
        return f'<table class="table table--data">{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def data_table(drawing: Chart | Timeline | Forest, *, most_rows: int = 24, words: Words = _ENGLISH) -> Table:
    """The same values as the drawing shows.

    Every observation, mark and forest row is listed. A line of many computed points is thinned to about `most_rows`,
    always with its first, last, highest and lowest point.
    """
    match drawing:
        case Forest():
            return _forest_table(drawing)
        case Timeline():
            return _chart_table(timeline_as_chart(drawing), most_rows, words)
        case Chart():
            return _chart_table(drawing, most_rows, words)


def _forest_table(forest: Forest) -> Table:
    unit = f" ({forest.x.unit})" if forest.x.unit else ""
    rows = tuple(
        (row.name, *(written(found) if found else "" for found in (row.published, row.predicted)))
        for row in forest.rows
    )
    return Table(forest.title, (forest.x.label, forest.published_name + unit, forest.predicted_name + unit), rows)


def _chart_table(chart: Chart, most_rows: int, words: Words) -> Table:
    columns: list[str] = []
    cells: list[dict[float, str]] = []
    for series in chart.series:
        # A nameless line only joins dots that are listed themselves.
        if series.name:
            columns.append(series.name)
            cells.append(_cells(series, series.y, chart, most_rows, words))
            for band in series.bands:
                name = f"{series.name}, {band.name}" if band.name else series.name
                columns += [f"{name}, {words.low}", f"{name}, {words.high}"]
                cells += [_cells(series, side, chart, most_rows, words) for side in (band.low, band.high)]
    for dots in chart.dots:
        columns.append(dots.name)
        late = {dot.x for dot in dots.dots if dot.late}
        listed: dict[float, str] = {}
        for dot in dots.dots:
            text = shown(dot.y, chart.y, words) + (f" ({words.late})" if dot.x in late else "")
            listed[dot.x] = f"{listed[dot.x]}; {text}" if dot.x in listed else text
        cells.append(listed)
    if chart.marks:
        columns.append(words.marks)
        happened: dict[float, str] = {}
        for mark in chart.marks:
            happened[mark.at] = f"{happened[mark.at]}; {mark.label}" if mark.at in happened else mark.label
        cells.append(happened)
    places = sorted({place for column in cells for place in column})
    rows = tuple((shown(place, chart.x, words), *(column.get(place, "") for column in cells)) for place in places)
    unit = f" ({chart.y.unit})" if chart.y.unit else ""
    named = tuple(name if name == words.marks else name + unit for name in columns)
    return Table(chart.title, (chart.x.words, *named), rows)


def _cells(series: Series, values: Numbers, chart: Chart, most_rows: int, words: Words) -> dict[float, str]:
    places = _kept(series, most_rows)
    return {
        place: shown(value, chart.y, words)
        for at, (place, value) in enumerate(zip(series.x, values, strict=True))
        if at in places and place is not None and value is not None
    }


def _kept(series: Series, most_rows: int) -> set[int]:
    """The points of a series that are listed."""
    size = len(series.x)
    if size <= most_rows:
        return set(range(size))
    values = np.array([np.nan if value is None else value for value in series.y])
    even = {round(place) for place in np.linspace(0, size - 1, most_rows)}
    return even | {int(np.nanargmax(values)), int(np.nanargmin(values))}
