"""Adverse events over HTTP: the clinic's list, a person's list, one event to its closure."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from euthymia.care.adverse_event import StepKind
from euthymia.clinic.accounts.policies import ASSESS, RUN_SESSIONS, SEE_PEOPLE, requires
from euthymia.clinic.accounts.roles import PRESCRIBING
from euthymia.clinic.adverse import commands, queries
from euthymia.clinic.adverse.forms import written_from
from euthymia.clinic.adverse.models import AdverseEvent
from euthymia.clinic.adverse.presenters import choices, event_page, event_row
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.sessions.events import uuid_of
from euthymia.clinic.sessions.queries import find_session
from euthymia.errors import BadInput

REFUSED_FORM = 422


@require_GET
@requires(SEE_PEOPLE)
def adverse_events(request: HttpRequest) -> HttpResponse:
    """Every adverse event of the clinic, those still open first."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    rows = [event_row(row, now) for row in queries.all_events(viewer)]
    record(viewer, Action.LIST, "adverse_events", now=now, detail={"count": len(rows)})
    context = {"open": [row for row in rows if row.is_open], "closed": [row for row in rows if not row.is_open]}
    return render(request, "adverse/clinic.html", context | {"may_write": ASSESS.allows(viewer)})


@require_http_methods(["GET", "POST"])
@requires(ASSESS)
def person_adverse(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """A person's adverse events, and opening one that no flowsheet tells of."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="adverse_events", now=now)
    problem: BadInput | None = None
    if request.method == "POST":
        try:
            written = written_from(viewer, {**request.POST.dict(), "step": StepKind.OPENED.value})
            event = commands.open_event(viewer, patient, written, now)
        except BadInput as refusal:
            problem = refusal
        else:
            return redirect("adverse-event", event.id)
    return _person_page(request, patient, problem, now)


def _person_page(request: HttpRequest, patient: Patient, problem: BadInput | None, now: datetime) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    context = {
        "rows": [event_row(row, now) for row in queries.events_of(viewer, patient)],
        "owners": queries.possible_owners(viewer),
        "problem": problem,
        "typed": request.POST,
        "event_id": str(uuid4()),
        **choices(),
    }
    status = REFUSED_FORM if problem else 200
    return person_page(request, "adverse/person.html", patient, "person-adverse", context, status)


@require_http_methods(["GET", "POST"])
@requires(ASSESS)
def adverse_event(request: HttpRequest, event_id: UUID) -> HttpResponse:
    """One adverse event: what is known, what is still open, what may be written next."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    event = find_or_404(viewer, AdverseEvent, id=event_id)
    patient = open_patient(viewer, event.patient_id, purpose="adverse_event", now=now)
    problem: BadInput | None = None
    if request.method == "POST":
        try:
            commands.write_step(viewer, event, written_from(viewer, request.POST.dict()), now)
        except BadInput as refusal:
            problem = refusal
            event.refresh_from_db()
        else:
            messages.success(request, "Recorded.")
            return redirect("adverse-event", event.id)
    context = {
        "event": event,
        "row": event_row(event, now),
        "page": event_page(queries.case_of(event), as_prescriber=viewer.role in PRESCRIBING),
        "owners": [one for one in queries.possible_owners(viewer) if one.user_id != event.owner_id],
        "problem": problem,
        "typed": request.POST,
        "ids": [str(uuid4()) for _ in range(9)],
        **choices(),
    }
    return person_page(
        request, "adverse/event.html", patient, "person-adverse", context, REFUSED_FORM if problem else 200
    )


@require_POST
@requires(RUN_SESSIONS)
def adverse_from_session(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Open an adverse event from a side effect in the flowsheet; the same one again leads to the same page."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    session = find_session(viewer, session_id)
    side_effect_id = uuid_of(request.POST.get("side_effect_id"), "side_effect_id")
    event = commands.open_from_side_effect(viewer, session, side_effect_id, now)
    return redirect("adverse-event", event.id)
