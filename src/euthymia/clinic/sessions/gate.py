"""What is known in front of a person before the dose and at the door, gathered for the rules of care.

The panel, its button and the command all ask `ask_gate` and `ask_discharge`, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from euthymia.care.decision import Decision, combine, decide, missing_of, reasons_of
from euthymia.care.discharge import DischargeFacts, may_discharge
from euthymia.care.dosing import WeightAt, WeightFacts, check_order
from euthymia.care.gate import ConsentFact, GateFacts, pre_dose_gate
from euthymia.care.override import Override, with_overrides
from euthymia.care.session import SessionState
from euthymia.care.vitals import Reading, merged
from euthymia.clinic.accounts.roles import PRESCRIBING
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.queries import valid_consent
from euthymia.clinic.medication.queries import drawn_decision, left_over, stock_decision
from euthymia.clinic.plans.course_reviews import as_flags, course_decision
from euthymia.clinic.plans.drafts import eligibility_gate, height_cm, order_of, prior_doses, recorded_weights
from euthymia.clinic.plans.person_limits import limited
from euthymia.clinic.plans.queries import signature_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import session_protocol
from euthymia.errors import BadInput

# What may be asked of a person to be sure who they are.
IDENTIFIERS = {"name": "Full name", "date_of_birth": "Date of birth", "record_number": "Record number"}
STOCK = "drug_in_stock"


@dataclass(frozen=True, slots=True)
class GateAnswers:
    """What the nurse states at the chair. A check that is not in `checklist` was not answered."""

    identifiers: tuple[str, ...] = ()
    escort_name: str = ""
    checklist: Mapping[str, bool | None] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "identifiers": list(self.identifiers),
            "escort_name": self.escort_name,
            "checklist": dict(self.checklist),
        }


def answers_of(session: Session) -> GateAnswers:
    """What was stated when the gate was last passed; nothing before that."""
    kept = session.statements.get("gate", {})
    return GateAnswers(tuple(kept.get("identifiers", ())), kept.get("escort_name", ""), kept.get("checklist", {}))


def overrides_of(session: Session, step: str) -> tuple[Override, ...]:
    """The holds that were accepted at this step."""
    return tuple(Override(**row) for row in session.statements.get(step, {}).get("overrides", ()))


def ask_gate(
    actor: Actor,
    session: Session,
    state: SessionState,
    answers: GateAnswers,
    *,
    overrides: Iterable[Override] = (),
    at: datetime,
    late: bool = False,
) -> Decision:
    """Whether the dose may begin at `at`, with the accepted holds counted as accepted.

    late: written down long after it happened. What the ledger holds now says nothing about then.
    """
    version = session.plan.protocol_version
    facts = gate_facts(actor, session, state, answers, at)
    protocol = session_protocol(session)
    decision = with_overrides(pre_dose_gate(facts, protocol, signature_of(version), at), overrides)
    # A review of the course is decided with the plan; here it is told to whoever is about to give the next dose.
    told = combine(decision, as_flags(course_decision(actor, session.patient_id, protocol, at)))
    return _without_stock(told) if late else told


def ask_start(actor: Actor, session: Session, state: SessionState, *, at: datetime, late: bool = False) -> Decision:
    """Whether the dose may begin at `at`: the gate as it was answered, and enough drawn in the ledger for this session.

    late: written down long after it happened. Then the dose is a fact, and what the ledger lacks is a discrepancy.
    """
    answers, overrides = answers_of(session), overrides_of(session, "gate")
    asked = ask_gate(actor, session, state, answers, overrides=overrides, at=at, late=late)
    return asked if late else combine(asked, drawn_decision(actor, session))


def _without_stock(decision: Decision) -> Decision:
    reasons = (reason for reason in reasons_of(decision) if reason.rule != STOCK)
    return decide(reasons, (one for one in missing_of(decision) if one.needed_by != STOCK))


def gate_facts(actor: Actor, session: Session, state: SessionState, answers: GateAnswers, at: datetime) -> GateFacts:
    """Everything the gate asks about, as it was known at `at`."""
    version, patient = session.plan.protocol_version, session.patient
    consent = valid_consent(actor, patient, version.protocol_id, version.version)
    vitals, vitals_at = latest_look(session, state, at)
    return GateFacts(
        identifiers=answers.identifiers,
        consent=ConsentFact(consent.protocol_id, consent.protocol_version, consent.signed_at) if consent else None,
        escort_name=answers.escort_name or None,
        checklist=answers.checklist,
        vitals=vitals,
        vitals_at=vitals_at,
        plan_protocol=(version.protocol_id, version.version),
        eligibility=eligibility_gate(actor, patient, version, at),
        order=order_decision(actor, session, at),
        stock=stock_decision(actor, session, at),
    )


def order_decision(actor: Actor, session: Session, at: datetime) -> Decision:
    """The plan's dose checked again on the day: caps, the interval since the last dose, the weight now on record."""
    patient, plan = session.patient, session.plan
    rows = [row for row in recorded_weights(actor, patient) if row.at and row.at <= at]
    weights = tuple(WeightAt(row.at, row.value) for row in rows if row.at and row.value)
    height = height_cm(actor, patient)
    # Where there was nothing to compare with, whoever signed the plan confirmed the weight then.
    confirmed = not weights and height is None
    facts = WeightFacts(weights, height, confirmed=confirmed, measured_kg=plan.order.get("measured_kg"))
    prior = [dose for dose in prior_doses(actor, patient) if dose.at <= at]
    bounded = limited(actor, patient, session_protocol(session), at)
    checked = check_order(bounded, order_of(plan), weight=facts, prior=prior, now=at)
    accepted = [Override(row["rule"], row["by"], row["because"]) for row in plan.overrides]
    return with_overrides(checked, accepted)


def latest_look(session: Session, state: SessionState, at: datetime) -> tuple[Reading | None, datetime | None]:
    """The readings that still count as fresh, taken together, else the last one with its age; None without any."""
    rows = [row for row in state.readings if row.at <= at]
    if not rows:
        return None, None
    fresh_min = session_protocol(session).fresh_within_min.value
    fresh = [row for row in rows if fresh_min is not None and at - row.at <= timedelta(minutes=fresh_min)]
    if not fresh:
        return rows[-1].reading, rows[-1].at
    reading = fresh[0].reading
    for row in fresh[1:]:
        reading = merged(reading, row.reading)
    return reading, fresh[0].at


def ask_discharge(
    actor: Actor,
    session: Session,
    state: SessionState,
    facts: DischargeFacts,
    *,
    overrides: Iterable[Override] = (),
    at: datetime,
) -> Decision:
    """Whether the person may go home at `at`, with the accepted holds counted as accepted, and what is still drawn."""
    may_leave = with_overrides(may_discharge(state, session_protocol(session), at, facts), overrides)
    return may_leave if state.dose_ended_at is None else combine(may_leave, left_over(actor, session))


def accepted(actor: Actor, reasons: Mapping[str, str]) -> tuple[Override, ...]:
    """The holds this prescriber accepts; refuses anybody else (BadInput)."""
    given = {rule: because.strip() for rule, because in reasons.items() if because.strip()}
    if given and actor.role not in PRESCRIBING:
        raise BadInput("not_permitted", "override", "Only a prescriber may accept a hold. Ask one to do it here.")
    return tuple(Override(rule, actor.name, because) for rule, because in given.items())


def overrides_as_json(overrides: Iterable[Override]) -> list[dict[str, str]]:
    return [asdict(one) for one in overrides]
