"""One dosing visit, minute by minute, played through the commands a nurse uses."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from euthymia.care.bedside_dose import start_of
from euthymia.care.decision import Allowed, Decision, missing_of, reasons_of
from euthymia.care.discharge import DischargeFacts
from euthymia.care.dose_order import DoseOrder
from euthymia.care.session_events import (
    Concern,
    Delivery,
    DeviceGiven,
    EventKind,
    Nothing,
    Payload,
    ScaleTaken,
    SessionEvent,
    Severity,
    SideEffect,
    SideEffectEnded,
)
from euthymia.care.vitals import Reading
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.demo.body import Body, Curves
from euthymia.clinic.demo.vault import draw_dose, waste_rest
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.commands import append_events, discharge, pass_gate, seat
from euthymia.clinic.sessions.gate import GateAnswers
from euthymia.clinic.sessions.models import Chair, Session
from euthymia.clinic.sessions.queries import state_of
from euthymia.errors import Broken

MINUTE = timedelta(minutes=1)
ESCORT = "Sam (sibling)"
STAY_MIN = {Delivery.INFUSION: 105, Delivery.INJECTION: 105, Delivery.DEVICES: 125}
SIDE_EFFECTS = (("nausea", 0.25), ("dizziness", 0.3), ("headache", 0.15), ("anxiety", 0.08))


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sits in the chair: their body and the engine's curves for their order."""

    body: Body
    curves: Curves


class Scribe:
    """Writes events as a nurse would, a little after they happen."""

    def __init__(self, nurse: Viewer, start: datetime, rng: np.random.Generator) -> None:
        self.nurse, self.start, self.rng = nurse, start, rng
        self.events: list[SessionEvent] = []

    def write(self, minute: float, kind: EventKind, payload: Payload) -> str:
        """One event `minute` after the dose; gives its id."""
        at = self.start + minute * MINUTE
        ident = str(uuid.UUID(bytes=self.rng.bytes(16), version=4))
        self.events.append(SessionEvent(ident, kind, at, at, self.nurse.name, payload, "tablet 1"))
        return ident

    def until(self, now: datetime) -> list[SessionEvent]:
        """What has happened by now, in order."""
        return sorted((event for event in self.events if event.at <= now), key=lambda event: event.at)


def play_visit(
    nurse: Viewer, session: Session, chair: Chair, visitor: Visitor, *, start: datetime, now: datetime,
    rng: np.random.Generator,
    leaves: bool = True,
) -> None:  # fmt: skip
    """A whole visit whose dose began at `start`; stops where `now` is, so a visit of today is still running.

    `leaves=False` stops at the door: everything is ready, and whoever looks at the demonstration may discharge.
    """
    order = order_of(session.plan)
    seat(nurse, session, chair, now=start - 20 * MINUTE)
    before = Scribe(nurse, start, rng)
    before.write(-10, EventKind.VITALS, Reading(**visitor.body.at(visitor.curves, -10, rng)))
    before.write(-9, EventKind.SCALE, ScaleTaken("moaas", Concern.SEDATION, 5.0, True))
    append_events(nurse, session, before.events, start - 9 * MINUTE)
    checks = {check.name: True for check in protocol_of(session.plan.protocol_version).checks}
    answers = GateAnswers(("name", "date_of_birth"), ESCORT, checks)
    require_allowed(pass_gate(nurse, session, answers, now=start - 2 * MINUTE), "gate")
    draw_dose(nurse, session, start - MINUTE, rng)
    during = Scribe(nurse, start, rng)
    write_dose(during, order)
    write_watch(during, visitor, start_of(order).delivery)
    happened = during.until(now)
    append_events(nurse, session, happened, min(now, start + timedelta(hours=6)))
    if leaves and now >= leaving_at(order, start):
        go_home(nurse, session, leaving_at(order, start))


