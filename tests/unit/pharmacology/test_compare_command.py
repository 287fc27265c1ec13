"""`euthymia compare`: models of the same doses, regimens in the same people, and every refusal with its path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from euthymia.cli.main import main

PERSON = {"age_y": 45, "weight_kg": 70}
VEIN = {"drug": "ketamine", "route": "iv", "amount_mg": 35, "start_h": 0, "duration_h": 0.6667}
MUSCLE = {"drug": "ketamine", "route": "im", "amount_mg": 35, "start_h": 0}
NOSE = {"drug": "esketamine", "route": "nasal", "amount_mg": 56, "start_h": 0, "devices": 2}
MODELS: dict[str, Any] = {
    "person": PERSON,
    "doses": [VEIN],
    "models": ["clements_1981", "kamp_2020"],
    "at_h": [0, 0.5, 1, 2],
}
REGIMENS: dict[str, Any] = {
    "person": PERSON,
    "regimens": [{"name": "vein", "doses": [VEIN]}, {"name": "muscle", "doses": [MUSCLE]}],
    "at_h": [0, 0.5, 1, 2],
    "band": {"people": 40},
}


def run(request: Any, *options: str) -> Result:
    return CliRunner().invoke(main, ["compare", "-", *options], input=json.dumps(request))


def answered(request: Any) -> dict[str, Any]:
    result = run(request, "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_models_are_laid_side_by_side_with_how_far_they_are_apart() -> None:
    answer = answered(MODELS)
    assert [one["name"] for one in answer["simulations"]] == MODELS["models"]
    assert answer["fold"][0] == 1.0
    one, other = (each["series"][0]["typical"] for each in answer["simulations"])
    assert answer["fold"][1:] == pytest.approx(
        [max(a, b) / min(a, b) for a, b in zip(one[1:], other[1:], strict=True)], rel=1e-5
    )
    assert "regimens" not in answer


@pytest.mark.parametrize("request_", [MODELS, REGIMENS], ids=["models", "regimens"])
def test_sessions_before_count_in_every_number(request_: dict[str, Any]) -> None:
    first, later = answered(request_), answered({**request_, "earlier_sessions": 12})
    for one, other in zip(first["simulations"], later["simulations"], strict=True):
        felt = [
            next(effect["typical"] for effect in each["effects"] if effect["effect"] == "dissociation")
            for each in (one, other)
        ]
        assert max(felt[1]) < 0.8 * max(felt[0])
        assert one["series"] == other["series"]
    for one, other in zip(first.get("regimens", []), later.get("regimens", []), strict=True):
        peaks = [row["typical"] for way in (one, other) for row in way["measures"] if row["name"] == "effect_peak"]
        assert peaks[1] < 0.8 * peaks[0]
    refused = run({**request_, "earlier_sessions": -1})
    assert json.loads(refused.stderr)["path"] == "earlier_sessions"


def test_regimens_are_laid_side_by_side_with_what_each_amounts_to() -> None:
    answer = answered(REGIMENS)
    assert [one["name"] for one in answer["regimens"]] == ["vein", "muscle"]
    measures = {row["name"]: row for row in answer["regimens"][1]["measures"]}
    assert {"bioavailability", "cmax", "tmax_h", "auc_0_24", "effect_site_peak", "effect_peak"} <= set(measures)
    spread = measures["bioavailability"]["band"]
    assert spread["0.05"] < spread["0.5"] < spread["0.95"]
    assert "equivalence" not in answer
    assert answer["regimens"][1]["doses"][0]["amount_mg"] == 35


def test_with_a_target_the_other_doses_are_changed_to_reach_it() -> None:
    answer = answered({**REGIMENS, "target": "effect_site_peak"})
    assert answer["equivalence"]["reached"] == pytest.approx({"vein": 1, "muscle": 1})
    assert answer["regimens"][0]["doses"][0]["amount_mg"] == 35
    peaks = [
        next(row["typical"] for row in one["measures"] if row["name"] == "effect_site_peak")
        for one in answer["regimens"]
    ]
    assert peaks[0] == pytest.approx(peaks[1], rel=1e-5)


def test_what_is_taken_alongside_counts() -> None:
    oral = {"name": "mouth", "doses": [{**MUSCLE, "route": "oral"}]}
    request = {**REGIMENS, "regimens": [REGIMENS["regimens"][0], oral], "target": "area"}
    alone, along = answered(request), answered({**request, "taking": ["rifampicin"]})
    doses = [one["regimens"][1]["doses"][0]["amount_mg"] for one in (alone, along)]
    assert doses[1] > 2 * doses[0]
    assert run({**request, "taking": ["tea"]}).exit_code == 2
    assert run({**request, "taking": "tea"}).exit_code == 2


def test_different_drugs_have_no_ratio() -> None:
    regimens = [REGIMENS["regimens"][0], {"name": "nose", "doses": [NOSE]}]
    assert answered({**REGIMENS, "regimens": regimens})["fold"] is None


@pytest.mark.parametrize("request_", [MODELS, REGIMENS, {**REGIMENS, "target": "area"}])
def test_a_person_gets_plots_a_table_and_where_it_is_from(request_: dict[str, Any], tmp_path: Path) -> None:
    picture = tmp_path / "both.svg"
    result = run(request_, "--plot", str(picture), "--draw", "dissociation")
    assert result.exit_code == 0, result.output
    assert "Dissociation" in result.output
    assert "Clements" in result.output
    assert max(map(len, result.output.splitlines())) <= 100
    assert picture.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("request_", "code", "path"),
    [
        ({**MODELS, "regimens": REGIMENS["regimens"]}, "one_or_the_other", ""),
        ({"person": PERSON, "at_h": [0]}, "one_or_the_other", ""),
        ({**REGIMENS, "doses": [VEIN]}, "one_or_the_other", "doses"),
        ({**MODELS, "models": ["kamp_2020"]}, "not_a_list", "models"),
        ({**MODELS, "models": ["kamp_2020", 7]}, "not_text", "models[1]"),
        ({**MODELS, "models": ["kamp_2020", "kamp_2020"]}, "too_few_models", "models"),
        ({**MODELS, "models": ["kamp_2020", "no_such"]}, "unknown_model", "models[1]"),
        ({**MODELS, "at_h": 3}, "not_a_list", "at_h"),
        ({**MODELS, "target": "area"}, "not_for_models", "target"),
        ({**MODELS, "tea": 1}, "unknown_field", "tea"),
        ({**REGIMENS, "target": 7}, "not_text", "target"),
        ({**REGIMENS, "target": "tea"}, "unknown_target", "target"),
        ({**REGIMENS, "regimens": [REGIMENS["regimens"][0]] * 2}, "not_a_name", "regimens[1].name"),
        ({**REGIMENS, "regimens": [{"name": "a", "doses": []}, 7]}, "no_doses", "regimens[0].doses"),
        (
            {**REGIMENS, "regimens": [{"name": "a", "doses": [{**VEIN, "amount_mg": -1}]}, 7]},
            "out_of_range",
            "regimens[0].doses[0].amount_mg",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_path(request_: Any, code: str, path: str) -> None:
    result = run(request_, "--json")
    assert result.exit_code == 2, result.output
    refusal = json.loads(result.stderr)
    assert (refusal["error"], refusal["path"]) == (code, path)
    assert result.stdout == ""
