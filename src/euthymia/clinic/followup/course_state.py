"""Where a person's course stands beside its scores: ended and why, in a taper, or going on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from euthymia.clinic.accounts.policies import PRESCRIBE
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.followup.queries import PersonHome
from euthymia.clinic.followup.words import many
from euthymia.clinic.plans.end_words import end_words
from euthymia.clinic.plans.models import Plan, PlanState
from euthymia.clinic.plans.plan_pages import cited
from euthymia.clinic.plans.protocol_pages import moment
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.plans.taper_pages import proposal_words, step_words, waiting_words, where_words
from euthymia.clinic.plans.tapers import taper_today


@dataclass(frozen=True, slots=True)
class CourseState:
    """The words of the panel. `stops`: why a taper must stop. `url`: where a prescriber acts; empty for others."""

    title: str
    look: str
    chip: str
    words: tuple[str, ...]
    stops: tuple[str, ...] = ()
    url: str = ""
    action: str = ""


def course_state(viewer: Viewer, home: PersonHome, now: datetime) -> CourseState | None:
    """The end of the course, or the taper it is in; None while neither is there. Call after `open_patient`."""
    plan = home.last_plan
    if plan is None:
        return None
    url = reverse("plan", args=[plan.patient_id]) if PRESCRIBE.allows(viewer) else ""
    if plan.state == PlanState.ENDED:
        return ended_state(plan, home, viewer, url, now)
    if not plan.taper_steps.all():
        return None
    taper, protocol = taper_today(viewer, plan, now), protocol_of(plan.protocol_version)
    if taper.step is None:
        stopped = f"{step_words(taper.steps[-1])} ({moment(taper.steps[-1].set_at, viewer.zone)})"
        return CourseState("The taper stopped", "quiet", "stopped", (stopped,), (), url, "Open the plan")
    source = f" {cited(taper.proposed.source, protocol)}." if taper.proposed else ""
    return CourseState(
        "In a taper",
        "danger" if taper.stops else "info",
        "stop" if taper.stops else f"step {taper.number}",
        (
            where_words(taper, viewer),
            f"{proposal_words(taper)}{source}",
            waiting_words(taper),
            *(reason.says for reason in taper.accepted),
        ),
        tuple(reason.says for reason in taper.stops),
        f"{url}#taper" if url else "",
        "Stop it, or decide" if taper.stops else "Open the taper",
    )


def ended_state(plan: Plan, home: PersonHome, viewer: Viewer, url: str, now: datetime) -> CourseState:
    """Why the course ended, and what is still asked."""
    coming = home.still_to_ask(now)
    asked = f"{many(len(coming), 'more time')}, next on {moment(coming[0].due_at, viewer.zone)}" if coming else ""
    words = (
        f"{end_words(plan)} ({moment(plan.ended_at, viewer.zone)}).",
        f"No dose is due. Asked {asked}." if asked else "No dose is due, and nothing more is put down to ask.",
    )
    return CourseState("The course has ended", "quiet", "ended", words, (), url, "Make a new plan")


def moments_of(plan: Plan) -> list[tuple[datetime, str, str]]:
    """What happened to a plan, for the line of events: signed, taken over from another, tapered, ended."""
    title = protocol_of(plan.protocol_version).title
    begun = "Switched to" if plan.switched_from_id else "Plan signed"
    found = [(plan.signed_at, begun, f"{title}, {plan.signed_by}")]
    found += [(step.set_at, "Taper", step_words(step)) for step in plan.taper_steps.all()]
    if plan.ended_at and plan.state == PlanState.ENDED:
        found.append((plan.ended_at, "Course ended", end_words(plan)))
    elif plan.ended_at and plan.ended_because:
        found.append((plan.ended_at, "Switched from", title))
    return found
