"""What can be written down at the bedside: kinds of event, and the small frozen payload each kind carries."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

from euthymia.care.vitals import Reading
from euthymia.errors import BadInput


class EventKind(StrEnum):
    OPENED = "opened"
    GATE_PASSED = "gate_passed"
    DOSE_STARTED = "dose_started"
    DEVICE_GIVEN = "device_given"
    RATE_CHANGED = "rate_changed"
    DOSE_PAUSED = "dose_paused"
    DOSE_RESUMED = "dose_resumed"
    DOSE_STOPPED = "dose_stopped"
    DOSE_COMPLETED = "dose_completed"
    VITALS = "vitals"
    SIDE_EFFECT = "side_effect"
    SIDE_EFFECT_ENDED = "side_effect_ended"
    SCALE = "scale"
    REMARK = "remark"
    DISCHARGED = "discharged"
    CANCELLED = "cancelled"
    STRUCK_OUT = "struck_out"


class Delivery(StrEnum):
    """How a dose goes in, which decides how what was given is counted."""

    INFUSION = "infusion"
    INJECTION = "injection"
    DEVICES = "devices"


class Severity(StrEnum):
    MILD = "mild"
    MODERATE = "moderate"
    SEVERE = "severe"


class Concern(StrEnum):
    """What a bedside scale looks at; discharge asks whether it has resolved."""

    SEDATION = "sedation"
    DISSOCIATION = "dissociation"
    RESPIRATORY_DEPRESSION = "respiratory_depression"
    NAUSEA = "nausea"
    MOOD = "mood"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Opened:
    protocol_id: str
    protocol_version: str
    planned_mg: float | None = None


@dataclass(frozen=True, slots=True)
class GatePassed:
    """The protocol content the gate was asked under, by hash, so that the decision can be traced."""

    protocol_id: str
    protocol_version: str
    protocol_hash: str


@dataclass(frozen=True, slots=True)
class DoseStarted:
    """amount_mg: the whole amount prepared. rate_mg_per_h: of an infusion only."""

    delivery: Delivery
    amount_mg: float
    rate_mg_per_h: float | None = None

    def __post_init__(self) -> None:
        if (self.delivery is Delivery.INFUSION) != (self.rate_mg_per_h is not None):
            raise BadInput("rate_of_infusion", "rate_mg_per_h", "An infusion has a rate in mg/h; nothing else has.")


@dataclass(frozen=True, slots=True)
class DeviceGiven:
    amount_mg: float
    number: int


@dataclass(frozen=True, slots=True)
class RateChanged:
    rate_mg_per_h: float


@dataclass(frozen=True, slots=True)
class Because:
    """A pause, a stop, a cancellation or a strike: why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """The kind says it all."""


@dataclass(frozen=True, slots=True)
class SideEffect:
    name: str
    severity: Severity
    action: str = ""


@dataclass(frozen=True, slots=True)
class SideEffectEnded:
    """side_effect_id: id of the event that recorded it."""

    side_effect_id: str


@dataclass(frozen=True, slots=True)
class ScaleTaken:
    """resolved: what the person at the bedside judged; no cut-off decides it. total None when it has no number. items:
    the ratings in the order of the form, "" when only a total was written."""

    instrument: str
    concern: Concern
    total: float | None = None
    resolved: bool | None = None
    items: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    text: str


@dataclass(frozen=True, slots=True)
class Discharge:
    """Who collected the person, and that driving was talked about."""

    escort_name: str
    no_driving_told: bool


Payload = (
    Opened
    | GatePassed
    | DoseStarted
    | DeviceGiven
    | RateChanged
    | Because
    | Nothing
    | Reading
    | SideEffect
    | SideEffectEnded
    | ScaleTaken
    | Remark
    | Discharge
)

PAYLOADS: dict[EventKind, type[Payload]] = {
    EventKind.OPENED: Opened,
    EventKind.GATE_PASSED: GatePassed,
    EventKind.DOSE_STARTED: DoseStarted,
    EventKind.DEVICE_GIVEN: DeviceGiven,
    EventKind.RATE_CHANGED: RateChanged,
    EventKind.DOSE_PAUSED: Because,
    EventKind.DOSE_RESUMED: Nothing,
    EventKind.DOSE_STOPPED: Because,
    EventKind.DOSE_COMPLETED: Nothing,
    EventKind.VITALS: Reading,
    EventKind.SIDE_EFFECT: SideEffect,
    EventKind.SIDE_EFFECT_ENDED: SideEffectEnded,
    EventKind.SCALE: ScaleTaken,
    EventKind.REMARK: Remark,
    EventKind.DISCHARGED: Discharge,
    EventKind.CANCELLED: Because,
    EventKind.STRUCK_OUT: Because,
}


