"""Virtual trials asked for by a clinic, and their result files."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned


class RunState(models.TextChoices):
    RUNNING = "running", "Running"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class TrialRun(ClinicOwned):
    """One virtual trial: a design in, a result out; the research room runs in a process of its own."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    design = models.CharField(max_length=80)
    seed = models.BigIntegerField()
    replicates = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.RUNNING)
    result = models.JSONField(null=True)
    problem = models.TextField(blank=True)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-asked_at"]

    def __str__(self) -> str:
        return self.design


class CohortTable(ClinicOwned):
    """The clinic's doses and scores as one table without identities, as it was last built."""

    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    people = models.PositiveIntegerField()
    rows = models.JSONField()
    codebook = models.JSONField()

    class Meta:
        ordering = ["-made_at"]
        get_latest_by = "made_at"

    def __str__(self) -> str:
        return f"cohort of {self.made_at:%Y-%m-%d}"
