"""Reading what was found out about a person: facts, trials, decisions, consents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from euthymia.care.decision import Decision
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocol import Protocol
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.decisions import decision_from_json
from euthymia.clinic.assessments.facts import ADEQUACY_VERSION, known_facts
from euthymia.clinic.assessments.models import Consent, EligibilityDecision
from euthymia.clinic.assessments.rules import MEDICATIONS, asked_facts
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to


def facts_of(actor: Actor, patient: Patient, now: datetime) -> dict[str, Any]:
    """The facts the rules see, by name: the newest answer to each question, else what the record says."""
    return {name: fact.value for name, fact in known_facts(actor, patient, now).items()}


def eligibility_facts(
    actor: Actor, patient: Patient, protocol: Protocol, now: datetime, *, known: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The facts the rules of one protocol see: everything known, and whether its own consent is signed.

    A consent never asked for is not known; one taken back is a no.   known: `facts_of`, where it is already at hand.
    """
    known = facts_of(actor, patient, now) if known is None else known
    beside = {name: known[name] for name in (MEDICATIONS, ADEQUACY_VERSION) if name in known}
    facts = asked_facts(known) | beside
    facts.pop("consent_signed", None)
    if valid_consent(actor, patient, protocol.id, protocol.version) is not None:
        return facts | {"consent_signed": True}
    asked = visible_to(actor, Consent).filter(
        patient=patient, protocol_id=protocol.id, protocol_version=protocol.version
    )
    return facts | ({"consent_signed": False} if asked.exists() else {})


def latest_decision(actor: Actor, patient: Patient, protocol_id: str) -> EligibilityDecision | None:
    """The newest recorded eligibility decision for this protocol; None when there is none."""
    rows = visible_to(actor, EligibilityDecision).filter(patient=patient, protocol_id=protocol_id)
    return rows.select_related("by").order_by("-at", "-pk").first()


def recorded_answer(row: EligibilityDecision) -> Decision:
    """What was decided, with the holds that somebody accepted counted as accepted."""
    overrides = (Override(one["rule"], one["by"], one["because"]) for one in row.overrides)
    return with_overrides(decision_from_json(row.answer), overrides)


def valid_consent(actor: Actor, patient: Patient, protocol_id: str, version: str) -> Consent | None:
    """The person's consent to this version of this protocol that was not taken back; None when there is none."""
    rows = visible_to(actor, Consent).filter(patient=patient, protocol_id=protocol_id, protocol_version=version)
    return rows.filter(withdrawn_at=None).select_related("witnessed_by").order_by("-signed_at").first()
