"""Whether two scores may stand side by side. What was made by other rules is refused."""

from __future__ import annotations

from dataclasses import dataclass

from euthymia.care.instruments.score import Score
from euthymia.errors import InstrumentError


@dataclass(frozen=True, slots=True)
class Ruler:
    """What a total was measured with. An empty form or set of bands is not known and says nothing."""

    instrument: str
    version: str
    variant: str = ""
    band_set: str = ""


def ruler_of(score: Score) -> Ruler:
    """What this score was measured with."""
    return Ruler(score.instrument, score.version, score.variant, score.band.set if score.band else "")


def difference(first: Ruler, second: Ruler) -> InstrumentError | None:
    """Why two totals cannot be compared, or None where they can: another instrument, version, form or set of bands
    makes the change a change of the ruler. Forms and bands are compared only where both are known."""
    known = bool(first.variant and second.variant), bool(first.band_set and second.band_set)
    pairs = (
        ("different_instrument", "instrument", first.instrument, second.instrument, True),
        ("different_version", "version", first.version, second.version, True),
        ("different_variant", "variant", first.variant, second.variant, known[0]),
        ("different_band_set", "band.set", first.band_set, second.band_set, known[1]),
    )
    for code, path, one, other, told in pairs:
        if told and one != other:
            says = f"One score has {path} {one}, the other {other}. Score the answers again by one."
            return InstrumentError(code, path, says)
    return None


def refuse_mixed(first: Score, second: Score) -> None:
    """Refuses (InstrumentError) two scores that were not measured with the same ruler: whoever subtracts two scores
    calls this first, because a total alone no longer says how it was made."""
    found = difference(ruler_of(first), ruler_of(second))
    if found is not None:
        raise found
