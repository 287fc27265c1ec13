"""`euthymia course` at the shell: the documented example runs, and refusals are one JSON object with exit status 2."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from euthymia.cli.main import main

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "cli" / "course.md"
EXAMPLE = re.search(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL).group(1)


def call(*arguments, data):
    text = data if isinstance(data, str) else json.dumps(data)
    return CliRunner().invoke(main, ["course", *arguments], input=text)


def changed(**fields):
    return {**json.loads(EXAMPLE), **fields}


def test_the_documented_example_forecasts():
    answer = json.loads(call("forecast", "-", "--json", data=EXAMPLE).stdout)
    assert answer["at_day"] == [8, 14, 21]
    assert len(answer["quantiles"]["0.5"]) == 3
    assert answer["probability_above"][0] < answer["probability_above"][-1]
    assert answer["next_dose"]["why"] == "before_slipping"
    assert answer["prior"]["status"] == "assembled by us from summary statistics"


def test_the_tables_say_when_the_prior_is_talking():
    for command in ("fit", "forecast"):
        result = call(command, "-", data=EXAMPLE)
        assert result.exit_code == 0
        assert "published average" in result.stdout
        assert "assembled by us" in result.stdout


def test_a_file_is_read_and_the_clock_defaults_to_the_last_day(tmp_path):
    path = tmp_path / "course.json"
    path.write_text(json.dumps(changed(forecast={})), encoding="utf-8")
    answer = json.loads(call("forecast", str(path), "--json", data="").stdout)
    assert answer["at_day"] == [8, 10, 14, 17, 21, 28, 35]
    assert "next_dose" not in answer


def test_no_scores_is_the_prior_and_no_day():
    data = changed(scores=[], forecast={"threshold": 15})
    answer = json.loads(call("forecast", "-", "--json", data=data).stdout)
    assert answer["next_dose"]["at_day"] is None
    assert answer["onset"]["kind"] == "cannot_tell"
    assert "no day" in call("forecast", "-", data=data).stdout


@pytest.mark.parametrize(
    ("why", "data", "code", "path"),
    [
        ("not JSON", "{", "not_json", "FILE"),
        ("a list", "[]", "not_an_object", ""),
        ("no scale", "{}", "not_text", "scale.instrument"),
        ("scores no list", changed(scores={}), "not_a_list", "scores"),
        ("a score no object", changed(scores=[3]), "not_an_object", "scores[0]"),
        ("a score without a day", changed(scores=[{"value": 3}]), "not_a_number", "scores[0].at_day"),
        ("a score of text", changed(scores=[{"at_day": 0, "value": "high"}]), "not_a_number", "scores[0].value"),
        ("a score of yes", changed(scores=[{"at_day": 0, "value": True}]), "not_a_number", "scores[0].value"),
        ("a score off the scale", changed(scores=[{"at_day": 0, "value": 99}]), "score_out_of_range", None),
        ("a dose without weight", changed(weight_kg=None), "not_a_number", "weight_kg"),
        ("an unknown prior", changed(prior="mine"), "unknown_prior", "prior"),
        ("a seed of text", changed(seed="x"), "seed", "seed"),
        ("days of text", changed(forecast={"at_day": ["a"]}), "not_numbers", "forecast.at_day"),
        ("days backwards", changed(forecast={"at_day": [9, 8]}), "forecast_days", "at_days"),
        ("a risk of two", changed(forecast={"threshold": 9, "accepted_risk": 2}), "accepted_risk", None),
    ],
)
def test_refused(why, data, code, path):
    result = call("forecast", "-", data=data)
    assert result.exit_code == 2, why
    refusal = json.loads(result.stderr)
    assert set(refusal) == {"error", "path", "message"}
    assert refusal["error"] == code, why
    assert path is None or refusal["path"] == path


def test_a_file_that_is_not_there():
    result = call("fit", "/no/such/file", data="")
    assert (result.exit_code, json.loads(result.stderr)["error"]) == (2, "unreadable")
