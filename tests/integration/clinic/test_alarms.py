"""Alarms with real rows: what rings, what people do about it, and that nothing is lost by a restart or a clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID, uuid4

import pytest
from benchmarks import session_room_alarms as bench
from django.core.signals import request_finished
from django.db import DatabaseError, transaction
from django.http import Http404
from django.test import Client
from tests import session_room
from tests.builders import make_clinic, make_viewer, sign_in
from tests.session_room import Room

from euthymia.care.alarms import SILENCE_FOR, ActKind, Alarm, Key, Origin, Standing, Tier
from euthymia.care.decision import Level
from euthymia.care.protocol import Measure
from euthymia.care.session_events import EventKind
from euthymia.care.vital_stream import STALE_AFTER, Channel, Sample, StreamSample
from euthymia.care.vitals import Reading
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.alarms import commands, live, queries, views
from euthymia.clinic.alarms.models import AlarmEscalation, AlarmEventRow
from euthymia.clinic.alarms.record import delays
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.monitors.answers import Batch
from euthymia.clinic.monitors.commands import register_device, take_batch
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
STOP = "during_systolic_stop"
NORMAL, BEYOND = (124.0, 78.0), (231.0, 131.0)


class Clock:
    """What the views take for now."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def beat(self, span: timedelta = SECOND) -> datetime:
        self.at += span
        return self.at


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr("django.utils.timezone.now", made.now)
    return made


class Bed:
    """Somebody whose dose began five minutes ago, and a monitor that streams when the test says so."""

    def __init__(self, clock: Clock) -> None:
        self.clock, self.room = clock, Room()
        self.session: Session = self.room.dosing(clock.at - 10 * MINUTE)
        self.sequence = 0

    def read(self, pressure: tuple[float, float], at: datetime | None = None, **fields: Any) -> str:
        values = {"systolic_mmhg": pressure[0], "diastolic_mmhg": pressure[1]}
        return self.room.write(self.session, EventKind.VITALS, values, at=at or self.clock.at, **fields)

    def stream(self, pressure: tuple[float, float], at: datetime | None = None) -> int:
        self.sequence += 1
        sample = Sample(at or self.clock.at, Reading(*pressure), self.sequence)
        return commands.note_samples(self.session, [sample], self.clock.at)

    def alarms(self, rule: str = STOP) -> list[Alarm]:
        found = queries.alarms_of(self.room.nurse, self.session, self.clock.at)
        return [alarm for alarm in found if alarm.key.rule == rule]

    def alarm(self, rule: str = STOP) -> Alarm:
        (alarm,) = self.alarms(rule)
        return alarm

    def do(self, kind: ActKind, alarm: Alarm | None = None, **more: Any) -> Any:
        one = alarm or self.alarm()
        wanted = commands.Wanted(more.pop("id", uuid4()), kind, one.key, one.raises, **more)
        return commands.act(more.pop("by", self.room.nurse), self.session, wanted, self.clock.at)


@pytest.fixture
def bed(clock: Clock) -> Bed:
    return Bed(clock)


# What rings


def test_a_typed_reading_beyond_a_limit_rings_although_the_next_is_normal(bed: Bed) -> None:
    bed.read(BEYOND)
    bed.clock.beat(MINUTE)
    bed.read(NORMAL)
    alarm = bed.alarm()
    assert (alarm.tier, alarm.standing, alarm.key.origin) == (Tier.HIGH, Standing.LATCHED, Origin.TYPED)
    assert alarm.since == bed.clock.at - MINUTE


def test_a_streamed_crossing_is_one_row_and_the_way_back_another(bed: Bed) -> None:
    written = []
    for pressure in (NORMAL, NORMAL, BEYOND, BEYOND, BEYOND, NORMAL, NORMAL):
        written.append(bed.stream(pressure))
        bed.clock.beat()
    assert [bool(count) for count in written] == [False, False, True, False, False, True, False]
    rows = AlarmEventRow.objects.filter(key__startswith=STOP).values_list("kind", flat=True)
    assert list(rows) == ["raised", "ended"]


RISE, RISE_MMHG = "during_systolic_rise_call", 40.0


