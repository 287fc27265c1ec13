"""What an effect is made of, how people differ in it, over which sessions it fades, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from euthymia.cli.models import models
from euthymia.errors import BadInput, Broken, ModelError
from euthymia.pharmacology import Band, Dose, Individual, Person, Regimen, load_model, simulate
from euthymia.pharmacology.compounds.load import read_data
from euthymia.pharmacology.effects import Looked, Site, effect_from, load_effect, shipped_effects
from euthymia.pharmacology.effects.effect import driver_of
from euthymia.pharmacology.effects.people import sample_answers
from euthymia.pharmacology.effects.sessions import session_at, session_spans
from euthymia.pharmacology.named_array import NamedArray
from euthymia.pharmacology.solve import closed_form, integrator

ADULT = Person(age_y=45, sex="female", weight_kg=70, height_cm=168)
INFUSION = Regimen((Dose("ketamine", "iv", 35, 0, duration_h=2 / 3),))
SPRAY = Regimen((Dose("esketamine", "nasal", 84, 0, devices=3),))
TWO_HOURS = np.linspace(0, 2, 25)
EVERY = shipped_effects()


@pytest.mark.parametrize("name", EVERY)
def test_every_number_says_its_unit_and_where_it_is_from(name: str) -> None:
    data = read_data("effects", name)
    assert data["assumptions"]
    for row in data["parameter"]:
        assert row["unit"]
        assert row["provenance"] in {"read", "abstract", "code", "read_secondary", "assumption"}
        if {"log_sd", "logit_sd", "uncertainty_sd"} & set(row):
            assert row["spread_provenance"]
    for row in data.get("output", []):
        assert row["scatter"]["source"]
        assert row["scatter"]["unit"]
    assert all(row["provenance"] for row in data.get("correlation", []))


def test_a_share_that_differs_between_people_stays_a_share() -> None:
    """Tolerance is one: on the log scale somebody would turn dissociation around."""
    found = load_effect("dissociation").values({"dissociation.tolerance": np.array([-3.0, 0.0, 3.0])})["tolerance"]
    odds = found / (1 - found)
    assert ((found > 0) & (found < 1)).all()
    assert np.log(odds / odds[1]) == pytest.approx([-3.0, 0.0, 3.0])


@pytest.mark.parametrize("name", EVERY)
def test_random_effects_carry_the_name_of_their_effect_and_a_covariance_that_can_be_drawn_from(name: str) -> None:
    effect = load_effect(name)
    assert all(each.startswith(f"{name}.") for each in effect.varying)
    assert effect.covariance.shape == (len(effect.varying),) * 2
    np.linalg.cholesky(effect.covariance)
    assert {note.name for note in effect.notes()} >= {each.split(".")[1] for each in effect.varying}


def test_uncertainty_and_differences_between_people_are_told_apart() -> None:
    effect = load_effect("dissociation")
    place = effect.varying.index("dissociation.c50_ng_per_ml")
    assert effect.covariance[place, place] == pytest.approx(0.5**2 + 0.141**2)
    words = next(note.spread for note in effect.notes() if note.name == "c50_ng_per_ml")
    assert words == "SD 0.5 between people and SD 0.14 of uncertainty on the log scale"


def test_systolic_and_diastolic_slopes_go_together() -> None:
    covariance = load_effect("blood_pressure").covariance
    assert covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]) == pytest.approx(0.7)


def test_the_same_course_for_one_person_and_for_many() -> None:
    effect = load_effect("dissociation")
    site = np.array([[0.0, 121.0, 400.0]])
    alone = effect.course(site, effect.values({}))
    assert alone == pytest.approx(np.array([[0.0, 0.5, 400**2 / (400**2 + 121**2)]]))
    moved = {"dissociation.c50_ng_per_ml": np.array([0.0, np.log(2.0)])}
    both = effect.course(np.repeat(site, 2, axis=0), effect.values(moved))
    assert both[0] == pytest.approx(alone[0])
    assert both[1, 1] == pytest.approx(121**2 / (121**2 + 242**2))


def test_a_trace_below_zero_is_no_effect_and_not_a_not_a_number() -> None:
    for name in EVERY:
        effect = load_effect(name)
        for output in effect.outputs:
            course = effect.course(np.array([[-1e-12, 0.0, 1e6]]), effect.values({}), 1, output.name)
            assert np.isfinite(course).all()
            assert course[0, 0] == course[0, 1]


def test_dissociation_fades_over_sessions_and_blood_pressure_does_not() -> None:
    months = SPRAY.repeated(20, every_h=84)
    at_h = np.array([84.0 * turn + 40 / 60 for turn in range(20)])
    answer = simulate(months, ADULT, at_h)
    felt = answer.named("dissociation").typical
    assert (np.diff(felt) < 0).all()
    rise = answer.named("systolic_rise").typical
    assert (rise >= rise[0] - 1e-9).all()
    assert rise[-1] == pytest.approx(rise[0], rel=0.05)


def test_devices_of_one_sitting_are_one_session_and_those_of_the_next_day_another() -> None:
    sitting = Regimen(tuple(Dose("esketamine", "nasal", 28, place / 12, devices=1) for place in range(3)))
    twice = sitting + sitting.later(72)
    assert session_spans(twice) == ((0.0, pytest.approx(1 / 6)), (72.0, pytest.approx(72 + 1 / 6)))
    assert session_at(twice, np.array([-1.0, 0.0, 5.0, 71.9, 72.0, 100.0])).tolist() == [1, 1, 1, 1, 2, 2]
    long = Regimen((Dose("ketamine", "iv", 100, 0, duration_h=40), Dose("ketamine", "iv", 10, 50)))
    assert len(session_spans(long)) == 1


def test_person_k_answers_the_same_whatever_the_batch() -> None:
    effect = load_effect("drug_high")
    many, few = sample_answers(effect, 3, 50), sample_answers(effect, 3, 5, first=20)
    for name in effect.varying:
        assert few[name].tolist() == many[name][20:25].tolist()
    assert sample_answers(effect, 4, 50)[name].tolist() != many[name].tolist()


def test_drawn_people_have_the_spread_the_file_states() -> None:
    effect = load_effect("blood_pressure")
    drawn = sample_answers(effect, 5, 40_000)
    found = np.cov(np.stack([drawn[name] for name in effect.varying]))
    assert found == pytest.approx(effect.covariance, rel=0.03)


def test_the_band_holds_how_people_answer_and_not_only_their_levels() -> None:
    answer = simulate(INFUSION, ADULT, [2 / 3], band=Band(people=2000))
    drug, felt = answer.series[0].band, answer.named("systolic_rise").band
    assert felt[0.95][0] / felt[0.05][0] > 3 * drug[0.95][0] / drug[0.05][0]


def test_an_individual_who_was_learned_answers_with_their_own_effect() -> None:
    names = {"clearance": 0.0, "dissociation.c50_ng_per_ml": 1.0}
    known = Individual(ADULT, "clements_1981", names, ((0.01, 0.0), (0.0, 0.0001)))
    theirs = simulate(INFUSION, known, [2 / 3], band=Band(people=1000))
    anyone = simulate(INFUSION, ADULT, [2 / 3], band=Band(people=1000))
    one, other = theirs.named("dissociation"), anyone.named("dissociation")
    assert one.typical[0] < 0.4 * other.typical[0]
    assert one.band[0.95][0] - one.band[0.05][0] < 0.5 * (other.band[0.95][0] - other.band[0.05][0])
    # What was not learned is drawn as for anyone.
    assert theirs.named("pulse_rise").band[0.95][0] == pytest.approx(anyone.named("pulse_rise").band[0.95][0], rel=0.1)


@pytest.mark.parametrize(("regimen", "drug"), [(INFUSION, "ketamine"), (SPRAY, "esketamine")])
def test_arterial_levels_drive_what_has_a_site_and_venous_ones_what_has_none(regimen: Regimen, drug: str) -> None:
    answer = simulate(regimen, ADULT, TWO_HOURS)
    for effect in answer.effects:
        venous = str(effect.driven_by.matrix) == "venous"
        assert venous == (effect.site == Site.VENOUS_PLASMA), effect.effect
    assert {effect.effect for effect in answer.effects} == {
        "dissociation",
        "systolic_rise",
        "diastolic_rise",
        "pulse_rise",
        "drug_high",
        "sedation",
        "esketamine_effect_site",
    }


def test_each_person_has_a_site_of_their_own_delay() -> None:
    model = load_model("kamp_2020")
    delays = np.array([2.0, 5.0, 30.0])
    many = model.system(INFUSION, model.values(ADULT, {}), 3).with_effect_site(0, share=0.5, ke0_per_h=delays)
    found = closed_form.solve(many, TWO_HOURS)
    stepped = integrator.solve(many, TWO_HOURS)
    assert found == pytest.approx(stepped, rel=1e-6, abs=1e-6)
    for place, delay in enumerate(delays):
        one = model.system(INFUSION, model.values(ADULT, {}), 1).with_effect_site(0, share=0.5, ke0_per_h=delay)
        assert found[place] == pytest.approx(closed_form.solve(one, TWO_HOURS)[0], rel=1e-9, abs=1e-9)


def test_half_of_the_racemate_drives_effects_and_arketamine_none() -> None:
    model = load_model("kamp_2020")
    assert driver_of(model, INFUSION) == (0, 0.5)
    assert driver_of(model, Regimen((Dose("esketamine", "iv", 17.5, 0),))) == (0, 1.0)
    half = simulate(Regimen((Dose("esketamine", "iv", 17.5, 0, duration_h=2 / 3),)), ADULT, TWO_HOURS)
    whole = simulate(INFUSION, ADULT, TWO_HOURS)
    assert half.named("dissociation").typical == pytest.approx(whole.named("dissociation").typical)


def test_chances_of_events_do_not_depend_on_the_times_asked_for() -> None:
    few, many = (simulate(INFUSION, ADULT, at_h, band=Band(people=50)).incidences for at_h in ([24.0], TWO_HOURS))
    assert [one.event for one in few] == ["sedation", "nausea"]
    for one, other in zip(few, many, strict=True):
        assert one.typical == pytest.approx(other.typical, rel=0.01)
        assert one.without_drug < one.typical[0] < 1
        assert one.band[0.05][0] <= one.band[0.95][0]
        assert one.at_least_once == pytest.approx(one.mean[0])


def test_without_a_band_a_chance_is_still_that_of_people_who_differ() -> None:
    alone = simulate(SPRAY, ADULT, [1.0]).incidences[0]
    many = simulate(SPRAY, ADULT, [1.0], band=Band(people=4000)).incidences[0]
    assert alone.mean[0] > 1.5 * alone.typical[0]
    assert alone.mean[0] == pytest.approx(many.mean[0], abs=0.05)
    known = Individual(ADULT, "perez_ruixo_2021", {"sedation.slope": -3.0})
    theirs = simulate(SPRAY, known, [1.0]).incidences[0]
    assert theirs.mean == pytest.approx(theirs.typical)


def test_chances_over_many_sessions_add_up_to_more_people() -> None:
    nausea = simulate(SPRAY.repeated(8, every_h=84), ADULT, [1.0], band=Band(people=500)).incidences[1]
    assert nausea.sessions_h.tolist() == [84.0 * turn for turn in range(8)]
    assert nausea.mean[0] < nausea.at_least_once < 8 * nausea.mean[0]
    years = Regimen(tuple(Dose("ketamine", "im", 35, 72.0 * turn) for turn in range(130)))
    assert simulate(years, ADULT, [1.0]).incidences[0].typical.size == 100


def test_arketamine_has_neither_effects_nor_chances() -> None:
    answer = simulate(Regimen((Dose("arketamine", "iv", 35, 0, duration_h=2 / 3),)), ADULT, [1.0])
    assert (answer.effects, answer.incidences) == ((), ())


def test_people_are_kept_where_asked_for_with_named_axes() -> None:
    answer = simulate(INFUSION, ADULT, TWO_HOURS, band=Band(people=30), keep_people=True)
    assert answer.people is not None
    assert answer.people.axes == ("person", "at_h", "name")
    assert answer.people.values.shape == (30, 25, 8)
    course = answer.people.at(name="systolic_rise")
    assert np.quantile(course.values, 0.95, axis=0) == pytest.approx(answer.named("systolic_rise").band[0.95])
    assert simulate(INFUSION, ADULT, TWO_HOURS, band=Band(people=30)).people is None
    with pytest.raises(BadInput) as refusal:
        simulate(INFUSION, ADULT, TWO_HOURS, keep_people=True)
    assert (refusal.value.code, refusal.value.path) == ("no_band", "keep_people")


def test_an_array_has_names_and_refuses_others() -> None:
    answer = simulate(INFUSION, ADULT, TWO_HOURS, band=Band(people=30))
    found = answer.array("ketamine", "dissociation")
    assert found.axes == ("name", "statistic", "at_h")
    assert found.coords["statistic"] == ("typical", 0.05, 0.5, 0.95)
    assert found.at(name="dissociation", statistic=0.95).values == pytest.approx(
        answer.named("dissociation").band[0.95]
    )
    assert answer.array().values.shape == (8, 4, 25)
    assert isinstance(found.at(at_h=2.0), NamedArray)
    for wrong, path in (({"person": 1}, "person"), ({"name": "nausea"}, "name")):
        with pytest.raises(BadInput) as refusal:
            found.at(**wrong)  # type: ignore[arg-type]
        assert refusal.value.path == path


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_a_long_table_has_one_row_per_number(library: str) -> None:
    pytest.importorskip(library)
    frame: Any = simulate(INFUSION, ADULT, TWO_HOURS, band=Band(people=30)).frame(library)
    assert list(frame.columns) == ["at_h", "name", "unit", "site", "statistic", "value"]
    assert frame.shape == (8 * 4 * 25, 6)
    assert set(frame["statistic"]) == {"typical", "0.05", "0.5", "0.95"}
    assert set(frame["site"]) == {"venous", "venous_plasma", "arterial_effect_site"}


def test_a_table_of_an_unknown_library_is_refused() -> None:
    with pytest.raises(BadInput) as refusal:
        simulate(INFUSION, ADULT, [1.0]).frame("excel")
    assert (refusal.value.code, refusal.value.path) == ("unknown_library", "library")


def test_each_look_has_its_kind_of_scatter() -> None:
    kinds = {
        output.name: (output.scatter.kind, output.scatter.sd / output.scatter.highest_total)
        for name in EVERY
        for output in load_effect(name).outputs
        if output.scatter is not None
    }
    assert kinds["systolic_rise"] == (Looked.CONTINUOUS, 7.2)
    assert kinds["dissociation"] == (Looked.ORDINAL, pytest.approx(3.65 / 24))
    assert kinds["sedation"] == (Looked.BINARY, 0)


def minimal(**changes: Any) -> dict[str, Any]:
    """The smallest effect of one's own."""
    return {
        "id": "calm",
        "title": "Calm",
        "kind": "assembled",
        "site": "venous_plasma",
        "citation": "nobody",
        "provenance": "assumption",
        "fitted_on": "nothing",
        "assumptions": ["all of it"],
        "parameter": [{"name": "slope", "value": 0.1, "unit": "1 per ng/mL", "provenance": "assumption"}],
        "output": [{"name": "calm", "unit": "1", "course": "slope * site"}],
    } | changes


