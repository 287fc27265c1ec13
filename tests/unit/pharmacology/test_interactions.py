"""Medicines taken alongside: large for a swallowed dose, small into a vein, refused where nothing can be said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from euthymia.cli.simulate import simulation_of
from euthymia.errors import BadInput, ModelError
from euthymia.pharmacology import (
    Band,
    Dose,
    Person,
    Regimen,
    compare,
    interactions,
    load_model,
    shipped_models,
    simulate,
)
from euthymia.pharmacology.interactions import interacting, interactions_named

ADULT = Person(age_y=45, sex="female", weight_kg=70)


def area(drug: str, route: str, *taking: str, model: str | None = None) -> float:
    regimen = Regimen((Dose(drug, route, 28, 0),))
    return simulate(regimen, ADULT, [1.0], model=model, taking=taking).summary[0].auc_0_24


@pytest.mark.parametrize("drug", ["ketamine", "esketamine"])
@pytest.mark.parametrize("name", ["rifampicin", "st_johns_wort", "clarithromycin", "grapefruit_juice", "ticlopidine"])
def test_a_swallowed_dose_is_changed_more_than_one_into_a_vein_and_in_the_same_direction(drug: str, name: str) -> None:
    swallowed = area(drug, "oral", name) / area(drug, "oral")
    vein = area(drug, "iv", name) / area(drug, "iv")
    assert (swallowed > vein > 1) or (swallowed < vein < 1)


def test_the_spray_lies_between() -> None:
    ratios = [area("esketamine", route, "rifampicin") / area("esketamine", route) for route in ("oral", "nasal", "iv")]
    assert ratios == sorted(ratios)


def test_itraconazole_changes_nothing_and_says_so() -> None:
    assert area("esketamine", "oral", "itraconazole") == pytest.approx(area("esketamine", "oral"))


def test_two_medicines_are_multiplied_and_one_named_twice_counts_once() -> None:
    both = area("esketamine", "oral", "rifampicin", "clarithromycin")
    assert area("esketamine", "oral", "rifampicin") < both < area("esketamine", "oral", "clarithromycin")
    assert area("esketamine", "oral", "rifampicin", "rifampicin") == area("esketamine", "oral", "rifampicin")


def test_the_answer_says_what_was_done_and_that_it_is_assembled() -> None:
    regimen = Regimen((Dose("esketamine", "nasal", 56, 0, devices=2),))
    answer = simulate(regimen, ADULT, [0.5, 1.0], taking=["clarithromycin"], band=Band(people=50))
    assert any("clarithromycin" in note and "assembled" in note for note in answer.notes)
    plain = simulate(regimen, ADULT, [0.5, 1.0], band=Band(people=50))
    assert (answer.series[0].band[0.5] > plain.series[0].band[0.5]).all()
    assert answer.named("dissociation").typical[1] > plain.named("dissociation").typical[1]
    many = simulate(regimen, ADULT, [1.0], taking=["clarithromycin", "ticlopidine"]).notes
    assert any("nobody measured" in note for note in many)
    assert (answer.model.kind, plain.model.kind) == ("assembled", "published")
    assert "(assembled, venous)" in answer.svg()
    assert "first pass changed for clarithromycin" in answer.svg()


def test_an_unknown_medicine_is_refused_with_the_list() -> None:
    with pytest.raises(BadInput, match="rifampicin") as refusal:
        area("ketamine", "iv", "rifampicin", "aspirin")
    assert (refusal.value.code, refusal.value.path) == ("unknown_interaction", "taking[1]")


@pytest.mark.parametrize(
    ("drug", "route"), [("ketamine", "nasal"), ("ketamine", "sublingual"), ("esketamine", "buccal_film")]
)
def test_a_route_whose_first_pass_is_not_told_apart_is_refused(drug: str, route: str) -> None:
    with pytest.raises(ModelError, match="rifampicin") as refusal:
        area(drug, route, "rifampicin")
    assert (refusal.value.code, refusal.value.path) == ("interaction_not_covered", "taking")


@pytest.mark.parametrize("name", shipped_models())
def test_every_model_either_takes_an_interaction_or_refuses_it_by_name(name: str) -> None:
    model = load_model(name)
    for route in model.card.routes:
        regimen = Regimen((Dose(model.card.drugs[0], route, 28, 0),))
        if model.first_pass is not None and route in model.first_pass.routes:
            values = interacting(model, regimen, interactions()).values(ADULT, {})
            assert all(float(value) >= 0 for value in values.values())
        else:
            with pytest.raises(ModelError):
                interacting(model, regimen, interactions_named(["rifampicin"]))


def test_no_more_of_a_dose_arrives_than_was_given() -> None:
    regimen = Regimen((Dose("ketamine", "oral", 28, 0),))
    every = ["clarithromycin", "grapefruit_juice", "ticlopidine"]
    share = simulate(regimen, ADULT, [1.0], taking=every).summary[0].bioavailability
    assert share is not None
    assert 0.4 < share < 1


def test_the_shell_and_the_comparison_take_the_same_names() -> None:
    asked: dict[str, Any] = {
        "person": {"age_y": 45, "weight_kg": 70},
        "doses": [{"drug": "esketamine", "route": "oral", "amount_mg": 28, "start_h": 0}],
        "at_h": [1, 2],
        "taking": ["rifampicin"],
    }
    told = simulation_of(json.loads(json.dumps(asked))).as_json()
    assert any("rifampicin" in note for note in told["notes"])
    with pytest.raises(BadInput) as refusal:
        simulation_of({**asked, "taking": "rifampicin"})
    assert refusal.value.path == "taking"
    infusion = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=2 / 3),))
    both = compare(infusion, ADULT, [1.0], models=["kamp_2020", "clements_1981"], taking=["rifampicin"])
    assert all("rifampicin" in one.notes[0] for one in both.simulations)
