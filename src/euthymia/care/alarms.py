"""Alarms as a fold: what was wrong when, what people did about it, and now; so a reload or a restart loses nothing.

A *mark* says that a condition began or ended. Marks are put in order of when that happened and the same mark twice is
one, so a late normal reading ends nothing that was seen after it. An *act* names the beginnings that somebody saw: one
that nobody has seen yet is never covered by an earlier act, whatever the clocks say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import assert_never

from euthymia.care.decision import Level, Reason, Value

# Long enough to speak to the person in the chair and to act; short enough that a silence somebody forgot ends before
# the next look. It takes the sound away and nothing else. An engineering number, not a clinical limit.
SILENCE_FOR = timedelta(seconds=120)
# A streamed value that rests on its limit crosses it every second. The condition counts as ended once it has stayed
# within the limit for this long; until then a new crossing is the same alarm. It can only make an alarm longer.
SETTLES_AFTER = timedelta(seconds=10)
# Rules of the bedside that somebody must look at now although a prescriber may accept them.
HIGH_RULES = frozenset({"severe_side_effect"})
BETWEEN = "|"


class Tier(StrEnum):
    """High: somebody looks now. Medium: somebody looks soon. It follows from the level of the broken rule."""

    HIGH = "high"
    MEDIUM = "medium"


class Origin(StrEnum):
    """Who noticed. Each keeps its own alarm: a typed reading never quiets the monitor, nor the monitor a typed one."""

    TYPED = "typed"
    STRUCK = "struck"
    MONITOR = "monitor"
    SCHEDULE = "schedule"
    FEED = "feed"
    CLOCK = "clock"


class Turn(StrEnum):
    """Which way a condition turned."""

    RAISED = "raised"
    ENDED = "ended"


class ActKind(StrEnum):
    """What a person can do about an alarm."""

    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    UNSILENCED = "unsilenced"
    OWNER_TAKEN = "owner_taken"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


class Standing(StrEnum):
    """How an alarm stands: sounding, silenced for a while, seen and still on, over and not yet seen, over and seen but
    nobody has said what was done."""

    RINGING = "ringing"
    SILENCED = "silenced"
    SEEN = "seen"
    LATCHED = "latched"
    TO_CLOSE = "to_close"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Which alarm of a session: the rule that spoke, the fact it spoke about, and who noticed."""

    rule: str
    fact: str
    origin: Origin

    @property
    def text(self) -> str:
        """As one line; `key_from` reads it back."""
        return BETWEEN.join((self.rule, self.fact, self.origin.value))


def key_from(text: str) -> Key:
    """The key this line says; ValueError for any other text."""
    rule, fact, origin = text.split(BETWEEN)
    return Key(rule, fact, Origin(origin))


@dataclass(frozen=True, slots=True)
class Mark:
    """A condition began or ended at `at`; `recorded_at` is when that became known here. `late` is for the screen."""

    id: str
    key: Key
    turn: Turn
    at: datetime
    recorded_at: datetime
    tier: Tier = Tier.MEDIUM
    value: Value = None
    limit: Value = None
    source: str = ""
    says: str = ""
    late: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody did, and the beginnings (ids of raised marks) that stood on their screen. until: of a silence. One
    that ends silences names them too."""

    id: str
    kind: ActKind
    key: Key
    at: datetime
    by: str
    seen: frozenset[str]
    until: datetime | None = None
    to: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Escalation:
    """After how long an alarm nobody acknowledged goes to whom, and who says so."""

    after: timedelta
    to: str
    source: str


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm as it stands. `raises` are the beginnings an act has to name; `ended_at` None while it is on."""

    key: Key
    tier: Tier
    standing: Standing
    since: datetime
    known_at: datetime
    raises: frozenset[str]
    ended_at: datetime | None = None
    value: Value = None
    limit: Value = None
    source: str = ""
    says: str = ""
    late: bool = False
    owner: str = ""
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    silenced_until: datetime | None = None
    escalated_at: datetime | None = None
    escalated_to: str = ""
    escalates_at: datetime | None = None
    escalation_open: bool = True

    @property
    def on(self) -> bool:
        """Whether the condition holds, or has not settled yet."""
        return self.ended_at is None

    @property
    def sounds(self) -> bool:
        """Whether it is to be heard."""
        return self.standing in (Standing.RINGING, Standing.LATCHED)

    @property
    def flashes(self) -> bool:
        """Whether nobody has acknowledged it: a silence takes the sound, never the light."""
        return self.acknowledged_at is None


@dataclass(slots=True)
class _Episode:
    """A stretch of one condition, with the beginnings that ring: the first, and each that came too late to be seen."""

    first: Mark
    last: Mark
    ids: set[str]
    rings: set[str]
    known_at: datetime
    ended: Mark | None = None
    after_its_end: bool = False


