"""Therapy notes on screen, beside the doses they belong to."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from euthymia.clinic.accounts.policies import WRITE_THERAPY, requires
from euthymia.clinic.people.forms import show_refusal
from euthymia.clinic.people.queries import open_patient, visible_to
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.therapy.commands import write_note
from euthymia.clinic.therapy.forms import NoteForm
from euthymia.clinic.therapy.queries import notes_of
from euthymia.errors import BadInput

REFUSED_FORM = 422


@require_http_methods(["GET", "POST"])
@requires(WRITE_THERAPY)
def therapy(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The notes so far, and a form for the next one."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="therapy_notes", now=now)
    form = NoteForm(request.POST if request.method == "POST" else None)
    sessions = visible_to(viewer, Session).filter(patient=patient).order_by("-scheduled_for")
    form.fields["session"].queryset = sessions  # type: ignore[attr-defined]
    form.fields["session"].label_from_instance = visit_label  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        session = fields["session"]
        try:
            write_note(
                viewer,
                patient,
                kind=fields["kind"],
                text=fields["text"],
                intention=fields["intention"],
                session_id=session.id if session else "",
                at=fields["at"] or now,
                now=now,
            )
        except BadInput as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "The note is saved and stands on the timeline.")
            return redirect("therapy", patient.id)
    context = {"form": form, "notes": notes_of(viewer, patient)}
    status = REFUSED_FORM if form.errors else 200
    return person_page(request, "therapy/therapy.html", patient, "therapy", context, status=status)


def visit_label(session: Session) -> str:
    return f"{timezone.localtime(session.scheduled_for):%d %B %Y, %H:%M}"
