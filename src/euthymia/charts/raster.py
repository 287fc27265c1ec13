"""A drawing as a PNG, for where SVG is not taken: slides, letters, a chat. Typst draws it with fonts of its own."""

from __future__ import annotations

import re

from euthymia.errors import BadInput, Broken

_SIZE = re.compile(r'viewBox="0 0 (\d+(?:\.\d+)?) (\d+(?:\.\d+)?)"')
_FONT_SIZE = re.compile(r'font-size="([\d.]+)"')
_LARGER = 1.1
_LEAST, _MOST = 0.25, 8.0
_POINTS_PER_INCH = 72.0
# The text is drawn with a font that comes with Typst, so the picture is the same on every machine.
_PAGE = b"""#set page(width: auto, height: auto, margin: 0pt, fill: white)
#image(bytes(sys.inputs.drawing), format: "svg", width: float(sys.inputs.width) * 1pt)
"""


def png(svg: str, *, scale: float = 2.0) -> bytes:
    """The drawing as the bytes of a PNG file, on white.

    svg: text of one drawing, as `draw(..., standalone=True)` gives it.   scale: pixels per unit of the drawing, 0.25
    to 8; 2 is sharp on screens and in print.   Refuses what is not such a drawing.
    """
    size = _SIZE.search(svg) if svg.startswith("<svg") else None
    if size is None:
        raise BadInput("not_svg", "svg", "Give the text of an SVG drawing made by this room.")
    if not _LEAST <= scale <= _MOST:
        raise BadInput("out_of_range", "scale", f"Give {_LEAST:g} to {_MOST:g} pixels per unit.")
    # Imported here: only who asks for a PNG waits for it.
    import typst

    # Typst's own text font is narrower and lower than the sans-serif the drawing was laid out for.
    larger = _FONT_SIZE.sub(lambda found: f'font-size="{float(found[1]) * _LARGER:.2f}"', svg)
    inputs = {"drawing": larger, "width": size[1]}
    try:
        found = typst.compile(
            _PAGE, format="png", ppi=scale * _POINTS_PER_INCH, sys_inputs=inputs, ignore_system_fonts=True
        )
    except typst.TypstError as error:
        raise Broken(f"A drawing could not be turned into a PNG: {error}") from error
    if not isinstance(found, bytes):
        raise Broken("A drawing came out as several pages.")
    return found
