"""Reading alarms: of one session, and of everybody in a chair. What is costly to fold is kept until it changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q

from euthymia.care.alarm_conditions import feed_marks, session_marks
from euthymia.care.alarms import Act, Alarm, Escalation, Mark, Standing, Tier, alarms, without_implied
from euthymia.care.protocol import Protocol
from euthymia.care.session import Phase, SessionState
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.alarms.models import AlarmEscalation, AlarmEventRow
from euthymia.clinic.alarms.rows import ACTS, SHOWN, TURNS, act_of, escalation_of, mark_of
from euthymia.clinic.monitors.queries import Spoken, spoken
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.clinic.sessions.queries import find_session, session_protocol, state_of

# Somebody who has gone home stays on the board this long while an alarm of theirs has not been acknowledged: a shift,
# so that it is handed over and not lost. An engineering number.
KEPT_AFTER_CLOSE = timedelta(hours=12)
# Sessions kept in memory; more than any room has chairs.
MOST_KEPT = 512


@dataclass(frozen=True, slots=True)
class Bedside:
    """A session with what its entries add up to, as of `stamp`."""

    stamp: tuple[object, ...]
    session: Session
    state: SessionState
    protocol: Protocol


@dataclass(frozen=True, slots=True)
class Written:
    """What the alarm rows of a session say, as of `stamp`."""

    stamp: int
    marks: tuple[Mark, ...] = ()
    acts: tuple[Act, ...] = ()
    shown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SeatAlarms:
    """The alarms of one session that are not over. `unshown` are beginnings no screen has confirmed yet."""

    session: Session
    alarms: tuple[Alarm, ...]
    unshown: frozenset[str] = frozenset()

    @property
    def tier(self) -> Tier | None:
        """The highest tier among alarms nobody has acknowledged."""
        tiers = {alarm.tier for alarm in self.alarms if alarm.flashes}
        return Tier.HIGH if Tier.HIGH in tiers else Tier.MEDIUM if tiers else None


_bedsides: dict[UUID, Bedside] = {}
_written: dict[UUID, Written] = {}
_own_this_second: dict[UUID, tuple[object, tuple[Mark, ...]]] = {}
_this_second: dict[UUID, tuple[object, tuple[Alarm, ...]]] = {}
NOTHING = Written(0)


def escalations(actor: Actor) -> dict[Tier, Escalation]:
    """The clinic's rule for each tier that has one."""
    found = {}
    for row in visible_to(actor, AlarmEscalation).order_by("pk"):
        found[Tier(row.tier)] = escalation_of(row)
    return {tier: rule for tier, rule in found.items() if rule is not None}


def escalation_rows(actor: Actor) -> list[AlarmEscalation]:
    """Every rule on escalation that was ever set, newest first."""
    return list(visible_to(actor, AlarmEscalation).order_by("-pk"))


def marks_of(read: _Read, own: Iterable[Mark], now: datetime) -> list[Mark]:
    """Every mark of a session. own: what its entries and its schedule say; with what was streamed, and a stream that is
    silent."""
    found = [*own, *read.written.marks]
    if read.feed is not None and read.state.closed_at is None:
        found += feed_marks(read.feed.last_at, now)
    return found


def _own_marks(read: _Read, now: datetime) -> tuple[Mark, ...]:
    return session_marks(read.state, session_protocol(read.session), now)


def alarms_of(actor: Actor, session: Session, now: datetime) -> tuple[Alarm, ...]:
    """The alarms of one session that are not over, read afresh."""
    read = _read(actor, session)
    return _alarms(read, _own_marks(read, now), now, escalations(actor))


@dataclass(frozen=True, slots=True)
class _Read:
    session: Session
    state: SessionState
    written: Written
    feed: Spoken | None


def _read(actor: Actor, session: Session) -> _Read:
    whole = find_session(actor, session.id)
    rows = _rows(actor, [session.id]).get(session.id, NOTHING)
    return _Read(whole, state_of(whole), rows, spoken(actor, session.id).get(session.id))


def _alarms(read: _Read, own: Iterable[Mark], now: datetime, rules: Mapping[Tier, Escalation]) -> tuple[Alarm, ...]:
    return alarms(
        marks_of(read, own, now),
        read.written.acts,
        now,
        escalations=rules,
        closed_at=read.state.closed_at,
        heard_at=read.feed.heard_at if read.feed else None,
    )


def known_marks(actor: Actor, session: Session, now: datetime) -> list[Mark]:
    """Every mark of one session, over or not, read afresh."""
    read = _read(actor, session)
    return marks_of(read, _own_marks(read, now), now)


