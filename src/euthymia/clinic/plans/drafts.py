"""A plan on its way to being signed: the weight and dose chosen, the order they give, and whether it may be signed.

The page's preview, its sign button and the command that signs all ask `draft_plan`, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from euthymia.care.decision import Allowed, Decision, Level, Missing, Reason, combine, decide, missing_of, reasons_of
from euthymia.care.dose_order import Choice, DoseOrder, PumpStep, calculate
from euthymia.care.dosing import PriorDose, Room, WeightAt, WeightFacts, check_choice, check_order, room_under_caps
from euthymia.care.instruments.load import load_instrument
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocol import DeviceSteps, PerKgSteps, Protocol, WeightBasis
from euthymia.care.titration import Answered, check_step
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.assessments.queries import eligibility_facts, latest_decision, recorded_answer, valid_consent
from euthymia.clinic.assessments.rules import eligibility_of
from euthymia.clinic.measures.models import Response
from euthymia.clinic.people.models import Patient, RecordEntry
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.course_reviews import course_decision
from euthymia.clinic.plans.models import Plan, ProtocolVersion
from euthymia.clinic.plans.person_limits import limited
from euthymia.clinic.plans.queries import protocol_of, readiness
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput, Broken
from euthymia.units import Mass

WEIGHT, HEIGHT = "29463-7", "8302-2"
# A house rule of the form, no clinical threshold: an older weight is weighed again before a dose rests on it.
WEIGHT_COUNTS_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PlanChoice:
    """What the prescriber picked. A typed weight outranks the record's; `weight_confirmed` says they looked again.
    `dosing_weight_kg`: the ideal or adjusted weight they worked out, where the protocol doses by one."""

    weight: float | None = None
    weight_unit: str = "kg"
    weight_confirmed: bool = False
    dose_mg: float | None = None
    mg_per_kg: float | None = None
    concentration_mg_per_ml: float | None = None
    dosing_weight_kg: float | None = None


@dataclass(frozen=True, slots=True)
class ChosenWeight:
    """The weight a dose rests on: how much, measured when, known from where, and what came before."""

    weight_kg: float
    at: datetime
    source: str
    typed: bool
    earlier: tuple[WeightAt, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """Everything a plan would hold. `decision` counts the overrides; `before_overrides` does not."""

    row: ProtocolVersion
    protocol: Protocol
    weight: ChosenWeight
    order: DoseOrder
    rooms: tuple[Room, ...]
    before_overrides: Decision
    decision: Decision
    overrides: tuple[Override, ...] = field(default=())


def draft_plan(
    actor: Actor,
    patient: Patient,
    row: ProtocolVersion,
    choice: PlanChoice,
    *,
    reasons: Mapping[str, str] | None = None,
    now: datetime,
) -> PlanDraft:
    """The plan these choices would make, and whether it may be signed now.

    reasons: rule → why a hold on it is accepted; a stop has no path.   Refuses (BadInput) numbers that cannot be meant.
    """
    protocol = protocol_of(row)
    weight = chosen_weight(actor, patient, choice, now)
    picked = Choice(choice.dose_mg, choice.mg_per_kg, choice.concentration_mg_per_ml)
    order = calculate(protocol, dosing_weight_kg(protocol, choice, weight), picked)
    prior = prior_doses(actor, patient)
    bounded = limited(actor, patient, protocol, now)
    same = same_medicine(protocol, prior)
    facts = WeightFacts(weight.earlier, height_cm(actor, patient), choice.weight_confirmed, weight.weight_kg)
    dose = combine(
        check_order(bounded, order, weight=facts, prior=prior, now=now),
        check_choice(protocol, picked),
        check_step(protocol, order, same, answered(actor, patient, protocol, same)),
        course_decision(actor, patient.id, protocol, now),
    )
    gates = combine(readiness(row), eligibility_gate(actor, patient, row, now), consent_gate(actor, patient, row))
    overrides = tuple(Override(rule, actor.name, because) for rule, because in (reasons or {}).items())
    before = combine(gates, dose)
    return PlanDraft(
        row=row,
        protocol=protocol,
        weight=weight,
        order=order,
        rooms=room_under_caps(bounded, order, prior, now),
        before_overrides=before,
        decision=combine(gates, with_overrides(dose, overrides)),
        overrides=overrides,
    )


def eligibility_gate(actor: Actor, patient: Patient, row: ProtocolVersion, now: datetime) -> Decision:
    """Whether a recorded eligibility decision carries this plan, and still would with what is known today."""
    decided = latest_decision(actor, patient, row.protocol_id)
    if decided is None:
        says = "No eligibility decision is recorded for this protocol. Record one on the Assess page."
        return decide(missing=[Missing("eligibility_decision", "plan", says)])
    answer = recorded_answer(decided)
    if isinstance(answer, Allowed):
        protocol = protocol_of(row)
        today = eligibility_of(protocol, eligibility_facts(actor, patient, protocol, now), now)
        news = new_since(answer, today, decided.overrides)
        if not news:
            return Allowed(reasons_of(answer))
        says = "What is known has changed since the eligibility decision. Record a new one on the Assess page."
        return decide(missing=[Missing("eligibility_decision", "plan", says)])
    word = "refused" if decided.verdict == "refused" else "not complete"
    says = f"The recorded eligibility decision for this protocol is {word}. Nothing can be planned on it."
    return decide([Reason("eligible", Level.STOP, "eligibility_decision", decided.verdict, "allowed", "", says)])


def new_since(recorded: Decision, today: Decision, overrides: list[dict[str, Any]]) -> list[str]:
    """What speaks against it today and was neither seen nor accepted when the decision was recorded."""
    seen = {reason.rule for reason in reasons_of(recorded)} | {override["rule"] for override in overrides}
    news = [reason.rule for reason in reasons_of(today) if reason.refuses and reason.rule not in seen]
    return news + [absent.fact for absent in missing_of(today)]


def consent_gate(actor: Actor, patient: Patient, row: ProtocolVersion) -> Decision:
    """Whether the person consented to this version of this protocol."""
    if valid_consent(actor, patient, row.protocol_id, row.version) is not None:
        return Allowed()
    says = "No signed consent to this version of the protocol. Read it through and sign it together on the Assess page."
    return decide([Reason("consent", Level.STOP, "consent", None, row.version, "consent gate", says)])


def chosen_weight(actor: Actor, patient: Patient, choice: PlanChoice, now: datetime) -> ChosenWeight:
    """The typed weight, else the newest of the record; refuses when there is neither."""
    rows = recorded_weights(actor, patient)
    known = tuple(WeightAt(row.at, round(row.value, 1)) for row in rows if row.at and row.value)
    if choice.weight is not None:
        weight_kg = Mass.of(choice.weight, choice.weight_unit, "weight").in_kg
        return ChosenWeight(round(weight_kg, 2), now, f"typed as {choice.weight:g} {choice.weight_unit}", True, known)
    if not known:
        raise BadInput("no_weight", "weight", "No weight is recorded. Weigh the person and type it in kilograms.")
    last = rows[-1]
    if known[-1].at > now:
        message = f"The last weight is of {known[-1].at:%d %B %Y}, which lies in the future. Weigh the person today."
        raise BadInput("weight_from_future", "weight", message)
    if now - known[-1].at > WEIGHT_COUNTS_FOR:
        message = f"The last weight, {known[-1].weight_kg:g} kg, is of {known[-1].at:%d %B %Y}. Weigh the person today."
        raise BadInput("old_weight", "weight", message)
    return ChosenWeight(known[-1].weight_kg, known[-1].at, last.source, False, known[:-1])


def weight_basis_of(protocol: Protocol) -> WeightBasis:
    """By which weight a protocol doses; one that counts devices asks for no other than the scale's."""
    return WeightBasis.ACTUAL if isinstance(protocol.dose, DeviceSteps) else protocol.dose.weight_basis


