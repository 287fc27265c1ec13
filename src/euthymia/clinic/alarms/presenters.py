"""Alarms in words: a line with its shape, text and colour, and the picture every open screen of a clinic shares."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.template.loader import render_to_string

from euthymia.care.alarms import Alarm, Origin, Standing, Tier
from euthymia.clinic.alarms.queries import SeatAlarms
from euthymia.clinic.sessions.board import short_name

TIERS = {Tier.HIGH: ("HIGH", "!!!"), Tier.MEDIUM: ("MEDIUM", "!!")}
STANDINGS = {
    Standing.RINGING: "",
    Standing.SILENCED: "Silenced",
    Standing.SEEN: "Acknowledged",
    Standing.LATCHED: "Over, not acknowledged",
    Standing.TO_CLOSE: "Over. Say what was done",
}
FROM = {
    Origin.TYPED: "flowsheet",
    Origin.STRUCK: "entry struck out",
    Origin.MONITOR: "monitor",
    Origin.SCHEDULE: "schedule",
    Origin.FEED: "monitor",
    Origin.CLOCK: "clock",
}
NAMES = {
    "systolic_mmhg": "Systolic pressure",
    "diastolic_mmhg": "Diastolic pressure",
    "systolic_rise_mmhg": "Systolic rise above this person's baseline",
    "diastolic_rise_mmhg": "Diastolic rise above this person's baseline",
    "heart_rate_per_min": "Pulse",
    "spo2_pct": "Oxygen",
    "respiratory_rate_per_min": "Breathing rate",
}
TITLES = {
    "check_overdue": "Check overdue",
    "severe_side_effect": "Severe side effect",
    "clock_went_back": "Clock",
    "feed_silent": "Monitor silent",
}
LOUDNESS = {Tier.HIGH: "high", Tier.MEDIUM: "medium"}
# Drawings kept: the lines of every chair of several full rooms.
MOST_DRAWN = 512


@dataclass(frozen=True, slots=True)
class Line:
    """One alarm on a screen. `tone` is high, medium or quiet; `seen` is what a button sends back."""

    session_id: str
    key: str
    seen: str
    tier: str
    shape: str
    tone: str
    flashes: bool
    sounds: bool
    title: str
    words: str
    source: str
    noticed: str
    late: bool
    standing: str
    since: str
    since_ms: int
    ended: str
    owner: str
    acknowledged: str
    silenced_until_ms: int | None
    escalation: str
    may_close: bool
    needs_reason: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One chair with an alarm nobody has acknowledged, short enough to read across a room."""

    session_id: str
    chair: str
    person: str
    tier: str
    shape: str
    tone: str
    title: str
    words: str
    since: str
    since_ms: int
    more: int


def line_of(session_id: object, alarm: Alarm, zone: ZoneInfo) -> Line:
    """What the screen says about this alarm."""
    tier, shape = TIERS[alarm.tier]
    acknowledged = ""
    if alarm.acknowledged_at is not None:
        acknowledged = f"{alarm.acknowledged_by}, {_clock(alarm.acknowledged_at, zone)}"
    until = alarm.silenced_until if alarm.standing is Standing.SILENCED else None
    return Line(
        session_id=str(session_id),
        key=alarm.key.text,
        seen=json.dumps(sorted(alarm.raises)),
        tier=tier,
        shape=shape,
        tone=LOUDNESS[alarm.tier] if alarm.flashes else "quiet",
        flashes=alarm.flashes,
        sounds=alarm.sounds,
        title=title_of(alarm),
        words=_words(alarm),
        source=alarm.source,
        noticed=FROM[alarm.key.origin],
        late=alarm.late,
        standing=STANDINGS[alarm.standing],
        since=_clock(alarm.since, zone),
        since_ms=_ms(alarm.since),
        ended=_clock(alarm.ended_at, zone) if alarm.ended_at else "",
        owner=alarm.owner,
        acknowledged=acknowledged,
        silenced_until_ms=_ms(until) if until else None,
        escalation=_escalation(alarm, zone),
        may_close=alarm.standing is Standing.TO_CLOSE,
        needs_reason=alarm.tier is Tier.HIGH,
    )


def title_of(alarm: Alarm) -> str:
    """What it is about, in two or three words."""
    return title_of_key(alarm.key.rule, alarm.key.fact)


