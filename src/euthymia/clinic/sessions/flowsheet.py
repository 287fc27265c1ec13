"""The flowsheet as a grid: one column per minute in which something was written, one row per thing looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from euthymia.care.decision import reasons_of
from euthymia.care.monitoring import DueItem, Status, due, judge_vitals, late_checks, schedule
from euthymia.care.protocol import Protocol, Stage
from euthymia.care.session import SessionState
from euthymia.care.session_events import Because, Concern, EventKind, Remark, ScaleTaken, SessionEvent, SideEffect
from euthymia.care.vitals import Reading
from euthymia.clinic.sessions.bedside_scales import SCALES
from euthymia.clinic.sessions.wording import KINDS, MEASURES, SHORT, in_or_over

MINUTE = timedelta(minutes=1)
CORRECTABLE = (EventKind.VITALS, EventKind.SCALE, EventKind.SIDE_EFFECT, EventKind.REMARK)


@dataclass(frozen=True, slots=True)
class Entry:
    """One value in a cell. `tone`: "", "high" or "low"; a struck one stays in sight with who struck it."""

    event_id: str
    text: str
    by: str
    tone: str = ""
    late: bool = False
    struck: bool = False
    at: str = ""


@dataclass(slots=True)
class Column:
    """One minute of the session; `mark` is "", "coming", "due" or "overdue". `at`: the instant of what was looked at in
    it, None in a column where nothing was written yet."""

    clock: str
    minute: str
    mark: str = ""
    cells: dict[str, list[Entry]] = field(default_factory=dict)
    events: list[tuple[str, str]] = field(default_factory=list)
    due: frozenset[str] = frozenset()
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the grid: its name and one list of entries per column, with the cell's class."""

    name: str
    cells: tuple[tuple[str, tuple[Entry, ...]], ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """What the page draws. `change` holds, per column, the (event id, what it is) that may be corrected."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    change: tuple[tuple[tuple[str, str], ...], ...]


ROWS = (
    ("blood_pressure", "Blood pressure"),
    ("heart_rate", "Pulse"),
    ("spo2", "Oxygen, %"),
    ("respiratory_rate", "Breathing, /min"),
    ("temperature", "Temperature, °C"),
    *((scale.row, scale.label) for scale in SCALES),
    ("respiratory_depression", "Breathing, looked at"),
    ("side_effect", "Side effects"),
    ("dose", "Dose"),
    ("remark", "Remarks"),
)
# Rows that are drawn even while empty, so that a gap is seen.
ALWAYS = frozenset({"blood_pressure", "heart_rate", "spo2", "sedation", "dissociation", "side_effect", "dose"})


def grid(state: SessionState, protocol: Protocol, now: datetime, zone: ZoneInfo) -> Grid:
    """The whole flowsheet up to `now`, with a last column for what is due next."""
    columns: dict[datetime, Column] = {}
    for event in state.entries:
        if event.id in state.unplaced or event.kind is EventKind.STRUCK_OUT:
            continue
        minute = event.at.replace(second=0, microsecond=0)
        column = columns.setdefault(minute, _column(minute, state, zone))
        if column.at is None or event.kind is EventKind.VITALS:
            # What is added to this minute later belongs to the look that was taken in it.
            column.at = event.at
        for row, entry in _entries(event, state, protocol):
            column.cells.setdefault(row, []).append(entry)
        if event.id not in state.struck and event.kind in CORRECTABLE:
            column.events.append((event.id, KINDS[event.kind].lower()))
    ordered = [columns[minute] for minute in sorted(columns)]
    waiting = _due_column(state, protocol, now, zone)
    if waiting is not None:
        ordered.append(waiting)
    used = {row for column in ordered for row in column.cells} | {row for column in ordered for row in column.due}
    rows = tuple(Row(name, _cells(row, ordered)) for row, name in ROWS if row in used or row in ALWAYS)
    return Grid(tuple(ordered), rows, tuple(tuple(column.events) for column in ordered))


def _column(minute: datetime, state: SessionState, zone: ZoneInfo) -> Column:
    since = ""
    if state.clock_at is not None:
        minutes = round((minute - state.clock_at.replace(second=0, microsecond=0)) / MINUTE)
        since = f"{minutes:+d} min" if minutes else "start"
    return Column(f"{minute.astimezone(zone):%H:%M}", since)


def _due_column(state: SessionState, protocol: Protocol, now: datetime, zone: ZoneInfo) -> Column | None:
    """The checks that are late or due, or else the next one coming, as an empty column that asks to be filled."""
    items = [item for item in due(state, protocol, now) if item.due_at is not None]
    late = late_checks(state, protocol, now)
    waiting = [*late, *(item for item in items if item.status is Status.DUE)]
    mark = "overdue" if late else "due"
    if not waiting:
        waiting, mark = [item for item in items if item.status is Status.COMING][:1], "coming"
    if not waiting or waiting[0].due_at is None:
        return None
    names = frozenset(name for item in waiting for name in item.still)
    clock = f"{waiting[0].due_at.astimezone(zone):%H:%M}"
    return Column(clock, in_or_over(waiting[0].due_at, now), mark, due=names)


def _cells(row: str, columns: list[Column]) -> tuple[tuple[str, tuple[Entry, ...]], ...]:
    return tuple((_cell_class(row, column), tuple(column.cells.get(row, ()))) for column in columns)


def _cell_class(row: str, column: Column) -> str:
    entries = column.cells.get(row, [])
    words = [f"is-{entry.tone}" for entry in entries if entry.tone and not entry.struck][:1]
    words += ["is-dose"] if row == "dose" and entries else []
    words += [f"is-{column.mark}"] if row in column.due and column.mark in {"due", "overdue"} else []
    return " ".join(words)


def _entries(event: SessionEvent, state: SessionState, protocol: Protocol) -> Iterable[tuple[str, Entry]]:
    struck, late = event.id in state.struck, event.id in state.late

    def entry(text: str, tone: str = "") -> Entry:
        return Entry(event.id, text, event.by, tone, late, struck, event.at.isoformat())

    match event.payload:
        case Reading() as reading:
            tones = _tones(event, reading, state, protocol)
            for row, text in _parts(reading):
                yield row, entry(text, tones.get(row, ""))
        case ScaleTaken() as scale:
            total = "" if scale.total is None else f"{scale.total:g}"
            judged = "" if scale.resolved is None else "resolved" if scale.resolved else "not resolved"
            row = scale.concern.value if scale.concern in _CONCERN_ROWS else "remark"
            yield row, entry(" ".join(part for part in (total, judged) if part))
        case SideEffect(name, severity, action):
            yield "side_effect", entry(f"{name}, {severity.value}{': ' + action if action else ''}")
        case Remark(text):
            yield "remark", entry(text)
        case payload:
            yield _event_cell(event, payload, state, entry)


_CONCERN_ROWS = frozenset({*(scale.concern for scale in SCALES), Concern.RESPIRATORY_DEPRESSION})


def _event_cell(
    event: SessionEvent, payload: object, state: SessionState, entry: Callable[[str], Entry]
) -> tuple[str, Entry]:
    if event.kind is EventKind.SIDE_EFFECT_ENDED:
        name = next((span.name for span in state.side_effects if span.event_id == payload.side_effect_id), "")
        return "side_effect", entry(f"{name} over")
    words = KINDS[event.kind]
    if isinstance(payload, Because):
        words = f"{words}: {payload.reason}"
    elif event.kind in (EventKind.DOSE_STARTED, EventKind.DEVICE_GIVEN, EventKind.RATE_CHANGED):
        words = f"{words}: {SHORT[type(payload)](payload)}"
    row = "dose" if event.kind.value.startswith(("dose", "device", "rate")) else "remark"
    return row, entry(words)


def _parts(reading: Reading) -> Iterable[tuple[str, str]]:
    pressure = reading.blood_pressure
    if pressure is not None:
        yield "blood_pressure", f"{pressure.systolic:g}/{pressure.diastolic:g}"
    rows = (
        ("heart_rate", reading.heart_rate_per_min),
        ("spo2", reading.spo2_pct),
        ("respiratory_rate", reading.respiratory_rate_per_min),
        ("temperature", reading.temperature_c),
    )
    for row, value in rows:
        if value is not None:
            yield row, f"{value:g}"


def _tones(event: SessionEvent, reading: Reading, state: SessionState, protocol: Protocol) -> dict[str, str]:
    """Which rows of this reading lie beyond a limit of the signed protocol, and on which side."""
    before = state.clock_at is None or event.at < state.clock_at
    baseline = None if before or state.baseline is None else state.baseline.reading
    judged = judge_vitals(reading, baseline, protocol, stage=Stage.BEFORE if before else Stage.DURING)
    found = {}
    for reason in reasons_of(judged):
        row = _ROW_OF.get(reason.fact)
        if row and isinstance(reason.value, int | float) and isinstance(reason.limit, int | float):
            found[row] = "high" if reason.value > reason.limit else "low"
    return found


_ROW_OF = {
    "systolic_mmhg": "blood_pressure",
    "diastolic_mmhg": "blood_pressure",
    "systolic_rise_mmhg": "blood_pressure",
    "diastolic_rise_mmhg": "blood_pressure",
    "heart_rate_per_min": "heart_rate",
    "spo2_pct": "spo2",
    "respiratory_rate_per_min": "respiratory_rate",
}


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of the schedule for the list beside the flowsheet."""

    words: str
    clock: str
    status: str
    due: str
    source: str


def check_rows(state: SessionState, protocol: Protocol, now: datetime, zone: ZoneInfo) -> list[CheckRow]:
    """Every check with its status, in time order."""
    minutes = {check.what: check.after_min for check in schedule(protocol)}
    return [_check_row(item, minutes.get(item.what), now, zone) for item in due(state, protocol, now)]


def _check_row(item: DueItem, after_min: float | None, now: datetime, zone: ZoneInfo) -> CheckRow:
    words = ", ".join(MEASURES.get(name, name.replace("_", " ")) for name in item.measure)
    planned = "" if after_min is None else f"minute {after_min:.0f}"
    at = f"{item.due_at.astimezone(zone):%H:%M}" if item.due_at else planned
    when = {"before": "before the dose", "end": "before leaving"}.get(item.when.value, "")
    clock = in_or_over(item.due_at, now) if item.due_at and item.status in _TICKING else ""
    return CheckRow(
        words[:1].upper() + words[1:],
        clock,
        item.status.value,
        " ".join(part for part in (at, when) if part),
        item.source,
    )


_TICKING = (Status.COMING, Status.DUE, Status.OVERDUE)