def dosing_weight_kg(protocol: Protocol, choice: PlanChoice, weight: ChosenWeight) -> float:
    """The weight the dose is worked out from: the scale's, or the one a clinician gives where the protocol asks for
    another. Refuses one too many and one too few; no formula is built in, because none was read from a source."""
    basis = weight_basis_of(protocol)
    given = choice.dosing_weight_kg
    if basis is WeightBasis.ACTUAL:
        if given is not None:
            raise BadInput("two_weights", "dosing_weight_kg", "This protocol doses by the weight of the scale alone.")
        return weight.weight_kg
    if given is None:
        message = f"This protocol doses by {basis} body weight. Work it out and type it in kilograms."
        raise BadInput("no_dosing_weight", "dosing_weight_kg", message)
    return given


def recorded_weights(actor: Actor, patient: Patient) -> list[RecordEntry]:
    """Weights in the record, oldest first."""
    rows = visible_to(actor, RecordEntry).filter(patient=patient, code=WEIGHT, value__gt=0, at__isnull=False)
    return list(rows.order_by("at", "pk"))


def height_cm(actor: Actor, patient: Patient) -> float | None:
    """The newest height of the record; None when none is known."""
    rows = visible_to(actor, RecordEntry).filter(patient=patient, code=HEIGHT, value__gt=0, at__isnull=False)
    row = rows.order_by("-at", "-pk").first()
    return row.value if row else None