def test_an_effect_of_ones_own_is_one_file() -> None:
    effect = effect_from(minimal())
    assert (effect.unit, effect.varying, effect.covariance.shape) == ("1", (), (0, 0))
    assert effect.course(np.array([[0.0, 10.0]]), effect.values({})).tolist() == [[0.0, 1.0]]
    assert sample_answers(effect, 1, 5) == {}
    with pytest.raises(Broken, match="no output"):
        effect.output("anger")
    with pytest.raises(Broken, match="not an event"):
        effect.chances(np.zeros((1, 1)), effect.values({}))
    with pytest.raises(Broken, match="without delay"):
        effect.ke0_per_h(effect.values({}))


ROW = {"value": 1, "unit": "1", "provenance": "read", "log_sd": 0.1, "spread_provenance": "assumption"}
TWO = [{"name": "slope", **ROW}, {"name": "height", **ROW}]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"output": [{"name": "calm", "unit": "1", "course": "slope * sight"}]}, "sight"),
        ({"output": [{"name": "calm", "course": "slope * site"}]}, "unit"),
        ({"output": [{"name": "calm", "unit": "1", "course": "slope *"}]}, "cannot be used"),
        ({"site": "arterial_effect_site"}, "delay"),
        ({"delay_per_h": "2"}, "delay"),
        ({"site": "brain"}, "brain"),
        ({"parameter": [{"name": "slope", "value": 0.1, "provenance": "assumption"}]}, "unit"),
        ({"parameter": [{"name": "slope", "value": "many", "unit": "1", "provenance": "read"}]}, "many"),
        ({"parameter": [{"name": "slope", "value": float("nan"), "unit": "1", "provenance": "read"}]}, "slope"),
        (
            {"parameter": [{"name": "slope", "value": 1, "unit": "1", "provenance": "read", "log_sd": 0.1}]},
            "spread_provenance",
        ),
        ({"parameter": [{"name": "slope", "value": 1, "unit": "1", "provenance": "memory"}]}, "no source"),
        ({"parameter": [{"name": "slope", **ROW, "spread_provenance": "memory"}]}, "no source"),
        ({"correlation": [{"of": ["slope", "height"], "value": 0.5}]}, "height"),
        ({"parameter": TWO, "correlation": [{"of": ["slope", "height"], "value": 1.0}]}, "between -1 and 1"),
    ],
)
def test_an_effect_file_that_cannot_be_used_is_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ModelError, match=says) as refusal:
        effect_from(minimal(**changes))
    assert (refusal.value.code, refusal.value.path) == ("unreadable_effect", "effect")


