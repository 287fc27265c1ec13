"""The present episode on screen: which criterion is met by what, and the form a clinician answers."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.care.episode import System
from euthymia.clinic.accounts.policies import ASSESS, requires
from euthymia.clinic.assessments import commands
from euthymia.clinic.assessments.episode_pages import episode_page, read_signs
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.errors import BadInput

REFUSED_FORM = 422


@requires(ASSESS)
def episode(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Each criterion met, not met or not asked, and by what and when."""
    viewer = request.viewer  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="assessment", now=timezone.now())
    return _page(request, patient)


@require_POST
@requires(ASSESS)
def episode_record(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Write down what changed; a statement that cannot be meant leaves everything unwritten."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="assessment", now=now)
    signs = read_signs({name: str(value) for name, value in request.POST.items()})
    try:
        rows = commands.record_facts(viewer, patient, signs, now, again="again" in request.POST)
    except BadInput as refusal:
        return _page(request, patient, refusal)
    messages.success(request, f"{len(rows)} answer{'s' if len(rows) != 1 else ''} written down.")
    return redirect(f"{reverse('episode', args=[patient.id])}?system={_system(request)}")


def _system(request: HttpRequest) -> System:
    asked = request.POST.get("system") or request.GET.get("system", "")
    return System(asked) if asked in list(System) else System.DSM5


def _page(request: HttpRequest, patient: Patient, refusal: BadInput | None = None) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    context = {"page": episode_page(viewer, patient, _system(request), timezone.now()), "refusal": refusal}
    status = REFUSED_FORM if refusal else 200
    return person_page(request, "assessments/episode.html", patient, "assess", context, status=status)
