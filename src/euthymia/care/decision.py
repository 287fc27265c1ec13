"""The answer every rule gives: `Allowed | Refused(reasons, missing) | CannotTell(missing)`.

Unknown means no. A decision has no truth value, so `if decision:` fails loudly instead of treating a refusal as a yes;
match on it instead. Combining two answers adds their facts, and the verdict is read off the sum: anything refused makes
it refused, else anything missing makes it *cannot tell*. Combining can therefore only tighten.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Never, assert_never

Value = str | float | int | bool | None


class Level(StrEnum):
    """How strongly a reason speaks: a *stop* has no path, a *hold* needs a named override, a *flag* only informs."""

    STOP = "stop"
    HOLD = "hold"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule spoke: the rule, the fact and value it saw, the limit it was compared with, and its source."""

    rule: str
    level: Level
    fact: str
    value: Value = None
    limit: Value = None
    source: str = ""
    says: str = ""

    @property
    def refuses(self) -> bool:
        return self.level is not Level.FLAG


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that was needed and not there, and what would supply it."""

    fact: str
    needed_by: str = ""
    says: str = ""


class _NoTruthValue:
    __slots__ = ()

    def __bool__(self) -> Never:
        raise TypeError("A decision has no truth value: match on Allowed, Refused and CannotTell.")


@dataclass(frozen=True, slots=True)
class Allowed(_NoTruthValue):
    """Nothing speaks against it. `flags` inform; they do not refuse."""

    flags: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused(_NoTruthValue):
    """At least one reason refuses. Carries every reason, every flag, and what was missing besides."""

    reasons: tuple[Reason, ...]
    missing: tuple[Missing, ...] = ()
    flags: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class CannotTell(_NoTruthValue):
    """Nothing refuses, but something needed is not known. Treated as no until it is."""

    missing: tuple[Missing, ...]
    flags: tuple[Reason, ...] = ()


Decision = Allowed | Refused | CannotTell


def decide(reasons: Iterable[Reason] = (), missing: Iterable[Missing] = ()) -> Decision:
    """The verdict that follows from these facts, in the order given, without repeats."""
    distinct = tuple(dict.fromkeys(reasons))
    absent = tuple(dict.fromkeys(missing))
    flags = tuple(reason for reason in distinct if not reason.refuses)
    refusing = tuple(reason for reason in distinct if reason.refuses)
    if refusing:
        return Refused(refusing, absent, flags)
    if absent:
        return CannotTell(absent, flags)
    return Allowed(flags)


def combine(*decisions: Decision) -> Decision:
    """All facts of all decisions together; the stricter verdict wins and nothing is lost."""
    reasons: list[Reason] = []
    missing: list[Missing] = []
    for decision in decisions:
        reasons += reasons_of(decision)
        missing += missing_of(decision)
    return decide(reasons, missing)


def reasons_of(decision: Decision) -> tuple[Reason, ...]:
    """Every reason a decision carries, refusing ones first, then flags."""
    match decision:
        case Allowed(flags):
            return flags
        case Refused(reasons, _, flags):
            return reasons + flags
        case CannotTell(_, flags):
            return flags
        case _ as never:
            assert_never(never)


def missing_of(decision: Decision) -> tuple[Missing, ...]:
    """Everything a decision found missing."""
    match decision:
        case Allowed():
            return ()
        case Refused(_, missing, _) | CannotTell(missing, _):
            return missing
        case _ as never:
            assert_never(never)


def verdict(decision: Decision) -> str:
    """One word for the wire: allowed, refused or cannot_tell."""
    match decision:
        case Allowed():
            return "allowed"
        case Refused():
            return "refused"
        case CannotTell():
            return "cannot_tell"
        case _ as never:
            assert_never(never)
