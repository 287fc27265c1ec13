"""What the program does by itself, for whoever runs the clinic."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from euthymia.clinic.accounts.policies import SET_CONTACT_RULES, requires
from euthymia.clinic.jobs.queries import job_rows


@require_GET
@requires(SET_CONTACT_RULES)
def jobs(request: HttpRequest) -> HttpResponse:
    """Each job: how often, when last, and what came of it."""
    return render(request, "jobs/jobs.html", {"rows": job_rows(timezone.now())})
