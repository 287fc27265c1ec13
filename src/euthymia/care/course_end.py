"""A course ended on purpose: for which reason, and what the protocol and the scores say of that reason.

Nothing here keeps a prescriber from stopping: every answer is a flag to read before the name goes under it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from euthymia.care.course_review import keep_on, reviews_reached
from euthymia.care.decision import Decision, Level, Reason, decide
from euthymia.care.protocol import Protocol

# A month of a label, as the calendar has it on average.
DAYS_IN_MONTH = 365.25 / 12


class EndReason(StrEnum):
    """Why a course ends."""

    REMISSION_HELD = "remission_held"
    NO_BENEFIT = "no_benefit"
    ADVERSE_EFFECT = "adverse_effect"
    PERSONS_WISH = "persons_wish"
    SWITCHED = "switched"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class EndFacts:
    """What is known of the course on the day it ends.

    in_remission: by the scale's own rule, from the latest total; None where no total tells.   better_since: the first
    total that was a response and has stayed one.   judged: what the scores say of each review, by its rule's name.
    """

    sessions: tuple[datetime, ...] = ()
    in_remission: bool | None = None
    better_since: datetime | None = None
    judged: Mapping[str, bool | None] | None = None


def end_notes(protocol: Protocol, because: EndReason, facts: EndFacts, now: datetime) -> Decision:
    """What is worth reading before the course ends for this reason. Always allowed; each note is a flag."""
    match because:
        case EndReason.REMISSION_HELD:
            notes = [*_remission(facts), *_kept_on(protocol, facts, now)]
        case EndReason.NO_BENEFIT:
            notes = list(_review(protocol, facts, now))
        case EndReason.PERSONS_WISH | EndReason.OTHER:
            notes = list(_kept_on(protocol, facts, now))
        case EndReason.ADVERSE_EFFECT | EndReason.SWITCHED:
            notes = []
        case _ as never:
            assert_never(never)
    return decide(notes)


def _remission(facts: EndFacts) -> Iterable[Reason]:
    if facts.in_remission is True:
        return
    known = facts.in_remission is False
    says = (
        "The latest score is not in remission by the scale's own rule."
        if known
        else "No score says that there is a remission."
    )
    yield Reason("end_in_remission", Level.FLAG, "in_remission", facts.in_remission, True, "", says)


def _review(protocol: Protocol, facts: EndFacts, now: datetime) -> Iterable[Reason]:
    reached = reviews_reached(protocol, facts.sessions, now)
    judged = facts.judged or {}
    if not reached:
        has_one = any(rule.judged_by is not None for rule in protocol.stopping)
        says = "The protocol's own review has not come yet." if has_one else "The protocol has no rule of stopping."
        yield Reason("end_by_review", Level.FLAG, "reviews_reached", 0, 1, "", says)
    for review in reached:
        if judged.get(review.rule.name) is True:
            says = f"The scores since then show benefit. {review.rule.text}"
            source = review.number.says_source
            fact = f"judged.{review.rule.name}"
            yield Reason("end_by_review", Level.FLAG, fact, True, review.number.value, source, says)


def _kept_on(protocol: Protocol, facts: EndFacts, now: datetime) -> Iterable[Reason]:
    if facts.better_since is None:
        return
    months = (now - facts.better_since).total_seconds() / 86_400 / DAYS_IN_MONTH
    for kept in keep_on(protocol):
        if months < kept.months:
            says = f"{kept.rule.text} Better for {months:.1f} months so far."
            value, limit = round(months, 1), kept.months
            yield Reason("end_kept_on", Level.FLAG, "months_better", value, limit, kept.source, says)
