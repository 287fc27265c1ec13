"""Adverse events: one row that says where each stands, and the append-only steps it is the sum of."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient
from euthymia.clinic.sessions.models import Session


class AdverseEvent(ClinicOwned):
    """One adverse event of one person. What stands here is a copy of what its steps add up to, kept for lists."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="adverse_events")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="adverse_events")
    side_effect_id = models.UUIDField(null=True, help_text="The entry of the flowsheet it was opened from.")
    what = models.CharField(max_length=200)
    began_at = models.DateTimeField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    severity = models.CharField(max_length=10)
    serious = models.BooleanField(null=True)
    phase = models.CharField(max_length=10)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-opened_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["side_effect_id"],
                condition=models.Q(side_effect_id__isnull=False),
                name="adverse_event_once_per_side_effect",
            )
        ]

    def __str__(self) -> str:
        return self.what


class AdverseEventStep(ClinicOwned):
    """One step. Rows are only added; the database refuses a change."""

    adverse_event = models.ForeignKey(AdverseEvent, on_delete=models.PROTECT, related_name="steps")
    event_id = models.UUIDField(unique=True, help_text="Made where it was written, so that sent twice is one.")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField(help_text="When it was so.")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    says = models.TextField(max_length=2000, blank=True)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    to_name = models.CharField(max_length=200, blank=True)
    judged = models.JSONField(default=dict, help_text="Grade, answers on seriousness, relatedness, action or outcome.")
    as_prescriber = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind
