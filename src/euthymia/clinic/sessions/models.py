"""The session room: chairs, sessions, and the append-only list of what happened."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient
from euthymia.clinic.plans.models import Plan


class Chair(ClinicOwned):
    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Session(ClinicOwned):
    """One dosing visit. Its state is the fold of its events; `phase` is a copy kept for lists."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="sessions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="sessions")
    chair = models.ForeignKey(Chair, on_delete=models.PROTECT, null=True, related_name="sessions")
    scheduled_for = models.DateTimeField()
    phase = models.CharField(max_length=12, default="planned")
    dose_started_at = models.DateTimeField(null=True)
    dose_given_mg = models.FloatField(null=True)
    closed_at = models.DateTimeField(null=True)
    statements = models.JSONField(default=dict, help_text="What was stated at the gate and at the door, and by whom.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["scheduled_for"]
        indexes = [models.Index(fields=["clinic", "phase"]), models.Index(fields=["patient", "dose_started_at"])]
        constraints = [
            models.UniqueConstraint(
                fields=["chair"],
                condition=models.Q(closed_at=None) & ~models.Q(phase="planned"),
                name="one_open_session_per_chair",
            ),
        ]

    def __str__(self) -> str:
        return f"session {self.id}"


class SessionEventRow(ClinicOwned):
    """One event as it was made at the bedside. The same id twice is one event; nothing is overwritten."""

    id = models.UUIDField(primary_key=True)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=30)
    at = models.DateTimeField(help_text="When it happened.")
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=200)
    device = models.CharField(max_length=80, blank=True)
    payload = models.JSONField(default=dict)
    corrects = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="corrections")

    class Meta:
        ordering = ["at", "recorded_at"]
        indexes = [models.Index(fields=["session", "at"])]

    def __str__(self) -> str:
        return f"{self.kind} at {self.at}"


class SessionNote(ClinicOwned):
    """The note that wrote itself from the flowsheet when the session closed."""

    session = models.OneToOneField(Session, on_delete=models.PROTECT, related_name="note")
    text = models.TextField()
    content_hash = models.CharField(max_length=64)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"note of {self.session_id}"
