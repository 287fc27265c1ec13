"""The finished statements of the stream keep and give what the models would, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import BooleanField, Field
from tests.integration.clinic.monitor_bed import SECOND, Bed, Clock
from tests.session_room import again

from euthymia.clinic.monitors import statements
from euthymia.clinic.monitors.columns import givers, keepers, kind_of
from euthymia.clinic.monitors.models import MonitorDevice, MonitorStream, UnpackedSample
from euthymia.clinic.monitors.statements import (
    CHANGING,
    CHANGING_FIELDS,
    MOST_ROWS,
    SAMPLE_FIELDS,
    STREAM_FIELDS,
    insert_samples,
    running_streams,
    update_streams,
)

pytestmark = pytest.mark.django_db
EAST = timezone(timedelta(hours=5, minutes=30))
EXAMPLES: dict[str, list[Any]] = {
    "DateTimeField": [datetime(2026, 3, 2, 10, tzinfo=UTC), datetime(2026, 3, 2, 10, 0, 0, 250_000, tzinfo=EAST), None],
    "UUIDField": [uuid4()],
    "BigIntegerField": [-1, 2**53],
    "PositiveIntegerField": [0, 12],
    "BigAutoField": [7],
    "CharField": ["", "it's 5 % \\ ünïcode"],
    "BinaryField": [b"\x00\xff"],
}
JSON = {"spo2_pct": {"value": None, "gap": "artefact", "at": 1.5}}


@pytest.fixture
def bed(clock: Clock) -> Bed:
    made = Bed(clock)
    made.send({"sequence": 1, "at": clock.at.isoformat(), "spo2_pct": 98})
    return made


@pytest.mark.parametrize("field", {*STREAM_FIELDS, *SAMPLE_FIELDS}, ids=lambda field: f"{field.model.__name__} {field}")
def test_a_value_is_kept_as_its_field_would_keep_it(field: Field) -> None:
    (keep,) = keepers((field,))
    for value in EXAMPLES.get(kind_of(field), []):
        own = field.get_db_prep_save(value, connection)
        # Bytes come wrapped, by each database's driver in its own way.
        assert keep(value) == (bytes(getattr(own, "obj", own)) if isinstance(value, bytes) else own)


def test_a_kind_without_a_way_of_its_own_is_asked_of_its_field() -> None:
    class Yes(BooleanField):
        model = MonitorStream

        def get_db_prep_save(self, value: Any, connection: Any) -> Any:
            return int(value)

    field = Yes()
    field.set_attributes_from_name("yes")
    assert [keep(True) for keep in keepers((field,))] == [1]
    assert [give(1) for give in givers((field,))] == [1]


def test_a_running_stream_is_given_as_its_model_reads_it(bed: Bed) -> None:
    bed.stream.refresh_from_db()
    MonitorStream.objects.update(latest=JSON, refused_words="50 % it's", refused_at=bed.clock.at + SECOND / 4)
    (running,) = running_streams([bed.device.id])
    own = MonitorStream.objects.get()
    assert {field.attname: getattr(running.stream, field.attname) for field in STREAM_FIELDS} == {
        field.attname: getattr(own, field.attname) for field in STREAM_FIELDS
    }
    assert running.entries == again(bed.session).events.count()
    assert running.alarm_rows == 0
    assert running_streams([uuid4()]) == []


def test_what_a_beat_changes_is_kept_for_each_stream_and_nothing_else_is(clock: Clock) -> None:
    beds = [Bed(clock), Bed(clock)]
    for one in beds:
        one.send({"sequence": 1, "at": clock.at.isoformat(), "spo2_pct": 98})
    before = MonitorStream.objects.get(pk=beds[1].stream.pk)
    changed = []
    for place, one in enumerate(beds):
        stream = one.stream
        stream.samples_kept, stream.latest, stream.refused_words = 5 + place, JSON | {"n": place}, f"50 % it's {place}"
        stream.last_at = None if place else clock.at.astimezone(EAST)
        stream.heard_at = clock.at + SECOND / 4
        stream.began_at = clock.at + SECOND
        changed.append(stream)
    update_streams(changed)
    for place, one in enumerate(beds):
        kept = MonitorStream.objects.get(pk=one.stream.pk)
        assert [getattr(kept, name) for name in CHANGING] == [getattr(changed[place], name) for name in CHANGING]
        assert kept.began_at == before.began_at
    update_streams([])
    assert {field.name for field in CHANGING_FIELDS} == {*CHANGING, "id"}


def test_more_samples_than_fit_into_one_statement_are_all_kept(bed: Bed) -> None:
    stream = bed.stream
    rows = [
        UnpackedSample(
            stream_id=stream.id,
            device_id=stream.device_id,
            sequence=10 + place,
            at=bed.clock.at + place * SECOND / 8,
            recorded_at=bed.clock.at.astimezone(EAST),
            packed=bytes([place % 256, 37, 0]),
        )
        for place in range(2 * MOST_ROWS + 1)
    ]
    insert_samples(rows)
    kept = UnpackedSample.objects.filter(sequence__gte=10).order_by("sequence")
    told = [(row.stream_id, row.device_id, row.sequence, row.at, row.recorded_at, bytes(row.packed)) for row in kept]
    assert told == [(one.stream_id, one.device_id, one.sequence, one.at, one.recorded_at, one.packed) for one in rows]


def test_a_revoked_or_moved_monitor_and_an_empty_chair_have_no_running_stream(bed: Bed) -> None:
    assert len(running_streams([bed.device.id])) == 1
    MonitorDevice.objects.update(revoked_at=bed.clock.at)
    assert running_streams([bed.device.id]) == []


def test_the_statements_are_composed_once(bed: Bed) -> None:
    running_streams([bed.device.id])
    before = statements._find_running.cache_info().hits
    running_streams([bed.device.id])
    assert statements._find_running.cache_info().hits == before + 1
