"""A drawing with everything a page needs beside it: its narrow sister for a phone, its table and its source."""

from __future__ import annotations

from dataclasses import dataclass, replace

from euthymia.charts.forest import forest_plot
from euthymia.charts.line import line_chart
from euthymia.charts.table import Table, data_table
from euthymia.charts.timeline import timeline_chart
from euthymia.charts.values import NARROW, WIDE, Chart, Forest, Frame, Timeline, Words


@dataclass(frozen=True, slots=True)
class Figure:
    """What the chart component of a page shows. `wide` and `narrow` are SVG text; the stylesheet shows one of them."""

    title: str
    description: str
    wide: str
    narrow: str
    table: Table
    source: str = ""


def draw(drawing: Chart | Timeline | Forest, frame: Frame = WIDE, *, ident: str = "", standalone: bool = False) -> str:
    """The drawing as SVG text, whichever kind it is. See `line_chart`."""
    match drawing:
        case Forest():
            return forest_plot(drawing, frame, ident=ident, standalone=standalone)
        case Timeline():
            return timeline_chart(drawing, frame, ident=ident, standalone=standalone)
        case Chart():
            return line_chart(drawing, frame, ident=ident, standalone=standalone)


def figure(
    drawing: Chart | Timeline | Forest, *, source: str = "", ident: str = "", words: Words | None = None
) -> Figure:
    """The drawing for a page.

    source: where the numbers come from, printed beneath.   ident: its id on the page, where two drawings share their
    words.   words: the language of the few words a chart writes by itself.
    """
    said = words or Words()
    return Figure(
        title=drawing.title,
        description=drawing.description,
        wide=draw(drawing, replace(WIDE, words=said), ident=f"{ident}-wide" if ident else ""),
        narrow=draw(drawing, replace(NARROW, words=said), ident=f"{ident}-narrow" if ident else ""),
        table=data_table(drawing, words=said),
        source=source,
    )
