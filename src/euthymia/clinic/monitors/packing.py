"""Packing the minutes that have ended: sixty short rows become one row for each channel."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from euthymia.care.vital_stream import MINUTE, Channel, Kept, minute_of, pack_minute, unpack_minute, unpack_sample
from euthymia.clinic.monitors.models import MonitorStream, PackedMinute, UnpackedSample

# Seconds of a minute over which the packing of many streams is spread, so that not all of them pack at once.
SPREAD_S = 60


def pack_ended_minutes(stream: MonitorStream, now: datetime, *, all_of_it: bool = False) -> None:
    """Pack what has ended, at this stream's own second of the minute. Late samples join the minute they belong to.

    all_of_it: the stream has ended, so its last minute has too.
    """
    turn_s = stream.id.int % SPREAD_S
    until = minute_of(now) if now.second >= turn_s else minute_of(now) - MINUTE
    if all_of_it:
        until = minute_of(now) + MINUTE
    if until <= stream.packed_until:
        return
    rows = list(UnpackedSample.objects.filter(stream=stream, at__lt=until))
    by_minute: dict[datetime, list[Kept]] = defaultdict(list)
    for row in rows:
        sample = unpack_sample(row.sequence, row.at, bytes(row.packed))
        by_minute[minute_of(row.at)].append(Kept(sample, row.recorded_at))
    _write(stream, by_minute)
    UnpackedSample.objects.filter(pk__in=[row.pk for row in rows]).delete()
    stream.packed_until = until
    if all_of_it:
        stream.save(update_fields=["packed_until"])


def _write(stream: MonitorStream, by_minute: dict[datetime, list[Kept]]) -> None:
    earlier: dict[datetime, dict[str, bytes]] = defaultdict(dict)
    for row in PackedMinute.objects.filter(stream=stream, minute_at__in=by_minute):
        earlier[row.minute_at][row.channel] = bytes(row.packed)
    fresh = []
    for minute_at, kept in by_minute.items():
        columns = earlier[minute_at]
        order = columns.pop("", b"")
        before = unpack_minute(minute_at, order, {Channel(name): packed for name, packed in columns.items()})
        together = [*before, *kept]
        order, packed_columns = pack_minute(minute_at, together)
        sequences = [one.sample.sequence for one in together]
        fresh.append(
            PackedMinute(
                stream=stream,
                minute_at=minute_at,
                channel="",
                packed=order,
                first_sequence=min(sequences),
                last_sequence=max(sequences),
            )
        )
        fresh += [
            PackedMinute(stream=stream, minute_at=minute_at, channel=channel.value, packed=packed)
            for channel, packed in packed_columns.items()
        ]
    PackedMinute.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["stream", "minute_at", "channel"],
        update_fields=["packed", "first_sequence", "last_sequence"],
    )
