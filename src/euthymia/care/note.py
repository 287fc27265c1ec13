"""The note that writes itself: what the flowsheet adds up to, in order, as facts and as plain sentences.

Everything here follows from the events; nothing is judged and nothing is added.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from euthymia.care.given_dose import given_mg
from euthymia.care.instruments.load import instruments, load_instrument
from euthymia.care.monitoring import Status, due
from euthymia.care.protocol import Protocol
from euthymia.care.session import Phase, ReadingAt, ScaleAt, SessionState, SideEffectSpan
from euthymia.care.session_events import Discharge, EventKind, ScaleTaken, SessionEvent

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class NoteFacts:
    """Minutes count from the start of the dose. None where it never happened."""

    protocol_id: str
    protocol_version: str
    drug: str
    route: str
    phase: Phase
    opened_at: datetime | None
    started_at: datetime | None
    dose_ended_min: float | None
    planned_mg: float | None
    given_mg: float
    completed: bool
    stop_reason: str
    paused_min: float
    baseline: ReadingAt | None
    peak: ReadingAt | None
    lowest_spo2_pct: float | None
    last: ReadingAt | None
    readings: int
    scales: tuple[ScaleAt, ...]
    side_effects: tuple[SideEffectSpan, ...]
    checks_done: int
    checks_missed: tuple[str, ...]
    remarks: tuple[str, ...]
    late_entries: int
    corrections: int
    discharged_min: float | None
    escort_name: str
    no_driving_told: bool
    cancel_reason: str


def note_facts(state: SessionState, protocol: Protocol, now: datetime) -> NoteFacts:
    """The facts of one session for its note, up to `now`."""
    during = [row for row in state.readings if state.clock_at is not None and row.at >= state.clock_at]
    pressed = [row for row in during if row.reading.systolic_mmhg is not None]
    spo2 = [row.reading.spo2_pct for row in during if row.reading.spo2_pct is not None]
    items = due(state, protocol, now)
    left = _discharge(state)
    return NoteFacts(
        protocol_id=protocol.id,
        protocol_version=protocol.version,
        drug=protocol.drug,
        route=protocol.route,
        phase=state.phase,
        opened_at=state.opened_at,
        started_at=state.clock_at,
        dose_ended_min=_minute(state, state.dose_ended_at),
        planned_mg=state.planned_mg,
        given_mg=given_mg(state, now),
        completed=state.completed,
        stop_reason=state.stop_reason if not state.completed else "",
        paused_min=_paused_min(state, now),
        baseline=state.baseline,
        peak=max(pressed, key=lambda row: row.reading.systolic_mmhg or 0, default=None),
        lowest_spo2_pct=min(spo2, default=None),
        last=during[-1] if during else None,
        readings=len(state.readings),
        scales=state.scales,
        side_effects=state.side_effects,
        checks_done=sum(item.status is Status.DONE for item in items),
        checks_missed=tuple(item.what for item in items if item.status is Status.MISSED),
        remarks=tuple(remark.text for remark in state.remarks),
        late_entries=len(state.late - set(state.struck)),
        corrections=len(state.struck),
        discharged_min=_minute(state, state.closed_at) if state.phase is Phase.DISCHARGED else None,
        escort_name=left.escort_name if left else "",
        no_driving_told=left.no_driving_told if left else False,
        cancel_reason=_cancelled(state),
    )


def _minute(state: SessionState, at: datetime | None) -> float | None:
    if at is None or state.clock_at is None:
        return None
    return (at - state.clock_at) / MINUTE


def _paused_min(state: SessionState, now: datetime) -> float:
    """Minutes between the start and the end of the dose in which nothing ran."""
    if not state.legs:
        return 0.0
    end = min(state.dose_ended_at or now, now)
    ran = sum(((min(leg.until_at or end, end) - leg.from_at) / MINUTE for leg in state.legs), 0.0)
    return max(0.0, (end - state.legs[0].from_at) / MINUTE - ran)


def _standing(state: SessionState, kind: EventKind) -> SessionEvent | None:
    rows = [row for row in state.entries if row.kind is kind and row.id not in state.struck]
    return next((row for row in rows if row.id not in state.unplaced), None)


def _discharge(state: SessionState) -> Discharge | None:
    event = _standing(state, EventKind.DISCHARGED)
    return event.payload if event and isinstance(event.payload, Discharge) else None


def _cancelled(state: SessionState) -> str:
    event = _standing(state, EventKind.CANCELLED)
    return str(getattr(event.payload, "reason", "")) if event else ""


def note_sentences(facts: NoteFacts) -> tuple[str, ...]:
    """The note in plain sentences, one fact each, in the order of the visit. Times are minutes from the dose."""
    told = [f"Protocol {facts.protocol_id} version {facts.protocol_version}."]
    if facts.cancel_reason:
        return (*told, f"Cancelled before the dose: {facts.cancel_reason}.")
    told += _dose_sentences(facts)
    told += _vital_sentences(facts)
    told += _scale_sentences(facts)
    told += [_side_effect_sentence(span, facts) for span in facts.side_effects]
    if facts.checks_missed:
        told.append(f"Checks not done in time: {', '.join(facts.checks_missed).replace('_', ' ')}.")
    told += [f"Remark: {text}" for text in facts.remarks]
    if facts.late_entries or facts.corrections:
        told.append(f"Entries made late: {facts.late_entries}; corrected or struck out: {facts.corrections}.")
    if facts.discharged_min is not None:
        driving = "told not to drive" if facts.no_driving_told else "not recorded as told about driving"
        told.append(f"Left at minute {facts.discharged_min:.0f} with {facts.escort_name}; {driving}.")
    return tuple(told)


def _dose_sentences(facts: NoteFacts) -> list[str]:
    if facts.started_at is None:
        return ["No dose was started."]
    planned = "" if facts.planned_mg is None else f" of {facts.planned_mg:g} mg prepared"
    told = [f"{facts.given_mg:.1f} mg of {facts.drug} ({facts.route}) given{planned}."]
    if facts.dose_ended_min is not None:
        word = "completed" if facts.completed else f"stopped ({facts.stop_reason})"
        told.append(f"The dose was {word} at minute {facts.dose_ended_min:.0f}.")
    if facts.paused_min >= 1:
        told.append(f"It was paused for {facts.paused_min:.0f} minutes in all.")
    return told


def _vital_sentences(facts: NoteFacts) -> list[str]:
    told = []
    for row, word in ((facts.baseline, "Before the dose"), (facts.peak, "Highest"), (facts.last, "Last")):
        pressure = row.reading.blood_pressure if row else None
        if row is not None and pressure is not None:
            at = "" if row is facts.baseline or facts.started_at is None else _at(row.at, facts.started_at)
            told.append(f"{word} blood pressure{at}: {pressure.systolic:g}/{pressure.diastolic:g} mmHg.")
    if facts.lowest_spo2_pct is not None:
        told.append(f"Lowest oxygen saturation: {facts.lowest_spo2_pct:g} %.")
    return told


def _at(at: datetime, started_at: datetime) -> str:
    return f" at minute {(at - started_at) / MINUTE:.0f}"


def _scale_sentences(facts: NoteFacts) -> list[str]:
    """One sentence for each thing a scale looked at; the flowsheet holds every look."""
    kinds = dict.fromkeys((row.scale.concern, row.scale.instrument) for row in facts.scales)
    return [_looks_sentence([row for row in facts.scales if _kind(row) == kind], facts) for kind in kinds]


def _kind(row: ScaleAt) -> tuple[str, str]:
    return row.scale.concern, row.scale.instrument


def _looks_sentence(rows: list[ScaleAt], facts: NoteFacts) -> str:
    """`Dissociation: CADSS-6 from 0 at minute 90 to 6 at minute 60, 2 looks; judged resolved at minute 90.`

    Lowest and highest with their minutes, because on one scale high is deep and on another low.
    """
    scale = rows[0].scale
    looks = "1 look" if len(rows) == 1 else f"{len(rows)} looks"
    said = f"{scale.concern.value.replace('_', ' ').capitalize()}: {_form(scale)}{_range(rows, facts)}, {looks}"
    judged = [row for row in rows if row.scale.resolved is not None]
    if judged:
        said += f"; judged {'resolved' if judged[-1].scale.resolved else 'not resolved'}{_when(judged[-1].at, facts)}"
    return f"{said}."


def _form(scale: ScaleTaken) -> str:
    """The form's title; what was looked at without a form keeps its own word."""
    return load_instrument(scale.instrument).title if scale.instrument in instruments() else scale.instrument


def _range(rows: list[ScaleAt], facts: NoteFacts) -> str:
    totals = [(row.scale.total, row.at) for row in rows if row.scale.total is not None]
    if not totals:
        return ""
    low, high = min(totals), max(totals, key=lambda pair: pair[0])
    if low[0] == high[0]:
        return f" {low[0]:g}"
    return f" from {low[0]:g}{_when(low[1], facts)} to {high[0]:g}{_when(high[1], facts)}"


def _when(at: datetime, facts: NoteFacts) -> str:
    return "" if facts.started_at is None else _at(at, facts.started_at)


def _side_effect_sentence(span: SideEffectSpan, facts: NoteFacts) -> str:
    at = "" if facts.started_at is None else _at(span.from_at, facts.started_at)
    if span.until_at is None:
        ended = "not ended"
    else:
        ended = f"over after {(span.until_at - span.from_at) / MINUTE:.0f} minutes"
    action = f"; {span.action}" if span.action else ""
    return f"{span.name.capitalize()}, {span.severity}{at}, {ended}{action}."
