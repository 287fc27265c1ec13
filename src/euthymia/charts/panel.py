"""One small drawing among many on the same axes: a person's scores with dose marks, to be compared at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from euthymia.charts.legend import marker, stroke
from euthymia.charts.scale import Line
from euthymia.charts.svg import FONT, GRID, MUTED, element, number, words
from euthymia.charts.values import Axis, Dot, Role, Tick
from euthymia.errors import BadInput

_WIDTH, _HEIGHT = 176.0, 112.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 22.0, 8.0, 8.0, 20.0
_DOSE_HEIGHT = 9.0


@dataclass(frozen=True, slots=True)
class Panel:
    """Scores and doses of one person, and the sentence read out instead of the drawing."""

    label: str
    scores: tuple[Dot, ...]
    doses: tuple[float, ...] = ()
    role: Role = Role.FIRST

    def __post_init__(self) -> None:
        if not self.label.strip():
            raise BadInput("missing_words", "panel.label", "A panel needs words for people who cannot see it.")
        if not self.scores:
            raise BadInput(
                "empty_series", "panel.scores", "There is no score to draw. Leave the panel out and say why."
            )


def panel_chart(panel: Panel, x: Axis, y: Axis) -> str:
    """The panel as SVG text. Both axes need their ends and ticks, so that every panel of a page has the same.

    Scores are joined in the order of time; what lies outside the axes is left out. A dose is a short line at the foot.
    """
    across = _line(x, _LEFT, _WIDTH - _RIGHT)
    upwards = _line(y, _HEIGHT - _BOTTOM, _TOP)
    inside = sorted(
        (dot for dot in panel.scores if across.holds(dot.x) and upwards.holds(dot.y)), key=lambda dot: dot.x
    )
    places = [(across.place(dot.x), upwards.place(dot.y)) for dot in inside]
    joined = stroke("M" + "L".join(f"{number(left)} {number(top)}" for left, top in places), int(panel.role))
    body = _ground(across, upwards, x.ticks, y.ticks) + _doses(panel.doses, across)
    body += (joined if len(places) > 1 else "") + "".join(
        marker(left, top, int(panel.role), tooltip=element("title", {}, escape(dot.label)) if dot.label else "")
        for (left, top), dot in zip(places, inside, strict=True)
    )
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "chart panel__drawing",
        "viewBox": f"0 0 {number(_WIDTH)} {number(_HEIGHT)}",
        "width": "100%",
        "role": "img",
        "aria-label": panel.label,
        "font-family": FONT,
        "font-size": 11.0,
        "fill": "none",
    }
    return element("svg", attributes, body)


def _line(axis: Axis, start: float, end: float) -> Line:
    if axis.low is None or axis.high is None:
        raise BadInput("open_axis", "axis", f"The axis '{axis.label}' of a panel needs both ends.")
    return Line(axis.low, axis.high, start, end)


def _ground(across: Line, upwards: Line, x_ticks: tuple[Tick, ...], y_ticks: tuple[Tick, ...]) -> str:
    """Light lines behind, the foot of the drawing, and the ticks' words."""
    drawn = []
    for tick in y_ticks:
        level = upwards.place(tick.at)
        path = f"M{number(across.start)} {number(level)}H{number(across.end)}"
        drawn.append(element("path", {"class": "grid", "d": path, "stroke": GRID, "stroke-width": 1.0}))
        drawn.append(words(tick.label, across.start - 4, level + 4, role="tick", anchor="end"))
    for tick in x_ticks:
        place = across.place(tick.at)
        path = f"M{number(place)} {number(upwards.end)}V{number(upwards.start)}"
        drawn.append(element("path", {"class": "grid", "d": path, "stroke": GRID, "stroke-width": 1.0}))
        # The last words end with the axis instead of being cut off behind it.
        anchor = "end" if tick.at == across.high else "middle"
        drawn.append(words(tick.label, place, upwards.start + 14, role="tick", anchor=anchor))
    foot = f"M{number(across.start)} {number(upwards.start)}H{number(across.end)}"
    drawn.append(element("path", {"class": "axis", "d": foot, "stroke": MUTED, "stroke-width": 1.0}))
    return "".join(drawn)


def _doses(doses: tuple[float, ...], across: Line) -> str:
    path = "".join(
        f"M{number(across.place(at))} {number(_HEIGHT - _BOTTOM)}v-{number(_DOSE_HEIGHT)}"
        for at in sorted(set(doses))
        if across.holds(at)
    )
    look: dict[str, str | float] = {"class": "mark", "d": path, "stroke": MUTED, "stroke-width": 2.0}
    return element("path", look) if path else ""
