"""A line chart: series with bands, observations, marks, limits and stripes, laid out from top to bottom.

Heading (only where the drawing stands alone), legend, the y axis's words, the marks' words, the plot, the x axis.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from euthymia.charts import legend as keys
from euthymia.charts import plot as draw
from euthymia.charts.scale import Line, ends, ticks
from euthymia.charts.svg import SOURCE_SIZE, TEXT_SIZE, document, element, width_of, words, wrapped
from euthymia.charts.values import WIDE, Chart, Frame, Mark, MarkKind, Role, Scale

EDGE = 8.0
_HEADING_LINE = 20.0
_SOURCE_LINE = 14.5


def line_chart(
    chart: Chart, frame: Frame = WIDE, *, ident: str = "", standalone: bool = False, source: str = ""
) -> str:
    """The chart as SVG text.

    ident: its id on the page, letters, digits and hyphens; left out, one is made from the words, so two charts with
    the same words on one page need one each.   standalone: with heading, own colours for light and dark, fixed size.
    source: where the numbers are from, written beneath the drawing; a page writes it itself.
    """
    ident = ident or identity(chart.title, chart.description, frame)
    above, top = heading(chart.title, frame) if standalone or frame.heading else ("", EDGE)
    samples, height = keys.legend(_entries(chart, frame), left=EDGE, top=top, room=frame.width - 2 * EDGE)
    top += height
    above += samples + words(chart.y.words, EDGE, top + 15)
    plot, placed = _laid_out(chart, frame, top + 24)
    x_ticks = ticks(chart.x, plot.x.low, plot.x.high, most=max(3, round(frame.width / 85)), words=frame.words)
    y_ticks = ticks(chart.y, plot.y.low, plot.y.high, most=6, words=frame.words)
    beneath, names = draw.stripes(plot, chart.zones)
    body = above + beneath + draw.grid(plot, x_ticks, y_ticks) + draw.verticals(plot, placed)
    body += _lines(chart, plot, ident) + draw.limits(plot, chart.thresholds) + names
    body += words(chart.x.words, (plot.left + plot.right) / 2, plot.bottom + 39, anchor="middle")
    origin, height = _origin(source, plot.bottom + 48, frame)
    body += origin
    size = (float(frame.width), plot.bottom + 48 + height)
    return document(size, (ident, chart.title, chart.description), body, standalone=standalone)


def _laid_out(chart: Chart, frame: Frame, top: float) -> tuple[draw.Plot, list[tuple[Mark, int]]]:
    """The two axes, and the lane each mark's words take between `top` and the plot."""
    x_low, x_high = ends(chart.x, _x_values(chart))
    y_low, y_high = ends(chart.y, _y_values(chart), from_zero=True)
    y_ticks = ticks(chart.y, y_low, y_high, most=6, words=frame.words)
    left = EDGE + 9 + max((width_of(tick.label) for tick in y_ticks), default=0.0)
    x = Line(x_low, x_high, left, frame.width - 16.0, log=chart.x.scale is Scale.LOG)
    placed = draw.lanes_for(x, chart.marks)
    lanes = max((lane for _, lane in placed), default=-1) + 1
    top += lanes * draw.LANE_HEIGHT + (10 if placed else 0)
    return draw.Plot(x, Line(y_low, y_high, top + frame.plot_height, top, log=chart.y.scale is Scale.LOG)), placed


def _lines(chart: Chart, plot: draw.Plot, ident: str) -> str:
    """The series, cut off at the plot's edges, and the observations, which are not cut."""
    lines = "".join(
        draw.line(plot, series, role_at(series.role, place)) for place, series in enumerate(chart.series, start=1)
    )
    first = len(chart.series) + 1
    seen = "".join(
        draw.observations(plot, dots, role_at(dots.role, place)) for place, dots in enumerate(chart.dots, start=first)
    )
    edge = {"x": plot.left, "y": plot.top - 2, "width": plot.right - plot.left, "height": plot.bottom - plot.top + 4}
    clip = element("clipPath", {"id": f"{ident}-clip"}, element("rect", {**edge}))
    return clip + element("g", {"clip-path": f"url(#{ident}-clip)"}, lines) + seen if lines else seen


def _entries(chart: Chart, frame: Frame) -> list[keys.Entry]:
    """One legend entry for each look in the chart."""
    entries = []
    for place, series in enumerate(chart.series, start=1):
        role = role_at(series.role, place)
        banded = len(series.bands) == 1
        if series.name:
            # One band lies under its line in the sample, so one entry says both.
            said = f" ({series.bands[0].name})" if banded and series.bands[0].name else ""
            entries.append(keys.line_sample(series.name + said, role, banded=banded))
        if not banded:
            named = [(depth, band.name) for depth, band in enumerate(series.bands) if band.name]
            entries += [keys.band_sample(name, role, depth) for depth, name in named]
    for place, dots in enumerate(chart.dots, start=len(chart.series) + 1):
        role = role_at(dots.role, place)
        entries.append(keys.dot_sample(dots.name, role))
        if any(dot.late for dot in dots.dots):
            entries.append(keys.dot_sample(f"{dots.name}, {frame.words.late}", role, late=True))
    if any(mark.kind is MarkKind.DOSE for mark in chart.marks):
        entries.append(keys.dose_sample(frame.words.dose))
    return entries


def _x_values(chart: Chart) -> Iterator[float]:
    for series in chart.series:
        yield from (value for value in series.x if value is not None)
    for dots in chart.dots:
        yield from (dot.x for dot in dots.dots)
    yield from (mark.at for mark in chart.marks)


def _y_values(chart: Chart) -> Iterator[float]:
    for series in chart.series:
        for values in (series.y, *(side for band in series.bands for side in (band.low, band.high))):
            yield from (value for value in values if value is not None)
    for dots in chart.dots:
        yield from (dot.y for dot in dots.dots)
    yield from (threshold.at for threshold in chart.thresholds)


def role_at(role: Role | None, place: int) -> int:
    """The look asked for, else the one of the place (1 to 6, then again from 1)."""
    return int(role) if role is not None else (place - 1) % len(Role) + 1


def heading(title: str, frame: Frame) -> tuple[str, float]:
    """The title above a drawing that stands alone, and where the rest begins."""
    lines = wrapped(title, (frame.width - 2 * EDGE) * 0.8)
    drawn = "".join(
        words(line, EDGE, EDGE + 18 + place * _HEADING_LINE, role="heading") for place, line in enumerate(lines)
    )
    return drawn, EDGE + 8 + len(lines) * _HEADING_LINE + 4


def _origin(source: str, top: float, frame: Frame) -> tuple[str, float]:
    """The source in lines beneath the x axis, and how high they are."""
    lines = wrapped(source, (frame.width - 2 * EDGE) * TEXT_SIZE / SOURCE_SIZE) if source else []
    drawn = (words(line, EDGE, top + 11 + place * _SOURCE_LINE, role="source") for place, line in enumerate(lines))
    return "".join(drawn), len(lines) * _SOURCE_LINE + (6 if lines else 0)


def identity(title: str, description: str, frame: Frame) -> str:
    """An id that is the same for the same drawing, and another for its narrow sister."""
    content = f"{title}\n{description}\n{frame.width}".encode()
    return f"chart-{hashlib.sha256(content).hexdigest()[:10]}"
