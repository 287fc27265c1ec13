"""A session is a list of events that only grows; its state is a fold over them by the table below.

Order does not matter (events are put in order of when they happened), the same id twice is one event, and a correction
strikes its target through and never removes it. So a replay, a retry, an offline queue and a correction are one thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from euthymia.care.session_events import (
    Because,
    Concern,
    Delivery,
    DeviceGiven,
    DoseStarted,
    EventKind,
    Opened,
    RateChanged,
    Remark,
    ScaleTaken,
    SessionEvent,
    Severity,
    SideEffect,
    SideEffectEnded,
)
from euthymia.care.vitals import Reading, merged

LATE_AFTER = timedelta(minutes=15)


class Phase(StrEnum):
    PLANNED = "planned"
    ARRIVED = "arrived"
    READY = "ready"
    DOSING = "dosing"
    PAUSED = "paused"
    OBSERVING = "observing"
    DISCHARGED = "discharged"
    CANCELLED = "cancelled"


_NOTES = (
    EventKind.VITALS,
    EventKind.SIDE_EFFECT,
    EventKind.SIDE_EFFECT_ENDED,
    EventKind.SCALE,
    EventKind.REMARK,
)


def _row(phase: Phase, moves: Mapping[EventKind, Phase], notes: tuple[EventKind, ...]) -> Mapping[EventKind, Phase]:
    return MappingProxyType({**dict.fromkeys(notes, phase), **moves})


# In which phase which event may be written, and the phase it leads to. Striking out is possible everywhere.
TRANSITIONS: Mapping[Phase, Mapping[EventKind, Phase]] = MappingProxyType(
    {
        Phase.PLANNED: _row(
            Phase.PLANNED,
            {EventKind.OPENED: Phase.ARRIVED, EventKind.CANCELLED: Phase.CANCELLED},
            (EventKind.REMARK,),
        ),
        Phase.ARRIVED: _row(
            Phase.ARRIVED,
            {EventKind.GATE_PASSED: Phase.READY, EventKind.CANCELLED: Phase.CANCELLED},
            _NOTES,
        ),
        Phase.READY: _row(
            Phase.READY,
            {
                EventKind.GATE_PASSED: Phase.READY,
                EventKind.DOSE_STARTED: Phase.DOSING,
                EventKind.CANCELLED: Phase.CANCELLED,
            },
            _NOTES,
        ),
        Phase.DOSING: _row(
            Phase.DOSING,
            {
                EventKind.DEVICE_GIVEN: Phase.DOSING,
                EventKind.RATE_CHANGED: Phase.DOSING,
                EventKind.DOSE_PAUSED: Phase.PAUSED,
                EventKind.DOSE_STOPPED: Phase.OBSERVING,
                EventKind.DOSE_COMPLETED: Phase.OBSERVING,
            },
            _NOTES,
        ),
        Phase.PAUSED: _row(
            Phase.PAUSED,
            {
                EventKind.RATE_CHANGED: Phase.PAUSED,
                EventKind.DOSE_RESUMED: Phase.DOSING,
                EventKind.DOSE_STOPPED: Phase.OBSERVING,
            },
            _NOTES,
        ),
        Phase.OBSERVING: _row(Phase.OBSERVING, {EventKind.DISCHARGED: Phase.DISCHARGED}, _NOTES),
        Phase.DISCHARGED: _row(Phase.DISCHARGED, {}, (EventKind.REMARK,)),
        Phase.CANCELLED: _row(Phase.CANCELLED, {}, (EventKind.REMARK,)),
    }
)


@dataclass(frozen=True, slots=True)
class Leg:
    """A stretch of an infusion at one rate; `until_at` None while it runs."""

    from_at: datetime
    until_at: datetime | None
    rate_mg_per_h: float


@dataclass(frozen=True, slots=True)
class DeviceAt:
    event_id: str
    at: datetime
    amount_mg: float


@dataclass(frozen=True, slots=True)
class ReadingAt:
    event_id: str
    at: datetime
    reading: Reading


@dataclass(frozen=True, slots=True)
class ScaleAt:
    event_id: str
    at: datetime
    scale: ScaleTaken


@dataclass(frozen=True, slots=True)
class SideEffectSpan:
    """event_id is what `side_effect_ended` refers to; `until_at` None while it lasts."""

    event_id: str
    name: str
    severity: Severity
    from_at: datetime
    until_at: datetime | None = None
    action: str = ""


@dataclass(frozen=True, slots=True)
class RemarkAt:
    event_id: str
    at: datetime
    text: str
    by: str


@dataclass(frozen=True, slots=True)
class SessionState:
    """What the events add up to. `entries` holds every event in order, struck ones too; `struck` maps a struck entry
    to the event that struck it; `late` and `unplaced` are ids. `clock_at` is when the dose (or first device) began."""

    phase: Phase = Phase.PLANNED
    entries: tuple[SessionEvent, ...] = ()
    struck: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    late: frozenset[str] = frozenset()
    unplaced: frozenset[str] = frozenset()
    opened_at: datetime | None = None
    gate_at: datetime | None = None
    clock_at: datetime | None = None
    dose_ended_at: datetime | None = None
    closed_at: datetime | None = None
    delivery: Delivery | None = None
    planned_mg: float | None = None
    completed: bool = False
    stop_reason: str = ""
    legs: tuple[Leg, ...] = ()
    devices: tuple[DeviceAt, ...] = ()
    readings: tuple[ReadingAt, ...] = ()
    scales: tuple[ScaleAt, ...] = ()
    side_effects: tuple[SideEffectSpan, ...] = ()
    remarks: tuple[RemarkAt, ...] = ()

    @property
    def last_reading(self) -> ReadingAt | None:
        return self.readings[-1] if self.readings else None

    @property
    def open_side_effects(self) -> tuple[SideEffectSpan, ...]:
        return tuple(span for span in self.side_effects if span.until_at is None)

    @property
    def baseline(self) -> ReadingAt | None:
        """The last reading before the dose began."""
        before = [row for row in self.readings if self.clock_at is None or row.at <= self.clock_at]
        return before[-1] if before else None

    def last_scale(self, concern: Concern | str) -> ScaleAt | None:
        rows = [row for row in self.scales if row.scale.concern == concern]
        return rows[-1] if rows else None

    def event(self, event_id: str) -> SessionEvent | None:
        return next((entry for entry in self.entries if entry.id == event_id), None)


def fold(events: Iterable[SessionEvent], *, late_after: timedelta = LATE_AFTER) -> SessionState:
    """The state these events add up to, whatever order or how often they arrive. Never fails: an event the table has
    no place for stays in the list and is named in `unplaced`."""
    entries = _in_order(events)
    struck = _struck(entries)
    state = SessionState(
        entries=entries,
        struck=MappingProxyType(struck),
        late=frozenset(entry.id for entry in entries if entry.recorded_at - entry.at > late_after),
    )
    unplaced: set[str] = set()
    for entry in entries:
        if entry.id in struck or entry.kind is EventKind.STRUCK_OUT:
            continue
        following = TRANSITIONS[state.phase].get(entry.kind)
        if following is None:
            unplaced.add(entry.id)
        else:
            state = replace(_apply(state, entry), phase=following)
    return replace(state, unplaced=frozenset(unplaced))


def _in_order(events: Iterable[SessionEvent]) -> tuple[SessionEvent, ...]:
    first: dict[str, SessionEvent] = {}
    # What was recorded first under an id stands; the payload only breaks ties, so that order never matters.
    for event in sorted(events, key=lambda event: (event.recorded_at, event.at, event.kind, repr(event.payload))):
        first.setdefault(event.id, event)
    return tuple(sorted(first.values(), key=lambda event: (event.at, event.recorded_at, event.id)))


def _struck(entries: tuple[SessionEvent, ...]) -> dict[str, str]:
    """Struck entry → what struck it. The first correction recorded wins; a strike itself cannot be struck."""
    by_id = {entry.id: entry for entry in entries}
    struck: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: (entry.recorded_at, entry.id)):
        target = by_id.get(entry.corrects or "")
        if target is None or target.kind is EventKind.STRUCK_OUT or target.id == entry.id:
            continue
        struck.setdefault(target.id, entry.id)
    return struck


def _apply(state: SessionState, event: SessionEvent) -> SessionState:
    match event.payload:
        case Opened(planned_mg=planned_mg):
            return replace(state, opened_at=event.at, planned_mg=planned_mg)
        case DoseStarted(delivery, amount_mg, rate):
            legs = () if rate is None else (Leg(event.at, None, rate),)
            return replace(state, clock_at=event.at, delivery=delivery, planned_mg=amount_mg, legs=legs)
        case DeviceGiven(amount_mg=amount_mg):
            # The clock of a nasal dose starts with the first device.
            clock_at = state.clock_at if state.devices else event.at
            return replace(state, clock_at=clock_at, devices=(*state.devices, DeviceAt(event.id, event.at, amount_mg)))
        case RateChanged(rate):
            return replace(state, legs=_new_rate(state, event.at, rate))
        case Reading() as reading:
            return replace(state, readings=_looked(state.readings, ReadingAt(event.id, event.at, reading)))
        case ScaleTaken() as scale:
            return replace(state, scales=(*state.scales, ScaleAt(event.id, event.at, scale)))
        case SideEffect(name, severity, action):
            span = SideEffectSpan(event.id, name, severity, event.at, None, action)
            return replace(state, side_effects=(*state.side_effects, span))
        case SideEffectEnded(ended):
            spans = (_ended(span, ended, event.at) for span in state.side_effects)
            return replace(state, side_effects=tuple(spans))
        case Remark(text):
            return replace(state, remarks=(*state.remarks, RemarkAt(event.id, event.at, text, event.by)))
        case _:
            return _apply_change(state, event)


def _apply_change(state: SessionState, event: SessionEvent) -> SessionState:
    """Events whose kind, not payload, says what changes."""
    match event.kind:
        case EventKind.GATE_PASSED:
            return replace(state, gate_at=event.at)
        case EventKind.DOSE_PAUSED:
            return replace(state, legs=_closed(state.legs, event.at))
        case EventKind.DOSE_RESUMED:
            rate = state.legs[-1].rate_mg_per_h if state.legs else None
            legs = state.legs if rate is None else (*state.legs, Leg(event.at, None, rate))
            return replace(state, legs=legs)
        case EventKind.DOSE_STOPPED | EventKind.DOSE_COMPLETED:
            reason = event.payload.reason if isinstance(event.payload, Because) else ""
            return replace(
                state,
                legs=_closed(state.legs, event.at),
                dose_ended_at=event.at,
                completed=event.kind is EventKind.DOSE_COMPLETED,
                stop_reason=reason,
            )
        case _:
            return replace(state, closed_at=event.at)


def _looked(rows: tuple[ReadingAt, ...], new: ReadingAt) -> tuple[ReadingAt, ...]:
    """Values written one by one for the same instant are one look at the person, under the id of the first. What is
    measured twice at one instant stays two looks, so that neither value hides the other."""
    last = rows[-1] if rows else None
    if last is None or last.at != new.at or last.reading.parts().keys() & new.reading.parts().keys():
        return (*rows, new)
    return (*rows[:-1], replace(last, reading=merged(last.reading, new.reading)))


def _closed(legs: tuple[Leg, ...], at: datetime) -> tuple[Leg, ...]:
    if not legs or legs[-1].until_at is not None:
        return legs
    return (*legs[:-1], replace(legs[-1], until_at=at))


def _new_rate(state: SessionState, at: datetime, rate_mg_per_h: float) -> tuple[Leg, ...]:
    legs = _closed(state.legs, at)
    if state.phase is Phase.PAUSED:
        # Nothing runs; the new rate waits in an empty leg for the resume.
        return (*legs, Leg(at, at, rate_mg_per_h))
    return (*legs, Leg(at, None, rate_mg_per_h))


def _ended(span: SideEffectSpan, ended: str, at: datetime) -> SideEffectSpan:
    return replace(span, until_at=at) if span.event_id == ended and span.until_at is None else span