def with_a_rise_limit(
    make: Callable[..., ProtocolVersion], clinic: Clinic, protocol_id: str, signer: Viewer
) -> ProtocolVersion:
    """The shipped protocol, filled and with one limit more: on the rise above this person's own pressure."""
    filled = protocol_of(make(clinic, protocol_id, signer))
    (stop,) = [limit for limit in filled.limits if limit.name == STOP]
    number = replace(stop.number, value=RISE_MMHG)
    rise = replace(stop, name=RISE, measure=Measure.SYSTOLIC_RISE_MMHG, level=Level.HOLD, number=number)
    wider = replace(filled, version=f"{filled.version}-rise", limits=(*filled.limits, rise))
    return session_room.stored(clinic, wider, signer, session_room.NOW - timedelta(days=30))


@pytest.mark.parametrize(
    ("before_mmhg", "streamed_mmhg", "rings"),
    [(122, 163.0, True), (122, 162.0, False), (130, 163.0, False), (130, 171.0, True)],
)
def test_the_stream_is_judged_against_this_persons_baseline(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, before_mmhg: int, streamed_mmhg: float, rings: bool
) -> None:
    """A pressure within the absolute limits whose rise is beyond the signed one, and rings for this person only."""
    monkeypatch.setitem(session_room.BEFORE, "systolic_mmhg", before_mmhg)
    made = session_room.signed_version
    with monkeypatch.context() as patched:
        patched.setattr(session_room, "signed_version", lambda *named: with_a_rise_limit(made, *named))
        bed = Bed(clock)
    bed.stream((streamed_mmhg, 78.0))
    assert bed.alarms(STOP) == []
    assert [(alarm.value, alarm.limit, alarm.tier) for alarm in bed.alarms(RISE)] == (
        [(streamed_mmhg - before_mmhg, RISE_MMHG, Tier.MEDIUM)] if rings else []
    )


def test_what_another_process_raised_this_one_ends(bed: Bed) -> None:
    bed.stream(NORMAL)
    known_here = dict(commands._kept)
    bed.clock.beat()
    bed.stream(BEYOND)
    commands._kept.clear()
    commands._kept.update(known_here)
    bed.clock.beat()
    bed.stream(NORMAL)
    assert list(AlarmEventRow.objects.filter(key__startswith=STOP).values_list("kind", flat=True)) == [
        "raised",
        "ended",
    ]


def test_nothing_is_judged_before_the_dose_has_begun_and_everything_after(clock: Clock) -> None:
    room = Room()
    session = room.ready(clock.at - 5 * MINUTE)
    sample = Sample(clock.at, Reading(*BEYOND), 1)
    assert commands.note_samples(session, [sample], clock.at) == 0
    clock.beat()
    room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=clock.at, recorded_at=clock.at)
    clock.beat()
    assert commands.note_samples(session, [Sample(clock.at, Reading(*BEYOND), 2)], clock.at) > 0


def test_a_dose_that_was_entered_late_has_its_stream_judged_again(clock: Clock) -> None:
    room = Room()
    session = room.ready(clock.at - 10 * MINUTE)
    manager = make_viewer(room.clinic, Role.MANAGER)
    _, token = register_device(manager, name="Monitor A", chair=room.chair, now=clock.at)
    sample = {"sequence": 1, "at": clock.at.isoformat(), "systolic_mmhg": 231, "diastolic_mmhg": 131}
    sent = Client().post(
        "/monitors/samples",
        json.dumps({"samples": [sample]}),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )
    assert sent.status_code == 200
    assert queries.alarms_of(room.nurse, session, clock.at) == ()
    began_at, known_at = clock.at - MINUTE, clock.beat(MINUTE)
    room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=began_at, recorded_at=known_at)
    found = queries.alarms_of(room.nurse, session, clock.at)
    assert STOP in {alarm.key.rule for alarm in found}