@dataclass(frozen=True, slots=True)
class SessionEvent:
    """One line of the flowsheet. `id` is made at the bedside; `at` is when it happened, `recorded_at` when it reached
    the record; `corrects` names the event that this one replaces (or strikes out). Both times carry a time zone."""

    id: str
    kind: EventKind
    at: datetime
    recorded_at: datetime
    by: str
    payload: Payload
    device: str = ""
    corrects: str | None = None

    def __post_init__(self) -> None:
        if not self.id or not self.by.strip():
            raise BadInput("unnamed_event", "id" if not self.id else "by", "An event needs an id and who made it.")
        if self.at.tzinfo is None or self.recorded_at.tzinfo is None:
            raise BadInput("naive_time", "at", "A time needs a time zone.")
        wanted = PAYLOADS[self.kind]
        if not isinstance(self.payload, wanted):
            message = f"A {self.kind} carries {wanted.__name__}, not {type(self.payload).__name__}."
            raise BadInput("wrong_payload", "payload", message)
        if self.kind is EventKind.STRUCK_OUT and not self.corrects:
            raise BadInput("strikes_nothing", "corrects", "Say which entry is struck out.")


def payload_from(kind: EventKind, values: Mapping[str, Any], path: str = "payload") -> Payload:
    """The payload of this kind from plain values; refuses unknown, missing and impossible fields (BadInput)."""
    wanted = PAYLOADS[kind]
    known = {field.name: field for field in fields(wanted)}
    for name in values:
        if name not in known:
            raise BadInput("unknown_field", f"{path}.{name}", f"A {kind} has no such field.")
    readers = _READERS.get(wanted, {})
    given = {name: _read(readers.get(name), value, f"{path}.{name}") for name, value in values.items()}
    given = {name: value for name, value in given.items() if value is not None}
    absent = [name for name in _REQUIRED.get(wanted, ()) if given.get(name) in (None, "")]
    if absent:
        raise BadInput("missing_field", f"{path}.{absent[0]}", f"A {kind} needs {', '.join(absent)}.")
    return wanted(**given)


def payload_to_mapping(payload: Payload) -> dict[str, Any]:
    """The payload as plain values that `payload_from` reads back; absent values are left out."""
    values = {field.name: getattr(payload, field.name) for field in fields(payload)}
    plain = {name: value.value if isinstance(value, StrEnum) else value for name, value in values.items()}
    return {name: value for name, value in plain.items() if value is not None and value != ""}


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise BadInput("not_text", path, "Words are needed here.")
    return value.strip()


def _number(value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput("not_a_number", path, "A number is needed here.")
    return float(value)


def _positive(value: Any, path: str) -> float:
    number = _number(value, path)
    if number <= 0:
        raise BadInput("not_positive", path, "A number above 0 is needed here.")
    return number


def _not_negative(value: Any, path: str) -> float:
    number = _number(value, path)
    if number < 0:
        raise BadInput("negative", path, "A number from 0 is needed here.")
    return number


def _whole(value: Any, path: str) -> int:
    number = _positive(value, path)
    if number != int(number):
        raise BadInput("not_whole", path, "A whole number is needed here.")
    return int(number)


def _yes_no(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise BadInput("not_yes_no", path, "Say true or false.")
    return value


Choice = TypeVar("Choice", bound=StrEnum)


def _one_of(kind: type[Choice]) -> Any:
    def read(value: Any, path: str) -> Choice:
        try:
            return kind(value)
        except ValueError as wrong:
            known = ", ".join(item.value for item in kind)
            raise BadInput("unknown_word", path, f"'{value}' is not one of: {known}.") from wrong

    return read


def _read(reader: Any, value: Any, path: str) -> Any:
    return value if value is None else (reader or _text)(value, path)


# Fields that are not words, by payload; everything else is text.
_READERS: dict[type[Any], dict[str, Any]] = {
    Opened: {"planned_mg": _positive},
    DoseStarted: {"delivery": _one_of(Delivery), "amount_mg": _positive, "rate_mg_per_h": _positive},
    DeviceGiven: {"amount_mg": _positive, "number": _whole},
    RateChanged: {"rate_mg_per_h": _not_negative},
    Reading: {field.name: _number for field in fields(Reading)},
    SideEffect: {"severity": _one_of(Severity)},
    ScaleTaken: {"concern": _one_of(Concern), "total": _not_negative, "resolved": _yes_no},
    Discharge: {"no_driving_told": _yes_no},
}
_REQUIRED: dict[type[Any], tuple[str, ...]] = {
    Opened: ("protocol_id", "protocol_version"),
    GatePassed: ("protocol_id", "protocol_version", "protocol_hash"),
    DoseStarted: ("delivery", "amount_mg"),
    DeviceGiven: ("amount_mg", "number"),
    RateChanged: ("rate_mg_per_h",),
    Because: ("reason",),
    SideEffect: ("name", "severity"),
    SideEffectEnded: ("side_effect_id",),
    ScaleTaken: ("instrument", "concern"),
    Remark: ("text",),
    Discharge: ("escort_name", "no_driving_told"),
}
