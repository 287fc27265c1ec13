"""Where in a taper a person is: the steps taken, the next one, and what the forecast says of waiting so long."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from euthymia.care.decision import Decision, Reason, reasons_of
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocol_course import Judgement
from euthymia.care.taper import (
    NamedInterval,
    TaperFacts,
    accepted_still,
    may_lengthen,
    may_step,
    next_named,
    taper_stops,
)
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.followup.risk_choice import accepted_risk_of
from euthymia.clinic.followup.slipping import chance_after_dose, days_held, is_slipping
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.course_reviews import CourseRows, courses_of, scored_course, told_by_scores
from euthymia.clinic.plans.models import Plan, PlanState, TaperStep
from euthymia.clinic.plans.queries import protocol_of

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Taper:
    """A person's taper today.

    step: the one that holds; None before the first and after the taper stopped.   number: which it is since the taper
    began.   due_at: the next dose by it.   now_days: the interval the person is on, by the taper or by the doses.
    proposed: the protocol's next longer interval; None where it names none.   about: what speaks for and against it,
    or against any longer interval.
    stops: why the taper must stop now; empty while it may go on.   accepted: what would stop it and was accepted.
    """

    steps: tuple[TaperStep, ...]
    step: TaperStep | None
    number: int
    due_at: datetime | None
    now_days: int | None
    proposed: NamedInterval | None
    about: Decision
    stops: tuple[Reason, ...]
    accepted: tuple[Reason, ...]
    chance: float | None
    held_days: int | None
    accepted_risk: float


def taper_today(actor: Actor, plan: Plan, now: datetime) -> Taper:
    """Where the taper of this plan stands. Call after `open_patient`, which records the reading."""
    protocol, known = protocol_of(plan.protocol_version), known_today(actor, plan, now)
    step, facts = known.step, known.facts
    proposed = next_named(protocol, facts.now_days)
    asked = known.facts_for(proposed.days) if proposed else facts
    held = reasons_of(with_overrides(taper_stops(facts), known.accepted)) if step else ()
    return Taper(
        steps=known.steps,
        step=step,
        number=number_of(known.steps),
        due_at=known.doses[-1] + (step.interval_days or 0) * DAY if step and known.doses else None,
        now_days=facts.now_days,
        proposed=proposed,
        about=may_lengthen(protocol, proposed.days, asked) if proposed else may_step(facts),
        stops=tuple(reason for reason in held if reason.refuses),
        accepted=tuple(reason for reason in held if not reason.refuses),
        chance=asked.chance,
        held_days=days_held(known.forecast),
        accepted_risk=facts.accepted_risk,
    )


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a plan's taper today, read once.

    doses: starts of this course's doses, oldest first.   accepted: the holds a prescriber accepted since the
    last answer.
    """

    steps: tuple[TaperStep, ...]
    doses: list[datetime]
    forecast: CourseForecast | None
    facts: TaperFacts
    accepted: tuple[Override, ...] = ()

    @property
    def step(self) -> TaperStep | None:
        """The step that holds; None before the first and after the taper stopped."""
        return self.steps[-1] if self.steps and self.steps[-1].interval_days else None

    def facts_for(self, asked_days: int) -> TaperFacts:
        """The same for a step of so many days."""
        return replace(self.facts, chance=chance_after_dose(self.forecast, asked_days))


def known_today(actor: Actor, plan: Plan, now: datetime) -> Known:
    """What the rows say of this plan's taper today."""
    protocol, steps = protocol_of(plan.protocol_version), steps_of(plan)
    rows = courses_of(actor, [plan.patient_id])[plan.patient_id]
    doses = sorted(at for at in rows.sessions(protocol) if at <= now)
    scored = scored_course(protocol, rows, doses, now)
    forecast = visible_to(actor, CourseForecast).filter(patient_id=plan.patient_id).first()
    gap = round((doses[-1] - doses[-2]) / DAY) if len(doses) > 1 else None
    facts = TaperFacts(
        now_days=(steps[-1].interval_days if steps else None) or gap,
        response_kept=told_by_scores(scored, Judgement.RESPONSE_KEPT, doses[-1]) if doses else None,
        is_slipping=is_slipping(forecast) if forecast else None,
        accepted_risk=accepted_risk_of(actor, plan.patient).chance,
    )
    return Known(steps, doses, forecast, facts, accepted_of(steps, rows, now))


def accepted_of(steps: tuple[TaperStep, ...], rows: CourseRows, now: datetime) -> tuple[Override, ...]:
    """The holds that the last step accepted, while no answer has come since."""
    last = steps[-1] if steps else None
    if last is None or last.interval_days is None or not last.because:
        return ()
    seen = (reason["rule"] for reason in last.decision["reasons"])
    answered_at = max((row.at for row in rows.answers if row.at <= now), default=None)
    rules = accepted_still(seen, last.set_at, answered_at)
    return tuple(Override(rule, last.set_name, last.because) for rule in sorted(rules))


def steps_of(plan: Plan) -> tuple[TaperStep, ...]:
    """Every step of this plan's taper, oldest first."""
    return tuple(plan.taper_steps.order_by("pk"))


def number_of(steps: tuple[TaperStep, ...]) -> int:
    """Which step of the taper that goes on is the last; 0 where none goes on."""
    number, before = 0, 0
    for step in steps:
        days = step.interval_days or 0
        # Going on with the interval one has is no step, and a step back takes one away.
        number = 0 if not days else max(1, number + (days > before) - (days < before))
        before = days
    return number


@dataclass(frozen=True, slots=True)
class Running:
    """A taper that goes on: the step that holds, which it is, whether the scores still show a response, and which holds
    a prescriber accepted."""

    step: TaperStep
    number: int
    response_kept: bool | None
    accepted: frozenset[str]


def tapers_running(actor: Actor, now: datetime) -> dict[UUID, Running]:
    """Person → their taper, of every active plan in one; in four questions whatever their number."""
    found: dict[UUID, list[TaperStep]] = {}
    rows = visible_to(actor, TaperStep).filter(plan__state=PlanState.ACTIVE).defer("plan__order", "plan__decision")
    for step in rows.select_related("plan__protocol_version").order_by("pk"):
        found.setdefault(step.plan.patient_id, []).append(step)
    going = {owner: steps for owner, steps in found.items() if steps[-1].interval_days}
    courses = courses_of(actor, going) if going else {}
    running = {}
    for owner, steps in going.items():
        protocol, course = protocol_of(steps[-1].plan.protocol_version), courses[owner]
        doses = [at for at in course.sessions(protocol) if at <= now]
        scored = scored_course(protocol, course, doses, now)
        kept = told_by_scores(scored, Judgement.RESPONSE_KEPT, max(doses)) if doses else None
        accepted = frozenset(one.rule for one in accepted_of(tuple(steps), course, now))
        running[owner] = Running(steps[-1], number_of(tuple(steps)), kept, accepted)
    return running
