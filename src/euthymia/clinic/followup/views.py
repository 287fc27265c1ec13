"""The home page of a person, and the page of everything that needs a human today."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from euthymia.clinic.accounts.policies import SEE_PEOPLE, requires
from euthymia.clinic.followup import presenters, queries
from euthymia.clinic.followup.worklist import worklist_groups
from euthymia.clinic.people.queries import open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.portal.queries import shared_journal


@requires(SEE_PEOPLE)
def today(request: HttpRequest) -> HttpResponse:
    """What needs a human, most urgent first."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    groups = worklist_groups(queries.worklist(viewer, now), viewer, now)
    context = {"groups": groups, "count": sum(len(group.items) for group in groups), "now": now}
    return render(request, "followup/today.html", context)


@requires(SEE_PEOPLE)
def person(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Scores with dose marks, the forecast with what it does not know, and what comes next."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="course", now=now)
    home = queries.person_home(viewer, patient)
    context = {
        "figure": presenters.timeline_figure(home, viewer.zone),
        "outcomes": presenters.outcome_rows(home),
        "forecast": presenters.forecast_panel(home),
        "long_run": queries.person_long_run(viewer, patient, home, now),
        "events": presenters.event_rows(home, viewer),
        "steps": presenters.next_steps(home, patient, viewer),
        "heatmap": presenters.symptom_rows(home),
        "journal": shared_journal(viewer, patient),
    }
    return person_page(request, "followup/person.html", patient, "person", context)
