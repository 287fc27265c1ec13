"""A person's own pages: the code that opens them, and the journal they keep there."""

from __future__ import annotations

import uuid

from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient


class SignInCode(ClinicOwned):
    """One code, for the browser that asked for it and no other. Only hashes are kept."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="sign_in_codes")
    code_hash = models.CharField(max_length=64)
    browser_hash = models.CharField(max_length=64)
    asked_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["asked_at"]
        indexes = [models.Index(fields=["browser_hash", "asked_at"])]

    def __str__(self) -> str:
        return f"code of {self.asked_at:%Y-%m-%d %H:%M}"


class JournalEntry(ClinicOwned):
    """What a person writes for themself. Nobody of the clinic is shown it unless it is shared."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="journal")
    text = models.TextField(max_length=5000)
    at = models.DateTimeField()
    shared_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d}"