def room(actor: Actor, now: datetime) -> list[SeatAlarms]:
    """Everybody in a chair, in the order of the room, and those who left while an alarm was not acknowledged."""
    here = _bedsides_now(actor, now)
    written = _kept_rows(actor, [one.session.id for one in here])
    feeds, rules = spoken(actor), escalations(actor)
    found = []
    for one in here:
        rows = written.get(one.session.id, NOTHING)
        read = _Read(one.session, one.state, rows, feeds.get(one.session.id))
        open_now = without_implied(_alarms_of_this_second(one, read, now, rules))
        if one.state.closed_at is not None:
            open_now = tuple(alarm for alarm in open_now if alarm.standing is not Standing.TO_CLOSE)
            if not open_now:
                continue
        rings = frozenset().union(*(alarm.raises for alarm in open_now if alarm.flashes))
        found.append(SeatAlarms(one.session, open_now, rings - rows.shown))
    return found


def _alarms_of_this_second(
    one: Bedside, read: _Read, now: datetime, rules: Mapping[Tier, Escalation]
) -> tuple[Alarm, ...]:
    """The alarms of a session, worked out once a second for the whole room unless something was written for it or its
    monitor was heard. What its entries and its schedule say is the costly half, and no monitor changes that."""
    second = now.replace(microsecond=0)
    own = _own_this_second.get(one.session.id)
    if own is None or own[0] != (one.stamp, second):
        own = ((one.stamp, second), _own_marks(read, now))
        _keep(_own_this_second, one.session.id, own)
    heard = (read.feed.last_at, read.feed.heard_at) if read.feed else None
    stamp = (one.stamp, read.written.stamp, heard, tuple(rules.items()), second)
    kept = _this_second.get(one.session.id)
    if kept is None or kept[0] != stamp:
        kept = (stamp, _alarms(read, own[1], now, rules))
        _keep(_this_second, one.session.id, kept)
    return kept[1]


def _bedsides_now(actor: Actor, now: datetime) -> list[Bedside]:
    wanted = Q(closed_at=None) | Q(closed_at__gte=now - KEPT_AFTER_CLOSE)
    rows = visible_to(actor, Session).filter(wanted).exclude(phase=Phase.PLANNED.value)
    stamps = {
        row[0]: row for row in rows.order_by("chair__position", "scheduled_for").values_list("id", "phase", "chair_id")
    }
    counted = visible_to(actor, SessionEventRow).filter(session_id__in=list(stamps)).order_by()
    counts = {row[0]: row[1:] for row in counted.values_list("session_id").annotate(Count("pk"), Max("recorded_at"))}
    found = []
    for session_id, row in stamps.items():
        stamp = (*row, *counts.get(session_id, ()))
        kept = _bedsides.get(session_id)
        if kept is None or kept.stamp != stamp:
            session = find_session(actor, session_id)
            kept = Bedside(stamp, session, state_of(session), session_protocol(session))
            _keep(_bedsides, session_id, kept)
        found.append(kept)
    return found


def _kept_rows(actor: Actor, session_ids: list[UUID]) -> dict[UUID, Written]:
    counted = visible_to(actor, AlarmEventRow).filter(session_id__in=session_ids).order_by()
    counts = dict(counted.values_list("session_id").annotate(Count("pk")))
    changed = [one for one, count in counts.items() if _written.get(one, NOTHING).stamp != count]
    for session_id, rows in _rows(actor, changed).items():
        _keep(_written, session_id, rows)
    return {one: _written[one] for one in counts if one in _written}


def _rows(actor: Actor, session_ids: Iterable[UUID]) -> dict[UUID, Written]:
    wanted = list(session_ids)
    if not wanted:
        return {}
    by_session: dict[UUID, list[AlarmEventRow]] = {}
    for row in visible_to(actor, AlarmEventRow).filter(session_id__in=wanted).order_by("sequence"):
        by_session.setdefault(row.session_id, []).append(row)
    return {one: written_in(rows) for one, rows in by_session.items()}


def written_in(rows: list[AlarmEventRow]) -> Written:
    """What these rows of one session say."""
    return Written(
        len(rows),
        tuple(mark_of(row) for row in rows if row.kind in TURNS),
        tuple(act_of(row) for row in rows if row.kind in ACTS),
        frozenset(row.payload["raise"] for row in rows if row.kind == SHOWN),
    )


def _keep(store: dict[UUID, object], session_id: UUID, value: object) -> None:
    if len(store) >= MOST_KEPT:
        store.clear()
    store[session_id] = value


def forget() -> None:
    """Drop what is kept in memory, as a restart does."""
    _bedsides.clear()
    _written.clear()
    _own_this_second.clear()
    _this_second.clear()
