"""A sparkline: a course in the height of a line of text, always beside the number it ends with."""

from __future__ import annotations

from html import escape

from euthymia.charts.legend import marker, stroke
from euthymia.charts.svg import element, number
from euthymia.charts.values import Numbers, Role, column
from euthymia.errors import BadInput

_WIDTH, _HEIGHT, _EDGE = 120.0, 32.0, 6.0


def sparkline(
    values: Numbers, label: str, *, low: float | None = None, high: float | None = None, role: Role = Role.FIRST
) -> str:
    """The values at even steps as a small SVG; `None` is a gap.

    label: the sentence read out instead of the drawing.   low, high: the ends of the scale, taken from the data where
    left out. Refuses a row without any value, and an empty label.
    """
    found = column(values, "values")
    known = [(place, value) for place, value in enumerate(found) if value is not None]
    if not known:
        raise BadInput("empty_series", "values", "There is no value to draw. Show a dash instead.")
    if not label.strip():
        raise BadInput("missing_words", "label", "A sparkline needs words for people who cannot see it.")
    bottom = min(value for _, value in known) if low is None else low
    top = max(value for _, value in known) if high is None else high
    span = (top - bottom) or 1.0
    step = (_WIDTH - 2 * _EDGE) / max(1, len(found) - 1)
    path, started = "", False
    for place, value in enumerate(found):
        if value is None:
            started = False
            continue
        y = _HEIGHT - _EDGE - (min(max(value, bottom), top) - bottom) / span * (_HEIGHT - 2 * _EDGE)
        path += f"{'L' if started else 'M'}{number(_EDGE + place * step)} {number(y)}"
        started = True
        end = (_EDGE + place * step, y)
    body = stroke(path, int(role)) + marker(*end, int(role))
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "chart sparkline",
        "viewBox": f"0 0 {number(_WIDTH)} {number(_HEIGHT)}",
        "width": _WIDTH,
        "height": _HEIGHT,
        "role": "img",
        "aria-label": label,
        "fill": "none",
    }
    return element("svg", attributes, element("title", {}, escape(label)), body)
