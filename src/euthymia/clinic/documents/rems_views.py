"""The monitoring form of nasal esketamine over HTTP: its answers, what is added, that it was sent, and the paper."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST

from euthymia.care.rems_form import CLOCK_BASIS, DETAILS, STATED, YES_NO, Clock
from euthymia.clinic.accounts.policies import RUN_SESSIONS, SEE_PEOPLE, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents import rems_commands
from euthymia.clinic.documents.rems_document import WHAT_IT_IS, parts_of, rems_pdf
from euthymia.clinic.documents.rems_queries import RemsForm, is_covered, rems_form_of, suggested
from euthymia.clinic.documents.typesetting import pdf_response
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.sessions.events import uuid_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import find_session, open_session_page
from euthymia.errors import BadInput

REFUSED_FORM = 422
STANDS = {
    Clock.RUNNING: ("info", "clock", "The clock starts when the session is over"),
    Clock.DUE: ("caution", "clock", "To be sent"),
    Clock.OVERDUE: ("danger", "alert", "Overdue"),
    Clock.SENT: ("ok", "check", "Sent in time"),
    Clock.SENT_LATE: ("caution", "check", "Sent late"),
}


@require_GET
@requires(SEE_PEOPLE)
def rems_page(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The answers of one session, with what is missing and by when they go out."""
    viewer, now = _who(request), timezone.now()
    session = open_session_page(viewer, session_id, purpose="rems_form", now=now)
    return _page(request, session)


def _page(request: HttpRequest, session: Session, refusal: BadInput | None = None) -> HttpResponse:
    viewer, now = _who(request), timezone.now()
    form = rems_form_of(viewer, session, now)
    typed = request.POST.dict() if refusal else {}
    look, icon, words = STANDS[form.clock]
    context: dict[str, Any] = {
        "session": session,
        "covered": is_covered(viewer, session),
        "form": form,
        "parts": parts_of(form.answers),
        "what": WHAT_IT_IS,
        "basis": CLOCK_BASIS.says,
        "look": look,
        "icon": icon,
        "stands": words,
        "fields": _fields(viewer, form, typed),
        "ways": rems_commands.WAYS.items(),
        "may_write": RUN_SESSIONS.allows(viewer),
        "is_over": form.clock is not Clock.RUNNING,
        "statement_id": str(uuid.uuid4()),
        "sending_id": str(uuid.uuid4()),
        "typed": typed,
        "suggested_at": now.astimezone(viewer.zone),
        "error": refusal,
        "zone": viewer.zone,
    }
    status = REFUSED_FORM if refusal else 200
    return person_page(request, "documents/rems_form.html", session.patient, "person-sessions", context, status)


def _fields(viewer: Viewer, form: RemsForm, typed: dict[str, str]) -> list[dict[str, Any]]:
    """What somebody has to write, with what is written already; place and contact as last written in the clinic."""
    earlier, fields = suggested(viewer), []
    for question in form.asked:
        name = question.name
        value = typed.get(name, form.stated.get(name, earlier.get(name, "")))
        fields.append(
            {
                "name": name,
                "asks": question.asks,
                "value": value,
                "carried": name in earlier and name not in form.stated and name not in typed,
                "yes_no": name in YES_NO,
                "long": name == DETAILS,
                "only_if": "Only if there was one." if name == DETAILS else "",
            }
        )
    return fields


@require_POST
@requires(RUN_SESSIONS)
def rems_state(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """What the flowsheet does not hold; a refusal gives back what was typed."""
    viewer, now = _who(request), timezone.now()
    session = find_session(viewer, session_id)
    names = [question.name for question in STATED]
    try:
        answers = {name: request.POST[name] for name in names if name in request.POST}
        statement_id = uuid_of(request.POST.get("statement_id", ""), "statement_id")
        rems_commands.state_rems(viewer, session, answers, statement_id=statement_id, now=now)
    except BadInput as refusal:
        return _page(request, session, refusal)
    messages.success(request, "Kept for the form.")
    return redirect("rems-form", session_id)


@require_POST
@requires(RUN_SESSIONS)
def rems_sent(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """That the answers were sent on: when, how, by whom."""
    viewer, now = _who(request), timezone.now()
    session = find_session(viewer, session_id)
    try:
        rems_commands.record_rems_sent(
            viewer,
            session,
            how=request.POST.get("how", ""),
            detail=request.POST.get("detail", ""),
            sent_at=_sent_at(request.POST.get("sent_at", ""), viewer),
            although_missing=bool(request.POST.get("although_missing")),
            sending_id=uuid_of(request.POST.get("sending_id", ""), "sending_id"),
            now=now,
        )
    except BadInput as refusal:
        return _page(request, session, refusal)
    messages.success(request, "Recorded as sent. A copy of the answers is kept.")
    return redirect("rems-form", session_id)


def _sent_at(text: str, viewer: Viewer) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError as wrong:
        raise BadInput("bad_time", "sent_at", "This is not a time that exists.") from wrong
    if at is None:
        raise BadInput("bad_time", "sent_at", "Write when it was sent.")
    return at if at.tzinfo else at.replace(tzinfo=viewer.zone)


@require_GET
@requires(SEE_PEOPLE)
def rems_file(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The answers as PDF."""
    viewer, now = _who(request), timezone.now()
    session = open_session_page(viewer, session_id, purpose="rems_form_pdf", now=now)
    if not is_covered(viewer, session):
        raise BadInput("not_covered", "", "The programme does not ask about this session.")
    return pdf_response(rems_pdf(viewer, session, rems_form_of(viewer, session, now), now), f"rems-{session.id}.pdf")


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer
