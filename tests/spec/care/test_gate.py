"""The gate before a dose: a blank is never a yes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.spec.care.bedside import START, minute, signed

from euthymia.care.decision import (
    Allowed,
    CannotTell,
    Decision,
    Level,
    Missing,
    Reason,
    Refused,
    decide,
    missing_of,
    reasons_of,
)
from euthymia.care.gate import ConsentFact, GateFacts, pre_dose_gate
from euthymia.care.protocols.load import load_protocol, shipped_protocols
from euthymia.care.vitals import parse_vitals

PROTOCOL, SIGNATURE = signed()
COMPLETE = GateFacts(
    identifiers=("name", "date_of_birth"),
    consent=ConsentFact(PROTOCOL.id, PROTOCOL.version, minute(-60)),
    escort_name="Sam",
    checklist={item.name: True for item in PROTOCOL.checks},
    vitals=parse_vitals("120/80 72 98%"),
    vitals_at=minute(-10),
    plan_protocol=(PROTOCOL.id, PROTOCOL.version),
    eligibility=Allowed(),
    order=Allowed(),
    stock=Allowed(),
)


def gate(**changed: Any) -> Decision:
    return pre_dose_gate(replace(COMPLETE, **changed), PROTOCOL, SIGNATURE, START)


def test_everything_in_place_passes() -> None:
    assert gate() == Allowed()


@pytest.mark.parametrize(
    ("changed", "fact"),
    [
        ({"identifiers": ()}, "identifiers"),
        ({"identifiers": ("name",)}, "identifiers"),
        ({"identifiers": ("name", "name")}, "identifiers"),
        ({"consent": None}, "consent"),
        ({"escort_name": None}, "escort"),
        ({"escort_name": "  "}, "escort"),
        ({"checklist": {}}, "checks.fasted"),
        ({"checklist": {"fasted": None, "weight_today": True}}, "checks.fasted"),
        ({"vitals": None}, "vitals"),
        ({"vitals_at": None}, "vitals"),
        ({"vitals": parse_vitals("120/80 72")}, "vitals.spo2"),
        ({"vitals": parse_vitals("72 98%")}, "vitals.blood_pressure"),
        ({"plan_protocol": None}, "plan"),
        ({"eligibility": None}, "eligibility"),
        ({"eligibility": CannotTell((Missing("allergies"),))}, "allergies"),
        ({"order": None}, "order"),
        ({"stock": None}, "stock"),
    ],
)
def test_each_blank_is_named_and_does_not_pass(changed: dict[str, Any], fact: str) -> None:
    answer = gate(**changed)
    assert isinstance(answer, CannotTell)
    assert fact in {missing.fact for missing in answer.missing}


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"consent": ConsentFact(PROTOCOL.id, "0.9.0", START)}, "consent_covers"),
        ({"consent": ConsentFact("im_racemic", PROTOCOL.version, START)}, "consent_covers"),
        ({"checklist": {"fasted": False, "weight_today": True}}, "checklist"),
        ({"plan_protocol": (PROTOCOL.id, "0.9.0")}, "plan_of_protocol"),
        ({"vitals_at": minute(-30.1)}, "vitals_fresh"),
        ({"vitals_at": minute(1)}, "vitals_fresh"),
        ({"vitals": parse_vitals("151/80 72 98%")}, "before_systolic"),
        ({"vitals": parse_vitals("120/96 72 98%")}, "before_diastolic"),
        ({"vitals": parse_vitals("120/80 111 98%")}, "before_heart_rate"),
        ({"vitals": parse_vitals("120/80 72 93%")}, "before_spo2"),
        ({"eligibility": decide([Reason("aneurysm", Level.STOP, "history")])}, "aneurysm"),
        ({"order": decide([Reason("dose_cap", Level.STOP, "dose_mg")])}, "dose_cap"),
    ],
)
def test_each_no_is_said_with_its_reason(changed: dict[str, Any], rule: str) -> None:
    answer = gate(**changed)
    assert isinstance(answer, Refused)
    assert [reason.rule for reason in answer.reasons] == [rule]


@pytest.mark.parametrize(
    ("line", "at_min"),
    [("150/95 110 94%", -10), ("120/80 72 98%", -30), ("120/80 72 98%", 0)],
)
def test_a_value_at_its_limit_passes(line: str, at_min: float) -> None:
    assert gate(vitals=parse_vitals(line), vitals_at=minute(at_min)) == Allowed()


def test_a_check_that_is_only_advised_flags_and_does_not_stop() -> None:
    answer = gate(checklist={**COMPLETE.checklist, "life_support": False})
    assert isinstance(answer, Allowed)
    assert [flag.fact for flag in answer.flags] == ["checks.life_support"]


def test_a_limit_that_was_set_by_the_clinic_says_so() -> None:
    reason = reasons_of(gate(vitals=parse_vitals("190/80 72 98%")))[0]
    assert (reason.value, reason.limit, reason.source) == (190, 150, "set by Dr Lead")


def test_an_unsigned_protocol_does_not_pass() -> None:
    answer = pre_dose_gate(COMPLETE, PROTOCOL, None, START)
    assert [missing.fact for missing in missing_of(answer)] == ["protocol.signature"]


def test_a_protocol_with_holes_does_not_pass_and_names_them() -> None:
    answer = pre_dose_gate(COMPLETE, load_protocol(PROTOCOL.id), None, START)
    facts = {missing.fact for missing in missing_of(answer)}
    assert {"limits.before_systolic", "fresh_within_min", "minimum_observation_min"} <= facts
    assert not isinstance(answer, Allowed)


def test_nothing_known_names_everything_at_once() -> None:
    answer = pre_dose_gate(GateFacts(), PROTOCOL, SIGNATURE, START)
    assert isinstance(answer, CannotTell)
    assert {missing.fact for missing in answer.missing} == {
        "identifiers",
        "consent",
        "escort",
        "checks.fasted",
        "checks.weight_today",
        "plan",
        "vitals",
        "eligibility",
        "order",
        "stock",
    }


def test_the_label_holds_nasal_esketamine_above_140_over_90() -> None:
    nasal, signature = signed("esketamine_nasal_trd")
    facts = replace(
        COMPLETE,
        consent=ConsentFact(nasal.id, nasal.version, START),
        checklist={item.name: True for item in nasal.checks},
        plan_protocol=(nasal.id, nasal.version),
    )
    for line, rule in (("140/90", None), ("141/90", "before_systolic"), ("140/91", "before_diastolic")):
        answer = pre_dose_gate(replace(facts, vitals=parse_vitals(line)), nasal, signature, START)
        assert [reason.rule for reason in reasons_of(answer)] == ([rule] if rule else [])


LABEL = {"no_food": True, "no_drink": True, "no_nasal_spray": True, "prescriber_on_site": True, "enrolled": True}
RACEMIC = {"fasted": True, "weight_today": True}
# What each protocol asks before a dose, and whether it must be met.
POINTS = {
    "esketamine_nasal_trd": LABEL,
    "esketamine_nasal_mdsi": LABEL,
    "iv_racemic_05": RACEMIC | {"life_support": False},
    "im_racemic": RACEMIC,
    "sc_racemic": RACEMIC,
    "nasal_racemic": RACEMIC,
}


def test_every_shipped_protocol_asks_exactly_its_points() -> None:
    assert {name: {item.name: item.required for item in load_protocol(name).checks} for name in POINTS} == POINTS
    assert set(POINTS) == set(shipped_protocols())


@pytest.mark.parametrize(("name", "point"), [(name, point) for name, asked in POINTS.items() for point in asked])
def test_each_point_of_each_protocol_is_asked_and_must_be_met(name: str, point: str) -> None:
    protocol, signature = signed(name)

    def answered(answer: bool | None) -> Decision:
        facts = replace(
            COMPLETE,
            consent=ConsentFact(protocol.id, protocol.version, START),
            checklist=dict.fromkeys(POINTS[name], True) | {point: answer},
            plan_protocol=(protocol.id, protocol.version),
        )
        return pre_dose_gate(facts, protocol, signature, START)

    required = POINTS[name][point]
    level = Level.STOP if required else Level.FLAG
    # A protocol for research only is stopped for that alone, whatever is answered.
    others = [reason.rule for reason in reasons_of(answered(True))]
    assert others == (["research_only"] if name == "nasal_racemic" else [])
    assert missing_of(answered(True)) == ()
    assert [missing.fact for missing in missing_of(answered(None))] == ([f"checks.{point}"] if required else [])
    own = [reason for reason in reasons_of(answered(False)) if reason.rule not in others]
    assert [(reason.rule, reason.level, reason.fact) for reason in own] == [("checklist", level, f"checks.{point}")]
