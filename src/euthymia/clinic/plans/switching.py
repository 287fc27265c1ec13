"""The clinic's other signed protocols beside a person's plan: who may have them, how much, on what evidence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from euthymia.care.decision import Allowed, missing_of, verdict
from euthymia.care.dose_order import DoseOrder
from euthymia.care.protocol import DeviceSteps, Protocol
from euthymia.care.protocol_course import Use
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.decisions import DecisionPanel, decision_panel
from euthymia.clinic.assessments.queries import eligibility_facts, facts_of, latest_decision, valid_consent
from euthymia.clinic.assessments.rules import eligibility_of
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.asked import AskedDose, usual_dose
from euthymia.clinic.plans.drafts import PlanChoice, chosen_weight, order_of
from euthymia.clinic.plans.models import Plan, ProtocolVersion
from euthymia.clinic.plans.plan_pages import cited
from euthymia.clinic.plans.protocol_pages import ROUTE_WORDS, rhythm_words
from euthymia.clinic.plans.queries import current_versions, protocol_of, usable_versions
from euthymia.errors import BadInput

CONSENT_APART = {"consent_signed": True}


@dataclass(frozen=True, slots=True)
class Way:
    """One protocol beside the others.

    verdict: of the eligibility rules on what is known today.   dose: what it usually gives somebody of this weight.
    steps: what still has to be done before a plan.   unknown: what nobody knows yet.   why_not: why it cannot be
    chosen.
    """

    row: ProtocolVersion
    title: str
    route: str
    is_now: bool
    panel: DecisionPanel
    dose: str
    rhythm: tuple[str, ...]
    evidence: str
    off_label: bool
    steps: tuple[str, ...]
    unknown: tuple[str, ...]
    why_not: str


def ways(viewer: Viewer, patient: Patient, plan: Plan, now: datetime) -> list[Way]:
    """The protocol of the plan first, then every other protocol of the clinic, those that may be chosen before others.

    Call after `open_patient`, which records the reading.
    """
    usable, current = usable_versions(viewer), current_versions(viewer)
    known, weight_kg = facts_of(viewer, patient, now), order_of(plan).weight_kg
    found = []
    for newest in current:
        row = usable.get(newest.protocol_id, newest)
        if row.protocol_id == plan.protocol_version.protocol_id:
            row = plan.protocol_version
        protocol = protocol_of(row)
        # Consent is to one protocol and comes after the choice; it stands among the steps before a plan.
        facts = eligibility_facts(viewer, patient, protocol, now, known=known) | CONSENT_APART
        decision = eligibility_of(protocol, facts, now)
        is_now = row.pk == plan.protocol_version_id
        usual = usual_dose(protocol, weight_kg)
        dose = order_dose(order_of(plan)) if is_now else usual_words(usual)
        found.append(
            Way(
                row=row,
                title=protocol.title,
                route=ROUTE_WORDS.get(protocol.route, protocol.route),
                is_now=is_now,
                panel=decision_panel(decision, f"{protocol.title}, consent apart"),
                dose=dose,
                rhythm=tuple(f"{phase.name}: {rhythm_words(phase)}" for phase in protocol.rhythm),
                evidence=cited(protocol.evidence, protocol),
                off_label=protocol.off_label,
                steps=() if is_now else steps_before(viewer, patient, protocol),
                unknown=unknown_of(protocol, tuple(one.says or one.fact for one in missing_of(decision))),
                why_not="" if row.protocol_id in usable else "not signed or not complete",
            )
        )
    return sorted(found, key=lambda way: (not way.is_now, bool(way.why_not), way.panel.verdict != verdict(Allowed())))


def usual_words(usual: AskedDose | None) -> str:
    """The dose of another protocol, with why it is this much."""
    return f"{usual.words}: {usual.because}" if usual else "the protocol leaves it open"


def order_dose(order: DoseOrder) -> str:
    """The dose of the plan now."""
    return f"{order.dose_mg:g} mg {order.drug}, {order.mg_per_kg:.2f} mg/kg"


def steps_before(viewer: Viewer, patient: Patient, protocol: Protocol) -> tuple[str, ...]:
    """What a plan under this protocol still waits for."""
    found = []
    if latest_decision(viewer, patient, protocol.id) is None:
        found.append("an eligibility decision")
    if valid_consent(viewer, patient, protocol.id, protocol.version) is None:
        found.append("consent to this version")
    return tuple(found)


def unknown_of(protocol: Protocol, missing: tuple[str, ...]) -> tuple[str, ...]:
    """What nobody knows: of the person, and of switching itself."""
    found = list(missing)
    if protocol.use is Use.RESEARCH_ONLY:
        found.append("For research only: no session can start on it.")
    if isinstance(protocol.dose, DeviceSteps):
        found.append("How somebody who did not respond by another route answers to the spray: no source was read.")
    else:
        found.append("How somebody who did not respond to one route answers to another: no source was read.")
    return tuple(found)


def asked_again(plan: Plan) -> str:
    """The plan's own choices as the prediction asks for them; the weight is the record's, as on the plan page."""
    order = order_of(plan)
    choices: dict[str, object] = {"protocol": plan.protocol_version.protocol_id}
    if "measured_kg" in plan.order:
        choices["dosing_weight_kg"] = f"{order.weight_kg:g}"
    choices |= {"dose_mg": f"{order.dose_mg:g}"} if order.devices else {"mg_per_kg": f"{order.mg_per_kg:g}"}
    return urlencode(choices)


def weight_problem(viewer: Viewer, patient: Patient, now: datetime) -> str:
    """Why no dose rests on the recorded weight today, in the plan page's words; empty where one does."""
    try:
        chosen_weight(viewer, patient, PlanChoice(), now)
    except BadInput as refusal:
        return refusal.message
    return ""
