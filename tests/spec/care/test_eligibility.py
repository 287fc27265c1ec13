"""Every eligibility rule: the fact it looks at, the value that makes it speak, one that does not, and not knowing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from euthymia.care.decision import (
    Allowed,
    CannotTell,
    Decision,
    Level,
    Refused,
    Value,
    missing_of,
    reasons_of,
    verdict,
)
from euthymia.care.eligibility import (
    FACTS,
    PROTOCOLS,
    RULES,
    Override,
    assess,
    facts_for,
    read_rule,
    reassuring_facts,
    rules_for,
    with_overrides,
)
from euthymia.care.protocol import Provenance
from euthymia.care.protocols.load import shipped_protocols
from euthymia.errors import BadInput, Broken

NOW = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
IV, IM, SC, RACEMIC_NASAL = "iv_racemic", "im_racemic", "sc_racemic", "nasal_racemic"
NASAL, ACUTE = "esketamine_nasal_trd", "esketamine_nasal_mdsi"
RACEMIC, SPRAY = (IV, IM, SC, RACEMIC_NASAL), (NASAL, ACUTE)
ALL, NOT_ACUTE = (*RACEMIC, *SPRAY), (*RACEMIC, NASAL)
STOP, HOLD, FLAG = Level.STOP, Level.HOLD, Level.FLAG

SPEC: list[tuple[str, tuple[str, ...], Level, str, Value, Value]] = [
    # rule, protocols, level, fact, speaks at, silent at
    ("capacity", ALL, STOP, "capacity", False, True),
    ("consent", ALL, STOP, "consent_signed", False, True),
    ("escort", ALL, STOP, "escort", False, True),
    ("under_18_not_approved", SPRAY, STOP, "age_y", 17, 18),
    ("under_18_no_evidence", RACEMIC, FLAG, "age_y", 17, 18),
    ("allergy", ALL, STOP, "allergy", True, False),
    ("pressure_rise_hazard", ALL, STOP, "pressure_rise_hazard", True, False),
    ("aneurysmal_disease", ALL, STOP, "aneurysmal_disease", True, False),
    ("arteriovenous_malformation", ALL, STOP, "arteriovenous_malformation", True, False),
    ("intracerebral_haemorrhage", ALL, STOP, "intracerebral_haemorrhage", True, False),
    ("severe_heart_disease", RACEMIC, STOP, "severe_heart_disease", True, False),
    ("stroke", RACEMIC, STOP, "stroke", True, False),
    ("head_injury", RACEMIC, STOP, "head_injury", True, False),
    ("eclampsia", RACEMIC, STOP, "eclampsia", True, False),
    ("cardiovascular_uncontrolled", ALL, STOP, "cardiovascular_uncontrolled", True, False),
    ("psychosis_uncontrolled", ALL, STOP, "psychosis", "poorly_controlled", "never"),
    ("psychosis_history", SPRAY, HOLD, "psychosis", "past", "never"),
    ("psychosis_history", SPRAY, HOLD, "psychosis", "present_controlled", "never"),
    ("psychosis_history_racemic", RACEMIC, HOLD, "psychosis", "past", "never"),
    ("hepatic_severe", ALL, HOLD, "hepatic_impairment", "severe", "mild"),
    ("hepatic_moderate", ALL, FLAG, "hepatic_impairment", "moderate", "mild"),
    ("raised_intracranial_pressure", ALL, HOLD, "raised_intracranial_pressure", True, False),
    ("raised_intraocular_pressure", ALL, HOLD, "raised_intraocular_pressure", True, False),
    ("substance_misuse_active", ALL, HOLD, "substance_misuse", "active", "none"),
    ("substance_misuse_past", ALL, FLAG, "substance_misuse", "past", "none"),
    ("systolic_high", SPRAY, HOLD, "systolic_mmhg", 140.5, 140),
    ("diastolic_high", SPRAY, HOLD, "diastolic_mmhg", 91, 90),
    ("hypertensive_encephalopathy", SPRAY, FLAG, "hypertensive_encephalopathy", True, False),
    ("pregnancy", ALL, HOLD, "pregnant", True, False),
    ("breastfeeding", ALL, HOLD, "breastfeeding", True, False),
    ("mania", ALL, FLAG, "mania", True, False),
    ("suicide_risk_high", NOT_ACUTE, HOLD, "suicide_risk", "high", "moderate"),
    ("suicide_risk_high_acute", (ACUTE,), FLAG, "suicide_risk", "high", "moderate"),
    ("no_acute_suicidality", (ACUTE,), HOLD, "acute_suicidality", False, True),
    ("no_depressive_episode", (ACUTE,), HOLD, "depressive_episode", False, True),
    ("age_65_or_over", SPRAY, FLAG, "age_y", 65, 64),
    ("not_treatment_resistant", NOT_ACUTE, HOLD, "resistance_definition_met", False, True),
    ("no_oral_antidepressant", (NASAL,), FLAG, "oral_antidepressant", False, True),
    ("rems_enrolment", SPRAY, STOP, "rems_enrolled", False, True),
]
DO_NOT_WAIT = {"hypertensive_encephalopathy", "no_oral_antidepressant"}
ROWS = [(protocol, *row[:1], *row[2:]) for row in SPEC for protocol in row[1]]


def judged(protocol: str, **changed: Value) -> Decision:
    """The decision on a person nothing speaks against, with these facts changed."""
    return assess(protocol, reassuring_facts(protocol) | changed, NOW)


def test_the_table_holds_every_rule_with_its_protocols_and_level() -> None:
    assert {(rule.name, rule.protocols, rule.level, rule.fact) for rule in RULES} == {row[:4] for row in SPEC}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_person_nothing_speaks_against_is_allowed(protocol: str) -> None:
    assert judged(protocol) == Allowed()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_with_nothing_known_it_cannot_tell_and_asks_each_question_once(protocol: str) -> None:
    decision = assess(protocol, {}, NOW)
    assert isinstance(decision, CannotTell)
    asked = [absent.fact for absent in decision.missing]
    assert len(asked) == len(set(asked))
    waiting = {rule.fact for rule in rules_for(protocol) if rule.asks and rule.only_if is None}
    conditional = {rule.only_if[0] for rule in rules_for(protocol) if rule.only_if}
    assert set(asked) == waiting | conditional
    assert all(absent.says.endswith("?") for absent in decision.missing)


@pytest.mark.parametrize(("protocol", "rule", "level", "fact", "speaks", "silent"), ROWS)
def test_the_rule_speaks(protocol: str, rule: str, level: Level, fact: str, speaks: Value, silent: Value) -> None:
    decision = judged(protocol, **{fact: speaks})
    (reason,) = [reason for reason in reasons_of(decision) if reason.rule == rule]
    assert (reason.level, reason.fact, reason.value) == (level, fact, speaks)
    assert reason.source
    assert reason.says
    assert isinstance(decision, Allowed if level is FLAG else Refused)


@pytest.mark.parametrize(("protocol", "rule", "level", "fact", "speaks", "silent"), ROWS)
def test_the_rule_is_silent(protocol: str, rule: str, level: Level, fact: str, speaks: Value, silent: Value) -> None:
    assert rule not in {reason.rule for reason in reasons_of(judged(protocol, **{fact: silent}))}


@pytest.mark.parametrize(("protocol", "rule", "level", "fact", "speaks", "silent"), ROWS)
def test_not_knowing_the_fact(protocol: str, rule: str, level: Level, fact: str, speaks: Value, silent: Value) -> None:
    decision = judged(protocol, **{fact: None})
    waiting = [absent.needed_by for absent in missing_of(decision) if absent.fact == fact]
    if rule == "age_65_or_over":  # It does not wait for the age; another rule does.
        assert waiting == ["under_18_not_approved"]
    elif rule in DO_NOT_WAIT:
        assert decision == Allowed()
    else:
        assert isinstance(decision, CannotTell)
        assert rule in waiting[0].split(", ")


def test_acute_suicidality_is_its_own_reason_and_asks_for_no_failed_treatments() -> None:
    facts = {fact.name for fact in facts_for(ACUTE)}
    assert "resistance_definition_met" not in facts
    assert {"acute_suicidality", "depressive_episode"} <= facts
    for other in NOT_ACUTE:
        assert not {"acute_suicidality", "depressive_episode"} & {fact.name for fact in facts_for(other)}
    assert isinstance(judged(ACUTE, suicide_risk="high"), Allowed)


def test_every_racemic_route_is_judged_by_the_same_rules() -> None:
    assert rules_for(IV) == rules_for(IM) == rules_for(SC) == rules_for(RACEMIC_NASAL)


@pytest.mark.parametrize("level", [STOP, HOLD])
def test_a_table_row_from_memory_that_would_gate_is_a_fault(level: Level) -> None:
    row = {"name": "x", "level": level, "fact": "mania", "when": {"is": True}, "says": "X.", "provenance": "memory"}
    with pytest.raises(Broken):
        read_rule(row, {})
    assert read_rule(row | {"level": FLAG}, {}).level is FLAG


def test_numbers_carry_the_limit_they_passed() -> None:
    (reason,) = reasons_of(judged(NASAL, systolic_mmhg=182))
    assert (reason.value, reason.limit) == (182, 140)


@pytest.mark.parametrize(
    ("setting", "enrolled", "answer", "missing"),
    [
        ("us_outpatient", True, "allowed", ()),
        ("us_outpatient", False, "refused", ()),
        ("us_outpatient", None, "cannot_tell", ("rems_enrolled",)),
        ("us_inpatient", False, "allowed", ()),
        ("us_inpatient", None, "allowed", ()),
        ("outside_us", None, "allowed", ()),
        (None, False, "cannot_tell", ("treatment_setting",)),
        (None, None, "cannot_tell", ("treatment_setting",)),
        (None, True, "allowed", ()),
    ],
)
def test_enrolment_is_asked_only_of_outpatients_in_the_united_states(
    setting: str | None, enrolled: bool | None, answer: str, missing: tuple[str, ...]
) -> None:
    decision = judged(NASAL, treatment_setting=setting, rems_enrolled=enrolled)
    assert verdict(decision) == answer
    assert tuple(absent.fact for absent in missing_of(decision)) == missing


def test_what_speaks_and_what_is_missing_are_said_together() -> None:
    decision = judged(IV, stroke=True, pregnant=None, substance_misuse="past")
    assert isinstance(decision, Refused)
    assert [reason.rule for reason in decision.reasons] == ["stroke"]
    assert [absent.fact for absent in decision.missing] == ["pregnant"]
    assert [flag.rule for flag in decision.flags] == ["substance_misuse_past"]


@pytest.mark.parametrize(
    ("born", "answer"),
    [("2008-01-01", "allowed"), ("2008-01-02", "refused"), ("1980-06-30", "allowed")],
)
def test_a_date_of_birth_stands_in_for_the_age(born: str, answer: str) -> None:
    assert verdict(judged(NASAL, age_y=None, birth_date=born)) == answer


def test_an_age_that_was_given_counts_before_the_date_of_birth() -> None:
    assert verdict(judged(NASAL, age_y=40, birth_date="2020-01-01")) == "allowed"


def test_a_named_prescriber_may_accept_a_hold_and_it_stays_in_sight() -> None:
    refused = judged(NASAL, pregnant=True, psychosis="past")
    once = with_overrides(refused, [Override("pregnancy", "Dr Ito", "Discussed with obstetrics.")])
    assert isinstance(once, Refused)
    both = [Override("pregnancy", "Dr Ito", "Discussed."), Override("psychosis_history", "Dr Ito", "Ten years ago.")]
    allowed = with_overrides(refused, both)
    assert isinstance(allowed, Allowed)
    assert {flag.rule for flag in allowed.flags} == {"pregnancy", "psychosis_history"}
    assert all("Dr Ito" in flag.says for flag in allowed.flags)


def test_nobody_can_accept_a_stop_and_nothing_missing_goes_away() -> None:
    stopped = judged(NASAL, allergy=True)
    assert with_overrides(stopped, [Override("allergy", "Dr Ito", "Mild.")]) == stopped
    unknown = judged(NASAL, pregnant=None)
    assert with_overrides(unknown, [Override("pregnancy", "Dr Ito", "Unlikely.")]) == unknown


@pytest.mark.parametrize(("by", "because"), [("", "Weighed."), ("  ", "Weighed."), ("Dr Ito", ""), ("Dr Ito", " ")])
def test_accepting_a_hold_needs_a_name_and_a_reason(by: str, because: str) -> None:
    with pytest.raises(BadInput) as refused:
        Override("pregnancy", by, because)
    assert (refused.value.code, refused.value.path) == ("override_needs_reason", "pregnancy")


def test_an_accepted_hold_says_by_whom_and_why() -> None:
    refused = judged(NASAL, pregnant=True)
    (before,) = reasons_of(refused)
    (after,) = reasons_of(with_overrides(refused, [Override("pregnancy", "Dr Ito", "Discussed.")]))
    assert after.says == f"{before.says} Accepted by Dr Ito: Discussed."
    assert (after.level, after.fact, after.value, after.source) == (FLAG, before.fact, before.value, before.source)


def test_a_rule_from_memory_never_gates() -> None:
    memory = [rule for rule in RULES if rule.basis.provenance is Provenance.MEMORY]
    assert [rule.name for rule in memory] == ["mania"]
    assert all(rule.level is FLAG for rule in memory)
    assert all(rule.basis.may_gate for rule in RULES if rule.level is not FLAG)


def test_every_rule_names_its_source_and_every_fact_asks_a_question() -> None:
    assert all(rule.basis.sources and rule.says.endswith(".") for rule in RULES)
    assert all(fact.question.endswith("?") and fact.help for fact in FACTS.values())
    used = {fact.name for protocol in PROTOCOLS for fact in facts_for(protocol)}
    assert set(FACTS) - used == {"birth_date"}


@pytest.mark.parametrize(
    ("facts", "code", "path"),
    [
        ({"pregnent": False}, "unknown_fact", "facts.pregnent"),
        ({"pregnant": "no"}, "wrong_kind", "facts.pregnant"),
        ({"pregnant": 0}, "wrong_kind", "facts.pregnant"),
        ({"age_y": "forty"}, "wrong_kind", "facts.age_y"),
        ({"age_y": True}, "wrong_kind", "facts.age_y"),
        ({"age_y": float("nan")}, "wrong_kind", "facts.age_y"),
        ({"age_y": 121}, "out_of_range", "facts.age_y"),
        ({"systolic_mmhg": 12}, "out_of_range", "facts.systolic_mmhg"),
        ({"diastolic_mmhg": 1040}, "out_of_range", "facts.diastolic_mmhg"),
        ({"hepatic_impairment": "a bit"}, "unknown_choice", "facts.hepatic_impairment"),
        ({"hepatic_impairment": 2}, "unknown_choice", "facts.hepatic_impairment"),
        ({"birth_date": "yesterday"}, "wrong_kind", "facts.birth_date"),
        ({"birth_date": "2030-01-01"}, "out_of_range", "facts.birth_date"),
    ],
)
def test_a_fact_that_cannot_be_meant_is_refused(facts: dict[str, object], code: str, path: str) -> None:
    with pytest.raises(BadInput) as refused:
        assess(NASAL, facts, NOW)
    assert (refused.value.code, refused.value.path) == (code, path)


@pytest.mark.parametrize("protocol", shipped_protocols())
def test_every_shipped_protocol_has_rules(protocol: str) -> None:
    assert assess(protocol, reassuring_facts(protocol), NOW) == Allowed()


def test_an_unknown_protocol_and_a_time_without_zone_are_refused() -> None:
    with pytest.raises(BadInput) as unknown:
        assess("oral_at_home", {}, NOW)
    assert unknown.value.code == "unknown_protocol"
    with pytest.raises(BadInput) as naive:
        assess(IV, {}, datetime(2026, 1, 1))
    assert naive.value.code == "naive_time"
