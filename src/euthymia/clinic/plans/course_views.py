"""The course of a plan on screen: its end, and a taper towards it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.care.course_end import EndReason
from euthymia.clinic.accounts.policies import PRESCRIBE, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.followup.words import many
from euthymia.clinic.people.queries import open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.plans import queries
from euthymia.clinic.plans.course_commands import end_plan
from euthymia.clinic.plans.models import Plan
from euthymia.clinic.plans.switching import asked_again, ways, weight_problem
from euthymia.clinic.plans.taper_commands import decide_step, stop_taper, take_step
from euthymia.clinic.plans.views import REFUSED_FORM, plan_page, reviews_now
from euthymia.errors import BadInput
from euthymia.units import read_number

Change = Callable[[Viewer, Plan, datetime], str]


@require_POST
@requires(PRESCRIBE)
def plan_end(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """End the course for a reason; what comes after it goes on by itself."""

    def end(viewer: Viewer, plan: Plan, now: datetime) -> str:
        chosen = request.POST.get("because", "")
        if chosen not in set(EndReason):
            raise BadInput("missing_reason", "because", "Choose why the course ends.")
        end_plan(viewer, plan, reason=request.POST.get("reason", ""), because=EndReason(chosen), now=now)
        return "The course has ended. Planned visits are cancelled; the protocol's later questions are still asked."

    return changed(request, patient_id, end)


@require_POST
@requires(PRESCRIBE)
def taper_step(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Doses are further apart from now on."""

    def take(viewer: Viewer, plan: Plan, now: datetime) -> str:
        step = take_step(viewer, plan, asked_days(request), now)
        return f"From now on a dose every {many(step.interval_days or 0, 'day')}."

    return changed(request, patient_id, take)


@require_POST
@requires(PRESCRIBE)
def taper_decide(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The taper goes on, or back, by the prescriber's own decision."""

    def decided(viewer: Viewer, plan: Plan, now: datetime) -> str:
        step = decide_step(viewer, plan, asked_days(request), request.POST.get("because", ""), now)
        return f"Decided: a dose every {many(step.interval_days or 0, 'day')}. The next answer opens this again."

    return changed(request, patient_id, decided)


@require_POST
@requires(PRESCRIBE)
def taper_stop(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The taper stops where it is."""

    def stop(viewer: Viewer, plan: Plan, now: datetime) -> str:
        stop_taper(viewer, plan, request.POST.get("because", ""), now)
        return "The taper has stopped. The next dose is due by the protocol and the forecast again."

    return changed(request, patient_id, stop)


@requires(PRESCRIBE)
def plan_switch(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The plan now beside the clinic's other protocols; choosing one opens its plan."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="plan_switch", now=now)
    plan = queries.active_plan(viewer, patient)
    context: dict[str, object] = {"plan": plan}
    if plan is not None:
        usable = plan.protocol_version.protocol_id in queries.usable_versions(viewer)
        context |= {
            "ways": ways(viewer, patient, plan, now),
            "reviews": reviews_now(viewer, plan, now),
            "asked": asked_again(plan) if usable else "",
            "weight_problem": weight_problem(viewer, patient, now),
        }
    return person_page(request, "plans/switch.html", patient, "plan", context)


def asked_days(request: HttpRequest) -> int:
    """The interval of a form, in whole days."""
    days = read_number(request.POST.get("interval_days", ""), "interval_days")
    if days != int(days):
        raise BadInput("not_whole", "interval_days", "Give whole days.")
    return int(days)


def changed(request: HttpRequest, patient_id: UUID, change: Change) -> HttpResponse:
    """Changes the plan the page showed, or shows the page again with why not."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="plan", now=now)
    row = queries.active_plan(viewer, patient)
    if row is None or str(row.id) != request.POST.get("plan"):
        messages.warning(request, "This plan had already ended.")
        return redirect("plan", patient.id)
    try:
        said = change(viewer, row, now)
    except BadInput as refusal:
        return plan_page(request, patient, request.GET, refusal=refusal, status=REFUSED_FORM)
    messages.success(request, said)
    return redirect("plan", patient.id)
