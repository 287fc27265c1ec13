"""A safety plan: what a person and a clinician wrote down together for the hours in which it gets dark.

Our own structure and words for six ideas of the literature. A plan is a row of versions; none is ever changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from euthymia.care.clock import is_ahead
from euthymia.care.evidence import Basis, basis_of, sources_of
from euthymia.care.tables.load import read_table
from euthymia.errors import BadInput

LONGEST_LINE = 300
MOST_LINES = 12


@dataclass(frozen=True, slots=True)
class PlanPart:
    """One part of the plan: what it is called and what to write there."""

    id: str
    title: str
    prompt: str


_TABLE = read_table("safety_plan")
PARTS: tuple[PlanPart, ...] = tuple(PlanPart(row["id"], row["title"], row["prompt"]) for row in _TABLE["part"])
BASIS: Basis = basis_of(_TABLE["basis"], sources_of(_TABLE))
WHY_NO_REVIEW: str = _TABLE["review"]["why"]
WHY_NO_STALE_LIMIT: str = _TABLE["stale_lines"]["why"]
_IDS = tuple(part.id for part in PARTS)


@dataclass(frozen=True, slots=True)
class SafetyPlan:
    """One version. `lines`: part → what stands there, every part present, empty where nothing was written.

    `with_person`: whether the person took part in writing it; None is not said.   `review_on`: None is not agreed.
    """

    version: int
    lines: Mapping[str, tuple[str, ...]]
    written_at: datetime
    written_by: str
    with_person: bool | None
    review_on: date | None
    changed_because: str = ""

    @property
    def filled(self) -> tuple[PlanPart, ...]:
        return tuple(part for part in PARTS if self.lines[part.id])

    @property
    def empty(self) -> tuple[PlanPart, ...]:
        """The parts nobody has written yet: a plan may begin small, and says what it lacks."""
        return tuple(part for part in PARTS if not self.lines[part.id])

    @property
    def is_complete(self) -> bool:
        return not self.empty


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed: part → text, one thing on each line."""

    text: Mapping[str, str]
    with_person: bool | None
    review_on: date | None = None
    changed_because: str = ""


def write_plan(versions: Iterable[SafetyPlan], draft: Draft, by: str, now: datetime, today: date) -> SafetyPlan:
    """The next version. Refuses an empty plan, an unknown part, a line too long, a review in the past, nobody's name,
    a change without a reason, and a version that changes nothing. Earlier versions stay as they are."""
    earlier = latest(versions)
    if not by.strip():
        raise BadInput("unnamed", "by", "Say who writes this plan.")
    if draft.with_person is None:
        raise BadInput("with_person", "with_person", "Say whether it is written together with the person.")
    if draft.review_on is not None and draft.review_on < today:
        raise BadInput("review_in_the_past", "review_on", "The day of the next look lies in the past.")
    lines = MappingProxyType({part: _lines(draft.text.get(part, ""), part) for part in _IDS})
    unknown = sorted(set(draft.text) - set(_IDS))
    if unknown:
        raise BadInput("unknown_part", unknown[0], f"A safety plan has no part '{unknown[0]}'.")
    if not any(lines.values()):
        raise BadInput("empty_plan", _IDS[0], "Write at least one line.")
    if earlier is not None:
        _refuse_idle_change(earlier, draft, lines, now)
    number = 1 if earlier is None else earlier.version + 1
    because = draft.changed_because.strip()
    return SafetyPlan(number, lines, now, by.strip(), draft.with_person, draft.review_on, because)


def _lines(text: str, part: str) -> tuple[str, ...]:
    lines = tuple(line.strip() for line in text.splitlines() if line.strip())
    if len(lines) > MOST_LINES:
        raise BadInput("too_many_lines", part, f"At most {MOST_LINES} lines: in a bad hour nobody reads more.")
    if any(len(line) > LONGEST_LINE for line in lines):
        raise BadInput("line_too_long", part, f"At most {LONGEST_LINE} characters on a line.")
    return lines


def _refuse_idle_change(earlier: SafetyPlan, draft: Draft, lines: Mapping[str, tuple[str, ...]], now: datetime) -> None:
    if is_ahead(earlier.written_at, now):
        raise BadInput("clock_went_back", "written_at", "The last version lies in the future. Check the clock.")
    same = dict(earlier.lines) == dict(lines) and earlier.review_on == draft.review_on
    if same and earlier.with_person == draft.with_person:
        raise BadInput("nothing_changed", "", "Nothing was changed.")
    if not draft.changed_because.strip():
        raise BadInput("why_changed", "changed_because", "Say in a few words why the plan changes.")


def latest(versions: Iterable[SafetyPlan]) -> SafetyPlan | None:
    """The version that holds; None before the first."""
    return max(versions, key=lambda plan: plan.version, default=None)


def review_words(plan: SafetyPlan, today: date) -> tuple[str, bool]:
    """(when it is looked at again in words, whether that day has come)."""
    if plan.review_on is None:
        return WHY_NO_REVIEW, True
    days = (plan.review_on - today).days
    if days > 0:
        return f"Looked at again in {days} day{'' if days == 1 else 's'}.", False
    return ("Look at it again today.", True) if days == 0 else (f"The review is {-days} d late.", True)
