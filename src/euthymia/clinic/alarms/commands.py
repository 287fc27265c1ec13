"""Writing about alarms: what a stream changed, what people did, what was seen. The only writers of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from uuid import UUID, uuid5

from django.db import transaction

from euthymia.care.alarm_acts import may_act
from euthymia.care.alarm_conditions import Heard, any_beyond, is_on, stream_marks
from euthymia.care.alarms import SILENCE_FOR, Act, ActKind, Alarm, Key, Mark, Tier
from euthymia.care.decision import Allowed
from euthymia.care.protocol import Protocol
from euthymia.care.session import SessionState
from euthymia.care.session_events import EventKind, SessionEvent
from euthymia.care.vital_stream import Sample
from euthymia.care.vitals import Reading
from euthymia.clinic.accounts.policies import RUN_SESSIONS, SIGN_PROTOCOLS, insist
from euthymia.clinic.accounts.viewer import Actor, System, Viewer
from euthymia.clinic.alarms.heard import THINGS, measured_later
from euthymia.clinic.alarms.live import BELL
from euthymia.clinic.alarms.models import AlarmEscalation, AlarmEventRow
from euthymia.clinic.alarms.queries import alarms_of, known_marks, room
from euthymia.clinic.alarms.rows import ACTS, TURNS, act_of, mark_of, row_of, row_of_act, row_of_shown
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.monitors.models import MonitorStream
from euthymia.clinic.monitors.queries import samples_of
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.clinic.sessions.queries import session_protocol, state_of
from euthymia.clinic.sessions.refusals import NotAllowed
from euthymia.errors import BadInput

PROGRAM = "the program"
LONGEST_REASON, LONGEST_NAME, LONGEST_SOURCE = 500, 120, 300
MOST_SEEN = 200
# Longer than any visit: an escalation that never comes would look like one that is set.
LONGEST_WAIT_S = 4 * 60 * 60
BEGINS = frozenset({EventKind.DOSE_STARTED, EventKind.DEVICE_GIVEN, EventKind.STRUCK_OUT})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks to do: the id made on their device, the alarm, and the beginnings on their screen."""

    id: UUID
    kind: ActKind
    key: Key
    seen: frozenset[str]
    to: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stamp:
    """How many rows a session has of its entries and of its alarms. Both only grow: while neither did, what is kept in
    memory of the session holds."""

    entries: int
    alarm_rows: int


@dataclass(frozen=True, slots=True)
class Beat:
    """What the monitors of a session have just sent, and the session's stamp in this transaction."""

    session_id: UUID
    samples: Sequence[Sample]
    stamp: Stamp


@transaction.atomic
def note_samples(session: Session, samples: Sequence[Sample], now: datetime) -> int:
    """Judge what a monitor streamed, in the transaction that keeps it; how many changes were written. Nothing is
    written while nothing changes, and nothing is judged before the dose has begun."""
    entries = SessionEventRow.objects.filter(session=session).count()
    stamp = Stamp(entries, AlarmEventRow.objects.filter(session=session).count())
    return note_room([Beat(session.id, samples, stamp)], now)


@transaction.atomic(savepoint=False)
def note_room(beats: Iterable[Beat], now: datetime) -> int:
    """The same for many sessions at once: a room of monitors beats every second. As long as nothing lies beyond a limit
    and nothing is on there is nothing to say, and that is known without asking for a row."""
    told = list(beats)
    watched = [
        (beat, known) for beat, known in zip(told, _known_of(told), strict=True) if known.must_look_at(beat.samples)
    ]
    newest = _newest([beat.session_id for beat, _ in watched])
    changes = 0
    for beat, known in watched:
        heard = Heard(known.marks, newest[beat.session_id], _measured_later(beat.session_id))
        changes += _write(known.session, beat.samples, known.judge, heard, now)
    return changes


