"""The places of a protocol that can be edited on screen, each with its words, its value and its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from euthymia.care.protocol import Protocol
from euthymia.care.protocol_compare import OPEN, Content, Fact, facts_of, spoken
from euthymia.clinic.plans.comparison import source_words
from euthymia.clinic.plans.protocol_pages import limit_words, path_words

TOP_TEXTS = ("title", "for_whom", "evidence")
TEXTS = ("text", "note", "label")
SECTIONS = {
    "": "What it is",
    "dose": "Dose",
    "rhythm": "Rhythm",
    "monitoring": "Watching",
    "limits": "Limits",
    "checks": "Asked before each dose",
    "assessments": "Questionnaires after a dose",
    "timing": "Timing on the flowsheet",
    "stopping": "Stopping",
    "maintenance": "Keeping well",
    "follow_up": "Follow-up",
    "long_term": "Long-term safety",
}


# Single numbers by the section they belong to.
PLACED = {
    "duration_min": "dose",
    "concentration_mg_per_ml": "dose",
    "fresh_within_min": "monitoring",
    "minimum_observation_min": "monitoring",
}
DOSE_WORDS = {"dose.mg_per_kg": "Dose", "dose.low": "Lowest dose", "dose.high": "Highest dose"}
DOSE_WORDS |= {"dose.device_mg": "One device", "dose.first_mg": "First session", "dose.gap_min": "Rest between devices"}
DOSE_WORDS |= {"dose.step_up_below_pct": "Step up while the improvement is below"}


class Kind(StrEnum):
    """How a place is typed. A cited number brings its source; a bare one has that of its entry."""

    CITED = "cited"
    NUMBER = "number"
    TEXT = "text"
    YES_NO = "yes_no"
    LEVEL = "level"


@dataclass(frozen=True, slots=True)
class Place:
    """One place that can be edited. `value` None is a hole."""

    path: str
    kind: Kind
    label: str
    value: Content
    unit: str
    source: str
    section: str
    entry: str


def places(protocol: Protocol) -> list[Place]:
    """Every place that can be edited, section by section in the order of the page."""
    # What the entry itself asks for; the rest of an entry is named by its own last words.
    words = {f"limits.{limit.name}": limit_words(limit) for limit in protocol.limits}
    words |= {f"checks.{check.name}": "Number" for check in protocol.checks}
    found = [place for fact in facts_of(protocol).values() for one in _single(fact) for place in _place(one, words)]
    order, kinds = list(SECTIONS), list(Kind)
    entries = {place.entry: number for number, place in reversed(list(enumerate(found)))}

    def by_page(numbered: tuple[int, Place]) -> tuple[int, int, int, int]:
        """Section, entry, and within a limit its number before what happens beyond it."""
        number, place = numbered
        within = kinds.index(place.kind) if place.section == "limits" else 0
        return order.index(place.section), entries[place.entry] if place.entry else number, within, number

    return [place for _, place in sorted(enumerate(found), key=by_page)]


def _single(fact: Fact) -> Iterator[Fact]:
    """A list of numbers, one by one; anything else as it is."""
    if not fact.unit or not isinstance(fact.value, tuple):
        yield fact
        return
    for number, value in enumerate(fact.value):
        yield replace(fact, path=f"{fact.path}.{number}", value=value)


def _place(fact: Fact, words: Mapping[str, str]) -> Iterator[Place]:
    kind = _kind(fact)
    if kind is None:
        return
    part = fact.path.split(".", maxsplit=1)[0]
    section = PLACED.get(fact.path) or (part if "." in fact.path and part in SECTIONS else "")
    value = None if fact.value == OPEN and kind is Kind.CITED else fact.value
    label = words.get(fact.path) or _label(fact)
    yield Place(fact.path, kind, label, value, fact.unit, source_words(fact.source), section, fact.entry)


def _kind(fact: Fact) -> Kind | None:
    """How this fact is typed; None where it is only changed in a file."""
    last = fact.path.rsplit(".", maxsplit=1)[-1]
    if fact.unit and not isinstance(fact.value, tuple):
        return Kind.CITED
    if isinstance(fact.value, bool):
        return Kind.YES_NO
    if isinstance(fact.value, float):
        return Kind.NUMBER
    if last == "level" and fact.path.startswith("limits."):
        return Kind.LEVEL
    return Kind.TEXT if fact.path in TOP_TEXTS or (fact.entry and last in TEXTS) else None


def _label(fact: Fact) -> str:
    """What the field asks for; the entry's name is the heading above it."""
    if fact.entry and fact.path != fact.entry:
        return path_words(fact.path.removeprefix(f"{fact.entry}."))
    if fact.path.startswith("dose.steps."):
        return f"Step {int(fact.path.rsplit('.', maxsplit=1)[-1]) + 1}"
    return DOSE_WORDS.get(fact.path) or spoken(fact.path)


def entry_words(entry: str) -> str:
    """The heading of an entry, e.g. `During systolic stop`."""
    return entry.split(".", maxsplit=1)[-1].replace("_", " ").capitalize()
