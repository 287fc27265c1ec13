"""Writing SVG: elements, escaped words, rounded numbers. No script, no style attribute, nothing fetched.

Colours are presentation attributes, which any stylesheet rule outranks; so a page recolours a chart by its classes, and
the same drawing looks right where there is no page.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

from euthymia.errors import Broken

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
TEXT_SIZE = 12.5
SOURCE_SIZE = 11.0

INK, MUTED, GRID, SURFACE = "#15262b", "#4c5f66", "#dbe3e4", "#ffffff"
COLOURS = ("#0b6e75", "#b0501a", "#4c45a8", "#98306c", "#55670f", "#46586a")
DASHES = ("", "9 4", "2 4", "11 4 2 4", "16 5", "5 3")
ZONES = ("#e8f4ec", "#f2f5e2", "#fcf2dd", "#fbe8da", "#f9dedc")

_DARK_INK, _DARK_MUTED, _DARK_GRID, _DARK_SURFACE = "#e6eeee", "#a5b7bb", "#2d4045", "#10191c"
_DARK_COLOURS = ("#5fd0d4", "#f2a56b", "#b0a9fb", "#f093c7", "#bfd062", "#b6c5d4")
_DARK_ZONES = ("#14291f", "#22291a", "#312817", "#38231a", "#3b1f21")

_NARROW = set("iljtfrI.,:;'|!()[] ·1")
_BROAD = set("mwMWGOQ%@—")


def number(value: float) -> str:
    """A coordinate with at most two decimals; a drawing never holds anything but finite numbers."""
    if not math.isfinite(value):
        raise Broken("A drawing was given a place that is not a finite number.")
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def element(name: str, attributes: Mapping[str, str | float], *children: str) -> str:
    """One element with its children, which must be markup already."""
    written = "".join(
        f' {key}="{escape(value) if isinstance(value, str) else number(value)}"' for key, value in attributes.items()
    )
    return f"<{name}{written}>{''.join(children)}</{name}>" if children else f"<{name}{written}/>"


def words(content: str, x: float, y: float, *, role: str = "label", anchor: str = "start") -> str:
    """Text at a place; role is its class and decides its colour and weight."""
    attributes: dict[str, str | float] = {"class": role, "x": x, "y": y, "text-anchor": anchor}
    attributes["fill"] = MUTED if role in {"tick", "zone-label", "source"} else INK
    if role == "heading":
        attributes |= {"font-weight": "600", "font-size": 16.0}
    if role == "source":
        attributes["font-size"] = SOURCE_SIZE
    if role in {"zone-label", "threshold-label", "dot-label"}:
        # A rim in the page's colour keeps the words readable over a line.
        attributes |= {"font-size": 11.5, "paint-order": "stroke", "stroke": SURFACE, "stroke-width": 3.0}
        attributes["stroke-linejoin"] = "round"
    return element("text", attributes, escape(content))


def width_of(content: str, size: float = TEXT_SIZE) -> float:
    """About how wide the words will be, in drawing units. Errs on the wide side."""
    thin = sum(letter in _NARROW for letter in content)
    broad = sum(letter in _BROAD for letter in content)
    return size * (0.36 * thin + 0.9 * broad + 0.62 * (len(content) - thin - broad))


def wrapped(content: str, room: float) -> list[str]:
    """The words in lines that fit into `room`; a single long word keeps a line of its own."""
    lines = [""]
    for word in content.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width_of(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def document(size: tuple[float, float], identity: tuple[str, str, str], body: str, *, standalone: bool = False) -> str:
    """The whole drawing. identity: its id on the page, its title, its description."""
    width, height = size
    ident, title, description = identity
    attributes: dict[str, str | float] = {
        "xmlns": "http://www.w3.org/2000/svg",
        "class": "chart",
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "role": "img",
        "aria-labelledby": f"{ident}-title {ident}-desc",
        "font-family": FONT,
        "font-size": TEXT_SIZE,
        "fill": "none",
        "width": number(width) if standalone else "100%",
    }
    if standalone:
        attributes["height"] = number(height)
    head = element("title", {"id": f"{ident}-title"}, escape(title))
    head += element("desc", {"id": f"{ident}-desc"}, escape(description))
    if standalone:
        head += f"<style>{stylesheet()}</style>"
        head += element("rect", {"class": "surface", "width": width, "height": height, "fill": SURFACE, "rx": 6})
    return element("svg", attributes, head, body)


def stylesheet() -> str:
    """Rules for a drawing that stands alone: it follows the reader's light or dark preference."""
    rules = [
        f".surface{{fill:{_DARK_SURFACE}}}",
        f".label,.heading,.mark-label,.threshold-label,.dot-label{{fill:{_DARK_INK}}}",
        f".tick,.zone-label,.source{{fill:{_DARK_MUTED}}}",
        f".zone-label,.threshold-label,.dot-label{{stroke:{_DARK_SURFACE}}}",
        f".grid{{stroke:{_DARK_GRID}}}.axis,.threshold,.mark{{stroke:{_DARK_MUTED}}}.mark-head{{fill:{_DARK_MUTED}}}",
    ]
    for place, colour in enumerate(_DARK_COLOURS, start=1):
        rules.append(
            f".series-{place}{{stroke:{colour}}}.band-{place}{{fill:{colour}}}.dot-{place}{{fill:{colour};stroke:{colour}}}"
        )
        rules.append(f".dot-{place}.late{{fill:{_DARK_SURFACE}}}")
    rules += [f".zone-{place}{{fill:{colour}}}" for place, colour in enumerate(_DARK_ZONES)]
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"
