"""What a command is given to read: text that is no text, JSON that says two things, numbers that are none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from euthymia.cli.main import main

DOSE = {"drug": "ketamine", "route": "iv", "amount_mg": 35, "start_h": 0, "duration_h": 0.6667}
REQUEST = {"person": {"age_y": 45, "weight_kg": 70}, "doses": [DOSE], "at_h": [0, 1]}
FIT: dict[str, Any] = {
    "model": "fanta_otto_2021",
    "person": {"age_y": 40, "weight_kg": 65},
    "doses": [{**DOSE, "drug": "esketamine"}],
    "observations": [
        {"kind": "level", "at_h": 0.7, "ng_per_ml": 140},
        {"kind": "systolic", "at_h": 0.7, "mmhg": 146, "baseline_mmhg": 122},
        {"kind": "pulse", "at_h": 0.7, "per_min": 78, "baseline_per_min": 70},
        {"kind": "cadss6", "at_h": 0.7, "total": 9},
        {"kind": "moaas", "at_h": 0.7, "score": 4},
    ],
}
COURSE: dict[str, Any] = {
    "scale": {"instrument": "phq9", "minimum": 0, "maximum": 27},
    "scores": [{"at_day": 0, "value": 19}],
    "doses": [{"at_day": 0, "relative_dose": 1}],
}
COHORT: dict[str, Any] = {
    "secret": "00112233445566778899aabbccddeeff",
    "people": [
        {
            "key": "person 1",
            "birth_year": 1981,
            "sex": "female",
            "scores": [{"on": "2026-01-05", "instrument": "phq9", "total": 19}],
            "doses": [],
        }
    ],
}
TOO_LARGE = 10**400
MARK = b"\xef\xbb\xbf"


def run(command: str, request: Any, *options: str) -> Result:
    text = request if isinstance(request, (str, bytes)) else json.dumps(request)
    return CliRunner().invoke(main, [*command.split(), "-", "--json", *options], input=text)


def refused(result: Result) -> tuple[str, str]:
    assert result.exit_code == 2, result.output
    refusal = json.loads(result.stderr)
    return refusal["error"], refusal["path"]


def changed(request: Any, path: str, value: Any) -> Any:
    """A copy with one value changed, such as `observations.0.mmhg`."""
    copy = json.loads(json.dumps(request))
    place = copy
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    for step in steps:
        place = place[step]
    place[last] = value
    return copy


@pytest.mark.parametrize(
    ("command", "request_", "path", "where"),
    [
        ("fit", FIT, "observations.0.ng_per_ml", "observations[0].ng_per_ml"),
        ("fit", FIT, "observations.1.at_h", "observations[1].at_h"),
        ("fit", FIT, "assay", "assay.log_sd"),
        ("course fit", COURSE, "scores.0.value", "scores[0].value"),
        ("course fit", COURSE, "scale.maximum", "scale.maximum"),
        ("resistance", {}, "duration_months", "duration_months"),
        ("simulate", REQUEST, "doses.0.amount_mg", "doses[0].amount_mg"),
        ("simulate", REQUEST, "person.age_y", "person.age_y"),
        ("cohort", COHORT, "people.0.scores.0.total", "people[0].scores[0].total"),
    ],
)
def test_a_number_too_large_to_be_worked_with_is_no_number(command: str, request_: Any, path: str, where: str) -> None:
    value = {"log_sd": TOO_LARGE} if path == "assay" else TOO_LARGE
    assert refused(run(command, changed(request_, path, value))) == ("not_a_number", where)


def test_a_fact_too_large_to_be_worked_with_is_refused() -> None:
    asked = {"protocol": "esketamine_nasal_trd", "facts": {"age_y": TOO_LARGE}}
    assert refused(run("eligibility", asked))[1] == "facts.age_y"


def test_half_a_character_is_refused() -> None:
    assert refused(run("eligibility", '{"protocol": "x", "medications": ["\\ud800"]}')) == ("not_json", "FILE")
    assert run("eligibility", '{"protocol": "esketamine_nasal_trd", "medications": ["\\ud83d\\ude00"]}').exit_code == 0


@pytest.mark.parametrize(("field", "value", "code"), [("key", 7, "not_text"), ("birth_year", "1981", "not_a_number")])
def test_a_person_of_a_cohort_has_a_name_and_a_year(field: str, value: Any, code: str) -> None:
    asked = changed(COHORT, f"people.0.{field}", value)
    assert refused(run("cohort", asked)) == (code, f"people[0].{field}")


def test_days_too_large_to_be_worked_with_are_no_numbers() -> None:
    asked = {**COURSE, "forecast": {"at_day": [TOO_LARGE]}}
    assert refused(run("course forecast", asked)) == ("not_numbers", "forecast.at_day")


@pytest.mark.parametrize("command", ["simulate", "fit", "compare", "course fit", "resistance", "cohort", "score phq9"])
def test_a_number_of_thousands_of_digits_is_refused(command: str) -> None:
    assert refused(run(command, '{"at_h": ' + "9" * 5000 + "}")) == ("not_json", "FILE")


@pytest.mark.parametrize("command", ["simulate", "fit", "compare", "course fit", "resistance", "cohort", "score phq9"])
def test_a_field_given_twice_is_refused(command: str) -> None:
    assert refused(run(command, '{"person": 1, "doses": [{"amount_mg": 35, "amount_mg": 350}]}')) == (
        "duplicate_field",
        "amount_mg",
    )


def test_a_signature_with_a_field_given_twice_is_refused(tmp_path: Path) -> None:
    signature = tmp_path / "signature.json"
    signature.write_text('{"name": "A", "name": "B"}')
    asked = ["protocol", "check", "iv_racemic_05", "--signature", str(signature)]
    assert refused(CliRunner().invoke(main, asked)) == ("duplicate_field", "name")


@pytest.mark.parametrize("command", ["simulate", "course fit", "cohort"])
def test_the_mark_some_editors_put_first_is_no_part_of_the_text(command: str, tmp_path: Path) -> None:
    request = {"simulate": REQUEST, "course fit": COURSE, "cohort": COHORT}[command]
    marked = MARK + json.dumps(request).encode()
    file = tmp_path / "request.json"
    file.write_bytes(marked)
    read = CliRunner().invoke(main, [*command.split(), str(file), "--json"])
    assert read.exit_code == 0, read.output
    assert run(command, marked).stdout == read.stdout == run(command, request).stdout


def test_a_protocol_with_that_mark_is_read_too(repository: Path, tmp_path: Path) -> None:
    shipped = repository / "src/euthymia/care/protocols/iv_racemic_05.toml"
    marked = tmp_path / "protocol.toml"
    marked.write_bytes(MARK + shipped.read_bytes())
    read = CliRunner().invoke(main, ["protocol", "check", str(marked)])
    assert read.exit_code == 0, read.output


@pytest.mark.parametrize("content", [b'{"model": "\xe4"}', '{"model": 1}'.encode("utf-16")])
def test_what_is_no_text_is_refused_from_a_file_and_from_standard_input_alike(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_bytes(content)
    assert refused(CliRunner().invoke(main, ["simulate", str(file)])) == ("unreadable", "FILE")
    assert refused(run("simulate", content)) == ("unreadable", "FILE")
    fresh = [sys.executable, "-m", "euthymia", "simulate", "-"]
    # A terminal without a language lets such bytes through in disguise.
    told = subprocess.run(fresh, input=content, capture_output=True, env={"LC_ALL": "C"}, check=False)
    assert (told.returncode, json.loads(told.stderr)["error"]) == (2, "unreadable")


@pytest.mark.parametrize("place", ["1.mmhg", "1.baseline_mmhg", "2.per_min", "3.total", "4.score"])
@pytest.mark.parametrize("value", [None, float("nan"), "9", TOO_LARGE])
def test_nobody_is_told_to_leave_out_what_has_to_be_there(place: str, value: Any) -> None:
    result = run("fit", changed(FIT, f"observations.{place}", value))
    assert refused(result) == ("missing" if value is None else "not_a_number", f"observations[{place[0]}].{place[2:]}")
    assert "leave it out" not in result.stderr


@pytest.mark.parametrize(
    ("path", "value", "code", "where"),
    [
        ("sites_may_differ", "true", "not_yes_no", "sites_may_differ"),
        ("sites_may_differ", 1, "not_yes_no", "sites_may_differ"),
        ("sites_may_differ", [], "not_yes_no", "sites_may_differ"),
        ("observations.0.analyte", 0, "not_text", "observations[0].analyte"),
        ("observations.0.analyte", [], "not_text", "observations[0].analyte"),
        ("observations.0.analyte", {}, "not_text", "observations[0].analyte"),
        ("taking", "rifampicin", "not_a_list", "taking"),
    ],
)
def test_another_kind_of_value_is_not_taken_for_none(path: str, value: Any, code: str, where: str) -> None:
    assert refused(run("fit", changed(FIT, path, value))) == (code, where)


def test_null_is_none_where_something_may_be_left_out() -> None:
    asked = changed(changed(FIT, "sites_may_differ", None), "observations.0.analyte", None)
    assert run("fit", asked).exit_code == 0


def test_text_is_not_read_letter_by_letter_as_a_list() -> None:
    several = {name: value for name, value in FIT.items() if name != "model"} | {"models": "kamp_2020"}
    assert refused(run("fit", several)) == ("not_a_list", "models")
    assert refused(run("compare", {**REQUEST, "models": "kamp_2020"})) == ("not_a_list", "models")
    assert refused(run("compare", {**REQUEST, "models": ["a", "b"], "taking": "tea"})) == ("not_a_list", "taking")
    assert refused(run("simulate", {**REQUEST, "taking": "rifampicin"})) == ("not_a_list", "taking")


@pytest.mark.parametrize("moment", [[1], {}, "1", None, True, TOO_LARGE])
def test_a_time_that_is_none_is_refused_with_its_place(moment: Any) -> None:
    assert refused(run("simulate", {**REQUEST, "at_h": [0, moment]})) == ("not_a_number", "at_h[1]")
