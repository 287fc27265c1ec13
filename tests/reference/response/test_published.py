"""The prior against published trials: what it was fitted to, what it was not, and what it misses."""

import csv
import tomllib
from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from euthymia.response import Course, DoseAt, ScoreAt, forecast, learn, load_prior, prior_for_setting
from euthymia.response.calibrate import (
    Use,
    calibrate,
    dials,
    groups_inside,
    load_calibration,
    load_targets,
    loss,
    report,
    starting_point,
)
from euthymia.response.individual import load_crossover
from euthymia.response.trials import MADRS, TRIALS

PRIOR = load_prior()
SHIPPED = load_calibration(PRIOR)
SEED = 11
# Stated in docs/explanation/course-model.md. A target that starts to be met, or stops, must be moved on purpose.
OUTSIDE = {"H2.difference_24h", "H3.response_day3_control", "H4.relapsed_remitters_withdrawn"}
# Close enough to an end of their interval that another stream of random numbers may decide.
ON_THE_EDGE = {"T8.hazard_ratio_remitters", "T2.sd_change_day2"}
CALIBRATION_TARGETS = {f"T{number}" for number in range(1, 11)}


@cache
def compared():
    return {row.target.id: row for row in report(SHIPPED, SEED, people=3000, repeats=4, settings=6)}


@pytest.mark.parametrize("target", [target.id for target in load_targets() if target.use is not Use.NO_INTERVAL])
def test_inside_the_published_interval_or_listed(target):
    row = compared()[target]
    if target in ON_THE_EDGE:
        slack = 0.1 * (row.target.high - row.target.low)
        assert row.target.low - slack <= row.predicted <= row.target.high + slack
        return
    assert row.inside == (target not in OUTSIDE)


def test_the_ten_calibration_targets_are_all_here():
    assert set(groups_inside(tuple(compared().values()))) >= CALIBRATION_TARGETS
    for group in CALIBRATION_TARGETS:
        assert any(target.main for target in load_targets() if target.group == group)


def test_the_monte_carlo_error_is_small_beside_what_is_compared():
    for row in compared().values():
        if row.target.use is not Use.NO_INTERVAL:
            assert row.monte_carlo < 0.2 * (row.target.high - row.target.low), row.target.id


def test_every_target_has_a_source_and_its_value_inside_its_interval():
    for target in load_targets():
        assert target.source
        assert target.provenance in {"read", "abstract"}
        if target.use is not Use.NO_INTERVAL:
            assert target.low < target.value < target.high


def test_no_trial_lies_further_from_the_middle_than_settings_are_believed_to_differ():
    """Within three standard deviations; the furthest, said in the documentation, is how little transform12 gains."""
    far = {
        (trial, dial.name): abs(dial.read(SHIPPED)) / dial.width
        for trial in TRIALS
        for dial in dials(PRIOR, (trial,))
        if dial.trial == trial and dial.name != "ect"
    }
    assert max(far.values()) < 3
    assert max(far, key=far.get)[0] == "transform12_pooled"


def test_a_step_of_the_search_finds_nothing_much_better_than_what_is_shipped():
    before = loss(SHIPPED, SEED, people=1500)
    after = loss(calibrate(SHIPPED, SEED, rounds=1, people=1500), SEED, people=1500)
    # Fewer people than the real search has, so a little is gained by fitting this stream of random numbers.
    assert before - 6 < after <= before


def test_the_search_starts_from_the_same_point_whatever_is_shipped():
    other = PRIOR.with_trait("gain", middle=9.0, spread=0.1)
    for one, two in zip(dials(PRIOR, tuple(TRIALS)), dials(other, tuple(TRIALS)), strict=True):
        assert one.read(starting_point(PRIOR)) == pytest.approx(two.read(starting_point(other)))


def test_the_persons_shipped_are_those_of_the_dataset():
    table = Path(__file__).with_name("ds005917_madrs.tsv").read_text(encoding="utf-8").splitlines()
    rated = {
        (row["participant_id"], row["session_id"].removeprefix("ses-"), float(row["MADRS_Total"]))
        for row in csv.DictReader(table, delimiter="\t")
    }
    shipped = tomllib.loads(files("euthymia.response").joinpath("priors", "ds005917.toml").read_text(encoding="utf-8"))
    kept = {
        (person["id"], cell, float(value))
        for person in shipped["person"]
        for cell, value in person.items()
        if cell != "id"
    }
    assert kept == rated
    assert len(load_crossover()) == 31


def course(person, arm, cells):
    scores = tuple(ScoreAt(day, person.ratings[cell]) for day, cell in cells if cell in person.ratings)
    return Course(MADRS, scores, (DoseAt(0, {"d": 1.0, "p": 0.0}[arm]),), blinded=True)


@cache
def predicted():
    """Observed day 10, its 5 / 50 / 95 % forecast from baseline and day 2, and day 2 itself; the others of the trial
    say what kind of place it is. The prior's own numbers were fitted to these people among others."""
    arms = [(person, arm) for person in load_crossover() for arm in "dp"]
    whole = {
        (person.id, arm): learn(course(person, arm, ((0, "b0"), (2, f"{arm}2"), (10, f"{arm}10"))), PRIOR, 7)
        for person, arm in arms
    }
    found = []
    for person, arm in arms:
        if not {"b0", f"{arm}2", f"{arm}10"} <= set(person.ratings):
            continue
        here = prior_for_setting(PRIOR, [one for (name, _), one in whole.items() if name != person.id])
        known = learn(course(person, arm, ((0, "b0"), (2, f"{arm}2"))), here, 7)
        low, middle, high = (forecast(known, [10]).quantiles[level][0] for level in (0.05, 0.5, 0.95))
        found.append((person.ratings[f"{arm}10"], low, middle, high, person.ratings[f"{arm}2"]))
    return np.array(found).T


def test_real_people_on_day_10_from_baseline_and_day_2():
    """NIMH ds005917, both infusions: nine in ten day-10 ratings inside, and nearer than carrying day 2 forward."""
    observed, low, middle, high, carried = predicted()
    assert observed.size == 49
    assert 0.85 <= np.mean((low <= observed) & (observed <= high)) <= 0.97
    assert np.mean(np.abs(observed - middle)) < np.mean(np.abs(observed - carried))
