"""The plot itself: grid, axes, stripes, limits, lines, bands, dots and the vertical marks above them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from euthymia.charts.legend import dose_head, marker, stroke, tint
from euthymia.charts.scale import Line
from euthymia.charts.svg import GRID, MUTED, ZONES, element, number, width_of, words
from euthymia.charts.values import Band, Dots, Mark, MarkKind, Series, Threshold, Tick, Zone

LANE_HEIGHT = 17.0
_MARK_DASH = {MarkKind.DOSE: "", MarkKind.EVENT: "4 3", MarkKind.NOW: ""}


@dataclass(frozen=True, slots=True)
class Plot:
    """Both axes laid out. y runs upwards: `y.start` is the bottom."""

    x: Line
    y: Line

    @property
    def left(self) -> float:
        return self.x.start

    @property
    def right(self) -> float:
        return self.x.end

    @property
    def top(self) -> float:
        return self.y.end

    @property
    def bottom(self) -> float:
        return self.y.start


def grid(plot: Plot, x_ticks: tuple[Tick, ...], y_ticks: tuple[Tick, ...]) -> str:
    """Light lines behind everything, with the words beside the axes."""
    drawn = []
    for tick in y_ticks:
        y = plot.y.place(tick.at)
        line = f"M{number(plot.left)} {number(y)}H{number(plot.right)}"
        drawn.append(element("path", {"class": "grid", "d": line, "stroke": GRID, "stroke-width": 1.0}))
        drawn.append(words(tick.label, plot.left - 7, y + 4.2, role="tick", anchor="end"))
    base = f"M{number(plot.left)} {number(plot.bottom)}H{number(plot.right)}"
    drawn.append(element("path", {"class": "axis", "d": base, "stroke": MUTED, "stroke-width": 1.2}))
    last = float("-inf")
    for tick in x_ticks:
        x = plot.x.place(tick.at)
        short = f"M{number(x)} {number(plot.bottom)}v5"
        drawn.append(element("path", {"class": "axis", "d": short, "stroke": MUTED, "stroke-width": 1.2}))
        half = width_of(tick.label) / 2
        middle = min(max(x, half + 1), plot.right + 14 - half)
        if middle - half > last + 5:
            drawn.append(words(tick.label, middle, plot.bottom + 19, role="tick", anchor="middle"))
            last = middle + half
    return "".join(drawn)


def stripes(plot: Plot, zones: tuple[Zone, ...]) -> tuple[str, str]:
    """The severity stripes to lie beneath the lines, and their names to lie above."""
    beneath, above = [], []
    for zone in zones:
        high = plot.y.place(min(zone.high, plot.y.high))
        low = plot.y.place(max(zone.low, plot.y.low))
        if low <= high:
            continue
        shape = {"x": plot.left, "y": high, "width": plot.right - plot.left, "height": low - high}
        beneath.append(element("rect", {"class": f"zone-{zone.level}", **shape, "fill": ZONES[zone.level]}))
        if low - high >= 13:
            above.append(words(zone.label, plot.right - 5, high + 12.5, role="zone-label", anchor="end"))
    return "".join(beneath), "".join(above)


def limits(plot: Plot, thresholds: tuple[Threshold, ...]) -> str:
    """Dashed horizontal lines, each with its words on it."""
    drawn = []
    for threshold in thresholds:
        if not plot.y.holds(threshold.at):
            continue
        y = plot.y.place(threshold.at)
        line = f"M{number(plot.left)} {number(y)}H{number(plot.right)}"
        look: dict[str, str | float] = {"stroke": MUTED, "stroke-width": 1.4, "stroke-dasharray": "7 4"}
        drawn.append(element("path", {"class": "threshold", "d": line, **look}))
        drawn.append(words(threshold.label, plot.left + 5, y - 5, role="threshold-label"))
    return "".join(drawn)


def line(plot: Plot, series: Series, role: int) -> str:
    """One series: its bands, widest first, and its line above them."""
    drawn = [_band(plot, series, band, role, depth) for depth, band in enumerate(series.bands)]
    runs = _runs([(x, y) for x, y in zip(series.x, series.y, strict=True)])
    path = "".join(_joined(plot, run) for run in runs)
    return element("g", {}, element("title", {}, escape(series.name)), *drawn, stroke(path, role))


def _band(plot: Plot, series: Series, band: Band, role: int, depth: int) -> str:
    highs = _runs([(x, y) for x, y in zip(series.x, band.high, strict=True)])
    lows = _runs([(x, y) for x, y in zip(series.x, band.low, strict=True)])
    path = "".join(
        _joined(plot, high) + _joined(plot, low[::-1]).replace("M", "L", 1) + "Z"
        for high, low in zip(highs, lows, strict=False)
    )
    return element("path", {"class": f"band-{role}", "d": path, **tint(role, depth)})


def _runs(places: list[tuple[float | None, float | None]]) -> list[list[tuple[float, float]]]:
    """The stretches without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in places:
        if x is None or y is None:
            if runs[-1]:
                runs.append([])
        else:
            runs[-1].append((x, y))
    return [run for run in runs if run]