def test_a_silent_stream_is_an_alarm_and_goes_when_it_speaks(bed: Bed) -> None:
    manager = make_viewer(bed.room.clinic, Role.MANAGER)
    _, token = register_device(manager, name="Monitor A", chair=bed.room.chair, now=bed.clock.at)

    def send(sequence: int) -> None:
        body = {"samples": [{"sequence": sequence, "at": bed.clock.at.isoformat(), "heart_rate_per_min": 71}]}
        header = {"authorization": f"Bearer {token}"}
        Client().post("/monitors/samples", json.dumps(body), content_type="application/json", headers=header)

    assert bed.alarms("feed_silent") == []
    send(1)
    bed.clock.beat(STALE_AFTER)
    assert bed.alarms("feed_silent") == []
    bed.clock.beat()
    assert bed.alarm("feed_silent").tier is Tier.MEDIUM
    send(2)
    assert bed.alarms("feed_silent") == []


def test_an_overdue_check_rings_by_itself_and_goes_when_somebody_looks(bed: Bed) -> None:
    bed.clock.beat(60 * MINUTE)
    alarm = bed.alarm("check_overdue")
    assert (alarm.tier, alarm.key.origin) == (Tier.MEDIUM, Origin.SCHEDULE)
    values = {"systolic_mmhg": 124.0, "diastolic_mmhg": 78.0, "heart_rate_per_min": 70.0, "spo2_pct": 98.0}
    bed.room.write(bed.session, EventKind.VITALS, values | {"respiratory_rate_per_min": 14.0}, at=bed.clock.at)
    for concern in ("sedation", "dissociation", "respiratory_depression"):
        scale = {"instrument": "clinical", "concern": concern, "resolved": True}
        bed.room.write(bed.session, EventKind.SCALE, scale, at=bed.clock.at)
    assert bed.alarms("check_overdue") == []


def test_a_struck_reading_that_rang_stays_until_somebody_has_seen_it_and_asks_nothing_more(bed: Bed) -> None:
    wrong = bed.read(BEYOND)
    bed.clock.beat(MINUTE)
    bed.read(NORMAL, corrects=wrong)
    alarm = bed.alarm()
    assert (alarm.key.origin, alarm.standing) == (Origin.STRUCK, Standing.LATCHED)
    bed.do(ActKind.ACKNOWLEDGED, alarm)
    assert bed.alarms() == []


def test_who_saw_a_reading_before_it_was_struck_need_not_see_it_again(bed: Bed) -> None:
    wrong = bed.read(BEYOND)
    bed.do(ActKind.ACKNOWLEDGED)
    bed.clock.beat(MINUTE)
    bed.read(NORMAL, corrects=wrong)
    assert bed.alarms() == []


@pytest.mark.parametrize("seed", [5, 8])
def test_what_a_monitor_sends_through_the_rows_rings_as_the_same_samples_do_without_them(seed: int) -> None:
    """With jitter, late, twice, in another order and while the clock jumps; the twin is judged by the oracle."""
    room = Room()
    session = room.dosing(bench.START - 6 * MINUTE)
    manager = make_viewer(room.clinic, Role.MANAGER)
    device, _ = register_device(manager, name="Monitor A", chair=room.chair, now=bench.START)
    twin, compared = bench.Bedside(), 0
    for step in bench.session_of(seed, crossings=3):
        if step.jump_s:
            twin.jump(step)
        if step.sample is None:
            continue
        now = twin.wall(step.true_s)
        if twin.take(step.sample, now):
            pressure = step.sample.reading.blood_pressure
            assert pressure is not None
            values = {Channel.SYSTOLIC: pressure.systolic, Channel.DIASTOLIC: pressure.diastolic}
            take_batch(Batch(device.id, [StreamSample(step.sample.seq, step.sample.at, values)], [], now))
        found = queries.alarms_of(room.nurse, session, now)
        same = next((one for one in found if one.key == Key(STOP, "systolic_mmhg", Origin.MONITOR)), None)
        other = twin.shown(step.true_s)
        assert told(same) == told(other)
        compared += other is not None
    assert compared > 10


def told(alarm: Alarm | None) -> tuple[Any, ...] | None:
    if alarm is None:
        return None
    return alarm.standing, alarm.since, alarm.ended_at, alarm.late, alarm.value, len(alarm.raises)


# What people do


