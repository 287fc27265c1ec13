"""A model file that is wrong is refused with the path to the field, at once, and never makes a not-a-number."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from euthymia.errors import ModelError, SolverFailed
from euthymia.pharmacology import Dose, Person, Regimen, load_model, model_from, simulate
from euthymia.pharmacology.compounds.load import read_data


def minimal() -> dict[str, Any]:
    """The smallest model there can be."""
    words = ["id", "title", "matrix_note", "citation", "provenance", "fitted_on", "valid_for"]
    return {
        "card": dict.fromkeys(words, "x")
        | {"kind": "published", "matrix": "venous", "drugs": ["ketamine"], "routes": ["iv"], "youngest_y": 18},
        "parameter": [{"name": "volume", "value": 100, "unit": "L"}, {"name": "clearance", "value": 80, "unit": "L/h"}],
        "state": [{"name": "central"}],
        "flow": [{"from": "central", "rate_per_h": "clearance / volume"}],
        "input": [{"route": "iv", "state": "central", "fraction": 1}],
        "output": [{"analyte": "{drug}", "state": "central", "volume_l": "volume", "parent": True}],
    }


def refused(change: Callable[[dict[str, Any]], Any]) -> tuple[str, str]:
    data = copy.deepcopy(minimal())
    change(data)
    with pytest.raises(ModelError) as refusal:
        model_from(data)
    assert refusal.value.message
    return refusal.value.code, refusal.value.path


def test_the_smallest_model_is_a_model() -> None:
    assert model_from(minimal()).states == ("central",)


NAN, INFINITE = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("table", "place", "fields", "code", "path"),
    [
        ("parameter", 1, {"unit": None}, "missing_field", "parameter[1].unit"),
        ("parameter", 1, {"value": None}, "missing_field", "parameter[1].value"),
        ("parameter", 1, {"value": None, "typical": "2 * value"}, "missing_field", "parameter[1].value"),
        ("parameter", 0, {"name": None}, "missing_field", "parameter[0].name"),
        ("parameter", 0, {"vale": 3}, "unknown_field", "parameter[0].vale"),
        ("parameter", 1, {"value": "many"}, "not_a_number", "parameter[1].value"),
        ("parameter", 1, {"value": NAN}, "not_a_number", "parameter[1].value"),
        ("parameter", 1, {"value": INFINITE}, "not_a_number", "parameter[1].value"),
        ("parameter", 1, {"value": True}, "not_a_number", "parameter[1].value"),
        ("parameter", 1, {"unit": ""}, "not_text", "parameter[1].unit"),
        ("parameter", 1, {"provenance": "from memory"}, "no_source", "parameter[1].provenance"),
        ("parameter", 1, {"cv": 0.2, "spread_provenance": "memory"}, "no_source", "parameter[1].spread_provenance"),
        ("parameter", 1, {"value": 10**400}, "not_a_number", "parameter[1].value"),
        ("input", 0, {"fraction": 5}, "out_of_range", "input[0].fraction"),
        ("flow", 0, {"rate_per_h": "0 * clearance"}, "never_empties", "flow"),
        ("parameter", 1, {"variance": -0.1}, "out_of_range", "parameter[1].variance"),
        ("parameter", 1, {"cv": NAN}, "not_a_number", "parameter[1].cv"),
        ("parameter", 1, {"cv": 0.2, "variance": 0.1}, "duplicate", "parameter[1].variance"),
        ("parameter", 1, {"logit_sd": 0.2}, "out_of_range", "parameter[1].value"),
        ("parameter", 1, {"name": "volume"}, "duplicate", "parameter[1].name"),
        ("parameter", 1, {"name": "weight_kg"}, "duplicate", "parameter[1].name"),
        ("parameter", 1, {"name": "max"}, "duplicate", "parameter[1].name"),
        ("parameter", 1, {"typical": "value * height"}, "unknown_name", "parameter[1].typical"),
        ("parameter", 1, {"typical": "value / 0"}, "not_a_number", "parameter[1].typical"),
        ("parameter", 1, {"typical": "log(-value)"}, "not_a_number", "parameter[1].typical"),
        ("parameter", 1, {"typical": "9 ** 9 ** 9 ** 9"}, "bad_formula", "parameter[1].typical"),
        ("parameter", 1, {"typical": "1" * 400}, "bad_formula", "parameter[1].typical"),
        ("parameter", 1, {"typical": "value + " * 200 + "1"}, "bad_formula", "parameter[1].typical"),
        ("parameter", 1, {"typical": "(" * 240 + "1" + ")" * 240}, "bad_formula", "parameter[1].typical"),
        ("parameter", 1, {"typical": "1 / 0"}, "bad_formula", "parameter[1].typical"),
        ("parameter", 1, {"typical": "max(value)"}, "bad_formula", "parameter[1].typical"),
        ("parameter", 0, {"typical": "clearance"}, "unknown_name", "parameter[0].typical"),
        ("state", 0, {"name": 3}, "not_text", "state[0].name"),
        ("flow", 0, {"from": "nowhere"}, "unknown_name", "flow[0].from"),
        ("flow", 0, {"to": "nowhere"}, "unknown_name", "flow[0].to"),
        ("flow", 0, {"rate_per_h": "clearence / volume"}, "unknown_name", "flow[0].rate_per_h"),
        ("flow", 0, {"rate_per_h": "1 +"}, "bad_formula", "flow[0].rate_per_h"),
        ("flow", 0, {"rate_per_h": "volume.__class__"}, "bad_formula", "flow[0].rate_per_h"),
        ("flow", 0, {"rate_per_h": None}, "missing_field", "flow[0].rate_per_h"),
        ("flow", 0, {"rate_per_h": "-clearance / volume"}, "negative_rate", "flow[0].rate_per_h"),
        ("flow", 0, {"rate_per_h": "1 - age_y / 90"}, "negative_rate", "flow[0].rate_per_h"),
        ("flow", 0, {"rate_per_h": "weight_kg - 50"}, "negative_rate", "flow[0].rate_per_h"),
        ("flow", 0, {"fraction": -1}, "out_of_range", "flow[0].fraction"),
        ("input", 0, {"route": "tea"}, "unknown_word", "input[0].route"),
        ("input", 0, {"state": "nowhere"}, "unknown_name", "input[0].state"),
        ("input", 0, {"fraction": NAN}, "not_a_number", "input[0].fraction"),
        ("input", 0, {"fraction": "devices"}, "unknown_name", "input[0].fraction"),
        ("output", 0, {"volume_l": "0 * volume"}, "out_of_range", "output[0].volume_l"),
        ("output", 0, {"parent": None}, "missing_field", "output"),
        ("output", 0, {"parent": "yes"}, "not_a_truth", "output[0].parent"),
        ("output", 0, {"sum_of": ["central"]}, "unknown_field", "output[0].state"),
    ],
)
def test_a_wrong_field_is_named(table: str, place: int, fields: dict[str, Any], code: str, path: str) -> None:
    def change(data: dict[str, Any]) -> None:
        row = data[table][place]
        row.update(fields)
        for name in [name for name, value in fields.items() if value is None]:
            row.pop(name, None)

    assert refused(change) == (code, f"model.{path}")


@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"kind": "invented"}, "unknown_word", "card.kind"),
        ({"matrix": "hair"}, "unknown_word", "card.matrix"),
        ({"drugs": []}, "not_a_list", "card.drugs"),
        ({"drugs": ["aspirin"]}, "unknown_word", "card.drugs[0]"),
        ({"youngest_y": -1}, "out_of_range", "card.youngest_y"),
        ({"fitted_age_y": [80, 18]}, "out_of_range", "card.fitted_age_y"),
        ({"fitted_age_y": [18]}, "not_a_pair", "card.fitted_age_y"),
        ({"assumptions": "none"}, "not_a_list", "card.assumptions"),
        ({"colour": "red"}, "unknown_field", "card.colour"),
        ({"routes": ["iv", "im"]}, "missing_field", "card.routes[1]"),
        ({"oldest_y": 5}, "out_of_range", "card.oldest_y"),
        ({"youngest_y": 10**400}, "not_a_number", "card.youngest_y"),
        ({"provenance": "memory"}, "no_source", "card.provenance"),
    ],
)
def test_a_wrong_card_is_named(fields: dict[str, Any], code: str, path: str) -> None:
    assert refused(lambda data: data["card"].update(fields)) == (code, f"model.{path}")


@pytest.mark.parametrize(
    ("more", "code", "path"),
    [
        (
            {"define": [{"name": "a", "as": "b"}, {"name": "b", "as": "c"}, {"name": "c", "as": "a"}]},
            "cycle",
            "define[0].as",
        ),
        ({"define": [{"name": "a", "as": "a + 1"}]}, "cycle", "define[0].as"),
        ({"define": [{"name": "a", "as": "b"}, {"name": "b", "as": "1"}]}, "unknown_name", "define[0].as"),
        ({"define": [{"name": "a", "as": "1"}, {"name": "a", "as": "2"}]}, "duplicate", "define[1].name"),
        ({"state": [{"name": "central"}, {"name": "central"}]}, "duplicate", "state[1].name"),
        ({"state": "central"}, "not_a_list", "state"),
        ({"state": ["central"]}, "not_a_table", "state[0]"),
        ({"state": [{"name": f"s{n}"} for n in range(500)]}, "too_many", "state"),
        ({"colour": "red"}, "unknown_field", "colour"),
        ({"disposition": "nowhere"}, "unknown_name", "disposition"),
        ({"disposition": 7}, "unknown_name", "disposition"),
        ({"absorption": ["tea"]}, "unknown_name", "absorption[0]"),
        ({"absorption": 7}, "not_a_list", "absorption"),
        ({"first_pass": {"routes": ["iv"], "clearance": "liver"}}, "unknown_name", "first_pass.clearance"),
        ({"first_pass": {"routes": ["iv"], "liver": ["x"]}}, "unknown_name", "first_pass.liver[0]"),
        ({"first_pass": {}}, "missing_field", "first_pass.routes"),
        ({"covariance": [{"of": ["volume", "clearance"], "value": 0.1}]}, "unknown_name", "covariance[0].of[0]"),
        ({"covariance": [{"of": ["volume"], "value": 0.1}]}, "not_a_pair", "covariance[0].of"),
    ],
)
def test_a_wrong_table_is_named(more: dict[str, Any], code: str, path: str) -> None:
    assert refused(lambda data: data.update(more)) == (code, f"model.{path}")


def test_covariances_that_no_people_can_have_are_refused() -> None:
    def change(data: dict[str, Any]) -> None:
        for row in data["parameter"]:
            row["variance"] = 0.1
        data["covariance"] = [{"of": ["volume", "clearance"], "value": 0.2}]

    assert refused(change) == ("out_of_range", "model.covariance")


def test_a_state_with_the_name_of_a_link_is_refused() -> None:
    """It would be taken for the link, and never empty."""

    def change(data: dict[str, Any]) -> None:
        data["state"].append({"name": "way_1"})
        source = [{"state": "central", "rate_per_h": 1}]
        data["chain"] = [{"name": "way", "from": source, "steps": 2, "mean_time_h": 1, "to": "central"}]

    assert refused(change) == ("duplicate", "model.chain[0].name")


def test_a_chain_as_long_as_a_slip_of_the_pen_is_refused_at_once() -> None:
    link = {"state": "central", "rate_per_h": 1}
    chain = {"name": "to", "from": [link], "steps": 10**9, "mean_time_h": 1, "to": "central"}
    assert refused(lambda data: data.update(chain=[chain])) == ("out_of_range", "model.chain[0].steps")
    assert refused(lambda data: data.update(chain=[{**chain, "steps": 2, "from": [{"state": "central"}]}])) == (
        "missing_field",
        "model.chain[0].from[0].rate_per_h",
    )


def test_what_is_no_table_at_all_is_refused() -> None:
    for data in ([], 7, None, {"card": 3}, {}):
        with pytest.raises(ModelError):
            model_from(data)  # type: ignore[arg-type]


def test_a_part_that_was_taken_over_is_pointed_at_where_it_stands() -> None:
    data = dict(read_data("compounds", "assembled_racemic_venous"))
    data["output"] = [{"analyte": "{drug}", "state": "central", "volume_l": "lost_volume", "parent": True}]
    with pytest.raises(ModelError) as refusal:
        model_from(data)
    assert refusal.value.path == "model.output[0].volume_l"
    own = {
        **read_data("compounds", "assembled_racemic_venous"),
        "parameter": [{"name": "k10", "value": -1, "unit": "1/min"}],
    }
    with pytest.raises(ModelError) as refusal:
        model_from(own)
    assert (refusal.value.code, refusal.value.path) == ("negative_rate", "model.disposition.flow[0].rate_per_h")


def test_an_output_may_be_the_sum_of_others() -> None:
    answer = simulate(
        Regimen((Dose("ketamine", "iv", 35, 0, duration_h=2 / 3),)),
        Person(age_y=45, sex="female", weight_kg=70),
        np.linspace(0, 6, 61),
        model="assembled_racemate_enantiomers",
    )
    names = [series.analyte for series in answer.series]
    assert names == ["ketamine", "esketamine", "arketamine", "esnorketamine"]
    parts = answer.named("esketamine").typical + answer.named("arketamine").typical
    assert answer.named("ketamine").typical == pytest.approx(parts, rel=1e-9, abs=1e-9)
    alone = simulate(
        Regimen((Dose("esketamine", "iv", 17.5, 0, duration_h=2 / 3),)),
        Person(age_y=45, sex="female", weight_kg=70),
        np.linspace(0, 6, 61),
        model="fanta_otto_2021",
    )
    assert answer.named("esketamine").typical == pytest.approx(alone.series[0].typical, rel=1e-9, abs=1e-9)
    assert answer.named("esnorketamine").typical == pytest.approx(alone.series[1].typical, rel=1e-9, abs=1e-9)


def test_a_fact_of_a_route_stands_once_and_its_words_come_with_that_route_only() -> None:
    venous, arterial = (load_model(f"assembled_racemic_{kind}") for kind in ("venous", "arterial"))
    ways = [
        {row.name: row.value for row in model.parameters if "_absorption" in row.name} for model in (venous, arterial)
    ]
    assert ways[0] == ways[1]
    assert len(ways[0]) == 5
    whole, part = venous.card, venous.card.for_routes(["sc"])
    assert [note.route for note in whole.by_route] == ["im", "sc", "nasal", "sublingual", "oral"]
    assert any("nobody's numbers" in words for words in part.assumptions)
    assert not any("Into the nose" in words for words in (*part.assumptions, *part.known_failures))
    assert any("Into the nose" in words for words in whole.assumptions)
    answer = simulate(
        Regimen((Dose("ketamine", "nasal", 50, 0),)), Person(age_y=45, sex="female", weight_kg=70), [0.25]
    )
    assert any("4-fold" in words for words in answer.model.assumptions)
    assert not any("Under the skin" in words for words in answer.model.assumptions)
    assert "; nasal: " in answer.model.citation
    assert "; oral: " in whole.citation
    assert "; oral: " not in answer.model.citation


def test_a_formula_without_a_value_in_one_person_is_an_error_and_no_answer() -> None:
    """It passes the people a file is tried on, and has no value at one age."""
    data = minimal()
    data["parameter"][0]["typical"] = "value + 1 / (age_y - 51) ** 2"
    model, person = model_from(data), Person(age_y=51, sex="male", weight_kg=80)
    with np.errstate(divide="ignore"):
        assert model.values(person, {})["volume"] == INFINITE
        with pytest.raises(SolverFailed):
            simulate(Regimen((Dose("ketamine", "iv", 35, 0, duration_h=0.5),)), person, [1.0], model=model)
