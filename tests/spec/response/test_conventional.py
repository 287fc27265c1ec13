"""A tablet's published weeks, as a share of the mean before: what was seen in a source, and nothing else."""

import math

import pytest

from euthymia.errors import BadInput
from euthymia.response import load_prior
from euthymia.response.conventional import antidepressant_course, published_course
from euthymia.response.load import read_data, shipped_priors


def course(**changes):
    card = {"name": "A tablet", "scale": "HAMD-17", "baseline_mean": 20.0, "people": 100}
    card |= {"population": "one trial", "source": "a paper", "provenance": "read"}
    rated = [
        {"at_day": 7, "change": -2.0, "sd": 5.0, "people": 100},
        {"at_day": 14, "change": -5, "sd": 6, "people": 64},
    ]
    return {"course": card | changes.pop("card", {}), "rated": changes.pop("rated", rated)}


def test_a_change_in_points_is_what_is_left_in_percent():
    first, second = published_course(course()).rated
    assert (first.left_pct, second.left_pct) == (90.0, 75.0)
    assert first.high_pct - first.left_pct == pytest.approx(100 * 1.96 * 5 / math.sqrt(100) / 20)
    assert second.left_pct - second.low_pct == pytest.approx(100 * 1.96 * 6 / math.sqrt(64) / 20)


@pytest.mark.parametrize(("provenance", "shown"), [("read", True), ("abstract", True), ("memory", False)])
def test_what_is_only_remembered_is_not_shown(provenance, shown):
    assert (published_course(course(card={"provenance": provenance})) is not None) is shown


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"card": {"provenance": "rumour"}}, "unknown_provenance"),
        ({"card": {"baseline_mean": 0}}, "baseline"),
        ({"card": {"baseline_mean": float("nan")}}, "baseline"),
        ({"rated": [{"at_day": 0, "change": -1, "sd": 1, "people": 9}]}, "days"),
        ({"rated": [{"at_day": day, "change": -1, "sd": 1, "people": 9} for day in (14, 7)]}, "days"),
    ],
)
def test_a_course_that_cannot_be_is_refused(changes, code):
    with pytest.raises(BadInput) as refused:
        published_course(course(**changes))
    assert refused.value.code == code


def test_the_shipped_course_says_what_the_calibration_targets_say():
    shipped = read_data("antidepressant_onset")
    targets = {row["id"]: row for row in read_data("targets")["target"]}
    for row in shipped["rated"]:
        week = f"C2.change_drug_week{row['at_day'] // 7}"
        if week in targets:
            assert row["change"] == targets[week]["value"], week
    assert {7, 14, 42} <= {row["at_day"] for row in shipped["rated"]}


def test_the_shipped_course_falls_slowly_and_is_no_prior():
    rated = antidepressant_course().rated
    left = [one.left_pct for one in rated]
    assert left == sorted(left, reverse=True)
    assert 85 < left[0] < 95, "a tablet's first week takes little"
    assert all(one.low_pct < one.left_pct < one.high_pct for one in rated)
    assert "antidepressant_onset" not in shipped_priors()
    assert load_prior().card.id in shipped_priors()
