"""What nobody knows is named, with the rule that asks for it: never a yes, never a guess."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.spec.care.bedside import START, Bedside, filled
from tests.spec.care.test_discharge import ask as at_the_door
from tests.spec.care.test_discharge import well
from tests.spec.care.test_gate import PROTOCOL, SIGNATURE, gate

from euthymia.care.decision import CannotTell, Decision, missing_of
from euthymia.care.gate import GateFacts, pre_dose_gate
from euthymia.care.instruments import load_instrument
from euthymia.care.long_term import long_term_due
from euthymia.care.monitoring import judge_vitals
from euthymia.care.protocol import Stage
from euthymia.care.protocols.load import load_protocol
from euthymia.care.resistance import History, Outcome, TreatmentTrial, judge_trial, meets_definition
from euthymia.care.response_rules import Judgement, relapse, remission, response
from euthymia.care.risk import ScreenerAnswers, triage
from euthymia.care.vitals import parse_vitals

PHQ9, WHO5 = load_instrument("phq9"), load_instrument("who5")
OPEN_IV = load_protocol("iv_racemic_05")


def asked(decision: Decision) -> set[tuple[str, str]]:
    """(what is missing, the rule that needs it)"""
    return {(absent.fact, absent.needed_by) for absent in missing_of(decision)}


@pytest.mark.parametrize(
    ("unknown", "fact", "rule"),
    [
        ({"identifiers": ("name",)}, "identifiers", "two_identifiers"),
        ({"consent": None}, "consent", "consent_signed"),
        ({"escort_name": None}, "escort", "escort_named"),
        ({"checklist": {}}, "checks.fasted", "checklist"),
        ({"plan_protocol": None}, "plan", "plan_approved"),
        ({"vitals": None}, "vitals", "vitals_fresh"),
        ({"eligibility": None}, "eligibility", "pre_dose_gate"),
        ({"order": None}, "order", "pre_dose_gate"),
    ],
)
def test_before_a_dose(unknown: dict[str, Any], fact: str, rule: str) -> None:
    assert (fact, rule) in asked(gate(**unknown))


def test_before_a_dose_an_open_or_unsigned_protocol() -> None:
    holes = asked(pre_dose_gate(GateFacts(), OPEN_IV, None, START))
    assert ("minimum_observation_min", "protocol_complete") in holes
    assert ("protocol.signature", "protocol_signed") in holes
    facts = GateFacts(vitals=parse_vitals("120/80 72 98%"), vitals_at=START)
    assert ("fresh_within_min", "vitals_fresh") in asked(pre_dose_gate(facts, OPEN_IV, SIGNATURE, START))


def test_a_limit_on_vital_signs_that_is_open() -> None:
    found = asked(judge_vitals(parse_vitals("120/80 72 98%"), None, OPEN_IV, stage=Stage.BEFORE))
    assert ("limits.before_systolic", "vital_limits") in found


def test_before_a_dose_a_vital_sign_that_was_not_taken_is_asked_by_its_limit() -> None:
    found = asked(judge_vitals(parse_vitals("120/80 72"), None, PROTOCOL, stage=Stage.BEFORE))
    assert ("vitals.spo2", "before_spo2") in found
    assert asked(judge_vitals(parse_vitals("120/80 72"), None, PROTOCOL, stage=Stage.DURING)) == set()


@pytest.mark.parametrize(
    ("left_out", "facts", "fact", "rule"),
    [
        ("vitals", {}, "leaving.blood_pressure", "checks_done"),
        ("sedation", {}, "sedation", "resolved"),
        ("", {"identifiers": ()}, "identifiers", "two_identifiers"),
        ("", {"escort_name": ""}, "escort", "escort_present"),
        ("", {"escort_present": None}, "escort_present", "escort_present"),
        ("", {"no_driving_told": None}, "no_driving_told", "no_driving_told"),
        ("", {"clinician_judges_stable": None}, "clinician_judges_stable", "clinician_judges_stable"),
    ],
)
def test_at_the_door(left_out: str, facts: dict[str, Any], fact: str, rule: str) -> None:
    assert (fact, rule) in asked(at_the_door(well(left_out), **facts))


def test_at_the_door_without_any_vital_signs() -> None:
    bed = Bedside(filled("esketamine_nasal_trd"))
    assert ("vitals", "vitals_acceptable") in asked(at_the_door(bed))


def test_at_the_door_a_stay_nobody_filled_in() -> None:
    bed = well()
    open_stay = replace(bed.protocol.minimum_observation_min, value=None, why="Nobody filled it in.", provenance=None)
    bed.protocol = replace(bed.protocol, minimum_observation_min=open_stay)
    assert ("minimum_observation_min", "minimum_observation") in asked(at_the_door(bed))


def test_how_often_years_are_watched() -> None:
    (first, *_) = long_term_due(OPEN_IV, START, {}, START)
    assert isinstance(first, CannotTell)
    (absent,) = first.missing
    assert (absent.fact, absent.needed_by) == (f"long_term.{OPEN_IV.long_term[0].name}.interval_weeks", "long_term_due")


def gaps(judgement: Judgement) -> list[tuple[str, str]]:
    assert isinstance(judgement, CannotTell)
    return [(absent.fact, absent.needed_by) for absent in judgement.missing]


def test_an_answer_to_treatment() -> None:
    assert gaps(response(PHQ9, None, None)) == [("baseline", "response"), ("current", "response")]
    assert gaps(response(PHQ9, 9, 4)) == [("baseline", "response")]
    assert gaps(remission(PHQ9, None)) == [("current", "remission")]
    assert gaps(remission(WHO5, 60)) == [("remission_rule", "remission")]
    assert gaps(relapse(PHQ9, 4, 12, rule=None)) == [("relapse_rule", "relapse")]


@pytest.mark.parametrize(
    ("unknown", "fact"),
    [
        ({"dose_mg_day": None}, "dose_mg_day"),
        ({"weeks": None}, "weeks"),
        ({"outcome": None}, "outcome"),
        ({"current_episode": None}, "current_episode"),
        ({"drug": "imipramine"}, "dose_floor"),
    ],
)
def test_an_earlier_treatment(unknown: dict[str, Any], fact: str) -> None:
    whole: dict[str, Any] = {"drug": "sertraline", "dose_mg_day": 100, "weeks": 8, "outcome": Outcome.NO_RESPONSE}
    found = judge_trial(TreatmentTrial(**(whole | unknown)))
    assert [(absent.fact, absent.needed_by) for absent in found.missing] == [(fact, "adequate_trial")]


def test_no_earlier_treatment_written_down() -> None:
    found = meets_definition(History(()))
    assert found.met is None
    assert [(absent.fact, absent.needed_by) for absent in found.missing] == [("trials", "resistance_definition")]


def test_a_question_of_the_screener() -> None:
    found = triage(ScreenerAnswers(wish_to_be_dead=False, thoughts=False, behaviour_ever=None))
    assert found.level is None
    assert {(absent.fact, absent.needed_by) for absent in found.missing} == {
        ("behaviour_ever", "suicide_triage"),
        ("behaviour_past_3_months", "suicide_triage"),
    }
