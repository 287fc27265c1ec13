"""Beginning to listen: the first sample of a monitor for whoever sits in its chair, of a whole room at once.

When a shift begins, or the server comes back, every monitor speaks for the first time within one second. What that asks
is asked once for all of them; each stream still has its own entry in the access log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection

from euthymia.care.session import Phase
from euthymia.care.session_events import EventKind
from euthymia.care.vital_stream import minute_of
from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.audit.commands import Noted, record_each
from euthymia.clinic.audit.models import Action
from euthymia.clinic.monitors.answers import NO_SESSION, REVOKED
from euthymia.clinic.monitors.columns import givers, keepers
from euthymia.clinic.monitors.models import MonitorDevice, MonitorStream
from euthymia.clinic.monitors.packing import pack_ended_minutes
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.errors import BadInput

NOBODY_SAYS = "Nobody is in this monitor's chair, so there is nobody whose numbers these are. Nothing was kept."


@dataclass(frozen=True, slots=True)
class Seated:
    """A monitor that may speak, and whom it would speak of. session_id None: nobody sits in its chair.
    stream_id: of this monitor for this person, where it runs already. earlier_id: of whomever it spoke of last."""

    device_id: UUID
    clinic_id: int
    name: str
    session_id: UUID | None
    patient_id: UUID | None
    scheduled_for: datetime | None
    opened_at: datetime | None
    stream_id: UUID | None
    earlier_id: UUID | None


@dataclass(frozen=True, slots=True)
class Begun:
    """Which monitors got no stream, with why; and what the access log is to be told of those that did."""

    refused: Mapping[UUID, BadInput]
    noted: Sequence[Noted]

    def record(self) -> None:
        """Tell the access log, last before the commit: whoever writes there keeps every other writer waiting until the
        end of its transaction."""
        record_each(self.noted)


def begin_streams(asked: Mapping[UUID, datetime]) -> Begun:
    """asked: by monitor without a running stream, when it spoke. Each gets its stream, or is refused."""
    if not asked:
        return Begun({}, ())
    found = {one.device_id: one for one in _seated(sorted(asked))}
    refused = {
        one: BadInput(REVOKED, "", "This monitor is not known here, or was revoked.") for one in asked.keys() - found
    }
    refused |= {one.device_id: nobody_there() for one in found.values() if one.session_id is None}
    fresh = [one for one in found.values() if one.session_id and not one.stream_id]
    earlier = MonitorStream.objects.in_bulk([one.earlier_id for one in fresh if one.earlier_id])
    rows = []
    for one in fresh:
        before, now = earlier.get(one.earlier_id), asked[one.device_id]
        if before is not None:
            pack_ended_minutes(before, now, all_of_it=True)
        rows.append(_stream(one, before.highest_sequence if before else -1, now))
    MonitorStream.objects.bulk_create(rows)
    return Begun(refused, [_noted(one, asked[one.device_id]) for one in fresh])


def _noted(one: Seated, now: datetime) -> Noted:
    return Noted(
        System(one.clinic_id, f"monitor {one.name}"),
        Action.CREATE,
        "monitor_stream",
        now=now,
        patient_id=one.patient_id,
        subject_id=one.session_id,
    )


def nobody_there() -> BadInput:
    """Why nothing of this monitor can be kept now."""
    return BadInput(NO_SESSION, "", NOBODY_SAYS)


def _stream(one: Seated, highest_sequence: int, now: datetime) -> MonitorStream:
    return MonitorStream(
        clinic_id=one.clinic_id,
        session_id=one.session_id,
        device_id=one.device_id,
        began_at=one.opened_at or one.scheduled_for,
        started_at=now,
        highest_sequence=highest_sequence,
        heard_at=now,
        # There is nothing yet to pack; what comes late is packed with this minute.
        packed_until=minute_of(now),
    )


def _seated(device_ids: Sequence[UUID]) -> list[Seated]:
    """Those of these monitors that are not revoked, held until the end of the transaction."""
    (keep,) = keepers((MonitorDevice._meta.pk,))
    kept = [keep(one) for one in device_ids]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Held first and read after: another process may have begun the stream while this one waited.
            cursor.execute(_hold(len(kept)), kept)
        cursor.execute(_find_seated(len(kept)), [EventKind.OPENED.value, Phase.PLANNED.value, *kept])
        rows = cursor.fetchall()
    turns = givers(GIVEN_AS)
    return [
        Seated(*(None if value is None else turn(value) for turn, value in zip(turns, row, strict=True)))
        for row in rows
    ]


def _field(model: type[MonitorDevice | MonitorStream | Session | SessionEventRow], name: str) -> object:
    return model._meta.get_field(name)


# The fields of `Seated`, in its order.
GIVEN_AS = (
    _field(MonitorDevice, "id"),
    _field(MonitorDevice, "clinic"),
    _field(MonitorDevice, "name"),
    _field(Session, "id"),
    _field(Session, "patient"),
    _field(Session, "scheduled_for"),
    _field(SessionEventRow, "at"),
    _field(MonitorStream, "id"),
    _field(MonitorStream, "id"),
)


@cache
def _hold(count: int) -> str:
    places = ", ".join(["%s"] * count)
    return f"SELECT id FROM {MonitorDevice._meta.db_table} WHERE id IN ({places}) ORDER BY id FOR UPDATE"


@cache
def _find_seated(count: int) -> str:
    device, session, stream, event = (
        one._meta.db_table for one in (MonitorDevice, Session, MonitorStream, SessionEventRow)
    )
    return f"""
        SELECT device.id, device.clinic_id, device.name, session.id, session.patient_id, session.scheduled_for,
            (SELECT MIN(opened.at) FROM {event} opened WHERE opened.session_id = session.id AND opened.kind = %s
                AND NOT EXISTS (SELECT 1 FROM {event} one WHERE one.corrects_id = opened.id)),
            (SELECT one.id FROM {stream} one WHERE one.device_id = device.id AND one.session_id = session.id),
            (SELECT one.id FROM {stream} one WHERE one.device_id = device.id ORDER BY one.started_at DESC LIMIT 1)
        FROM {device} device
            LEFT JOIN {session} session
                ON session.chair_id = device.chair_id AND session.closed_at IS NULL AND session.phase <> %s
        WHERE device.id IN ({", ".join(["%s"] * count)}) AND device.revoked_at IS NULL
        ORDER BY device.id
    """
