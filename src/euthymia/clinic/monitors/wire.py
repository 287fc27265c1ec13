"""The JSON a monitor sends and the JSON it is answered with. Half understood is not understood."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime

from euthymia.care.vital_stream import CHANNELS, LARGEST_SEQUENCE, StreamSample, checked
from euthymia.clinic.monitors.answers import RefusedSample, Taken
from euthymia.errors import BadInput

# Five minutes of one sample a second: what a monitor has to catch up on after a short cut. It sends more in turns.
MOST_SAMPLES = 300
OF_A_SAMPLE = frozenset({"sequence", "at", "quality", *(channel.value for channel in CHANNELS)})


def read_batch(body: bytes, now: datetime) -> tuple[list[StreamSample], list[RefusedSample]]:
    """(samples, what was refused one by one). Refuses (BadInput) a body that is no batch at all."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise BadInput("not_json", "", 'The body must be JSON: {"samples": [...]}.') from problem
    rows = document.get("samples") if isinstance(document, dict) else None
    if not isinstance(rows, list) or not 0 < len(rows) <= MOST_SAMPLES:
        raise BadInput("not_a_batch", "samples", f'Send a list of 1 to {MOST_SAMPLES} samples under "samples".')
    samples, refused = [], []
    for place, row in enumerate(rows):
        try:
            samples.append(read_sample(row, now, f"samples[{place}]"))
        except BadInput as refusal:
            refused.append(RefusedSample(_sequence_or_none(row), refusal))
    return samples, refused


def read_sample(row: Any, now: datetime, path: str) -> StreamSample:
    """One sample; refuses (BadInput) unknown words, what is no number, and what `checked` refuses."""
    if not isinstance(row, dict):
        raise BadInput("not_a_sample", path, "A sample is a JSON object with sequence, at and its channels.")
    unknown = sorted(row.keys() - OF_A_SAMPLE)
    if unknown:
        says = f"'{unknown[0][:40]}' is not known. Use any of: {', '.join(sorted(OF_A_SAMPLE))}."
        raise BadInput("unknown_channel", path, says)
    sequence = _sequence_or_none(row)
    if sequence is None:
        raise BadInput("bad_sequence", f"{path}.sequence", "Number each sample with a whole number that only grows.")
    quality = row.get("quality") or {}
    if not isinstance(quality, dict) or not all(isinstance(word, str) for word in quality.values()):
        raise BadInput("bad_quality", f"{path}.quality", 'Write quality as {"spo2_pct": "artefact"}.')
    values = {name: _number(row[name], f"{path}.{name}") for name in row if name not in {"sequence", "at", "quality"}}
    return checked(sequence, _instant(row.get("at"), f"{path}.at"), values, quality, now, path)


def _sequence_or_none(row: Any) -> int | None:
    sequence = row.get("sequence") if isinstance(row, dict) else None
    if isinstance(sequence, bool) or not isinstance(sequence, int) or not 0 <= sequence <= LARGEST_SEQUENCE:
        return None
    return sequence


def _number(value: Any, path: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > LARGEST_SEQUENCE:
        raise BadInput("not_a_number", path, "A value is a JSON number, or null where there is none.")
    return float(value)


def _instant(text: Any, path: str) -> datetime:
    try:
        at = parse_datetime(text) if isinstance(text, str) else None
        # A time without its zone could be anybody's.
        instant = at.astimezone(UTC) if at is not None and at.tzinfo is not None else None
    except (ValueError, OverflowError):
        instant = None
    if instant is None:
        raise BadInput("bad_time", path, "Give the monitor's time with its zone, as 2026-03-02T10:00:00Z.")
    return instant


def answer(taken: Taken, now: datetime) -> dict[str, Any]:
    """What the monitor is told. `acknowledged` is on disk; `server_time` is for setting its clock by."""
    return {
        "acknowledged": sorted(taken.acknowledged),
        "late": sorted(taken.late),
        "refused": [{"sequence": one.sequence, **one.refusal.as_json()} for one in taken.refused],
        "server_time": now.isoformat(timespec="milliseconds"),
    }
