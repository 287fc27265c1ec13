"""The protocols of a clinic in a list, and the few words about one version that other pages need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from euthymia.care.protocol import Protocol
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.protocol_pages import ProtocolState, StateChip, chip_of, open_numbers, signed_words, state_of
from euthymia.clinic.plans.queries import protocol_of


@dataclass(frozen=True, slots=True)
class ProtocolLine:
    """One protocol in a list; `in_use` is the signed version plans are made from, when there is one."""

    protocol: Protocol
    version: str
    chip: StateChip
    signed: str
    versions: int
    in_use: str = ""


def retired_lines(
    current: Iterable[ProtocolVersion], everything: Iterable[ProtocolVersion], zone: ZoneInfo
) -> list[ProtocolLine]:
    """One line per protocol that is out of use altogether, by its newest version."""
    kept = list(everything)
    here = {row.protocol_id for row in current}
    newest: dict[str, ProtocolVersion] = {}
    for row in kept:
        if row.protocol_id not in here:
            newest.setdefault(row.protocol_id, row)
    return protocol_lines(newest.values(), kept, zone)


def protocol_lines(
    current: Iterable[ProtocolVersion], everything: Iterable[ProtocolVersion], zone: ZoneInfo
) -> list[ProtocolLine]:
    """One line per protocol."""
    counts: dict[str, int] = {}
    signed: dict[str, str] = {}
    for row in everything:
        counts[row.protocol_id] = counts.get(row.protocol_id, 0) + 1
        if state_of(row) is ProtocolState.SIGNED:
            signed.setdefault(row.protocol_id, row.version)
    return [
        ProtocolLine(
            protocol_of(row),
            row.version,
            chip_of(row),
            signed_words(row, zone),
            counts.get(row.protocol_id, 1),
            signed.get(row.protocol_id, ""),
        )
        for row in current
    ]


def titled(row: ProtocolVersion) -> str:
    """A version by its title and number, for lists to choose from."""
    return f"{protocol_of(row).title}, version {row.version}"


def hole_words(protocol: Protocol) -> list[str]:
    """The numbers that are still open, in words."""
    return [words for _, words, number in open_numbers(protocol) if number.is_hole]
