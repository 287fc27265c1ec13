"""`euthymia score`, `eligibility` and `resistance`: the shapes of the contract, the pages' examples, the refusals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from euthymia.care.eligibility import FACTS, reassuring_facts
from euthymia.cli.main import main

RACEMIC = ("iv_racemic", "im_racemic", "sc_racemic", "nasal_racemic")
WHOLE = {str(item): 1 for item in range(1, 10)}


def run(*arguments: str, given: object = None) -> Result:
    text = given if isinstance(given, str) else json.dumps(given)
    return CliRunner().invoke(main, list(arguments), input=text)


def answer(*arguments: str, given: object = None) -> Any:
    result = run(*arguments, "--json", given=given)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def refusal(*arguments: str, given: object = None) -> tuple[str, str]:
    result = run(*arguments, given=given)
    assert result.exit_code == 2
    said = json.loads(result.stderr)
    assert set(said) == {"error", "path", "message"}
    assert said["message"]
    return said["error"], said["path"]


def page_example(repository: Path, name: str) -> str:
    page = (repository / f"docs/reference/cli/{name}.md").read_text(encoding="utf-8")
    return page.split("```json\n")[1].split("```")[0]


def test_score_has_the_shape_of_the_contract() -> None:
    found = answer("score", "phq9", "-", given={"answers": WHOLE, "context": {}})
    assert {"instrument", "version", "total", "subscales", "band", "missing", "flags"} <= set(found)
    assert (found["instrument"], found["total"], found["missing"], found["flags"]) == (
        "phq9",
        9,
        [],
        ["suicidal_thoughts"],
    )
    assert found["band"] == {"set": "kroenke_2001", "name": "mild"}


def test_score_without_a_total_is_null_and_says_why() -> None:
    found = answer("score", "phq9", "-", given={"answers": {"9": 1}})
    assert (found["total"], found["band"], found["missing"]) == (None, None, list("12345678"))
    assert found["flags"] == ["suicidal_thoughts"]
    assert "8 of 9" in found["why"]


def test_score_as_a_table_is_for_people() -> None:
    whole = run("score", "phq9", "-", given={"answers": WHOLE | {"1": 2}}).stdout
    assert "10 of 0 to 27" in whole
    assert "moderate (kroenke_2001)" in whole
    assert "suicidal thoughts" in whole
    assert "major depression screen" in whole
    part = run("score", "qids_sr16", "-", given={"answers": {"5": 1}}).stdout
    assert "No total" in part
    assert "sad_mood" in part


def test_score_says_the_level_of_a_triage_and_whether_it_could_still_rise() -> None:
    found = answer("score", "cssrs_screener", "-", given={"answers": {"intent": 1}})
    assert (found["total"], found["range"]) == (None, None)
    assert found["level"] == {
        "name": "high",
        "final": True,
        "because": ["intent"],
        "says": "Do not leave the person alone. A clinician sees them the same day.",
        "source": found["level"]["source"],
    }
    assert "Columbia" in found["level"]["source"]
    calm = {"wish_to_be_dead": 0, "thoughts": 0, "behaviour_ever": 0}
    nothing = answer("score", "cssrs_screener", "-", given={"answers": calm})["level"]
    assert (nothing["name"], nothing["source"]) == ("none_identified", None)
    assert answer("score", "cssrs_screener", "-", given={"answers": {}})["level"] is None
    part = run("score", "cssrs_screener", "-", given={"answers": {"wish_to_be_dead": 1}}).stdout
    assert "at least low" in part
    assert "level     high Do not" in run("score", "cssrs_screener", "-", given={"answers": {"plan": 1}}).stdout


def test_score_says_criteria_cuts_nobody_judged_forms_and_filled_in_answers() -> None:
    found = answer("score", "phq9", "-", given={"answers": WHOLE})
    assert set(found["criteria"]) == {"major_depressive_syndrome", "other_depressive_syndrome"}
    drinks = {"answers": {"1": 4, "2": 0, "3": 0}}
    found = answer("score", "audit_c", "-", given=drinks)
    assert (found["cuts"], found["cuts_not_judged"]) == ([], ["women_three_or_more", "men_four_or_more"])
    spoken = run("score", "audit_c", "-", given=drinks).stdout
    assert "men four or more: not judged without the sex" in spoken
    assert "criterion points from item 1 only: met" in spoken
    assert answer("score", "audit_c", "-", given=drinks | {"context": {"sex": "male"}})["cuts"] == ["men_four_or_more"]
    rest = {"answers": {str(item): 8 for item in range(2, 6)}, "context": {"variant": "not_working"}}
    found = answer("score", "wsas", "-", given=rest)
    assert (found["total"], found["range"], found["variant"]) == (32, [0, 32], "not_working")
    gap = {"answers": WHOLE | {"1": None}, "context": {"missing_rule": "mean_of_answered"}}
    found = answer("score", "phq9", "-", given=gap)
    assert (found["missing"], found["missing_rule"]) == (["1"], "mean_of_answered")
    assert "filled in 1 of 9 items" in run("score", "phq9", "-", given=gap).stdout
    assert answer("score", "phq9", "-", given={"answers": WHOLE, "version": "2026.1"})["missing_rule"] is None


@pytest.mark.parametrize("name", ["score", "eligibility", "resistance"])
def test_the_example_of_the_page_runs(repository: Path, name: str) -> None:
    arguments = ("score", "phq9", "-") if name == "score" else (name, "-")
    found = answer(*arguments, given=page_example(repository, name))
    if name == "score":
        assert (found["total"], found["band"]["name"]) == (14, "moderate")
    if name == "eligibility":
        assert found["verdict"] == "refused"
        assert {reason["rule"] for reason in found["reasons"]} == {"systolic_high", "interaction_benzodiazepine"}
    if name == "resistance":
        assert found["definition"]["met"] is True
        assert found["staging"]["maudsley"]["stage"] == "moderate"


def test_a_file_is_read_as_well_as_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"answers": WHOLE}))
    assert answer("score", "phq9", str(file))["total"] == 9


def test_eligibility_has_the_shape_of_the_contract() -> None:
    facts = reassuring_facts("esketamine_nasal_trd")
    found = answer("eligibility", "-", given={"protocol": "esketamine_nasal_trd", "facts": facts})
    assert found == {"verdict": "allowed", "reasons": [], "missing": [], "medicines": []}
    facts = {**facts, "systolic_mmhg": 150, "pregnant": None}
    found = answer("eligibility", "-", given={"protocol": "esketamine_nasal_trd", "facts": facts})
    assert found["verdict"] == "refused"
    (reason,) = found["reasons"]
    assert {"rule", "level", "fact", "value", "source"} <= set(reason)
    assert (reason["rule"], reason["level"], reason["value"], reason["limit"]) == ("systolic_high", "hold", 150, 140)
    assert [absent["fact"] for absent in found["missing"]] == ["pregnant"]


def test_eligibility_uses_the_time_it_is_given_for_the_age() -> None:
    facts = reassuring_facts("esketamine_nasal_trd") | {"age_y": None, "birth_date": "2008-06-01"}
    given = {"protocol": "esketamine_nasal_trd", "now": "2026-01-01T09:00:00Z", "facts": facts}
    assert answer("eligibility", "-", given=given)["verdict"] == "refused"
    assert answer("eligibility", "-", given=given | {"now": "2026-07-01T09:00:00Z"})["verdict"] == "allowed"


def test_eligibility_as_a_table_and_its_list_of_facts() -> None:
    table = run("eligibility", "-", given={"protocol": "iv_racemic", "facts": {"stroke": True}}).stdout
    assert table.startswith("refused")
    assert "stop   stroke" in table
    assert "ask    pregnant" in table
    listed = answer("eligibility", "--facts")["facts"]
    assert [row["name"] for row in listed] == list(FACTS)
    assert next(row for row in listed if row["name"] == "stroke")["protocols"] == list(RACEMIC)
    assert "How old is the person?" in run("eligibility", "--facts").stdout


def test_eligibility_without_a_file_says_what_to_give() -> None:
    result = run("eligibility")
    assert result.exit_code == 2
    assert "--facts" in result.stderr


def test_resistance_gives_each_stage_with_its_points_or_what_is_missing() -> None:
    trial = {"drug": "sertraline", "dose_mg_day": 100, "weeks": 8, "outcome": "no_response"}
    found = answer("resistance", "-", given={"trials": [trial], "duration_months": 6, "severity": "mild"})
    assert found["definition"]["met"] is False
    assert found["staging"]["maudsley"]["stage"] is None
    assert [gap["fact"] for gap in found["staging"]["maudsley"]["missing"]] == ["augmentation", "ect"]
    assert found["staging"]["thase_rush"]["points"] == [{"part": "I", "points": 1.0, "because": "one class failed"}]
    empty = answer("resistance", "-", given={})
    assert (empty["definition"]["met"], empty["staging"]["mgh"]["total"]) == (None, None)


def test_resistance_takes_the_clinics_own_floors_and_weeks() -> None:
    trial = {"drug": "amitriptyline", "dose_mg_day": 100, "weeks": 4, "outcome": "no_response"}
    given = {"trials": [trial], "floors_mg_day": {"amitriptyline": 75}, "min_weeks": 4}
    assert answer("resistance", "-", given=given)["definition"]["counted"] == ["amitriptyline"]
    unknown = answer("resistance", "-", given={"trials": [trial], "floors_mg_day": {"amitriptyline": None}})
    assert unknown["definition"]["trials"][0]["counts"] == "no"


def test_resistance_as_a_table() -> None:
    trial = {"drug": "sertraline", "dose_mg_day": 100, "weeks": 8, "outcome": "no_response", "current_episode": None}
    table = run("resistance", "-", given={"trials": [trial, trial | {"current_episode": True, "weeks": 1}]}).stdout
    assert "cannot tell" in table
    assert "shorter than 6" in table
    whole = {"trials": [trial | {"current_episode": True}], "duration_months": 6, "severity": "mild"}
    table = run("resistance", "-", given=whole | {"augmentation": False, "ect": False}).stdout
    assert "maudsley     mild (4 points)" in table
    assert "not met" in table


@pytest.mark.parametrize(
    ("arguments", "given", "expected"),
    [
        (("score", "phq9", "-"), {"answers": {"3": 7}}, ("answer_out_of_range", "answers.3")),
        (("score", "phq9", "-"), {"answers": {"3": "2"}}, ("answer_out_of_range", "answers.3")),
        (("score", "phq9", "-"), {"answers": {"x": 1}}, ("unknown_item", "answers.x")),
        (("score", "phq9", "-"), {"answers": [1, 2]}, ("not_an_object", "answers")),
        (("score", "phq9", "-"), {"answer": {}}, ("unknown_field", "answer")),
        (("score", "phq9", "-"), [], ("not_an_object", "")),
        (("score", "phq9", "-"), "{", ("not_json", "FILE")),
        (("score", "phq9", "-"), "[" * 100_000, ("not_json", "FILE")),
        (("score", "phq9", "/nowhere/at/all"), "", ("unreadable", "FILE")),
        (("score", "beck", "-"), {"answers": {}}, ("unknown_instrument", "instrument")),
        (("score", "phq9", "-"), {"answers": {}, "version": "2019.1"}, ("unknown_version", "version")),
        (("eligibility", "-"), {"facts": {}}, ("missing", "protocol")),
        (("eligibility", "-"), {"protocol": "oral"}, ("unknown_protocol", "protocol")),
        (("eligibility", "-"), {"protocol": "iv_racemic", "fact": {}}, ("unknown_field", "fact")),
        (("eligibility", "-"), {"protocol": "iv_racemic", "facts": {"x": 1}}, ("unknown_fact", "facts.x")),
        (("eligibility", "-"), {"protocol": "iv_racemic", "now": "soon"}, ("bad_time", "now")),
        (("eligibility", "-"), {"protocol": "iv_racemic", "now": 7}, ("bad_time", "now")),
        (("eligibility", "-"), {"protocol": "iv_racemic", "now": "2026-01-01T09:00:00"}, ("naive_time", "now")),
        (("eligibility", "-"), {"protocol": "iv_racemic", "medications": "lorazepam"}, ("not_a_list", "medications")),
        (("resistance", "-"), {"trials": {}}, ("not_a_list", "trials")),
        (("resistance", "-"), {"trials": ["sertraline"]}, ("not_an_object", "trials[0]")),
        (("resistance", "-"), {"trials": [{"weeks": 8}]}, ("missing", "trials[0].drug")),
        (("resistance", "-"), {"trials": [{"drug": " "}]}, ("missing", "trials[0].drug")),
        (("resistance", "-"), {"trials": [{"drug": "x", "dose": 5}]}, ("unknown_field", "trials[0].dose")),
        (("resistance", "-"), {"trials": [{"drug": "x", "weeks": -1}]}, ("out_of_range", "trials[0].weeks")),
        (("resistance", "-"), {"trials": [{"drug": "x", "weeks": "8"}]}, ("not_a_number", "trials[0].weeks")),
        (("resistance", "-"), {"trials": [{"drug": "x", "outcome": "bad"}]}, ("unknown_choice", "trials[0].outcome")),
        (("resistance", "-"), {"severity": "awful"}, ("unknown_choice", "severity")),
        (("resistance", "-"), {"ect": "yes"}, ("not_yes_no", "ect")),
        (("resistance", "-"), {"duration_months": -2}, ("out_of_range", "duration_months")),
        (("resistance", "-"), {"min_weeks": 0}, ("out_of_range", "min_weeks")),
        (("resistance", "-"), {"floors_mg_day": {"x": 0}}, ("out_of_range", "floors.x")),
    ],
)
def test_refused_input_is_one_json_object_and_exit_two(
    arguments: tuple[str, ...], given: object, expected: tuple[str, str]
) -> None:
    assert refusal(*arguments, given=given) == expected


def test_episode_lays_out_the_example_of_its_page(repository: Path) -> None:
    found = answer("episode", "-", given=page_example(repository, "episode"))
    assert (found["status"], found["symptoms_met"], found["symptoms_needed"], found["core"]) == ("met", 6, 5, "met")
    by = {one["name"]: one["by"] for one in found["criteria"]}
    assert by["low_mood"] == "PHQ-9 item 2 = 3 (2026-01-18)"
    assert found["severity"]["level"] == "moderate"
    assert found["severity"]["hint"].startswith("PHQ-9 13, moderate")
    assert (found["course"]["kind"], found["course"]["code"]) == ("single", "6A70")
    assert [one["name"] for one in found["specifiers"] if one["status"] == "met"] == ["anxious_distress"]


def test_episode_as_a_table_and_its_list_of_facts() -> None:
    old = {"instrument": "phq9", "at": "2026-01-01T00:00:00Z", "answers": {"2": 3}}
    given = {"now": "2026-01-20T00:00:00Z", "facts": {"atypical": True, "sleep": True}, "answered": [old]}
    table = run("episode", "-", given=given).stdout
    assert table.startswith("not asked (dsm5): 1 signs of 5 needed")
    assert "PHQ-9 item 2 = 3 on 2026-01-01: too old to count, ask again" in table
    assert "with       atypical" in table
    names = [row["name"] for row in answer("episode", "--facts")["facts"]]
    assert {"low_mood", "function_severity"} <= set(names)
    assert "low_mood" in run("episode", "--facts").stdout
    assert run("episode").exit_code == 2


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"mood": 1}, "unknown_field", "mood"),
        ({"system": "icd9"}, "unknown_choice", "system"),
        ({"now": "today"}, "bad_time", "now"),
        ({"now": "2026-01-01T00:00:00"}, "naive_time", "now"),
        ({"said_at": {"sleep": 3}}, "bad_time", "said_at.sleep"),
        ({"answered": {}}, "not_a_list", "answered"),
        ({"answered": [3]}, "not_an_object", "answered[0]"),
        ({"answered": [{"instrument": "phq9", "answers": {}}]}, "bad_time", "answered[0].at"),
        ({"facts": {"sad": True}}, "unknown_fact", "facts.sad"),
    ],
)
def test_episode_refuses(given: dict[str, object], code: str, path: str) -> None:
    assert refusal("episode", "-", given=given) == (code, path)
