"""An assessment in words: eligibility side by side, what was recorded, and the consents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from euthymia.care.decision import Decision, Level, Reason, Value, missing_of, reasons_of, verdict
from euthymia.care.facts import FACTS
from euthymia.care.interactions import interactions, not_recognised
from euthymia.care.protocol import Protocol
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.consent.load import ConsentText, consent_text
from euthymia.clinic.assessments.facts import medications
from euthymia.clinic.assessments.models import Consent, EligibilityDecision
from euthymia.clinic.assessments.queries import (
    eligibility_facts,
    facts_of,
    latest_decision,
    recorded_answer,
    valid_consent,
)
from euthymia.clinic.assessments.questions import WORKED_OUT, day, said
from euthymia.clinic.assessments.rules import eligibility_of
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.protocol_pages import ROUTE_WORDS, StateChip, chip_of
from euthymia.clinic.plans.queries import protocol_of

VERDICT_WORDS = {
    "allowed": ("Allowed", "allowed", "chip--ok"),
    "refused": ("Refused", "refused", "chip--danger"),
    "cannot_tell": ("Cannot tell", "question", "chip--unknown"),
}
INTERACTION = "interaction_"
# Where a fact that is worked out is really answered.
ANSWERED_AT = {"consent_signed": "consent", "resistance_definition_met": "resistance", "age_y": "record"}


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One reason with the value it saw, its limit, its level and its source."""

    rule: str
    says: str
    seen: str
    level: str
    icon: str
    source: str
    is_hold: bool
    because: str = ""


@dataclass(frozen=True, slots=True)
class MissingLine:
    """One fact that is not known, and where on the page it is asked."""

    says: str
    anchor: str


@dataclass(frozen=True, slots=True)
class RecordedLine:
    """A decision somebody recorded."""

    word: str
    icon: str
    look: str
    when: str
    by: str
    version: str
    overrides: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EligibilityPanel:
    """One protocol's answer today, beside what was recorded."""

    protocol: Protocol
    anchor: str
    title: str
    route: str
    chip: StateChip
    verdict: str
    word: str
    icon: str
    reasons: tuple[ReasonLine, ...]
    flags: tuple[ReasonLine, ...]
    missing: tuple[MissingLine, ...]
    recorded: RecordedLine | None
    error: str


@dataclass(frozen=True, slots=True)
class ConsentPanel:
    """One protocol's consent: what is read, and who signed it when."""

    protocol: Protocol
    text: ConsentText
    signed: str
    consent: Consent | None
    typed: str
    error: str


def eligibility_panels(
    actor: Actor,
    patient: Patient,
    rows: Iterable[ProtocolVersion],
    *,
    zone: ZoneInfo,
    now: datetime,
    typed: Mapping[str, Mapping[str, str]] | None = None,
    errors: Mapping[str, str] | None = None,
    known: dict[str, Any] | None = None,
) -> list[EligibilityPanel]:
    """Each protocol's answer. `typed`: protocol → rule → reason typed in a refused form; `errors`: by protocol.

    known: `facts_of`, where it is already at hand.
    """
    panels = []
    known = facts_of(actor, patient, now) if known is None else known
    for row in rows:
        protocol = protocol_of(row)
        answer = eligibility_of(protocol, eligibility_facts(actor, patient, protocol, now, known=known), now)
        because = (typed or {}).get(protocol.id, {})
        recorded = latest_decision(actor, patient, protocol.id)
        panels.append(_panel(row, protocol, answer, recorded, because, (errors or {}).get(protocol.id, ""), zone))
    return panels


