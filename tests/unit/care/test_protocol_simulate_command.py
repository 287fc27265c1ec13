"""`euthymia protocol simulate`: the contract of the shell's door."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.spec.care.bedside import filled

from euthymia.care.protocol_document import to_mapping
from euthymia.cli.main import main

START = ("--start", "2026-03-02T09:00:00Z")


def run(*words: str) -> Result:
    return CliRunner().invoke(main, ["protocol", "simulate", *words])


def test_the_example_of_the_reference_page_runs_and_the_page_names_every_field(repository: Path) -> None:
    page = (repository / "docs/reference/cli/protocol.md").read_text(encoding="utf-8")
    example = next(line for line in page.splitlines() if line.startswith("euthymia protocol simulate"))
    answer = json.loads(run(*shlex.split(example)[3:]).stdout)
    assert [row["dose_mg"] for row in answer["visits"]] == [35, 42, 52.5, 52.5, 52.5, 52.5, 52.5, 52.5]
    for name in (*answer, *answer["visits"][0], *answer["long_term"][0]):
        assert any(f"{before}{name}{after}`" in page for before in ("`", "`visits[].") for after in ("", "[]")), name


def test_for_a_person_open_numbers_and_intervals_are_said() -> None:
    shown = run("iv_racemic_05", "--weight-kg", "70", *START).stdout
    assert "Nothing here is ordered." in shown
    assert "23 numbers are open" in shown
    assert "three_without_benefit" in shown
    assert "bladder: how often is for the clinic to set" in shown


def test_an_interval_the_clinic_set_is_shown(tmp_path: Path) -> None:
    file = tmp_path / "ours.json"
    file.write_text(json.dumps(to_mapping(filled())), encoding="utf-8")
    shown = run(str(file), "--weight-kg", "70", *START).stdout
    assert "liver: every 12 weeks" in shown
    assert "are open" not in shown


def test_research_only_is_said_first() -> None:
    assert "Research only" in run("nasal_racemic", "--weight-kg", "70", *START).stdout


@pytest.mark.parametrize(
    ("words", "code", "path"),
    [
        (("--weight-kg", "7", *START), "implausible_weight", "weight_kg"),
        (("--weight-kg", "70", "--start", "tomorrow"), "not_a_time", "start"),
        (("--weight-kg", "70", "--start", "2026-03-02T09:00:00"), "naive_time", "start"),
        (("--weight-kg", "70", *START, "--improved", "better"), "not_an_answer", "improved"),
        (("--weight-kg", "70", *START, "--improved", "0=20"), "out_of_range", "improved"),
        (("--weight-kg", "70", *START, "--improved", "2=101"), "out_of_range", "improved"),
        (("--weight-kg", "70", *START, "--improved", "2=nan"), "out_of_range", "improved"),
        (("--weight-kg", "70", *START, "--weeks", "0"), "out_of_range", "weeks"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_exit_status_two(words: tuple[str, ...], code: str, path: str) -> None:
    result = run("sc_racemic", *words)
    assert result.exit_code == 2
    answer = json.loads(result.stderr)
    assert (answer["error"], answer["path"]) == (code, path)
