"""Whether a course has come to a point where somebody must judge it, and whether that judgement lets it go on.

A review that has come and was not judged is *cannot tell*; one judged without benefit is a hold, which a named
prescriber may override with a reason. A rule from memory only flags. Until a review comes, nothing is asked.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from euthymia.care.cited import Cited, Provenance
from euthymia.care.decision import CannotTell, Decision, Level, Missing, Reason, decide
from euthymia.care.dosing import WEEK
from euthymia.care.instruments.instrument import Instrument
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_course import CourseRule, Judgement
from euthymia.care.response_rules import Judged, meaningful_change, reliable_change, response

ASKS = {
    Judgement.BENEFIT: "Is there evidence of benefit?",
    Judgement.RESPONSE_KEPT: "Is the response kept?",
}


@dataclass(frozen=True, slots=True)
class Review:
    """A rule of the course that has come due: after how many doses or weeks, by which number."""

    rule: CourseRule
    reached: float
    number: Cited

    @property
    def asks(self) -> Judgement:
        """What is judged; a rule that does not say asks for benefit."""
        return self.rule.judged_by or Judgement.BENEFIT


@dataclass(frozen=True, slots=True)
class KeepOn:
    """How long treatment goes on after improvement, at least. Informs; it never forces a dose."""

    rule: CourseRule
    months: float
    source: str


def reviews_reached(protocol: Protocol, sessions: Iterable[datetime], now: datetime) -> tuple[Review, ...]:
    """The stopping and maintenance rules whose doses are given or whose week has ended, in document order."""
    given = sorted(at for at in sessions if at <= now)
    if not given:
        return ()
    weeks = (now - given[0]) / WEEK
    found = []
    for rule in (*protocol.stopping, *protocol.maintenance):
        for number, reached in ((rule.after_doses, float(len(given))), (rule.at_week, weeks)):
            if number is not None and number.value is not None and reached >= number.value:
                found.append(Review(rule, reached, number))
    return tuple(found)


def may_go_on(
    protocol: Protocol, sessions: Iterable[datetime], judged: Mapping[str, bool | None], now: datetime
) -> Decision:
    """Whether the course may go on after the reviews that have come.

    sessions: starts of the doses of this course.   judged: what a clinician judged, by the name of the rule; None or
    absent is not judged.
    """
    reasons: list[Reason] = []
    missing: list[Missing] = []
    for review in reviews_reached(protocol, sessions, now):
        rule, verdict = review.rule, judged.get(review.rule.name)
        from_memory = rule.provenance is Provenance.MEMORY
        if verdict is None and not from_memory:
            missing.append(Missing(f"judged.{rule.name}", rule.name, f"{rule.text} {ASKS[review.asks]}"))
        elif verdict is not True:
            level = Level.FLAG if from_memory else Level.HOLD
            fact = f"judged.{rule.name}"
            source = review.number.says_source
            reasons.append(Reason(rule.name, level, fact, verdict, review.number.value, source, rule.text))
    return decide(reasons, missing)


def keep_on(protocol: Protocol) -> tuple[KeepOn, ...]:
    """For how long the protocol says treatment goes on after improvement."""
    return tuple(
        KeepOn(rule, rule.at_least_months.value, rule.at_least_months.says_source)
        for rule in protocol.maintenance
        if rule.at_least_months is not None and rule.at_least_months.value is not None
    )


def reached_at(review: Review, sessions: Iterable[datetime]) -> datetime:
    """When a review came: at the start of the dose it counts to, or at the end of its week. sessions: as above."""
    given, number = sorted(sessions), review.number.value or 0.0
    if review.number is review.rule.after_doses:
        return given[math.ceil(number) - 1]
    return given[0] + number * WEEK


def judged_by_scores(
    asks: Judgement, instrument: Instrument, baseline: float | None, since: Sequence[float]
) -> bool | None:
    """What the totals since the review came say of what it asks; None where they cannot tell.

    A response is enough for both. Benefit is also a change for the better beyond chance, at any time since; one that
    people notice but that may be chance is left to a person. A response is kept only while the latest total is one.
    since: oldest first.
    """
    answers = [_judged(asks, instrument, baseline, total) for total in since]
    if not answers:
        return None
    if asks is Judgement.BENEFIT and True in answers:
        return True
    return answers[-1]


def _judged(asks: Judgement, instrument: Instrument, baseline: float | None, total: float) -> bool | None:
    responded = response(instrument, baseline, total)
    if isinstance(responded, Judged) and responded.met:
        return True
    if asks is Judgement.RESPONSE_KEPT:
        return False if isinstance(responded, Judged) else None
    surely = reliable_change(instrument, baseline, total)
    noticed = meaningful_change(instrument, baseline, total)
    if isinstance(surely, CannotTell) and isinstance(noticed, CannotTell):
        return None
    if _better(surely):
        return True
    return None if _better(noticed) else False


def _better(change: Judged | CannotTell) -> bool:
    return isinstance(change, Judged) and change.met and (change.points or 0.0) > 0