def test_an_effect_that_is_not_shipped_is_refused() -> None:
    with pytest.raises(ModelError, match="dissociation, blood_pressure") as refusal:
        load_effect("../secrets")
    assert (refusal.value.code, refusal.value.path) == ("unknown_effect", "effect")


def test_earlier_sessions_count_as_if_they_were_in_the_regimen() -> None:
    both = simulate(SPRAY.repeated(3, every_h=24 * 30), ADULT, [24 * 60 + 0.6]).named("dissociation").typical
    later = simulate(SPRAY, ADULT, [0.6], earlier_sessions=2)
    assert later.named("dissociation").typical == pytest.approx(both, rel=1e-3)
    first = simulate(SPRAY, ADULT, [0.6])
    assert later.named("systolic_rise").typical == pytest.approx(first.named("systolic_rise").typical)
    for wrong in (-1, 1.5, True):
        with pytest.raises(BadInput) as refusal:
            simulate(SPRAY, ADULT, [0.6], earlier_sessions=wrong)  # type: ignore[arg-type]
        assert (refusal.value.code, refusal.value.path) == ("out_of_range", "earlier_sessions")


@pytest.mark.parametrize("name", EVERY)
def test_the_shell_shows_an_effect_in_full(name: str) -> None:
    shell = CliRunner()
    words = shell.invoke(models, ["--effect", name]).output
    effect = load_effect(name)
    assert effect.title in words
    assert words.count("Assumed: ") == len(effect.assumptions)
    card = json.loads(shell.invoke(models, ["--effect", name, "--json"]).output)
    assert [row["name"] for row in card["parameters"]] == [each.name for each in effect.parameters]
    assert len(card["outputs"]) == len(effect.outputs)
