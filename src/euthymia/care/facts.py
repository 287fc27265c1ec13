"""The facts a rule may ask for: their names, kinds and questions, and what is refused at the door."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from euthymia.care.decision import Value
from euthymia.care.tables.load import read_table
from euthymia.errors import BadInput


class FactKind(StrEnum):
    YES_NO = "yes_no"
    NUMBER = "number"
    CHOICE = "choice"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to know about a person. `reassuring` is an answer that triggers no rule; `low` and `high` bound what
    can be meant, not what is healthy. `optional`: no rule waits for it."""

    name: str
    kind: FactKind
    question: str
    help: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    reassuring: Value = None
    optional: bool = False


def _fact(row: Mapping[str, Any]) -> Fact:
    return Fact(
        name=row["name"],
        kind=FactKind(row["kind"]),
        question=row["question"],
        help=row["help"],
        unit=row.get("unit", ""),
        choices=tuple(row.get("choices", ())),
        low=row.get("low"),
        high=row.get("high"),
        reassuring=row.get("reassuring"),
        optional=row.get("optional", False),
    )


FACTS: Mapping[str, Fact] = MappingProxyType({row["name"]: _fact(row) for row in read_table("facts")["fact"]})


def checked_facts(facts: Mapping[str, object], now: datetime) -> dict[str, Value]:
    """The facts that are known, each of its kind, with the age worked out from the date of birth where only that is
    given. None is not known. Refuses an unknown name, another kind, and what cannot be meant (BadInput)."""
    if now.tzinfo is None:
        raise BadInput("naive_time", "now", "Give the time with its time zone.")
    known = {name: _checked(name, value) for name, value in facts.items() if value is not None}
    if known.get("age_y") is None and "birth_date" in known:
        known["age_y"] = _age_y(date.fromisoformat(str(known["birth_date"])), now.date())
    return known


def _checked(name: str, value: object) -> Value:
    fact = FACTS.get(name)
    if fact is None:
        raise BadInput(
            "unknown_fact", f"facts.{name}", "No rule knows this fact. `euthymia eligibility --facts` lists them."
        )
    return _READ[fact.kind](fact, value)


def _yes_no(fact: Fact, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadInput("wrong_kind", f"facts.{fact.name}", "Answer true or false, or leave it out if not known.")
    return value


def _number(fact: Fact, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput("wrong_kind", f"facts.{fact.name}", f"Give a number in {fact.unit}.")
    low = -math.inf if fact.low is None else fact.low
    high = math.inf if fact.high is None else fact.high
    if not low <= value <= high:
        message = f"{value:g} {fact.unit} cannot be right. Give a number from {low:g} to {high:g}."
        raise BadInput("out_of_range", f"facts.{fact.name}", message)
    return value


def _choice(fact: Fact, value: object) -> str:
    if not isinstance(value, str) or value not in fact.choices:
        raise BadInput("unknown_choice", f"facts.{fact.name}", f"Choose one of: {', '.join(fact.choices)}.")
    return value


def _date(fact: Fact, value: object) -> str:
    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError as wrong:
        raise BadInput("wrong_kind", f"facts.{fact.name}", "Give a date as year-month-day.") from wrong


def _age_y(born: date, today: date) -> int:
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if age < 0:
        raise BadInput("out_of_range", "facts.birth_date", "This date of birth is in the future.")
    return age


_READ: Mapping[FactKind, Callable[[Fact, object], Value]] = {
    FactKind.YES_NO: _yes_no,
    FactKind.NUMBER: _number,
    FactKind.CHOICE: _choice,
    FactKind.DATE: _date,
}