def _panel(
    row: ProtocolVersion,
    protocol: Protocol,
    answer: Decision,
    recorded: EligibilityDecision | None,
    because: Mapping[str, str],
    error: str,
    zone: ZoneInfo,
) -> EligibilityPanel:
    word, icon, _ = VERDICT_WORDS[verdict(answer)]
    # Medicines are the same for every protocol and are shown once, above the panels.
    own = (reason for reason in reasons_of(answer) if not reason.rule.startswith(INTERACTION))
    lines = [reason_line(reason, because.get(reason.rule, "")) for reason in own]
    return EligibilityPanel(
        protocol=protocol,
        anchor=f"eligible-{protocol.id}",
        title=protocol.title,
        route=ROUTE_WORDS.get(protocol.route, protocol.route),
        chip=chip_of(row),
        verdict=verdict(answer),
        word=word,
        icon=icon,
        reasons=tuple(line for line in lines if line.icon != "flag"),
        flags=tuple(line for line in lines if line.icon == "flag"),
        missing=missing_lines(answer),
        recorded=recorded_line(recorded, zone) if recorded else None,
        error=error,
    )


def reason_line(reason: Reason, because: str = "") -> ReasonLine:
    """A reason in words."""
    words = {
        Level.STOP: "stop",
        Level.HOLD: "hold",
        Level.FLAG: "worth knowing",
    }
    icons = {Level.STOP: "cross", Level.HOLD: "hold", Level.FLAG: "flag"}
    return ReasonLine(
        rule=reason.rule,
        says=reason.says or reason.rule.replace("_", " "),
        seen=seen_words(reason.fact, reason.value, reason.limit),
        level=words[reason.level],
        icon=icons[reason.level],
        source=reason.source,
        is_hold=reason.level is Level.HOLD,
        because=because,
    )


def seen_words(name: str, value: Value, limit: Value) -> str:
    """What the rule saw, e.g. `systolic: 152 mmHg, limit 140`."""
    fact = FACTS.get(name)
    if fact is None or value is None:
        return ""
    bound = f", limit {limit:g} {fact.unit}" if isinstance(limit, int | float) and not isinstance(limit, bool) else ""
    return f"{fact.question} {said(fact, value)}{bound}"


def missing_lines(answer: Decision) -> tuple[MissingLine, ...]:
    """Each missing fact once, with the place on the page where it is answered."""
    by_fact = {absent.fact: absent for absent in missing_of(answer)}
    return tuple(MissingLine(absent.says or absent.fact, anchor_of(name)) for name, absent in by_fact.items())


def anchor_of(name: str) -> str:
    return ANSWERED_AT.get(name, "record") if name in WORKED_OUT else f"fact-{name}"


def recorded_line(row: EligibilityDecision, zone: ZoneInfo) -> RecordedLine:
    """The recorded decision, with who accepted which hold and why."""
    word, icon, look = VERDICT_WORDS[verdict(recorded_answer(row))]
    accepted = tuple(f"{one['rule'].replace('_', ' ')}: {one['because']} ({one['by']})" for one in row.overrides)
    return RecordedLine(word, icon, look, day(row.at, zone), str(row.by), row.protocol_version, accepted)


def consent_panels(
    actor: Actor,
    patient: Patient,
    rows: Iterable[ProtocolVersion],
    zone: ZoneInfo,
    *,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> list[ConsentPanel]:
    """Each protocol's consent. `typed`, `errors`: by protocol, from a refused form."""
    panels = []
    for row in rows:
        protocol = protocol_of(row)
        consent = valid_consent(actor, patient, protocol.id, protocol.version)
        signed = ""
        if consent is not None:
            when = day(consent.signed_at, zone)
            signed = f"{consent.signed_name}, {when}, with {consent.witnessed_by}, text {consent.text_version}"
        panels.append(
            ConsentPanel(
                protocol,
                consent_text(protocol),
                signed,
                consent,
                (typed or {}).get(protocol.id, ""),
                (errors or {}).get(protocol.id, ""),
            )
        )
    return panels


def interaction_lines(actor: Actor, patient: Patient) -> list[ReasonLine]:
    """What the medicines of the record do to the treatment; `seen` holds the medicine."""
    return [replace(reason_line(found), seen=str(found.value)) for found in interactions(medications(actor, patient))]


def unrecognised_medicines(actor: Actor, patient: Patient) -> tuple[str, ...]:
    """The medicines of the record that the list of interactions does not know."""
    return not_recognised(medications(actor, patient))
