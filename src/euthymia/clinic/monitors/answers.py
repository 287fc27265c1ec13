"""What a monitor is told about the samples it sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from euthymia.care.vital_stream import StreamSample
from euthymia.errors import BadInput

SEQUENCE_TAKEN = "sequence_taken"
NO_SESSION = "no_session"
BEFORE_SESSION = "before_session"
REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class RefusedSample:
    """A sample of a batch that was not kept, by the number it came under (None where that could not be read)."""

    sequence: int | None
    refusal: BadInput
    sample: StreamSample | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one monitor sent at once: what could be read, and what was refused at the door."""

    device_id: UUID
    samples: Sequence[StreamSample]
    refused: Sequence[RefusedSample]
    now: datetime


@dataclass(slots=True)
class Taken:
    """What became of a batch. `problem` speaks of all of it: nothing was kept. `kept` counts what is new."""

    kept: list[int] = field(default_factory=list)
    repeated: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    refused: list[RefusedSample] = field(default_factory=list)
    problem: BadInput | None = None

    @property
    def acknowledged(self) -> list[int]:
        """Every number that is on disk and need not be sent again."""
        return self.kept + self.repeated

    @property
    def conflict(self) -> bool:
        return any(one.refusal.code == SEQUENCE_TAKEN for one in self.refused)
