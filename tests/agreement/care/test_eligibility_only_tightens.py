"""More risk never helps and knowing less never opens a door: for every rule and every set of rules, one by one."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.decision import Decision, Level, Value, missing_of, reasons_of, verdict
from euthymia.care.eligibility import (
    FACTS,
    PROTOCOLS,
    RULES,
    Override,
    Rule,
    assess,
    facts_for,
    with_overrides,
)
from euthymia.care.facts import Fact, FactKind

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STRICTNESS = {"allowed": 0, "cannot_tell": 1, "refused": 2}
EVERY_PROTOCOL = sorted(PROTOCOLS)
# One draw makes a whole person: cheap enough for ten thousand of them per rule.
SEEDS = st.integers(0, 2**32 - 1)


def person(protocol: str, seed: int) -> dict[str, Value]:
    """Any mixture of known and unknown, reassuring and risky facts; every seed is one person."""
    chance = random.Random(seed)
    known, risk = chance.random(), chance.random()
    return {
        fact.name: _value(fact, chance) if chance.random() < risk else fact.reassuring
        for fact in facts_for(protocol)
        if chance.random() < known or seed % 5 == 0
    }


def _value(fact: Fact, chance: random.Random) -> Value:
    if fact.kind is FactKind.YES_NO:
        return chance.random() < 0.5
    if fact.kind is FactKind.CHOICE:
        return chance.choice(fact.choices)
    return round(chance.uniform(fact.low or 0.0, fact.high or 0.0))


def risky(rule: Rule) -> Value:
    """A value at which this rule speaks."""
    if rule.when.equals is not None:
        return rule.when.equals
    if rule.when.above is not None:
        return rule.when.above + 1
    if rule.when.below is not None:
        return rule.when.below - 1
    return rule.when.one_of[0]


# One test per rule holds all its promises, on one of its protocols a draw: ten thousand draws a rule stay minutes.
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@given(seed=SEEDS)
def test_a_rule_only_tightens(rule: Rule, seed: int) -> None:
    protocol = rule.protocols[seed % len(rule.protocols)]
    facts = person(protocol, seed)
    unknown = {name: value for name, value in facts.items() if name != rule.fact}
    at_risk = assess(protocol, unknown | {rule.fact: risky(rule)}, NOW)
    safe = assess(protocol, unknown | {rule.fact: FACTS[rule.fact].reassuring}, NOW)
    open_ = assess(protocol, unknown, NOW)
    a_risk_never_makes_it_milder(rule, facts, at_risk, safe)
    not_knowing_never_opens_a_door(rule, open_, safe)
    not_knowing_never_opens_a_door(rule, open_, assess(protocol, facts, NOW))
    accepting_it_touches_nothing_else(rule, at_risk)
    accepting_it_touches_nothing_else(rule, open_)


def a_risk_never_makes_it_milder(rule: Rule, facts: dict[str, Value], at_risk: Decision, safe: Decision) -> None:
    assert STRICTNESS[verdict(at_risk)] >= STRICTNESS[verdict(safe)]
    if rule.only_if and facts.get(rule.only_if[0]) not in rule.only_if[1]:
        return
    (found,) = [reason for reason in reasons_of(at_risk) if reason.rule == rule.name]
    assert (found.level, found.value) == (rule.level, risky(rule))
    assert (verdict(at_risk) == "refused") or rule.level is Level.FLAG


def not_knowing_never_opens_a_door(rule: Rule, open_: Decision, known: Decision) -> None:
    assert not (verdict(known) == "cannot_tell" and verdict(open_) == "allowed")
    asked = {absent.fact for absent in missing_of(open_)}
    assert {absent.fact for absent in missing_of(known)} <= asked | {rule.fact}
    # No rule takes silence for an answer.
    assert rule.name not in {reason.rule for reason in reasons_of(open_)}
    if rule.asks and rule.only_if is None:
        assert verdict(open_) != "allowed"
        assert rule.fact in asked


def accepting_it_touches_nothing_else(rule: Rule, before: Decision) -> None:
    after = with_overrides(before, [Override(rule.name, "Dr Ito", "Weighed with the person.")])
    assert missing_of(after) == missing_of(before)
    levels = {reason.rule: reason.level for reason in reasons_of(before)}
    if levels.get(rule.name) is Level.HOLD:
        levels[rule.name] = Level.FLAG
    assert {reason.rule: reason.level for reason in reasons_of(after)} == levels
    if verdict(after) == "allowed":
        assert not missing_of(before)
        assert set(levels.values()) <= {Level.FLAG}


@pytest.mark.parametrize("protocol", EVERY_PROTOCOL)
@given(seed=SEEDS)
def test_the_order_of_the_facts_is_irrelevant(protocol: str, seed: int) -> None:
    facts = person(protocol, seed)
    shuffled = list(facts.items())
    random.Random(seed + 1).shuffle(shuffled)
    assert assess(protocol, dict(shuffled), NOW) == assess(protocol, facts, NOW)


@pytest.mark.parametrize("protocol", EVERY_PROTOCOL)
@given(seed=SEEDS)
def test_what_is_said_to_be_not_known_is_the_same_as_what_is_left_out(protocol: str, seed: int) -> None:
    facts = person(protocol, seed)
    nothing: dict[str, Value] = dict.fromkeys(fact.name for fact in facts_for(protocol))
    assert assess(protocol, nothing | facts, NOW) == assess(protocol, facts, NOW)
