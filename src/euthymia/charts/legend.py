"""The legend: a sample of each look beside its name, set in lines above the plot and never over the data."""

from __future__ import annotations

from dataclasses import dataclass

from euthymia.charts.svg import COLOURS, DASHES, INK, MUTED, SURFACE, element, width_of, words, wrapped

ROW_HEIGHT = 19.0
_SAMPLE = 30.0
_GAP = 18.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A name and the markup of its sample, drawn around (0, 0) and `_SAMPLE` wide."""

    name: str
    sample: str


def line_sample(name: str, role: int, *, banded: bool = False) -> Entry:
    """A line, on its band where it has one."""
    line = stroke(f"M0 0H{_SAMPLE - 6:g}", role)
    return Entry(name, band_sample("", role, 0).sample + line if banded else line)


def band_sample(name: str, role: int, depth: int) -> Entry:
    shape: dict[str, str | float] = {
        "class": f"band-{role}",
        "x": 0.0,
        "y": -6.0,
        "width": _SAMPLE - 6,
        "height": 12.0,
        "rx": 2.0,
    }
    return Entry(name, element("rect", {**shape, **tint(role, depth)}))


def dot_sample(name: str, role: int, *, late: bool = False) -> Entry:
    return Entry(name, marker(12, 0, role, late=late))


def dose_sample(name: str) -> Entry:
    return Entry(name, dose_head(12, 5))


def tint(role: int, depth: int) -> dict[str, str | float]:
    """A band's fill; inner bands lie on outer ones and so come out darker."""
    return {"fill": COLOURS[role - 1], "fill-opacity": 0.16 + 0.08 * depth}


def stroke(path: str, role: int) -> str:
    """A series's line in its colour and dash."""
    attributes: dict[str, str | float] = {
        "class": f"series-{role}",
        "d": path,
        "stroke": COLOURS[role - 1],
        "stroke-width": 2.2,
        "stroke-linejoin": "round",
        "stroke-linecap": "round" if role == 3 else "butt",
    }
    if DASHES[role - 1]:
        attributes["stroke-dasharray"] = DASHES[role - 1]
    return element("path", attributes)


def marker(x: float, y: float, role: int, *, late: bool = False, tooltip: str = "") -> str:
    """An observation: its shape tells the role, hollow tells late."""
    attributes: dict[str, str | float] = {
        "class": f"dot-{role} late" if late else f"dot-{role}",
        "d": _shape(x, y, role),
        "fill": SURFACE if late else COLOURS[role - 1],
        "stroke": COLOURS[role - 1],
        "stroke-width": 1.8,
    }
    return element("path", attributes, tooltip) if tooltip else element("path", attributes)


def _shape(x: float, y: float, role: int) -> str:
    match role:
        case 2:
            return f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8Z"
        case 3:
            return f"M{x:.1f} {y - 5.4:.1f}l5.4 5.4l-5.4 5.4l-5.4 -5.4Z"
        case 4:
            return f"M{x:.1f} {y - 5:.1f}l5 8.6h-10Z"
        case 5:
            return f"M{x:.1f} {y + 5:.1f}l5 -8.6h-10Z"
        case 6:
            return f"M{x - 2.4:.1f} {y - 5:.1f}h4.8l2.6 5l-2.6 5h-4.8l-2.6 -5Z"
        case _:
            return f"M{x - 4.3:.1f} {y:.1f}a4.3 4.3 0 1 0 8.6 0a4.3 4.3 0 1 0 -8.6 0Z"


def dose_head(x: float, y: float) -> str:
    """The little drop-like pointer above a dose's line."""
    return element("path", {"class": "mark-head", "d": f"M{x - 5:.1f} {y - 9:.1f}h10l-5 9Z", "fill": MUTED})


def legend(entries: list[Entry], *, left: float, top: float, room: float) -> tuple[str, float]:
    """The legend's markup, and how high it is. Entries flow; a long name takes lines of its own."""
    drawn: list[str] = []
    x, y = left, top
    for entry in entries:
        lines = wrapped(entry.name, room - _SAMPLE)
        broad = _SAMPLE + max(width_of(line) for line in lines)
        if x > left and x + broad > left + room:
            x, y = left, y + ROW_HEIGHT
        middle = y + ROW_HEIGHT / 2
        drawn.append(element("g", {"transform": f"translate({x:.1f} {middle:.1f})"}, entry.sample))
        drawn += [words(line, x + _SAMPLE, middle + 4.2 + place * 15) for place, line in enumerate(lines)]
        y += (len(lines) - 1) * 15
        x += broad + _GAP
    height = y + ROW_HEIGHT - top if entries else 0.0
    return element("g", {"class": "legend", "fill": INK}, *drawn) if drawn else "", height
