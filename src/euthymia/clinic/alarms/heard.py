"""What is kept of a stream from after an instant: asked before a condition ends, so that nothing late can end it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from euthymia.care.vital_stream import Channel, column_values, minute_of, unpack_sample
from euthymia.clinic.monitors.models import PackedMinute, UnpackedSample

# What a channel of a monitor is called by a rule that looks at it.
THINGS = {
    Channel.SYSTOLIC.value: "blood_pressure",
    Channel.HEART_RATE.value: "heart_rate",
    Channel.SPO2.value: "spo2",
    Channel.RESPIRATORY_RATE.value: "respiratory_rate",
}
CHANNEL_OF = {thing: Channel(channel) for channel, thing in THINGS.items()}


def measured_later(session_id: UUID, thing: str, at: datetime) -> bool:
    """Whether a number of this kind is kept from after this instant, of any monitor of the session. Read from the
    samples themselves: what a stream calls its newest is held back to the clock of this machine."""
    channel = CHANNEL_OF[thing]
    for row in UnpackedSample.objects.filter(stream__session_id=session_id, at__gt=at):
        if channel in unpack_sample(row.sequence, row.at, bytes(row.packed)).values:
            return True
    minutes = PackedMinute.objects.filter(
        stream__session_id=session_id, channel=channel.value, minute_at__gte=minute_of(at)
    )
    return any(
        value is not None and measured_at > at
        for row in minutes
        for measured_at, value in column_values(row.minute_at, bytes(row.packed))
    )
