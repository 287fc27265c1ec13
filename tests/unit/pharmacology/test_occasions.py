"""One person on several occasions: what lasts, what is new each time, and that the draw depends on nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from euthymia.pharmacology import Band, Dose, Individual, Person, Regimen, load_model, simulate
from euthymia.pharmacology.courses import random_effects_of
from euthymia.pharmacology.occasions import occasions_of
from euthymia.pharmacology.population import sample_effects
from euthymia.pharmacology.solve import closed_form

FILM = load_model("simons_2022")
ADULT = Person(age_y=30, sex="male", weight_kg=73)


def films(*starts_h: float) -> Regimen:
    return Regimen(tuple(Dose("esketamine", "buccal_film", 50, start_h) for start_h in starts_h))


def test_doses_more_than_twelve_hours_apart_are_different_occasions() -> None:
    parts = occasions_of(FILM, films(48, 0, 6, 18.5, 96))
    assert [[dose.start_h for dose in part] for part in parts] == [[0, 6], [18.5], [48], [96]]
    drip = Regimen((Dose("esketamine", "iv", 40, 0, duration_h=20), Dose("esketamine", "iv", 5, 30)))
    assert len(occasions_of(FILM, drip)) == 1


def test_a_model_without_spread_between_occasions_is_solved_as_one() -> None:
    regimen = Regimen((Dose("ketamine", "iv", 35, 0), Dose("ketamine", "iv", 35, 72)))
    assert occasions_of(load_model("clements_1981"), regimen) == (regimen,)


def test_an_occasions_draw_depends_on_seed_name_person_and_occasion_only() -> None:
    whole = sample_effects(FILM, 7, 50, occasion=3)
    late = sample_effects(FILM, 7, 5, 40, occasion=3)
    for name in FILM.varying:
        assert late[name] == pytest.approx(whole[name][40:45], abs=0)
    other = sample_effects(FILM, 7, 50, occasion=4)
    assert not np.allclose(other["film_fraction"], whole["film_fraction"])
    assert other["clearance"] == pytest.approx(whole["clearance"], abs=0)


def test_one_occasion_has_the_published_spread_of_both_kinds() -> None:
    first, second = (sample_effects(FILM, 11, 40_000, occasion=occasion) for occasion in (0, 1))
    assert np.var(first["film_fraction"]) == pytest.approx(0.060, rel=0.03)
    assert np.var(first["hydroxy_clearance"]) == pytest.approx(0.103 + 0.008, rel=0.03)
    together = np.cov(first["hydroxy_clearance"], second["hydroxy_clearance"])[0, 1]
    assert together == pytest.approx(0.103, rel=0.03)
    assert np.cov(first["film_fraction"], second["film_fraction"])[0, 1] == pytest.approx(0, abs=0.001)
    assert dict(zip(FILM.varying, np.diag(FILM.covariance), strict=True))["hydroxy_clearance"] == pytest.approx(0.111)
    assert FILM.occasional["film_fraction"] == 0.060
    assert "film_fraction" not in FILM.lasting


def test_a_single_session_is_as_wide_as_if_all_its_spread_were_between_people() -> None:
    at_h = np.linspace(0.1, 2, 20)
    band = Band(people=4000, seed=5)
    found = simulate(films(0), ADULT, at_h, band=band).series[0].band
    effects = sample_effects(FILM, 99, 4000)
    alone = closed_form.solve(FILM.system(films(0), FILM.values(ADULT, effects), 4000), at_h)[:, :, 0]
    assert found[0.05] == pytest.approx(np.quantile(alone, 0.05, axis=0), rel=0.06)
    assert found[0.95] == pytest.approx(np.quantile(alone, 0.95, axis=0), rel=0.06)


def test_drug_of_one_occasion_keeps_that_occasions_kinetics() -> None:
    band = Band(people=40, seed=7)
    at_h = np.concatenate([np.linspace(0, 6, 13), 72 + np.linspace(0, 6, 13)])
    both = simulate(films(0, 72), ADULT, at_h, band=band, keep_people=True).people
    first = simulate(films(0), ADULT, at_h, band=band, keep_people=True).people
    assert both is not None
    assert first is not None
    whole, alone = (each.values[:, :, 0] for each in (both, first))
    effects = random_effects_of(FILM, ADULT, band, 1)
    second = closed_form.solve(FILM.system(films(72), FILM.values(ADULT, effects), 41), at_h)[1:, :, 0]
    assert whole == pytest.approx(alone + second, abs=1e-6)
    assert not np.allclose(whole[:, :13], whole[:, 13:], rtol=0.05)


def test_the_typical_course_is_that_of_no_difference() -> None:
    at_h = 72 + np.linspace(0, 6, 13)
    assert simulate(films(0, 72), ADULT, at_h).series[0].typical == pytest.approx(
        simulate(films(0), ADULT, at_h).series[0].typical + simulate(films(72), ADULT, at_h).series[0].typical
    )


def test_of_what_was_learned_on_one_occasion_the_lasting_share_is_kept_for_the_next() -> None:
    learned = Individual(ADULT, "simons_2022", {"film_fraction": 0.4, "hydroxy_clearance": 0.2, "clearance": -0.3})
    now, later = (random_effects_of(FILM, learned, None, occasion) for occasion in (0, 1))
    assert now["film_fraction"][0] == 0.4
    assert later["film_fraction"][0] == 0
    assert later["hydroxy_clearance"][0] == pytest.approx(0.2 * 0.103 / 0.111)
    assert later["clearance"][0] == -0.3
    wide = random_effects_of(FILM, learned, Band(people=20_000), 1)
    assert np.var(wide["film_fraction"][1:]) == pytest.approx(0.060, rel=0.05)
    assert np.var(wide["clearance"][1:]) == 0
