"""`euthymia fit`: its answer, what it says to a person, and every refusal with its path."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from euthymia.cli.main import main

DOSE = {"drug": "esketamine", "route": "iv", "amount_mg": 28, "start_h": 0, "duration_h": 0.667}
REQUEST: dict[str, Any] = {
    "model": "fanta_otto_2021",
    "person": {"age_y": 40, "sex": "female", "weight_kg": 65},
    "doses": [DOSE],
    "observations": [
        {"kind": "level", "at_h": 0.7, "ng_per_ml": 140},
        {"kind": "level", "between_h": [2.5, 3.5], "ng_per_ml": 48},
        {"kind": "systolic", "at_h": 0.7, "mmhg": 146, "baseline_mmhg": 122},
        {"kind": "cadss6", "at_h": 0.7, "total": 9},
        {"kind": "moaas", "at_h": 0.7, "score": 4},
    ],
    "next": {"doses": [{**DOSE, "start_h": 72}], "at_h": [72, 72.5, 73, 74]},
    "band": {"people": 60},
}


def run(request: Any, *options: str) -> Result:
    return CliRunner().invoke(main, ["fit", "-", *options], input=json.dumps(request))


def changed(path: str, value: Any) -> dict[str, Any]:
    """The request with one value changed; `...` leaves it out."""
    copy: Any = json.loads(json.dumps(REQUEST))
    *steps, last = re.findall(r"[a-z_0-9]+(?=\[|\.|$)|\d+(?=\])", path)
    place = copy
    for step in steps:
        place = place[int(step) if step.isdigit() else step]
    key = int(last) if last.isdigit() else last
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return dict(copy)


def test_a_point_estimate_has_the_shape_of_the_contract() -> None:
    result = run(REQUEST, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    assert (answer["method"], answer["settled"], answer["advised"], answer["why"]) == ("point", True, True, None)
    first = answer["parameters"][0]
    assert (first["name"], first["unit"]) == ("central_volume", "L")
    assert first["low"] < first["most_probable"] < first["high"]
    names = [row["name"] for row in answer["parameters"]]
    assert {"blood_pressure.systolic_slope", "sedation.slope", "baseline.systolic"} <= set(names)
    assert answer["next"]["this_person"]["at_h"] == [72, 72.5, 73, 74]
    assert answer["observations"][1]["said"] == "48 ng/mL between 2.5 and 3.5 h"
    assert all(abs(one["off_sd"]) < 3 for one in answer["observations"])


def test_a_posterior_says_how_far_it_may_be_trusted() -> None:
    answer = json.loads(run(REQUEST | {"method": "posterior", "draws": 1000, "seed": 3}, "--json").output)
    assert answer["method"] == "importance_sampling"
    assert answer["pareto_k"] < 0.7
    assert 100 < answer["effective_size"] < 1000
    assert answer["r_hat"] is None


def test_nothing_is_advised_where_the_prior_still_talks() -> None:
    request = REQUEST | {"observations": [{"kind": "moaas", "at_h": 6, "score": 5}]}
    answer = json.loads(run(request, "--json").output)
    assert answer["advised"] is False
    assert "prior is still doing the talking" in answer["why"]
    assert answer["next"]["advised"] is False
    assert "this_person" not in answer["next"]
    assert "Nothing is advised." in run(request).output


def test_models_are_weighed_against_each_other() -> None:
    request = {**REQUEST, "models": ["fanta_otto_2021", "kamp_2020"], "assay": {"log_sd": 0.236}, "draws": 1000}
    del request["model"]
    refusal = json.loads(run(request, "--json").stderr)
    assert (refusal["error"], refusal["path"]) == ("mixed_sites", "models")
    answer = json.loads(run(request | {"sites_may_differ": True}, "--json").output)
    assert sum(answer["models"]["shares"].values()) == pytest.approx(1, abs=1e-5)
    assert answer["models"]["together"]["series"][0]["name"] == "esketamine"
    assert "How far each model foresaw this" in run(request | {"sites_may_differ": True}).output


def test_a_person_sees_bars_numbers_and_the_next_session() -> None:
    text = run(REQUEST).output
    assert "━" in text
    assert "●" in text
    assert "clearance" in text
    assert "The next session: the band of esketamine is" in text
    assert "anybody like them" in text
    without = {name: value for name, value in REQUEST.items() if name != "next"}
    assert "next session" not in run(without).output
    assert max(map(len, text.splitlines())) <= 100


def test_the_model_may_be_left_out() -> None:
    answer = json.loads(run(changed("model", ...), "--json").output)
    assert answer["model"]["id"] == "fanta_otto_2021"


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("observations", [], "empty", "observations"),
        ("observations", "none", "not_a_list", "observations"),
        ("observations", [{"kind": "level", "at_h": 1, "ng_per_ml": 9}] * 20_000, "too_many", "observations"),
        ("observations[0].kind", "mood", "unknown_kind", "observations[0].kind"),
        ("observations[0].ng_per_ml", -4, "not_positive", "observations[0].ng_per_ml"),
        ("observations[0].ng_per_ml", 140_000, "implausible_level", "observations[0].ng_per_ml"),
        ("observations[0].ng_per_ml", "140", "not_a_number", "observations[0].ng_per_ml"),
        ("observations[0].ng_per_ml", ..., "missing", "observations[0].ng_per_ml"),
        ("observations[0].analyte", "norfluoxetine", "unknown_analyte", "observations[0].analyte"),
        ("observations[0].mmhg", 3, "unknown_field", "observations[0].mmhg"),
        ("observations[0].at_h", -1, "too_early", "observations[0].at_h"),
        ("observations[0].at_h", ..., "no_time", "observations[0].at_h"),
        ("observations[1].between_h", [3, 2], "not_an_interval", "observations[1].between_h"),
        ("observations[1].between_h", 3, "not_an_interval", "observations[1].between_h"),
        ("observations[2].mmhg", 1460, "out_of_range", "observations[2].mmhg"),
        ("observations[2].mmhg", ..., "missing", "observations[2].mmhg"),
        ("observations[2].baseline_mmhg", ..., "missing", "observations[2].baseline_mmhg"),
        ("observations[3].total", 30, "out_of_range", "observations[3].total"),
        ("observations[4].baseline_score", 5, "unknown_field", "observations[4].baseline_score"),
        ("next.doses[0].start_h", 0.1, "not_after", "next.doses[0].start_h"),
        ("next.at_h", 3, "not_a_list", "next.at_h"),
        ("method", "guess", "unknown_method", "method"),
        ("seed", -1, "out_of_range", "seed"),
        ("models", ["kamp_2020"], "both_given", "models"),
        ("model", "tea_1999", "unknown_model", "model"),
        ("model", 7, "not_text", "model"),
        ("assay", {"log_sd": 0}, "out_of_range", "assay.log_sd"),
        ("person.age_y", 3, "person_not_covered", "person.age_y"),
        ("mood", 7, "unknown_field", "mood"),
    ],
)
def test_every_refusal_says_where(path: str, value: Any, code: str, where: str) -> None:
    result = run(changed(path, value))
    assert result.exit_code == 2, result.output
    refusal = json.loads(result.stderr)
    assert (refusal["error"], refusal["path"]) == (code, where)


def test_the_example_of_the_page_on_learning_one_person_runs(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (repository / "docs/explanation/individual-estimation.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    exec(code, {})
    said = capsys.readouterr().out
    assert "importance_sampling" in said
    assert "clearance" in said
    assert "True" in said
