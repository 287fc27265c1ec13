"""What of a monitor's stream is shown: the live strip, and the small trend of the last minutes with its table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from euthymia.care.vital_stream import STALE_AFTER, Channel, is_stale
from euthymia.charts import Axis, Chart, Figure, Role, Scale, Series, figure
from euthymia.clinic.monitors.queries import TREND, Current, Latest, moment

DASH = "–"
FROM_MONITOR = "From the monitor"
NOT_MONITORING = "Not monitoring"
GAPS = {"artefact": "artefact", "sensor_off": "sensor off", "dropout": "no number"}
# What stands on the strip, in the order of a monitor's own screen: words, unit, channels.
SHOWN: tuple[tuple[str, str, str, tuple[Channel, ...]], ...] = (
    ("pressure", "Blood pressure", "mmHg", (Channel.SYSTOLIC, Channel.DIASTOLIC)),
    ("pulse", "Pulse", "/min", (Channel.HEART_RATE,)),
    ("oxygen", "Oxygen", "%", (Channel.SPO2,)),
    ("breathing", "Breathing", "/min", (Channel.RESPIRATORY_RATE,)),
)
# A cuff measures every few minutes: its number carries its age and is not expected every second.
NOW_AND_THEN = frozenset({"pressure"})
# Channel, words, unit, and the least the axis spans: a flat course must not look like a storm.
TRENDS: tuple[tuple[Channel, str, str, float], ...] = (
    (Channel.SYSTOLIC, "Systolic", "mmHg", 40.0),
    (Channel.HEART_RATE, "Pulse", "/min", 40.0),
    (Channel.SPO2, "Oxygen", "%", 12.0),
)
# Points on a trend: one for each ten seconds shows a rise and hides no minute.
TREND_STEP_S = 10
SECONDS_UNTIL_S = 90


@dataclass(frozen=True, slots=True)
class LiveNumber:
    """One number of the strip. age_s: how old it is; None when there is none. steady: expected every second."""

    name: str
    words: str
    unit: str
    text: str
    note: str
    age_s: float | None
    steady: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """The live strip of one session. age_s: since something was last measured; None: never."""

    session_id: UUID
    monitoring: bool
    words: str
    age_s: float | None
    numbers: tuple[LiveNumber, ...]
    stale_after_s: float = STALE_AFTER.total_seconds()

    @property
    def places(self) -> list[tuple[str, str, str, LiveNumber | None]]:
        """(name, words, unit, number or None) of every place of the strip, for a page that will be filled later."""
        found = {one.name: one for one in self.numbers}
        return [(name, words, unit, found.get(name)) for name, words, unit, _ in SHOWN]

    def as_json(self) -> dict[str, Any]:
        """What the page's own clock works with."""
        numbers = {one.name: {"text": one.text, "note": one.note, "age_s": one.age_s} for one in self.numbers}
        return {"monitoring": self.monitoring, "words": self.words, "age_s": self.age_s, "numbers": numbers}


def strip_of(session_id: UUID, current: Current | None, now: datetime) -> Strip:
    """The strip as it reads at `now`; without a number where no monitor has ever spoken for this session."""
    if current is None:
        return Strip(session_id, False, NOT_MONITORING, None, ())
    monitoring = not is_stale(current.last_at, now)
    numbers = tuple(
        _number(current.latest, place, now, monitoring=monitoring)
        for place in SHOWN
        if any(channel.value in current.latest for channel in place[3])
    )
    age_s = None if current.last_at is None else _seconds(now - current.last_at)
    return Strip(session_id, monitoring, _words(current, monitoring, now), age_s, numbers)


