"""What a simulation answers, which models it takes, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from euthymia.errors import BadInput, ModelError
from euthymia.pharmacology import (
    Band,
    Card,
    Dose,
    Individual,
    Matrix,
    Person,
    Regimen,
    Seen,
    compare,
    default_model,
    load_model,
    observed_within_band,
    shipped_models,
    simulate,
)
from euthymia.pharmacology.defaults import choices

ADULT = Person(age_y=45, sex="female", weight_kg=70, height_cm=168)
INFUSION = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=2 / 3),))
SPRAY = Regimen((Dose("esketamine", "nasal", 84, 0, devices=3),))
TWO_HOURS = np.linspace(0, 2, 25)


def test_the_venous_course_is_shown_and_the_arterial_one_drives_dissociation() -> None:
    answer = simulate(INFUSION, ADULT, TWO_HOURS)
    assert answer.model.id == "clements_1981"
    drivers = {effect.effect: effect.driven_by for effect in answer.effects}
    assert drivers["dissociation"].id == "kamp_2020"
    assert drivers["dissociation"].matrix is not Matrix.VENOUS
    assert drivers["systolic_rise"].matrix is Matrix.VENOUS


def test_a_named_model_drives_the_effect_of_its_own_site() -> None:
    effects = simulate(INFUSION, ADULT, TWO_HOURS, model="domino_1984").effects
    assert effects[0].driven_by.id == "domino_1984"
    assert effects[1].driven_by.id == "clements_1981"


@pytest.mark.parametrize(("drug", "route"), list(choices()))
def test_every_default_covers_its_drug_and_route_and_drivers_come_from_their_side(drug: str, route: str) -> None:
    model = default_model(drug, route)
    assert (drug in model.card.drugs, route in model.card.routes) == (True, True)
    choice = choices()[(drug, route)]
    if choice.arterial and choice.venous:
        assert load_model(choice.arterial).card.matrix is not Matrix.VENOUS
        assert load_model(choice.venous).card.matrix is Matrix.VENOUS


def somebody(card: Card) -> Person:
    """Somebody the model is for."""
    return ADULT if card.oldest_y is None else Person(age_y=8, sex="male", weight_kg=26)


@pytest.mark.parametrize("name", shipped_models())
def test_every_model_simulates_every_drug_and_route_it_names(name: str) -> None:
    card = load_model(name).card
    for drug in card.drugs:
        for route in card.routes:
            regimen = Regimen((Dose(drug, route, 28, 0),))
            answer = simulate(regimen, somebody(card), [0, 0.5, 1, 24], model=name, band=Band(people=40))
            assert answer.series[0].analyte == drug
            for series in (*answer.series, *answer.effects):
                assert np.isfinite(series.typical).all()
                assert (series.typical >= 0).all()
                assert (series.band[0.05] <= series.band[0.95]).all()
            assert all(row.cmax > 0 and row.auc_0_24 > 0 for row in answer.summary)


@pytest.mark.parametrize(
    ("drug", "route", "says"),
    [
        ("ketamine", "buccal_film", "no published model"),
        ("esketamine", "sublingual", "thin film"),
        ("esketamine", "im", "no published model"),
        ("arketamine", "nasal", "no published model"),
    ],
)
def test_a_route_without_a_model_is_refused_with_the_reason(drug: str, route: str, says: str) -> None:
    with pytest.raises(ModelError, match=says) as refusal:
        simulate(Regimen((Dose(drug, route, 28, 0),)), ADULT, [1.0])
    assert (refusal.value.code, refusal.value.path) == ("no_model", "doses[0].route")


def test_a_model_refuses_a_drug_a_route_a_device_and_a_child_it_does_not_cover() -> None:
    def refused(regimen: Regimen, person: Person, model: str) -> tuple[str, str]:
        with pytest.raises(ModelError) as refusal:
            simulate(regimen, person, [1.0], model=model)
        return refusal.value.code, refusal.value.path

    child = Person(age_y=10, sex="male", weight_kg=32)
    assert refused(SPRAY, ADULT, "clements_1981") == ("drug_not_covered", "doses[0].drug")
    assert refused(SPRAY, ADULT, "simons_2022") == ("route_not_covered", "doses[0].route")
    assert refused(INFUSION, child, "kamp_2020") == ("person_not_covered", "person.age_y")
    assert refused(INFUSION, ADULT, "no_such_model") == ("unknown_model", "model")
    assert refused(INFUSION, ADULT, "../secrets") == ("unknown_model", "model")
    wrong = Regimen((Dose("esketamine", "nasal", 84, 0, devices=2),))
    assert refused(wrong, ADULT, "perez_ruixo_2021") == ("devices_mismatch", "doses[0].devices")
    odd = Regimen((Dose("esketamine", "nasal", 40, 0),))
    assert refused(odd, ADULT, "perez_ruixo_2021") == ("devices_mismatch", "doses[0].amount_mg")


@pytest.mark.parametrize("name", shipped_models())
def test_an_adult_model_refuses_a_child_and_a_childrens_model_an_adult(name: str) -> None:
    card = load_model(name).card
    regimen = Regimen((Dose(card.drugs[0], card.routes[0], 28, 0),))
    ages = (3, 17.9) if card.oldest_y is None else (18, 45)
    for age_y in ages:
        with pytest.raises(ModelError) as refusal:
            simulate(regimen, Person(age_y=age_y, sex="male", weight_kg=60), [1.0], model=name)
        assert (refusal.value.code, refusal.value.path) == ("person_not_covered", "person.age_y")


def test_a_childrens_model_is_never_a_default_and_drives_no_effect() -> None:
    used = {name for choice in choices().values() for name in (choice.shown, choice.arterial, choice.venous) if name}
    assert all(load_model(name).card.oldest_y is None for name in used)
    child = Person(age_y=8, sex="female", weight_kg=26)
    assert simulate(INFUSION, child, [1.0], model="herd_2007").effects == ()


def test_a_person_outside_the_fitted_range_is_answered_with_a_note() -> None:
    notes = simulate(SPRAY, Person(age_y=92, sex="male", weight_kg=190), [1.0]).notes
    assert len(notes) == 2
    assert "18 to 86" in notes[0]
    assert simulate(SPRAY, ADULT, [1.0]).notes == ()


def test_a_regimen_of_two_routes_takes_the_model_that_covers_both() -> None:
    both = Regimen.given(Dose("ketamine", "iv", 35, 0, duration_h=2 / 3), Dose("ketamine", "im", 35, 48))
    assert simulate(both, ADULT, [1.0]).model.id == "assembled_racemic_venous"
    every = [Dose("ketamine", route, 20, 12 * n) for n, route in enumerate(("nasal", "im", "sc", "sublingual", "oral"))]
    assert simulate(Regimen(tuple(every)), ADULT, [1.0]).model.id == "assembled_racemic_venous"
    with pytest.raises(ModelError, match="each route on its own"):
        simulate(
            Regimen.given(Dose("esketamine", "nasal", 28, 0), Dose("esketamine", "buccal_film", 50, 48)), ADULT, [1]
        )


@pytest.mark.parametrize(
    ("at_h", "code", "path"),
    [
        ([], "no_times", "at_h"),
        ([0, 2, 1], "unsorted", "at_h[2]"),
        ([0, 1, 1], "unsorted", "at_h[2]"),
        ([0, float("nan")], "not_a_number", "at_h[1]"),
        ([float("inf")], "not_a_number", "at_h[0]"),
        (["0"], "not_a_number", "at_h[0]"),
        ([None], "not_a_number", "at_h[0]"),
        ([True], "not_a_number", "at_h[0]"),
        (np.arange(30_000), "no_times", "at_h"),
    ],
)
def test_times_that_cannot_be_answered_are_refused(at_h: Any, code: str, path: str) -> None:
    with pytest.raises(BadInput) as refusal:
        simulate(INFUSION, ADULT, at_h)
    assert (refusal.value.code, refusal.value.path) == (code, path)


def test_before_the_dose_there_is_nothing_and_at_a_bolus_it_is_all_there() -> None:
    bolus = Regimen((Dose("ketamine", "iv", 25, 1),))
    found = simulate(bolus, ADULT, [-1, 0, 0.999, 1.0], model="kamp_2020").series[0].typical
    assert found.tolist() == [0, 0, 0, pytest.approx(1000)]


def test_the_summary_does_not_depend_on_the_times_asked_for_nor_on_when_the_first_dose_is() -> None:
    early = simulate(SPRAY, ADULT, [1.0]).summary
    late = simulate(SPRAY.later(100), ADULT, [0.0, 500.0]).summary
    for one, other in zip(early, late, strict=True):
        assert (one.cmax, one.tmax_h) == pytest.approx((other.cmax, other.tmax_h))
        assert one.auc_0_24 == pytest.approx(other.auc_0_24)
    assert [row.bioavailability for row in early] == [pytest.approx(0.509, abs=0.001), None]


def test_a_band_repeats_and_does_not_move_the_typical_person() -> None:
    one, other = (simulate(INFUSION, ADULT, TWO_HOURS, band=Band(people=200, seed=3)) for _ in range(2))
    assert one.as_json() == other.as_json()
    assert (one.series[0].typical == simulate(INFUSION, ADULT, TWO_HOURS).series[0].typical).all()
    assert one.series[0].band[0.5] == pytest.approx(one.series[0].typical, rel=0.1, abs=0.5)


def test_devices_of_one_sitting_are_absorbed_as_one_and_later_sittings_start_anew() -> None:
    apart = Regimen(tuple(Dose("esketamine", "nasal", 28, start / 12, devices=1) for start in (0, 1, 2)))
    same_time = Regimen(tuple(Dose("esketamine", "nasal", 28, 0, devices=1) for _ in range(3)))
    together = simulate(SPRAY, ADULT, [1.0]).summary[0]
    assert simulate(apart, ADULT, [1.0]).summary[0].bioavailability == pytest.approx(together.bioavailability)
    assert simulate(same_time, ADULT, [1.0]).summary[0].cmax == pytest.approx(together.cmax)
    days = Regimen(tuple(Dose("esketamine", "nasal", 28, 72 * turn) for turn in range(3)))
    single = simulate(Regimen((Dose("esketamine", "nasal", 28, 0),)), ADULT, [1.0]).summary[0]
    assert simulate(days, ADULT, [1.0]).summary[0].bioavailability == pytest.approx(single.bioavailability)


def test_ancestry_and_age_act_as_published() -> None:
    model = load_model("perez_ruixo_2021")

    def values(age_y: float, ancestry: str) -> dict[str, float]:
        person = Person(age_y, "female", 70, ancestry=ancestry)
        return {name: float(value) for name, value in model.values(person, {}).items()}

    plain, asian, japanese = (values(45, word) for word in ("unspecified", "asian", "asian_japanese"))
    assert asian["liver_elimination"] == pytest.approx(0.36 * 1.11)
    assert asian["metabolite_clearance"] == pytest.approx(0.81 * 38.0)
    assert (asian["nasal_fraction"], japanese["nasal_fraction"]) == pytest.approx((0.54, 0.54 * 1.34))
    assert japanese["liver_elimination"] == asian["liver_elimination"]
    assert plain["liver_flow"] == values(60, "unspecified")["liver_flow"] == 151
    assert values(80, "unspecified")["liver_flow"] == pytest.approx(151 - 20 * 2.19)


def test_weight_scales_the_scaled_models_and_leaves_the_spray_alone() -> None:
    heavy = Person(age_y=45, sex="male", weight_kg=140)
    assert simulate(SPRAY, heavy, [1.0]).summary[0].cmax == simulate(SPRAY, ADULT, [1.0]).summary[0].cmax
    by_weight = Regimen((Dose("ketamine", "iv", 70, 0, duration_h=2 / 3),))
    assert simulate(by_weight, heavy, [1.0], model="clements_1981").summary[0].cmax == pytest.approx(177.3, abs=0.1)


def test_arketamine_has_a_course_and_no_effects() -> None:
    answer = simulate(Regimen((Dose("arketamine", "iv", 35, 0, duration_h=2 / 3),)), ADULT, [1.0])
    assert (answer.series[0].analyte, answer.effects) == ("arketamine", ())


def test_two_models_that_disagree_are_both_shown() -> None:
    both = compare(INFUSION, ADULT, [0, 2 / 3, 230 / 60], models=["kamp_2020", "clements_1981"])
    assert [one.model.id for one in both.simulations] == ["kamp_2020", "clements_1981"]
    assert both.fold == pytest.approx([1, 253.1 / 177.3, 35.9 / 26.7], rel=0.005)
    bolus = Regimen((Dose("ketamine", "iv", 35, 0),))
    assert compare(bolus, ADULT, [0.0], models=["kamp_2020", "clements_1981"]).fold[0] > 4
    with pytest.raises(BadInput, match="two different models"):
        compare(INFUSION, ADULT, [1.0], models=["kamp_2020", "kamp_2020"])


def test_an_observation_is_low_within_or_high() -> None:
    answer = simulate(INFUSION, ADULT, TWO_HOURS, band=Band())
    at_h = 0.7
    low, high = (float(np.interp(at_h, TWO_HOURS, answer.series[0].band[level])) for level in (0.05, 0.95))
    seen = [observed_within_band(answer, "ketamine", at_h, value) for value in (low - 1, (low + high) / 2, high + 1)]
    assert seen == [Seen.LOW, Seen.WITHIN, Seen.HIGH]
    assert observed_within_band(answer, "systolic_rise", at_h, 60) is Seen.HIGH


@pytest.mark.parametrize(
    ("name", "at_h", "value", "path"),
    [("nausea", 1, 1, "name"), ("ketamine", 9, 1, "at_h"), ("ketamine", float("nan"), 1, "value")],
)
def test_an_observation_that_cannot_be_compared_is_refused(name: str, at_h: float, value: float, path: str) -> None:
    answer = simulate(INFUSION, ADULT, TWO_HOURS, band=Band(people=20))
    with pytest.raises(BadInput) as refusal:
        observed_within_band(answer, name, at_h, value)
    assert refusal.value.path == path
    with pytest.raises(BadInput, match="band"):
        observed_within_band(simulate(INFUSION, ADULT, TWO_HOURS), "ketamine", 1, 100)


def test_an_individual_has_their_own_course_and_a_narrower_band() -> None:
    slow = Individual(ADULT, "clements_1981", {"central_volume": 0.0, "clearance": -0.4}, ((0.01, 0.0), (0.0, 0.001)))
    theirs, anyone = (simulate(INFUSION, who, [4.0], band=Band()).series[0] for who in (slow, ADULT))
    assert theirs.typical[0] > anyone.typical[0]
    width = [series.band[0.95][0] - series.band[0.05][0] for series in (theirs, anyone)]
    assert width[0] < width[1]
    sure = Individual(ADULT, "clements_1981", {"central_volume": 0.0, "clearance": -0.4})
    exact = simulate(INFUSION, sure, [4.0], band=Band(people=10)).series[0]
    assert exact.band[0.05][0] == pytest.approx(exact.typical[0])


def test_an_individual_is_shown_by_the_model_they_were_learned_with_or_a_note_says_otherwise() -> None:
    known = Individual(ADULT, "kamp_2020", {"central_volume": 0.1, "clearance": -0.4})
    own = simulate(INFUSION, known, [4.0])
    assert (own.model.id, own.notes) == ("kamp_2020", ())
    other = simulate(INFUSION, known, [4.0], model="clements_1981")
    assert "learned with kamp_2020" in other.notes[0]
    assert other.series[0].typical[0] > simulate(INFUSION, ADULT, [4.0]).series[0].typical[0]


def test_a_large_band_is_solved_in_blocks_and_a_huge_one_is_refused() -> None:
    at_h = np.linspace(0, 2, 300)
    blocks = simulate(INFUSION, ADULT, at_h, band=Band(people=4000)).series[0].band[0.05]
    assert blocks[::100] == pytest.approx(
        simulate(INFUSION, ADULT, at_h[::100], band=Band(people=4000)).series[0].band[0.05]
    )
    with pytest.raises(BadInput, match="too much"):
        simulate(INFUSION, ADULT, at_h, band=Band(people=100_000))


def test_the_answer_is_plain_json_in_the_shape_of_the_contract() -> None:
    answer = json.loads(json.dumps(simulate(SPRAY, ADULT, [0, 1, 8], band=Band(people=50)).as_json(), allow_nan=False))
    assert set(answer["model"]) == {"id", "kind", "matrix", "citation", "doi"}
    assert answer["at_h"] == [0, 1, 8]
    assert [series["analyte"] for series in answer["series"]] == ["esketamine", "esnorketamine"]
    assert set(answer["series"][0]) == {"analyte", "unit", "typical", "band"}
    assert set(answer["series"][0]["band"]) == {"0.05", "0.5", "0.95"}
    assert set(answer["summary"][0]) == {"analyte", "cmax", "tmax_h", "auc_0_24", "bioavailability"}
    assert {"effect", "unit", "typical", "band"} <= set(answer["effects"][0])


def test_a_curve_is_drawn_with_its_band_and_its_dose() -> None:
    answer = simulate(INFUSION, ADULT, TWO_HOURS, band=Band(people=50, quantiles=(0.05, 0.25, 0.5, 0.75, 0.95)))
    assert [band.name for band in answer.chart().series[0].bands] == ["90 % of people", "50 % of people"]
    assert answer.chart().marks[0].label == "ketamine 35 mg iv over 40 min"
    assert answer.svg().startswith("<svg")
    assert "mmHg" in answer.svg("systolic_rise", "diastolic_rise")
    assert answer.chart("dissociation").y.unit == ""
    with pytest.raises(BadInput, match="one unit"):
        answer.chart("ketamine", "dissociation")
