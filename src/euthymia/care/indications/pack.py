"""One indication as data. A pack informs: what may be given to whom is decided by protocols and eligibility alone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from euthymia.care.cited import Cited
from euthymia.care.evidence import Basis
from euthymia.care.protocol import Source


class Part(StrEnum):
    """What a scale is for in this indication: `main` tells better from worse, `screen` finds who to ask further,
    `also` is looked at beside it, `safety` watches for harm."""

    MAIN = "main"
    SCREEN = "screen"
    ALSO = "also"
    SAFETY = "safety"


class Wording(StrEnum):
    """May the words of a scale be shipped: the licence classes of an instrument, or that nobody read the terms."""

    EMBED = "embed"
    CONDITIONAL = "conditional"
    SITE_SUPPLIED = "site_supplied"
    NOT_READ = "not_read"


class Better(StrEnum):
    """What an endpoint says of a person who reached it."""

    RESPONSE = "response"
    REMISSION = "remission"
    MEANINGFUL = "meaningful"
    RELIABLE = "reliable"


class Reached(StrEnum):
    """Whether the limit itself counts: a fall of at least 30 %, or of more than 35 %."""

    AT_LEAST = "at_least"
    MORE_THAN = "more_than"


class Since(StrEnum):
    """What a window is counted from. `not_read`: the source's day zero was not read, so no date follows from it."""

    FIRST_DOSE = "first_dose"
    EACH_DOSE = "each_dose"
    NOT_READ = "not_read"


@dataclass(frozen=True, slots=True)
class Scale:
    """One scale of a pack. `instrument`: the shipped one that scores it, empty where there is none; then `wording` says
    why nobody can fill it here. `recall_h`: how far back the shipped form asks, None for "now" or where it is not
    shipped."""

    name: str
    title: str
    part: Part
    instrument: str
    wording: Wording
    note: str
    recall_h: float | None


@dataclass(frozen=True, slots=True)
class Window:
    """A time at which this indication is looked at: hours or days counted from `since`, or a hole."""

    name: str
    says: str
    since: Since
    after: Cited


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What counts as better on one scale: a rule of the shipped instrument by its name, so that its number is written
    once, or a fall in percent of the start (`fall`), which may be a hole."""

    name: str
    kind: Better
    scale: str
    rule: str
    fall: Cited | None
    reached: Reached
    note: str


@dataclass(frozen=True, slots=True)
class Note:
    """A finding, a caution or what a person consents to, in one sentence with its basis."""

    name: str
    says: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class Grade:
    """How good the evidence is, in the words of who graded it. `system` is empty where nobody's grade was read."""

    says: str
    system: str
    basis: Basis


@dataclass(frozen=True, slots=True)
class Pack:
    """One indication. One that is not `on_by_default` says why, and what a clinic does to use it: it gives a reason,
    and the person consents to each sentence of `consent`."""

    id: str
    version: str
    title: str
    on_by_default: bool
    off_because: str
    consent: tuple[Note, ...]
    grade: Grade
    scales: tuple[Scale, ...]
    windows: tuple[Window, ...]
    endpoints: tuple[Endpoint, ...]
    findings: tuple[Note, ...]
    cautions: tuple[Note, ...]
    sources: tuple[Source, ...]

    def scale(self, name: str) -> Scale:
        """The scale of this name; KeyError where the pack has none."""
        return {scale.name: scale for scale in self.scales}[name]

    def cites(self, number: Cited) -> str:
        """The sources of a number as people cite them, and how they were read; why it is open where it is."""
        if number.is_hole:
            return number.why
        cited = {source.name: source.cite for source in self.sources}
        named = "; ".join(cited[name] for name in number.source)
        words = str(number.provenance).replace("_", " ")
        return f"{named} ({words})" if named else words

    @property
    def holes(self) -> tuple[str, ...]:
        """The windows and endpoints for which nothing was read, by their path."""
        open_windows = [f"window.{window.name}" for window in self.windows if window.after.is_hole]
        open_ends = [f"endpoint.{end.name}" for end in self.endpoints if end.fall is not None and end.fall.is_hole]
        return (*open_windows, *open_ends)
