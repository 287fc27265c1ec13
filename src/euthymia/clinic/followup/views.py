"""The home page of a person, and the page of everything that needs a human today."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.clinic.accounts.policies import ASSESS, SEE_PEOPLE, requires
from euthymia.clinic.followup import commands, presenters, queries
from euthymia.clinic.followup.course_state import course_state
from euthymia.clinic.followup.heatmap import heatmap
from euthymia.clinic.followup.onset_view import onset_view
from euthymia.clinic.followup.outlook import outlook_panel
from euthymia.clinic.followup.risk_choice import OFFERED, accepted_risk_of
from euthymia.clinic.followup.worklist import worklist_groups
from euthymia.clinic.followup.worklist_order import ORDERS, arranged
from euthymia.clinic.people.queries import open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.portal.queries import shared_journal
from euthymia.units import read_number


@requires(SEE_PEOPLE)
def today(request: HttpRequest) -> HttpResponse:
    """What needs a human, most urgent first."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    groups = worklist_groups(queries.worklist(viewer, now), viewer, now)
    context = {"list": arranged(groups, request.GET, viewer.name), "orders": ORDERS, "now": now}
    return render(request, "followup/today.html", context)


@requires(SEE_PEOPLE)
def person(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Scores with dose marks, the forecast with what it does not know, and what comes next."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="course", now=now)
    home = queries.person_home(viewer, patient)
    outcomes = presenters.outcome_rows(home)
    context = {
        "state": course_state(viewer, home, now),
        "figure": presenters.timeline_figure(home, viewer.zone),
        "outcomes": outcomes,
        "compare_url": presenters.compare_url(home, outcomes, viewer),
        "forecast": presenters.forecast_panel(home),
        "outlook": outlook_panel(home.forecast, viewer.zone),
        "risk": accepted_risk_of(viewer, patient),
        "offered_risks": OFFERED if ASSESS.allows(viewer) else {},
        "long_run": queries.person_long_run(viewer, patient, home, now),
        "events": presenters.event_rows(home, viewer),
        "steps": presenters.next_steps(home, patient, viewer),
        "onset": onset_view(home),
        "heatmap": heatmap(home),
        "journal": shared_journal(viewer, patient),
    }
    return person_page(request, "followup/person.html", patient, "person", context)


@require_POST
@requires(ASSESS)
def accepted_risk(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What the person says about slipping before the next dose; the proposal follows it at once."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="accepted_risk", now=now)
    chance = read_number(request.POST.get("chance", ""), "chance")
    row = commands.state_accepted_risk(viewer, patient, chance, now)
    messages.success(request, f"{OFFERED[row.chance]} is written down; the proposal follows it.")
    return redirect("person", patient.id)
