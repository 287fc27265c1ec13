"""A person's safety plan: read, written together, and printed for the person to keep."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods, require_safe

from euthymia.care.crisis import crisis_lines
from euthymia.care.safety_plan import BASIS, PARTS, WHY_NO_STALE_LIMIT, Draft, SafetyPlan, review_words
from euthymia.clinic.accounts.policies import ASSESS, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.measures import risk_queries, safety_commands, safety_queries
from euthymia.clinic.measures.risk_forms import SafetyPlanForm
from euthymia.clinic.people.forms import show_refusal
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.errors import BadInput

REFUSED_FORM = 422


@require_safe
@requires(ASSESS)
def safety_plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The plan that holds, or an earlier version of it, with the lines to call."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="safety_plan", now=now)
    context = what_is_shown(viewer, patient, request.GET.get("version", ""), now)
    return person_page(request, "measures/safety_plan.html", patient, "person", context)


@require_safe
@requires(ASSESS)
def printed(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The person's own copy, on paper and in their language."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="safety_plan_print", now=now)
    context = what_is_shown(viewer, patient, "", now)
    if context["plan"] is None:
        raise Http404
    with translation.override(patient.language):
        return render(request, "measures/safety_plan_print.html", context | {"patient": patient, "printed_at": now})


def what_is_shown(viewer: Viewer, patient: Patient, version: str, now: datetime) -> dict[str, Any]:
    """The chosen version with its parts, its review and the lines of the clinic's country."""
    plans = safety_queries.plans_of(viewer, patient)
    chosen = plans[0] if plans else None
    if version:
        chosen = next((plan for plan in plans if str(plan.version) == version), None)
        if chosen is None:
            raise Http404
    today = now.astimezone(viewer.zone).date()
    here = crisis_lines(viewer.country)
    times = risk_queries.risk_times(viewer)
    trusted = times.trusted_line_days if times else None
    return {
        "plan": chosen,
        "parts": [(part, chosen.lines[part.id]) for part in PARTS] if chosen else [],
        "versions": plans,
        "is_latest": bool(plans) and chosen is plans[0],
        "review": review_words(chosen, today) if chosen else ("", False),
        "crisis": here,
        "stale": here.stale_lines(today, trusted) if trusted is not None else (),
        "why_unknown": "" if trusted is not None else WHY_NO_STALE_LIMIT,
        "basis": BASIS.says,
    }


@require_http_methods(["GET", "POST"])
@requires(ASSESS)
def write(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Write the plan, or its next version."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="safety_plan_write", now=now)
    plans = safety_queries.plans_of(viewer, patient)
    earlier: SafetyPlan | None = plans[0] if plans else None
    form = SafetyPlanForm(request.POST if request.method == "POST" else None, plan=earlier)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        draft = Draft(form.text, given["with_person"], given["review_on"], given.get("changed_because", ""))
        try:
            plan = safety_commands.write_safety_plan(viewer, patient, draft, now)
        except BadInput as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"Version {plan.version} is kept. Print a copy for the person.")
            return redirect("safety-plan", patient.id)
    context = {"form": form, "earlier": earlier, "basis": BASIS.says}
    status = REFUSED_FORM if form.errors else 200
    return person_page(request, "measures/safety_plan_write.html", patient, "person", context, status=status)
