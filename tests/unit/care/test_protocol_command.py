"""`euthymia protocol list` and `check`: the contract of the shell's door."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.spec.care.bedside import filled

from euthymia.care.eligibility import rules_for
from euthymia.care.protocol_change import clone
from euthymia.care.protocol_course import Concern, Use
from euthymia.care.protocol_document import content_hash, to_mapping
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.cli.main import main

IV = "iv_racemic_05"


def run(*words: str, text: str = "") -> Result:
    return CliRunner().invoke(main, ["protocol", *words], input=text)


def test_list_names_the_shipped_protocols() -> None:
    answer = json.loads(run("list", "--json").stdout)
    assert [row["id"] for row in answer["protocols"]] == list(shipped_protocols())
    assert answer["protocols"][1]["id"] == "esketamine_nasal_trd"
    assert answer["protocols"][1]["open"] == 11
    assert IV in run("list").stdout


def test_check_of_a_shipped_protocol_names_its_holes() -> None:
    answer = json.loads(run("check", IV, "--json").stdout)
    assert answer["ready"] == "needs_values"
    assert answer["content_hash"] == content_hash(load_protocol(IV))
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


def check_of(page: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What `check` says of this document, for a program and for a person."""
    text = json.dumps(page)
    return json.loads(run("check", "-", "--json", text=text).stdout), run("check", "-", text=text).stdout.splitlines()


def test_check_of_a_research_protocol_says_that_it_never_starts() -> None:
    says = "This protocol is for research only: no session can start on it."
    answer = json.loads(run("check", "nasal_racemic", "--json").stdout)
    assert (answer["use"], answer["never_starts"]) == (Use.RESEARCH_ONLY, [says])
    lines = run("check", "nasal_racemic").stdout.splitlines()
    assert lines[2:4] == [says, "27 numbers are open:"]
    assert not any("can be signed" in line or "until they are" in line for line in lines)


def test_check_of_a_filled_research_protocol_does_not_offer_to_sign_it() -> None:
    _, lines = check_of(to_mapping(filled()) | {"use": Use.RESEARCH_ONLY})
    assert lines[2:4] == ["This protocol is for research only: no session can start on it.", "Nothing is open."]


def test_check_of_a_protocol_for_care_never_says_never() -> None:
    answer = json.loads(run("check", IV, "--json").stdout)
    assert (answer["use"], answer["never_starts"]) == ("clinical", [])
    assert "research only" not in run("check", IV).stdout


@pytest.mark.parametrize("name", shipped_protocols())
def test_check_names_the_rules_that_judge_who_may_be_treated(name: str) -> None:
    eligibility = json.loads(run("check", name, "--json").stdout)["eligibility"]
    rules = rules_for(name)
    assert (eligibility["named"], eligibility["named_by"]) == (name, "id")
    assert [(row["name"], row["level"], row["says"]) for row in eligibility["rules"]] == [
        (rule.name, rule.level, rule.says) for rule in rules
    ]
    lines = run("check", name).stdout.splitlines()
    assert f"Who may be treated: the {len(rules)} rules of {name} ({eligibility['title']})." in lines
    for level in ("stop", "hold", "flag"):
        names = ", ".join(rule.name for rule in rules if rule.level == level)
        assert f"  {level}  {names}" in lines


def test_a_clone_is_judged_by_the_rules_it_names() -> None:
    answer, _ = check_of(to_mapping(clone(load_protocol(IV), "ours", "1.0.0", "Ours")))
    assert answer["eligibility"]["named"] == IV
    assert answer["eligibility"]["named_by"] == "eligibility"
    assert answer["eligibility"]["title"] == "Ketamine into a vein"


NOT_WRITTEN = "Who may be treated: no rules are written under the name house."
NAMES_NONE = "  It names none itself: a clinic looks for those of its medicine and route."


@pytest.mark.parametrize(
    ("says", "named_by", "more"),
    [({"id": "house"}, "id", True), ({"eligibility": "house"}, "eligibility", False)],
)
def test_check_says_where_nobody_wrote_rules(says: dict[str, str], named_by: str, more: bool) -> None:
    answer, lines = check_of(to_mapping(load_protocol(IV)) | says)
    assert answer["eligibility"] == {"named": "house", "named_by": named_by, "title": None, "rules": None}
    assert NOT_WRITTEN in lines
    assert (NAMES_NONE in lines) is more


def test_check_says_when_the_course_is_reviewed() -> None:
    (review,) = json.loads(run("check", IV, "--json").stdout)["reviews"]
    assert review["after_doses"] == {"value": 3.0, "unit": "doses", "source": "S53 (read_secondary)", "why": ""}
    assert (review["at_week"], review["judged_by"], review["part"]) == (None, "benefit", "stopping")
    shown = run("check", IV).stdout
    assert "Reviewed before the next dose:\n  three_without_benefit    after 3 doses, by benefit: After three" in shown
    assert (
        "review_week_4            at the end of week 4, by benefit: At the end"
        in run("check", "esketamine_nasal_trd").stdout
    )


