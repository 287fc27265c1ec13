"""Two ways to the same promise: more risk never helps, and knowing less never opens a door."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from euthymia.care.decision import Level, Value, verdict
from euthymia.care.eligibility import FACTS, PROTOCOLS, Rule, assess, facts_for, reassuring_facts, rules_for
from euthymia.care.facts import Fact, FactKind

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STRICTNESS = {"allowed": 0, "cannot_tell": 1, "refused": 2}


def values(fact: Fact) -> st.SearchStrategy[Value]:
    if fact.kind is FactKind.YES_NO:
        return st.booleans()
    if fact.kind is FactKind.CHOICE:
        return st.sampled_from(fact.choices)
    return st.floats(fact.low or 0.0, fact.high or 0.0)


def known(protocol: str) -> st.SearchStrategy[dict[str, Value]]:
    """Any mixture of known and unknown facts."""
    return st.fixed_dictionaries({}, optional={fact.name: values(fact) for fact in facts_for(protocol)})


def risky(rule: Rule) -> Value:
    """A value at which this rule speaks."""
    if rule.when.equals is not None:
        return rule.when.equals
    if rule.when.above is not None:
        return rule.when.above + 1
    if rule.when.below is not None:
        return rule.when.below - 1
    return rule.when.one_of[0]


def strictness(protocol: str, facts: dict[str, Value]) -> int:
    return STRICTNESS[verdict(assess(protocol, facts, NOW))]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_risk_in_place_of_its_absence_never_makes_the_verdict_milder(data: st.DataObject) -> None:
    protocol = data.draw(st.sampled_from(sorted(PROTOCOLS)))
    facts = data.draw(known(protocol))
    rule = data.draw(st.sampled_from(rules_for(protocol)))
    safe = facts | {rule.fact: FACTS[rule.fact].reassuring}
    assert strictness(protocol, facts | {rule.fact: risky(rule)}) >= strictness(protocol, safe)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_risk_that_gates_refuses_whatever_else_is_known(data: st.DataObject) -> None:
    protocol = data.draw(st.sampled_from(sorted(PROTOCOLS)))
    gates = [rule for rule in rules_for(protocol) if rule.level is not Level.FLAG]
    rule = data.draw(st.sampled_from(gates))
    facts = data.draw(known(protocol)) | {rule.fact: risky(rule)}
    if rule.only_if:
        facts |= {rule.only_if[0]: rule.only_if[1][0]}
    assert strictness(protocol, facts) == STRICTNESS["refused"]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_taking_a_fact_away_never_turns_cannot_tell_into_allowed(data: st.DataObject) -> None:
    protocol = data.draw(st.sampled_from(sorted(PROTOCOLS)))
    mostly_safe = reassuring_facts(protocol)
    facts = data.draw(st.one_of(known(protocol), known(protocol).map(lambda some: mostly_safe | some)))
    name = data.draw(st.sampled_from(sorted(mostly_safe)))
    fewer = {fact: value for fact, value in facts.items() if fact != name}
    before, after = verdict(assess(protocol, facts, NOW)), verdict(assess(protocol, fewer, NOW))
    assert not (before == "cannot_tell" and after == "allowed")
    # Only what no rule waits for may fall silent; a fact that gates leaves a question behind.
    if before == "refused" and after == "allowed":
        assert name in {rule.fact for rule in rules_for(protocol) if not rule.asks}
