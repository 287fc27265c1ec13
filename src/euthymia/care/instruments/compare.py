"""Whether two scores may stand side by side. What was made by other rules is refused."""

from __future__ import annotations

from euthymia.care.instruments.score import Score
from euthymia.errors import InstrumentError


def refuse_mixed(first: Score, second: Score) -> None:
    """Refuses two scores of another instrument, version, form or set of bands (InstrumentError); else nothing.

    A change from one to the other would be a change of the ruler: whoever subtracts two scores calls this first,
    because a total alone no longer says how it was made. Bands are compared only where both have one.
    """
    pairs = (
        ("different_instrument", "instrument", first.instrument, second.instrument),
        ("different_version", "version", first.version, second.version),
        ("different_variant", "variant", first.variant, second.variant),
        ("different_band_set", "band.set", _set(first, second), _set(second, first)),
    )
    for code, path, one, other in pairs:
        if one != other:
            says = f"One score has {path} {one}, the other {other}. Score the answers again by one."
            raise InstrumentError(code, path, says)


def _set(score: Score, other: Score) -> str:
    return score.band.set if score.band and other.band else ""