def finish_visit(nurse: Viewer, session: Session, visitor: Visitor, rng: np.random.Generator) -> None:
    """The rest of a visit that was running when the demonstration was stopped, up to the ride home."""
    order, state = order_of(session.plan), state_of(session)
    start = state.clock_at or session.scheduled_for
    last_at = state.entries[-1].at
    rest = Scribe(nurse, start, rng)
    write_dose(rest, order)
    write_watch(rest, visitor, start_of(order).delivery, side_effects=False)
    leaving = max(leaving_at(order, start), last_at + 2 * MINUTE)
    for span in state.open_side_effects:
        rest.write((leaving - start) / MINUTE - 2, EventKind.SIDE_EFFECT_ENDED, SideEffectEnded(span.event_id))
    events = [event for event in rest.until(leaving) if event.at > last_at or event.kind is EventKind.SIDE_EFFECT_ENDED]
    append_events(nurse, session, events, leaving)
    go_home(nurse, session, leaving)


def leaving_at(order: DoseOrder, start: datetime) -> datetime:
    return start + (STAY_MIN[start_of(order).delivery] + 3) * MINUTE


def go_home(nurse: Viewer, session: Session, at: datetime) -> None:
    waste_rest(nurse, session, at)
    facts = DischargeFacts(("name", "date_of_birth"), ESCORT, True, True, True)
    require_allowed(discharge(nurse, session, facts, now=at, refresh=False), "discharge")


def write_dose(scribe: Scribe, order: DoseOrder) -> None:
    scribe.write(0, EventKind.DOSE_STARTED, start_of(order))
    end_min = order.duration_min or 1.0
    for number in range(1, (order.devices or 0) + 1):
        minute = 0.1 + 5.0 * (number - 1)
        scribe.write(minute, EventKind.DEVICE_GIVEN, DeviceGiven(order.dose_mg / (order.devices or 1), number))
        end_min = minute + 0.5
    scribe.write(end_min, EventKind.DOSE_COMPLETED, Nothing())


def write_watch(scribe: Scribe, visitor: Visitor, delivery: Delivery, *, side_effects: bool = True) -> None:
    """Vital signs, scales and side effects through the stay."""
    stay = STAY_MIN[delivery]
    for minute in (*range(10, 70, 10), 90, stay):
        scribe.write(minute, EventKind.VITALS, Reading(**visitor.body.at(visitor.curves, minute, scribe.rng)))
    for minute in (20, 40, 60, stay):
        score = visitor.body.cadss6(visitor.curves, minute, scribe.rng)
        settled = minute == stay
        total = 0.0 if settled else score
        scribe.write(minute + 0.5, EventKind.SCALE, ScaleTaken("cadss6", Concern.DISSOCIATION, total, total == 0))
        alert = 5.0 if settled or score < 6 else 4.0
        scribe.write(minute + 0.7, EventKind.SCALE, ScaleTaken("moaas", Concern.SEDATION, alert, alert == 5.0))
    scribe.write(stay + 0.9, EventKind.SCALE, ScaleTaken("observation", Concern.RESPIRATORY_DEPRESSION, None, True))
    for name, chance in SIDE_EFFECTS if side_effects else ():
        if scribe.rng.random() < chance:
            began = float(scribe.rng.integers(12, 45))
            severity = Severity.MODERATE if scribe.rng.random() < 0.2 else Severity.MILD
            ident = scribe.write(began, EventKind.SIDE_EFFECT, SideEffect(name, severity))
            ended = min(began + float(scribe.rng.integers(15, 50)), stay - 2.0)
            scribe.write(ended, EventKind.SIDE_EFFECT_ENDED, SideEffectEnded(ident))


def require_allowed(decision: Decision, step: str) -> None:
    """The invented people are well prepared: a refusal here is a mistake in the demonstration."""
    if isinstance(decision, Allowed):
        return
    reasons = [reason.says or reason.rule for reason in reasons_of(decision)]
    missing = [item.says or item.fact for item in missing_of(decision)]
    raise Broken(f"The demonstration's {step} was refused: {'; '.join(reasons + missing)}")
