"""What a bedside monitor streams: samples checked at the door, what is late, what is stale, and how they are packed.

A sample is refused whole or taken whole. What the monitor itself marks as an artefact, as a sensor that is off or as
not measured is a gap: it is kept as a gap and never becomes a number. Streamed numbers stand beside the flowsheet; no
rule about a dose, the gate or the way home reads them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from euthymia.care.clock import CLOCK_SKEW, is_ahead
from euthymia.care.vitals import ENTRY_RANGES, WORDS, Reading
from euthymia.errors import BadInput

# A pulse oximeter itself freezes its number for seconds before it shows dashes; beyond this the number on the screen
# would be an old one that looks like a new one. An engineering number, not a clinical limit.
STALE_AFTER = timedelta(seconds=5)
# A sample older than this on arrival could not have been shown as current: it is kept and marked late.
LATE_AFTER = STALE_AFTER
LARGEST_SEQUENCE = 2**63 - 1


class Channel(StrEnum):
    """One thing a monitor measures; the order is the order in a packed sample and never changes."""

    SYSTOLIC = "systolic_mmhg"
    DIASTOLIC = "diastolic_mmhg"
    MEAN = "mean_mmhg"
    HEART_RATE = "heart_rate_per_min"
    SPO2 = "spo2_pct"
    RESPIRATORY_RATE = "respiratory_rate_per_min"


class Gap(StrEnum):
    """Why a channel has no number in this sample, in the monitor's own judgement."""

    ARTEFACT = "artefact"
    SENSOR_OFF = "sensor_off"
    DROPOUT = "dropout"


