"""The monitors of the demonstration: one at each chair that somebody invented sits in, while the clinic is served."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime

import numpy as np
from django.db import close_old_connections
from django.utils import timezone

from euthymia.care.session import Phase
from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.demo.visit import Visitor
from euthymia.clinic.monitors.answers import Batch
from euthymia.clinic.monitors.commands import register_device, take_batch
from euthymia.clinic.monitors.models import MonitorDevice
from euthymia.clinic.monitors.simulated import Resting, SimulatedMonitor
from euthymia.clinic.monitors.wire import read_sample
from euthymia.clinic.sessions.models import Session

EVERY_S = 1.0
# Who sits where changes seldom; it is looked up this often.
LOOK_EVERY_S = 5
ACTOR = "demonstration monitors"
VisitorOf = Callable[[Session, datetime], Visitor]


class MonitorFeed:
    """Streams for every running visit of an invented person, once a second, with what goes wrong on a real ward."""

    def __init__(self, seed: int, visitor_of: VisitorOf) -> None:
        self.seed, self.visitor_of = seed, visitor_of
        self.stopped = threading.Event()
        self.sessions: list[Session] = []
        self.looked_at = float("-inf")
        self.monitors: dict[uuid.UUID, SimulatedMonitor] = {}
        self.devices: dict[int, MonitorDevice] = {}

    def start(self) -> None:
        """In a thread that ends with the server."""
        threading.Thread(target=self.run, name="demonstration monitors", daemon=True).start()

    def run(self) -> None:
        while not self.stopped.wait(EVERY_S):
            try:
                self.beat(timezone.now())
            finally:
                close_old_connections()

    def beat(self, now: datetime) -> None:
        """One second of every monitor."""
        if time.monotonic() - self.looked_at > LOOK_EVERY_S:
            self.looked_at = time.monotonic()
            self.sessions = self.running()
        for session in self.sessions:
            minute = (now - session.dose_started_at).total_seconds() / 60 if session.dose_started_at else -1.0
            rows = self.monitor_of(session, now).beat(now, minute)
            samples = [read_sample(row, now, "sample") for row in rows]
            if samples:
                take_batch(Batch(self.device_at(session, now).id, samples, [], now))

    def running(self) -> list[Session]:
        rows = Session.objects.filter(patient__invented=True, closed_at=None, chair__isnull=False)
        rows = rows.exclude(phase=Phase.PLANNED.value)
        return list(rows.select_related("chair", "plan__protocol_version", "plan__patient", "patient"))

    def monitor_of(self, session: Session, now: datetime) -> SimulatedMonitor:
        if session.id not in self.monitors:
            visitor = self.visitor_of(session, now)
            body, curves = visitor.body, visitor.curves
            resting = Resting(body.systolic, body.diastolic, body.heart_rate, body.spo2)

            def rise(minute: float) -> float:
                return (
                    float(np.interp(minute, curves.minutes, curves.systolic_rise)) * body.answers if minute > 0 else 0
                )

            self.monitors[session.id] = SimulatedMonitor(self.seed + session.id.int % 2**31, resting, rise)
        return self.monitors[session.id]

    def device_at(self, session: Session, now: datetime) -> MonitorDevice:
        """The monitor of this chair; the first time it is registered. Nobody ever learns its secret."""
        chair = session.chair
        if chair.pk not in self.devices:
            found = MonitorDevice.objects.filter(chair=chair, revoked_at=None).first()
            if found is None:
                actor = System(chair.clinic_id, ACTOR)
                found, _ = register_device(actor, name=f"Simulated monitor, {chair.name}", chair=chair, now=now)
            self.devices[chair.pk] = found
        return self.devices[chair.pk]
