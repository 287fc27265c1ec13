"""The prior against published trials: what it was fitted to, what it was not, and what it misses."""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from euthymia.response import Course, DoseAt, Scale, ScoreAt, forecast, learn, load_prior
from euthymia.response.calibrate import SEARCHED, Use, calibrate, load_targets, loss, report

PRIOR = load_prior()
SEED = 11
# Stated in docs/explanation/course-model.md. A target that starts to be met, or stops, must be moved on purpose.
OUTSIDE = {
    "T1.response_ketamine",
    "T1.response_control",
    "T2.change_saline",
    "T2.sd_rebound",
    "T6.change_2h",
}
OUT_OF_REACH = {"T6.change_2h"}
# Close enough to an end of their interval that another stream of random numbers may decide.
ON_THE_EDGE = {"T5.change_thrice_weekly_day15", "T2.response_day2"}


@cache
def compared():
    return {row.target.id: row for row in report(PRIOR, SEED)}


@pytest.mark.parametrize("target", [target.id for target in load_targets()])
def test_inside_the_published_interval_or_listed(target):
    if target in ON_THE_EDGE:
        row = compared()[target]
        slack = 0.2 * (row.target.high - row.target.low)
        assert row.target.low - slack <= row.predicted <= row.target.high + slack
        return
    assert compared()[target].inside == (target not in OUTSIDE)


def test_what_no_expected_setting_reaches_is_listed():
    assert {name for name, row in compared().items() if not row.reachable} <= OUT_OF_REACH | {"T2.sd_rebound"}


def test_every_target_has_a_source_and_its_value_inside_its_interval():
    for target in load_targets():
        assert target.low < target.value < target.high
        assert target.source
        assert target.provenance in {"read", "abstract"}


def test_a_new_search_finds_nothing_better():
    targets = tuple(target for target in load_targets() if target.use is Use.FIT)
    found = calibrate(PRIOR, 3, rounds=4, candidates=15, people=1500)
    before, after = (loss(prior, targets, SEED, people=3000) for prior in (PRIOR, found))
    assert after > before - 1.0
    assert {name for name, _ in SEARCHED} == {"gain", "fade_days", "expectancy"}


@cache
def ratings():
    path = Path(__file__).with_name("ds005917_madrs.tsv")
    people = defaultdict(dict)
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            people[row["participant_id"]][row["session_id"].removeprefix("ses-")] = float(row["MADRS_Total"])
    return people


def predict_day_10(arm, relative):
    """Observed day 10, its 5 / 50 / 95 % forecast from baseline and day 2, and day 2 itself, for each person."""
    found = []
    for seen in ratings().values():
        if not {"b0", f"{arm}2", f"{arm}10"} <= set(seen):
            continue
        scores = (ScoreAt(0, seen["b0"]), ScoreAt(2, seen[f"{arm}2"]))
        known = learn(Course(Scale("madrs", 0, 60), scores, (DoseAt(0, relative),)), PRIOR, 7)
        ahead = forecast(known, [10]).quantiles
        found.append((seen[f"{arm}10"], ahead[0.05][0], ahead[0.5][0], ahead[0.95][0], seen[f"{arm}2"]))
    return np.array(found).T


@pytest.mark.parametrize(
    ("arm", "relative", "persons", "covered"), [("d", 1.0, 24, 18), ("p", 0.0, 25, 24)], ids=["ketamine", "saline"]
)
def test_real_people_on_day_10_from_baseline_and_day_2(arm, relative, persons, covered):
    """NIMH ds005917: the documented coverage of the 90 % interval, give or take one person."""
    observed, low, middle, high, carried = predict_day_10(arm, relative)
    assert observed.size == persons
    assert abs(int(np.sum((low <= observed) & (observed <= high))) - covered) <= 1
    assert np.mean(np.abs(observed - middle)) < np.mean(np.abs(observed - carried))
