"""What is typed at the bedside, turned into events; every refusal names its field and says what to do."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from euthymia.care.bedside_dose import start_of
from euthymia.care.discharge import DischargeFacts
from euthymia.care.dose_order import DoseOrder
from euthymia.care.instruments import load_instrument
from euthymia.care.protocol import Protocol
from euthymia.care.session import SessionState
from euthymia.care.session_events import (
    Because,
    Concern,
    Delivery,
    DeviceGiven,
    EventKind,
    Nothing,
    Payload,
    RateChanged,
    Remark,
    ScaleTaken,
    SessionEvent,
    Severity,
    SideEffect,
    SideEffectEnded,
)
from euthymia.care.vitals import parse_vitals
from euthymia.clinic.sessions.bedside_scales import BY_ROW, SCALES
from euthymia.clinic.sessions.events import uuid_of
from euthymia.clinic.sessions.gate import IDENTIFIERS, GateAnswers
from euthymia.errors import BadInput
from euthymia.units import read_number

Typed = Mapping[str, str]
HALF_DAY = timedelta(hours=12)
# Two events of one press happen one after the other, a second apart, so that their order is never in doubt.
NEXT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Bedside:
    """Who types, when, where clocks are read, and the session's order and state."""

    by: str
    now: datetime
    zone: ZoneInfo
    order: DoseOrder
    state: SessionState


