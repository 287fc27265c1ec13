"""The worklist as it is asked for: one reason or all, in one of a few orders, everybody's or one's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import urlencode

from euthymia.clinic.followup.worklist import Group, Item

MINE = "me"
ORDERS = {
    "reason": "Most urgent first",
    "age": "Longest waiting first",
    "owner": "By owner",
    "person": "By person",
}
UNDATED = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReasonLink:
    """One reason to look at alone, with how many things it holds."""

    title: str
    count: int
    look: str
    address: str
    current: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One thing in a list that is not sorted by reason: it carries its reason."""

    item: Item
    title: str
    look: str


@dataclass(frozen=True, slots=True)
class Arranged:
    """What the page shows. lines: everything in one list where another order than by reason is asked for."""

    groups: list[Group]
    lines: list[Line]
    reasons: list[ReasonLink]
    show: str
    order: str
    mine: bool
    count: int
    shown: int

    @property
    def narrowed(self) -> bool:
        """Whether anything may be hidden."""
        return self.mine or bool(self.show)


def arranged(groups: list[Group], asked: Mapping[str, str], owner: str) -> Arranged:
    """The groups as the address asks for them. owner: the viewer's name. What nobody offers is read as not asked."""
    count = sum(len(group.items) for group in groups)
    order = asked.get("order", "") if asked.get("order", "") in ORDERS else "reason"
    mine = asked.get("owner") == MINE
    kept = [replace(group, items=[one for one in group.items if one.owner == owner]) for group in groups]
    groups = [group for group in kept if group.items] if mine else groups
    known = {group.key for group in groups}
    show = asked.get("show", "") if asked.get("show", "") in known else ""
    reasons = [
        ReasonLink(group.title, len(group.items), group.look, address(group.key, order, mine), group.key == show)
        for group in groups
    ]
    reasons.insert(0, ReasonLink("All", sum(one.count for one in reasons), "quiet", address("", order, mine), not show))
    chosen = [group for group in groups if not show or group.key == show]
    lines = [Line(item, group.title, group.look) for group in chosen for item in group.items]
    if order == "reason":
        return Arranged(chosen, [], reasons, show, order, mine, count, len(lines))
    return Arranged([], sorted(lines, key=KEYS[order]), reasons, show, order, mine, count, len(lines))


def address(show: str, order: str, mine: bool) -> str:
    """The same page, asked for so; what is as usual is left out."""
    asked = [("show", show), ("order", "" if order == "reason" else order), ("owner", MINE if mine else "")]
    return "?" + urlencode([(name, value) for name, value in asked if value])


KEYS: dict[str, Callable[[Line], tuple[object, ...]]] = {
    "age": lambda line: (line.item.since or UNDATED,),
    "owner": lambda line: (not line.item.owner, line.item.owner.casefold(), line.item.since or UNDATED),
    "person": lambda line: (line.item.who.casefold(), line.item.since or UNDATED),
}
