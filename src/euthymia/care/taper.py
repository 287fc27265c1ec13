"""A taper: the interval between doses made longer step by step until the course ends.

The protocol's own intervals are the only ones proposed. Where it names no longer one, that is said, and the number is
the prescriber's. A step waits for a score that says the response is kept, and none is taken while the person slips,
unless a prescriber decides so by name; the next answer opens that decision again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from euthymia.care.cited import said_source
from euthymia.care.decision import Decision, Level, Missing, Reason, decide
from euthymia.care.followup import DAYS_IN_WEEK
from euthymia.care.protocol import Protocol

# A form reads no longer interval than this; no source gives one.
LONGEST_ENTRY_DAYS = 180
# What holds a taper until somebody accepts it by name.
HOLDS = frozenset({"taper_response_kept", "taper_slipping"})


@dataclass(frozen=True, slots=True)
class NamedInterval:
    """A gap between two doses as one stretch of the protocol's rhythm names it."""

    days: int
    phase: str
    source: str


@dataclass(frozen=True, slots=True)
class TaperFacts:
    """What is known on the day of a step.

    now_days: the interval the person is on; None before the second dose.   response_kept: by the scores since the last
    dose; None where none tells.   is_slipping: by the forecast for tomorrow; None without one.   chance: of a slipping
    score at the end of the asked interval after a dose; None where the forecast does not reach.
    """

    now_days: int | None = None
    response_kept: bool | None = None
    is_slipping: bool | None = None
    chance: float | None = None
    accepted_risk: float = 0.0


def named_intervals(protocol: Protocol) -> tuple[NamedInterval, ...]:
    """Every gap the protocol's rhythm names, shortest first, each once; none where the interval is individual."""
    found: dict[int, NamedInterval] = {}
    for phase in protocol.rhythm:
        if phase.per_week_low is None or phase.per_week_high is None:
            continue
        source = said_source(phase.source, phase.provenance)
        gaps = (math.floor(DAYS_IN_WEEK / phase.per_week_high), math.ceil(DAYS_IN_WEEK / phase.per_week_low))
        for days in gaps:
            found.setdefault(days, NamedInterval(days, phase.name, source))
    return tuple(found[days] for days in sorted(found))


def next_named(protocol: Protocol, now_days: int | None) -> NamedInterval | None:
    """The shortest interval of the protocol that is longer than the one the person is on; None where it names none."""
    return next((one for one in named_intervals(protocol) if one.days > (now_days or 0)), None)


def may_lengthen(protocol: Protocol, asked_days: int, facts: TaperFacts) -> Decision:
    """Whether the interval may be made this long now, and what is worth knowing about it."""
    reasons = [
        *_length(asked_days, facts),
        *_slipping(facts),
        *_unnamed(protocol, asked_days),
        *_risk(asked_days, facts),
    ]
    return decide(reasons, _unasked(facts))


def may_decide(protocol: Protocol, asked_days: int, facts: TaperFacts) -> Decision:
    """Whether a prescriber may set this interval by a decision of their own while a taper is under way.

    Going on as it is or a step back needs no score first; a longer interval does. What holds the taper holds this too,
    until it is accepted by name and with a reason.
    """
    longer = facts.now_days is None or asked_days > facts.now_days
    changed = asked_days != facts.now_days
    reasons = [
        *_slipping(facts),
        *(_unnamed(protocol, asked_days) if changed else ()),
        *(_risk(asked_days, facts) if longer else ()),
    ]
    return decide(reasons, _unasked(facts) if longer else ())


def accepted_still(rules: Iterable[str], accepted_at: datetime, answered_at: datetime | None) -> frozenset[str]:
    """The holds on a taper that a prescriber accepted and that nothing has opened again: the next answer does."""
    if answered_at is not None and answered_at > accepted_at:
        return frozenset()
    return frozenset(rules) & HOLDS


def may_step(facts: TaperFacts) -> Decision:
    """Whether any longer interval may be taken now, whatever its length."""
    return decide(_slipping(facts), _unasked(facts))


def taper_stops(facts: TaperFacts) -> Decision:
    """Whether a taper that is under way must be stopped: held where the person slips or the response is lost."""
    return decide(_slipping(facts))


def _length(asked_days: int, facts: TaperFacts) -> Iterable[Reason]:
    now_days = facts.now_days
    if now_days is not None and asked_days <= now_days:
        says = f"The interval is {now_days} days now. A step of a taper is longer."
        yield Reason("taper_step_longer", Level.STOP, "interval_days", asked_days, now_days, "", says)


def _unasked(facts: TaperFacts) -> Iterable[Missing]:
    if facts.response_kept is None:
        says = "No score since the last dose says whether the response is kept. Ask first."
        yield Missing("response_kept", "taper_response_kept", says)


def _slipping(facts: TaperFacts) -> Iterable[Reason]:
    if facts.response_kept is False:
        says = "By the scores since the last dose the response is not kept."
        yield Reason("taper_response_kept", Level.HOLD, "response_kept", False, True, "the scale's rule", says)
    if facts.is_slipping:
        says = "The forecast puts the next score above the slipping line."
        yield Reason("taper_slipping", Level.HOLD, "is_slipping", True, False, "the forecast", says)


def _unnamed(protocol: Protocol, asked_days: int) -> Iterable[Reason]:
    named = [one.days for one in named_intervals(protocol)]
    if asked_days in named:
        return
    longest = f"no interval over {max(named)} days" if named and asked_days > max(named) else "no such interval"
    says = (
        f"The protocol names {longest if named else 'no interval'}: {asked_days} days are the prescriber's own number."
    )
    yield Reason("taper_interval_named", Level.FLAG, "interval_days", asked_days, max(named, default=None), "", says)


def _risk(asked_days: int, facts: TaperFacts) -> Iterable[Reason]:
    if facts.chance is None:
        says = f"The forecast does not reach {asked_days} days after a dose."
        yield Reason("taper_within_risk", Level.FLAG, "chance", None, facts.accepted_risk, "the forecast", says)
    elif facts.chance > facts.accepted_risk:
        says = (
            f"{asked_days} days after a dose the chance of a slipping score is {facts.chance:.0%}; "
            f"{facts.accepted_risk:.0%} is accepted."
        )
        chance = round(facts.chance, 4)
        yield Reason("taper_within_risk", Level.FLAG, "chance", chance, facts.accepted_risk, "the forecast", says)
