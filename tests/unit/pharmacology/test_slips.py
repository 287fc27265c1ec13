"""The likeliest slips of who calls the engine from Python: a named refusal with the path, no error of Python's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from euthymia.errors import BadInput
from euthymia.pharmacology import (
    Band,
    Dose,
    Individual,
    Person,
    RateStep,
    Regimen,
    VirtualPeople,
    compare,
    drawn_together,
    infusion,
    load_model,
    simulate,
    summarise,
)

PERSON = Person(age_y=45, sex="female", weight_kg=70)
INFUSION = Regimen.given(Dose("ketamine", "iv", 35, 0, duration_h=2 / 3))
ESKETAMINE = Regimen.given(Dose("esketamine", "iv", 20, 0, duration_h=2 / 3))
TOO_LARGE = 10**400
ANY: Any = None


def peaks(quantiles: Any) -> Any:
    return summarise(INFUSION, VirtualPeople(100), [1.0], model="kamp_2020", quantiles=quantiles)


SLIPS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "one dose for a list": (lambda: Regimen(INFUSION.doses[0]), "not_a_list", "doses"),  # type: ignore[arg-type]
    "a table for a dose": (lambda: Regimen([{}]), "not_a_dose", "doses[0]"),  # type: ignore[arg-type, list-item]
    "a dose for a regimen": (lambda: simulate(INFUSION.doses[0], PERSON, [1]), "not_a_regimen", "regimen"),  # type: ignore[arg-type]
    "swapped": (lambda: simulate(PERSON, INFUSION, [1]), "not_a_regimen", "regimen"),  # type: ignore[arg-type]
    "a table for a person": (lambda: simulate(INFUSION, {}, [1]), "not_a_person", "person"),  # type: ignore[arg-type]
    "a number for a band": (lambda: simulate(INFUSION, PERSON, [1], band=500), "not_a_band", "band"),  # type: ignore[arg-type]
    "one time": (lambda: simulate(INFUSION, PERSON, 5), "not_a_list", "at_h"),  # type: ignore[arg-type]
    "a list among times": (lambda: simulate(INFUSION, PERSON, [0, [1]]), "not_a_number", "at_h[1]"),  # type: ignore[list-item]
    "a table of times": (lambda: simulate(INFUSION, PERSON, np.ones((2, 2))), "not_a_number", "at_h[0]"),
    "an imaginary time": (lambda: simulate(INFUSION, PERSON, [1j]), "not_a_number", "at_h[0]"),  # type: ignore[list-item]
    "a time beyond all": (lambda: simulate(INFUSION, PERSON, [0, 1e300]), "out_of_range", "at_h[1]"),
    "too many sessions": (
        lambda: simulate(INFUSION, PERSON, [1], earlier_sessions=TOO_LARGE),
        "out_of_range",
        "earlier_sessions",
    ),
    "one medicine": (lambda: simulate(ESKETAMINE, PERSON, [1], taking="rifampicin"), "not_a_list", "taking"),
    "one model": (lambda: compare(INFUSION, PERSON, [1], models="kamp_2020"), "not_a_list", "models"),
    "a list for a model": (lambda: load_model(["kamp_2020"]), "unknown_model", "model"),  # type: ignore[arg-type]
    "a pair for a rate": (lambda: infusion("ketamine", [(0, 5)], stop_h=1), "not_a_rate", "steps[0]"),  # type: ignore[list-item]
    "words for a rate": (
        lambda: infusion("ketamine", [RateStep(0, "a")], stop_h=1),  # type: ignore[arg-type]
        "out_of_range",
        "steps[0].mg_per_h",
    ),
    "an infusion too long": (
        lambda: infusion("ketamine", [RateStep(0, 0), RateStep(1, 5)], stop_h=400),
        "out_of_range",
        "steps[1]",
    ),
    "no stop": (lambda: infusion("ketamine", [RateStep(0, 5)], stop_h=ANY), "unsorted", "steps[0].at_h"),
    "half a repeat": (lambda: INFUSION.repeated(2.5, every_h=24), "out_of_range", "times"),  # type: ignore[arg-type]
    "back in time": (lambda: INFUSION.repeated(2, every_h=-5), "out_of_range", "every_h"),
    "later by words": (lambda: INFUSION.later("a"), "not_a_number", "by_h"),  # type: ignore[arg-type]
    "one quantile": (lambda: Band(quantiles=0.5), "out_of_range", "band.quantiles"),  # type: ignore[arg-type]
    "a huge amount": (lambda: Dose("ketamine", "iv", TOO_LARGE, 0), "not_a_number", "amount_mg"),
    "a huge age": (lambda: Person(TOO_LARGE, "male", 70), "not_a_number", "person.age_y"),
    "a slipped decimal point": (lambda: Person(45, "male", 7), "out_of_range", "person.weight_kg"),
    "a quantile above 1": (lambda: peaks((1.5,)), "out_of_range", "quantiles"),
    "a quantile of 0": (lambda: peaks((0,)), "out_of_range", "quantiles"),
    "a bare quantile": (lambda: peaks(0.5), "out_of_range", "quantiles"),
    "a seed below 0": (lambda: VirtualPeople(10, seed=-1), "out_of_range", "seed"),
    "a seed too large": (lambda: VirtualPeople(10, seed=2**64), "out_of_range", "seed"),
    "an enormous effect": (
        lambda: Individual(PERSON, "fanta_otto_2021", {"clearance": 1000.0}),
        "out_of_range",
        "individual.effects.clearance",
    ),
    "less than no variance": (
        lambda: Individual(PERSON, "fanta_otto_2021", {"clearance": 1.0}, ((-1.0,),)),
        "not_a_covariance",
        "individual.covariance[0]",
    ),
    "a draw that is none": (
        lambda: Individual(PERSON, "fanta_otto_2021", {"clearance": 1.0}, draws=((float("nan"),),)),
        "not_finite",
        "individual.draws[0]",
    ),
    "covariances beyond their variances": (
        lambda: simulate(
            ESKETAMINE,
            Individual(PERSON, "fanta_otto_2021", {"clearance": 0.0, "central_volume": 0.0}, ((1.0, 2.0), (2.0, 1.0))),
            [1.0],
            band=Band(people=10),
        ),
        "not_a_covariance",
        "individual.covariance",
    ),
    "a misspelt effect": (
        lambda: simulate(ESKETAMINE, Individual(PERSON, "fanta_otto_2021", {"clearence": 1.0}), [1.0]),
        "unknown_effect",
        "individual.effects.clearence",
    ),
    "a picture that ends before it begins": (
        lambda: drawn_together({"one": simulate(INFUSION, PERSON, [0, 1])}, until_h=-1),
        "out_of_range",
        "until_h",
    ),
    "more people than memory": (
        lambda: simulate(INFUSION, PERSON, np.linspace(0, 9, 200), band=Band(people=100_000)),
        "too_much",
        "band.people",
    ),
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_is_refused_by_name(slip: str) -> None:
    call, code, path = SLIPS[slip]
    with pytest.raises(BadInput) as refusal:
        call()
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_a_dose_is_not_added_to_a_regimen() -> None:
    with pytest.raises(TypeError, match="unsupported operand"):
        INFUSION + INFUSION.doses[0]


def test_numbers_of_numpy_are_numbers() -> None:
    dose = Dose("esketamine", "nasal", np.float32(84), np.int64(0), devices=np.int64(3))  # type: ignore[arg-type]
    assert dose == Dose("esketamine", "nasal", 84, 0, devices=3)
    assert [type(value) for value in (dose.amount_mg, dose.start_h, dose.devices)] == [float, int, int]
    person = Person(np.int64(45), "female", np.float64(70))
    assert Band(people=np.int64(50)) == Band(people=50)  # type: ignore[arg-type]
    assert Regimen.given(dose).repeated(np.int64(2), every_h=np.int64(84)).doses[1].start_h == 84  # type: ignore[arg-type]
    found = simulate(Regimen.given(dose), person, [1], earlier_sessions=np.int64(3))  # type: ignore[arg-type]
    assert found.as_json() == simulate(Regimen.given(dose), PERSON, [1], earlier_sessions=3).as_json()


def test_models_of_ones_own_are_compared() -> None:
    found = compare(INFUSION, PERSON, [1.0], models=[load_model("kamp_2020"), "domino_1984"])
    assert [one.model.id for one in found.simulations] == ["kamp_2020", "domino_1984"]


def test_nothing_in_the_blood_is_a_peak_of_nothing() -> None:
    found = summarise(INFUSION, VirtualPeople(50), [0.0], model="kamp_2020")
    assert set(found.peaks["ketamine"].values()) == {0.0}


@pytest.mark.parametrize(
    ("person", "words"),
    [
        (Person(95, "female", 70), "age 95 years is outside the 18 to 86 years of any adult model"),
        (Person(45, "female", 35), "weight 35 kg is outside the 39 to 170 kg of any adult model"),
    ],
)
def test_who_is_unlike_anybody_fitted_is_told_so_also_by_models_that_do_not_say_on_whom(
    person: Person, words: str
) -> None:
    (note,) = simulate(INFUSION, person, [1.0], model="kamp_2020").notes
    assert words in note
    assert "its own" in note


def test_a_band_of_one_person_says_what_is_likely_of_them() -> None:
    known = Individual(PERSON, "fanta_otto_2021", {"clearance": 0.3}, ((0.01,),))
    band = Band(people=20, quantiles=(0.05, 0.95))
    for whom, words in ((known, "90 % likely"), (PERSON, "90 % of people")):
        answer = simulate(ESKETAMINE, whom, [1.0, 2.0], model="fanta_otto_2021", band=band)
        assert answer.chart().series[0].bands[0].name == words
