"""What was found out before a decision: facts, past treatments, consent, and the decisions themselves."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient


class FactEntry(ClinicOwned):
    """One answer to one question that a care rule asks. Append-only: the latest entry of a name counts."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="facts")
    name = models.CharField(max_length=80, help_text="A fact name of euthymia.care.eligibility.")
    value = models.JSONField(null=True, help_text="Null takes an earlier answer back: not known.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["patient", "name", "at"])]

    def __str__(self) -> str:
        return f"{self.name} = {self.value}"


class TreatmentTrialEntry(ClinicOwned):
    """One course of an earlier treatment, with what staging needs to judge it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="treatment_trials")
    drug = models.CharField(max_length=80)
    dose_mg_day = models.FloatField(null=True)
    weeks = models.FloatField(null=True)
    outcome = models.CharField(max_length=20, blank=True)
    augmentation = models.BooleanField(default=False)
    current_episode = models.BooleanField(default=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, help_text="Struck through; kept in sight.")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.drug


class AdequacyChange(ClinicOwned):
    """One change of what this clinic calls an adequate trial. Append-only: the newest of a subject counts, and the
    number of changes is the version of the settings."""

    subject = models.CharField(max_length=80, help_text="A medicine in small letters, or min_weeks.")
    value = models.FloatField(null=True, help_text="mg a day or weeks; null goes back to what was shipped.")
    source = models.CharField(max_length=300, blank=True)
    because = models.CharField(max_length=500)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.subject} = {self.value}"


class Consent(ClinicOwned):
    """A signed consent to one protocol version."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    protocol_id = models.CharField(max_length=60)
    protocol_version = models.CharField(max_length=20)
    text_version = models.CharField(max_length=20)
    signed_name = models.CharField(max_length=700, help_text="A given and a family name, however long.")
    signed_at = models.DateTimeField()
    witnessed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-signed_at"]

    def __str__(self) -> str:
        return f"{self.protocol_id} {self.protocol_version}"


class EligibilityDecision(ClinicOwned):
    """What the rules answered, on which facts, and what a clinician overrode and why."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="eligibility_decisions")
    protocol_id = models.CharField(max_length=60)
    protocol_version = models.CharField(max_length=20)
    verdict = models.CharField(max_length=12)
    answer = models.JSONField(help_text="Reasons, missing facts and flags as they were shown.")
    facts = models.JSONField(help_text="The facts the rules saw.")
    overrides = models.JSONField(default=list, help_text="Rule, reason, name and time of each override.")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.protocol_id}: {self.verdict}"
