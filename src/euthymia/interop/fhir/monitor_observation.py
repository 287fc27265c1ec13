"""Vital signs a bedside monitor sends as Observations, one at a time or as a batch: read into samples of its stream.

The person an Observation names is not read: whose numbers these are is told by the chair the monitor stands at.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from euthymia.care.vital_stream import Channel, Gap, StreamSample, checked, to_millisecond
from euthymia.interop.fhir.concept import LOINC, code_in_system
from euthymia.interop.fhir.document import read_document
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.moment import read_instant
from euthymia.interop.fhir.observed import STANDING, ObservationStatus
from euthymia.interop.fhir.resource import read_amount, root
from euthymia.interop.ucum import Kind, in_unit

CHANNEL_OF: Mapping[str, tuple[Channel, Kind, str]] = {
    "8480-6": (Channel.SYSTOLIC, Kind.PRESSURE, "mm[Hg]"),
    "8462-4": (Channel.DIASTOLIC, Kind.PRESSURE, "mm[Hg]"),
    "8478-0": (Channel.MEAN, Kind.PRESSURE, "mm[Hg]"),
    "8867-4": (Channel.HEART_RATE, Kind.PER_MINUTE, "/min"),
    "59408-5": (Channel.SPO2, Kind.PERCENT, "%"),
    "2708-6": (Channel.SPO2, Kind.PERCENT, "%"),
    "9279-1": (Channel.RESPIRATORY_RATE, Kind.PER_MINUTE, "/min"),
}
# data-absent-reason → why there is no number; every other reason is a dropout.
ABSENT = {"error": Gap.ARTEFACT, "not-a-number": Gap.ARTEFACT, "not-performed": Gap.SENSOR_OFF}
MOST_ENTRIES = 300
_PLACES = {channel: place for place, channel in enumerate(Channel, start=1)}


def read_observation(source: bytes | Mapping[str, object], now: datetime, path: str = "Observation") -> StreamSample:
    """One sample; refuses (BadInput) another resource, an unlisted code, an unknown unit, and what no sample may be.

    It has no counter of its own, so time and code number it: the same again is the same sample, another value under
    the same time and code is refused as any number that is used twice.
    """
    element = root(read_document(source), "Observation")
    status = element.need("status").choice(ObservationStatus)
    if status not in STANDING:
        raise element.refuse("not_standing", f"An observation that is {status.value} is no sample. Send final ones.")
    instant = element.get("effectiveInstant") or element.need("effectiveDateTime")
    at = to_millisecond(read_instant(instant).astimezone(UTC))
    values: dict[str, float | None] = {}
    quality: dict[str, str] = {}
    holders = element.each("component") or (element,)
    for holder in holders:
        _read_holder(holder, values, quality)
    return checked(_sequence(at, values), at, values, quality, now, path)


def read_batch(source: bytes) -> list[Mapping[str, object]]:
    """The Observations of a batch Bundle, each still to be read; refuses (BadInput) what is no such bundle."""
    bundle = root(read_document(source), "Bundle")
    kind = bundle.need("type").code()
    if kind != "batch":
        raise bundle.need("type").refuse("not_in_list", f"'{kind[:40]}' is not taken here. Send a batch.")
    entries = bundle.each("entry")
    if not 0 < len(entries) <= MOST_ENTRIES:
        raise bundle.refuse("not_a_batch", f"A batch has 1 to {MOST_ENTRIES} entries.")
    return [entry.need("resource").members() for entry in entries]


def _read_holder(holder: Element, values: dict[str, float | None], quality: dict[str, str]) -> None:
    code = code_in_system(holder.need("code"), LOINC)
    if code is None or code.code not in CHANNEL_OF:
        known = ", ".join(CHANNEL_OF)
        raise holder.refuse("unknown_vital_sign", f"It has none of the LOINC codes taken here: {known}.")
    channel, kind, unit = CHANNEL_OF[code.code]
    if channel.value in values:
        raise holder.refuse("two_values", "One thing stands twice in this observation.")
    amount = holder.get("valueQuantity")
    if amount is None:
        values[channel.value] = None
        quality[channel.value] = _absent(holder).value
        return
    given = read_amount(amount)
    kept: Decimal = in_unit(given.value, given.unit, kind=kind, kept=unit, path=amount.path)
    values[channel.value] = float(kept)


def _absent(holder: Element) -> Gap:
    reason = holder.get("dataAbsentReason")
    if reason is None:
        raise holder.refuse("no_value", "It has no value and no reason for its absence (dataAbsentReason).")
    for coding in reason.each("coding"):
        code = coding.get("code")
        if code is not None and code.code() in ABSENT:
            return ABSENT[code.code()]
    return Gap.DROPOUT


def _sequence(at: datetime, values: Mapping[str, float | None]) -> int:
    """Below zero, where no monitor's own counter is: the millisecond, and which channels it has."""
    milliseconds = int(at.timestamp() * 1000)
    channels = sum(1 << (_PLACES[Channel(name)] - 1) for name in values)
    return -((milliseconds << len(_PLACES)) + channels)
