"""The chair board: what each chair shows, readable across a room."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from euthymia.care.decision import Decision, Level, Reason, reasons_of
from euthymia.care.discharge import earliest_discharge
from euthymia.care.given_dose import given_mg
from euthymia.care.monitoring import DueItem, Status, late_checks, next_due, watch
from euthymia.care.protocol import DeviceSteps, Protocol
from euthymia.care.session import Phase, SessionState
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.models import Chair, Session
from euthymia.clinic.sessions.queries import session_protocol
from euthymia.clinic.sessions.wording import MEASURES, PHASES, ago, in_or_over, minutes_words


@dataclass(frozen=True, slots=True)
class DueLine:
    """What comes next, its clock in words, and how it looks: "", "soon" or "over"."""

    words: str
    clock: str
    tone: str


@dataclass(frozen=True, slots=True)
class Number:
    """One large number of a tile; `state` is "", "high", "low" or "stale", `age` how long ago it was taken."""

    value: str
    name: str
    state: str = ""
    age: str = ""


@dataclass(frozen=True, slots=True)
class Tile:
    """One chair. Without a session it is free."""

    chair: str
    session_id: str = ""
    person: str = ""
    record_number: str = ""
    phase: str = ""
    icon: str = ""
    tone: str = "free"
    clock: str = ""
    dose: str = ""
    due: tuple[DueLine, ...] = ()
    numbers: tuple[Number, ...] = ()
    age: str = ""
    effects: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    tells: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody who is planned and not seated yet."""

    session_id: str
    person: str
    record_number: str
    at: datetime
    dose: str
    chair_id: int | None
    late: bool


def short_name(patient: Patient) -> str:
    """`Ana P.`: enough to call somebody, not enough for a stranger across the room."""
    initial = f" {patient.family_name[:1]}." if patient.family_name else ""
    return f"{patient.given_name}{initial}"


def tiles(
    chairs: Sequence[Chair], sessions: Sequence[tuple[Session, SessionState]], now: datetime, zone: ZoneInfo
) -> list[Tile]:
    """One tile per chair, and one for a session without a chair; the room's order."""
    by_chair = {session.chair_id: (session, state) for session, state in sessions}
    found = []
    for chair in chairs:
        seated = by_chair.get(chair.pk)
        found.append(tile(chair.name, *seated, now, zone) if seated else Tile(chair.name))
    loose = [row for row in sessions if row[0].chair_id not in {chair.pk for chair in chairs}]
    return found + [tile("No chair", session, state, now, zone) for session, state in loose]


def tile(chair: str, session: Session, state: SessionState, now: datetime, zone: ZoneInfo) -> Tile:
    """What one chair shows now."""
    protocol = session_protocol(session)
    word, tone, icon = PHASES[state.phase]
    watched = watch(state, protocol, now)
    stops = [reason.says for reason in reasons_of(watched) if reason.level is Level.STOP]
    lines = due_lines(state, protocol, now, zone)
    overdue = any(line.tone == "over" for line in lines)
    return Tile(
        chair=chair,
        session_id=str(session.id),
        person=short_name(session.patient),
        record_number=session.patient.record_number,
        phase=word,
        icon=icon,
        tone="alarm" if stops else tone,
        clock=clock_words(state, now),
        dose=dose_words(session, state, now),
        due=lines,
        numbers=numbers(state, watched, now, stale=overdue),
        age=ago(state.last_reading.at, now) if state.last_reading else "no reading yet",
        effects=tuple(f"{span.name}, {span.severity.value}" for span in state.open_side_effects),
        alarms=tuple(stops),
        tells=tuple(reason.says for reason in reasons_of(watched) if _tells(reason)),
    )


def dose_words(session: Session, state: SessionState, now: datetime) -> str:
    """`12.3 of 35 mg · 0.18 mg/kg`, as it goes in; "" before the dose."""
    if state.clock_at is None:
        return ""
    order, given = order_of(session.plan), given_mg(state, now)
    return f"{given:.1f} of {order.dose_mg:g} mg · {given / order.weight_kg:.2f} mg/kg"


def _tells(reason: Reason) -> bool:
    """A hold that the prescriber should hear; overdue checks have a line of their own."""
    return reason.level is Level.HOLD and reason.rule != "check_overdue"


def clock_words(state: SessionState, now: datetime) -> str:
    """Minutes since the dose began, else since the person arrived."""
    if state.clock_at is not None:
        return f"{minutes_words(now - state.clock_at)} since the start"
    return f"{minutes_words(now - state.opened_at)} here" if state.opened_at else ""


