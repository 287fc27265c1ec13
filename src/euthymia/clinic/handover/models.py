"""Acts of handing over: who gave what to whom and when, and when it was taken."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient


class HandoverKind(models.TextChoices):
    GIVEN = "given", "Handed over"
    TAKEN = "taken", "Taken over"


class Handover(ClinicOwned):
    """One act. Rows are only added; the database refuses a change. `answers` is the giving that a taking confirms."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=6, choices=HandoverKind.choices)
    subject = models.CharField(max_length=20, help_text="chair, risk or adverse_event")
    subject_id = models.UUIDField()
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="handovers")
    what = models.CharField(max_length=300, help_text="As it stood when it was handed over.")
    from_name = models.CharField(max_length=200, blank=True)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    to_name = models.CharField(max_length=200)
    says = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    answers = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="taking")

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["clinic", "subject", "subject_id"])]

    def __str__(self) -> str:
        return f"{self.what} to {self.to_name}"
