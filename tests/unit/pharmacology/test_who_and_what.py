"""People, doses and pumps: what is read, and what is refused with the place of the mistake."""

from __future__ import annotations

from typing import Any

import pytest

from euthymia.errors import BadInput, RegimenError
from euthymia.pharmacology import Ancestry, Dose, Drug, Individual, Person, RateStep, Regimen, Route, Sex, infusion

ADULT: dict[str, Any] = {"age_y": 45, "sex": "female", "weight_kg": 70, "height_cm": 168}
INFUSION: dict[str, Any] = {"drug": "ketamine", "route": "iv", "amount_mg": 35, "start_h": 0, "duration_h": 2 / 3}


def test_words_are_read_as_the_closed_lists_they_come_from() -> None:
    person, dose = Person(**ADULT, ancestry="asian"), Dose(**INFUSION)
    assert (person.sex, person.ancestry) == (Sex.FEMALE, Ancestry.ASIAN)
    assert (dose.drug, dose.route) == (Drug.KETAMINE, Route.IV)
    assert dose.end_h == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"weight_kg": 0}, "out_of_range", "person.weight_kg"),
        ({"weight_kg": 900}, "out_of_range", "person.weight_kg"),
        ({"weight_kg": -70}, "out_of_range", "person.weight_kg"),
        ({"weight_kg": float("nan")}, "not_a_number", "person.weight_kg"),
        ({"weight_kg": "70"}, "not_a_number", "person.weight_kg"),
        ({"weight_kg": True}, "not_a_number", "person.weight_kg"),
        ({"weight_kg": None}, "not_a_number", "person.weight_kg"),
        ({"age_y": -1}, "out_of_range", "person.age_y"),
        ({"age_y": 150}, "out_of_range", "person.age_y"),
        ({"age_y": float("inf")}, "not_a_number", "person.age_y"),
        ({"height_cm": 1.68}, "out_of_range", "person.height_cm"),
        ({"sex": "f"}, "unknown_sex", "person.sex"),
        ({"ancestry": "martian"}, "unknown_ancestry", "person.ancestry"),
    ],
)
def test_what_cannot_be_a_person_is_refused(wrong: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(BadInput) as refusal:
        Person(**{**ADULT, **wrong})
    assert (refusal.value.code, refusal.value.path) == (code, path)
    assert refusal.value.message


def test_height_sex_and_ancestry_may_be_unknown() -> None:
    person = Person(age_y=45, sex="unspecified", weight_kg=70)
    assert person.height_cm is None
    assert person.covariates() == {"age_y": 45, "weight_kg": 70, "female": 0, "asian": 0, "japanese": 0}


def test_japanese_ancestry_includes_the_asian_effects() -> None:
    covariates = Person(**ADULT, ancestry="asian_japanese").covariates()
    assert (covariates["asian"], covariates["japanese"]) == (1, 1)


@pytest.mark.parametrize(
    ("wrong", "code", "path"),
    [
        ({"amount_mg": -35}, "out_of_range", "amount_mg"),
        ({"amount_mg": 0}, "not_positive", "amount_mg"),
        ({"amount_mg": float("nan")}, "not_a_number", "amount_mg"),
        ({"amount_mg": 35_000}, "out_of_range", "amount_mg"),
        ({"amount_mg": "35"}, "not_a_number", "amount_mg"),
        ({"start_h": -1}, "out_of_range", "start_h"),
        ({"start_h": float("inf")}, "not_a_number", "start_h"),
        ({"duration_h": -0.5}, "out_of_range", "duration_h"),
        ({"duration_h": 5000}, "out_of_range", "duration_h"),
        ({"route": "tea"}, "unknown_route", "route"),
        ({"drug": "aspirin"}, "unknown_drug", "drug"),
        ({"route": "im"}, "not_an_infusion", "duration_h"),
        ({"devices": 2}, "not_nasal", "devices"),
        ({"route": "nasal", "duration_h": 0, "devices": 0}, "out_of_range", "devices"),
        ({"route": "nasal", "duration_h": 0, "devices": 1.5}, "out_of_range", "devices"),
        ({"route": "nasal", "duration_h": 0, "devices": True}, "out_of_range", "devices"),
    ],
)
def test_what_cannot_be_a_dose_is_refused(wrong: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(RegimenError) as refusal:
        Dose(**{**INFUSION, **wrong})
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_a_regimen_has_doses_and_one_drug() -> None:
    with pytest.raises(RegimenError, match="at least one dose"):
        Regimen(())
    with pytest.raises(RegimenError) as refusal:
        Regimen.given(Dose(**INFUSION), Dose("esketamine", "nasal", 56, 2))
    assert refusal.value.path == "doses[1].drug"


def test_regimens_add_move_and_repeat() -> None:
    once = Regimen.given(Dose(**INFUSION))
    assert once.later(3).first_h == 3
    thrice = once.repeated(3, every_h=48)
    assert [dose.start_h for dose in thrice] == [0, 48, 96]
    assert thrice.total_mg == 105
    assert (once + once.later(48) + once.later(96)) == thrice
    assert thrice.routes == (Route.IV,)
    with pytest.raises(RegimenError):
        once.repeated(0, every_h=48)


def test_a_pump_with_a_pause_and_a_change_gives_what_ran() -> None:
    steps = [RateStep(0, 52.5), RateStep(0.25, 0), RateStep(0.4, 30)]
    given = infusion("ketamine", steps, stop_h=0.6)
    assert [(dose.start_h, dose.end_h) for dose in given] == [(0, 0.25), (0.4, pytest.approx(0.6))]
    assert given.total_mg == pytest.approx(52.5 * 0.25 + 30 * 0.2)


@pytest.mark.parametrize(
    ("steps", "path"),
    [
        ([RateStep(0, 50), RateStep(0, 40)], "steps[0].at_h"),
        ([RateStep(0, 50), RateStep(2, 40)], "steps[1].at_h"),
        ([RateStep(0, -50)], "steps[0].mg_per_h"),
        ([RateStep(0, float("nan"))], "steps[0].mg_per_h"),
        ([RateStep(0, 0)], "doses"),
        ([], "steps"),
    ],
)
def test_a_pump_that_cannot_have_run_so_is_refused(steps: list[RateStep], path: str) -> None:
    with pytest.raises(RegimenError) as refusal:
        infusion("ketamine", steps, stop_h=1)
    assert refusal.value.path == path


def test_an_individual_needs_numbers_and_a_matching_covariance() -> None:
    person = Person(**ADULT)
    with pytest.raises(BadInput, match="finite"):
        Individual(person, "kamp_2020", {"clearance": float("nan")})
    with pytest.raises(BadInput, match="row and column"):
        Individual(person, "kamp_2020", {"clearance": 0.1}, covariance=((0.1, 0.0), (0.0, 0.1)))