def due_lines(state: SessionState, protocol: Protocol, now: datetime, zone: ZoneInfo) -> tuple[DueLine, ...]:
    """What is late, what is due next and by when: the checks, the next device or the end of the dose, the way home."""
    late = late_checks(state, protocol, now)
    lines = [check_line(item, now) for item in late]
    item = next_due(state, protocol, now)
    if item is not None and not (item.status is Status.OVERDUE and late):
        lines.append(check_line(item, now))
    lines += _dose_lines(state, protocol, now)
    home = earliest_discharge(state, protocol)
    if state.phase is Phase.OBSERVING and home is not None:
        word = f"at {home.astimezone(zone):%H:%M}" if home > now else "now, if all is well"
        lines.append(DueLine("May leave", word, ""))
    return tuple(lines)


def check_line(item: DueItem, now: datetime) -> DueLine:
    """One check in words with its clock."""
    words = ", ".join(MEASURES.get(name, name.replace("_", " ")) for name in (item.still or item.measure))
    words = words[:1].upper() + words[1:]
    if item.due_at is None:
        return DueLine(words, "", "")
    if item.status in (Status.OVERDUE, Status.MISSED):
        return DueLine(f"{words} overdue", in_or_over(item.due_at, now), "over")
    if item.status is Status.DUE:
        clock = in_or_over(item.due_at, now)
        return DueLine(f"{words} due", "now" if clock.endswith("over") else clock, "soon")
    return DueLine(words, in_or_over(item.due_at, now), "")


def _dose_lines(state: SessionState, protocol: Protocol, now: datetime) -> list[DueLine]:
    if state.phase is not Phase.DOSING:
        return []
    rule = protocol.dose
    if isinstance(rule, DeviceSteps):
        if not state.devices or rule.gap_min.value is None:
            return []
        at = state.devices[-1].at + timedelta(minutes=rule.gap_min.value)
        words = f"Device {len(state.devices) + 1}"
        return [DueLine(words, in_or_over(at, now), "soon" if at <= now else "")]
    end = planned_end(state)
    if end is None:
        return []
    return [DueLine("Infusion ends", in_or_over(end, now), "soon" if end <= now else "")]


def planned_end(state: SessionState) -> datetime | None:
    """When the syringe will be empty at the present rate; None when nothing runs."""
    if not state.legs or state.planned_mg is None or state.legs[-1].until_at is not None:
        return None
    leg = state.legs[-1]
    if leg.rate_mg_per_h <= 0:
        return None
    before = sum(
        (row.until_at - row.from_at).total_seconds() / 3600 * row.rate_mg_per_h
        for row in state.legs[:-1]
        if row.until_at is not None
    )
    return leg.from_at + timedelta(hours=max(0.0, state.planned_mg - before) / leg.rate_mg_per_h)


def numbers(state: SessionState, watched: Decision, now: datetime, *, stale: bool) -> tuple[Number, ...]:
    """The latest of each vital sign, large; one that broke a limit says so, one that is overdue is struck."""
    rows = (
        ("blood pressure", "mmHg", ("systolic_mmhg", "diastolic_mmhg")),
        ("pulse", "/min", ("heart_rate_per_min",)),
        ("oxygen", "%", ("spo2_pct",)),
    )
    broken = {reason.fact: reason for reason in reasons_of(watched)}
    found = []
    for name, unit, fields in rows:
        latest = _latest(state, fields)
        if latest is None:
            continue
        values, at = latest
        words = f"{name}, {unit}"
        side = next((_side(broken[one].value, broken[one].limit) for one in fields if one in broken), "")
        tone = side or ("stale" if stale else "")
        label = f"{words}, {side}" if side else f"{words}, old" if stale else words
        found.append(
            Number("/".join(f"{value:g}" for value in values), label[:1].upper() + label[1:], tone, ago(at, now))
        )
    return tuple(found)


def _latest(state: SessionState, fields: tuple[str, ...]) -> tuple[list[float], datetime] | None:
    for row in reversed(state.readings):
        values = [getattr(row.reading, field) for field in fields]
        if all(value is not None for value in values):
            return values, row.at
    return None


def _side(value: object, limit: object) -> str:
    if isinstance(value, int | float) and isinstance(limit, int | float):
        return "high" if value > limit else "low"
    return "high"


def expected_rows(sessions: Sequence[Session], now: datetime) -> list[Expected]:
    """Who is planned around now and not seated yet."""
    return [
        Expected(
            session_id=str(session.id),
            person=short_name(session.patient),
            record_number=session.patient.record_number,
            at=session.scheduled_for,
            dose=f"{session.plan.order.get('dose_mg', 0):g} mg {session.plan.order.get('drug', '')}",
            chair_id=session.chair_id,
            late=session.scheduled_for < now,
        )
        for session in sessions
    ]
