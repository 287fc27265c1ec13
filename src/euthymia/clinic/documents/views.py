"""The documents of a session over HTTP: its note with additions, on screen and as PDF."""

from __future__ import annotations

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from euthymia.charts import figure
from euthymia.clinic.accounts.policies import RUN_SESSIONS, SEE_PEOPLE, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents import commands
from euthymia.clinic.documents.note_document import MEANING, later_lines, note_pdf
from euthymia.clinic.documents.queries import signed_note
from euthymia.clinic.documents.rems_queries import is_covered
from euthymia.clinic.documents.typesetting import pdf_response
from euthymia.clinic.documents.vitals_chart import vitals_chart
from euthymia.clinic.sessions.events import uuid_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.note import note_text
from euthymia.clinic.sessions.queries import find_session, open_session_page, state_of
from euthymia.errors import BadInput

REFUSED_FORM = 422


@require_GET
@requires(SEE_PEOPLE)
def session_note(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The note with its additions, for reading and printing; a draft until the session closes."""
    viewer, now = _who(request), timezone.now()
    session = open_session_page(viewer, session_id, purpose="session_note", now=now)
    return _note_page(request, session)


def _note_page(request: HttpRequest, session: Session, refusal: BadInput | None = None) -> HttpResponse:
    viewer, now = _who(request), timezone.now()
    signed, state = signed_note(viewer, session), state_of(session)
    chart = vitals_chart(signed.state if signed else state)
    context: dict[str, Any] = {
        "session": session,
        "patient": session.patient,
        "signed": signed,
        "note": signed.note if signed else None,
        "meaning": MEANING,
        "text": signed.note.text if signed else note_text(session, state, now, viewer.zone),
        "later": later_lines(signed, viewer.zone) if signed else (),
        "figure": figure(chart) if chart else None,
        "covered": is_covered(viewer, session),
        "at_chair": RUN_SESSIONS.allows(viewer),
        "may_add": signed is not None and RUN_SESSIONS.allows(viewer),
        "addendum_id": request.POST.get("addendum_id") or str(uuid.uuid4()),
        "typed": request.POST.get("text", ""),
        "error": refusal,
        "printed_at": now.astimezone(viewer.zone),
        "zone": viewer.zone,
    }
    return render(request, "sessions/note.html", context, status=REFUSED_FORM if refusal else 200)


@require_POST
@requires(RUN_SESSIONS)
def note_add(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One addition to the signed note; a refusal shows the note again with what was typed."""
    viewer, now = _who(request), timezone.now()
    session = find_session(viewer, session_id)
    try:
        addendum_id = uuid_of(request.POST.get("addendum_id", ""), "addendum_id")
        commands.add_addendum(viewer, session, request.POST.get("text", ""), addendum_id=addendum_id, now=now)
    except BadInput as refusal:
        return _note_page(request, session, refusal)
    messages.success(request, "Added to the note. The signed text stays as it is.")
    return redirect("session-note", session_id)


@require_GET
@requires(SEE_PEOPLE)
def note_file(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The note as PDF: as it was signed, with what was added since; a draft says so."""
    viewer, now = _who(request), timezone.now()
    session = open_session_page(viewer, session_id, purpose="session_note_pdf", now=now)
    content = note_pdf(viewer, session, state_of(session), signed_note(viewer, session), now)
    return pdf_response(content, f"note-{session.id}.pdf")


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer
