"""Reading what monitors stream: who is speaking, what is shown now, the last minutes, and what was kept."""

from __future__ import annotations

import hashlib
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Max

from euthymia.care.session import Phase
from euthymia.care.vital_stream import (
    Channel,
    Kept,
    StreamSample,
    column_values,
    minute_of,
    unpack_minute,
    unpack_sample,
)
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.monitors.models import MonitorDevice, MonitorStream, PackedMinute, UnpackedSample
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.sessions.models import Session

Latest = dict[str, dict[str, Any]]
# How far back the small trend looks: enough to see a rise begin, short enough for every second to have its place.
TREND = timedelta(minutes=10)


def hash_of(token: str) -> str:
    """How a secret is kept: it has 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(token.encode()).hexdigest()


# By hash of a secret, whose it is: that never changes, and a monitor asks every second. Whether it was revoked is asked
# anew each time, in the transaction that keeps its samples.
_known: dict[str, UUID] = {}
_looking = threading.Lock()
MOST_KNOWN = 4096


def find_device(token: str) -> UUID | None:
    """The monitor whose secret this is, revoked or not; None for a secret nobody has."""
    hashed = hash_of(token)
    found = _known.get(hashed)
    if found is None:
        with _looking:
            found = _known.get(hashed) or _look_up(hashed)
    return found


def _look_up(hashed: str) -> UUID | None:
    rows = MonitorDevice.objects.values_list("token_hash", "id")
    if not _known:
        # A room speaks for the first time all at once; what each of them would ask is answered once.
        for kept, device_id in rows.order_by("-registered_at")[:MOST_KNOWN]:
            _known[kept] = device_id
    if hashed not in _known:
        found = rows.filter(token_hash=hashed).first()
        if found is None:
            return None
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[hashed] = found[1]
    return _known[hashed]


def forget() -> None:
    """Drop what is kept in memory, as a restart does."""
    _known.clear()


def devices(actor: Actor) -> list[MonitorDevice]:
    """The clinic's monitors in the order of the room, revoked ones last, each with when it was last heard."""
    rows = visible_to(actor, MonitorDevice).select_related("chair").annotate(heard_at=Max("streams__heard_at"))
    return sorted(rows, key=lambda row: (row.revoked_at is not None, row.chair.position, row.name))


def kept_under(device_id: UUID, sequences: Sequence[int]) -> dict[int, StreamSample]:
    """What this monitor has sent under these numbers, in whichever session, packed or not."""
    if not sequences:
        return {}
    rows = UnpackedSample.objects.filter(device_id=device_id, sequence__in=sequences)
    found = {row.sequence: unpack_sample(row.sequence, row.at, bytes(row.packed)) for row in rows}
    wanted = set(sequences) - found.keys()
    if wanted:
        orders = PackedMinute.objects.filter(
            stream__device_id=device_id, channel="", first_sequence__lte=max(wanted), last_sequence__gte=min(wanted)
        )
        for stream_id, minute_at in orders.values_list("stream_id", "minute_at"):
            for kept in _minute(stream_id, minute_at):
                if kept.sample.sequence in wanted:
                    found[kept.sample.sequence] = kept.sample
    return found


def _minute(stream_id: UUID, minute_at: datetime) -> tuple[Kept, ...]:
    rows = PackedMinute.objects.filter(stream_id=stream_id, minute_at=minute_at)
    columns = {row.channel: bytes(row.packed) for row in rows}
    order = columns.pop("")
    return unpack_minute(minute_at, order, {Channel(name): packed for name, packed in columns.items()})


def samples_of(stream: MonitorStream) -> list[Kept]:
    """Every sample kept of this stream, packed or not, in order of time."""
    minutes: dict[datetime, dict[str, bytes]] = defaultdict(dict)
    for row in stream.minutes.all():
        minutes[row.minute_at][row.channel] = bytes(row.packed)
    found: list[Kept] = []
    for minute_at, columns in minutes.items():
        order = columns.pop("")
        found += unpack_minute(minute_at, order, {Channel(name): packed for name, packed in columns.items()})
    for row in stream.unpacked.all():
        found.append(Kept(unpack_sample(row.sequence, row.at, bytes(row.packed)), row.recorded_at))
    return sorted(found, key=lambda kept: (kept.sample.at, kept.sample.sequence))