def test_from_ringing_to_closed_every_step_has_a_name_and_is_in_the_access_log(bed: Bed) -> None:
    bed.read(BEYOND)
    bed.do(ActKind.OWNER_TAKEN)
    bed.do(ActKind.ACKNOWLEDGED)
    assert (bed.alarm().owner, bed.alarm().acknowledged_by) == (bed.room.nurse.name, bed.room.nurse.name)
    bed.clock.beat(MINUTE)
    bed.read(NORMAL)
    assert bed.alarm().standing is Standing.TO_CLOSE
    bed.do(ActKind.RESOLVED, reason="Dose paused, prescriber told.")
    assert bed.alarms() == []
    acts = AuditEntry.objects.filter(subject="alarm", actor_id=bed.room.nurse.user_id).order_by("sequence")
    assert [entry.detail["act"] for entry in acts] == ["owner_taken", "acknowledged", "resolved"]


def test_a_high_alarm_is_not_closed_while_it_is_on_nor_without_words(bed: Bed) -> None:
    bed.read(BEYOND)
    with pytest.raises(BadInput) as refused:
        bed.do(ActKind.RESOLVED, reason="All well.")
    assert refused.value.code == "alarm_still_on"
    bed.do(ActKind.ACKNOWLEDGED)
    bed.clock.beat(MINUTE)
    bed.read(NORMAL)
    with pytest.raises(BadInput) as unspoken:
        bed.do(ActKind.RESOLVED)
    assert unspoken.value.code == "alarm_closing"


def test_the_same_act_again_is_one_and_another_under_its_id_is_refused(bed: Bed) -> None:
    bed.read(BEYOND)
    alarm, act_id = bed.alarm(), UUID(int=7)
    for _ in range(3):
        bed.do(ActKind.ACKNOWLEDGED, alarm, id=act_id)
    assert AlarmEventRow.objects.filter(kind="acknowledged").count() == 1
    with pytest.raises(BadInput) as refused:
        bed.do(ActKind.SILENCED, alarm, id=act_id)
    assert refused.value.code == "id_reused"


def test_what_nobody_had_on_the_screen_is_not_acknowledged_with_the_rest(bed: Bed) -> None:
    bed.read(BEYOND)
    stale = bed.alarm()
    bed.clock.beat(MINUTE)
    bed.read(NORMAL)
    bed.clock.beat(MINUTE)
    bed.read(BEYOND)
    bed.do(ActKind.ACKNOWLEDGED, stale)
    assert bed.alarm().standing is Standing.RINGING


def test_an_alarm_that_is_over_cannot_be_acted_on(bed: Bed) -> None:
    bed.read(BEYOND)
    alarm = bed.alarm()
    bed.do(ActKind.ACKNOWLEDGED, alarm)
    bed.clock.beat(MINUTE)
    bed.read(NORMAL)
    bed.do(ActKind.RESOLVED, alarm, reason="Cuff moved.")
    with pytest.raises(BadInput) as refused:
        bed.do(ActKind.ACKNOWLEDGED, alarm)
    assert refused.value.code == "alarm_over"


def test_another_clinics_nurse_and_somebody_without_the_duty_reach_no_alarm(bed: Bed) -> None:
    bed.read(BEYOND)
    alarm = bed.alarm()
    wanted = commands.Wanted(uuid4(), ActKind.ACKNOWLEDGED, alarm.key, alarm.raises)
    stranger = make_viewer(make_clinic(), Role.NURSE)
    with pytest.raises(Http404):
        commands.act(stranger, bed.session, wanted, bed.clock.at)
    with pytest.raises(BadInput) as refused:
        commands.act(make_viewer(bed.room.clinic, Role.THERAPIST), bed.session, wanted, bed.clock.at)
    assert refused.value.code == "not_permitted"


@pytest.mark.parametrize("change", ["update", "delete"])
def test_the_database_itself_refuses_to_change_what_was_written(bed: Bed, change: str) -> None:
    bed.read(BEYOND)
    bed.do(ActKind.ACKNOWLEDGED)
    rows = AlarmEventRow.objects.filter(kind="acknowledged")
    with pytest.raises(DatabaseError, match="stays"), transaction.atomic():
        rows.update(by="Nobody") if change == "update" else rows.delete()
    assert rows.get().by == bed.room.nurse.name


# Restart, and clocks


