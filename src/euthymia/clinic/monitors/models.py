"""Bedside monitors, and the numbers they stream. The stream is no record of care: that is the flowsheet."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned
from euthymia.clinic.sessions.models import Chair, Session


class MonitorDevice(ClinicOwned):
    """A monitor at a chair. Its secret is shown once and kept as a hash; a revoked one is never listened to again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80)
    chair = models.ForeignKey(Chair, on_delete=models.PROTECT, related_name="monitors")
    token_hash = models.CharField(max_length=64, unique=True)
    registered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["chair__position", "name"]

    def __str__(self) -> str:
        return self.name


class MonitorStream(ClinicOwned):
    """What one monitor streams during one session: where it stands, and its newest numbers for whoever looks now."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="monitor_streams")
    device = models.ForeignKey(MonitorDevice, on_delete=models.PROTECT, related_name="streams")
    began_at = models.DateTimeField(help_text="When the person sat down; nothing earlier is theirs.")
    started_at = models.DateTimeField(help_text="When the first sample was recorded.")
    samples_kept = models.PositiveIntegerField(default=0)
    samples_late = models.PositiveIntegerField(default=0)
    highest_sequence = models.BigIntegerField(help_text="Of every stream of this monitor; a higher one is new.")
    last_at = models.DateTimeField(null=True, help_text="Of the newest sample in which something was measured.")
    heard_at = models.DateTimeField(help_text="When the monitor was last heard.")
    latest = models.JSONField(default=dict, help_text="By channel: number or gap, and when.")
    packed_until = models.DateTimeField(help_text="Samples before this minute are packed, but for late ones.")
    refused_at = models.DateTimeField(null=True)
    refused_words = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "device"], name="one_stream_per_session_and_monitor")]

    def __str__(self) -> str:
        return f"stream {self.id}"


class UnpackedSample(models.Model):
    """A sample of the running minute: one short row, written once, packed with its neighbours when the minute ends."""

    stream = models.ForeignKey(MonitorStream, on_delete=models.PROTECT, related_name="unpacked")
    device = models.ForeignKey(MonitorDevice, on_delete=models.PROTECT, related_name="+", db_index=False)
    sequence = models.BigIntegerField()
    at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    packed = models.BinaryField(max_length=12)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "sequence"], name="one_sample_per_sequence")]

    def __str__(self) -> str:
        return f"sample {self.sequence}"


class PackedMinute(models.Model):
    """One minute of one channel. `channel` is empty for the order of the samples: their sequence numbers and delays."""

    stream = models.ForeignKey(MonitorStream, on_delete=models.PROTECT, related_name="minutes", db_index=False)
    channel = models.CharField(max_length=30, blank=True)
    minute_at = models.DateTimeField()
    packed = models.BinaryField()
    first_sequence = models.BigIntegerField(null=True)
    last_sequence = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "minute_at", "channel"], name="one_row_per_minute_and_channel")
        ]

    def __str__(self) -> str:
        return f"{self.channel} at {self.minute_at}"
