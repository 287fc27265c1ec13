"""The forecast of a person's course, made when an answer or a dose arrives, and the risk they say they accept."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient


class CourseForecast(ClinicOwned):
    """The latest forecast of one person on one instrument, with what it was learned from."""

    patient = models.OneToOneField(Patient, on_delete=models.PROTECT, related_name="forecast")
    instrument = models.CharField(max_length=30)
    made_at = models.DateTimeField()
    result = models.JSONField()
    next_dose_at = models.DateTimeField(null=True, help_text="The proposed next dose; a clinician decides.")

    def __str__(self) -> str:
        return f"forecast of {self.patient_id}"


class AcceptedRisk(ClinicOwned):
    """The chance of slipping before the next dose that a person says they accept. The newest row holds."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="accepted_risks")
    chance = models.FloatField()
    said_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.chance:.0%} accepted"
