"""What can be observed, what is refused with its place, and how likely each kind of observation is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.special import log_ndtr
from scipy.stats import norm

from euthymia.errors import BadInput
from euthymia.pharmacology import Dose, Person, Regimen
from euthymia.pharmacology.individualise import Assay, Level, Observation, Reading, most_probable
from euthymia.pharmacology.individualise.normal import log_below, log_between
from euthymia.pharmacology.individualise.observation import said
from euthymia.pharmacology.individualise.sheet import MOMENTS, sheet_of

PERSON = Person(age_y=40, sex="female", weight_kg=65)
INFUSION = Regimen((Dose("esketamine", "iv", 28, 0.5, duration_h=2 / 3),))
NOBODY = np.zeros(1, dtype=np.int64)
SCATTER = {"level": (0.25, 2.0), "systolic": (7.0, 0.0), "cadss6": (3.6, 0.0), "moaas": (1.0, 0.0)}


def refused(observations: Any, **more: Any) -> BadInput:
    with pytest.raises(BadInput) as refusal:
        most_probable(INFUSION, PERSON, observations, model="fanta_otto_2021", **more)
    return refusal.value


# Each in itself


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"at_h": 1, "ng_per_ml": -3}, "not_positive", "level.ng_per_ml"),
        ({"at_h": 1, "ng_per_ml": float("nan")}, "not_positive", "level.ng_per_ml"),
        ({"at_h": 1, "ng_per_ml": None}, "missing", "level.ng_per_ml"),
        ({"at_h": 1, "ng_per_ml": None, "below_ng_per_ml": 0}, "not_positive", "level.below_ng_per_ml"),
        ({"at_h": 1, "ng_per_ml": 4, "below_ng_per_ml": 5}, "both_given", "level.below_ng_per_ml"),
        ({"at_h": float("inf"), "ng_per_ml": 4}, "not_a_number", "level.at_h"),
        ({"at_h": None, "ng_per_ml": 4}, "no_time", "level.at_h"),
        ({"at_h": None, "ng_per_ml": 4, "between_h": (2, 1)}, "not_an_interval", "level.between_h"),
        ({"at_h": 1, "ng_per_ml": 4, "between_h": (1, 2)}, "both_given", "level.between_h"),
    ],
)
def test_a_level_no_assay_can_answer_is_refused(given: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(BadInput) as refusal:
        Level(**given)
    assert (refusal.value.code, refusal.value.path) == (code, path)


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"kind": "mood", "at_h": 1, "value": 3}, "unknown_kind", "reading.kind"),
        ({"kind": "systolic", "at_h": 1, "value": 150}, "missing", "reading.baseline"),
        ({"kind": "systolic", "at_h": 1, "value": 1500, "baseline": 120}, "out_of_range", "reading.value"),
        ({"kind": "pulse", "at_h": 1, "value": 80, "baseline": 2}, "out_of_range", "reading.baseline"),
        ({"kind": "cadss6", "at_h": 1, "value": 25}, "out_of_range", "reading.value"),
        ({"kind": "cadss6", "at_h": 1, "value": float("nan")}, "not_a_number", "reading.value"),
        ({"kind": "moaas", "at_h": 1, "value": 4, "baseline": 5}, "no_baseline", "reading.baseline"),
        ({"kind": "moaas", "at_h": None, "value": 4}, "no_time", "reading.at_h"),
    ],
)
def test_a_reading_that_cannot_be_is_refused(given: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(BadInput) as refusal:
        Reading(**given)
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_an_assay_scatters_by_a_positive_share() -> None:
    for wrong in ({"log_sd": 0.0}, {"log_sd": float("nan")}, {"additive_ng_per_ml": -1.0}):
        with pytest.raises(BadInput):
            Assay(**wrong)


def test_observations_say_what_they_are() -> None:
    listed = (Level(1, 40), Level(None, None, "esnorketamine", 5, (1, 2)), Reading("systolic", 1, 140, 120))
    assert said(listed) == (
        "40 ng/mL at 1 h",
        "esnorketamine below 5 ng/mL between 1 and 2 h",
        "systolic 140 from 120 at 1 h",
    )


# In their place


@pytest.mark.parametrize(
    ("second", "code", "path"),
    [
        (Level(0.5, 40), "too_early", "levels[1].at_h"),
        (Level(None, 40, between_h=(0, 0.4)), "too_early", "levels[1].between_h"),
        (Reading("systolic", 0.2, 130, 120), "too_early", "levels[1].at_h"),
        (Level(2, 40, "norfluoxetine"), "unknown_analyte", "levels[1].analyte"),
        (Level(2, 70_000), "implausible_level", "levels[1].ng_per_ml"),
        (Level(2, 0.07), "implausible_level", "levels[1].ng_per_ml"),
        ("70", "unknown_kind", "levels[1]"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(second: Any, code: str, path: str) -> None:
    refusal = refused([Level(2, 70), second])
    assert (refusal.code, refusal.path) == (code, path)


def test_a_level_a_thousand_times_off_names_the_unit_it_may_be_in() -> None:
    assert "ng/L" in refused([Level(2, 70_000)]).message
    assert "µg/mL" in refused([Level(2, 0.07)]).message


def test_a_reading_at_the_moment_of_the_first_dose_is_in_time() -> None:
    assert most_probable(INFUSION, PERSON, [Reading("systolic", 0.5, 125, 120)], model="fanta_otto_2021").effects


def test_a_million_observations_are_refused_at_once() -> None:
    refusal = refused([Level(2, 70)] * 1_000_000)
    assert (refusal.code, refusal.path) == ("too_many", "levels")


def test_readings_of_a_drug_without_an_effect_model_are_refused() -> None:
    regimen = Regimen((Dose("arketamine", "iv", 28, 0, duration_h=2 / 3),))
    with pytest.raises(BadInput) as refusal:
        most_probable(regimen, PERSON, [Reading("cadss6", 1, 9)], model="assembled_arketamine_iv", residual_log_sd=0.25)
    assert (refusal.value.code, refusal.value.path) == ("no_effect_model", "levels[0].kind")


# How likely


def test_normal_chances_hold_far_into_the_tails() -> None:
    x = np.linspace(-38, 8, 4001)
    assert log_below(x) == pytest.approx(log_ndtr(x), rel=1e-13, abs=1e-300)
    low = np.array([-1.0, 5.0, 30.0, -31.0, -np.inf, 2.0])
    high = np.array([1.0, 5.5, 30.5, -30.5, 1.0, np.inf])
    expected = [np.log(norm.cdf(1) - norm.cdf(-1)), np.log(norm.sf(5) - norm.sf(5.5))]
    expected += [norm.logsf(30) + np.log1p(-np.exp(norm.logsf(30.5) - norm.logsf(30)))]
    expected += [norm.logcdf(-30.5) + np.log1p(-np.exp(norm.logcdf(-31) - norm.logcdf(-30.5)))]
    expected += [norm.logcdf(1), norm.logsf(2)]
    assert log_between(low, high) == pytest.approx(expected, rel=1e-9)


def test_a_level_has_the_density_of_its_assay() -> None:
    sheet = sheet_of([Level(1, 40)], {"level": (0.25, 0.0)})
    found = sheet.score(sheet.scaled(np.array([[50.0]])), NOBODY).log_chance[0]
    assert found == pytest.approx(norm.logpdf(np.log(40), np.log(50), 0.25) - np.log(40))
    # At high levels the floor does not matter; at low ones it is all there is.
    near = sheet_of([Level(1, 4000)], {"level": (0.25, 0.1)})
    assert near.score(near.scaled(np.array([[5000.0]])), NOBODY).log_chance[0] == pytest.approx(
        norm.logpdf(np.log(4000), np.log(5000), 0.25) - np.log(4000), abs=1e-6
    )
    low = sheet_of([Level(1, 0.5)], {"level": (0.01, 2.0)})
    assert low.score(low.scaled(np.array([[3.0]])), NOBODY).log_chance[0] == pytest.approx(
        norm.logpdf(0.5, 3.0, 2.0), abs=1e-4
    )


def test_a_level_too_low_to_measure_counts_as_all_that_are() -> None:
    sheet = sheet_of([Level(1, None, below_ng_per_ml=5)], {"level": (0.25, 0.0)})
    for level in (0.0, 1.0, 5.0, 50.0):
        found = sheet.score(sheet.scaled(np.array([[level]])), NOBODY).log_chance[0]
        expected = 0.0 if level == 0 else norm.logcdf((np.log(5) - np.log(level)) / 0.25)
        assert found == pytest.approx(expected, abs=1e-12)


def test_the_chances_of_all_totals_add_up_to_one() -> None:
    for share in (0.0, 3.2, 11.7, 24.0):
        total = 0.0
        for points in range(25):
            sheet = sheet_of([Reading("cadss6", 1, points)], SCATTER)
            total += float(np.exp(sheet.score(sheet.scaled(np.array([[share]])), NOBODY).log_chance[0]))
        assert total == pytest.approx(1.0)


def test_an_unknown_time_is_the_mean_over_its_interval() -> None:
    sheet = sheet_of([Level(2, 30), Level(None, 40, between_h=(1, 3))], {"level": (0.25, 0.0)})
    assert sheet.at_h.size == 1 + MOMENTS
    course = 60 * np.exp(-0.4 * sheet.at_h)
    found = float(sheet.score(sheet.scaled(course[None, :]), NOBODY).log_chance[0])
    at_h = np.linspace(1, 3, 20001)
    chance = norm.pdf(np.log(40), np.log(60) - 0.4 * at_h, 0.25) / 40
    known = norm.logpdf(np.log(30), np.log(60) - 0.8, 0.25) - np.log(30)
    assert found == pytest.approx(known + np.log(np.trapezoid(chance, at_h) / 2), abs=1e-7)


KINDS: list[Observation] = [
    Level(1, 40),
    Level(1, None, below_ng_per_ml=30),
    Reading("systolic", 1, 140, 120),
    Reading("cadss6", 1, 0),
    Reading("cadss6", 1, 9),
    Reading("cadss6", 1, 24),
    Reading("moaas", 1, 4),
    Reading("moaas", 1, 5),
]


@pytest.mark.parametrize("one", KINDS, ids=str)
def test_the_slopes_of_every_kind_are_those_of_its_chance(one: Observation) -> None:
    sheet = sheet_of([one], SCATTER)
    for scaled in (0.3, 4.0, 9.0, 40.0):
        nudge = 1e-4
        rows = np.array([[scaled - nudge], [scaled], [scaled + nudge]])
        score = sheet.score(rows, np.zeros(3, dtype=np.int64))
        down, middle, up = score.log_chance
        assert score.slope[1, 0] == pytest.approx((up - down) / (2 * nudge), rel=1e-5, abs=1e-6)
        assert score.weight[1, 0] == pytest.approx(-(up - 2 * middle + down) / nudge**2, rel=1e-3, abs=1e-4)