def _words(current: Current, monitoring: bool, now: datetime) -> str:
    if current.refused_words:
        first = FROM_MONITOR if monitoring else NOT_MONITORING
        return f"{first}; its last sample was refused. {current.refused_words}"
    if monitoring:
        return FROM_MONITOR
    if not is_stale(current.heard_at, now) and current.last_at is not None:
        behind_s = _seconds(current.heard_at - current.last_at)
        if any(seen["gap"] for seen in current.latest.values()):
            return f"{NOT_MONITORING}: the monitor is heard, but measures nothing"
        return f"{NOT_MONITORING}: samples come {behind_s:.0f} s late; check the monitor's clock"
    return NOT_MONITORING


def _number(
    latest: Latest, place: tuple[str, str, str, tuple[Channel, ...]], now: datetime, *, monitoring: bool
) -> LiveNumber:
    name, words, unit, channels = place
    seen = [latest[channel.value] for channel in channels if channel.value in latest]
    steady = name not in NOW_AND_THEN
    oldest = min(moment(one) for one in seen)
    whole = len(seen) == len(channels) and all(one["value"] is not None for one in seen)
    age_s = _seconds(now - oldest) if whole else None
    if not whole:
        gap = next((one["gap"] for one in seen if one["gap"]), "dropout")
        return LiveNumber(name, words, unit, DASH, GAPS[gap], None, steady)
    if not monitoring or (steady and is_stale(oldest, now)):
        return LiveNumber(name, words, unit, DASH, "", age_s, steady)
    text = "/".join(f"{one['value']:.0f}" for one in seen)
    return LiveNumber(name, words, unit, text, "" if steady else aged(age_s or 0.0), age_s, steady)


def aged(age_s: float) -> str:
    """How long ago a cuff measured."""
    if age_s <= STALE_AFTER.total_seconds():
        return "now"
    return f"{age_s:.0f} s ago" if age_s < SECONDS_UNTIL_S else f"{age_s / 60:.0f} min ago"


def _seconds(span: Any) -> float:
    return max(0.0, round(float(span.total_seconds()), 1))


def trend_figures(
    rows: Mapping[Channel, Sequence[tuple[datetime, float | None]]], now: datetime, zone: ZoneInfo, session_id: UUID
) -> list[Figure]:
    """One small line for each channel that spoke in the last minutes. A gap stays a gap."""
    span_min = TREND.total_seconds() / 60
    found = []
    for channel, words, unit, span in TRENDS:
        minutes, values = _thinned(rows.get(channel, ()), now)
        if not any(value is not None for value in values):
            continue
        found.append(
            figure(
                Chart(
                    title=f"{words}, last {span_min:.0f} minutes",
                    description=f"From the monitor, up to {now.astimezone(zone):%H:%M:%S}. No number, no line.",
                    x=Axis("Minutes from now", "min", low=-span_min, high=0.0, scale=Scale.NUMBER),
                    y=_axis(words, unit, values, span),
                    series=(Series(words, minutes, values, role=Role.FIRST),),
                ),
                ident=f"monitor-{channel.value.replace('_', '-')}-{session_id.hex[:8]}",
            )
        )
    return found


def _axis(words: str, unit: str, values: Sequence[float | None], span: float) -> Axis:
    known = [value for value in values if value is not None]
    middle, half = (min(known) + max(known)) / 2, max(span, max(known) - min(known) + 4) / 2
    high = round(middle + half)
    if unit == "%":
        high = 100
    return Axis(words, unit, low=float(min(round(middle - half), high - span)), high=float(high))


def _thinned(rows: Sequence[tuple[datetime, float | None]], now: datetime) -> tuple[list[float], list[float | None]]:
    """The last number of each step; a step without one, or in which nothing came, is a gap."""
    steps = int(TREND.total_seconds()) // TREND_STEP_S
    values: list[float | None] = [None] * steps
    for at, value in rows:
        place = steps - 1 - int((now - at).total_seconds() // TREND_STEP_S)
        if 0 <= place < steps and value is not None:
            values[place] = value
    minutes = [-(steps - 1 - place) * TREND_STEP_S / 60 for place in range(steps)]
    return minutes, values
