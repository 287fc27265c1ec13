"""Whether what was seen is as predicted, in a line for the page, and how the model explains what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from euthymia.clinic.sessions.comparing import DIASTOLIC_RISE, FELT, PULSE_RISE, RISE, Observed
from euthymia.clinic.sessions.learning import Taught
from euthymia.clinic.sessions.person_words import explained
from euthymia.pharmacology import Seen

# Ours, no clinical limits. One look twice as far out as the band and the noise reach is said at once, and so are two
# looks of different kinds this near to each other that are both out; else the second in a row is.
FAR_OUT = 2.0
TOGETHER_MIN = 5.0
# A cuff that slips moves both pressures: out together they are no second witness.
OF_A_CUFF = frozenset({RISE, DIASTOLIC_RISE})
# What a number is of and its unit, where there is little room.
IN_SHORT = {
    RISE: ("systolic pressure", " mmHg"),
    DIASTOLIC_RISE: ("diastolic pressure", " mmHg"),
    PULSE_RISE: ("pulse", "/min"),
}


@dataclass(frozen=True, slots=True)
class Compared:
    """All looks of one kind, at least one, in the order of time: of which effect, what it is called, where they lie."""

    name: str
    title: str
    looks: tuple[Observed, ...]

    @property
    def newest(self) -> Observed:
        """The look that tells how it is now."""
        return self.looks[-1]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a page says of all looks.

    chip: the same in two words, empty while nothing was seen.   short: a line for where there is little room, only of
    what is not as predicted.   strange: the kinds that are not.   beyond: how many kinds are out in their newest look.
    """

    words: str
    chip: str = ""
    short: str = ""
    strange: tuple[Compared, ...] = ()
    beyond: int = 0


def verdict_of(found: Sequence[Compared]) -> Verdict:
    """Not as predicted are two looks in a row beyond band and noise on one side, one far beyond, and looks of
    different kinds beyond within a few minutes; the two pressures of a cuff are one kind there."""
    if not found:
        return Verdict("Nothing observed yet to compare with the prediction.")
    beyond = [one for one in found if one.newest.is_beyond]
    strange = tuple(one for one in found if _alone(one) or one in _together(beyond))
    if strange:
        words = "; ".join(_alone(one) or _newest(one, "than predicted ") for one in strange)
        short = ", ".join(_short(one) for one in strange)
        return Verdict(f"Not behaving as predicted: {words}.", "not as predicted", short, strange, len(beyond))
    if beyond:
        words = f"Beyond the prediction and the noise of looking: {', '.join(_newest(one) for one in beyond)}."
        words += " One more like it is not as predicted."
        return Verdict(words, f"{len(beyond)} beyond", beyond=len(beyond))
    looks = [look for one in found for look in one.looks]
    before = sum(look.is_beyond for look in looks)
    if before:
        words = "As predicted now: the newest look of each kind lies within the prediction and the noise of looking; "
        return Verdict(f"{words}{before} of {len(looks)} looks lay beyond before.", "as predicted")
    words = f"Behaving as predicted so far: {_looks(len(looks))} within the prediction and the noise of looking."
    return Verdict(words, "as predicted")


def because_of(verdict: Verdict, taught: Taught | None) -> str:
    """How the model explains what is strange, or that it does not; never of looks that the estimate left out."""
    if not verdict.strange or taught is None or taught.contradicts:
        return ""
    asked = ((one.name, one.newest.seen is Seen.HIGH) for one in verdict.strange)
    lines = [words for name, higher in asked if (words := explained(taught, name, higher=higher))]
    if lines:
        return f"How the model explains it: {' '.join(lines)}"
    if not all(one.newest.counted for one in verdict.strange):
        return "Whether what is learned of this person explains it is not known: of a feed not every look counts there."
    return "Nothing learned of this person explains it: look at the person, the cuff and the line."


def _together(beyond: Sequence[Compared]) -> list[Compared]:
    """The kinds whose newest look lies within a few minutes of that of another kind."""
    return [one for one in beyond if any(_together_with(one, other) for other in beyond)]


def _together_with(one: Compared, other: Compared) -> bool:
    is_near = abs(one.newest.at_min - other.newest.at_min) <= TOGETHER_MIN
    return is_near and one.name != other.name and not {one.name, other.name} <= OF_A_CUFF


def _alone(one: Compared) -> str:
    """What is not as predicted in the newest looks of one kind by themselves; empty where nothing is."""
    last = one.newest
    if not last.is_beyond:
        return ""
    if len(one.looks) > 1 and last.seen is one.looks[-2].seen:
        before = one.looks[-2]
        seen = f"{_value(one.name, before)} at minute {before.at_min:.0f}, {_value(one.name, last)} at minute"
        return f"{one.title.lower()} {_side(last)} than predicted twice in a row ({seen} {last.at_min:.0f})"
    return f"{one.title.lower()} far {_side(last)} {_at(one, 'than predicted ')}" if last.reach >= FAR_OUT else ""


def _newest(one: Compared, than: str = "") -> str:
    return f"{one.title.lower()} {_side(one.newest)} {_at(one, than)}"


def _short(one: Compared) -> str:
    value = _value(one.name, one.newest)
    return value if one.name == FELT else f"{IN_SHORT[one.name][0]} {value}"


def _at(one: Compared, than: str) -> str:
    return f"{than}({_value(one.name, one.newest)} at minute {one.newest.at_min:.0f})"


def _side(look: Observed) -> str:
    return "higher" if look.seen is Seen.HIGH else "lower"


def _value(name: str, look: Observed) -> str:
    return f"CADSS-6 {look.value:.0f}" if name == FELT else f"{look.value:+.0f}{IN_SHORT[name][1]}"


def _looks(count: int) -> str:
    return {1: "the one look lies", 2: "both looks lie"}.get(count, f"all {count} looks lie")
