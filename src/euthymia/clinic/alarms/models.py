"""What is kept of alarms: changes a monitor's stream made, what people did, and the clinic's word on escalation.

What was typed and what is due needs no row: it follows from the session's own events. Both tables only grow.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned
from euthymia.clinic.sessions.models import Session


class AlarmEventRow(ClinicOwned):
    """One change of a condition, one act of a person, or that an alarm was first seen on a screen."""

    sequence = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True, default=uuid.uuid4)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="alarm_events")
    key = models.CharField(max_length=200, help_text="Rule, fact, and who noticed.")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField(help_text="When it was measured or done.")
    recorded_at = models.DateTimeField()
    by = models.CharField(max_length=200, blank=True)
    payload = models.JSONField(default=dict)

    class Meta:
        ordering = ["sequence"]
        indexes = [models.Index(fields=["session", "sequence"]), models.Index(fields=["clinic", "sequence"])]

    def __str__(self) -> str:
        return f"{self.kind} {self.key} at {self.at}"


class AlarmEscalation(ClinicOwned):
    """After how long an alarm that nobody acknowledged goes to whom, as the medical lead set it. The newest counts."""

    tier = models.CharField(max_length=10)
    after_s = models.PositiveIntegerField(null=True, help_text="Empty: no escalation from now on.")
    to = models.CharField(max_length=120, blank=True)
    source = models.CharField(max_length=300)
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_by_name = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.tier} after {self.after_s} s to {self.to}"