def everything(bed: Bed) -> list[tuple[Any, ...]]:
    seats = queries.room(bed.room.nurse, bed.clock.at)
    return [(alarm.key, alarm.standing, alarm.raises, alarm.silenced_until) for one in seats for alarm in one.alarms]


def test_a_restart_shows_the_same_alarms_from_the_rows_alone(bed: Bed) -> None:
    bed.read(BEYOND)
    bed.stream(BEYOND)
    bed.do(ActKind.ACKNOWLEDGED, next(alarm for alarm in bed.alarms() if alarm.key.origin is Origin.TYPED))
    bed.do(ActKind.SILENCED, next(alarm for alarm in bed.alarms() if alarm.key.origin is Origin.MONITOR))
    before = everything(bed)
    queries.forget()
    commands.forget()
    assert len(before) >= 2
    assert everything(bed) == before


@pytest.mark.parametrize("hours", [-24, -1, -0.01, 0.01, 1, 24])
def test_no_jump_of_the_clock_hides_an_alarm_or_lengthens_a_silence(bed: Bed, hours: float) -> None:
    bed.stream(BEYOND)
    bed.do(ActKind.SILENCED)
    assert bed.alarm().standing is Standing.SILENCED
    silenced_at = bed.clock.at
    bed.clock.beat(timedelta(hours=hours))
    assert bed.alarm().flashes
    assert bed.alarm().sounds is (bed.clock.at < silenced_at or bed.clock.at >= silenced_at + SILENCE_FOR)


def test_a_silence_can_be_undone_and_ends_when_the_clock_was_set_back(nurse: Client, bed: Bed) -> None:
    bed.stream(BEYOND)
    bed.do(ActKind.SILENCED)
    bed.do(ActKind.UNSILENCED)
    assert bed.alarm().sounds
    bed.clock.beat()
    bed.do(ActKind.SILENCED)
    bed.clock.beat(10 * SECOND)
    nurse.get("/alarms/now/")
    assert not bed.alarm().sounds
    # Set back by less than the silence has lasted, and then it goes on: without the program it would last longer.
    bed.clock.beat(-5 * SECOND)
    nurse.get("/alarms/now/")
    assert bed.alarm().sounds
    assert AlarmEventRow.objects.filter(kind="unsilenced", by=commands.PROGRAM).count() == 2
    bed.clock.beat()
    bed.do(ActKind.SILENCED)
    assert not bed.alarm().sounds


def test_an_overdue_check_stays_overdue_when_the_clock_is_set_back(bed: Bed) -> None:
    bed.clock.beat(60 * MINUTE)
    bed.room.write(bed.session, EventKind.REMARK, {"text": "Talking."}, at=bed.clock.at)
    assert bed.alarms("check_overdue")
    bed.clock.beat(-50 * MINUTE)
    assert bed.alarms("check_overdue")


# The room: every screen of the clinic


def test_the_room_shows_every_chair_and_forgets_who_left_with_nothing_open(bed: Bed) -> None:
    bed.read(BEYOND)
    (seat,) = queries.room(bed.room.nurse, bed.clock.at)
    assert (seat.session.id, seat.tier) == (bed.session.id, Tier.HIGH)
    assert queries.room(make_viewer(make_clinic(), Role.NURSE), bed.clock.at) == []


