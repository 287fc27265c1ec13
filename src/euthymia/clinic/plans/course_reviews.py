"""Whether a person's course may go on where its protocol asks for a review, from the rows of the clinic.

The scores judge where they can. Where they cannot, the review is a hold that a named prescriber accepts with a reason
by signing the plan anew; that reason counts for reviews that came before it. A course begins after the last plan ended.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from euthymia.care.course_review import ASKS, Review, judged_by_scores, may_go_on, reached_at, reviews_reached
from euthymia.care.decision import Decision, Level, Reason, decide, missing_of, reasons_of
from euthymia.care.instruments.instrument import Instrument
from euthymia.care.instruments.load import load_instrument
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_course import Judgement
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.measures.models import Response
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.models import Plan, PlanState
from euthymia.clinic.sessions.models import Session


@dataclass(frozen=True, slots=True)
class Given:
    """A dose that was given, and under which protocol."""

    at: datetime
    protocol_id: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A questionnaire that was filled in; `total` None where it gave none."""

    instrument: str
    variant: str
    at: datetime
    total: float | None


@dataclass(frozen=True, slots=True)
class CourseRows:
    """What a person's course is judged by, each oldest first. `accepted`: holds accepted with a plan, and when."""

    given: tuple[Given, ...] = ()
    answers: tuple[Answer, ...] = ()
    accepted: tuple[tuple[datetime, Override], ...] = ()
    began_after: datetime | None = None

    def sessions(self, protocol: Protocol) -> list[datetime]:
        """Starts of the doses of this course under any version of this protocol."""
        return [
            dose.at
            for dose in self.given
            if dose.protocol_id == protocol.id and (self.began_after is None or dose.at > self.began_after)
        ]

    def answered(self) -> dict[str, list[datetime]]:
        """When each questionnaire was filled in."""
        found: dict[str, list[datetime]] = {}
        for answer in self.answers:
            found.setdefault(answer.instrument, []).append(answer.at)
        return found


def courses_of(actor: Actor, patients: Iterable[UUID]) -> dict[UUID, CourseRows]:
    """The courses of these people, in three questions whatever their number."""
    owners = list(patients)
    given, answers = _given(actor, owners), _answers(actor, owners)
    accepted: dict[UUID, list[tuple[datetime, Override]]] = defaultdict(list)
    ended: dict[UUID, datetime] = {}
    plans = visible_to(actor, Plan).filter(patient__in=owners).defer("order", "decision")
    for plan in plans.order_by("signed_at"):
        kept = (Override(row["rule"], row["by"], row["because"]) for row in plan.overrides)
        accepted[plan.patient_id] += ((plan.signed_at, override) for override in kept)
        if plan.state == PlanState.ENDED and plan.ended_at is not None:
            ended[plan.patient_id] = max(plan.ended_at, ended.get(plan.patient_id, plan.ended_at))
    return {
        owner: CourseRows(tuple(given[owner]), tuple(answers[owner]), tuple(accepted[owner]), ended.get(owner))
        for owner in owners
    }


def _given(actor: Actor, patients: list[UUID]) -> dict[UUID, list[Given]]:
    found: dict[UUID, list[Given]] = defaultdict(list)
    rows = visible_to(actor, Session).filter(patient__in=patients, dose_given_mg__gt=0, dose_started_at__isnull=False)
    fields = ("patient_id", "dose_started_at", "plan__protocol_version__protocol_id")
    for owner, *dose in rows.order_by("dose_started_at").values_list(*fields):
        found[owner].append(Given(*dose))
    return found


def _answers(actor: Actor, patients: list[UUID]) -> dict[UUID, list[Answer]]:
    found: dict[UUID, list[Answer]] = defaultdict(list)
    rows = visible_to(actor, Response).filter(patient__in=patients).order_by("at", "pk")
    for owner, *answer in rows.values_list("patient_id", "instrument", "variant", "at", "total"):
        found[owner].append(Answer(*answer))
    return found


def course_decision(actor: Actor, patient_id: UUID, protocol: Protocol, now: datetime) -> Decision:
    """Whether this person's course on this protocol may go on, before anybody accepts a hold now."""
    return may_continue(protocol, courses_of(actor, [patient_id])[patient_id], now)


def may_continue(protocol: Protocol, rows: CourseRows, now: datetime) -> Decision:
    """The reviews that have come, as holds with their source unless the scores or a prescriber say go on."""
    sessions = rows.sessions(protocol)
    reached = {review.rule.name: review for review in reviews_reached(protocol, sessions, now)}
    since = {name: reached_at(review, sessions) for name, review in reached.items()}
    judged = {name: verdict(protocol, rows, review, sessions, now) for name, review in reached.items()}
    decision = may_go_on(protocol, sessions, judged, now)
    # Nobody's word yet: a person may give it, so it is a hold and not a fact that only a form could supply.
    open_reviews = [unjudged(reached[missing.needed_by]) for missing in missing_of(decision)]
    accepted = [one for at, one in rows.accepted if one.rule in since and since[one.rule] < at <= now]
    return with_overrides(decide([*reasons_of(decision), *open_reviews]), accepted)


def unjudged(review: Review) -> Reason:
    """A review that has come and that the scores cannot judge."""
    rule = review.rule
    says = f"{rule.text} {ASKS[review.asks]} The scores since then cannot tell."
    fact = f"judged.{rule.name}"
    return Reason(rule.name, Level.HOLD, fact, None, review.number.value, review.number.says_source, says)


def verdict(
    protocol: Protocol, rows: CourseRows, review: Review, sessions: Iterable[datetime], now: datetime
) -> bool | None:
    """What the scores on the protocol's own questionnaires say; the first that can tell speaks."""
    starts = sorted(sessions)
    since = reached_at(review, starts)
    return told_by_scores(scored_course(protocol, rows, starts, now), review.asks, since)


@dataclass(frozen=True, slots=True)
class Scored:
    """The totals of a course on one questionnaire: the last before the first dose, and those after it."""

    instrument: Instrument
    baseline: float
    after: tuple[tuple[datetime, float], ...]


def scored_course(protocol: Protocol, rows: CourseRows, sessions: Iterable[datetime], now: datetime) -> list[Scored]:
    """Each of the protocol's questionnaires that has a total from before the first dose, on the form of that total."""
    found, first = [], min(sessions, default=None)
    for name in dict.fromkeys(asked.instrument for asked in protocol.assessments if first is not None):
        instrument = load_instrument(name)
        scored = [
            (row.variant, row.at, row.total)
            for row in rows.answers
            if row.instrument == name
            and row.at <= now
            and row.total is not None
            and instrument.lowest <= row.total <= instrument.highest
        ]
        before = [row for row in scored if first is not None and row[1] <= first]
        if before:
            form, last_at, baseline = before[-1]
            after = tuple((at, total) for variant, at, total in scored if at > last_at and variant == form)
            found.append(Scored(instrument, baseline, after))
    return found


def told_by_scores(scored: Iterable[Scored], asks: Judgement, since: datetime) -> bool | None:
    """What the scores after an instant say of what is asked; the first questionnaire that can tell speaks."""
    for one in scored:
        totals = [total for at, total in one.after if at > since]
        told = judged_by_scores(asks, one.instrument, one.baseline, totals)
        if told is not None:
            return told
    return None


def as_flags(decision: Decision) -> Decision:
    """The same reasons, said and not refusing: a review is decided with the plan, and only told at the chair."""
    return decide(replace(reason, level=Level.FLAG) for reason in reasons_of(decision))
