"""Two versions side by side in words: what differs, and which limits became tighter or looser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from euthymia.care.protocol import Protocol, Provenance, numbers
from euthymia.care.protocol_compare import Change, Content, Difference, compare, shown, spoken
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.protocol_pages import PROVENANCE_WORDS, STATE_WORDS, limit_entries, state_of
from euthymia.clinic.plans.queries import protocol_of

# A word and an icon besides the colour: paper and many eyes have no colour.
CHANGES = {
    Change.TIGHTER: ("tighter", "chip--ok", "lock"),
    Change.LOOSER: ("looser", "chip--danger", "alert"),
    Change.CHANGED: ("changed", "chip--info", "pencil"),
    Change.ADDED: ("added", "chip--info", "plus"),
    Change.REMOVED: ("removed", "chip--caution", "cross"),
    Change.SAME: ("the same", "chip--quiet", "check"),
}
OPEN_WORDS = "open: no number yet"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a row."""

    value: str
    source: str


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One row of a comparison as the table shows it."""

    what: str
    left: Side
    right: Side
    word: str
    look: str
    icon: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two versions: what differs, what is the same, and how many of each kind."""

    left: ProtocolVersion
    right: ProtocolVersion
    left_title: str
    right_title: str
    left_state: str
    right_state: str
    rows: tuple[ComparedRow, ...]
    same: tuple[ComparedRow, ...]
    counts: tuple[tuple[int, str, str, str], ...]


def comparison(left: ProtocolVersion, right: ProtocolVersion) -> Comparison:
    """What differs from the left to the right, in the order of the document."""
    here, there = protocol_of(left), protocol_of(right)
    words = _words(there) | _words(here)
    found = [(row, compared_row(row, words)) for row in compare(here, there, everything=True)]
    differing = [(row, line) for row, line in found if row.change is not Change.SAME]
    return Comparison(
        left,
        right,
        here.title,
        there.title,
        STATE_WORDS[state_of(left)][0],
        STATE_WORDS[state_of(right)][0],
        tuple(line for _, line in differing),
        tuple(line for row, line in found if row.change is Change.SAME),
        _counts(row.change for row, _ in differing),
    )


def _counts(changes: Iterable[Change]) -> tuple[tuple[int, str, str, str], ...]:
    """(how many, word, look, icon) of each kind of change, looser first."""
    found = list(changes)
    order = (Change.LOOSER, Change.TIGHTER, Change.CHANGED, Change.ADDED, Change.REMOVED)
    return tuple((found.count(change), *CHANGES[change]) for change in order if change in found)


def compared_row(row: Difference, words: dict[str, str]) -> ComparedRow:
    """One row in words."""
    word, look, icon = CHANGES[row.change]
    left = Side(_shown(row.left, row.unit), source_words(row.left_source))
    right = Side(_shown(row.right, row.unit), source_words(row.right_source))
    return ComparedRow(words_of(row.path, words), left, right, word, look, icon)


def _shown(value: Content, unit: str) -> str:
    return OPEN_WORDS if value == "open" else shown(value, unit)


def source_words(source: str) -> str:
    """`S62 (read_secondary)` with how it was read in words."""
    for how, words in PROVENANCE_WORDS.items():
        if source.endswith(f"({how.value})"):
            return f"{source.removesuffix(f'({how.value})')}({words})"
        if source == how.value:
            return words
    return source


def words_of(path: str, words: dict[str, str]) -> str:
    """A path in words; a limit or a check by what it says rather than by its name."""
    entry = ".".join(path.split(".")[:2])
    if entry not in words:
        return spoken(path)
    rest = path.removeprefix(entry).lstrip(".").replace("_", " ")
    return f"{words[entry]}: {rest}" if rest else words[entry]


def _words(protocol: Protocol) -> dict[str, str]:
    return limit_entries(protocol) | {
        f"checks.{check.name}": f"Asked before: {check.text}" for check in protocol.checks
    }


def restated(protocol: Protocol) -> list[str]:
    """The numbers that were read only where others restate them, in words, with their source."""
    words = _words(protocol)
    return [
        f"{words_of(path, words)}: {number.value:g} {number.unit} ({', '.join(number.source)})"
        for path, number in numbers(protocol)
        if number.provenance is Provenance.READ_SECONDARY and number.value is not None
    ]