@transaction.atomic
def note_entries(session: Session, events: Iterable[SessionEvent], now: datetime) -> None:
    """Entries have joined a session: screens hear of it, and a stream is judged anew when its start or its baseline
    moved."""
    clinic_id = session.clinic_id
    transaction.on_commit(lambda: BELL.ring(clinic_id))
    began_at = session.dose_started_at
    moved = [event for event in events if event.kind in BEGINS or (began_at is not None and event.at <= began_at)]
    streams = list(MonitorStream.objects.filter(session=session)) if moved and began_at is not None else []
    samples = [kept.sample.judged() for stream in streams for kept in samples_of(stream)]
    judged = [sample for sample in samples if sample is not None]
    if judged and began_at is not None:
        state = state_of(session)
        judge = _Judge(session_protocol(session), _baseline(state), began_at)
        newest = _newest([session.id])[session.id]
        _write(session, judged, judge, Heard(_marks(session.id), newest, _measured_later(session.id)), now)


def _measured_later(session_id: UUID) -> Callable[[str, datetime], bool]:
    """Asked once for each kind of number and instant: several limits look at the same one, and what is kept does not
    change while they are judged."""
    return cache(partial(measured_later, session_id))


@dataclass(frozen=True, slots=True)
class _Judge:
    """clock_at: when the dose began; None before it."""

    protocol: Protocol
    baseline: Reading | None
    clock_at: datetime | None


def _write(session: Session, samples: Sequence[Sample], judge: _Judge, heard: Heard, now: datetime) -> int:
    fresh = stream_marks(
        samples, heard, protocol=judge.protocol, baseline=judge.baseline, clock_at=judge.clock_at, now=now
    )
    if not fresh:
        return 0
    AlarmEventRow.objects.bulk_create([row_of(session, mark, PROGRAM) for mark in fresh], ignore_conflicts=True)
    record(
        System(session.clinic_id, PROGRAM),
        Action.CREATE,
        "alarm",
        now=now,
        patient_id=session.patient_id,
        subject_id=session.id,
        detail={"rules": sorted({f"{mark.key.rule} {mark.turn.value}" for mark in fresh})},
    )
    clinic_id = session.clinic_id
    transaction.on_commit(lambda: BELL.ring(clinic_id))
    return len(fresh)


@dataclass(frozen=True, slots=True)
class _Known:
    """A session as its monitors are judged by, as of `stamp`."""

    stamp: Stamp
    session: Session
    judge: _Judge
    marks: tuple[Mark, ...]
    is_on: bool

    def must_look_at(self, samples: Sequence[Sample]) -> bool:
        """Whether these samples may change anything."""
        judge = self.judge
        if judge.clock_at is None or not samples:
            return False
        return self.is_on or any_beyond(
            samples, protocol=judge.protocol, baseline=judge.baseline, clock_at=judge.clock_at
        )


# Reading all entries and marks of a session every second would cost more than judging its samples.
_kept: dict[UUID, _Known] = {}
MOST_KEPT = 512


def _known_of(beats: Sequence[Beat]) -> list[_Known]:
    """Each session as its monitors are judged by. What is not kept of any is read at once: when a shift begins, a whole
    room is new."""
    kept = {one.session_id: _kept.get(one.session_id) for one in beats}
    stale = [one for one in beats if (known := kept[one.session_id]) is None or known.stamp != one.stamp]
    if stale:
        read = _read(stale, kept)
        kept |= read
        if len(_kept) + len(read) > MOST_KEPT:
            _kept.clear()
        _kept.update(read)
    return [known for one in beats if (known := kept[one.session_id]) is not None]


def _read(stale: Sequence[Beat], kept: Mapping[UUID, _Known | None]) -> dict[UUID, _Known]:
    # While no entry was added, only its alarms are new.
    judged = {
        one.session_id: (known.session, known.judge)
        for one in stale
        if (known := kept[one.session_id]) is not None and known.stamp.entries == one.stamp.entries
    }
    rows = Session.objects.select_related("plan__protocol_version").prefetch_related("events")
    moved = [one.session_id for one in stale if one.session_id not in judged]
    for session in rows.filter(id__in=moved) if moved else ():
        judge = _Judge(session_protocol(session), _baseline(state_of(session)), session.dose_started_at)
        judged[session.id] = (session, judge)
    marks = _marks_of([one.session_id for one in stale if one.stamp.alarm_rows])
    found = {}
    for beat in stale:
        session, judge = judged[beat.session_id]
        seen = tuple(marks.get(beat.session_id, ()))
        found[beat.session_id] = _Known(beat.stamp, session, judge, seen, is_on(seen))
    return found


