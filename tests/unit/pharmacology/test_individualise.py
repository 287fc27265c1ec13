"""Levels teach an individual's kinetics, against an independent optimiser and known people."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from euthymia.errors import BadInput
from euthymia.pharmacology import Dose, Individual, Level, Person, Regimen, load_model, most_probable, simulate
from euthymia.pharmacology.individualise.question import Question
from euthymia.pharmacology.population import sample_effects

PERSON = Person(age_y=40, sex="female", weight_kg=65)
INFUSION = Regimen((Dose("esketamine", "iv", 28, 0, duration_h=2 / 3),))
LEVELS = (Level(0.66, 160), Level(2, 70), Level(4, 40), Level(4, 60, "esnorketamine"))


def test_the_most_probable_effects_are_those_a_general_optimiser_finds() -> None:
    found = most_probable(INFUSION, PERSON, LEVELS, model="fanta_otto_2021")
    problem = Question(INFUSION, "fanta_otto_2021", LEVELS).asked_of((PERSON,))

    def misfit(standard: np.ndarray) -> float:
        return -float(problem.log_posterior(standard[None, :], np.zeros(1, dtype=np.int64))[0])

    best = minimize(misfit, np.zeros(4), method="BFGS", options={"gtol": 1e-7})
    assert list(found.effects.values()) == pytest.approx(problem.prior.effects(best.x), abs=1e-4)


def test_many_precise_levels_find_the_person_they_came_from() -> None:
    model = load_model("fanta_otto_2021")
    true = {name: float(value[0]) for name, value in sample_effects(model, 21, 1).items()}
    someone = Individual(PERSON, model.id, true)
    at_h = [0.3, 0.66, 1, 2, 3, 4, 6, 9, 12]
    answer = simulate(INFUSION, someone, at_h, model=model.id)
    levels = [
        Level(hour, float(value), series.analyte)
        for series in answer.series
        for hour, value in zip(at_h, series.typical, strict=True)
    ]
    found = most_probable(INFUSION, PERSON, levels, model=model.id, residual_log_sd=0.01)
    assert dict(found.effects) == pytest.approx(true, abs=0.01)
    assert max(np.diag(found.covariance)) < 0.001


def test_without_levels_the_person_is_typical_and_as_unknown_as_anyone() -> None:
    nobody = most_probable(INFUSION, PERSON, [], model="fanta_otto_2021")
    assert set(nobody.effects.values()) == {0.0}
    assert np.array(nobody.covariance) == pytest.approx(load_model("fanta_otto_2021").covariance)
    assert nobody.learned_from == ()


def test_a_level_narrows_what_it_speaks_of_and_is_remembered() -> None:
    one = most_probable(INFUSION, PERSON, [Level(4, 40)], model="fanta_otto_2021")
    assert one.covariance[1][1] < load_model("fanta_otto_2021").covariance[1][1]
    assert one.learned_from == ("40 ng/mL at 4 h",)


@pytest.mark.parametrize(
    ("levels", "model", "path"),
    [
        ([Level(0.0, 40)], "fanta_otto_2021", "levels[0].at_h"),
        ([Level(1, 40, "nausea")], "fanta_otto_2021", "levels[0].analyte"),
    ],
)
def test_levels_that_cannot_be_used_are_refused(levels: list[Level], model: str, path: str) -> None:
    with pytest.raises(BadInput) as refusal:
        most_probable(INFUSION, PERSON, levels, model=model)
    assert refusal.value.path == path


def test_a_level_is_above_zero_and_a_model_without_scatter_asks_for_one() -> None:
    for wrong in (0, -1, float("nan")):
        with pytest.raises(BadInput):
            Level(1, wrong)
    racemate = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=2 / 3),))
    with pytest.raises(BadInput, match=r"0\.25"):
        most_probable(racemate, PERSON, [Level(1, 90)], model="clements_1981")
    assert most_probable(racemate, PERSON, [Level(1, 90)], model="clements_1981", residual_log_sd=0.25).effects