def latest_after(latest: Latest, sample: StreamSample, at: datetime) -> Latest:
    """The newest of each channel once this sample is in; an older one that came late changes nothing."""
    moment, after = at.timestamp(), dict(latest)
    seen: Iterable[tuple[Channel, float | None, str]] = [
        *((channel, value, "") for channel, value in sample.values.items()),
        *((channel, None, gap.value) for channel, gap in sample.gaps.items()),
    ]
    for channel, value, gap in seen:
        if channel.value not in after or after[channel.value]["at"] <= moment:
            after[channel.value] = {"value": value, "gap": gap, "at": moment}
    return after


def last_sample_at(session: Session) -> datetime | None:
    """When something was last measured by any monitor of this session, never later than it was heard; None: never."""
    newest: datetime | None = session.monitor_streams.aggregate(at=Max("last_at"))["at"]
    return newest


@dataclass(frozen=True, slots=True)
class Current:
    """The newest of every channel of one session, from all its monitors. `last_at` None: nothing was ever measured."""

    session_id: UUID
    last_at: datetime | None
    heard_at: datetime
    latest: Latest
    refused_words: str


def current(actor: Actor, session_id: UUID | None = None) -> dict[UUID, Current]:
    """By session of the actor's clinic that runs now: what its monitors last said. One that has none is not in it."""
    rows = visible_to(actor, MonitorStream).filter(session__closed_at=None)
    rows = rows.exclude(session__phase=Phase.PLANNED.value)
    found: dict[UUID, Current] = {}
    for row in rows.filter(session_id=session_id) if session_id else rows:
        said = "" if row.refused_at is None or row.refused_at < row.heard_at else row.refused_words
        one = Current(row.session_id, row.last_at, row.heard_at, row.latest, said)
        earlier = found.get(row.session_id)
        found[row.session_id] = one if earlier is None else _together(earlier, one)
    return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """When anything was last measured in a session (None: never), and when a monitor of it was last heard."""

    last_at: datetime | None
    heard_at: datetime


def spoken(actor: Actor, session_id: UUID | None = None) -> dict[UUID, Spoken]:
    """By session of the actor's clinic that runs now: when its monitors last spoke. One that has none is not in it."""
    rows = visible_to(actor, MonitorStream).filter(session__closed_at=None)
    rows = rows.exclude(session__phase=Phase.PLANNED.value)
    found: dict[UUID, Spoken] = {}
    wanted = rows.filter(session_id=session_id) if session_id else rows
    for one, last_at, heard_at in wanted.values_list("session_id", "last_at", "heard_at"):
        earlier = found.get(one, Spoken(None, heard_at))
        last = [at for at in (earlier.last_at, last_at) if at is not None]
        found[one] = Spoken(max(last, default=None), max(earlier.heard_at, heard_at))
    return found


def _together(first: Current, then: Current) -> Current:
    latest = dict(first.latest)
    for channel, seen in then.latest.items():
        if channel not in latest or latest[channel]["at"] <= seen["at"]:
            latest[channel] = seen
    last = [one.last_at for one in (first, then) if one.last_at is not None]
    return Current(
        first.session_id,
        max(last, default=None),
        max(first.heard_at, then.heard_at),
        latest,
        then.refused_words or first.refused_words,
    )


def trend(session: Session, now: datetime) -> dict[Channel, list[tuple[datetime, float | None]]]:
    """The last minutes of each channel in order of time; None where the monitor said that it has no number."""
    since = now - TREND
    found: dict[Channel, list[tuple[datetime, float | None]]] = defaultdict(list)
    for stream in session.monitor_streams.all():
        for row in stream.minutes.filter(minute_at__gte=minute_of(since)).exclude(channel=""):
            found[Channel(row.channel)] += column_values(row.minute_at, bytes(row.packed))
        for unpacked in stream.unpacked.filter(at__gte=since):
            sample = unpack_sample(unpacked.sequence, unpacked.at, bytes(unpacked.packed))
            seen: Mapping[Channel, float | None] = {**sample.values, **dict.fromkeys(sample.gaps)}
            for channel, value in seen.items():
                found[channel].append((sample.at, value))
    return {
        channel: sorted((pair for pair in pairs if pair[0] >= since), key=lambda pair: pair[0])
        for channel, pairs in found.items()
    }


def moment(seen: Mapping[str, Any]) -> datetime:
    """When the newest of a channel was measured."""
    return datetime.fromtimestamp(seen["at"], UTC)
