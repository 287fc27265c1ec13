"""Makers of a room to treat in: a signed protocol, a person with consent and a plan, a session at any step."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.builders import NOW, make_clinic, make_patient, make_viewer

from euthymia.care.dose_order import Choice, calculate
from euthymia.care.eligibility import reassuring_facts
from euthymia.care.medication_ledger import ug_of_mg
from euthymia.care.protocol import Protocol, fill, holes
from euthymia.care.protocol_document import content_hash, to_mapping
from euthymia.care.protocol_signature import sign
from euthymia.care.protocols.load import load_protocol
from euthymia.care.session_events import EventKind, SessionEvent, payload_from
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.models import Consent, EligibilityDecision, FactEntry
from euthymia.clinic.assessments.rules import rules_id
from euthymia.clinic.medication import session_commands as medication
from euthymia.clinic.medication.commands import NewLot, receive
from euthymia.clinic.medication.entry_commands import Act
from euthymia.clinic.medication.models import MedicationLot
from euthymia.clinic.people.models import Patient, RecordEntry
from euthymia.clinic.plans.models import Plan, ProtocolVersion
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.gate import GateAnswers
from euthymia.clinic.sessions.models import Chair, Session

WEIGHT_KG = 70.0


class Room:
    """One clinic with one person ready to be treated by `protocol_id`, and who works there."""

    def __init__(self, protocol_id: str = "iv_racemic_05", *, consent: bool = True, plan: bool = True) -> None:
        self.clinic: Clinic = make_clinic()
        self.nurse: Viewer = make_viewer(self.clinic, Role.NURSE)
        self.prescriber: Viewer = make_viewer(self.clinic, Role.PRESCRIBER)
        self.version = signed_version(self.clinic, protocol_id, self.prescriber)
        self.chair = Chair.objects.create(clinic=self.clinic, name="Chair 1", position=1)
        self.patient = treated_patient(self, consent=consent, plan=plan)
        self.lot = stocked(self.nurse, protocol_of(self.version))

    def session(self, at: datetime = NOW, chair: Chair | None = None) -> Session:
        return commands.open_session(self.nurse, self.patient, chair=chair or self.chair, scheduled_for=at, now=at)

    def seated(self, at: datetime = NOW) -> Session:
        session = self.session(at)
        commands.seat(self.nurse, session, self.chair, now=at)
        return again(session)

    def ready(self, at: datetime = NOW) -> Session:
        """Seated, with fresh vital signs, and through the gate."""
        session = self.seated(at)
        self.write(session, EventKind.VITALS, BEFORE, at=at + timedelta(minutes=1))
        decision = commands.pass_gate(self.nurse, session, self.answers(), now=at + timedelta(minutes=2))
        assert session.phase == "ready", decision
        self.draw(session, at=at + timedelta(minutes=3))
        return session

    def draw(self, session: Session, *, at: datetime) -> None:
        """The ordered dose leaves the vault for this session."""
        dose_ug = ug_of_mg(session.plan.order["dose_mg"])
        medication.draw(self.nurse, session, self.lot.id, dose_ug, Act(uuid4(), at, at))

    def dosing(self, at: datetime = NOW) -> Session:
        """The dose begins five minutes after `at`."""
        session = self.ready(at)
        self.write(session, EventKind.DOSE_STARTED, self.dose(session), at=at + timedelta(minutes=5))
        return again(session)

    def dose(self, session: Session) -> dict[str, Any]:
        order = session.plan.order
        if order["devices"]:
            return {"delivery": "devices", "amount_mg": order["dose_mg"]}
        if order["duration_min"]:
            rate = order["dose_mg"] / order["duration_min"] * 60
            return {"delivery": "infusion", "amount_mg": order["dose_mg"], "rate_mg_per_h": rate}
        return {"delivery": "injection", "amount_mg": order["dose_mg"]}

    def answers(self) -> GateAnswers:
        checks = {item.name: True for item in protocol_of(self.version).checks}
        return GateAnswers(("name", "date_of_birth"), "Sam Escort", checks)

    def write(self, session: Session, kind: EventKind, payload: dict[str, Any], *, at: datetime, **fields: Any) -> str:
        made = event(kind, payload, at=at, by=self.nurse.name, **fields)
        commands.append_event(self.nurse, session, made, made.recorded_at)
        return made.id


BEFORE = {
    "systolic_mmhg": 122.0,
    "diastolic_mmhg": 78.0,
    "heart_rate_per_min": 70.0,
    "spo2_pct": 98.0,
    "respiratory_rate_per_min": 14.0,
}


def event(
    kind: EventKind, payload: dict[str, Any], *, at: datetime, by: str = "A Nurse", **fields: Any
) -> SessionEvent:
    made = {"id": str(uuid4()), "recorded_at": at} | fields
    return SessionEvent(kind=kind, at=at, by=by, payload=payload_from(kind, payload), **made)


def again(session: Session) -> Session:
    """The same session as the database has it now."""
    return Session.objects.select_related("patient", "chair", "plan__protocol_version").get(pk=session.pk)


def stocked(nurse: Viewer, protocol: Protocol) -> MedicationLot:
    """Plenty of what this protocol gives, received long ago."""
    at, expires_on = NOW - timedelta(days=60), date(2099, 12, 31)
    strength = {"device_ug": 28_000} if protocol.route == "nasal" else {"ug_per_ml": 10_000}
    new = NewLot(drug=protocol.drug, number=f"LOT-{protocol.route}", expires_on=expires_on, **strength)
    return receive(nurse, new, 2_800_000, Act(uuid4(), at, at))


def signed_version(clinic: Clinic, protocol_id: str, signer: Viewer) -> ProtocolVersion:
    """The shipped protocol with every hole filled with the middle of what is plausible, and signed."""
    shipped = load_protocol(protocol_id)
    values = {hole.name: ((hole.low or 0) + (hole.high or 0)) / 2 for hole in holes(shipped)}
    return stored(clinic, fill(shipped, values, signer.name), signer, NOW - timedelta(days=30))


def stored(clinic: Clinic, protocol: Protocol, signer: Viewer, at: datetime) -> ProtocolVersion:
    """This protocol as a row of the clinic, signed at that time."""
    signature = sign(protocol, signer.name, "for a test", at)
    return ProtocolVersion.objects.create(
        clinic=clinic,
        protocol_id=protocol.id,
        version=protocol.version,
        content=to_mapping(protocol),
        content_hash=content_hash(protocol),
        created_at=at,
        signed_by_id=signer.user_id,
        signed_name=signature.name,
        signed_meaning=signature.meaning,
        signed_at=signature.at,
        signed_hash=signature.content_hash,
    )


def treated_patient(room: Room, *, consent: bool = True, plan: bool = True, **fields: Any) -> Patient:
    """A person with weight, height, an eligibility decision, and maybe consent and a plan."""
    patient = make_patient(room.clinic, **fields)
    by, earlier = room.prescriber, NOW - timedelta(days=3)
    for code, value, unit in (("29463-7", WEIGHT_KG, "kg"), ("8302-2", 172.0, "cm")):
        RecordEntry.objects.create(
            clinic=room.clinic, patient=patient, kind="vital", code=code, display=code, value=value, unit=unit,
            at=earlier, source="measured", recorded_at=earlier, recorded_by=by.name,
        )  # fmt: skip
    for name, value in reassuring_facts(rules_id(protocol_of(room.version)) or "").items():
        FactEntry.objects.create(
            clinic=room.clinic, patient=patient, name=name, value=value, at=earlier, by_id=by.user_id
        )  # fmt: skip
    EligibilityDecision.objects.create(
        clinic=room.clinic, patient=patient, protocol_id=room.version.protocol_id, at=earlier, by_id=by.user_id,
        protocol_version=room.version.version, verdict="allowed", facts={},
        answer={"verdict": "allowed", "reasons": [], "missing": []},
    )  # fmt: skip
    if consent:
        Consent.objects.create(
            clinic=room.clinic, patient=patient, protocol_id=room.version.protocol_id,
            protocol_version=room.version.version, text_version="1", signed_name=str(patient), signed_at=earlier,
            witnessed_by_id=by.user_id,
        )  # fmt: skip
    if plan:
        protocol = protocol_of(room.version)
        needs_ratio = protocol.dose.kind == "per_kg_range"
        choice = Choice(mg_per_kg=0.5 if needs_ratio else None, concentration_mg_per_ml=_concentration(protocol))
        order = calculate(protocol, WEIGHT_KG, choice)
        Plan.objects.create(
            clinic=room.clinic, patient=patient, protocol_version=room.version, decision={}, signed_by_id=by.user_id,
            order=asdict(order) | {"weight_basis": order.weight_basis.value}, signed_at=earlier,
        )  # fmt: skip
    return patient


def _concentration(protocol: Protocol) -> float | None:
    return None if protocol.route == "nasal" else 10.0