def title_of_key(rule: str, fact: str) -> str:
    """The same for a line of the record."""
    known = fact.split(":")[0]
    return TITLES.get(rule) or NAMES.get(known) or known.replace("_", " ")


def _words(alarm: Alarm) -> str:
    """What it says, and of a limit what it asks for."""
    if alarm.key.rule in TITLES:
        return alarm.says
    return f"{'Stop limit' if alarm.tier is Tier.HIGH else 'Tell the prescriber'}: {alarm.says}"


def _escalation(alarm: Alarm, zone: ZoneInfo) -> str:
    """Where it goes when nobody answers; said plainly when nobody has decided that."""
    if alarm.escalated_at is not None:
        return f"Escalated to {alarm.escalated_to}, {_clock(alarm.escalated_at, zone)}"
    if not alarm.flashes:
        return ""
    if alarm.escalation_open:
        return "No escalation set"
    return f"Goes to {alarm.escalated_to} at {_clock(alarm.escalates_at, zone)}" if alarm.escalates_at else ""


def calls_of(seats: Sequence[SeatAlarms], zone: ZoneInfo) -> list[Call]:
    """The loudest alarm of each chair that has one nobody has acknowledged, high ones first."""
    found = []
    for seat in seats:
        ringing = [alarm for alarm in seat.alarms if alarm.flashes]
        if not ringing:
            continue
        first = ringing[0]
        tier, shape = TIERS[first.tier]
        chair = str(seat.session.chair) if seat.session.chair else "No chair"
        call = Call(
            session_id=str(seat.session.id),
            chair=chair if seat.session.closed_at is None else "Gone home",
            person=short_name(seat.session.patient),
            tier=tier,
            shape=shape,
            tone=LOUDNESS[first.tier],
            title=title_of(first),
            words=_words(first) if first.on else f"{_words(first)} Over, not acknowledged.",
            since=_clock(first.since, zone),
            since_ms=_ms(first.since),
            more=len(ringing) - 1,
        )
        found.append((first.tier is not Tier.HIGH, first.since, call))
    return [call for _, _, call in sorted(found, key=lambda row: row[:2])]


@dataclass(frozen=True, slots=True)
class RoomPicture:
    """What every screen of a clinic shows: a call strip, the lines of each session, and what is to be heard.

    event: all of it as one line of a server-sent event, written once for every screen.   version: another where what is
    shown is another.
    """

    version: str
    made_ms: int
    event: str


def picture_of(seats: Sequence[SeatAlarms], zone: ZoneInfo, now: datetime) -> RoomPicture:
    """The picture of a room at `now`."""
    lines = {str(seat.session.id): tuple(lines_of(seat, zone)) for seat in seats}
    html = {session_id: lines_html(rows) for session_id, rows in lines.items() if rows}
    strip = strip_html(calls_of(seats, zone))
    heard = [alarm.tier for seat in seats for alarm in seat.alarms if alarm.sounds]
    sounds = "high" if Tier.HIGH in heard else "medium" if heard else ""
    unshown = tuple(sorted(one for seat in seats for one in seat.unshown))
    content = {"strip": strip, "lines": html, "sounds": sounds, "unshown": unshown}
    version = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    made_ms = _ms(now)
    return RoomPicture(version, made_ms, json.dumps({"now": made_ms, "version": version, **content}))


def lines_of(seat: SeatAlarms, zone: ZoneInfo) -> list[Line]:
    """The lines of one session, loudest first."""
    return [line_of(seat.session.id, alarm, zone) for alarm in seat.alarms]


@lru_cache(maxsize=MOST_DRAWN)
def lines_html(lines: tuple[Line, ...]) -> str:
    """As every page shows them. What looks the same is not drawn again each second."""
    return render_to_string("alarms/_lines_of.html", {"lines": lines})


def strip_html(calls: Sequence[Call]) -> str:
    """Every chair that calls, as every page shows them. A chair that calls anew draws no other chair again."""
    return "".join(_call_html(call) for call in calls)


@lru_cache(maxsize=MOST_DRAWN)
def _call_html(call: Call) -> str:
    return render_to_string("alarms/_strip.html", {"calls": (call,)}).rstrip("\n")


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%H:%M:%S}"


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
