"""Protocols as this clinic signed them, and personal plans made from them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient


class ProtocolVersion(ClinicOwned):
    """One version of a protocol in one clinic. Content never changes, and a signature once given stays (`guard`)."""

    protocol_id = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    content = models.JSONField(help_text="The whole protocol, holes filled or not.")
    content_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    made_by = models.CharField(max_length=200, blank=True, help_text="Who made this version, by name.")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    signed_name = models.CharField(max_length=200, blank=True)
    signed_meaning = models.CharField(max_length=200, blank=True)
    signed_at = models.DateTimeField(null=True)
    signed_hash = models.CharField(max_length=64, blank=True)
    retired_at = models.DateTimeField(null=True)
    retired_name = models.CharField(max_length=200, blank=True, help_text="Who took it out of use; empty: replaced.")
    retired_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["protocol_id", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["clinic", "protocol_id", "version"], name="protocol_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.protocol_id} {self.version}"


class PlanState(models.TextChoices):
    ACTIVE = "active", "Active"
    REPLACED = "replaced", "Replaced"
    ENDED = "ended", "Ended"


class Plan(ClinicOwned):
    """A protocol applied to a person: the dose order, the decision that let it pass, and who signed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="plans")
    protocol_version = models.ForeignKey(ProtocolVersion, on_delete=models.PROTECT, related_name="plans")
    order = models.JSONField(help_text="The dose order as care calculated and checked it.")
    decision = models.JSONField(help_text="Reasons and flags when it was signed.")
    overrides = models.JSONField(default=list)
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.ACTIVE)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=300, blank=True)
    ended_because = models.CharField(max_length=20, blank=True, help_text="Which of the reasons a course ends for.")
    switched_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="switched_to",
        help_text="The plan this one took over.",
    )

    class Meta:
        ordering = ["-signed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient"], condition=models.Q(state="active"), name="one_active_plan_per_patient"
            ),
        ]

    def __str__(self) -> str:
        return f"plan {self.id}"


class TaperStep(ClinicOwned):
    """One step of a taper: the interval between doses from now on, or that the taper stopped. Rows are only added."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="taper_steps")
    interval_days = models.PositiveIntegerField(null=True, help_text="Empty: the taper stopped here.")
    because = models.CharField(max_length=300, blank=True)
    decision = models.JSONField(default=dict, help_text="What was worth knowing when the step was taken.")
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_name = models.CharField(max_length=200)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"every {self.interval_days} days" if self.interval_days else "taper stopped"


class PersonLimit(ClinicOwned):
    """A limit on the doses of one person beside those of the protocol; it holds until somebody ends it with a
    reason."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="own_limits")
    measure = models.CharField(max_length=30)
    level = models.CharField(max_length=10)
    value = models.FloatField(help_text="In the unit the measure's name ends in.")
    because = models.CharField(max_length=300)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    set_name = models.CharField(max_length=200)
    ended_at = models.DateTimeField(null=True)
    ended_name = models.CharField(max_length=200, blank=True)
    ended_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.measure} {self.value:g}"
