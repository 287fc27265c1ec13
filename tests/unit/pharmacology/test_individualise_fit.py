"""Peaks, their exact curvature, many people at once, and importance weights, against other ways to the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import genpareto

from euthymia.errors import BadInput
from euthymia.pharmacology import Dose, Person, Regimen, load_model
from euthymia.pharmacology.compounds.load import model_from
from euthymia.pharmacology.individualise import Assay, Level, Reading, most_probable, most_probable_many
from euthymia.pharmacology.individualise.climb import climbed, exact
from euthymia.pharmacology.individualise.ensemble import agreement, explored
from euthymia.pharmacology.individualise.moved import moved_by, still_the_prior
from euthymia.pharmacology.individualise.pareto import effective_size, smoothed, tail_shape
from euthymia.pharmacology.individualise.point import settled
from euthymia.pharmacology.individualise.prior import BASELINE, Prior, joined
from euthymia.pharmacology.individualise.question import Question

PERSON = Person(age_y=40, sex="female", weight_kg=65)
INFUSION = Regimen((Dose("esketamine", "iv", 28, 0, duration_h=2 / 3),))
NOBODY = np.zeros(1, dtype=np.int64)
LEVELS = (Level(0.66, 160), Level(2, 70), Level(4, 40), Level(4, 60, "esnorketamine"))

ONE_COMPARTMENT: dict[str, Any] = {
    "card": {
        "id": "one_compartment",
        "title": "One compartment, for arithmetic by hand",
        "kind": "assembled",
        "matrix": "venous",
        "matrix_note": "none",
        "citation": "none",
        "provenance": "assumption",
        "fitted_on": "nothing",
        "drugs": ["esketamine"],
        "routes": ["iv"],
        "valid_for": "a test",
        "youngest_y": 18,
        "residual_log_sd": 0.3,
    },
    "parameter": [
        {"name": "volume", "value": 100, "unit": "L", "variance": 0.09, "provenance": "assumption"},
        {"name": "clearance", "value": 40, "unit": "L/h", "variance": 0.16, "provenance": "assumption"},
    ],
    "covariance": [{"of": ["volume", "clearance"], "value": 0.05}],
    "state": [{"name": "central"}],
    "flow": [{"from": "central", "rate_per_h": "clearance / volume"}],
    "input": [{"route": "iv", "state": "central", "fraction": 1}],
    "output": [{"analyte": "{drug}", "state": "central", "volume_l": "volume", "parent": True}],
}
BOLUS = Regimen((Dose("esketamine", "iv", 30, 0),))
BY_HAND = (Level(0.5, 190), Level(3, 120), Level(6, 35))


def test_the_curvature_is_the_one_worked_out_by_hand() -> None:
    # log level = log dose/volume - clearance/volume · t, so its derivatives are elementary.
    model = model_from(ONE_COMPARTMENT)
    problem = Question(BOLUS, model, BY_HAND).asked_of((PERSON,))
    standard = np.array([[0.4, -0.7]])
    slope, curvature = exact(problem, standard)
    root = problem.prior.root
    log_volume, log_clearance = root @ standard[0]
    gradient, bend = standard[0].copy(), np.eye(2)
    for one in BY_HAND:
        decay = 40 / 100 * np.exp(log_clearance - log_volume) * float(one.at_h or 0)
        predicted = np.log(1000 * 30 / 100) - log_volume - decay
        off = (np.log(float(one.ng_per_ml or 0)) - predicted) / 0.3
        first = root.T @ np.array([-1 + decay, -decay]) / 0.3
        second = root.T @ np.array([[-decay, decay], [decay, -decay]]) @ root / 0.3
        gradient -= off * first
        bend += np.outer(first, first) - off * second
    assert slope[0] == pytest.approx(gradient, abs=1e-8)
    assert curvature[0] == pytest.approx(bend, abs=1e-6)


def test_the_covariance_left_is_the_inverse_of_the_curvature_at_the_peak() -> None:
    model = model_from(ONE_COMPARTMENT)
    problem = Question(BOLUS, model, BY_HAND).asked_of((PERSON,))
    standard, _ = settled(problem, climbed(problem))
    slope, curvature = exact(problem, standard)
    assert slope == pytest.approx(np.zeros((1, 2)), abs=1e-6)
    found = most_probable(BOLUS, PERSON, BY_HAND, model=model)
    assert np.array(found.covariance) == pytest.approx(problem.prior.spread(np.linalg.inv(curvature[0])), rel=1e-5)


def test_many_people_at_once_are_the_same_people_one_by_one() -> None:
    model = load_model("fanta_otto_2021")
    people = [PERSON, Person(age_y=60, sex="male", weight_kg=90), Person(age_y=30, sex="male", weight_kg=55)]
    values = np.array([[160, 70, 40, 60], [80, 50, 44, 90], [300, 60, 20, 20]], dtype=float)
    together = most_probable_many(INFUSION, people, LEVELS, values, model=model)
    for place, person in enumerate(people):
        own = [Level(one.at_h, value, one.analyte) for one, value in zip(LEVELS, values[place], strict=True)]
        alone = most_probable(INFUSION, person, own, model=model)
        assert together.effects[place] == pytest.approx(list(alone.effects.values()), abs=1e-4)


@pytest.mark.parametrize(
    ("values", "code", "path"),
    [
        (np.ones((3, 3)), "wrong_shape", "values"),
        (np.ones((4, 4)), "wrong_shape", "values"),
        (np.ones(4), "wrong_shape", "values"),
        (np.array([[1.0, 2, 3, 4], [1, 2, np.nan, 4]]), "not_a_number", "values[1][2]"),
        (np.array([[1.0, 2, 3, 4], [1, 2, 3, 0]]), "not_a_number", "values[1][3]"),
    ],
)
def test_a_table_of_values_that_cannot_be_is_refused(values: np.ndarray, code: str, path: str) -> None:
    people = [PERSON, Person(age_y=60, sex="male", weight_kg=90)]
    with pytest.raises(BadInput) as refusal:
        most_probable_many(INFUSION, people, LEVELS, values, model="fanta_otto_2021")
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_the_order_of_observations_does_not_matter() -> None:
    mixed = (*LEVELS, Reading("systolic", 0.7, 142, 121), Reading("cadss6", 0.7, 9), Reading("moaas", 0.7, 4))
    one = most_probable(INFUSION, PERSON, mixed, model="fanta_otto_2021")
    other = most_probable(INFUSION, PERSON, mixed[::-1], model="fanta_otto_2021")
    for name, value in one.effects.items():
        assert other.effects[name] == pytest.approx(value, abs=1e-5)


def test_readings_teach_how_this_person_answers_and_levels_what_they_clear() -> None:
    strong = [Reading("systolic", hour, 150, 120) for hour in (0.4, 0.6, 0.8, 1.0)]
    found = most_probable(INFUSION, PERSON, strong, model="fanta_otto_2021")
    assert found.effects["blood_pressure.systolic_slope"] > 0.2
    # The diastolic slope goes with it, as it does between people.
    assert found.effects["blood_pressure.diastolic_slope"] > 0.1
    assert not any(name.startswith(BASELINE) for name in found.effects)
    many = [Reading("cadss6", hour, 20) for hour in (0.5, 0.7, 0.9)]
    felt = most_probable(INFUSION, PERSON, many, model="fanta_otto_2021")
    assert felt.effects["dissociation.c50_ng_per_ml"] < -0.3


def test_a_model_in_which_all_people_are_alike_teaches_nothing() -> None:
    rows = [{key: value for key, value in row.items() if key != "variance"} for row in ONE_COMPARTMENT["parameter"]]
    model = model_from({**ONE_COMPARTMENT, "parameter": rows, "covariance": []})
    with pytest.raises(BadInput) as refusal:
        most_probable(BOLUS, PERSON, BY_HAND, model=model)
    assert refusal.value.code == "nothing_varies"


def test_a_floor_of_noise_makes_low_levels_count_less() -> None:
    low = (Level(0.66, 100), Level(20, 12))
    plain = most_probable(INFUSION, PERSON, low, model="fanta_otto_2021")
    noisy = most_probable(INFUSION, PERSON, low, model="fanta_otto_2021", assay=Assay(additive_ng_per_ml=20))
    assert abs(noisy.effects["clearance"]) < abs(plain.effects["clearance"])


# Priors


def test_a_name_two_models_share_is_one_effect_and_brings_its_correlations() -> None:
    first = (("volume", "clearance"), np.array([[0.09, 0.03], [0.03, 0.04]]))
    second = (("volume", "delay"), np.array([[0.36, 0.12], [0.12, 0.16]]))
    prior = joined([first, second])
    assert prior.names == ("volume", "clearance", "delay")
    assert prior.covariance[0, 0] == 0.09
    assert prior.covariance[0, 2] / np.sqrt(0.09 * 0.16) == pytest.approx(0.5)
    assert prior.root @ prior.root.T == pytest.approx(prior.covariance)


def test_correlations_that_cannot_hold_together_are_left_out() -> None:
    first = (("a", "b"), np.array([[1, 0.99], [0.99, 1]]))
    second = (("a", "b", "c"), np.array([[1, 0.0, 0.9], [0.0, 1, -0.9], [0.9, -0.9, 2.0]]))
    prior = joined([first, second])
    assert prior.covariance[2].tolist() == [0, 0, 2.0]


# Importance weights


def test_the_shape_of_a_tail_is_found() -> None:
    for shape in (0.2, 0.5, 0.9):
        values = np.sort(genpareto.rvs(shape, scale=2.0, size=4000, random_state=7))
        found, scale = tail_shape(values)
        assert found == pytest.approx(shape, abs=0.06)
        assert scale == pytest.approx(2.0, rel=0.1)


def test_weights_from_too_narrow_a_proposal_are_not_trusted() -> None:
    draws = np.random.default_rng(7).standard_normal(4000)
    wide = -0.5 * (draws / 3) ** 2 + 0.5 * draws**2
    near = -0.5 * (draws / 0.9) ** 2 + 0.5 * draws**2
    assert smoothed(wide)[1] > 0.7
    assert smoothed(near)[1] < 0.5
    assert smoothed(np.zeros(4000))[1] == 0.0
    assert smoothed(np.zeros(10))[1] == float("inf")


def test_smoothing_touches_the_largest_weights_only_and_never_raises_the_largest() -> None:
    raw = np.random.default_rng(7).standard_normal(4000) * 2
    found, _ = smoothed(raw)
    changed = np.flatnonzero(found != raw)
    assert 0 < changed.size <= 3 * np.sqrt(4000)
    assert raw[changed].min() > np.quantile(raw, 0.94)
    assert found.max() <= raw.max()


def test_even_weights_are_worth_as_many_draws_as_there_are() -> None:
    assert effective_size(np.full(50, 0.02)) == pytest.approx(50)


# Chains


def test_chains_find_both_hills_of_a_density_and_agree() -> None:
    def two_hills(points: np.ndarray) -> np.ndarray:
        near, far = (np.sum((points - centre) ** 2, axis=1) for centre in (-2.0, 2.0))
        return np.asarray(np.logaddexp(-0.5 * near, np.log(3.0) - 0.5 * far))

    chains = explored(two_hills, np.random.default_rng(7).standard_normal((500, 2)) * 3, seed=7)
    assert chains.r_hat < 1.05
    assert np.mean(chains.draws[:, 0] > 0) == pytest.approx(0.75, abs=0.06)
    assert chains.effective_size > 100
    again = explored(two_hills, np.random.default_rng(7).standard_normal((500, 2)) * 3, seed=7)
    assert np.array_equal(chains.draws, again.draws)


def test_chains_that_stay_apart_do_not_agree() -> None:
    stuck = np.repeat(np.arange(256.0)[None, :, None], 40, axis=0) + np.random.default_rng(7).normal(size=(40, 256, 1))
    assert agreement(stuck)[0] > 1.05


# What moved


def test_what_the_data_did_not_move_is_said_to_be_the_prior() -> None:
    prior = Prior(("clearance", f"{BASELINE}systolic"), np.diag([0.04, 49.0]), np.diag([0.2, 7.0]))
    little = moved_by(prior, np.array([0.01, 6.0]), np.diag([0.039, 10.0]))
    refusal = still_the_prior(little)
    assert refusal is not None
    assert "prior is still doing the talking" in refusal.why
    assert refusal.as_json()["advised"] is False
    assert little[1].informed
    narrowed = moved_by(prior, np.array([0.01, 0.0]), np.diag([0.02, 49.0]))
    assert still_the_prior(narrowed) is None
    assert narrowed[0].narrowing == pytest.approx(0.5)
    shifted = moved_by(prior, np.array([-0.15, 0.0]), np.diag([0.04, 49.0]))
    assert still_the_prior(shifted) is None
    assert shifted[0].shift == pytest.approx(-0.75)
