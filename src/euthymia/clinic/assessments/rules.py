"""The one place where a person's facts meet the rules of care."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from euthymia.care.decision import Decision, Missing, combine, decide
from euthymia.care.eligibility import PROTOCOLS, SAME_RULES, assess
from euthymia.care.facts import FACTS, checked_facts
from euthymia.care.interactions import interactions
from euthymia.care.protocol import Protocol
from euthymia.clinic.assessments.episode import EPISODE_FACTS, read_episode_answer
from euthymia.clinic.assessments.picture import SIGN, read_sign

MEDICATIONS = "medications"
# Which rules a protocol is judged by, where those it names have no rules here.
RULES_FOR = {
    ("ketamine", "iv"): "iv_racemic",
    ("ketamine", "im"): "im_racemic",
    ("ketamine", "sc"): "sc_racemic",
    ("ketamine", "nasal"): "nasal_racemic",
    ("esketamine", "nasal"): "esketamine_nasal_trd",
}


def rules_id(protocol: Protocol) -> str | None:
    """The name under which care keeps the rules for this protocol; None when it has none.

    The rules it names count, a clone's being its parent's; rules it names and nobody wrote are none.
    """
    name = SAME_RULES.get(protocol.eligibility_rules, protocol.eligibility_rules)
    if name in PROTOCOLS:
        return name
    return None if protocol.eligibility else RULES_FOR.get((protocol.drug, protocol.route))


def eligibility_of(protocol: Protocol, facts: Mapping[str, Any], now: datetime) -> Decision:
    """What the rules answer for this protocol on these facts; *cannot tell* for a protocol without rules."""
    name = rules_id(protocol)
    if name is None:
        says = f"No eligibility rules are written for {protocol.drug} by this route yet."
        return decide(missing=[Missing("eligibility_rules", protocol.id, says)])
    met = interactions(facts.get(MEDICATIONS) or ())
    return combine(assess(name, asked_facts(facts), now), decide(met))


def asked_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the facts that a rule may ask for."""
    return {name: value for name, value in facts.items() if name in FACTS}


def read_answer(name: str, value: Any, now: datetime) -> Any:
    """The answer to one question, of its kind; None takes it back. Refuses (BadInput) what cannot be meant."""
    if name in EPISODE_FACTS:
        return read_episode_answer(name, value)
    if name.startswith(SIGN):
        return read_sign(name, value, now)
    return checked_facts({name: value}, now).get(name)
