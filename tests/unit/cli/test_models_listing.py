"""`euthymia models`: effects are listed too, what does not exist is said, and no part of a question is dropped."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from euthymia.cli.main import main
from euthymia.pharmacology import shipped_effects


def run(*options: str) -> Result:
    return CliRunner().invoke(main, ["models", *options])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--drug", "arketamine", "--route", "oral"), "No model of arketamine by the route oral.\n"),
        (("--id", "kamp_2020", "--drug", "arketamine"), "No model of arketamine with the id kamp_2020.\n"),
        (("--id", "kamp_2020", "--route", "nasal"), "No model by the route nasal with the id kamp_2020.\n"),
    ],
)
def test_where_there_is_none_it_says_so(options: tuple[str, ...], said: str) -> None:
    result = run(*options)
    assert (result.exit_code, result.stdout) == (0, said)
    assert json.loads(run(*options, "--json").stdout) == []


@pytest.mark.parametrize(
    ("options", "code", "path"),
    [
        (("--id", ""), "unknown_model", "--id"),
        (("--id", "tea"), "unknown_model", "--id"),
        (("--effect", ""), "unknown_effect", "--effect"),
        (("--effect", "tea"), "unknown_effect", "--effect"),
        (("--id", "kamp_2020", "--effect", "nausea"), "both_given", "--effect"),
        (("--drug", "ketamine", "--effect", "nausea"), "both_given", "--effect"),
    ],
)
def test_what_cannot_be_meant_is_refused(options: tuple[str, ...], code: str, path: str) -> None:
    result = run(*options)
    assert result.exit_code == 2, result.output
    refusal = json.loads(result.stderr)
    assert (refusal["error"], refusal["path"]) == (code, path)


def test_the_list_names_the_effects_unless_models_are_chosen() -> None:
    said = run().stdout.splitlines()
    assert [name for name in shipped_effects() if not any(line.startswith(f"{name} ") for line in said)] == []
    assert max(map(len, said)) <= 88
    assert "nausea" not in run("--drug", "ketamine").stdout


def test_an_effect_is_one_card() -> None:
    assert json.loads(run("--effect", "nausea", "--json").stdout)["id"] == "nausea"
