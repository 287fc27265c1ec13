"""A forest plot: what was predicted beside what was published, row by row, each with its interval."""

from __future__ import annotations

from euthymia.charts import legend as keys
from euthymia.charts.line import EDGE, heading, identity
from euthymia.charts.scale import Line, ends, plain, ticks
from euthymia.charts.svg import COLOURS, GRID, MUTED, document, element, number, width_of, words, wrapped
from euthymia.charts.values import WIDE, Estimate, Forest, ForestRow, Frame, Role

_ROW_HEIGHT = 40.0
WIDE_DIGITS = 1.12
_BENEATH_NAMES = 5.0
_PUBLISHED, _PREDICTED = Role.SECOND, Role.FIRST


def forest_plot(forest: Forest, frame: Frame = WIDE, *, ident: str = "", standalone: bool = False) -> str:
    """The rows as SVG text: a square for published, a circle for predicted.

    The numbers stand at the right where there is room.   ident, standalone: see `line_chart`.
    """
    ident = ident or identity(forest.title, forest.description, frame)
    above, top = heading(forest.title, frame) if standalone or frame.heading else ("", EDGE)
    entries = [keys.dot_sample(forest.published_name, _PUBLISHED), keys.dot_sample(forest.predicted_name, _PREDICTED)]
    samples, height = keys.legend(entries, left=EDGE, top=top, room=frame.width - 2 * EDGE)
    top += height + 6
    roomy = frame.width >= 560
    names = [wrapped(row.name, frame.width * 0.3 if roomy else frame.width - 2 * EDGE) for row in forest.rows]
    axis = _axis(forest, frame, names, roomy=roomy)
    rows, spans, y = [], [], top
    for row, lines in zip(forest.rows, names, strict=True):
        # Where names stand above their marks the lines begin beneath them, so that no word is crossed.
        start = y if roomy else y + _names_height(lines) + _BENEATH_NAMES
        drawn, y = _row(row, lines, axis, y, roomy=roomy)
        rows.append(drawn)
        spans.append((start, y))
    body = above + samples + _ground(forest, frame, axis, spans) + "".join(rows)
    body += words(forest.x.words, (axis.start + axis.end) / 2, y + 39, anchor="middle")
    return document(
        (float(frame.width), y + 48), (ident, forest.title, forest.description), body, standalone=standalone
    )


def _axis(forest: Forest, frame: Frame, names: list[list[str]], *, roomy: bool) -> Line:
    values = [
        number_ for row in forest.rows for estimate in (row.published, row.predicted) for number_ in _ends(estimate)
    ]
    if forest.reference is not None:
        values.append(forest.reference)
    low, high = ends(forest.x, values)
    margin = 0.05 * (high - low)
    low = low - margin if forest.x.low is None else low
    high = high + margin if forest.x.high is None else high
    if not roomy:
        return Line(low, high, EDGE + 14, frame.width - EDGE - 14)
    said = [
        width_of(written(estimate)) for row in forest.rows for estimate in (row.published, row.predicted) if estimate
    ]
    left = EDGE + 16 + max(width_of(line) for lines in names for line in lines)
    # Widths are estimates of a font nobody knows here; digits and brackets run wider than words.
    return Line(low, high, left, frame.width - EDGE - 14 - WIDE_DIGITS * max(said))


def _ends(estimate: Estimate | None) -> list[float]:
    if estimate is None:
        return []
    return [end for end in (estimate.value, estimate.low, estimate.high) if end is not None]


def _ground(forest: Forest, frame: Frame, axis: Line, spans: list[tuple[float, float]]) -> str:
    """Grid, axis and reference. spans: from where to where the lines may run, row by row."""
    bottom = spans[-1][1]
    most = max(3, round((axis.end - axis.start) / 70))
    drawn = []
    for tick in ticks(forest.x, axis.low, axis.high, most=most, words=frame.words):
        x = axis.place(tick.at)
        path = _through(x, spans)
        drawn.append(element("path", {"class": "grid", "d": path, "stroke": GRID, "stroke-width": 1.0}))
        drawn.append(words(tick.label, x, bottom + 19, role="tick", anchor="middle"))
    base = f"M{number(axis.start)} {number(bottom)}H{number(axis.end)}"
    drawn.append(element("path", {"class": "axis", "d": base, "stroke": MUTED, "stroke-width": 1.2}))
    if forest.reference is not None:
        path = _through(axis.place(forest.reference), spans)
        look: dict[str, str | float] = {"stroke": MUTED, "stroke-width": 1.4, "stroke-dasharray": "7 4"}
        drawn.append(element("path", {"class": "threshold", "d": path, **look}))
    return "".join(drawn)


def _through(x: float, spans: list[tuple[float, float]]) -> str:
    """An upright line through every row."""
    return "".join(f"M{number(x)} {number(start)}V{number(end)}" for start, end in spans)


def _names_height(lines: list[str]) -> float:
    return len(lines) * 15.0


def _row(row: ForestRow, lines: list[str], axis: Line, top: float, *, roomy: bool) -> tuple[str, float]:
    """One row's markup, and where the next begins. On a narrow drawing the name stands above its marks."""
    names_height = _names_height(lines)
    height = max(_ROW_HEIGHT, names_height + 12) if roomy else _ROW_HEIGHT + 4 + names_height
    start = top + (height - names_height) / 2 + 11.5 if roomy else top + 14
    drawn = [words(line, EDGE, start + place * 15) for place, line in enumerate(lines)]
    middle = top + height / 2 if roomy else top + names_height + 20
    both = row.published is not None and row.predicted is not None
    for estimate, role, offset in ((row.published, _PUBLISHED, -8.0), (row.predicted, _PREDICTED, 8.0)):
        if estimate is None:
            continue
        y = middle + (offset if both else 0)
        drawn.append(_interval(estimate, int(role), axis, y))
        if roomy:
            drawn.append(words(written(estimate), axis.end + 14, y + 4.2, role="tick"))
    return element("g", {}, *drawn), top + height


def _interval(estimate: Estimate, role: int, axis: Line, y: float) -> str:
    drawn = ""
    if estimate.low is not None and estimate.high is not None:
        low, high = axis.place(max(estimate.low, axis.low)), axis.place(min(estimate.high, axis.high))
        whiskers = f"M{number(low)} {number(y - 4)}v8M{number(high)} {number(y - 4)}v8"
        path = f"{whiskers}M{number(low)} {number(y)}H{number(high)}"
        look: dict[str, str | float] = {"stroke": COLOURS[role - 1], "stroke-width": 1.8}
        drawn = element("path", {"class": f"series-{role}", "d": path, **look})
    return drawn + (keys.marker(axis.place(estimate.value), y, role) if axis.holds(estimate.value) else "")


def written(estimate: Estimate) -> str:
    """The estimate in words: 12.3 (8 to 16)."""
    if estimate.low is None or estimate.high is None:
        return plain(estimate.value)
    return f"{plain(estimate.value)} ({plain(estimate.low)} to {plain(estimate.high)})"
