"""The one place where the stream tells the alarms what it heard, within the transaction that keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.care.vital_stream import Sample, StreamSample

# The alarms are imported where they are asked: they read the streams, and the streams only ring their bell.


@dataclass(frozen=True, slots=True)
class Heard:
    """What is new of one session, and how many rows it has of its entries and of its alarms."""

    samples: Sequence[StreamSample]
    entries: int
    alarm_rows: int


def tell_alarms(heard: Mapping[UUID, Heard], now: datetime) -> None:
    """Hand the new samples of each session to the alarms, oldest first; what has no number in it has nothing to
    judge."""
    from euthymia.clinic.alarms.commands import Beat, Stamp, note_room

    note_room([Beat(one, _judged(new.samples), Stamp(new.entries, new.alarm_rows)) for one, new in heard.items()], now)


def alarm_table() -> str:
    """The table whose rows of a session are counted: while none was added, its alarms are as they were."""
    from euthymia.clinic.alarms.models import AlarmEventRow

    return AlarmEventRow._meta.db_table


def _judged(samples: Sequence[StreamSample]) -> list[Sample]:
    found = (sample.judged() for sample in samples)
    return sorted((sample for sample in found if sample is not None), key=lambda sample: sample.at)
