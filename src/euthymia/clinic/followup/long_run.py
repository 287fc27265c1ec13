"""A person's treatment over the long run: what was given so far, what years may harm, and what is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.care.cited import said_source
from euthymia.care.course_review import keep_on, reached_at, reviews_reached
from euthymia.care.decision import CannotTell, Level, Reason, reasons_of
from euthymia.care.dosing import PriorDose
from euthymia.care.followup import AskedDue, Timeliness, due_assessments
from euthymia.care.instruments import load_instrument
from euthymia.care.long_term import Exposure, LongTermDue, exposure, long_term_due
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_course import LongTermCheck
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.people.models import CarePhase, Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.course_reviews import CourseRows, courses_of, may_continue
from euthymia.clinic.plans.models import Plan, PlanState, ProtocolVersion
from euthymia.clinic.plans.plan_pages import cited
from euthymia.clinic.plans.queries import protocol_of

NOT_SET = "the clinic has not set how often"
FROM_FIRST_DOSE = "counts from the first dose"
ELSEWHERE = "kept outside this record"
# A person who left or declined is not called back by a list.
LISTED = (CarePhase.INDUCTION, CarePhase.MAINTENANCE, CarePhase.FOLLOW_UP)


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check of what years may harm, in words. `due` is a date, or why there is none."""

    what: str
    text: str
    last_done: datetime | None
    never: str
    due_at: datetime | None
    no_date: str
    late: bool
    source: str


@dataclass(frozen=True, slots=True)
class AskedRow:
    """One questionnaire that waits for an answer, by its latest moment. `earlier`: moments before it, unanswered."""

    title: str
    moment: str
    due_at: datetime
    late: bool
    earlier: int
    source: str


@dataclass(frozen=True, slots=True)
class LongRun:
    """The panel: per drug, per check, per questionnaire, and how long the protocol says treatment goes on."""

    given: tuple[Exposure, ...]
    checks: tuple[CheckRow, ...]
    asked: tuple[AskedRow, ...]
    keeps_on: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """One person whose course waits for a review, or whose check is overdue. `since`: when the first of them came."""

    patient: Patient
    reviews: tuple[Reason, ...]
    late: tuple[LongTermDue, ...]
    since: datetime | None = None


def long_run(plan: Plan | None, rows: CourseRows, doses: tuple[PriorDose, ...], now: datetime) -> LongRun | None:
    """The panel of one person; None while there is neither a plan nor a dose."""
    given = exposure(doses, now)
    if plan is None:
        return LongRun(given, (), (), ()) if given else None
    protocol = protocol_of(plan.protocol_version)
    kept = tuple((f"{one.rule.text} At least {one.months:g} months.", one.source) for one in keep_on(protocol))
    return LongRun(given, check_rows(protocol, rows, now), asked_rows(protocol, rows, now), kept)


def last_done(protocol: Protocol, rows: CourseRows, now: datetime) -> dict[str, datetime]:
    """When each check was last done, as far as its questionnaire tells."""
    answered = {name: [at for at in when if at <= now] for name, when in rows.answered().items()}
    return {
        check.name: max(answered[check.instrument]) for check in protocol.long_term if answered.get(check.instrument)
    }


def checks_due(
    protocol: Protocol, rows: CourseRows, done: Mapping[str, datetime], now: datetime
) -> tuple[LongTermDue | CannotTell | None, ...]:
    """Each check's answer, in the protocol's order; None for each before the first dose. `done`: `last_done`."""
    first = min((dose.at for dose in rows.given if dose.at <= now), default=None)
    if first is None:
        return (None,) * len(protocol.long_term)
    return long_term_due(protocol, first, done, now)


def check_rows(protocol: Protocol, rows: CourseRows, now: datetime) -> tuple[CheckRow, ...]:
    done = last_done(protocol, rows, now)
    due = checks_due(protocol, rows, done, now)
    return tuple(
        check_row(protocol, check, done.get(check.name), answer)
        for check, answer in zip(protocol.long_term, due, strict=True)
    )


def check_row(
    protocol: Protocol, check: LongTermCheck, done: datetime | None, answer: LongTermDue | CannotTell | None
) -> CheckRow:
    """A check in words. One without a questionnaire leaves no trace here, so no date is made up for it."""
    never = "not yet" if check.instrument else ELSEWHERE
    source = cited(said_source(check.source, check.provenance), protocol)
    due_at, no_date, late = None, FROM_FIRST_DOSE, False
    if check.interval_weeks.value is None:
        no_date = NOT_SET
    elif not check.instrument:
        no_date = f"every {check.interval_weeks.value:g} weeks, {check.interval_weeks.says_source}; {ELSEWHERE}"
    elif isinstance(answer, LongTermDue):
        due_at, late = answer.due_at, answer.late
        source = f"{source}; every {answer.interval_weeks:g} weeks, {answer.source}"
    return CheckRow(check.concern.capitalize(), check.text, done, never, due_at, no_date, late, source)


def asked_rows(protocol: Protocol, rows: CourseRows, now: datetime) -> tuple[AskedRow, ...]:
    """The questionnaires due now, one line for each, by the latest moment nobody answered."""
    waiting: dict[str, list[AskedDue]] = {}
    for due in due_assessments(protocol, rows.sessions(protocol), rows.answered(), now):
        if due.status is not Timeliness.COMING:
            waiting.setdefault(due.instrument, []).append(due)
    return tuple(
        AskedRow(
            title=load_instrument(instrument).title,
            moment=all_of[-1].name.replace("_", " "),
            due_at=all_of[-1].due_at,
            late=all_of[-1].status is Timeliness.OVERDUE,
            earlier=len(all_of) - 1,
            source=cited(all_of[-1].source, protocol),
        )
        for instrument, all_of in waiting.items()
    )


def late_checks(protocol: Protocol, rows: CourseRows, now: datetime) -> tuple[LongTermDue, ...]:
    """The checks that are overdue and that an answer here could settle."""
    due = checks_due(protocol, rows, last_done(protocol, rows, now), now)
    return tuple(row for row in due if isinstance(row, LongTermDue) and row.late and row.check.instrument)


def standing_people(viewer: Viewer, now: datetime) -> list[Standing]:
    """People on a plan whose review is reached and not judged, or whose long-term check is overdue."""
    plans = visible_to(viewer, Plan).filter(state=PlanState.ACTIVE, patient__phase__in=LISTED)
    # Who is on which protocol is all that is read of a plan here.
    plans = plans.defer("order", "decision")
    active = list(plans.select_related("patient").order_by("patient__family_name", "patient__given_name"))
    if not active:
        return []
    versions = visible_to(viewer, ProtocolVersion).in_bulk({plan.protocol_version_id for plan in active})
    protocols = {pk: protocol_of(row) for pk, row in versions.items()}
    rows = courses_of(viewer, [plan.patient_id for plan in active])
    found = [standing_of(plan, protocols, rows, now) for plan in active]
    return [one for one in found if one.reviews or one.late]


def standing_of(
    plan: Plan, protocols: Mapping[int, Protocol], rows: Mapping[UUID, CourseRows], now: datetime
) -> Standing:
    protocol, course = protocols[plan.protocol_version_id], rows[plan.patient_id]
    holds = (reason for reason in reasons_of(may_continue(protocol, course, now)) if reason.level is Level.HOLD)
    held, late, sessions = tuple(holds), late_checks(protocol, course, now), course.sessions(protocol)
    open_reviews = {reason.rule for reason in held}
    came = [
        reached_at(review, sessions)
        for review in reviews_reached(protocol, sessions, now)
        if review.rule.name in open_reviews
    ]
    return Standing(plan.patient, held, late, min([*came, *(due.due_at for due in late)], default=None))