OPEN = {"why": "Nobody knows.", "low": 1, "high": 9}


def test_check_shows_a_review_whose_numbers_are_open() -> None:
    page = to_mapping(load_protocol(IV))
    page["stopping"] = []
    (rule,) = page["maintenance"]
    rule |= {
        "after_doses": {"unit": "doses", **OPEN},
        "at_week": {"unit": "weeks", **OPEN},
        "judged_by": "response_kept",
    }
    answer, lines = check_of(page)
    (review,) = answer["reviews"]
    assert (review["name"], review["part"]) == (rule["name"], "maintenance")
    assert review["after_doses"] == {"value": None, "unit": "doses", "source": "", "why": "Nobody knows."}
    due = (
        "after a number of doses that is open (Nobody knows) or at the end of a week that is open (Nobody knows), "
        "by whether the response is kept"
    )
    assert f"  individual               {due}: {rule['text']}" in lines


def test_check_says_what_is_asked_over_the_course() -> None:
    page = to_mapping(load_protocol(IV))
    page["follow_up"][3]["after_weeks"]["value"] = 1
    page["follow_up"][4]["after_weeks"] = {"unit": "weeks", **OPEN}
    answer, lines = check_of(page)
    assert [row["name"] for row in answer["follow_up"]] == [row["name"] for row in page["follow_up"]]
    assert (answer["follow_up"][0]["phase"], answer["follow_up"][0]["after_weeks"]) == (None, None)
    assert answer["follow_up"][3]["after_weeks"] == {"value": 1.0, "unit": "weeks", "source": "memory", "why": ""}
    start = lines.index("Asked over the course; no dose waits for it:")
    assert [line.split(": ")[0] for line in lines[start + 1 : start + 7]] == [
        "  baseline                 at baseline",
        "  each_session             at each session",
        "  end_of_first_phase       at the end of series",
        "  week_2_after             1 week after series",
        "  week_4_after             a number of weeks that is open (Nobody knows) after series",
        "  week_8_after             8 weeks after series",
    ]
    assert lines[start + 4].endswith(": phq9, cssrs_screener, kset (memory)")


def test_check_says_what_is_looked_for_over_years_and_that_how_often_is_open() -> None:
    page = to_mapping(load_protocol(IV))
    page["long_term"][1]["interval_weeks"] |= {"value": 12, "provenance": "clinic", "filled_by": "Dr Lead"}
    answer, lines = check_of(page)
    bladder, liver = answer["long_term"][:2]
    assert (bladder["concern"], bladder["instrument"], liver["instrument"]) == (
        Concern.BLADDER,
        "urinary_questions",
        None,
    )
    assert bladder["interval_weeks"]["value"] is None
    assert bladder["interval_weeks"]["why"] == "No source read gives an interval."
    assert (liver["interval_weeks"]["value"], liver["interval_weeks"]["source"]) == (12.0, "set by Dr Lead")
    start = lines.index("Looked for over months and years:")
    assert lines[start + 1] == (
        f"  bladder                  how often is open (No source read gives an interval): {bladder['does']}"
    )
    assert lines[start + 2] == f"  liver                    every 12 weeks: {liver['does']}"


def test_check_says_what_a_short_protocol_leaves_out() -> None:
    page = to_mapping(load_protocol(IV))
    beyond = {"stopping", "maintenance", "follow_up", "long_term", "assessments"}
    answer, lines = check_of({name: value for name, value in page.items() if name not in beyond})
    assert [answer[name] for name in ("reviews", "follow_up", "long_term")] == [[], [], []]
    assert not any(line.startswith("From memory") for line in lines)
    assert lines[-3:] == [
        "No point of review is given.",
        "Nothing is asked over the course.",
        "Nothing is looked for over months and years.",
    ]


def test_schema_prints_the_published_schema(repository: Path) -> None:
    assert run("schema").stdout == (repository / "docs/reference/protocol.schema.json").read_text(encoding="utf-8")


def test_the_reference_page_names_every_field(repository: Path) -> None:
    page = (repository / "docs/reference/cli/protocol.md").read_text(encoding="utf-8")
    answer = json.loads(run("check", IV, "--json").stdout)
    assert all(f"`{name}`" in page or f"`{name}[]`" in page for name in answer)
    inner = [answer["eligibility"], *(answer[name][0] for name in ("reviews", "follow_up", "long_term"))]
    assert all(f"`{name}" in page for row in inner for name in row)
