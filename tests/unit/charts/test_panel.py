"""Small drawings on the same axes: well-formed, escaped, described, and nothing outside the axes."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from euthymia.charts import Axis, Dot, Panel, Tick, panel_chart
from euthymia.errors import BadInput

SVG = "{http://www.w3.org/2000/svg}"
X = Axis("Days", low=-28, high=84, ticks=(Tick(0, "0"), Tick(84, "12 wk")))
Y = Axis("PHQ-9", low=0, high=27, ticks=(Tick(0, "0"), Tick(27, "27")))


def drawn(*scores: tuple[float, float], doses: tuple[float, ...] = ()) -> ElementTree.Element:
    panel = Panel("A <b> & c", tuple(Dot(x, y, f"{y:g} <points>") for x, y in scores), doses)
    return ElementTree.fromstring(panel_chart(panel, X, Y))


def dots(root: ElementTree.Element) -> list[ElementTree.Element]:
    return [one for one in root.iter(f"{SVG}path") if one.get("class") == "dot-1"]


def test_every_score_on_the_axes_is_a_dot_and_they_are_joined_in_time() -> None:
    root = drawn((7, 9), (-1, 20), (300, 5), (-90, 22))
    assert [one.find(f"{SVG}title").text for one in dots(root)] == ["20 <points>", "9 <points>"]  # type: ignore[union-attr]
    line = next(one for one in root.iter(f"{SVG}path") if one.get("class") == "series-1")
    left, right = (float(point.split()[0]) for point in line.get("d", "").removeprefix("M").split("L"))
    assert left < right
    assert root.get("aria-label") == "A <b> & c"


def test_one_score_is_a_dot_without_a_line_and_none_inside_leaves_the_axes() -> None:
    assert not any(one.get("class") == "series-1" for one in drawn((7, 9)).iter(f"{SVG}path"))
    assert dots(drawn((300, 9))) == []


def test_doses_stand_at_the_foot_once_each_and_only_on_the_axes() -> None:
    marks = [one for one in drawn((7, 9), doses=(0, 0, 3, 400)).iter(f"{SVG}path") if one.get("class") == "mark"]
    assert [mark.get("d", "").count("M") for mark in marks] == [2]
    assert not any(one.get("class") == "mark" for one in drawn((7, 9)).iter(f"{SVG}path"))


def test_the_same_score_lies_at_the_same_place_in_every_panel() -> None:
    places = [dots(drawn((7, 9), *others))[0].get("d") for others in ((), ((20, 27), (60, 1)))]
    assert places[0] == places[1]


@pytest.mark.parametrize(("label", "scores"), [(" ", (Dot(0, 1),)), ("Words", ())])
def test_a_panel_without_words_or_scores_is_refused(label: str, scores: tuple[Dot, ...]) -> None:
    with pytest.raises(BadInput):
        Panel(label, scores)


def test_an_axis_without_ends_is_refused() -> None:
    with pytest.raises(BadInput, match="both ends"):
        panel_chart(Panel("Words", (Dot(0, 1),)), Axis("Days"), Y)
