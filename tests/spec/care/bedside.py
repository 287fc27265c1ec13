"""Invented clinic values and a small bedside, for the specs of the session room."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from euthymia.care.protocol import Protocol, fill, holes
from euthymia.care.protocol_document import content_hash
from euthymia.care.protocol_signature import Signature, sign
from euthymia.care.protocols.load import load_protocol
from euthymia.care.session import SessionState, fold
from euthymia.care.session_events import (
    Delivery,
    DoseStarted,
    EventKind,
    GatePassed,
    Nothing,
    Opened,
    Payload,
    SessionEvent,
)
from euthymia.care.vitals import parse_vitals

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# What an invented medical lead fills in; by what the name of the hole contains.
LEAD = {
    "long_term": 12.0,
    "dose_per_kg_cap": 1.0,
    "mg_per_kg": 0.5,
    "concentration": 1.0,
    "dose_cap": 80.0,
    "interval": 48.0,
    "before_systolic": 150.0,
    "before_diastolic": 95.0,
    "before_heart_rate": 110.0,
    "before_spo2": 94.0,
    "during_systolic_call": 170.0,
    "during_systolic_stop": 190.0,
    "during_diastolic_call": 105.0,
    "during_diastolic_stop": 115.0,
    "during_heart_rate_stop": 140.0,
    "during_spo2_call": 92.0,
    "during_spo2_stop": 88.0,
    "leaving_systolic": 155.0,
    "leaving_diastolic": 95.0,
    "fasted": 4.0,
    "fresh_within": 30.0,
    "minimum_observation": 90.0,
    "every_min": 10.0,
    "until_min": 60.0,
}


def filled(name: str = "iv_racemic_05") -> Protocol:
    """A shipped protocol with every hole filled by an invented lead."""
    protocol = load_protocol(name)
    values = {}
    for hole in holes(protocol):
        values[hole.name] = next(value for part, value in LEAD.items() if part in hole.name)
    if name in ("im_racemic", "sc_racemic", "nasal_racemic"):
        values["concentration_mg_per_ml"] = 50.0
    return fill(protocol, values, "Dr Lead")


def signed(name: str = "iv_racemic_05") -> tuple[Protocol, Signature]:
    protocol = filled(name)
    return protocol, sign(protocol, "Dr Lead", "approved for this clinic", START - timedelta(days=30))


def minute(at_min: float) -> datetime:
    """The instant this many minutes after the dose began."""
    return START + timedelta(minutes=at_min)


@dataclass
class Bedside:
    """Writes events with made-up ids; times in minutes from the start of the dose."""

    protocol: Protocol = field(default_factory=filled)
    events: list[SessionEvent] = field(default_factory=list)

    def make(
        self,
        kind: EventKind,
        at_min: float,
        payload: Payload,
        *,
        corrects: str | None = None,
        recorded_min: float | None = None,
        event_id: str | None = None,
    ) -> SessionEvent:
        """An event that is not yet in the list."""
        return SessionEvent(
            id=event_id or f"e{len(self.events):03d}",
            kind=kind,
            at=minute(at_min),
            recorded_at=minute(at_min if recorded_min is None else recorded_min),
            by="Nurse Ada",
            payload=payload,
            device="tablet 1",
            corrects=corrects,
        )

    def write(self, kind: EventKind, at_min: float, payload: Payload | None = None, **more: object) -> SessionEvent:
        """An event that joins the list."""
        event = self.make(kind, at_min, Nothing() if payload is None else payload, **more)  # type: ignore[arg-type]
        self.events.append(event)
        return event

    def vitals(self, at_min: float, text: str) -> SessionEvent:
        return self.write(EventKind.VITALS, at_min, parse_vitals(text))

    def until_ready(self) -> Bedside:
        """Arrived, measured, gate passed; the dose starts at minute 0."""
        self.write(EventKind.OPENED, -30, Opened(self.protocol.id, self.protocol.version, 35.0))
        self.vitals(-10, "120/80 72 98% 16")
        gate = GatePassed(self.protocol.id, self.protocol.version, content_hash(self.protocol))
        self.write(EventKind.GATE_PASSED, -5, gate)
        return self

    def infusing(self, amount_mg: float = 35.0, rate_mg_per_h: float = 52.5) -> Bedside:
        """Running since minute 0: by default 35 mg over 40 minutes."""
        self.until_ready()
        self.write(EventKind.DOSE_STARTED, 0, DoseStarted(Delivery.INFUSION, amount_mg, rate_mg_per_h))
        return self

    def completed(self) -> Bedside:
        """Infused to the end at minute 40."""
        self.infusing()
        self.write(EventKind.DOSE_COMPLETED, 40)
        return self

    @property
    def state(self) -> SessionState:
        return fold(self.events)
