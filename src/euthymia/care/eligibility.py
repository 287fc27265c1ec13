"""Who may be treated on which protocol: every rule answers from named facts, with its level and its source.

A rule that needs a fact nobody knows makes the answer *cannot tell*. A hold may be accepted by a named prescriber
with a reason (`with_overrides`); a stop has no path. What rests on memory only flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any

from euthymia.care.decision import Decision, Level, Missing, Reason, Value, decide
from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.facts import FACTS, Fact, checked_facts
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocol import Source
from euthymia.care.tables.load import read_table
from euthymia.errors import BadInput, Broken

__all__ = [
    "FACTS",
    "PROTOCOLS",
    "RULES",
    "Fact",
    "Override",
    "Rule",
    "assess",
    "facts_for",
    "reassuring_facts",
    "rules_for",
    "with_overrides",
]


@dataclass(frozen=True, slots=True)
class When:
    """Which values of a fact make a rule speak: exactly one of these is given."""

    equals: bool | None = None
    one_of: tuple[str, ...] = ()
    above: float | None = None
    below: float | None = None

    def speaks(self, value: Value) -> bool:
        if self.equals is not None:
            return value is self.equals
        if self.above is not None:
            return isinstance(value, int | float) and value > self.above
        if self.below is not None:
            return isinstance(value, int | float) and value < self.below
        return value in self.one_of

    @property
    def limit(self) -> Value:
        return self.above if self.above is not None else self.below


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `asks`: without its fact the answer is *cannot tell*. `only_if`: it holds only where another fact has
    one of these values."""

    name: str
    protocols: tuple[str, ...]
    level: Level
    fact: str
    when: When
    says: str
    basis: Basis
    asks: bool = True
    only_if: tuple[str, tuple[str, ...]] | None = None


_TABLE = read_table("eligibility")

PROTOCOLS: Mapping[str, str] = MappingProxyType(dict(_TABLE["protocols"]))
SAME_RULES: Mapping[str, str] = MappingProxyType(dict(_TABLE["same_rules"]))


def _when(row: Mapping[str, Any]) -> When:
    return When(row.get("is"), tuple(row.get("one_of", ())), row.get("above"), row.get("below"))


def read_rule(row: Mapping[str, Any], sources: Mapping[str, Source]) -> Rule:
    """One row of the table. What rests on memory may only flag: anything stronger is a fault of the table (Broken)."""
    only_if = row.get("only_if")
    rule = Rule(
        name=row["name"],
        protocols=tuple(row.get("protocols", PROTOCOLS)),
        level=Level(row["level"]),
        fact=row["fact"],
        when=_when(row["when"]),
        says=row["says"],
        basis=basis_of(row, sources),
        asks=row.get("asks", True),
        only_if=(only_if["fact"], tuple(only_if["one_of"])) if only_if else None,
    )
    if rule.level is not Level.FLAG and not rule.basis.may_gate:
        raise Broken(f"Rule {rule.name} rests on memory and may only flag.")
    return rule


RULES: tuple[Rule, ...] = tuple(read_rule(row, sources_of(_TABLE)) for row in _TABLE["rule"])


def assess(protocol: str, facts: Mapping[str, object], now: datetime) -> Decision:
    """May this person be treated on this protocol? Reasons carry rule, level, fact, value, limit and source.

    facts: by the names in FACTS; None or absent is not known.   now: turns a date of birth into an age.
    Refuses an unknown protocol and facts that cannot be meant (BadInput).
    """
    known = checked_facts(facts, now)
    reasons: list[Reason] = []
    missing: list[Missing] = []
    for rule in rules_for(protocol):
        answer = _answer(rule, known)
        if isinstance(answer, Reason):
            reasons.append(answer)
        elif answer is not None:
            missing.append(answer)
    return decide(reasons, _once_per_fact(missing))


@cache
def rules_for(protocol: str) -> tuple[Rule, ...]:
    """The rules of one protocol, in the order they are shown (BadInput for an unknown protocol)."""
    name = SAME_RULES.get(protocol, protocol)
    if name not in PROTOCOLS:
        known = ", ".join((*PROTOCOLS, *SAME_RULES))
        raise BadInput("unknown_protocol", "protocol", f"'{protocol}' is not known here. Known: {known}.")
    return tuple(rule for rule in RULES if name in rule.protocols)


@cache
def facts_for(protocol: str) -> tuple[Fact, ...]:
    """The facts this protocol's rules look at, in the order of the questions."""
    names = {rule.fact for rule in rules_for(protocol)}
    names |= {rule.only_if[0] for rule in rules_for(protocol) if rule.only_if}
    return tuple(fact for fact in FACTS.values() if fact.name in names)


def reassuring_facts(protocol: str) -> dict[str, Value]:
    """An answer to every question of this protocol that triggers no rule: for tests, trials and invented people."""
    return {fact.name: fact.reassuring for fact in facts_for(protocol)}


def _answer(rule: Rule, known: Mapping[str, Value]) -> Reason | Missing | None:
    value = known.get(rule.fact)
    if value is not None and not rule.when.speaks(value):
        return None
    if rule.only_if is not None:
        fact, values = rule.only_if
        if known.get(fact) is None:
            return _missing(rule, fact)
        if known[fact] not in values:
            return None
    if value is None:
        return _missing(rule, rule.fact) if rule.asks else None
    return Reason(rule.name, rule.level, rule.fact, value, rule.when.limit, rule.basis.says, rule.says)


def _missing(rule: Rule, fact: str) -> Missing:
    return Missing(fact, rule.name, FACTS[fact].question)


def _once_per_fact(missing: list[Missing]) -> tuple[Missing, ...]:
    """One question per fact, naming every rule that waits for it."""
    rules: dict[str, list[str]] = {}
    for absent in missing:
        rules.setdefault(absent.fact, []).append(absent.needed_by)
    return tuple(Missing(fact, ", ".join(names), FACTS[fact].question) for fact, names in rules.items())
