"""Two protocols side by side: what differs, and whether a limit became tighter or looser.

Works over the document (`to_mapping`), so whatever a protocol learns to say is compared from that day on. Only what
bounds a treatment has a direction; a rhythm, a text or a questionnaire is merely *changed*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from euthymia.care.decision import Decision, Level, Missing, Reason, decide
from euthymia.care.protocol import Bound, Protocol
from euthymia.care.protocol_document import content_hash, to_mapping

Content = str | float | bool | tuple[Any, ...] | None
OPEN = "open"


class Change(StrEnum):
    """What happened from the left to the right. `looser` is what a child may never be."""

    SAME = "same"
    CHANGED = "changed"
    TIGHTER = "tighter"
    LOOSER = "looser"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing a protocol says. `value` is `open` for a hole; `entry` is the list entry it belongs to, if any."""

    path: str
    value: Content
    unit: str = ""
    source: str = ""
    entry: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of a comparison: what it is about, each side with its source, and the direction. None: not there."""

    path: str
    words: str
    change: Change
    left: Content
    right: Content
    unit: str
    left_source: str = ""
    right_source: str = ""


# Which protocol it is, not what it says.
IDENTITY = ("id", "version", "parent")
# Where less is safer, and where more is. A limit has its own bound.
LESS_IS_TIGHTER: tuple[str, ...] = ("fresh_within_min", "monitoring.*.every_min")
LESS_IS_TIGHTER += ("dose.high", "dose.first_mg", "dose.step_up_below_pct")
LESS_IS_TIGHTER += ("stopping.*.after_doses", "stopping.*.at_week", "long_term.*.interval_weeks")
MORE_IS_TIGHTER = ("minimum_observation_min", "monitoring.*.until_min", "dose.low", "dose.gap_min", "checks.*")
# Lists where each word more is one more thing that is watched or waited for.
MORE_WORDS_ARE_TIGHTER = ("must_resolve", "monitoring.*.measure")
# Lists of doses to choose from: none may be higher than before.
DOSES = ("dose.doses_mg", "dose.steps")
# Words in order of strictness.
STRICTER_WORDS = {
    "limits.*.level": ("hold", "stop"),
    "checks.*.required": (False, True),
    "use": ("research_only",),
}
# A limit that bounds something else, or something at another time, no longer bounds what it did.
ANOTHER_LIMIT = ("limits.*.measure", "limits.*.stage", "limits.*.bound", "monitoring.*.when", "monitoring.*.at_min")
# Parts whose entries protect: one less is looser, one more is tighter.
PROTECTING = ("limits.", "checks.", "monitoring.", "stopping.", "long_term.")
# What a child has from its parent, so that their limits mean the same.
KEPT = ("drug", "route", "dose.kind", "eligibility")
PART_WORDS = {
    "limits": "Limit",
    "checks": "Asked before",
    "monitoring": "Watching",
    "rhythm": "Rhythm",
    "assessments": "Questionnaire",
    "stopping": "Stopping",
    "maintenance": "Keeping well",
    "sources": "Source",
    "for_whom": "For whom",
    "off_label": "Outside the approval",
    "must_resolve": "Passed before leaving",
    "fresh_within_min": "Readings count as fresh for",
    "minimum_observation_min": "Watched at least",
    "duration_min": "Given over",
    "concentration_mg_per_ml": "Concentration drawn up",
    "long_term": "Long term",
    "follow_up": "Follow-up",
}


def facts_of(protocol: Protocol) -> dict[str, Fact]:
    """Everything a protocol says, by path, in document order, e.g. `limits.during_systolic_stop`."""
    document = {name: value for name, value in to_mapping(protocol).items() if name not in IDENTITY}
    document["eligibility"] = protocol.eligibility_rules
    document["sources"] = {name: row["cite"] for name, row in document["sources"].items()}
    return {fact.path: fact for fact in _walk(document, "", "", "")}


def compare(left: Protocol, right: Protocol, *, everything: bool = False) -> tuple[Difference, ...]:
    """What differs, in document order; an entry that only one side has is one row. `everything` adds what is equal."""
    rows = _compared(facts_of(left), facts_of(right))
    return tuple(row for row in rows if everything or row.change is not Change.SAME)


def _compared(here: Mapping[str, Fact], there: Mapping[str, Fact]) -> Iterable[Difference]:
    """A row for everything either side says, in document order, what is equal included."""
    both = _entries(here) & _entries(there)
    rows: dict[str, Difference] = {}
    for path in [*here, *(path for path in there if path not in here)]:
        entry = (here.get(path) or there[path]).entry
        alone = bool(entry) and entry not in both
        if not alone:
            rows[path] = _row(path, here.get(path), there.get(path), here)
        elif entry not in rows:
            rows[entry] = _alone(entry, here, there)
    return rows.values()


def _entries(facts: Mapping[str, Fact]) -> set[str]:
    return {fact.entry for fact in facts.values()}


def looser_than(parent: Protocol, child: Protocol) -> Decision:
    """Whether the child keeps every limit of its parent: a reason for each that is looser or gone.

    A number that the child leaves open is not looser: nothing starts on it.
    """
    of = f"{parent.id} {parent.version}"
    theirs, ours = facts_of(parent), facts_of(child)
    reasons = [_loosened(row, of) for row in _compared(theirs, ours) if is_looser(row)]
    for path in KEPT:
        if ours[path].value != theirs[path].value:
            says = f"{spoken(path)}: a child keeps that of its parent, or its limits could not be compared."
            seen, kept = as_value(ours[path].value), as_value(theirs[path].value)
            reasons.append(Reason("kept_from_parent", Level.STOP, path, seen, kept, says=says))
    return decide(reasons)


def _loosened(row: Difference, of: str) -> Reason:
    says = f"{row.words}: {shown(row.right, row.unit)} is looser than {shown(row.left, row.unit)} in {of}."
    seen, kept = as_value(row.right), as_value(row.left)
    return Reason("limits_only_tighten", Level.STOP, row.path, seen, kept, row.left_source, says)


def within_parent(child: Protocol, parent: Protocol | None) -> Decision:
    """`looser_than` for the protocol a child names as its parent; None: it is not at hand, so nobody can tell."""
    named = child.parent
    if named is None:
        return decide()
    if parent is None:
        says = f"{named.id} {named.version}, from which this was made, is not here to compare with."
        return decide(missing=[Missing("parent", "limits_only_tighten", says)])
    found = content_hash(parent)
    if found != named.content_hash:
        says = f"{parent.id} {parent.version} is not what this was made from: its content is another."
        seen, kept = found[:12], named.content_hash[:12]
        return decide([Reason("parent_content", Level.STOP, "parent", seen, kept, says=says)])
    return looser_than(parent, child)


def is_looser(row: Difference) -> bool:
    """Whether this row loosens something that protects."""
    return row.change is Change.LOOSER


def shown(value: Content, unit: str = "") -> str:
    """One side of a row in words: `150 mmHg`, `open`, `not there`."""
    if value is None:
        return "not there"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        value = ", ".join(shown(item) for item in value)
    text = f"{value:g}" if isinstance(value, float) else value.replace("_", " ") if _is_word(value) else value
    return f"{text} {unit}" if unit and value != OPEN else text


def as_value(value: Content) -> str | float | bool | None:
    """One side of a row as a plain value."""
    return shown(value) if isinstance(value, tuple) else value


def _walk(value: Any, path: str, source: str, entry: str) -> Iterator[Fact]:
    """The facts below one place of the document; `source` is inherited from the entry they stand in."""
    if isinstance(value, Mapping):
        if "unit" in value:
            yield Fact(path, value.get("value", OPEN), value["unit"], _source(value), entry)
            return
        own = _source(value) or source
        if own != source:
            yield Fact(_below(path, "source"), own, "", "", entry)
        for name, item in value.items():
            if name not in ("name", "source", "provenance"):
                yield from _walk(item, path if name == "number" else _below(path, name), own, entry)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        yield from _rows(value, path, source)
    else:
        yield Fact(path, tuple(value) if isinstance(value, list) else value, "", source, entry)


def _rows(rows: list[Any], path: str, source: str) -> Iterator[Fact]:
    """A list of entries by name; a list of bare numbers is one fact."""
    if "unit" in rows[0]:
        yield Fact(path, tuple(row.get("value", OPEN) for row in rows), rows[0]["unit"], _source(rows[0]))
        return
    for row in rows:
        below = _below(path, row["name"])
        yield from _walk(row, below, source, below)


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _source(value: Mapping[str, Any]) -> str:
    """Where a number or entry comes from, in one line."""
    if value.get("provenance") == "clinic":
        return f"set by {value.get('filled_by') or 'the clinic'}"
    names = ", ".join(value.get("source", ()))
    how = value.get("provenance", "")
    return f"{names} ({how})" if names and how else names or how


def _alone(entry: str, here: Mapping[str, Fact], there: Mapping[str, Fact]) -> Difference:
    """An entry that only one side has, as one row with its number or its text."""
    on_the_left = any(fact.entry == entry for fact in here.values())
    facts = here if on_the_left else there
    asked = facts.get(f"{entry}.required")
    protects = entry.startswith(PROTECTING) and (asked is None or asked.value is True)
    gone, new = (Change.LOOSER, Change.TIGHTER) if protects else (Change.REMOVED, Change.ADDED)
    fact = facts.get(entry) or facts.get(f"{entry}.text") or Fact(entry, "listed")
    left, right = (fact.value, None) if on_the_left else (None, fact.value)
    sources = (fact.source, "") if on_the_left else ("", fact.source)
    return Difference(entry, spoken(entry), gone if on_the_left else new, left, right, fact.unit, *sources)


def _row(path: str, left: Fact | None, right: Fact | None, bounds: Mapping[str, Fact]) -> Difference:
    before, after = left.value if left else None, right.value if right else None
    fact = right or left
    return Difference(
        path,
        spoken(path),
        _change(path, left, right, bounds),
        before,
        after,
        fact.unit if fact else "",
        left.source if left else "",
        right.source if right else "",
    )


def _change(path: str, left: Fact | None, right: Fact | None, bounds: Mapping[str, Fact]) -> Change:
    before, after = left.value if left else None, right.value if right else None
    if before == after:
        told = left is None or right is None or before == OPEN or not left.unit or left.source == right.source
        return Change.SAME if told else Change.CHANGED
    way = _direction(path, before, after, bounds)
    if way is not None:
        return way
    if before is None:
        return Change.ADDED
    return Change.REMOVED if after is None else Change.CHANGED


def _direction(path: str, before: Content, after: Content, bounds: Mapping[str, Fact]) -> Change | None:
    """Tighter or looser where this path has a direction; None where it merely changed."""
    if _like(path, ANOTHER_LIMIT):
        return Change.LOOSER
    if path in DOSES:
        return _of_doses(before, after)
    if _like(path, MORE_WORDS_ARE_TIGHTER):
        return _of_words(before, after)
    ranks = next((ranks for pattern, ranks in STRICTER_WORDS.items() if fnmatchcase(path, pattern)), None)
    if ranks is not None:
        return Change.TIGHTER if _rank(after, ranks) > _rank(before, ranks) else Change.LOOSER
    more = _more_is_tighter(path, bounds)
    # Another kind of dose has other numbers: they are not comparable with what is not there.
    if more is None or (path.startswith("dose.") and None in (before, after)):
        return None
    return _of_numbers(before, after, more)


def _more_is_tighter(path: str, bounds: Mapping[str, Fact]) -> bool | None:
    bound = bounds.get(f"{path}.bound")
    if bound is not None:
        return bound.value == Bound.AT_LEAST.value
    if _like(path, LESS_IS_TIGHTER):
        return False
    return True if _like(path, MORE_IS_TIGHTER) else None


def _of_numbers(before: Content, after: Content, more_is_tighter: bool) -> Change | None:
    """A hole that is filled is tighter; a number that is opened is not looser, because nothing starts on a hole."""
    if isinstance(after, float) and isinstance(before, float):
        return Change.TIGHTER if (after > before) is more_is_tighter else Change.LOOSER
    if isinstance(after, float):
        return Change.TIGHTER
    return Change.LOOSER if after is None and isinstance(before, float) else None


def _of_words(before: Content, after: Content) -> Change:
    """One word less is looser, whatever else was added."""
    here, there = set(before) if isinstance(before, tuple) else set(), set(after) if isinstance(after, tuple) else set()
    if here - there:
        return Change.LOOSER
    return Change.TIGHTER if there - here else Change.CHANGED


def _of_doses(before: Content, after: Content) -> Change | None:
    """A dose higher than the highest before is looser; fewer of the same are tighter."""
    here, there = _doses(before), _doses(after)
    if not here or not there:
        return None
    if max(there) > max(here):
        return Change.LOOSER
    return Change.TIGHTER if there < here or max(there) < max(here) else None


def _doses(value: Content) -> set[float]:
    return {dose for dose in value if isinstance(dose, float)} if isinstance(value, tuple) else set()


def _rank(value: Content, ranks: tuple[Any, ...]) -> int:
    return ranks.index(value) + 1 if value in ranks else 0


def _like(path: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(path, pattern) for pattern in patterns)


def _is_word(text: str) -> bool:
    return text.replace("_", "").isalnum() and text.islower()


def spoken(path: str) -> str:
    """A path in a clinician's words: `limits.before_systolic.level` becomes `Limit before systolic: level`."""
    part, *rest = path.split(".")
    head = PART_WORDS.get(part, part.replace("_", " ").capitalize())
    names = [_spoken_name(name) for name in rest]
    if not names:
        return head
    return f"{head} {names[0]}" + (f": {', '.join(names[1:])}" if names[1:] else "")


def _spoken_name(name: str) -> str:
    """A name without the unit at its end, which stands beside the number already."""
    for ending in ("_mg_per_kg", "_min", "_mg", "_h"):
        if name.endswith(ending) and name != ending[1:]:
            return name.removesuffix(ending).replace("_", " ")
    return name.replace("_", " ")
