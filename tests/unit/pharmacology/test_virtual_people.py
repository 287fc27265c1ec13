"""Virtual populations: the same people in any number, by any engine, in memory that does not grow."""

from __future__ import annotations

import numpy as np
import pytest

from euthymia.errors import BadInput, ModelError
from euthymia.pharmacology import Dose, Person, Regimen, VirtualPeople, load_model, simulate, summarise
from euthymia.pharmacology.population import sample_effects
from euthymia.pharmacology.solve import closed_form

# Kernels take long to compile: one worker of several does it.
pytestmark = pytest.mark.xdist_group("kernels")

NASAL = Regimen((Dose("esketamine", "nasal", 84, 0, devices=3),))
INFUSION = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=2 / 3),))
TIMES = np.linspace(0, 6, 25)


def test_a_person_is_the_same_in_any_number_of_people() -> None:
    few, many = VirtualPeople(50), VirtualPeople(5000)
    for name, values in few.covariates(0, 50).items():
        assert np.array_equal(values, many.covariates(0, 5000)[name][:50])
        assert np.array_equal(values[30:], many.covariates(30, 50)[name])


def test_people_are_like_those_of_the_data_file() -> None:
    drawn = VirtualPeople(20_000, seed=3).covariates(0, 20_000)
    assert np.median(drawn["age_y"]) == pytest.approx(45, abs=0.5)
    assert np.median(drawn["weight_kg"]) == pytest.approx(74, rel=0.02)
    assert drawn["female"].mean() == pytest.approx(0.584, abs=0.01)
    assert drawn["age_y"].min() >= 18
    assert drawn["age_y"].max() <= 86
    assert drawn["weight_kg"].min() >= 39
    assert drawn["weight_kg"].max() <= 170
    assert abs(np.corrcoef(drawn["age_y"], drawn["weight_kg"])[0, 1]) < 0.03


@pytest.mark.parametrize("compiled", [False, True])
def test_the_summary_is_that_of_everybody_simulated_at_once(compiled: bool) -> None:
    people = VirtualPeople(2500, seed=11)
    found = summarise(NASAL, people, TIMES, model="perez_ruixo_2021", compiled=compiled)
    model = load_model("perez_ruixo_2021")
    values = model.values(people.covariates(0, 2500), sample_effects(model, 11, 2500))
    everybody = closed_form.solve(model.system(NASAL, values, 2500), TIMES)
    assert found.analytes == ("esketamine", "esnorketamine")
    assert found.mean == pytest.approx(everybody.mean(axis=0), rel=1e-9, abs=1e-9)
    for place, name in enumerate(found.analytes):
        for level, value in found.peaks[name].items():
            assert value == pytest.approx(np.quantile(everybody[:, :, place].max(axis=1), level), rel=0.01)


def test_a_middle_person_lies_in_the_middle() -> None:
    found = summarise(INFUSION, VirtualPeople(4000), TIMES, model="kamp_2020")
    middle = simulate(INFUSION, Person(45, "unspecified", 74), TIMES, model="kamp_2020")
    assert found.peaks["ketamine"][0.5] == pytest.approx(middle.series[0].typical.max(), rel=0.05)
    assert found.peaks["ketamine"][0.05] < found.peaks["ketamine"][0.5] < found.peaks["ketamine"][0.95]


@pytest.mark.parametrize("people", [0, -5, 1.5, True, 10**9])
def test_a_number_of_people_that_is_none_is_refused(people: object) -> None:
    with pytest.raises(BadInput) as refusal:
        VirtualPeople(people)  # type: ignore[arg-type]
    assert refusal.value.path == "people"


def test_an_unknown_population_and_a_route_no_model_covers_are_refused() -> None:
    with pytest.raises(BadInput) as refusal:
        VirtualPeople(10, like="martians")
    assert refusal.value.path == "like"
    with pytest.raises(ModelError):
        summarise(NASAL, VirtualPeople(10), TIMES, model="kamp_2020")
