"""The one place where the stream tells the alarms what it heard, within the transaction that keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec

from euthymia.care.vital_stream import StreamSample
from euthymia.clinic.sessions.models import Session

ALARMS = "euthymia.clinic.alarms"
# Looked up once: a clinic without the alarm app still keeps its streams.
_there = find_spec(ALARMS) is not None and find_spec(f"{ALARMS}.commands") is not None


def tell_alarms(session: Session, samples: Sequence[StreamSample], now: datetime) -> None:
    """Hand the new samples to the alarms, oldest first; what has no number in it has nothing to judge."""
    judged = [sample for sample in (one.judged() for one in samples) if sample is not None]
    if _there and judged:
        import_module(f"{ALARMS}.commands").note_samples(session, sorted(judged, key=lambda one: one.at), now)
