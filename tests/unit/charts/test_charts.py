"""Every drawing is well-formed, finite, escaped, described, and has no way past a strict content policy."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import numpy as np
import pytest

from euthymia.charts import (
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
    Mark,
    MarkKind,
    Role,
    Scale,
    Score,
    Series,
    Threshold,
    Tick,
    Timeline,
    Zone,
    draw,
    figure,
    line_chart,
    png,
    sparkline,
)
from euthymia.errors import BadInput

SVG = "{http://www.w3.org/2000/svg}"
HOURS = np.linspace(0.0, 6.0, 121)
LEVELS = 200 * HOURS * np.exp(-HOURS)
DAY = date(2026, 1, 5)


def plasma(**changes: object) -> Chart:
    chart = Chart(
        title="Predicted <ketamine> & norketamine",
        description="Rises & falls.",
        x=Axis("Time", "h", scale=Scale.HOURS),
        y=Axis("Level", "ng/mL"),
        series=(
            Series("Intravenous & slow", HOURS, LEVELS, (Band(LEVELS * 0.6, LEVELS * 1.5, "9 in 10"),)),
            Series("Nasal", HOURS, LEVELS / 3),
        ),
        dots=(Dots("Measured", (Dot(1, 70, "70"), Dot(2, 50, "50 <late>", late=True)), labelled=True),),
        marks=(Mark(0, "Begins", MarkKind.DOSE), Mark(0.7, "Ends"), Mark(3, "Now", MarkKind.NOW)),
        thresholds=(Threshold(100, "Limit"),),
        zones=(Zone(0, 50, "low", 0), Zone(50, 150, "high", 3)),
    )
    return replace(chart, **changes)  # type: ignore[arg-type]


def course(**changes: object) -> Timeline:
    days = tuple(DAY + timedelta(days=30 + step) for step in range(0, 20, 2))
    middle = np.linspace(8, 12, len(days))
    timeline = Timeline(
        title="PHQ-9",
        description="Falls, then rises.",
        y=Axis("PHQ-9 total", low=0, high=27),
        scores=tuple(Score(DAY + timedelta(days=6 * step), 21 - 3 * step, late=step == 2) for step in range(5)),
        scores_name="PHQ-9",
        doses=tuple(Dated(DAY + timedelta(days=3 * step), "35 mg") for step in range(6)),
        zones=(Zone(0, 5, "minimal", 0), Zone(5, 27, "more", 2)),
        forecast=Forecast(
            days, middle, (Band(middle - 4, middle + 4, "90 %"), Band(middle - 1, middle + 1)), "Expected"
        ),
    )
    return replace(timeline, **changes)  # type: ignore[arg-type]


def trials() -> Forest:
    return Forest(
        title="Response at 24 h",
        description="Two trials.",
        x=Axis("Responders", "%"),
        rows=(
            ForestRow(
                "A long name of a trial that has to be set in more than one line", Estimate(64, 52, 76), Estimate(60)
            ),
            ForestRow("Predicted only", predicted=Estimate(40, 30, 51)),
        ),
        reference=50,
    )


DRAWINGS = {"chart": plasma(), "timeline": course(), "forest": trials()}


def test_no_line_of_a_narrow_forest_crosses_a_rows_name() -> None:
    root = ElementTree.fromstring(draw(trials(), NARROW))
    named = {words for row in trials().rows for words in row.name.split()}
    names = [float(each.attrib["y"]) for each in root.iter(f"{SVG}text") if set((each.text or "").split()) & named]
    upright = [each.attrib["d"] for each in root.iter(f"{SVG}path") if each.attrib["class"] in {"grid", "threshold"}]
    spans = [(float(low), float(high)) for path in upright for low, high in re.findall(r"M\S+ (\S+?)V([\d.]+)", path)]
    assert len(names) >= 2
    assert spans
    # Letters stand on their line: from about 11 above it to 3 below.
    assert not [(y, span) for y in names for span in spans if span[0] < y + 3 and span[1] > y - 11]


def test_where_events_crowd_the_newest_keep_their_words() -> None:
    happened = ("0 mg/h", "33 mg/h", "paused", "goes on", "stopped")
    marks = (Mark(0, "dose", MarkKind.DOSE), *(Mark(3 + 0.01 * place, said) for place, said in enumerate(happened)))
    for frame in (WIDE, NARROW):
        drawn = line_chart(plasma(marks=marks), frame)
        written = [said for said in ("dose", *happened) if f">{said}</text>" in drawn]
        assert written == ["dose", "goes on", "stopped"]
        assert all(f"<title>{said}</title>" in drawn for said in happened)


@pytest.mark.parametrize("name", DRAWINGS)
@pytest.mark.parametrize("frame", [WIDE, NARROW, replace(NARROW, heading=True, words=SPANISH)])
@pytest.mark.parametrize("standalone", [False, True])
def test_a_drawing_is_well_formed_described_and_finite(name: str, frame: object, standalone: bool) -> None:
    text = draw(DRAWINGS[name], frame, standalone=standalone)  # type: ignore[arg-type]
    root = ElementTree.fromstring(text)
    described = root.attrib["aria-labelledby"].split()
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    assert root.tag == f"{SVG}svg"
    assert root.attrib["role"] == "img"
    assert set(described) <= set(ids)
    assert len(ids) == len(set(ids))
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}desc") is not None
    assert not re.search(r"\b(nan|inf)\b|(?<!fill=\")none", text, re.IGNORECASE)


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_drawing_on_a_page_carries_no_style_script_or_address(name: str) -> None:
    text = draw(DRAWINGS[name])
    root = ElementTree.fromstring(text)
    assert not any("style" in element.attrib for element in root.iter())
    assert not any(key.startswith("on") or key.endswith("href") for element in root.iter() for key in element.attrib)
    assert not {f"{SVG}style", f"{SVG}script", f"{SVG}image", f"{SVG}foreignObject"} & {one.tag for one in root.iter()}
    assert text.count("http") == text.count("http://www.w3.org/2000/svg")


def test_words_are_escaped() -> None:
    text = line_chart(plasma(title="<script>alert(1)</script>", description='"&"'))
    assert "<script" not in text
    assert "&lt;script&gt;" in text


def test_everything_is_drawn_inside_its_own_edges() -> None:
    for drawing in DRAWINGS.values():
        root = ElementTree.fromstring(draw(drawing))
        _, _, width, height = (float(part) for part in root.attrib["viewBox"].split())
        for word in root.iter(f"{SVG}text"):
            assert 0 <= float(word.attrib["x"]) <= width
            assert 0 <= float(word.attrib["y"]) <= height


def test_looks_differ_in_more_than_colour() -> None:
    root = ElementTree.fromstring(line_chart(plasma()))
    dashes = {
        place: path.attrib.get("stroke-dasharray", "")
        for path in root.iter(f"{SVG}path")
        for place in ("series-1", "series-2")
        if path.attrib.get("class") == place
    }
    assert dashes["series-1"] != dashes["series-2"]
    assert any("late" in path.attrib.get("class", "") for path in root.iter(f"{SVG}path"))


def test_a_late_observation_says_so_in_the_legend_in_the_readers_language() -> None:
    assert "entered late" in line_chart(plasma())
    assert "anotado tarde" in line_chart(plasma(), replace(WIDE, words=SPANISH))


def test_a_gap_is_a_gap() -> None:
    series = Series("s", [0, 1, 2, 3], [1.0, None, 3.0, 4.0], (Band([0, None, 2, 3], [2, None, 4, 5]),))
    text = line_chart(Chart("t", "d", Axis("x"), Axis("y"), (series,)))
    line = next(
        path.attrib["d"]
        for path in ElementTree.fromstring(text).iter(f"{SVG}path")
        if path.attrib.get("class") == "series-1" and path.attrib["d"].count("M") == 2
    )
    assert line.count("M") == 2


@pytest.mark.parametrize(
    ("x", "y"),
    [([1.0], [5.0]), ([0.0, 1.0], [0.0, 0.0]), ([0.0, 1.0], [1e6, 3e6]), ([0.0, 1.0], [-5.0, 0.001])],
)
def test_odd_ranges_still_draw(x: list[float], y: list[float]) -> None:
    ElementTree.fromstring(line_chart(Chart("t", "d", Axis("x"), Axis("y"), (Series("s", x, y),))))


def test_a_logarithmic_axis_goes_from_hours_to_weeks() -> None:
    axis = Axis(
        "Time", low=0.5, high=1000, scale=Scale.LOG, ticks=(Tick(1, "1 h"), Tick(24, "1 day"), Tick(168, "1 week"))
    )
    text = line_chart(
        Chart("t", "d", axis, Axis("y"), (Series("s", [0.0, 1, 24, 168], [0, 1, 2, 3], role=Role.FIFTH),))
    )
    assert "1 week" in text


def test_a_sparkline_says_its_words_and_draws_its_gap() -> None:
    root = ElementTree.fromstring(sparkline([21, 17, None, 8], "PHQ-9 from 21 to <8>", low=0, high=27))
    assert root.attrib["aria-label"] == "PHQ-9 from 21 to <8>"
    assert root.findall(f"{SVG}path")[0].attrib["d"].count("M") == 2


def test_two_figures_with_the_same_words_need_and_take_their_own_ids() -> None:
    one, other = figure(plasma(), ident="one"), figure(plasma(), ident="other")
    ids = [
        found
        for text in (one.wide, one.narrow, other.wide, other.narrow)
        for found in re.findall(r' id="([^"]+)"', text)
    ]
    assert len(ids) == len(set(ids))


def test_the_same_value_gives_the_same_drawing() -> None:
    assert line_chart(plasma()) == line_chart(plasma())


def test_an_instant_has_its_place_within_the_day() -> None:
    scores = (Score(datetime(2026, 1, 5, 12, tzinfo=UTC), 20), Score(datetime(2026, 1, 6, 0, tzinfo=UTC), 10))
    table = figure(course(scores=scores, forecast=None, doses=())).table
    assert table.rows == (("5 Jan 2026 12:00", "20"), ("6 Jan 2026", "10"))


def test_a_source_is_written_beneath_and_a_png_shows_the_same_drawing() -> None:
    plain, sourced = (line_chart(plasma(), standalone=True, source=source) for source in ("", "From a paper. " * 20))
    assert "From a paper." not in plain
    heights = [float(ElementTree.fromstring(text).attrib["height"]) for text in (plain, sourced)]
    assert heights[1] > heights[0] + 20
    small, large = png(plain, scale=1), png(sourced, scale=2)
    assert small.startswith(b"\x89PNG")
    sizes = [(int.from_bytes(one[16:20]), int.from_bytes(one[20:24])) for one in (small, large)]
    assert sizes[0][0] * 2 == sizes[1][0] == 1440
    assert png(plain, scale=1) == small


@pytest.mark.parametrize(
    ("svg", "scale"), [("", 2.0), ("<html>", 2.0), ("<svg></svg>", 2.0), ("good", 0.0), ("good", 9)]
)
def test_what_cannot_be_a_png_is_refused(svg: str, scale: float) -> None:
    with pytest.raises(BadInput):
        png(line_chart(plasma()) if svg == "good" else svg, scale=scale)