CHANNELS = tuple(Channel)
# A mean lies between the two pressures, so it may be whatever either of them may be.
RANGES: Mapping[Channel, tuple[float, float, str]] = MappingProxyType(
    {channel: (20, 300, "mmHg") if channel is Channel.MEAN else ENTRY_RANGES[channel.value] for channel in CHANNELS}
)
NAMES: Mapping[Channel, str] = MappingProxyType(
    {channel: "Mean pressure" if channel is Channel.MEAN else WORDS[channel.value] for channel in CHANNELS}
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One look of a monitor as the rules judge it: when, what was measured, and its number in the stream."""

    at: datetime
    reading: Reading
    seq: int


@dataclass(frozen=True, slots=True)
class StreamSample:
    """One sample as it is kept: numbers to a tenth by channel, and the reason where there is none."""

    sequence: int
    at: datetime
    values: Mapping[Channel, float] = field(default_factory=lambda: MappingProxyType({}))
    gaps: Mapping[Channel, Gap] = field(default_factory=lambda: MappingProxyType({}))

    def judged(self) -> Sample | None:
        """The sample as the rules see it; None when nothing of it can be judged. Half a pressure is no pressure."""
        found = {channel.value: value for channel, value in self.values.items() if channel is not Channel.MEAN}
        if Channel.SYSTOLIC.value not in found or Channel.DIASTOLIC.value not in found:
            found.pop(Channel.SYSTOLIC.value, None)
            found.pop(Channel.DIASTOLIC.value, None)
        return Sample(self.at, Reading(**found), self.sequence) if found else None


def checked(
    sequence: int,
    at: datetime,
    values: Mapping[str, float | None],
    quality: Mapping[str, str],
    now: datetime,
    path: str = "sample",
) -> StreamSample:
    """A sample as the monitor sent it, or a refusal (BadInput) in words: impossible, from the future, not understood.

    values: a number or None by channel.   quality: the monitor's own word where a number is not to be trusted; the
    number beside it is not kept.
    """
    if abs(sequence) > LARGEST_SEQUENCE:
        raise BadInput("bad_sequence", f"{path}.sequence", f"A sequence is a whole number up to {LARGEST_SEQUENCE}.")
    if is_ahead(at, now):
        ahead_s = (at - now).total_seconds()
        says = (
            f"This sample is {ahead_s:.0f} s in the future (at most {CLOCK_SKEW.seconds} s). Set the monitor's clock."
        )
        raise BadInput("from_the_future", f"{path}.at", says)
    gaps = {_channel(name, f"{path}.quality"): _gap(word, f"{path}.quality.{name}") for name, word in quality.items()}
    found: dict[Channel, float] = {}
    for name, value in values.items():
        channel = _channel(name, path)
        if value is None:
            gaps.setdefault(channel, Gap.DROPOUT)
        elif channel not in gaps:
            found[channel] = _possible(channel, value, f"{path}.{name}")
    _refuse_swapped(found, path)
    if not found and not gaps:
        raise BadInput("empty_sample", path, f"Nothing is in this sample. Send any of: {', '.join(CHANNELS)}.")
    return StreamSample(sequence, to_millisecond(at), MappingProxyType(found), MappingProxyType(gaps))


def _channel(name: str, path: str) -> Channel:
    if name not in RANGES:
        raise BadInput("unknown_channel", path, f"'{name[:40]}' is not a channel. Use any of: {', '.join(CHANNELS)}.")
    return Channel(name)


def _gap(word: str, path: str) -> Gap:
    if word not in {gap.value for gap in Gap}:
        raise BadInput("unknown_quality", path, f"'{word[:40]}' is not known. Use any of: {', '.join(Gap)}.")
    return Gap(word)


def _possible(channel: Channel, value: float, path: str) -> float:
    low, high, unit = RANGES[channel]
    # Also refuses what is no number at all: every comparison with it is false.
    if not low <= value <= high:
        says = (
            f"{NAMES[channel]} {value:g} {unit} cannot be right ({low:g} to {high:g} is accepted). "
            "Mark it as artefact or sensor_off, or look at the sensor."
        )
        raise BadInput("impossible_value", path, says)
    return round(float(value), 1)


def _refuse_swapped(found: Mapping[Channel, float], path: str) -> None:
    systolic, diastolic = found.get(Channel.SYSTOLIC), found.get(Channel.DIASTOLIC)
    if systolic is not None and diastolic is not None and systolic <= diastolic:
        says = f"{systolic:g}/{diastolic:g}: the systolic pressure must be the higher one. Swapped?"
        raise BadInput("swapped_pressure", f"{path}.{Channel.SYSTOLIC.value}", says)


def is_stale(last_at: datetime | None, now: datetime) -> bool:
    """Whether the newest sample is too old to be shown as now. A sample ahead of our clock is not newer than now."""
    return last_at is None or now - last_at > STALE_AFTER


def is_late(at: datetime, recorded_at: datetime) -> bool:
    """Whether a sample came too late to have been shown as current."""
    return recorded_at - at > LATE_AFTER


# ---- packing: one sample as 12 bytes, one minute of one channel as 4 bytes for each sample ----

_ABSENT = 0xFFFF
_GAP_CODES: Mapping[Gap, int] = MappingProxyType({gap: _ABSENT - 1 - place for place, gap in enumerate(Gap)})
_GAPS: Mapping[int, Gap] = MappingProxyType({code: gap for gap, code in _GAP_CODES.items()})
_BODY = struct.Struct(f">{len(CHANNELS)}H")
_VALUE = struct.Struct(">HH")
_ORDER = struct.Struct(">Hqi")
_LARGEST_DELAY_MS = 2**31 - 1
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """A sample with the time it was recorded."""

    sample: StreamSample
    recorded_at: datetime


def pack_sample(sample: StreamSample) -> bytes:
    """The numbers and gaps of a sample, without its time and sequence."""
    return _BODY.pack(*(_code(sample, channel) for channel in CHANNELS))


def unpack_sample(sequence: int, at: datetime, packed: bytes) -> StreamSample:
    """The sample that `pack_sample` packed."""
    return _from_codes(sequence, at, _BODY.unpack(packed))


def to_millisecond(at: datetime) -> datetime:
    """The instant as exactly as it is kept."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def minute_of(at: datetime) -> datetime:
    """The minute an instant lies in."""
    return at.replace(second=0, microsecond=0)


def pack_minute(minute_at: datetime, rows: Iterable[Kept]) -> tuple[bytes, dict[Channel, bytes]]:
    """One minute: (order and delay of its samples, the packed values of each channel that occurs in it)."""
    ordered = sorted(rows, key=lambda row: (row.sample.at, row.sample.sequence))
    offsets = [_offset_ms(row.sample.at, minute_at) for row in ordered]
    order = b"".join(
        _ORDER.pack(offset, row.sample.sequence, _delay_ms(row)) for offset, row in zip(offsets, ordered, strict=True)
    )
    columns = {}
    for channel in CHANNELS:
        codes = [_code(row.sample, channel) for row in ordered]
        if any(code != _ABSENT for code in codes):
            columns[channel] = b"".join(_VALUE.pack(*pair) for pair in zip(offsets, codes, strict=True))
    return order, columns


def unpack_minute(minute_at: datetime, order: bytes, columns: Mapping[Channel, bytes]) -> tuple[Kept, ...]:
    """The samples that `pack_minute` packed, in order of their time."""
    codes = {channel: [code for _, code in _VALUE.iter_unpack(packed)] for channel, packed in columns.items()}
    rows = []
    for place, (offset_ms, sequence, delay_ms) in enumerate(_ORDER.iter_unpack(order)):
        at = minute_at + timedelta(milliseconds=offset_ms)
        body = tuple(codes[channel][place] if channel in codes else _ABSENT for channel in CHANNELS)
        rows.append(Kept(_from_codes(sequence, at, body), at + timedelta(milliseconds=delay_ms)))
    return tuple(rows)


def column_values(minute_at: datetime, packed: bytes) -> Iterator[tuple[datetime, float | None]]:
    """(time, number or None for a gap) of one packed channel."""
    for offset_ms, code in _VALUE.iter_unpack(packed):
        if code != _ABSENT:
            yield minute_at + timedelta(milliseconds=offset_ms), None if code in _GAPS else code / 10


def _code(sample: StreamSample, channel: Channel) -> int:
    if channel in sample.gaps:
        return _GAP_CODES[sample.gaps[channel]]
    value = sample.values.get(channel)
    return _ABSENT if value is None else round(value * 10)


def _from_codes(sequence: int, at: datetime, codes: tuple[int, ...]) -> StreamSample:
    pairs = [(channel, code) for channel, code in zip(CHANNELS, codes, strict=True) if code != _ABSENT]
    values = {channel: code / 10 for channel, code in pairs if code not in _GAPS}
    gaps = {channel: _GAPS[code] for channel, code in pairs if code in _GAPS}
    return StreamSample(sequence, at, MappingProxyType(values), MappingProxyType(gaps))


def _offset_ms(at: datetime, minute_at: datetime) -> int:
    return int((at - minute_at) / timedelta(milliseconds=1))


def _delay_ms(row: Kept) -> int:
    delay_ms = round((row.recorded_at - row.sample.at) / timedelta(milliseconds=1))
    return max(-_LARGEST_DELAY_MS, min(delay_ms, _LARGEST_DELAY_MS))
