"""The gate before a dose. Every question it asks must be answered; a blank is never a yes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType

from euthymia.care.decision import Decision, Level, Missing, Reason, combine, decide
from euthymia.care.monitoring import judge_vitals
from euthymia.care.protocol import Protocol, Stage
from euthymia.care.protocol_signature import Signature, ready
from euthymia.care.vitals import Reading

TWO = 2


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """A signed consent and what it covers."""

    protocol_id: str
    protocol_version: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class GateFacts:
    """What is known in front of the person. None, or a check that is not in `checklist`, is unknown and refuses.

    identifiers: kinds of identifier confirmed with the person, e.g. ("name", "date_of_birth").
    plan_protocol: id and version of the approved plan's protocol.   eligibility, order, stock: the standing decisions.
    """

    identifiers: tuple[str, ...] = ()
    consent: ConsentFact | None = None
    escort_name: str | None = None
    checklist: Mapping[str, bool | None] = field(default_factory=lambda: MappingProxyType({}))
    vitals: Reading | None = None
    vitals_at: datetime | None = None
    plan_protocol: tuple[str, str] | None = None
    eligibility: Decision | None = None
    order: Decision | None = None
    stock: Decision | None = None


def pre_dose_gate(facts: GateFacts, protocol: Protocol, signature: Signature | None, now: datetime) -> Decision:
    """Whether the dose may be started now: identity, consent, escort, checklist, vital signs, plan, protocol,
    eligibility, order and stock, all asked at once so that a screen can show everything that is still open."""
    own = (
        _identity(facts),
        _consent(facts, protocol),
        _escort(facts),
        _checklist(facts, protocol),
        _plan(facts, protocol),
        _vitals(facts, protocol, now),
    )
    standing = [
        facts.eligibility if facts.eligibility is not None else _unknown("eligibility", "Eligibility was not decided."),
        facts.order if facts.order is not None else _unknown("order", "The dose was not checked."),
        facts.stock if facts.stock is not None else _unknown("stock", "The stock was not looked at."),
    ]
    return combine(ready(protocol, signature), *own, *standing)


def _unknown(fact: str, says: str, needed_by: str = "pre_dose_gate") -> Decision:
    return decide(missing=[Missing(fact, needed_by, says)])


def _refused(rule: str, fact: str, value: str, limit: str, says: str) -> Decision:
    return decide([Reason(rule, Level.STOP, fact, value, limit, says=says)])


def _identity(facts: GateFacts) -> Decision:
    if len(set(facts.identifiers)) >= TWO:
        return decide()
    return _unknown("identifiers", "Confirm two different identifiers with the person.", "two_identifiers")


def _consent(facts: GateFacts, protocol: Protocol) -> Decision:
    if facts.consent is None:
        return _unknown("consent", "No signed consent for this treatment.", "consent_signed")
    covers = (facts.consent.protocol_id, facts.consent.protocol_version)
    if covers == (protocol.id, protocol.version):
        return decide()
    says = "The consent covers another treatment or version; ask again."
    return _refused("consent_covers", "consent", " ".join(covers), f"{protocol.id} {protocol.version}", says)


def _escort(facts: GateFacts) -> Decision:
    if facts.escort_name and facts.escort_name.strip():
        return decide()
    return _unknown("escort", "Who takes the person home?", "escort_named")


def _checklist(facts: GateFacts, protocol: Protocol) -> Decision:
    reasons, missing = [], []
    for item in protocol.checks:
        answer = facts.checklist.get(item.name)
        level = Level.STOP if item.required else Level.FLAG
        source = ", ".join(item.source) or str(item.provenance)
        if answer is False:
            reasons.append(
                Reason("checklist", level, f"checks.{item.name}", False, True, source, f"Not met: {item.text}.")
            )
        elif answer is None and item.required:
            missing.append(Missing(f"checks.{item.name}", "checklist", f"{item.text}?"))
    return decide(reasons, missing)


def _plan(facts: GateFacts, protocol: Protocol) -> Decision:
    if facts.plan_protocol is None:
        return _unknown("plan", "No plan was approved for this person.", "plan_approved")
    if facts.plan_protocol == (protocol.id, protocol.version):
        return decide()
    says = "The approved plan belongs to another protocol or version."
    return _refused(
        "plan_of_protocol", "plan", " ".join(facts.plan_protocol), f"{protocol.id} {protocol.version}", says
    )


def _vitals(facts: GateFacts, protocol: Protocol, now: datetime) -> Decision:
    if facts.vitals is None or facts.vitals_at is None:
        return _unknown("vitals", "No vital signs before the dose.", "vitals_fresh")
    return combine(
        _fresh(facts.vitals_at, protocol, now), judge_vitals(facts.vitals, None, protocol, stage=Stage.BEFORE)
    )


def _fresh(taken_at: datetime, protocol: Protocol, now: datetime) -> Decision:
    limit = protocol.fresh_within_min
    if limit.value is None:
        return _unknown("fresh_within_min", limit.why, "vitals_fresh")
    age_min = (now - taken_at) / timedelta(minutes=1)
    if 0 <= age_min <= limit.value:
        return decide()
    says = "Taken in the future; check the clock." if age_min < 0 else "Too long ago; measure again."
    value = round(age_min, 1)
    return decide([Reason("vitals_fresh", Level.STOP, "vitals.age_min", value, limit.value, limit.says_source, says)])