def _joined(plot: Plot, run: list[tuple[float, float]]) -> str:
    points = [f"{plot.x.place(x):.1f} {plot.y.place(y):.1f}" for x, y in run]
    # A single point still shows: a line of no length has round or square ends only, so draw a short one.
    return f"M{points[0]}h0.1" if len(points) == 1 else "M" + "L".join(points)


def observations(plot: Plot, dots: Dots, role: int) -> str:
    """The dots inside the plot, with their words beside them or as tooltips."""
    drawn = []
    for dot in dots.dots:
        if not (plot.x.holds(dot.x) and plot.y.holds(dot.y)):
            continue
        x, y = plot.x.place(dot.x), plot.y.place(dot.y)
        tooltip = element("title", {}, escape(dot.label)) if dot.label else ""
        drawn.append(marker(x, y, role, late=dot.late, tooltip=tooltip))
        if dots.labelled and dot.label:
            before = x + width_of(dot.label) > plot.right
            drawn.append(
                words(
                    dot.label, x + (-8 if before else 8), y - 7, role="dot-label", anchor="end" if before else "start"
                )
            )
    return "".join(drawn)


def lanes_for(x: Line, marks: tuple[Mark, ...]) -> list[tuple[Mark, int]]:
    """Marks inside the plot with the lane their words take above it; -1 where there is no room for words. Where marks
    crowd, the newest keep their words: what happened last is what still holds."""
    starts = [float("inf"), float("inf")]
    placed = []
    for mark in sorted((mark for mark in marks if x.holds(mark.at)), key=lambda mark: mark.at)[::-1]:
        half = width_of(mark.label) / 2
        end = _middle(x, mark) + half
        lane = next((place for place, start in enumerate(starts) if end + 8 < start), -1)
        if lane >= 0:
            starts[lane] = end - 2 * half
        placed.append((mark, lane if mark.label else -1))
    return placed[::-1]


def _middle(x: Line, mark: Mark) -> float:
    half = width_of(mark.label) / 2
    return min(max(x.place(mark.at), half + 6), x.end + 14 - half)


def verticals(plot: Plot, placed: list[tuple[Mark, int]]) -> str:
    """Vertical lines for doses, events and now; every one says its words to a pointer, most also above the plot."""
    drawn = []
    for mark, lane in placed:
        x = plot.x.place(mark.at)
        attributes: dict[str, str | float] = {
            "class": f"mark mark-{mark.kind.value}",
            "d": f"M{number(x)} {number(plot.top)}V{number(plot.bottom)}",
            "stroke": MUTED,
            "stroke-width": 2.4 if mark.kind is MarkKind.NOW else 1.2,
        }
        if mark.kind is MarkKind.DOSE:
            attributes["stroke-opacity"] = 0.6
        if _MARK_DASH[mark.kind]:
            attributes["stroke-dasharray"] = _MARK_DASH[mark.kind]
        head = dose_head(x, plot.top) if mark.kind is MarkKind.DOSE else ""
        label = ""
        if lane >= 0:
            label = words(
                mark.label,
                _middle(plot.x, mark),
                plot.top - 14 - lane * LANE_HEIGHT,
                role="mark-label",
                anchor="middle",
            )
        drawn.append(
            element("g", {}, element("title", {}, escape(mark.label)), element("path", attributes), head, label)
        )
    return "".join(drawn)
