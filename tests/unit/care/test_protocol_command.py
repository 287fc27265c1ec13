"""`euthymia protocol list` and `check`: the contract of the shell's door."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.spec.care.bedside import filled

from euthymia.care.protocol_document import content_hash, to_mapping
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.cli.main import main


def run(*words: str, text: str = "") -> Result:
    return CliRunner().invoke(main, ["protocol", *words], input=text)


def test_list_names_the_shipped_protocols() -> None:
    answer = json.loads(run("list", "--json").stdout)
    assert [row["id"] for row in answer["protocols"]] == list(shipped_protocols())
    assert answer["protocols"][1]["id"] == "esketamine_nasal_trd"
    assert answer["protocols"][1]["open"] == 11
    assert "iv_racemic_05" in run("list").stdout


def test_check_of_a_shipped_protocol_names_its_holes() -> None:
    answer = json.loads(run("check", "iv_racemic_05", "--json").stdout)
    assert answer["ready"] == "needs_values"
    assert answer["content_hash"] == content_hash(load_protocol("iv_racemic_05"))
    assert {"name": "limits.dose_cap", "unit": "mg", "low": 20, "high": 150}.items() <= next(
        hole for hole in answer["holes"] if hole["name"] == "limits.dose_cap"
    ).items()
    assert answer["from_memory"] == [
        "assessments.next_day.after_h",
        *(f"follow_up.week_{week}_after.after_weeks" for week in (2, 4, 8, 12, 26, 52)),
    ]


def test_check_for_a_person_says_that_no_session_can_start() -> None:
    shown = run("check", "im_racemic").stdout
    assert "no session can start" in shown
    assert "limits.during_systolic_stop" in shown


def test_check_of_a_filled_file_in_json(tmp_path: Path) -> None:
    file = tmp_path / "ours.json"
    file.write_text(json.dumps(to_mapping(filled())), encoding="utf-8")
    answer = json.loads(run("check", str(file), "--json").stdout)
    assert answer["ready"] == "needs_signature"
    assert {"name": "limits.dose_cap", "value": 80.0, "unit": "mg", "by": "Dr Lead"} in answer["filled"]
    assert "Nothing is open" in run("check", str(file)).stdout


def test_check_reads_standard_input(repository: Path) -> None:
    text = (repository / "src/euthymia/care/protocols/im_racemic.toml").read_text(encoding="utf-8")
    assert json.loads(run("check", "-", "--json", text=text).stdout)["id"] == "im_racemic"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("= =", "not_toml"),
        ("{", "not_json"),
        ("{}", "missing"),
        ("", "missing"),
        ('id = "x"\nversion = 3', "not_text"),
    ],
)
def test_a_broken_file_is_refused_with_exit_status_two(text: str, code: str) -> None:
    result = run("check", "-", text=text)
    assert result.exit_code == 2
    assert json.loads(result.stderr)["error"] == code


def test_a_file_that_is_not_there_is_refused() -> None:
    result = run("check", "/nowhere/at/all.toml")
    assert result.exit_code == 2
    assert json.loads(result.stderr)["error"] == "unreadable"


def test_the_reference_page_names_every_field(repository: Path) -> None:
    page = (repository / "docs/reference/cli/protocol.md").read_text(encoding="utf-8")
    answer = json.loads(run("check", "iv_racemic_05", "--json").stdout)
    assert all(f"`{name}`" in page or f"`{name}[]`" in page for name in answer)
