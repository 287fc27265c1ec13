"""A refusal's path is where the request has the fault, not where the engine met it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner

from euthymia.cli.json_input import renamed
from euthymia.cli.main import main
from euthymia.errors import BadInput, RegimenError

PERSON = {"age_y": 45, "weight_kg": 70}
VEIN = {"drug": "ketamine", "route": "iv", "amount_mg": 35, "start_h": 0, "duration_h": 0.6667}
NOSE = {"drug": "esketamine", "route": "nasal", "amount_mg": 56, "start_h": 0, "devices": 2}
MIRROR = {"drug": "arketamine", "route": "iv", "amount_mg": 20, "start_h": 0}
LEVEL = {"kind": "level", "at_h": 0.7, "ng_per_ml": 140}
FIT: dict[str, Any] = {
    "model": "fanta_otto_2021",
    "person": PERSON,
    "doses": [{**VEIN, "drug": "esketamine", "amount_mg": 28}],
    "observations": [LEVEL, {**LEVEL, "at_h": 3, "ng_per_ml": 40}],
}
NEXT: dict[str, Any] = {"doses": [{**VEIN, "drug": "esketamine", "start_h": 72}], "at_h": [72, 73]}


def refused(command: str, request: Any) -> tuple[str, str]:
    result = CliRunner().invoke(main, [command, "-"], input=json.dumps(request))
    assert result.exit_code == 2, result.output
    refusal = json.loads(result.stderr)
    return refusal["error"], refusal["path"]


def regimens(*doses: Any, **more: Any) -> dict[str, Any]:
    second = {"name": "other", "doses": list(doses)}
    return {"person": PERSON, "regimens": [{"name": "vein", "doses": [VEIN]}, second], "at_h": [0, 1], **more}


@pytest.mark.parametrize(
    ("request_", "code", "path"),
    [
        (regimens({**MIRROR, "route": "oral"}), "no_model", "regimens[1].doses[0].route"),
        (regimens({**MIRROR, "route": "oral"}, target="area"), "no_model", "regimens[1].doses[0].route"),
        (regimens(VEIN, {**VEIN, "start_h": 0.3}), "overlapping_infusions", "regimens[1].doses[1].start_h"),
        (regimens(VEIN, {**NOSE, "start_h": 2}), "mixed_drugs", "regimens[1].doses[1].drug"),
        (regimens({**NOSE, "amount_mg": 60}), "devices_mismatch", "regimens[1].doses[0].devices"),
        (regimens({**VEIN, "amount_mg": "35"}), "not_a_number", "regimens[1].doses[0].amount_mg"),
        (regimens(MIRROR, target="effect_site_peak"), "no_effect_site", "regimens[1].doses"),
        (regimens(NOSE, {**NOSE, "start_h": 3}, target="area"), "not_one_dose", "regimens[1].doses"),
    ],
)
def test_of_several_regimens_the_one_with_the_fault_is_named(request_: Any, code: str, path: str) -> None:
    assert refused("compare", request_) == (code, path)


@pytest.mark.parametrize(
    ("first", "code", "path"),
    [
        (MIRROR, "no_effect_site", "regimens[0].doses"),
        ({**MIRROR, "route": "oral"}, "no_model", "regimens[0].doses[0].route"),
    ],
)
def test_so_is_the_one_the_others_are_made_equal_to(first: Any, code: str, path: str) -> None:
    asked = regimens(VEIN, target="effect_site_peak")
    asked["regimens"][0]["doses"] = [first]
    assert refused("compare", asked) == (code, path)


def test_a_target_changes_each_regimen_but_the_first_as_before() -> None:
    """Asked one after the other or all at once, the doses that come out are the engine's."""
    from euthymia.pharmacology import Dose, Person, Regimen, equivalent_doses

    asked = regimens({**VEIN, "route": "im", "duration_h": 0}, target="effect_site_peak", band={"people": 30})
    asked["regimens"].append({"name": "nose", "doses": [NOSE]})
    result = CliRunner().invoke(main, ["compare", "-", "--json"], input=json.dumps(asked))
    answer = json.loads(result.stdout)
    others = {"other": Regimen((Dose("ketamine", "im", 35, 0),)), "nose": Regimen((Dose(**NOSE),))}
    found = equivalent_doses(Regimen((Dose(**VEIN),)), others, Person(45, "unspecified", 70), named="vein")
    assert answer["equivalence"]["reached"] == pytest.approx(dict(found.reached))
    doses = [one["doses"][0]["amount_mg"] for one in answer["regimens"]]
    assert doses == pytest.approx([way.regimen.doses[0].amount_mg for way in found.ways.values()])
    assert all(row["band"] for one in answer["regimens"] for row in one["measures"])


@pytest.mark.parametrize("names", [["nope", "kamp_2020"], ["kamp_2020", "nope"]])
def test_of_several_models_the_unknown_one_is_named(names: list[str]) -> None:
    path = f"models[{names.index('nope')}]"
    assert refused("compare", {"person": PERSON, "doses": [VEIN], "at_h": [0], "models": names}) == (
        "unknown_model",
        path,
    )
    several = {name: value for name, value in FIT.items() if name != "model"}
    assert refused("fit", {**several, "models": names}) == ("unknown_model", path)
    assert refused("fit", {**several, "models": ["kamp_2020", 7]}) == ("not_text", "models[1]")


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"doses": [VEIN | {"start_h": 72}]}, "mixed_drugs", "next.doses[0].drug"),
        ({"doses": [NEXT["doses"][0], MIRROR | {"start_h": 80}]}, "mixed_drugs", "next.doses[1].drug"),
        ({"doses": [NOSE | {"start_h": 72}]}, "route_not_covered", "next.doses[0].route"),
        ({"at_h": [72, "73"]}, "not_a_number", "next.at_h[1]"),
        ({"at_h": [73, 72]}, "unsorted", "next.at_h[1]"),
        ({"at_h": []}, "no_times", "next.at_h"),
    ],
)
def test_what_is_wrong_with_the_next_session_is_told_there(change: Any, code: str, path: str) -> None:
    assert refused("fit", {**FIT, "next": {**NEXT, **change}}) == (code, path)


def test_scatter_that_nobody_published_is_asked_for_where_it_is_given() -> None:
    assert refused("fit", {**FIT, "doses": [VEIN], "model": "clements_1981"}) == ("missing", "assay.log_sd")


def test_a_refusal_with_another_path_is_the_same_refusal() -> None:
    with pytest.raises(RegimenError) as raised, renamed({"doses": "next.doses"}):
        raise RegimenError("mixed_drugs", "doses[1].drug", "One drug.")
    assert raised.value.as_json() == {"error": "mixed_drugs", "path": "next.doses[1].drug", "message": "One drug."}
    assert str(raised.value) == "next.doses[1].drug: One drug."
    for path in ("doses_left", "person.doses", ""):
        with pytest.raises(BadInput) as kept, renamed({"doses": "next.doses"}):
            raise BadInput("code", path, "Words.")
        assert kept.value.path == path
