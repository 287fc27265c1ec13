"""Charts as values in, SVG text out, each with a table of the same numbers.

One drawing serves the page, the print-out, the PDF and the shell. Describe it with `Chart`, `Timeline` or `Forest`,
then `figure(...)` for a page, `draw(..., standalone=True)` for a file.
"""

from euthymia.charts.figure import Figure, draw, figure
from euthymia.charts.forest import forest_plot
from euthymia.charts.line import line_chart
from euthymia.charts.panel import Panel, panel_chart
from euthymia.charts.raster import png
from euthymia.charts.spark import sparkline
from euthymia.charts.table import Table, data_table
from euthymia.charts.timeline import timeline_chart
from euthymia.charts.values import (
    NARROW,
    SPANISH,
    WIDE,
    Axis,
    Band,
    Chart,
    Dated,
    Dot,
    Dots,
    Estimate,
    Forecast,
    Forest,
    ForestRow,
    Frame,
    Mark,
    MarkKind,
    Role,
    Scale,
    Score,
    Series,
    Threshold,
    Tick,
    Timeline,
    Words,
    Zone,
)

__all__ = [
    "NARROW",
    "SPANISH",
    "WIDE",
    "Axis",
    "Band",
    "Chart",
    "Dated",
    "Dot",
    "Dots",
    "Estimate",
    "Figure",
    "Forecast",
    "Forest",
    "ForestRow",
    "Frame",
    "Mark",
    "MarkKind",
    "Panel",
    "Role",
    "Scale",
    "Score",
    "Series",
    "Table",
    "Threshold",
    "Tick",
    "Timeline",
    "Words",
    "Zone",
    "data_table",
    "draw",
    "figure",
    "forest_plot",
    "line_chart",
    "panel_chart",
    "png",
    "sparkline",
    "timeline_chart",
]