def prior_doses(actor: Actor, patient: Patient) -> tuple[PriorDose, ...]:
    """What this person was given here before, oldest first."""
    rows = visible_to(actor, Session).filter(patient=patient, dose_started_at__isnull=False, dose_given_mg__gt=0)
    return tuple(prior_dose(row) for row in rows.select_related("plan").order_by("dose_started_at"))


def prior_dose(row: Session) -> PriorDose:
    """A dose that was given here, per kilogram of the weight its plan rested on."""
    at, given_mg, order = row.dose_started_at, row.dose_given_mg, row.plan.order
    if at is None or given_mg is None:
        raise Broken(f"{row} has no dose")
    weight_kg = order.get("weight_kg")
    per_kg = given_mg / weight_kg if weight_kg else None
    return PriorDose(at, given_mg, order.get("drug", ""), order.get("route", ""), per_kg)


def same_medicine(protocol: Protocol, prior: Iterable[PriorDose]) -> list[PriorDose]:
    """The earlier doses that stand on this protocol's steps."""
    return [dose for dose in prior if (dose.drug, dose.route) == (protocol.drug, protocol.route)]


def answered(actor: Actor, patient: Patient, protocol: Protocol, same: Iterable[PriorDose]) -> Answered:
    """The totals before the first dose and since the last, of the questionnaire the protocol asks for; None where
    nobody answered, and where a higher total is better. `same`: the earlier doses on this protocol's steps."""
    instrument = next((asked.instrument for asked in protocol.assessments), "")
    doses = [dose.at for dose in same]
    if not isinstance(protocol.dose, PerKgSteps) or not doses or not instrument:
        return Answered()
    if not load_instrument(instrument).higher_is_worse:
        return Answered()
    rows = visible_to(actor, Response).filter(patient=patient, instrument=instrument, total__isnull=False)
    before = rows.filter(at__lte=min(doses)).order_by("at", "pk").last()
    since = rows.filter(at__gt=max(doses)).order_by("at", "pk").last()
    return Answered(before.total if before else None, since.total if since else None)


def order_as_json(draft: PlanDraft) -> dict[str, Any]:
    """The order as it is kept in a plan, with the weight it rests on."""
    kept = asdict(draft.order) | {"weight_basis": draft.order.weight_basis.value}
    measured = {"measured_kg": draft.weight.weight_kg} if draft.order.weight_basis is not WeightBasis.ACTUAL else {}
    return kept | measured | {"weight_at": draft.weight.at.isoformat(), "weight_source": draft.weight.source}


def order_of(plan: Plan) -> DoseOrder:
    """The dose order of a signed plan."""
    kept = {name: value for name, value in plan.order.items() if name in DoseOrder.__slots__}
    steps = tuple(PumpStep(**step) for step in kept.get("pump_steps", ()))
    return DoseOrder(**kept | {"weight_basis": WeightBasis(kept["weight_basis"]), "pump_steps": steps})