def tier_of(reason: Reason) -> Tier | None:
    """The tier of a broken rule; None for what only informs."""
    if reason.rule in HIGH_RULES:
        return Tier.HIGH
    match reason.level:
        case Level.STOP:
            return Tier.HIGH
        case Level.HOLD:
            return Tier.MEDIUM
        case Level.FLAG:
            return None
        case _ as never:
            assert_never(never)


def in_order(marks: Iterable[Mark]) -> list[Mark]:
    """Each mark once, in order of when it happened. At the same instant an end comes before a beginning."""
    once = {mark.id: mark for mark in sorted(marks, key=lambda mark: (mark.recorded_at, mark.id), reverse=True)}
    return sorted(once.values(), key=lambda mark: (mark.at, mark.turn is Turn.RAISED, mark.recorded_at, mark.id))


def alarms(
    marks: Iterable[Mark],
    acts: Iterable[Act],
    now: datetime,
    *,
    escalations: Mapping[Tier, Escalation] = MappingProxyType({}),
    closed_at: datetime | None = None,
    heard_at: datetime | None = None,
) -> tuple[Alarm, ...]:
    """Every alarm of one session that is not over, loudest first.

    closed_at: when the session closed, which ends every condition.   heard_at: the newest instant anything is known of;
    a clock that was set back lets no silence last longer and undoes no waiting.
    """
    ordered = in_order(marks)
    done = sorted({act.id: act for act in acts}.values(), key=lambda act: (act.at, act.id))
    instants = [mark.recorded_at for mark in ordered] + [act.at for act in done]
    as_of = max([now, *instants, *([heard_at] if heard_at else [])])
    by_key: dict[Key, list[Mark]] = {}
    for mark in ordered:
        by_key.setdefault(mark.key, []).append(mark)
    found = []
    for key, own in by_key.items():
        theirs = [act for act in done if act.key == key or act.seen & {mark.id for mark in own}]
        alarm = _alarm(key, _episodes(own, closed_at), theirs, _Times(now, as_of), escalations)
        if alarm is not None:
            found.append(alarm)
    return tuple(sorted(found, key=_loudest))


def without_implied(found: Sequence[Alarm]) -> tuple[Alarm, ...]:
    """The alarms a screen shows: while a value is beyond its high limit, the milder limit it has passed on the way says
    nothing new. It comes forward when the high one is over."""
    high = {(alarm.key.fact, alarm.key.origin) for alarm in found if alarm.tier is Tier.HIGH and alarm.on}
    return tuple(alarm for alarm in found if alarm.tier is Tier.HIGH or (alarm.key.fact, alarm.key.origin) not in high)


def _loudest(alarm: Alarm) -> tuple[bool, bool, bool, datetime, Key]:
    return alarm.standing is Standing.TO_CLOSE, not alarm.flashes, alarm.tier is not Tier.HIGH, alarm.since, alarm.key


@dataclass(frozen=True, slots=True)
class _Times:
    now: datetime
    as_of: datetime


def _episodes(ordered: Sequence[Mark], closed_at: datetime | None) -> list[_Episode]:
    found: list[_Episode] = []
    for mark in ordered:
        last = found[-1] if found else None
        if mark.turn is Turn.ENDED:
            if last is not None and last.ended is None:
                last.ended = mark
        elif last is None or (last.ended is not None and mark.at - last.ended.at > _settling(mark.key)):
            found.append(_Episode(mark, mark, {mark.id}, {mark.id}, mark.recorded_at))
        else:
            _joins(last, mark)
    if closed_at is not None and found and found[-1].ended is None:
        found[-1].ended = replace(found[-1].last, turn=Turn.ENDED, at=closed_at, recorded_at=closed_at)
    for one in found:
        one.after_its_end = one.ended is not None and one.known_at >= one.ended.at
    return found


def _joins(episode: _Episode, mark: Mark) -> None:
    """A beginning that belongs to a stretch that is known already. One that came late rings again; so does one that
    began a stretch of its own, until something from between them came after it."""
    was_first = mark.recorded_at < episode.last.recorded_at
    episode.ids.add(mark.id)
    episode.last, episode.ended = mark, None
    if mark.late or was_first:
        episode.rings.add(mark.id)
        episode.known_at = max(episode.known_at, mark.recorded_at)


def _settling(key: Key) -> timedelta:
    return SETTLES_AFTER if key.origin is Origin.MONITOR else timedelta(0)


def _is_on(episode: _Episode, as_of: datetime) -> bool:
    return episode.ended is None or as_of - episode.ended.at < _settling(episode.first.key)


