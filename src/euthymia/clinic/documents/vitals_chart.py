"""The vital signs of one session over its minutes: one drawing for the note's page and its PDF."""

from __future__ import annotations

from datetime import timedelta

from euthymia.care.session import SessionState
from euthymia.care.vitals import Reading
from euthymia.charts import Axis, Chart, Dot, Dots, Mark, MarkKind, Role, Scale, Series

MINUTE = timedelta(minutes=1)
LINES = (
    ("Systolic, mmHg", "systolic_mmhg", Role.FIRST),
    ("Diastolic, mmHg", "diastolic_mmhg", Role.SECOND),
    ("Pulse, /min", "heart_rate_per_min", Role.THIRD),
    ("Oxygen, %", "spo2_pct", Role.FOURTH),
)


def vitals_chart(state: SessionState) -> Chart | None:
    """Blood pressure, pulse and oxygen with the dose marked; None before anything was measured.

    Minutes count from the start of the dose, or from the first reading while there is none.
    """
    if not state.readings:
        return None
    start = state.clock_at or state.readings[0].at
    points = [((row.at - start) / MINUTE, row.reading, row.event_id in state.late) for row in state.readings]
    series, dots = [], []
    for name, field, role in LINES:
        seen = [
            (minute, value, late) for minute, reading, late in points if (value := _value(reading, field)) is not None
        ]
        if seen:
            minutes, values = [minute for minute, _, _ in seen], [value for _, value, _ in seen]
            series.append(Series("", minutes, values, role=role))
            dots.append(Dots(name, tuple(Dot(x, y, late=late) for x, y, late in seen), role=role))
    if not dots:
        return None
    began = "the start of the dose" if state.clock_at else "the first reading"
    return Chart(
        "Vital signs",
        f"Blood pressure, pulse and oxygen over the minutes since {began}; every point is one entry of the flowsheet.",
        Axis(f"Minutes from {began}", scale=Scale.MINUTES),
        Axis("mmHg, /min, %"),
        series=tuple(series),
        dots=tuple(dots),
        marks=_marks(state),
    )


def _value(reading: Reading, field: str) -> float | None:
    value: float | None = getattr(reading, field)
    return value


def _marks(state: SessionState) -> tuple[Mark, ...]:
    if state.clock_at is None:
        return ()
    began = Mark(0.0, "dose started", MarkKind.DOSE)
    if state.dose_ended_at is None:
        return (began,)
    word = "dose complete" if state.completed else "dose stopped"
    return began, Mark((state.dose_ended_at - state.clock_at) / MINUTE, word)
