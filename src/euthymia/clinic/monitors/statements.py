"""What every beat of every monitor asks and writes, as finished statements.

A room of monitors beats every second, and composing the same three statements anew each time cost several times as
much as running them. Their names come from the models; values and rows are turned by the models' own fields, so that
both databases read the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

from euthymia.care.session import Phase
from euthymia.clinic.monitors.alarm_seam import alarm_table
from euthymia.clinic.monitors.models import MonitorDevice, MonitorStream, UnpackedSample
from euthymia.clinic.sessions.models import Session, SessionEventRow

# What a beat changes of its stream.
CHANGING = (
    "samples_kept",
    "samples_late",
    "highest_sequence",
    "last_at",
    "heard_at",
    "latest",
    "packed_until",
    "refused_at",
    "refused_words",
)


@dataclass(frozen=True, slots=True)
class Running:
    """A stream that runs, with how many rows its session has of its entries and of its alarms."""

    stream: MonitorStream
    entries: int
    alarm_rows: int


def running_streams(device_ids: Sequence[UUID]) -> list[Running]:
    """The streams of those of these monitors that are not revoked and stand at the chair in which somebody sits for
    whom they stream already; held until the end of the transaction, in the same order by whoever asks."""
    stream, device, session = (one._meta.db_table for one in (MonitorStream, MonitorDevice, Session))
    columns = ", ".join(f"stream.{field.column}" for field in MonitorStream._meta.concrete_fields)
    found = f"""
        SELECT {columns},
            (SELECT COUNT(*) FROM {SessionEventRow._meta.db_table} one WHERE one.session_id = stream.session_id)
                AS entries,
            (SELECT COUNT(*) FROM {alarm_table()} one WHERE one.session_id = stream.session_id) AS alarm_rows
        FROM {stream} stream
            JOIN {device} device ON device.id = stream.device_id
            JOIN {session} session ON session.id = stream.session_id
        WHERE stream.device_id IN ({", ".join(["%s"] * len(device_ids))})
            AND device.revoked_at IS NULL AND session.closed_at IS NULL
            AND session.chair_id = device.chair_id AND session.phase <> %s
        ORDER BY stream.id
    """
    if connection.features.has_select_for_update_of:
        found += " FOR UPDATE OF stream"
    ids = [_kept(MonitorDevice._meta.pk, one) for one in device_ids]
    rows = MonitorStream.objects.raw(found, [*ids, Phase.PLANNED.value])
    return [Running(row, row.entries, row.alarm_rows) for row in rows]


def insert_samples(rows: Sequence[UnpackedSample]) -> None:
    """Keep these new samples."""
    fields = [field for field in UnpackedSample._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(field.column for field in fields)
    places = ", ".join(["%s"] * len(fields))
    _write(f"INSERT INTO {UnpackedSample._meta.db_table} ({columns}) VALUES ({places})", fields, rows)


def update_streams(rows: Sequence[MonitorStream]) -> None:
    """Keep where these streams stand."""
    fields = [MonitorStream._meta.get_field(name) for name in CHANGING]
    columns = ", ".join(f"{field.column} = %s" for field in fields)
    key = MonitorStream._meta.pk
    _write(f"UPDATE {MonitorStream._meta.db_table} SET {columns} WHERE {key.column} = %s", [*fields, key], rows)


def _write(statement: str, fields: Sequence[Field], rows: Sequence[Model]) -> None:
    if rows:
        values = [[_kept(field, getattr(row, field.attname)) for field in fields] for row in rows]
        with connection.cursor() as cursor:
            cursor.executemany(statement, values)


def _kept(field: Field, value: object) -> object:
    """The value as this database keeps it."""
    return field.get_db_prep_save(value, connection)
