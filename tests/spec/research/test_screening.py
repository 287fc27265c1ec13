"""Who enters a virtual trial is decided by the clinic's own rules, and so is the dose."""

import copy
import tomllib
from importlib.resources import files

import numpy as np
import pytest

from euthymia.care.eligibility import reassuring_facts
from euthymia.errors import BadInput
from euthymia.research.design import design_from, load_design
from euthymia.research.screening import Candidate, draw_candidate, screen
from euthymia.research.trial import run

DESIGN = load_design("murrough2013_midazolam")
KETAMINE, MIDAZOLAM = DESIGN.arms


def document():
    text = files("euthymia.research").joinpath("gallery", "murrough2013_midazolam.toml").read_text(encoding="utf-8")
    return copy.deepcopy(tomllib.loads(text))


def candidate(weight_kg=80.0, height_cm=175.0, **facts):
    return Candidate(weight_kg, height_cm, {**reassuring_facts("iv_racemic"), **facts})


def test_someone_nothing_speaks_against_gets_half_a_milligram_per_kilogram():
    answer = screen(DESIGN, KETAMINE, candidate())
    assert (answer.kept_out_by, answer.dose_mg) == ("", 40.0)
    assert answer.relative_dose == pytest.approx(1.0)


def test_the_control_arm_passes_the_same_rules_without_a_dose():
    assert screen(DESIGN, MIDAZOLAM, candidate()).dose_mg == 0
    assert screen(DESIGN, MIDAZOLAM, candidate(psychosis="poorly_controlled")).kept_out_by == "psychosis_uncontrolled"


@pytest.mark.parametrize(
    ("why", "facts", "rule"),
    [
        ("active misuse", {"substance_misuse": "active"}, "substance_misuse_active"),
        ("a heart that is not under control", {"cardiovascular_uncontrolled": True}, "cardiovascular_uncontrolled"),
        ("pregnant", {"pregnant": True}, "pregnancy"),
        ("nobody knows about pregnancy", {"pregnant": None}, "missing:pregnant"),
        ("no consent", {"consent_signed": False}, "consent"),
    ],
)
def test_kept_out(why, facts, rule):
    assert screen(DESIGN, KETAMINE, candidate(**facts)).kept_out_by == rule, why


def test_an_open_limit_of_the_protocol_keeps_everybody_out():
    data = document()
    del data["protocol_values"]["iv_racemic_05"]["limits.dose_cap"]
    design = design_from(data)
    assert screen(design, design.arms[0], candidate()).kept_out_by == "missing:limits.dose_cap"
    with pytest.raises(BadInput, match="Too few candidates"):
        run(design, 1)


def test_a_cap_in_the_protocol_holds_in_the_trial():
    data = document()
    data["protocol_values"]["iv_racemic_05"]["limits.dose_cap"] = 30.0
    design = design_from(data)
    assert screen(design, design.arms[0], candidate(weight_kg=80)).kept_out_by == "dose_cap"
    assert screen(design, design.arms[0], candidate(weight_kg=55)).dose_mg == 27.5


def test_sessions_closer_than_the_protocol_allows_keep_everybody_out():
    data = document()
    data["arm"][0]["days"] = [0.0, 0.5]
    design = design_from(data)
    assert screen(design, design.arms[0], candidate()).kept_out_by == "interval"


def test_candidates_are_adults_as_common_as_the_design_says():
    rng = np.random.default_rng(1)
    drawn = [draw_candidate(DESIGN, rng) for _ in range(2000)]
    assert all(18 <= one.facts["age_y"] <= 80 and 35 < one.weight_kg < 180 for one in drawn)
    assert np.mean([one.facts["resistance_definition_met"] is False for one in drawn]) == pytest.approx(0.15, abs=0.03)


def test_nobody_is_refused_where_nothing_speaks_against_anyone():
    data = document()
    data["population"]["chance"] = []
    outcome = run(design_from(data), 1)
    assert set(outcome.screened_out) <= {"entry_score", "weight_for_height"}
    assert outcome.candidates <= 76
