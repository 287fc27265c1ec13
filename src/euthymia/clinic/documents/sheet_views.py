"""Paper flowsheets over HTTP: blank or partly filled to print, and the page to key one in afterwards."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from euthymia.clinic.accounts.policies import RUN_SESSIONS, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents import sheet_commands
from euthymia.clinic.documents.keying import DOSE_WORDS, FIELDS, Problem, lines_from
from euthymia.clinic.documents.sheet_document import person_sheet, session_sheet
from euthymia.clinic.documents.typesetting import pdf_response
from euthymia.clinic.people.queries import open_patient
from euthymia.clinic.plans.queries import active_plan
from euthymia.clinic.sessions.bedside_scales import SCALES
from euthymia.clinic.sessions.entry import refuse_other_person
from euthymia.clinic.sessions.events import uuid_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import open_session_page, state_of
from euthymia.errors import BadInput

REFUSED_FORM = 422
# As many rows as a sheet has columns on one page; more are asked for, up to what one form can hold.
ROWS, MOST_ROWS = 12, 60


@require_GET
@requires(RUN_SESSIONS)
def session_sheet_file(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The flowsheet of a session as PDF: what is recorded so far and empty columns for what is to come."""
    viewer, now = _who(request), timezone.now()
    session = open_session_page(viewer, session_id, purpose="flowsheet_pdf", now=now)
    return pdf_response(session_sheet(viewer, session, state_of(session), now), f"flowsheet-{session.id}.pdf")


@require_GET
@requires(RUN_SESSIONS)
def person_sheet_file(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """A blank flowsheet for a person's next session, from the plan that holds."""
    viewer, now = _who(request), timezone.now()
    patient = open_patient(viewer, patient_id, purpose="flowsheet_pdf", now=now)
    plan = active_plan(viewer, patient)
    if plan is None:
        raise BadInput("no_plan", "patient", "There is no active plan. A prescriber signs one on the Plan page first.")
    return pdf_response(person_sheet(viewer, patient, plan, now), f"flowsheet-{patient.id}.pdf")


@require_http_methods(["GET", "POST"])
@requires(RUN_SESSIONS)
def key_in(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The form for a whole paper flowsheet; what is wrong comes back line by line with everything that was typed."""
    viewer, now = _who(request), timezone.now()
    session = open_session_page(viewer, session_id, purpose="key_in", now=now)
    if request.method != "POST":
        return _page(request, session)
    try:
        refuse_other_person(session, request.POST.get("record_number", ""))
        sheet = sheet_commands.key_in(
            viewer,
            session,
            _day(request.POST.get("day", "")),
            lines_from(request.POST.dict(), MOST_ROWS),
            sheet_id=uuid_of(request.POST.get("sheet_id", ""), "sheet_id"),
            now=now,
        )
    except BadInput as refusal:
        return _page(request, session, refusal=refusal)
    if sheet.problems:
        return _page(request, session, problems=sheet.problems)
    count = len({number for number, _ in sheet.events})
    said = "1 line of the paper is" if count == 1 else f"{count} lines of the paper are"
    messages.success(request, f"{said} in the flowsheet.")
    return redirect("session", session_id)


def _page(
    request: HttpRequest, session: Session, problems: tuple[Problem, ...] = (), refusal: BadInput | None = None
) -> HttpResponse:
    viewer, state = _who(request), state_of(session)
    typed = request.POST if request.method == "POST" else request.GET
    day = (state.opened_at or session.scheduled_for).astimezone(viewer.zone).date()
    context: dict[str, Any] = {
        "session": session,
        "patient": session.patient,
        "rows": _rows(typed, problems),
        "day": typed.get("day") or day.isoformat(),
        "more": min(MOST_ROWS, _row_count(typed) + ROWS),
        "most": MOST_ROWS,
        "row_count": _row_count(typed),
        "sheet_id": request.POST.get("sheet_id") or str(uuid.uuid4()),
        "doses": DOSE_WORDS.items(),
        "scales": SCALES,
        "problems": problems,
        "error": refusal,
        "zone": viewer.zone,
        "arrived": state.opened_at is not None,
        "closed": state.closed_at is not None,
        "gate_passed": state.gate_at is not None,
    }
    status = REFUSED_FORM if problems or refusal else 200
    return render(request, "documents/key_in.html", context, status=status)


def _row_count(typed: Any) -> int:
    asked = typed.get("rows", "")
    return max(ROWS, min(MOST_ROWS, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 4 else ROWS


def _rows(typed: Any, problems: tuple[Problem, ...]) -> list[dict[str, Any]]:
    found = []
    for number in range(1, _row_count(typed) + 1):
        mine = [one for one in problems if one.number == number]
        row: dict[str, Any] = {"number": number, "problems": mine, "wrong": {one.field for one in mine}}
        row |= {field: typed.get(f"{field}_{number}", "") for field in FIELDS}
        found.append(row | {"scales": [(scale, row[scale.instrument]) for scale in SCALES]})
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise BadInput("bad_day", "day", "Write the day that stands on the paper.") from wrong


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer
