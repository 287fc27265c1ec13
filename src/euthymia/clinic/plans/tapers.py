"""Where in a taper a person is: the steps taken, the next one, and what the forecast says of waiting so long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from euthymia.care.decision import Decision, Reason, reasons_of
from euthymia.care.protocol import Protocol
from euthymia.care.protocol_course import Judgement
from euthymia.care.taper import NamedInterval, TaperFacts, may_lengthen, may_step, next_named, taper_stops
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.followup.risk_choice import accepted_risk_of
from euthymia.clinic.followup.slipping import chance_after_dose, days_held, is_slipping
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.course_reviews import courses_of, scored_course, told_by_scores
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
    stops: why the taper must stop now; empty while it may go on.
    """

    steps: tuple[TaperStep, ...]
    step: TaperStep | None
    number: int
    due_at: datetime | None
    now_days: int | None
    proposed: NamedInterval | None
    about: Decision
    stops: tuple[Reason, ...]
    chance: float | None
    held_days: int | None
    accepted_risk: float


def taper_today(actor: Actor, plan: Plan, now: datetime) -> Taper:
    """Where the taper of this plan stands. Call after `open_patient`, which records the reading."""
    protocol, steps = protocol_of(plan.protocol_version), steps_of(plan)
    doses = course_doses(actor, plan, protocol, now)
    step = steps[-1] if steps and steps[-1].interval_days else None
    plain = taper_facts(actor, plan, None, now, doses=doses, steps=steps)
    proposed = next_named(protocol, plain.now_days)
    asked = taper_facts(actor, plan, proposed.days, now, doses=doses, steps=steps) if proposed else plain
    forecast = forecast_of(actor, plan)
    return Taper(
        steps=steps,
        step=step,
        number=number_of(steps),
        due_at=doses[-1] + (step.interval_days or 0) * DAY if step and doses else None,
        now_days=plain.now_days,
        proposed=proposed,
        about=may_lengthen(protocol, proposed.days, asked) if proposed else may_step(plain),
        stops=reasons_of(taper_stops(plain)) if step else (),
        chance=asked.chance,
        held_days=days_held(forecast),
        accepted_risk=plain.accepted_risk,
    )


def steps_of(plan: Plan) -> tuple[TaperStep, ...]:
    """Every step of this plan's taper, oldest first."""
    return tuple(plan.taper_steps.order_by("pk"))


def number_of(steps: tuple[TaperStep, ...]) -> int:
    """Which step of the taper that goes on is the last; 0 where none goes on."""
    number = 0
    for step in steps:
        number = number + 1 if step.interval_days else 0
    return number


def course_doses(actor: Actor, plan: Plan, protocol: Protocol, now: datetime) -> list[datetime]:
    """Starts of the doses of this course, oldest first."""
    rows = courses_of(actor, [plan.patient_id])[plan.patient_id]
    return sorted(at for at in rows.sessions(protocol) if at <= now)


def taper_facts(
    actor: Actor,
    plan: Plan,
    asked_days: int | None,
    now: datetime,
    *,
    doses: list[datetime] | None = None,
    steps: tuple[TaperStep, ...] | None = None,
) -> TaperFacts:
    """What is known today of this person for a step of so many days."""
    protocol = protocol_of(plan.protocol_version)
    doses = course_doses(actor, plan, protocol, now) if doses is None else doses
    steps = steps_of(plan) if steps is None else steps
    forecast = forecast_of(actor, plan)
    gap = round((doses[-1] - doses[-2]) / DAY) if len(doses) > 1 else None
    held = steps[-1].interval_days if steps else None
    return TaperFacts(
        now_days=held or gap,
        response_kept=response_kept(actor, plan, protocol, doses, now),
        is_slipping=is_slipping(forecast) if forecast else None,
        chance=chance_after_dose(forecast, asked_days) if asked_days else None,
        accepted_risk=accepted_risk_of(actor, plan.patient).chance,
    )


def response_kept(actor: Actor, plan: Plan, protocol: Protocol, doses: list[datetime], now: datetime) -> bool | None:
    """Whether the scores since the last dose are still a response; None before a dose and without a score since."""
    if not doses:
        return None
    rows = courses_of(actor, [plan.patient_id])[plan.patient_id]
    return told_by_scores(scored_course(protocol, rows, doses, now), Judgement.RESPONSE_KEPT, doses[-1])


def forecast_of(actor: Actor, plan: Plan) -> CourseForecast | None:
    """The kept forecast of the plan's person."""
    return visible_to(actor, CourseForecast).filter(patient_id=plan.patient_id).first()


@dataclass(frozen=True, slots=True)
class Running:
    """A taper that goes on: the step that holds, which it is, and whether the scores still show a response."""

    step: TaperStep
    number: int
    response_kept: bool | None


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
        running[owner] = Running(steps[-1], number_of(tuple(steps)), kept)
    return running
