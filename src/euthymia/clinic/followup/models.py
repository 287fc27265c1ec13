"""The forecast of a person's course, made when an answer or a dose arrives and kept for the lists."""

from __future__ import annotations

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
