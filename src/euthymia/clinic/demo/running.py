"""The visits that are running right now, and the vital signs that keep arriving while the demonstration is served."""

from __future__ import annotations

import logging
import threading
import uuid
from datetime import datetime, timedelta

import numpy as np
from django.db import close_old_connections, transaction
from django.utils import timezone

from euthymia.care.bedside_dose import start_of
from euthymia.care.monitoring import Status, next_due
from euthymia.care.session import Phase
from euthymia.care.session_events import Because, EventKind, SessionEvent
from euthymia.care.vitals import Reading
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer, viewer_of
from euthymia.clinic.demo.body import curves_of, invented_body
from euthymia.clinic.demo.monitors import MonitorFeed
from euthymia.clinic.demo.visit import STAY_MIN, Visitor, finish_visit, play_visit
from euthymia.clinic.people.models import CarePhase
from euthymia.clinic.people.shell import age_on
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.plans.models import Plan, PlanState
from euthymia.clinic.sessions.commands import append_event, open_session
from euthymia.clinic.sessions.models import Chair, Session
from euthymia.clinic.sessions.queries import session_protocol, state_of
from euthymia.pharmacology import Person

# One dose is going in, one person is watched, and one is ready to go home.
MINUTES_IN = (12, 55)
READY_AFTER_STAY_MIN = 5
RUNNING = 3
STALE = timedelta(hours=3)
EVERY_S = 20
log = logging.getLogger("euthymia.demo")


def start_running_visits(clinic_id: int, now: datetime, seed: int) -> None:
    """Three people in three chairs, each at another point of their visit."""
    nurse = nurse_of(clinic_id)
    chairs = list(Chair.objects.filter(clinic_id=clinic_id).order_by("position"))
    for place, plan in enumerate(idle_plans(clinic_id, now)[:RUNNING]):
        rng = np.random.default_rng((seed, 7, place))
        stay_min = STAY_MIN[start_of(order_of(plan)).delivery]
        minutes = MINUTES_IN[place] if place < len(MINUTES_IN) else stay_min + READY_AFTER_STAY_MIN
        start = now - timedelta(minutes=minutes)
        with transaction.atomic():
            session = open_session(
                nurse, plan.patient, chair=chairs[place], scheduled_for=start, now=start - timedelta(hours=20)
            )
            visitor = visitor_for(plan, now, rng)
            play_visit(nurse, session, chairs[place], visitor, start=start, now=now, rng=rng, leaves=False)


def idle_plans(clinic_id: int, now: datetime) -> list[Plan]:
    """Active plans of people whose last dose is long enough ago, first come first; nobody in a taper."""
    recent = Session.objects.filter(clinic_id=clinic_id, dose_started_at__gt=now - timedelta(days=2))
    rows = Plan.objects.filter(clinic_id=clinic_id, state=PlanState.ACTIVE, patient__invented=True)
    rows = rows.filter(taper_steps=None)
    treated = rows.filter(patient__phase__in=(CarePhase.INDUCTION, CarePhase.MAINTENANCE))
    free = treated.exclude(patient_id__in=recent.values("patient_id"))
    return list(free.select_related("patient", "protocol_version").order_by("signed_at"))


def bring_running_visits_up_to(now: datetime, seed: int) -> None:
    """A demonstration started again later: the visits left running go home as they would have, and new ones begin."""
    running = Session.objects.filter(patient__invented=True, closed_at=None).exclude(phase=Phase.PLANNED.value)
    stale = list(running.filter(scheduled_for__lt=now - STALE).select_related("plan__protocol_version", "patient"))
    missed = Session.objects.filter(patient__invented=True, phase=Phase.PLANNED.value, scheduled_for__lt=now - STALE)
    for session in missed:
        cancel(session, now)
    if running.count() > len(stale):
        return
    for session in stale:
        rng = np.random.default_rng((seed, session.id.int % 2**32))
        finish_visit(nurse_of(session.clinic_id), session, visitor_for(session.plan, now, rng), rng)
    clinic_id = stale[0].clinic_id if stale else Chair.objects.order_by("pk")[0].clinic_id
    start_running_visits(clinic_id, now, seed + now.toordinal())


def cancel(session: Session, now: datetime) -> None:
    """A booked visit whose day passed while nobody served the demonstration."""
    nurse = nurse_of(session.clinic_id)
    why = Because("The day passed while the demonstration was not running.")
    append_event(nurse, session, SessionEvent(str(uuid.uuid4()), EventKind.CANCELLED, now, now, nurse.name, why), now)


def visitor_for(plan: Plan, now: datetime, rng: np.random.Generator) -> Visitor:
    patient, order = plan.patient, order_of(plan)
    age_y = age_on(patient.birth_date, now.date()) or 40
    person = Person(age_y=age_y, sex=patient.sex, weight_kg=order.weight_kg, height_cm=170)
    earlier = patient.sessions.filter(dose_started_at__lt=now).count()
    return Visitor(invented_body(age_y, rng), curves_of(order, person).after(earlier))


def nurse_of(clinic_id: int) -> Viewer:
    rows = Membership.objects.filter(clinic_id=clinic_id, role=Role.NURSE).select_related("user", "clinic")
    return viewer_of(rows.order_by("pk")[0])


class LiveFeed:
    """A nurse who writes down vital signs when a check is due, and the monitors beside her."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        self.visitors: dict[uuid.UUID, Visitor] = {}
        self.guard = threading.Lock()
        self.stopped = threading.Event()
        self.monitors = MonitorFeed(seed, self.visitor_of)

    def start(self) -> None:
        threading.Thread(target=self.run, name="demonstration feed", daemon=True).start()
        self.monitors.start()

    def run(self) -> None:
        while not self.stopped.wait(EVERY_S):
            try:
                self.beat(timezone.now())
            finally:
                close_old_connections()

    def visitor_of(self, session: Session, now: datetime) -> Visitor:
        """The same body for the nurse and for the monitor."""
        with self.guard:
            if session.id not in self.visitors:
                self.visitors[session.id] = visitor_for(session.plan, now, self.rng)
            return self.visitors[session.id]

    def beat(self, now: datetime) -> None:
        """One set of vital signs for every invented person in a chair who is due for one."""
        watched = (Phase.DOSING.value, Phase.OBSERVING.value, Phase.PAUSED.value)
        rows = Session.objects.filter(patient__invented=True, closed_at=None, phase__in=watched)
        for session in rows.select_related("plan__protocol_version", "plan__patient", "patient"):
            self.read(session, self.visitor_of(session, now), now)

    def read(self, session: Session, visitor: Visitor, now: datetime) -> None:
        item = next_due(state_of(session), session_protocol(session), now)
        if session.dose_started_at is None or item is None or item.status not in (Status.DUE, Status.OVERDUE):
            return
        minute = (now - session.dose_started_at).total_seconds() / 60
        reading = Reading(**visitor.body.at(visitor.curves, minute, self.rng))
        if not set(item.still) & reading.measured():
            return
        nurse = nurse_of(session.clinic_id)
        append_event(
            nurse, session, SessionEvent(str(uuid.uuid4()), EventKind.VITALS, now, now, nurse.name, reading), now
        )