def _alarm(
    key: Key,
    episodes: Sequence[_Episode],
    acts: Sequence[Act],
    times: _Times,
    escalations: Mapping[Tier, Escalation],
) -> Alarm | None:
    """All stretches of this condition that are not over, as one alarm; None when all are."""
    waiting = [one for one in episodes if not _is_over(one, acts, times)]
    if not waiting:
        return None
    unseen = [one for one in waiting if _covering(ActKind.ACKNOWLEDGED, one.rings, acts) is None]
    rings = frozenset().union(*(one.rings for one in unseen or waiting))
    last = max(waiting, key=lambda one: one.last.at)
    on = _is_on(waiting[-1], times.as_of)
    alarm = Alarm(
        key=key,
        tier=_tier(waiting),
        standing=Standing.RINGING,
        since=min(one.first.at for one in (unseen or waiting)),
        known_at=min(one.known_at for one in (unseen or waiting)),
        raises=rings,
        ended_at=None if on or waiting[-1].ended is None else waiting[-1].ended.at,
        value=last.last.value,
        limit=last.last.limit,
        source=last.last.source,
        says=last.last.says,
        late=any(one.first.late or one.after_its_end for one in waiting),
        owner=_owner(waiting, acts),
    )
    seen = None if unseen else _covering(ActKind.ACKNOWLEDGED, rings, acts)
    if seen is not None:
        alarm = replace(alarm, acknowledged_by=seen.by, acknowledged_at=seen.at)
    alarm = replace(alarm, silenced_until=_silence(rings, acts, times))
    alarm = _escalated(alarm, acts, times, escalations.get(alarm.tier))
    return replace(alarm, standing=_standing(alarm))


def _tier(episodes: Sequence[_Episode]) -> Tier:
    return Tier.HIGH if any(one.last.tier is Tier.HIGH for one in episodes) else Tier.MEDIUM


def _is_over(episode: _Episode, acts: Sequence[Act], times: _Times) -> bool:
    """A high one stays until it has ended and somebody has acknowledged it and said what was done; any that was over
    before it was known stays until somebody has acknowledged it."""
    if _is_on(episode, times.as_of):
        return False
    high = episode.last.tier is Tier.HIGH
    if not high and not episode.after_its_end:
        return True
    if high and episode.first.key.origin is not Origin.STRUCK:
        return _covering(ActKind.RESOLVED, episode.rings, acts) is not None
    return _covering(ActKind.ACKNOWLEDGED, episode.rings, acts) is not None


def _covering(kind: ActKind, rings: Iterable[str], acts: Sequence[Act]) -> Act | None:
    """The act with which everything that rings here had been answered; None while something has not."""
    left, last = set(rings), None
    for act in acts:
        if act.kind is kind and act.seen & left:
            left -= act.seen
            last = act
    return None if left else last


def _owner(episodes: Sequence[_Episode], acts: Sequence[Act]) -> str:
    ids = set().union(*(one.ids for one in episodes))
    return next((act.by for act in reversed(acts) if act.kind is ActKind.OWNER_TAKEN and act.seen & ids), "")


def _silence(rings: frozenset[str], acts: Sequence[Act], times: _Times) -> datetime | None:
    """When the silence over all of this ends; None when it is not silent. Before it was asked for there is none."""
    undone = {one for act in acts if act.kind is ActKind.UNSILENCED for one in act.seen}
    given = [act for act in acts if act.kind is ActKind.SILENCED and act.id not in undone and act.at <= times.now]
    ends = [act.until for act in given if act.until is not None and rings <= act.seen]
    last = max(ends, default=None)
    return last if last is not None and times.as_of < last else None


def _escalated(alarm: Alarm, acts: Sequence[Act], times: _Times, rule: Escalation | None) -> Alarm:
    """With whom it went to: named by a person, or by the clinic's rule once it has waited so long."""
    alarm = replace(alarm, escalation_open=rule is None)
    asked = [act for act in acts if act.kind is ActKind.ESCALATED and act.seen & alarm.raises]
    if asked:
        return replace(alarm, escalated_at=asked[-1].at, escalated_to=asked[-1].to)
    if rule is None or not alarm.flashes:
        return alarm
    due_at = alarm.known_at + rule.after
    if times.as_of < due_at:
        return replace(alarm, escalates_at=due_at, escalated_to=rule.to)
    return replace(alarm, escalated_at=due_at, escalated_to=rule.to)


def _standing(alarm: Alarm) -> Standing:
    if not alarm.flashes:
        return Standing.SEEN if alarm.on else Standing.TO_CLOSE
    if alarm.silenced_until is not None:
        return Standing.SILENCED
    return Standing.RINGING if alarm.on else Standing.LATCHED
