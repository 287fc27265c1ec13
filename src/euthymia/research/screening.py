"""Virtual candidates before the clinic's own rules: who may enter, and which dose they are ordered.

Nothing is decided here. Eligibility and dose are asked of `euthymia.care`, exactly as the clinic asks; a candidate whom
care refuses, or cannot tell about, does not enter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from euthymia.care.decision import Decision, Level, missing_of, reasons_of, verdict
from euthymia.care.dosing import PriorDose, WeightFacts, calculate, check_order
from euthymia.care.eligibility import assess, reassuring_facts, rules_for
from euthymia.care.protocol import Protocol, fill
from euthymia.care.protocol_document import content_hash
from euthymia.care.protocols.load import load_protocol
from euthymia.research.design import Arm, Design
from euthymia.response import relative_dose

# Virtual trials happen on one fixed day; only intervals matter to the rules.
FIRST_SESSION = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
# A virtual body stays within what the entry forms accept without a second look.
ADULT_BODY = {"bmi_kg_m2": (17.0, 44.0), "height_cm": (145.0, 200.0), "age_y": (18.0, 80.0)}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A virtual person at the door: body, and the facts that care asks about."""

    weight_kg: float
    height_cm: float
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Screened:
    """What care said: the first reason that kept the candidate out, or the order.

    dose_mg and relative_dose are of one session, 0 in a control arm.
    """

    kept_out_by: str = ""
    dose_mg: float = 0.0
    relative_dose: float = 0.0


def draw_candidate(design: Design, rng: np.random.Generator) -> Candidate:
    """One candidate: a body by the design's spreads, and facts that raise no question except where a chance does."""
    people = design.population
    body = {}
    for name, (low, high) in ADULT_BODY.items():
        spread = people.body[name]
        body[name] = float(np.clip(rng.normal(spread.mean, spread.sd), low, high))
    facts = dict(reassuring_facts(design.eligibility_protocol))
    facts["age_y"] = float(int(body["age_y"]))
    for chance in people.chances:
        if rng.random() < chance.share:
            facts[chance.fact] = chance.value
    weight_kg = round(body["bmi_kg_m2"] * (body["height_cm"] / 100) ** 2, 1)
    return Candidate(weight_kg=weight_kg, height_cm=round(body["height_cm"], 1), facts=facts)


def screen(design: Design, arm: Arm, candidate: Candidate) -> Screened:
    """Care's answer about this candidate for this arm."""
    entry = assess(design.eligibility_protocol, candidate.facts, FIRST_SESSION)
    if verdict(entry) != "allowed":
        return Screened(kept_out_by=first_reason(entry))
    if not arm.protocol:
        return Screened()
    return _ordered(_protocol(arm.protocol, _filled(design, arm.protocol)), arm, candidate)


def _ordered(protocol: Protocol, arm: Arm, candidate: Candidate) -> Screened:
    """The order for this weight, allowed at every session of the arm, or the reason why not."""
    order = calculate(protocol, candidate.weight_kg)
    given: list[PriorDose] = []
    for day in arm.days:
        now = FIRST_SESSION + timedelta(days=day)
        weight = WeightFacts(height_cm=candidate.height_cm)
        answer = check_order(protocol, order, weight=weight, prior=given, now=now)
        if verdict(answer) != "allowed":
            return Screened(kept_out_by=first_reason(answer))
        given.append(PriorDose(now, order.dose_mg, order.drug, order.route))
    strength = relative_dose(order.drug, order.route, amount_mg=order.dose_mg, weight_kg=candidate.weight_kg)
    return Screened(dose_mg=order.dose_mg, relative_dose=strength)


def first_reason(decision: Decision) -> str:
    """The name of the rule that spoke first against it, or of the first fact that was missing."""
    for reason in reasons_of(decision):
        if reason.level is not Level.FLAG:
            return reason.rule
    missing = missing_of(decision)
    return f"missing:{missing[0].fact}" if missing else ""


def _filled(design: Design, protocol_id: str) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(design.protocol_values.get(protocol_id, {}).items()))


@cache
def _protocol(protocol_id: str, values: tuple[tuple[str, float], ...]) -> Protocol:
    """The shipped protocol with the holes filled that this design fills; the others stay open and may refuse."""
    protocol = load_protocol(protocol_id)
    return fill(protocol, dict(values), "the trial's design") if values else protocol


def rules_hash(design: Design) -> str:
    """Names the rules this design runs under: every eligibility rule and the content of every protocol that doses."""
    contents = [
        content_hash(_protocol(arm.protocol, _filled(design, arm.protocol))) for arm in design.arms if arm.protocol
    ]
    words = "|".join([repr(rules_for(design.eligibility_protocol)), *contents])
    return hashlib.sha256(words.encode()).hexdigest()