def test_screens_that_hear_the_bell_one_after_the_other_share_the_newest_picture(
    bed: Bed, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[datetime] = []
    whole = queries.room
    monkeypatch.setattr(queries, "room", lambda viewer, now: made.append(now) or whole(viewer, now))
    clinic_id = bed.room.clinic.pk
    before = live.BELL.count(clinic_id)
    for _ in range(2):
        live.BELL.ring(clinic_id)
    pictures = [views._picture(bed.room.nurse, before + rings) for rings in (2, 1, 2, 0)]
    assert (len(made), len({picture.made_ms for picture in pictures})) == (1, 1)
    live.BELL.ring(clinic_id)
    views._picture(bed.room.nurse, before + 3)
    assert len(made) == 2
    bed.clock.beat(timedelta(hours=-1))
    views._picture(bed.room.nurse, before)
    assert made[2:] == [bed.clock.at]


def test_a_later_entry_is_in_the_next_picture_of_the_room(bed: Bed) -> None:
    assert [one.alarms for one in queries.room(bed.room.nurse, bed.clock.at)] == [()]
    bed.read(BEYOND)
    assert STOP in {alarm.key.rule for one in queries.room(bed.room.nurse, bed.clock.at) for alarm in one.alarms}


def test_the_first_screen_that_drew_an_alarm_is_kept_once_with_the_delay(bed: Bed) -> None:
    bed.stream(BEYOND)
    (seat,) = queries.room(bed.room.nurse, bed.clock.at)
    bed.clock.beat()
    count = len(seat.unshown)
    assert commands.note_shown(bed.room.nurse, seat.unshown, bed.clock.at) == count > 0
    assert commands.note_shown(bed.room.nurse, seat.unshown, bed.clock.beat()) == 0
    assert [one.unshown for one in queries.room(bed.room.nurse, bed.clock.at)] == [frozenset()]
    measured = delays(bed.room.nurse, bed.session.id)
    assert (set(measured.condition_s), set(measured.signal_s)) == ({0.0}, {1.0})


# The clinic's word on escalation


def test_escalation_is_a_hole_until_the_medical_lead_sets_it_with_a_source(bed: Bed) -> None:
    lead = make_viewer(bed.room.clinic, Role.MEDICAL_LEAD)
    bed.read(BEYOND)
    assert bed.alarm().escalation_open

    def set_it(after_s: int | None, **fields: str) -> AlarmEscalation:
        given = {"to": "Dr Lead, 4711", "source": "Ward round of 1 March"} | fields
        return commands.set_escalation(lead, Tier.HIGH, after_s=after_s, now=bed.clock.at, **given)

    set_it(90)
    bed.clock.beat(timedelta(seconds=90))
    assert (bed.alarm().escalated_to, bed.alarm().escalated_at) == ("Dr Lead, 4711", bed.clock.at)
    set_it(None)
    assert bed.alarm().escalation_open
    for wrong in ({"after_s": 0}, {"after_s": 10**6}, {"after_s": 60, "to": " "}, {"after_s": 60, "source": ""}):
        with pytest.raises(BadInput):
            set_it(**wrong)  # type: ignore[arg-type]
    with pytest.raises(BadInput):
        commands.set_escalation(bed.room.nurse, Tier.HIGH, after_s=9, to="x", source="x", now=bed.clock.at)


# Over HTTP


@pytest.fixture
def nurse(bed: Bed) -> Client:
    client: Client = sign_in(Client(), bed.room.nurse)
    return client


def press(nurse: Client, bed: Bed, act: str, alarm: Alarm, **more: str) -> Any:
    body = {"id": str(uuid4()), "kind": act, "key": alarm.key.text, "seen": json.dumps(sorted(alarm.raises))} | more
    return nurse.post(f"/sessions/{bed.session.id}/alarms/act/", body, headers={"accept": "application/json"})


def test_pressing_a_button_is_an_act_and_pressing_it_with_another_body_a_conflict(nurse: Client, bed: Bed) -> None:
    bed.read(BEYOND)
    alarm, act_id = bed.alarm(), str(uuid4())
    assert press(nurse, bed, "acknowledged", alarm, id=act_id).status_code == 201
    assert press(nurse, bed, "acknowledged", alarm, id=act_id).status_code == 201
    assert press(nurse, bed, "silenced", alarm, id=act_id).status_code == 409
    assert press(nurse, bed, "resolved", alarm).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [{"id": "x"}, {"kind": "raised"}, {"key": "a"}, {"seen": "x"}, {"seen": "{}"}, {"seen": "[]"}, {"seen": "[1]"}],
    ids=str,
)
def test_what_names_no_alarm_is_refused_and_nothing_written(nurse: Client, bed: Bed, wrong: dict[str, str]) -> None:
    bed.read(BEYOND)
    before = AlarmEventRow.objects.count()
    assert press(nurse, bed, "acknowledged", bed.alarm(), **wrong).status_code == 422
    assert AlarmEventRow.objects.count() == before