def read_time(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """`10:42` on the clinic's clock, today (or last night just after midnight); blank is now; a whole instant, as a
    column of the flowsheet carries it, is taken as it stands (BadInput)."""
    text = text.strip()
    if not text:
        return now
    if "T" in text:
        return _instant(text)
    try:
        typed = time.fromisoformat(_with_colon(text))
    except ValueError as wrong:
        raise BadInput(
            "bad_time", "at", f"'{text}' is not a time. Write it as 10:42, or leave it empty for now."
        ) from wrong
    here = now.astimezone(zone)
    at = here.replace(hour=typed.hour, minute=typed.minute, second=typed.second, microsecond=0)
    return at - timedelta(days=1) if at - here > HALF_DAY else at


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadInput("bad_time", "at", f"'{text}' is not a time. Reload the page.") from wrong
    if at.tzinfo is None:
        raise BadInput("bad_time", "at", f"'{text}' has no time zone. Reload the page.")
    return at


def read_paper_time(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The day and time that stand on paper, on the clinic's clock; blank is now (BadInput)."""
    text = text.strip()
    if not text:
        return now
    try:
        typed = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise BadInput("bad_time", "paper_at", f"'{text}' is not a day and time.") from wrong
    if typed.tzinfo is not None:
        raise BadInput("bad_time", "paper_at", "Write the time as the clinic's clock showed it.")
    at = typed.replace(tzinfo=zone)
    if never_was(at, zone):
        raise BadInput("no_such_time", "paper_at", "The clocks went forward then: this time did not exist.")
    return at.astimezone(UTC)


def never_was(at: datetime, zone: ZoneInfo) -> bool:
    """Whether the clock of this zone skipped this time when it went forward."""
    return at.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != at.replace(tzinfo=None)


def _with_colon(text: str) -> str:
    """`1042`, `942` and `9:42` as a clock writes them; a number pad has no colon."""
    bare = text.replace(":", "").replace(".", "")
    if bare.isdigit() and len(bare) in (3, 4):
        return f"{bare[:-2]:0>2}:{bare[-2:]}"
    return text


def events_from(typed: Typed, bedside: Bedside) -> list[SessionEvent]:
    """The events of one press of a button; `do` says which (BadInput)."""
    maker = _MAKERS.get(typed.get("do", ""))
    if maker is None:
        raise BadInput("unknown_action", "do", "This button is not known here. Reload the page.")
    at = _typed_at(typed, bedside)
    root = uuid_of(typed.get("event_id", ""), "event_id")
    made = maker(typed, bedside)
    return [
        SessionEvent(
            # The first event has the id of the press, the others follow from it: pressing twice makes the same ids.
            id=str(root) if place == 0 else str(uuid.uuid5(root, str(place))),
            kind=kind,
            at=at + place * NEXT if kind in _IN_A_ROW else at,
            recorded_at=max(bedside.now, at + place * NEXT) if kind in _IN_A_ROW else bedside.now,
            by=bedside.by,
            payload=payload,
            device=typed.get("device", "")[:80],
            corrects=typed.get("corrects") or None if kind is not EventKind.REMARK else None,
        )
        for place, (kind, payload) in enumerate(made)
    ]


def _typed_at(typed: Typed, bedside: Bedside) -> datetime:
    """The time that was typed, else the minutes ago that were pressed, else now."""
    ago = typed.get("ago_min", "")
    if typed.get("at", "").strip() or ago in {"", "0"}:
        return read_time(typed.get("at", ""), bedside.now, bedside.zone)
    if ago not in {str(minutes) for minutes in AGO_MIN}:
        raise BadInput("bad_time", "ago_min", "Choose one of the times shown, or write the time.")
    return bedside.now - timedelta(minutes=int(ago))


# How long ago a side effect began, to press instead of typing a time.
AGO_MIN = (5, 10, 15, 30)
Made = list[tuple[EventKind, Payload]]
_IN_A_ROW = frozenset({EventKind.DOSE_STARTED, EventKind.DEVICE_GIVEN, EventKind.DOSE_COMPLETED})


def _look(typed: Typed, bedside: Bedside) -> Made:
    """One line of vital signs, a remark, or both."""
    made: Made = []
    line, remark = typed.get("line", "").strip(), typed.get("remark", "").strip()
    if line:
        made.append((EventKind.VITALS, parse_vitals(line, "line")))
    if remark:
        made.append((EventKind.REMARK, Remark(remark[:2000])))
    if not made:
        raise BadInput("nothing_typed", "line", "Nothing was typed. Write for example 120/80 72 98% 16.")
    return made


# What is written into one cell of the flowsheet, as the line of vital signs would carry it.
CELLS = {
    "blood_pressure": "{}",
    "heart_rate": "hr{}",
    "spo2": "sat{}",
    "respiratory_rate": "rr{}",
    "temperature": "t{}",
}
# A number pad has a point or a comma and no slash.
SLASH = re.compile(r"\s*[/.,\- ]\s*")
CELL_NUMBER = re.compile(r"\d+([.,]\d+)?")


def _cell(typed: Typed, bedside: Bedside) -> Made:
    """One value in one cell: `120/80` (or `120.80`) in the pressure's, a number in every other."""
    vital, text = typed.get("vital", ""), typed.get("line", "").strip()
    if not text:
        raise BadInput("nothing_typed", "line", "Nothing was typed.")
    if vital in BY_ROW:
        scale = BY_ROW[vital]
        return [(EventKind.SCALE, ScaleTaken(scale.instrument, scale.concern, _total(text, "line", scale.ends)))]
    if vital not in CELLS:
        raise BadInput("unknown_cell", "vital", "Nothing can be written here. Reload the page.")
    if vital == "blood_pressure":
        text = SLASH.sub("/", text)
    elif CELL_NUMBER.fullmatch(text) is None:
        raise BadInput("not_a_number", "line", f"'{text}' is not a number.")
    reading = parse_vitals(CELLS[vital].format(text), "line")
    if vital == "blood_pressure" and reading.blood_pressure is None:
        raise BadInput("not_a_pressure", "line", f"'{text}' is not a blood pressure. Write it as 120/80.")
    return [(EventKind.VITALS, reading)]


def _scales(typed: Typed, bedside: Bedside) -> Made:
    """Sedation, dissociation, nausea and breathing: each only if somebody looked."""
    made: Made = []
    for scale in SCALES:
        total = _total(typed.get(scale.instrument, ""), scale.instrument, scale.ends)
        items = _rated_items(typed, total) if scale.instrument == "cadss6" else ()
        total = float(sum(items)) if items else total
        resolved = _yes_no(typed.get(f"{scale.row}_resolved", ""))
        if total is not None or resolved is not None:
            rated = ", ".join(str(value) for value in items)
            made.append((EventKind.SCALE, ScaleTaken(scale.instrument, scale.concern, total, resolved, rated)))
    breathing = _yes_no(typed.get("breathing_resolved", ""))
    if breathing is not None:
        looked = ScaleTaken("clinical", Concern.RESPIRATORY_DEPRESSION, None, breathing)
        made.append((EventKind.SCALE, looked))
    if not made:
        raise BadInput("nothing_typed", "moaas", "Nothing was chosen. Rate at least one line.")
    return made


def _rated_items(typed: Typed, total: float | None) -> tuple[int, ...]:
    """CADSS-6 item by item: all of them or none, and no total that says something else."""
    items = load_instrument("cadss6").items
    rated = [typed.get(f"cadss6_item_{item.id}", "").strip() for item in items]
    if not any(rated):
        return ()
    if not all(text in {"0", "1", "2", "3", "4"} for text in rated):
        raise BadInput("items_missing", "cadss6_items", "Rate all six items from 0 to 4, or write the total alone.")
    values = tuple(int(text) for text in rated)
    if total is not None and total != sum(values):
        message = f"The items add up to {sum(values)}, and the total says {total:g}. Look again."
        raise BadInput("total_differs", "cadss6", message)
    return values


def _total(text: str, path: str, ends: tuple[float, float]) -> float | None:
    text = text.strip()
    if not text:
        return None
    if not text.isdigit() or not ends[0] <= int(text) <= ends[1]:
        raise BadInput("out_of_range", path, f"'{text}' must be a whole number from {ends[0]:g} to {ends[1]:g}.")
    return float(text)


def _side_effect(typed: Typed, bedside: Bedside) -> Made:
    """`Nausea:mild` from a chip, or a name and a severity."""
    name, _, severity = typed.get("effect", "").rpartition(":")
    name = (name or typed.get("effect_name", "")).strip()[:80]
    if not name:
        raise BadInput("unnamed_effect", "effect_name", "Which side effect? Write it in a word or two.")
    try:
        graded = Severity(severity or typed.get("severity", ""))
    except ValueError as wrong:
        raise BadInput("unknown_severity", "effect", "Choose mild, moderate or severe.") from wrong
    return [(EventKind.SIDE_EFFECT, SideEffect(name, graded, typed.get("action", "").strip()[:200]))]


def _effect_ended(typed: Typed, bedside: Bedside) -> Made:
    return [(EventKind.SIDE_EFFECT_ENDED, SideEffectEnded(str(uuid_of(typed.get("side_effect_id"), "side_effect_id"))))]


def _start(typed: Typed, bedside: Bedside) -> Made:
    """The dose of the plan begins: the pump, the injection (over at once), or the first device."""
    _same_person(typed)
    started = start_of(bedside.order)
    made: Made = [(EventKind.DOSE_STARTED, started)]
    if started.delivery is Delivery.INJECTION:
        made.append((EventKind.DOSE_COMPLETED, Nothing()))
    if started.delivery is Delivery.DEVICES:
        made += _next_device(bedside)
    return made


def _device(typed: Typed, bedside: Bedside) -> Made:
    return _next_device(bedside)


def _next_device(bedside: Bedside) -> Made:
    """One more device; the last one completes the dose."""
    order, given = bedside.order, len(bedside.state.devices)
    total = order.devices or 0
    if given >= total:
        raise BadInput("no_device_left", "device", f"All {total} devices of the plan have been given.")
    made: Made = [(EventKind.DEVICE_GIVEN, DeviceGiven(order.dose_mg / total, given + 1))]
    if given + 1 == total:
        made.append((EventKind.DOSE_COMPLETED, Nothing()))
    return made


def _rate(typed: Typed, bedside: Bedside) -> Made:
    """A new rate in mL/h, as the pump shows it, kept as mg/h."""
    rate = read_number(typed.get("rate_ml_per_h", ""), "rate_ml_per_h")
    concentration = bedside.order.concentration_mg_per_ml
    if concentration is None or not 0 <= rate < 10_000:
        raise BadInput("out_of_range", "rate_ml_per_h", "Write the rate in mL/h as the pump shows it.")
    return [(EventKind.RATE_CHANGED, RateChanged(round(rate * concentration, 6)))]


def _because(kind: EventKind, question: str) -> Callable[[Typed, Bedside], Made]:
    def make(typed: Typed, bedside: Bedside) -> Made:
        reason = typed.get("reason", "").strip()[:300]
        if not reason:
            raise BadInput("missing_reason", "reason", question)
        return [(kind, Because(reason))]

    return make


def _plain(kind: EventKind) -> Callable[[Typed, Bedside], Made]:
    return lambda typed, bedside: [(kind, Nothing())]


_MAKERS: dict[str, Callable[[Typed, Bedside], Made]] = {
    "look": _look,
    "cell": _cell,
    "scales": _scales,
    "effect": _side_effect,
    "effect-ended": _effect_ended,
    "start": _start,
    "device": _device,
    "rate": _rate,
    "pause": _because(EventKind.DOSE_PAUSED, "Why is it paused?"),
    "resume": _plain(EventKind.DOSE_RESUMED),
    "stop": _because(EventKind.DOSE_STOPPED, "Why is it stopped?"),
    "complete": _plain(EventKind.DOSE_COMPLETED),
    "cancel": _because(EventKind.CANCELLED, "Why is the session cancelled?"),
    "strike": _because(EventKind.STRUCK_OUT, "Why is this line struck out?"),
}


def correction_from(typed: Typed, bedside: Bedside) -> tuple[SessionEvent, str]:
    """The reading that replaces another, and why; it keeps the time of the line it replaces unless another is typed."""
    old = bedside.state.event(typed.get("corrects", ""))
    because = typed.get("reason", "").strip()[:300]
    if not because:
        raise BadInput("missing_reason", "reason", "Say why the line is corrected.")
    if old is None:
        raise BadInput("nothing_to_correct", "corrects", "The line to correct is not there. Reload the page.")
    event = events_from({**typed, "do": "look", "remark": ""}, bedside)[0]
    return (event if typed.get("at", "").strip() else replace(event, at=old.at)), because


def gate_answers(typed: Mapping[str, str], protocol: Protocol) -> GateAnswers:
    """The boxes and answers of the pre-dose checklist; a question nobody answered is left out."""
    answers = {item.name: _yes_no(typed.get(f"check_{item.name}", "")) for item in protocol.checks}
    return GateAnswers(_identifiers(typed), typed.get("escort_name", "").strip()[:200], answers)


def discharge_facts(typed: Mapping[str, str]) -> DischargeFacts:
    """What the nurse states at the door."""
    return DischargeFacts(
        identifiers=_identifiers(typed),
        escort_name=typed.get("escort_name", "").strip()[:200] or None,
        escort_present=_yes_no(typed.get("escort_present", "")),
        no_driving_told=_yes_no(typed.get("no_driving_told", "")),
        clinician_judges_stable=_yes_no(typed.get("clinician_judges_stable", "")),
    )


def accepted_holds(typed: Mapping[str, str]) -> dict[str, str]:
    """Hold → why it is accepted, from fields named `accept_<rule>`."""
    return {name.removeprefix("accept_"): text for name, text in typed.items() if name.startswith("accept_")}


def _identifiers(typed: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(name for name in IDENTIFIERS if typed.get(f"identifier_{name}"))


def _same_person(typed: Typed) -> None:
    if not typed.get("same_person"):
        message = "Check name and date of birth with the person in the chair, then tick the box."
        raise BadInput("identity_unchecked", "same_person", message)


def _yes_no(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)
