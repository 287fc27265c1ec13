"""A course that ends or has ended: what is known on that day, what is worth reading first, what goes on after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from euthymia.care.course_end import EndFacts, EndReason, end_notes
from euthymia.care.course_review import reviews_reached
from euthymia.care.decision import Reason, reasons_of
from euthymia.care.response_rules import Judged, remission, response
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.plans.course_reviews import CourseRows, Scored, courses_of, scored_course, verdict
from euthymia.clinic.plans.end_words import REASON_WORDS
from euthymia.clinic.plans.models import Plan, PlanState
from euthymia.clinic.plans.plan_pages import written_out
from euthymia.clinic.plans.queries import protocol_of

# A switch ends a course by signing the plan that takes over, never by itself.
OFFERED = tuple(reason for reason in EndReason if reason is not EndReason.SWITCHED)


@dataclass(frozen=True, slots=True)
class EndChoice:
    """One reason to choose, and what is worth reading before it is."""

    reason: EndReason
    words: str
    notes: tuple[Reason, ...]


def end_choices(actor: Actor, plan: Plan, now: datetime) -> list[EndChoice]:
    """Each reason a course may end for, with what the protocol and the scores say of it."""
    protocol, facts = protocol_of(plan.protocol_version), end_facts(actor, plan, now)
    return [
        EndChoice(
            reason,
            REASON_WORDS[reason],
            tuple(written_out(note, protocol) for note in reasons_of(end_notes(protocol, reason, facts, now))),
        )
        for reason in OFFERED
    ]


def end_facts(actor: Actor, plan: Plan, now: datetime) -> EndFacts:
    """What the rows say of the course of this plan today."""
    protocol, rows = protocol_of(plan.protocol_version), courses_of(actor, [plan.patient_id])[plan.patient_id]
    sessions = [at for at in rows.sessions(protocol) if at <= now]
    scored = next(iter(scored_course(protocol, rows, sessions, now)), None)
    judged = {
        review.rule.name: verdict(protocol, rows, review, sessions, now)
        for review in reviews_reached(protocol, sessions, now)
    }
    return EndFacts(tuple(sessions), in_remission(scored), better_since(scored), judged)


def in_remission(scored: Scored | None) -> bool | None:
    """By the latest total and the scale's own rule; None where neither tells."""
    if scored is None or not scored.after:
        return None
    judged = remission(scored.instrument, scored.after[-1][1])
    return judged.met if isinstance(judged, Judged) else None


def better_since(scored: Scored | None) -> datetime | None:
    """The first total of the responses that have lasted to the latest one; None where the latest is none."""
    since = None
    for at, total in reversed(scored.after if scored else ()):
        judged = response(scored.instrument, scored.baseline, total) if scored else None
        if not isinstance(judged, Judged) or not judged.met:
            break
        since = at
    return since


def rows_before_end(rows: CourseRows, plan: Plan) -> CourseRows:
    """The rows of the course that ended with this plan, which an ended plan otherwise leaves behind."""
    return rows if plan.state == PlanState.ACTIVE else replace(rows, began_after=None)
