"""From numbers to places: ends, ticks and the words on them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from euthymia.charts.values import Axis, Scale, Tick, Words
from euthymia.errors import BadInput

# Steps a reader of a clock or a calendar expects, in the axis's own unit.
_HOUR_STEPS = (0.25, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0, 48.0, 72.0, 168.0, 336.0)
_MINUTE_STEPS = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0, 240.0)
_DAY_STEPS = (1, 2, 7, 14, 28)


@dataclass(frozen=True, slots=True)
class Line:
    """An axis laid out: values from `low` to `high` at places from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def place(self, value: float) -> float:
        """Where a value lies; values outside the ends lie outside the plot and are clipped there."""
        low, high = self._measure(self.low), self._measure(self.high)
        return self.start + (self._measure(value) - low) / (high - low) * (self.end - self.start)

    def _measure(self, value: float) -> float:
        if not self.log:
            return value
        # A value at or below zero has no place on a logarithmic axis: it falls off the low end.
        return math.log10(value) if value > 0 else math.log10(self.low) - 9

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def ends(axis: Axis, values: Iterable[float], *, from_zero: bool = False) -> tuple[float, float]:
    """Where an axis begins and ends: as asked, else around the data, from zero when zero is near."""
    found = list(values)
    if not found and (axis.low is None or axis.high is None):
        raise BadInput("empty_axis", "axis", f"The axis '{axis.label}' has no values and no ends.")
    low = min(found) if axis.low is None else axis.low
    high = max(found) if axis.high is None else axis.high
    if from_zero and axis.low is None and axis.scale is not Scale.LOG and 0 < low < high * 0.6:
        low = 0.0
    if low >= high:
        low, high = (low, low * 10) if axis.scale is Scale.LOG else (low - 0.5, high + 0.5)
    if from_zero and axis.scale is Scale.NUMBER:
        step = _nice_step((high - low) / 5)
        low = math.floor(low / step + 1e-9) * step if axis.low is None else low
        high = math.ceil(high / step - 1e-9) * step if axis.high is None else high
    if axis.scale is Scale.LOG and low <= 0:
        raise BadInput("not_positive", "axis", f"The logarithmic axis '{axis.label}' needs values above 0.")
    return low, high


def ticks(axis: Axis, low: float, high: float, *, most: int, words: Words) -> tuple[Tick, ...]:
    """At most about `most` ticks between two ends: those asked for, else round numbers, clock times or dates."""
    if axis.ticks:
        return tuple(tick for tick in axis.ticks if low <= tick.at <= high)
    match axis.scale:
        case Scale.LOG:
            return _decades(low, high)
        case Scale.DATE:
            return _days(low, high, most, words)
        case Scale.HOURS:
            step = _chosen(_HOUR_STEPS, (high - low) / most)
        case Scale.MINUTES:
            step = _chosen(_MINUTE_STEPS, (high - low) / most)
        case Scale.NUMBER:
            step = _nice_step((high - low) / most)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return tuple(Tick(place * step, plain(place * step, step)) for place in range(first, last + 1))


def plain(value: float, step: float = 0.0) -> str:
    """A number for a reader: decimals as fine as the step asks, else three significant digits."""
    if step:
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        text = f"{value:.{decimals + (1 if step in {0.25, 2.5, 0.025} else 0)}f}"
    else:
        size = abs(value)
        decimals = 0 if size >= 100 else 1 if size >= 10 else 2
        text = f"{value:.{decimals}f}" if size >= 0.01 or value == 0 else f"{value:.2g}"
    text = text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text
    return text.replace("-", "−") if text not in {"-0", "−0"} else "0"


def day_words(value: float, words: Words, *, year: bool = False) -> str:
    """A day for a reader: 3 Mar, or 3 Mar 2026."""
    day = date.fromordinal(math.floor(value))
    short = f"{day.day} {words.months[day.month - 1]}"
    return f"{short} {day.year}" if year else short


def shown(value: float, axis: Axis, words: Words) -> str:
    """A value of this axis as a table writes it."""
    if axis.scale is not Scale.DATE:
        return plain(value)
    minutes = round((value - math.floor(value)) * 1440)
    clock = f" {minutes // 60:02d}:{minutes % 60:02d}" if 0 < minutes < 1440 else ""
    return day_words(value, words, year=True) + clock


def _nice_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(factor * power for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * (1 - 1e-9))


def _chosen(steps: tuple[float, ...], rough: float) -> float:
    return next((step for step in steps if step >= rough), _nice_step(rough))


def _decades(low: float, high: float) -> tuple[Tick, ...]:
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    factors = (1.0, 2.0, 5.0) if last - first <= 2 else (1.0,)
    places = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
    return tuple(Tick(place, plain(place)) for place in places if low <= place <= high)


def _days(low: float, high: float, most: int, words: Words) -> tuple[Tick, ...]:
    span = high - low
    step = next((days for days in _DAY_STEPS if days >= span / most), None)
    if step is not None:
        first = math.ceil(low)
        return tuple(Tick(float(day), day_words(day, words)) for day in range(first, math.floor(high) + 1, step))
    months = next(count for count in (1, 2, 3, 6, 12, 24, 60, 1200) if count * 30 >= span / most)
    return _months(low, high, months, words)


def _months(low: float, high: float, step: int, words: Words) -> tuple[Tick, ...]:
    found: list[Tick] = []
    start = date.fromordinal(math.floor(low))
    count = start.year * 12 + start.month - 1
    count += -count % step
    while (day := date(count // 12, count % 12 + 1, 1)).toordinal() <= high:
        if day.toordinal() >= low:
            found.append(Tick(float(day.toordinal()), f"{words.months[day.month - 1]} {day.year}"))
        count += step
    return tuple(found)
