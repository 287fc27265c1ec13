"""What every beat of every monitor asks and writes, as finished statements.

A room of monitors beats every second, and composing the same three statements anew each time cost several times as
much as running them. Their names come from the models. PostgreSQL is told all rows in one statement, which it plans
once; SQLite keeps a statement prepared and takes row after row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.db import connection
from django.db.models import Field, Model

from euthymia.care.session import Phase
from euthymia.clinic.monitors.alarm_seam import alarm_table
from euthymia.clinic.monitors.columns import givers, keepers
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
# Rows in one statement: far below the most that a database lets one statement hold, with every column of each.
MOST_ROWS = 500
STREAM_FIELDS = tuple(MonitorStream._meta.concrete_fields)
STREAM_NAMES = tuple(field.attname for field in STREAM_FIELDS)
SAMPLE_FIELDS = tuple(field for field in UnpackedSample._meta.concrete_fields if not field.primary_key)
CHANGING_FIELDS = (*(MonitorStream._meta.get_field(name) for name in CHANGING), MonitorStream._meta.pk)


@dataclass(frozen=True, slots=True)
class Running:
    """A stream that runs, with how many rows its session has of its entries and of its alarms."""

    stream: MonitorStream
    entries: int
    alarm_rows: int


def running_streams(device_ids: Sequence[UUID]) -> list[Running]:
    """The streams of those of these monitors that are not revoked and stand at the chair in which somebody sits for
    whom they stream already; held until the end of the transaction, in the same order by whoever asks."""
    (keep,) = keepers((MonitorDevice._meta.pk,))
    turns = givers(STREAM_FIELDS)
    with connection.cursor() as cursor:
        cursor.execute(_find_running(connection.vendor, len(device_ids)), [*map(keep, device_ids), Phase.PLANNED.value])
        rows = cursor.fetchall()
    found = []
    for row in rows:
        *values, entries, alarm_rows = row
        given = [turn(value) for turn, value in zip(turns, values, strict=True)]
        found.append(Running(MonitorStream.from_db(connection.alias, STREAM_NAMES, given), entries, alarm_rows))
    return found


@cache
def _find_running(vendor: str, count: int) -> str:
    stream, device, session = (one._meta.db_table for one in (MonitorStream, MonitorDevice, Session))
    columns = ", ".join(f"stream.{field.column}" for field in STREAM_FIELDS)
    held = " FOR UPDATE OF stream" if vendor == "postgresql" else ""
    return f"""
        SELECT {columns},
            (SELECT COUNT(*) FROM {SessionEventRow._meta.db_table} one WHERE one.session_id = stream.session_id)
                AS entries,
            (SELECT COUNT(*) FROM {alarm_table()} one WHERE one.session_id = stream.session_id) AS alarm_rows
        FROM {stream} stream
            JOIN {device} device ON device.id = stream.device_id
            JOIN {session} session ON session.id = stream.session_id
        WHERE stream.device_id IN ({", ".join(["%s"] * count)})
            AND device.revoked_at IS NULL AND session.closed_at IS NULL
            AND session.chair_id = device.chair_id AND session.phase <> %s
        ORDER BY stream.id{held}
    """


def insert_samples(rows: Sequence[UnpackedSample]) -> None:
    """Keep these new samples."""
    into = f"INSERT INTO {UnpackedSample._meta.db_table} ({', '.join(field.column for field in SAMPLE_FIELDS)}) VALUES "
    _write(SAMPLE_FIELDS, rows, lambda row: into + row, lambda rows: into + rows)


def update_streams(rows: Sequence[MonitorStream]) -> None:
    """Keep where these streams stand."""
    table, key = MonitorStream._meta.db_table, MonitorStream._meta.pk.column
    names = [field.column for field in CHANGING_FIELDS]
    one = f"UPDATE {table} SET {', '.join(f'{name} = %s' for name in names[:-1])} WHERE {key} = %s"
    several = f"UPDATE {table} SET {', '.join(f'{name} = new.{name}' for name in names[:-1])} FROM (VALUES "
    of_several = f") AS new({', '.join(names)}) WHERE {table}.{key} = new.{key}"
    _write(CHANGING_FIELDS, rows, lambda _: one, lambda rows: several + rows + of_several)


def _write(
    fields: tuple[Field, ...], rows: Sequence[Model], one: Callable[[str], str], several: Callable[[str], str]
) -> None:
    """one, several: the statement, given the places of one row, or of all rows with the type of each."""
    if not rows:
        return
    names, turns = [field.attname for field in fields], keepers(fields)
    values = [[turn(getattr(row, name)) for name, turn in zip(names, turns, strict=True)] for row in rows]
    with connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            cursor.executemany(one(_places(["%s"] * len(fields))), values)
            return
        row_places = _places([f"%s::{field.rel_db_type(connection)}" for field in fields])
        for start in range(0, len(values), MOST_ROWS):
            part = values[start : start + MOST_ROWS]
            cursor.execute(several(", ".join([row_places] * len(part))), [value for row in part for value in row])


def _places(places: Sequence[str]) -> str:
    return f"({', '.join(places)})"
