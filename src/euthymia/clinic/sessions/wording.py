"""Words and numbers of the session room, the same on the board, the flowsheet and the note."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from euthymia.care.session import Phase
from euthymia.care.session_events import (
    Because,
    Concern,
    Delivery,
    DeviceGiven,
    Discharge,
    DoseStarted,
    EventKind,
    Opened,
    RateChanged,
    Remark,
    ScaleTaken,
)
from euthymia.care.vitals import Reading
from euthymia.clinic.sessions.bedside_scales import SCALES

MINUTE = timedelta(minutes=1)

# Word, tile colour, icon of each phase.
PHASES: dict[Phase, tuple[str, str, str]] = {
    Phase.PLANNED: ("Expected", "before", "calendar"),
    Phase.ARRIVED: ("Before the dose", "before", "list"),
    Phase.READY: ("Ready to start", "before", "check"),
    Phase.DOSING: ("Dosing", "dosing", "drop"),
    Phase.PAUSED: ("Dose paused", "dosing", "hold"),
    Phase.OBSERVING: ("Observing", "watching", "heart"),
    Phase.DISCHARGED: ("Gone home", "ready", "home"),
    Phase.CANCELLED: ("Cancelled", "before", "cross"),
}
KINDS: dict[EventKind, str] = {
    EventKind.OPENED: "Arrived",
    EventKind.GATE_PASSED: "Gate passed",
    EventKind.DOSE_STARTED: "Dose started",
    EventKind.DEVICE_GIVEN: "Device given",
    EventKind.RATE_CHANGED: "Rate changed",
    EventKind.DOSE_PAUSED: "Dose paused",
    EventKind.DOSE_RESUMED: "Dose resumed",
    EventKind.DOSE_STOPPED: "Dose stopped",
    EventKind.DOSE_COMPLETED: "Dose complete",
    EventKind.VITALS: "Vital signs",
    EventKind.SIDE_EFFECT: "Side effect",
    EventKind.SIDE_EFFECT_ENDED: "Side effect over",
    EventKind.SCALE: "Scale",
    EventKind.REMARK: "Remark",
    EventKind.DISCHARGED: "Went home",
    EventKind.CANCELLED: "Cancelled",
    EventKind.STRUCK_OUT: "Struck out",
}
DELIVERIES = {Delivery.INFUSION: "infusion", Delivery.INJECTION: "injection", Delivery.DEVICES: "nasal devices"}
ROUTES = {"iv": "IV infusion", "im": "injection into muscle", "sc": "injection under the skin", "nasal": "nasal spray"}
MEASURES = {
    "blood_pressure": "blood pressure",
    "heart_rate": "pulse",
    "spo2": "oxygen",
    "respiratory_rate": "breathing rate",
    "respiratory_depression": "breathing",
    "sedation": "sedation",
    "dissociation": "dissociation",
    "nausea": "nausea",
    "temperature": "temperature",
}
INSTRUMENTS = {**{scale.instrument: scale.form for scale in SCALES}, "clinical": "Clinical look"}
SIDE_EFFECTS = (
    "Nausea",
    "Vomiting",
    "Dizziness",
    "Headache",
    "Anxiety",
    "Sedation",
    "Dissociation",
    "Raised blood pressure",
    "Blurred vision",
    "Urinary symptoms",
)
CONCERNS = {**{scale.concern: scale.word for scale in SCALES}, Concern.RESPIRATORY_DEPRESSION: "Breathing"}


def reading_words(reading: Reading) -> str:
    """`120/80 · pulse 72 · SpO₂ 98 % · breathing 16`; only what was measured."""
    parts = []
    if reading.systolic_mmhg is not None and reading.diastolic_mmhg is not None:
        parts.append(f"{reading.systolic_mmhg:g}/{reading.diastolic_mmhg:g}")
    if reading.heart_rate_per_min is not None:
        parts.append(f"pulse {reading.heart_rate_per_min:g}")
    if reading.spo2_pct is not None:
        parts.append(f"SpO₂ {reading.spo2_pct:g} %")
    if reading.respiratory_rate_per_min is not None:
        parts.append(f"breathing {reading.respiratory_rate_per_min:g}")
    if reading.temperature_c is not None:
        parts.append(f"{reading.temperature_c:g} °C")
    return " · ".join(parts)


def scale_words(scale: ScaleTaken) -> str:
    """`CADSS-6 8, not resolved`."""
    name = INSTRUMENTS.get(scale.instrument, scale.instrument)
    concern = CONCERNS.get(scale.concern, scale.concern.value)
    number = "" if scale.total is None else f" {scale.total:g}"
    judged = "" if scale.resolved is None else ", resolved" if scale.resolved else ", not resolved"
    items = f" (items {scale.items})" if scale.items else ""
    return f"{concern}: {name}{number}{items}{judged}"


SHORT: dict[type[Any], Callable[[Any], str]] = {
    Opened: lambda payload: f"{payload.protocol_id} {payload.protocol_version}",
    DoseStarted: lambda payload: (
        f"{payload.amount_mg:g} mg, {DELIVERIES[payload.delivery]}"
        + (f" at {round(payload.rate_mg_per_h, 1):g} mg/h" if payload.rate_mg_per_h is not None else "")
    ),
    DeviceGiven: lambda payload: f"device {payload.number}, {payload.amount_mg:g} mg",
    RateChanged: lambda payload: f"{round(payload.rate_mg_per_h, 1):g} mg/h",
    Because: lambda payload: payload.reason,
    Remark: lambda payload: payload.text,
    Discharge: lambda payload: f"with {payload.escort_name}",
}


def minutes_words(span: timedelta) -> str:
    """`12 min`, `1 h 05`; never negative."""
    minutes = max(0, int(span / MINUTE))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d}"


def ago(at: datetime, now: datetime) -> str:
    """How long since, as `4 min ago` or `just now`."""
    return "just now" if now - at < MINUTE else f"{minutes_words(now - at)} ago"


def in_or_over(due_at: datetime, now: datetime) -> str:
    """A clock that counts down and then up: `in 3 min`, `now`, `3 min over`."""
    if due_at > now + MINUTE:
        return f"in {minutes_words(due_at - now)}"
    return "now" if due_at > now - MINUTE else f"{minutes_words(now - due_at)} over"
