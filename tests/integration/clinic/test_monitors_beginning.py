"""A room of monitors speaks for the first time at once: each stream begins once, with its own entry in the log."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.integration.clinic.monitor_bed import SECOND, Bed, Clock
from tests.session_room import again

from euthymia.care.session_events import EventKind
from euthymia.care.vital_stream import Channel, StreamSample
from euthymia.clinic.alarms import commands as alarm_commands
from euthymia.clinic.alarms.models import AlarmEventRow
from euthymia.clinic.audit.models import AuditEntry, ChainHead
from euthymia.clinic.audit.queries import verify_log
from euthymia.clinic.monitors import queries
from euthymia.clinic.monitors.answers import NO_SESSION, REVOKED, Batch
from euthymia.clinic.monitors.commands import move_device, revoke_device, take_batches
from euthymia.clinic.monitors.models import MonitorDevice, MonitorStream, UnpackedSample
from euthymia.clinic.sessions.models import Chair, Session, SessionEventRow

pytestmark = pytest.mark.django_db


def batch(bed: Bed, sequence: int, **values: float) -> Batch:
    read = {Channel(name): value for name, value in (values or {"spo2_pct": 98.0}).items()}
    return Batch(bed.device.id, [StreamSample(sequence, bed.clock.at, read, {})], [], bed.clock.at)


def test_each_of_a_room_begins_its_stream_with_its_own_entry(clock: Clock) -> None:
    beds = [Bed(clock) for _ in range(3)]
    answers = take_batches([batch(one, 1) for one in beds])
    assert [one.kept for one in answers] == [[1]] * 3
    assert {one.stream.session_id for one in beds} == {one.session.id for one in beds}
    noted = AuditEntry.objects.filter(subject="monitor_stream")
    assert {(one.clinic_id, one.patient_id, one.actor_name) for one in noted} == {
        (bed.room.clinic.pk, bed.session.patient_id, "monitor Monitor A") for bed in beds
    }
    assert noted.count() == 3
    assert verify_log(()) == []


def test_the_end_of_the_access_log_is_held_last_so_that_another_process_waits_for_no_samples(clock: Clock) -> None:
    bed = Bed(clock)
    with CaptureQueriesContext(connection) as asked:
        take_batches([batch(bed, 1)])
    said = [one["sql"] for one in asked]
    held = [place for place, sql in enumerate(said) if ChainHead._meta.db_table in sql]
    samples = [place for place, sql in enumerate(said) if "monitors_" in sql or "alarms_" in sql]
    assert held
    assert samples
    assert min(held) > max(samples)


def test_a_room_asks_hardly_more_than_one_monitor(clock: Clock) -> None:
    def questions(beds: list[Bed]) -> int:
        alarm_commands.forget()
        with CaptureQueriesContext(
            connection,
        ) as asked:
            take_batches([batch(one, 1) for one in beds])
        return len([one for one in asked if one["sql"].lstrip().upper().startswith("SELECT")])

    alone, room = [Bed(clock)], [Bed(clock) for _ in range(5)]
    assert questions(room) == questions(alone)


def test_those_who_cannot_begin_are_told_why_and_keep_nobody_else_from_it(clock: Clock) -> None:
    seated, empty, revoked = Bed(clock), Bed(clock, seated=False), Bed(clock)
    revoke_device(revoked.manager, revoked.device.id, clock.at)
    answers = take_batches([batch(one, 1) for one in (seated, empty, revoked)])
    assert [one.problem and one.problem.code for one in answers] == [None, NO_SESSION, REVOKED]
    assert UnpackedSample.objects.count() == MonitorStream.objects.count() == 1


def test_the_same_monitor_twice_in_one_group_begins_one_stream(clock: Clock) -> None:
    bed = Bed(clock)
    answers = take_batches([batch(bed, 1), batch(bed, 2), batch(bed, 1)])
    assert [(one.kept, one.repeated) for one in answers] == [([1], []), ([2], []), ([], [1])]
    assert MonitorStream.objects.count() == 1
    assert AuditEntry.objects.filter(subject="monitor_stream").count() == 1


def test_a_stream_that_ran_before_goes_on_where_the_monitor_comes_back(clock: Clock) -> None:
    bed = Bed(clock)
    take_batches([batch(bed, 7)])
    other = Chair.objects.create(clinic=bed.room.clinic, name="Chair 9", position=9)
    move_device(bed.manager, bed.device.id, other, clock.at)
    assert take_batches([batch(bed, 8)])[0].problem.code == NO_SESSION  # type: ignore[union-attr]
    move_device(bed.manager, bed.device.id, bed.room.chair, clock.at)
    assert take_batches([batch(bed, 8)])[0].kept == [8]
    assert MonitorStream.objects.count() == 1


def test_the_next_person_gets_a_stream_that_counts_on_and_the_last_ones_minutes_are_packed(clock: Clock) -> None:
    bed = Bed(clock)
    take_batches([batch(bed, 7)])
    first = bed.stream
    Session.objects.update(closed_at=clock.at)
    clock.beat(timedelta(minutes=2))
    second = Bed(clock)
    MonitorDevice.objects.filter(pk=bed.device.pk).update(chair=second.room.chair)
    take_batches([batch(bed, 8)])
    begun = MonitorStream.objects.exclude(pk=first.pk).get()
    assert (begun.session_id, begun.highest_sequence) == (second.session.id, 8)
    assert not UnpackedSample.objects.filter(stream=first).exists()


@pytest.mark.parametrize("struck", [False, True])
def test_it_began_when_the_person_sat_down_unless_that_was_struck_out(clock: Clock, struck: bool) -> None:
    bed = Bed(clock)
    opened = SessionEventRow.objects.get(session=bed.session, kind=EventKind.OPENED.value)
    if struck:
        SessionEventRow.objects.create(
            id="00000000-0000-4000-8000-000000000001",
            clinic=bed.room.clinic,
            session=bed.session,
            kind=EventKind.STRUCK_OUT.value,
            at=clock.at,
            recorded_at=clock.at,
            by="A nurse",
            payload={"reason": "not this chair"},
            corrects=opened,
        )
    take_batches([batch(bed, 1)])
    assert bed.stream.began_at == (bed.session.scheduled_for if struck else opened.at)


def test_samples_from_before_the_stream_began_are_packed_with_its_first_minute(clock: Clock) -> None:
    """A monitor that catches up after a cut brings minutes that ended before its stream began."""
    bed = Bed(clock)
    before = [clock.at - (10 - place) * 30 * SECOND for place in range(9)]
    earlier = [StreamSample(place, at, {Channel.SPO2: 97.0}, {}) for place, at in enumerate(before)]
    (answer,) = take_batches([Batch(bed.device.id, earlier, [], clock.at)])
    assert len(answer.kept) == 9
    clock.beat(timedelta(minutes=2))
    take_batches([batch(bed, 20)])
    assert list(UnpackedSample.objects.values_list("sequence", flat=True)) == [20]


def test_what_is_kept_of_a_session_ends_with_its_next_entry_and_with_its_next_alarm(clock: Clock) -> None:
    """Both stamps are of rows that only grow; a session judged from memory after either would be judged wrongly."""
    beds = [Bed(clock), Bed(clock)]
    crossing: dict[str, Any] = {"systolic_mmhg": 240.0, "diastolic_mmhg": 90.0}
    take_batches([batch(one, 1) for one in beds])
    clock.beat()
    take_batches([batch(beds[0], 2, **crossing), batch(beds[1], 2)])
    raised = AlarmEventRow.objects.filter(session=beds[0].session)
    assert raised.count() > 0
    clock.beat()
    before = raised.count()
    take_batches([batch(beds[0], 3, **crossing), batch(beds[1], 3)])
    assert raised.count() == before
    struck = {"at": clock.at, "corrects": start(beds[1])}
    beds[1].room.write(beds[1].session, EventKind.STRUCK_OUT, {"reason": "typed by mistake"}, **struck)
    assert again(beds[1].session).dose_started_at is None
    clock.beat()
    take_batches([batch(beds[1], 4, **crossing)])
    assert not AlarmEventRow.objects.filter(session=beds[1].session).exists()


def start(bed: Bed) -> str:
    return str(SessionEventRow.objects.get(session=bed.session, kind=EventKind.DOSE_STARTED.value).id)


def test_more_sessions_than_are_kept_are_all_judged(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alarm_commands, "MOST_KEPT", 2)
    alarm_commands.forget()
    beds = [Bed(clock) for _ in range(4)]
    take_batches([batch(one, 1) for one in beds[:2]])
    clock.beat()
    take_batches([batch(one, 2, systolic_mmhg=240.0, diastolic_mmhg=90.0) for one in beds])
    assert {row.session_id for row in AlarmEventRow.objects.all()} == {one.session.id for one in beds}


def test_whose_secret_it_is_is_asked_once_for_a_whole_room(clock: Clock) -> None:
    beds = [Bed(clock) for _ in range(3)]
    queries.forget()
    with CaptureQueriesContext(connection) as asked:
        assert [queries.find_device(one.token) for one in beds * 2] == [one.device.id for one in beds * 2]
    assert len(asked) == 1


def test_a_monitor_registered_later_is_known_and_a_secret_nobody_has_is_never(clock: Clock) -> None:
    first = Bed(clock)
    queries.forget()
    assert queries.find_device(first.token) == first.device.id
    later = Bed(clock)
    assert queries.find_device(later.token) == later.device.id
    assert queries.find_device("nobody's") is None
    assert queries.find_device("nobody's") is None
    assert queries.find_device(first.token) == first.device.id


def test_more_secrets_than_are_kept_are_all_found(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "MOST_KNOWN", 2)
    beds = [Bed(clock) for _ in range(4)]
    queries.forget()
    assert [queries.find_device(one.token) for one in beds * 2] == [one.device.id for one in beds * 2]
    assert len(queries._known) <= 2
