"""One clinical number with its unit and where it comes from, or the hole where none was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Provenance(StrEnum):
    """How a number was obtained. `memory` may inform, never gate. `house` is an operating choice of this software,
    not a clinical threshold. `clinic` was filled by a clinic."""

    READ = "read"
    ABSTRACT = "abstract"
    CODE = "code"
    READ_SECONDARY = "read_secondary"
    MEMORY = "memory"
    HOUSE = "house"
    CLINIC = "clinic"


# What this software or the clinic chose, and what nobody read, has no source to name.
OURS = frozenset({Provenance.CLINIC, Provenance.HOUSE, Provenance.MEMORY})


def said_source(source: tuple[str, ...], provenance: Provenance | None) -> str:
    """Where something comes from and how far that was read, in one line: `S62, S63 (abstract)`."""
    return f"{', '.join(source)} ({provenance})" if source else str(provenance or "")


@dataclass(frozen=True, slots=True)
class Cited:
    """One number with its unit and where it comes from. `value` None is a hole; `why` says why nothing is encoded,
    `low` and `high` what would be plausible."""

    value: float | None
    unit: str
    source: tuple[str, ...] = ()
    provenance: Provenance | None = None
    why: str = ""
    low: float | None = None
    high: float | None = None
    filled_by: str = ""

    @property
    def is_hole(self) -> bool:
        return self.value is None

    @property
    def can_be_filled(self) -> bool:
        """Whether a clinic supplies this number: nothing was read, so it is open or was filled."""
        return self.value is None or self.provenance is Provenance.CLINIC

    @property
    def says_source(self) -> str:
        """Where the number comes from, in one line."""
        if self.provenance is Provenance.CLINIC:
            return f"set by {self.filled_by}"
        return said_source(self.source, self.provenance)