def test_the_picture_of_the_room_holds_lines_the_call_and_what_is_to_be_heard(nurse: Client, bed: Bed) -> None:
    bed.read(BEYOND)
    said = nurse.get("/alarms/now/").json()
    assert said["sounds"] == "high"
    assert "HIGH" in said["strip"]
    assert "No escalation set" in said["lines"][str(bed.session.id)]
    bed.do(ActKind.ACKNOWLEDGED)
    for other in queries.alarms_of(bed.room.nurse, bed.session, bed.clock.beat()):
        bed.do(ActKind.ACKNOWLEDGED, other)
    assert nurse.get("/alarms/now/").json()["sounds"] == ""


def left(answer: Any) -> None:
    """The browser goes away. Nobody hears of it who would take the connection from the test's transaction."""
    with mock.patch.object(request_finished, "send"):
        answer.close()


def test_asking_again_and_again_neither_writes_nor_keeps_a_browser_signed_in_longer(nurse: Client, bed: Bed) -> None:
    written = AuditEntry.objects.count()
    for address in ("/alarms/now/", "/alarms/live/"):
        answer = nurse.get(address)
        assert answer.status_code == 200
        assert answer.cookies == {}
        left(answer)
    assert AuditEntry.objects.count() == written


@pytest.fixture
def ticking() -> Callable[[], float]:
    """Seconds that pass by half a second each time somebody asks."""
    passed = [0.0]

    def clock() -> float:
        passed[0] += 0.5
        return passed[0]

    return clock


class Look:
    """A picture for the stream: its version is what the test says."""

    def __init__(self, version: str) -> None:
        self.version = version

    @property
    def event(self) -> str:
        return json.dumps(self.version)


def test_a_stream_says_what_changed_once_beats_in_between_and_ends(ticking: Callable[[], float]) -> None:
    versions = iter("aab" + "b" * 100)
    said = list(live.stream(1, lambda _: Look(next(versions)), ticking, tick_s=0.001))
    assert [text for text in said if "alarms" in text] == [
        'event: alarms\nid: a\ndata: "a"\n\n',
        'event: alarms\nid: b\ndata: "b"\n\n',
    ]
    assert sum("beat" in text for text in said) > 3


def test_the_bell_wakes_whoever_waits_for_this_clinic_and_a_missed_ring_is_seen() -> None:
    bell = live.Bell()
    assert bell.wait(1, bell.count(1), 0.001) == 0
    bell.ring(2)
    bell.ring(1)
    assert bell.wait(1, 0, 60) == 1


def test_when_every_place_is_taken_the_page_is_told_to_ask_instead(
    nurse: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("euthymia.clinic.alarms.views.PLACES", live.Places(1))
    first = nurse.get("/alarms/live/")
    assert nurse.get("/alarms/live/").status_code == 503
    # Begun and then left, as a browser leaves: the place is free again.
    next(iter(first.streaming_content))
    left(first)
    # Left before anything was read: free again too.
    for _ in range(3):
        again = nurse.get("/alarms/live/")
        assert again.status_code == 200
        left(again)


def test_the_record_of_a_session_names_what_rang_and_who_did_what(nurse: Client, bed: Bed) -> None:
    bed.read(BEYOND)
    bed.do(ActKind.ACKNOWLEDGED)
    page = nurse.get(f"/sessions/{bed.session.id}/alarms/").content.decode()
    assert "Raised, high" in page
    assert f"<td>Acknowledged</td><td>Systolic pressure</td><td></td><td>{bed.room.nurse.name}</td>" in page


def test_the_lead_sets_the_rule_on_a_page_and_a_slip_is_shown_beside_what_was_typed(bed: Bed) -> None:
    lead = sign_in(Client(), make_viewer(bed.room.clinic, Role.MEDICAL_LEAD))
    assert "No escalation is set" in lead.get("/alarms/escalation/").content.decode()
    typed = {"tier": "high", "after_s": "6o", "to": "Dr Lead", "source": "Ward round"}
    refused = lead.post("/alarms/escalation/", typed)
    assert refused.status_code == 422
    assert "6o" in refused.content.decode()
    assert lead.post("/alarms/escalation/", typed | {"after_s": "60"}).status_code == 302
    assert 'after <span class="number">60</span> s to Dr Lead' in lead.get("/alarms/escalation/").content.decode()
