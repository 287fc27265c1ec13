"""The one place where the stream tells the alarms what it heard, within the transaction that keeps it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from euthymia.care.vital_stream import Sample, StreamSample
from euthymia.clinic.sessions.models import Session


def tell_alarms(heard: Iterable[tuple[Session, Sequence[StreamSample]]], now: datetime) -> None:
    """Hand the new samples to the alarms, oldest first; what has no number in it has nothing to judge."""
    # Imported here: the alarms read the streams, and the streams only ring their bell.
    from euthymia.clinic.alarms.commands import note_room

    note_room([(session, _judged(samples)) for session, samples in heard], now)


def _judged(samples: Sequence[StreamSample]) -> list[Sample]:
    found = (sample.judged() for sample in samples)
    return sorted((sample for sample in found if sample is not None), key=lambda sample: sample.at)
