"""Therapy alongside: preparation, dosing-day and integration notes on the same timeline."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient
from euthymia.clinic.sessions.models import Session


class NoteKind(models.TextChoices):
    PREPARATION = "preparation", "Preparation"
    DOSING_DAY = "dosing_day", "Dosing day"
    INTEGRATION = "integration", "Integration"


class TherapyNote(ClinicOwned):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="therapy_notes")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="therapy_notes")
    kind = models.CharField(max_length=12, choices=NoteKind.choices)
    intention = models.CharField(max_length=300, blank=True)
    text = models.TextField(max_length=20_000)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.at}"
