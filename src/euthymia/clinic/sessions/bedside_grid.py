"""The flowsheet on the screen: the same grid as on paper, with a last column to write into and the limits beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from euthymia.care.decision import Level
from euthymia.care.protocol import Bound, Limit, Measure, Protocol, Stage
from euthymia.care.session import Phase, SessionState
from euthymia.clinic.sessions.bedside_scales import BY_ROW
from euthymia.clinic.sessions.flowsheet import ROWS, Column, Entry, grid

# Rows somebody can write into, in the order the hand goes down them.
ENTERED = (
    "blood_pressure",
    "heart_rate",
    "spo2",
    "respiratory_rate",
    "temperature",
    *BY_ROW,
)
# Rows that are there to write into even while nothing asks for them.
OFFERED = frozenset({"respiratory_rate", *BY_ROW})
ASKING = frozenset({"due", "overdue", "coming"})
WRITABLE = frozenset({Phase.ARRIVED, Phase.READY, Phase.DOSING, Phase.PAUSED, Phase.OBSERVING})
PAIR = {Measure.SYSTOLIC_MMHG: 0, Measure.DIASTOLIC_MMHG: 1}
SINGLE = {
    Measure.HEART_RATE_PER_MIN: "heart_rate",
    Measure.SPO2_PCT: "spo2",
    Measure.RESPIRATORY_RATE_PER_MIN: "respiratory_rate",
}
RISES = {Measure.SYSTOLIC_RISE_MMHG: 0, Measure.DIASTOLIC_RISE_MMHG: 1}
CALLS = {Level.STOP: "stop", Level.HOLD: "tell", Level.FLAG: "note"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. vital: what is written here, "" where nothing can be.   at: the instant it is written for, "" for now.
    label: row and time in words, for whoever cannot see the grid.   change: the id of what may be corrected here."""

    look: str
    entries: tuple[Entry, ...]
    vital: str = ""
    at: str = ""
    label: str = ""
    change: str = ""
    live: bool = False

    @property
    def attributes(self) -> SafeString:
        """The cell's attributes in HTML, written here and not in the template: a flowsheet has hundreds of cells."""
        pairs = [("class", self.look)] if self.look else []
        if self.live:
            pairs += [("tabindex", "-1"), ("data-label", self.label)]
            pairs += [("data-vital", self.vital), ("data-at", self.at)] if self.vital else []
            pairs += [("data-change", self.change)] if self.change else []
        return format_html_join("", ' {}="{}"', pairs)


@dataclass(frozen=True, slots=True)
class ScreenRow:
    """One row: its name, the limits of the signed protocol for it in a few words, and its cells."""

    name: str
    limits: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Screen:
    """What the page draws. change: per column, the (event id, what it is) that may be corrected."""

    columns: tuple[Column, ...]
    rows: tuple[ScreenRow, ...]
    change: tuple[tuple[tuple[str, str], ...], ...]


def screen(state: SessionState, protocol: Protocol, now: datetime, zone: ZoneInfo) -> Screen:
    """The flowsheet up to now; while the person is here with a last column that is now and asks for what is due."""
    found = grid(state, protocol, now, zone)
    columns = list(found.columns)
    if state.phase in WRITABLE:
        waiting = columns.pop() if columns and columns[-1].mark in ASKING else None
        columns.append(_now_column(waiting))
    drawn = {row.name: row for row in found.rows}
    limits, live = limit_words(protocol, state), state.phase in WRITABLE
    rows = tuple(
        ScreenRow(name, limits.get(row, ""), tuple(_cell(row, name, column, live=live) for column in columns))
        for row, name in ROWS
        if name in drawn or (row in OFFERED and state.phase in WRITABLE)
    )
    return Screen(tuple(columns), rows, tuple(tuple(column.events) for column in columns))


def _now_column(waiting: Column | None) -> Column:
    if waiting is None:
        return Column("now", "", "entry")
    asks = f"due {waiting.clock}" if waiting.mark != "overdue" else f"since {waiting.clock}"
    return Column("now", f"{asks}, {waiting.minute}", waiting.mark, due=waiting.due)


def _cell(row: str, name: str, column: Column, *, live: bool) -> Cell:
    entries = tuple(column.cells.get(row, ()))
    standing = [entry for entry in entries if not entry.struck]
    words = [f"is-{entry.tone}" for entry in standing if entry.tone][:1]
    words += ["is-dose"] if row == "dose" and entries else []
    words += [f"is-{column.mark}"] if row in column.due else []
    words += ["is-entry"] if column.at is None and row in ENTERED else []
    writable = row in ENTERED
    return Cell(
        look=" ".join(words),
        entries=entries,
        vital=row if writable else "",
        at=column.at.isoformat() if writable and column.at else "",
        label=f"{name} at {column.clock}" if column.at else f"{name} now",
        change=standing[-1].event_id if writable and standing else "",
        live=live,
    )


def limit_words(protocol: Protocol, state: SessionState) -> dict[str, str]:
    """For each row what the signed protocol says, as `tell above 165/105 · stop above 190/118`; an open limit is said
    to be open."""
    stages = [Stage.BEFORE] if state.clock_at is None else [Stage.DURING]
    stages += [Stage.DISCHARGE] if state.phase is Phase.OBSERVING else []
    parts: dict[str, list[str]] = {}
    for stage in stages:
        leaving = "to leave: " if stage is Stage.DISCHARGE else ""
        for row, words in _stage_words(protocol.limits_for(stage)):
            parts.setdefault(row, []).append(f"{leaving}{words}")
    return {row: " · ".join(words) for row, words in parts.items()}


def _stage_words(limits: Iterable[Limit]) -> Iterable[tuple[str, str]]:
    pairs: dict[tuple[Level, Bound, bool], list[str]] = {}
    for limit in sorted(limits, key=lambda limit: limit.level is Level.STOP):
        value = "open" if limit.number.value is None else f"{limit.number.value:g}"
        rises = limit.measure in RISES
        place = RISES.get(limit.measure, PAIR.get(limit.measure))
        if place is not None:
            pair = pairs.setdefault((limit.level, limit.bound, rises), ["–", "–"])
            pair[place] = value
        elif limit.measure in SINGLE:
            yield SINGLE[limit.measure], f"{CALLS[limit.level]} {_side(limit.bound)} {value}"
    for (level, bound, rises), pair in pairs.items():
        yield "blood_pressure", f"{CALLS[level]} {'rise ' if rises else ''}{_side(bound)} {'/'.join(pair)}"


def _side(bound: Bound) -> str:
    return "above" if bound is Bound.AT_MOST else "below"