def _baseline(state: SessionState) -> Reading | None:
    return state.baseline.reading if state.baseline else None


def _marks(session_id: UUID) -> tuple[Mark, ...]:
    """What the stream of this session has raised and ended."""
    return tuple(_marks_of([session_id]).get(session_id, ()))


def _marks_of(session_ids: Sequence[UUID]) -> dict[UUID, list[Mark]]:
    found: dict[UUID, list[Mark]] = {}
    if session_ids:
        rows = AlarmEventRow.objects.filter(session_id__in=session_ids, kind__in=TURNS)
        for row in rows.order_by("sequence"):
            found.setdefault(row.session_id, []).append(mark_of(row))
    return found


def _newest(session_ids: Sequence[UUID]) -> dict[UUID, dict[str, datetime]]:
    """By session: when each thing was last measured by any monitor of it, what has just come included."""
    newest: dict[UUID, dict[str, datetime]] = {one: {} for one in session_ids}
    if not newest:
        return newest
    streams = MonitorStream.objects.filter(session_id__in=session_ids)
    for session_id, latest in streams.values_list("session_id", "latest"):
        for channel, seen in latest.items():
            thing = THINGS.get(channel)
            if thing is not None and seen["value"] is not None:
                at = datetime.fromtimestamp(seen["at"], UTC)
                newest[session_id][thing] = max(newest[session_id].get(thing, at), at)
    return newest


@transaction.atomic
def act(actor: Actor, session: Session, wanted: Wanted, now: datetime) -> Act:
    """Acknowledge, silence, own, escalate or close one alarm. The same act again changes nothing.

    Refuses (BadInput) another act under the same id, an alarm that is over, and what its state does not allow.
    """
    if isinstance(actor, Viewer):
        insist(actor, RUN_SESSIONS)
    find_or_404(actor, Session, id=session.id)
    Session.objects.select_for_update(of=("self",)).get(pk=session.pk)
    done = _made(actor, session, wanted, now)
    twin = AlarmEventRow.objects.filter(id=wanted.id).first()
    if twin is not None:
        return _same(twin, session, done)
    alarm = _alarm_of(actor, session, wanted, now)
    decision = may_act(wanted.kind, alarm, reason=wanted.reason, to=wanted.to)
    if not isinstance(decision, Allowed):
        raise NotAllowed(decision, "alarm")
    row_of_act(session, done).save(force_insert=True)
    detail = {"act": wanted.kind.value, "rule": wanted.key.rule}
    record(actor, Action.CHANGE, "alarm", now=now, patient_id=session.patient_id, subject_id=session.id, detail=detail)
    transaction.on_commit(lambda: BELL.ring(actor.clinic_id))
    return done


def _made(actor: Actor, session: Session, wanted: Wanted, now: datetime) -> Act:
    until = now + SILENCE_FOR if wanted.kind is ActKind.SILENCED else None
    for text, longest, path in ((wanted.reason, LONGEST_REASON, "reason"), (wanted.to, LONGEST_NAME, "to")):
        if len(text) > longest:
            raise BadInput("too_long", path, f"At most {longest} letters.")
    if not wanted.seen or len(wanted.seen) > MOST_SEEN:
        raise BadInput("bad_alarm", "seen", "Say which alarm is meant. Load the page again.")
    known = {mark.id for mark in known_marks(actor, session, now)}
    seen = (wanted.seen & known) or wanted.seen
    if wanted.kind is ActKind.UNSILENCED:
        silences = AlarmEventRow.objects.filter(session=session, kind=ActKind.SILENCED.value, key=wanted.key.text)
        seen |= {str(row.id) for row in silences}
    return Act(
        str(wanted.id), wanted.kind, wanted.key, now, actor.name, seen, until, wanted.to.strip(), wanted.reason.strip()
    )


