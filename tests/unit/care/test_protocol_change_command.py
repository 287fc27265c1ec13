"""`euthymia protocol diff`, `sign` and `check --signature`: the contract of the shell's door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.spec.care.bedside import filled

from euthymia.care.protocol_change import edit
from euthymia.care.protocol_document import content_hash, to_mapping
from euthymia.cli.main import main

AT = "2026-03-02T10:00:00+00:00"
SIGNER = ("--name", "Dr Lead", "--meaning", "Approved for this clinic", "--at")


def run(*words: str, text: str = "") -> Result:
    return CliRunner().invoke(main, ["protocol", *words], input=text)


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A filled protocol as a file."""
    return written(tmp_path / "ours.json", to_mapping(filled()))


def written(file: Path, document: dict[str, Any]) -> Path:
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def refusal(result: Result) -> tuple[str, str]:
    assert result.exit_code == 2
    answer = json.loads(result.stderr)
    return answer["error"], answer["path"]


def test_diff_of_a_protocol_with_itself_says_so() -> None:
    answer = json.loads(run("diff", "iv_racemic_05", "iv_racemic_05", "--json").stdout)
    assert (answer["same_content"], answer["within_limits"], answer["differences"]) == (True, "allowed", [])
    assert "They say the same" in run("diff", "iv_racemic_05", "iv_racemic_05").stdout


def test_diff_names_each_place_with_both_sides_and_their_sources(tmp_path: Path, ours: Path) -> None:
    tighter = edit(filled(), {"limits.dose_cap": 70, "limits.before_spo2": 93}, "Dr Lead")
    theirs = written(tmp_path / "theirs.json", to_mapping(tighter))
    result = run("diff", str(ours), str(theirs), "--json")
    assert result.exit_code == 0
    answer = json.loads(result.stdout)
    assert answer["within_limits"] == "refused"
    assert answer["left"]["content_hash"] == content_hash(filled())
    rows = {row["path"]: row for row in answer["differences"]}
    assert set(rows) == {"limits.dose_cap", "limits.before_spo2"}
    assert rows["limits.dose_cap"] == {
        "path": "limits.dose_cap",
        "words": "Limit dose cap",
        "change": "tighter",
        "left": 80.0,
        "right": 70.0,
        "unit": "mg",
        "left_source": "set by Dr Lead",
        "right_source": "set by Dr Lead",
    }
    assert rows["limits.before_spo2"]["change"] == "looser"
    shown = run("diff", str(ours), str(theirs)).stdout
    assert "tighter  Limit dose cap: 80 mg  ->  70 mg" in shown
    assert "LOOSER   Limit before spo2: 94 %  ->  93 %" in shown
    assert "could not be a child" in shown


def test_diff_shows_everything_when_asked(ours: Path) -> None:
    answer = json.loads(run("diff", str(ours), str(ours), "--all", "--json").stdout)
    assert {row["change"] for row in answer["differences"]} == {"same"}
    assert "same     Given over: 40 min  ->  40 min" in run("diff", str(ours), str(ours), "--all").stdout


def test_a_tighter_file_says_that_nothing_is_looser(ours: Path) -> None:
    assert "Nothing in iv_racemic_05 is looser" in run("diff", "iv_racemic_05", str(ours)).stdout


def test_diff_of_two_routes_goes_through() -> None:
    answer = json.loads(run("diff", "iv_racemic_05", "esketamine_nasal_trd", "--json").stdout)
    rows = {row["path"]: row for row in answer["differences"]}
    assert rows["dose.doses_mg"]["right"] == [56.0, 84.0]


def test_a_signature_is_bound_to_the_content(ours: Path, tmp_path: Path) -> None:
    result = run("sign", str(ours), *SIGNER, AT)
    assert result.exit_code == 0
    signature = json.loads(result.stdout)
    assert signature == {
        "id": "iv_racemic_05",
        "version": "1.0.0",
        "name": "Dr Lead",
        "meaning": "Approved for this clinic",
        "at": AT,
        "content_hash": content_hash(filled()),
    }
    beside = written(tmp_path / "ours.signature.json", signature)
    answer = json.loads(run("check", str(ours), "--signature", str(beside), "--json").stdout)
    assert answer["ready"] == "ready"
    assert answer["signature"]["name"] == "Dr Lead"
    assert "Signed by Dr Lead" in run("check", str(ours), "--signature", str(beside)).stdout


def test_a_signature_falls_when_the_file_changes(ours: Path, tmp_path: Path) -> None:
    beside = written(tmp_path / "s.json", json.loads(run("sign", str(ours), *SIGNER, AT).stdout))
    changed = written(tmp_path / "changed.json", to_mapping(filled()) | {"title": "Something else"})
    answer = json.loads(run("check", str(changed), "--signature", str(beside), "--json").stdout)
    assert answer["ready"] == "needs_signature"
    assert "needs a new signature" in answer["signature"]["says"]
    assert "needs a new signature" in run("check", str(changed), "--signature", str(beside)).stdout


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2999-01-01T00:00:00Z", "in_the_future"),
        ("2026-03-02T10:00:00", "naive_time"),
        ("yesterday", "not_a_time"),
    ],
)
def test_a_time_that_cannot_be_is_refused(ours: Path, at: str, code: str) -> None:
    assert refusal(run("sign", str(ours), *SIGNER, at)) == (code, "at")


def test_a_protocol_with_holes_and_a_nameless_signer_are_refused(ours: Path) -> None:
    assert refusal(run("sign", "iv_racemic_05", *SIGNER, AT))[0] == "holes"
    nameless = ("--name", " ", "--meaning", "x", "--at", AT)
    assert refusal(run("sign", str(ours), *nameless)) == ("unnamed", "name")


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("{", "not_json", "signature"),
        ("[]", "not_a_table", "signature"),
        ('{"name": "Dr Lead"}', "missing", "signature.meaning"),
        ('{"name": 1}', "missing", "signature.name"),
        ('{"name": "a", "meaning": "b", "at": "c", "content_hash": "d"}', "not_a_time", "signature.at"),
        (
            '{"name": "a", "meaning": "b", "at": "2999-01-01T00:00:00Z", "content_hash": "d"}',
            "in_the_future",
            "signature.at",
        ),
    ],
)
def test_a_broken_signature_is_refused(ours: Path, tmp_path: Path, text: str, code: str, path: str) -> None:
    file = tmp_path / "s.json"
    file.write_text(text, encoding="utf-8")
    assert refusal(run("check", str(ours), "--signature", str(file))) == (code, path)


def test_a_file_that_is_not_there_is_refused(ours: Path) -> None:
    assert refusal(run("diff", str(ours), "/nowhere.toml")) == ("unreadable", "file")
    assert refusal(run("check", str(ours), "--signature", "/nowhere.json")) == ("unreadable", "file")


def test_the_reference_page_names_every_field(repository: Path, ours: Path) -> None:
    page = (repository / "docs/reference/cli/protocol.md").read_text(encoding="utf-8")
    answer = json.loads(run("diff", "iv_racemic_05", "im_racemic", "--json").stdout)
    names = [*answer, *answer["differences"][0], *json.loads(run("sign", str(ours), *SIGNER, AT).stdout)]
    assert [name for name in names if f"`{name}`" not in page and f"`{name}[]`" not in page] == []