def _same(twin: AlarmEventRow, session: Session, done: Act) -> Act:
    """The act that is there already, when this is it again."""
    if twin.kind in ACTS and twin.session_id == session.id:
        kept = act_of(twin)
        asked = (done.kind, done.key, done.by, done.to, done.reason)
        if (kept.kind, kept.key, kept.by, kept.to, kept.reason) == asked and kept.seen == done.seen:
            return kept
    raise BadInput("id_reused", "id", "Another entry has this id. Load the page again and press once more.")


def _alarm_of(actor: Actor, session: Session, wanted: Wanted, now: datetime) -> Alarm | None:
    found = alarms_of(actor, session, now)
    return next((one for one in found if one.key == wanted.key and one.raises & wanted.seen), None)


@transaction.atomic
def clock_set_back(actor: Actor, now: datetime) -> int:
    """The clock of this machine was set back, so nobody can tell how long a silence has lasted: every one that might
    still hold ends. How many did."""
    rows = visible_to(actor, AlarmEventRow).filter(kind=ActKind.SILENCED.value, recorded_at__gt=now - SILENCE_FOR)
    undone = []
    for row in rows.select_related("session"):
        silence = act_of(row)
        act_id, seen = uuid5(row.id, ActKind.UNSILENCED.value), silence.seen | {silence.id}
        end = Act(str(act_id), ActKind.UNSILENCED, silence.key, now, PROGRAM, seen, reason="The clock was set back.")
        undone.append(row_of_act(row.session, end))
    AlarmEventRow.objects.bulk_create(undone, ignore_conflicts=True)
    if undone:
        record(actor, Action.CHANGE, "alarm", now=now, detail={"act": "unsilenced", "count": len(undone)})
    return len(undone)


@transaction.atomic
def note_shown(viewer: Viewer, raises: Iterable[str], now: datetime) -> int:
    """A screen has drawn these beginnings. Only the first time of each is kept; how many were new."""
    insist(viewer, RUN_SESSIONS)
    wanted, rows = set(raises), []
    for seat in room(viewer, now):
        waiting = seat.unshown & wanted
        if waiting:
            marks = {mark.id: mark for mark in known_marks(viewer, seat.session, now)}
            rows += [row_of_shown(seat.session, marks[one], now) for one in sorted(waiting) if one in marks]
    AlarmEventRow.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


@transaction.atomic
def set_escalation(
    viewer: Viewer, tier: Tier, *, after_s: int | None, to: str, source: str, now: datetime
) -> AlarmEscalation:
    """From now on an alarm of this tier that nobody has acknowledged goes to `to`; after_s None takes the rule back.

    Refuses (BadInput) a rule without a name to call or without a source.
    """
    insist(viewer, SIGN_PROTOCOLS)
    to, source = to.strip(), source.strip()
    if after_s is not None and not 0 < after_s <= LONGEST_WAIT_S:
        raise BadInput("implausible", "after_s", f"Give whole seconds from 1 to {LONGEST_WAIT_S}.")
    if after_s is not None and not 0 < len(to) <= LONGEST_NAME:
        raise BadInput("nobody_named", "to", "Say who is called: a role or a name with a number.")
    if not 0 < len(source) <= LONGEST_SOURCE:
        raise BadInput(
            "no_source", "source", "Say where this comes from: the clinic's own rule, a guideline, a meeting."
        )
    row: AlarmEscalation = AlarmEscalation.objects.create(
        clinic_id=viewer.clinic_id,
        tier=tier.value,
        after_s=after_s,
        to=to,
        source=source,
        set_by_id=viewer.user_id,
        set_by_name=viewer.name,
        set_at=now,
    )
    record(viewer, Action.CREATE, "alarm_escalation", now=now, subject_id=row.pk, detail={"tier": tier.value})
    transaction.on_commit(lambda: BELL.ring(viewer.clinic_id))
    return row


def forget() -> None:
    """Drop what is kept in memory, as a restart does."""
    _kept.clear()
