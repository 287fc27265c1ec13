"""The session room over HTTP: the board, one session, its entries, the gate and the door."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_POST

from euthymia.care.decision import Allowed
from euthymia.care.session import Phase, SessionState
from euthymia.clinic.accounts.policies import RUN_SESSIONS, SEE_PEOPLE, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.plans.queries import active_plan
from euthymia.clinic.sessions import commands, forms, page, queries
from euthymia.clinic.sessions.entry import refuse_other_person, take_entry
from euthymia.clinic.sessions.events import event_from_mapping
from euthymia.clinic.sessions.expected import expected_of
from euthymia.clinic.sessions.history import history_rows
from euthymia.clinic.sessions.models import Chair, Session
from euthymia.clinic.sessions.note import detail_of
from euthymia.clinic.sessions.refusals import NotAllowed, is_conflict
from euthymia.errors import BadInput

CREATED, BAD, CONFLICT, REFUSED_FORM = 201, 400, 409, 422
MOST_EVENTS = 500


@require_GET
@requires(RUN_SESSIONS)
def session_page(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One session: who, which phase, what to do next, the flowsheet."""
    viewer, now = _who(request), timezone.now()
    session = queries.open_session_page(viewer, session_id, purpose="session", now=now)
    return _whole_page(request, session, now)


def _whole_page(
    request: HttpRequest, session: Session, now: datetime, extra: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    viewer = _who(request)
    state = queries.state_of(session)
    extra = extra or {}
    given = extra.get("typed") or {}
    place = extra.get("place", "")
    context = {
        "session": session,
        "patient": session.patient,
        "etag": _session_tag(session, now),
        "updated_at": now.astimezone(viewer.zone),
        "zone": viewer.zone,
        "status": page.status_context(viewer, session, state, now),
        "sheet": page.sheet_context(viewer, session, state, now),
        # The slowest part comes by itself, after the page; a page without script asks for it by name.
        "expected": expected_of(session, state) if "expected" in request.GET else None,
        "actions": page.actions_context(
            viewer,
            session,
            state,
            now,
            typed=given if place == "actions" and "asked" in extra else None,
            asked=extra.get("asked"),
        ),
        "entry": page.entry_context(session, state, typed=given if place in {"entry", "more"} else None),
        "correction": _correction(request, state, viewer),
        "error": extra.get("error"),
        "place": place,
    }
    return render(request, "sessions/session.html", context, status=status)


def _correction(request: HttpRequest, state: SessionState, viewer: Viewer) -> dict[str, Any] | None:
    """The line that is being corrected, with what it says now; None when none is."""
    event = state.event(request.GET.get("correct", "") or request.POST.get("corrects", ""))
    if event is None:
        return None
    struck = state.event(state.struck.get(event.id, ""))
    return {
        "event": event,
        "was": detail_of(event),
        "at": event.at.astimezone(viewer.zone),
        "is_vitals": event.kind.value == "vitals",
        "struck_by": struck,
        "now_says": detail_of(struck) if struck else "",
        "event_id": str(uuid.uuid4()),
        "typed": request.POST if request.method == "POST" else {},
    }


@require_GET
@requires(RUN_SESSIONS)
def session_live(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One live part of the session's page (`part`, of PARTS); 304 while nothing looks different."""
    viewer, now = _who(request), timezone.now()
    part = request.GET.get("part", "status")
    if part not in PARTS:
        raise BadInput("unknown_part", "part", f"Use one of: {', '.join(PARTS)}.")
    if "If-None-Match" in request.headers:
        # A page that is open asks again and again; its opening is in the access log already.
        session = queries.find_session(viewer, session_id)
    else:
        session = queries.open_session_page(viewer, session_id, purpose="session", now=now)
    tag = _session_tag(session, now)
    if request.headers.get("If-None-Match") == tag:
        return _stamped(HttpResponseNotModified(), viewer, now, tag)
    state = queries.state_of(session)
    template, context = PARTS[part]
    return _stamped(render(request, template, context(viewer, session, state, now)), viewer, now, tag)


PARTS = {
    "status": ("sessions/_status.html", page.status_context),
    "sheet": ("sessions/_sheet.html", page.sheet_context),
    "expected": ("sessions/_expected.html", page.expected_context),
    "actions": ("sessions/_actions.html", page.actions_context),
}


@require_POST
@requires(RUN_SESSIONS)
def session_event(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One more line: a form from the page, or JSON from a tablet (one event, or a list that was queued)."""
    viewer, now = _who(request), timezone.now()
    session = queries.find_session(viewer, session_id)
    if request.content_type == "application/json":
        return _event_as_json(request, viewer, session, now)
    place = place_of(request)
    try:
        said = take_entry(viewer, session, request.POST.dict(), now)
    except BadInput as refusal:
        return _refused(request, session_id, refusal, place, now)
    return _done(request, session_id, said, place, now)


_OF_PLACE = {"more": "sessions/_more.html"}


def place_of(request: HttpRequest) -> str:
    """Which part of the page was pressed, and so where its answer belongs."""
    if request.POST.get("do") in {"correct", "strike"}:
        return "correction"
    place = request.POST.get("place", "")
    return place if place in {"actions", "sheet", "more"} else "entry"


def _event_as_json(request: HttpRequest, viewer: Viewer, session: Session, now: datetime) -> HttpResponse:
    """{"id", "phase", "recorded"}; the same event again answers the same, the same id with another body 409."""
    try:
        body = json.loads(request.body)
    except ValueError:
        return JsonResponse(BadInput("not_json", "", "The body must be JSON.").as_json(), status=BAD)
    rows = body if isinstance(body, list) else [body]
    try:
        if len(rows) > MOST_EVENTS or not all(isinstance(row, dict) for row in rows):
            raise BadInput("not_a_table", "", f"Send one event, or a list of at most {MOST_EVENTS}.")
        for row in rows:
            refuse_other_person(session, str(row.pop("record_number", "")))
        events = [event_from_mapping(row, by=viewer.name, now=now) for row in rows]
        state = commands.append_events(viewer, session, events, now)
    except BadInput as refusal:
        return JsonResponse(refusal.as_json(), status=CONFLICT if is_conflict(refusal) else BAD)
    answer = {"ids": [event.id for event in events], "phase": state.phase.value, "entries": len(state.entries)}
    return JsonResponse(answer, status=CREATED)


@require_POST
@requires(RUN_SESSIONS)
def session_gate(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Ask the pre-dose gate; a no comes back with every reason and what was ticked."""
    viewer, now = _who(request), timezone.now()
    session = queries.find_session(viewer, session_id)
    typed = request.POST.dict()
    try:
        refuse_other_person(session, typed.get("record_number", ""))
        answers = forms.gate_answers(typed, queries.session_protocol(session))
        accept = forms.accepted_holds(typed)
        at = forms.read_paper_time(typed.get("paper_at", ""), now, viewer.zone)
        event_id = typed.get("event_id")
        decision = commands.pass_gate(viewer, session, answers, now=now, at=at, accept=accept, event_id=event_id)
    except BadInput as refusal:
        return _refused(request, session_id, refusal, "actions", now)
    if isinstance(decision, Allowed):
        return _done(request, session_id, "The gate is passed. The dose may be started.", "actions", now)
    return _asked(request, session_id, decision, typed, now)


@require_POST
@requires(RUN_SESSIONS)
def session_discharge(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Ask whether the person may go home; a yes closes the session and signs its note."""
    viewer, now = _who(request), timezone.now()
    session = queries.find_session(viewer, session_id)
    typed = request.POST.dict()
    try:
        refuse_other_person(session, typed.get("record_number", ""))
        facts, accept = forms.discharge_facts(typed), forms.accepted_holds(typed)
        at = forms.read_paper_time(typed.get("paper_at", ""), now, viewer.zone)
        event_id = typed.get("event_id")
        decision = commands.discharge(viewer, session, facts, now=now, at=at, accept=accept, event_id=event_id)
    except BadInput as refusal:
        return _refused(request, session_id, refusal, "actions", now)
    if not isinstance(decision, Allowed):
        return _asked(request, session_id, decision, typed, now)
    messages.success(request, "The session is closed and its note is signed.")
    return _redirect(request, "session-note", session_id)


@require_GET
@requires(SEE_PEOPLE)
def person_sessions(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """A person's past and planned sessions."""
    viewer, now = _who(request), timezone.now()
    patient = open_patient(viewer, patient_id, purpose="sessions", now=now)
    return _sessions_page(request, patient, now)


def _sessions_page(
    request: HttpRequest, patient: Patient, now: datetime, refusal: BadInput | None = None, status: int = 200
) -> HttpResponse:
    viewer = _who(request)
    may_run = isinstance(RUN_SESSIONS.decide(viewer), Allowed)
    plan = active_plan(viewer, patient)
    context = {
        "rows": history_rows(queries.sessions_of(viewer, patient), now),
        "chairs": queries.chairs(viewer),
        "plan": plan,
        "order": order_of(plan) if plan else None,
        "may_run": may_run,
        "error": refusal,
        "typed": request.POST if request.method == "POST" else {},
        "suggested": now.astimezone(viewer.zone),
        "zone": viewer.zone,
    }
    return person_page(request, "sessions/person_sessions.html", patient, "person-sessions", context, status)


@require_POST
@requires(RUN_SESSIONS)
def session_new(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Plan a session in a chair at a time on the clinic's clock."""
    viewer, now = _who(request), timezone.now()
    patient = open_patient(viewer, patient_id, purpose="session_new", now=now)
    try:
        at = parse_datetime(request.POST.get("scheduled_for", ""))
        if at is None:
            raise BadInput("bad_time", "scheduled_for", "Choose the day and the time.")
        at = at if at.tzinfo else at.replace(tzinfo=viewer.zone)
        chair_id = request.POST.get("chair", "")
        chair = find_or_404(viewer, Chair, pk=int(chair_id)) if chair_id.isdigit() else None
        session = commands.open_session(viewer, patient, chair=chair, scheduled_for=at, now=now)
    except ValueError as wrong:
        refusal = BadInput("bad_time", "scheduled_for", "This is not a time that exists.")
        refusal.__cause__ = wrong
        return _sessions_page(request, patient, now, refusal, REFUSED_FORM)
    except BadInput as problem:
        return _sessions_page(request, patient, now, problem, REFUSED_FORM)
    return redirect("session", session.id)


def _done(request: HttpRequest, session_id: UUID, said: str, place: str, now: datetime) -> HttpResponse:
    """After a change: the part that was pressed, fresh; without htmx the page again."""
    viewer = _who(request)
    if not request.headers.get("HX-Request"):
        messages.success(request, said)
        return redirect("session", session_id)
    session = queries.find_session(viewer, session_id)
    if place == "actions":
        context = page.actions_context(viewer, session, queries.state_of(session), now) | {"said": said}
        response = render(request, "sessions/_actions.html", context)
    elif place == "sheet":
        context = page.sheet_context(viewer, session, queries.state_of(session), now)
        response = render(request, "sessions/_sheet.html", context)
    else:
        context = page.entry_context(session, queries.state_of(session)) | {"said": said}
        response = render(request, _OF_PLACE.get(place, "sessions/_entry.html"), context)
    response["HX-Trigger"] = "session-changed"
    return response


def _refused(request: HttpRequest, session_id: UUID, refusal: BadInput, place: str, now: datetime) -> HttpResponse:
    """Nothing was written: the same part with what was typed and the message beside it."""
    viewer, status = _who(request), CONFLICT if is_conflict(refusal) else REFUSED_FORM
    session = queries.find_session(viewer, session_id)
    typed = request.POST.dict()
    if not request.headers.get("HX-Request"):
        return _whole_page(request, session, now, {"error": refusal, "typed": typed, "place": place}, status)
    if place == "actions":
        asked = refusal.decision if isinstance(refusal, NotAllowed) else None
        state = queries.state_of(session)
        asked = asked if state.phase in (Phase.ARRIVED, Phase.READY, Phase.OBSERVING) else None
        context = page.actions_context(viewer, session, state, now, asked=asked) | {"typed": typed, "error": refusal}
        return render(request, "sessions/_actions.html", context, status=status)
    if place == "sheet":
        # What was typed is still in the cell; only the words are needed.
        return render(request, "sessions/_said.html", {"error": refusal}, status=status)
    context = page.entry_context(session, queries.state_of(session), typed=typed) | {"error": refusal}
    return render(request, _OF_PLACE.get(place, "sessions/_entry.html"), context, status=status)


def _asked(request: HttpRequest, session_id: UUID, decision: Any, typed: dict[str, str], now: datetime) -> HttpResponse:
    """The rules said no: every reason, with what was ticked still ticked."""
    viewer = _who(request)
    session = queries.find_session(viewer, session_id)
    if not request.headers.get("HX-Request"):
        extra = {"typed": typed, "place": "actions", "asked": decision}
        return _whole_page(request, session, now, extra, REFUSED_FORM)
    state = queries.state_of(session)
    context = page.actions_context(viewer, session, state, now, typed=typed, asked=decision)
    return render(request, "sessions/_actions.html", context, status=REFUSED_FORM)


def _redirect(request: HttpRequest, name: str, session_id: UUID) -> HttpResponse:
    response = redirect(name, session_id)
    if request.headers.get("HX-Request"):
        moved = HttpResponse(status=204)
        moved["HX-Redirect"] = response["Location"]
        return moved
    return response


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer


def _session_tag(session: Session, now: datetime) -> str:
    return _tag(f"{session.id}.{queries.session_version(session, now)}")


def _tag(text: str) -> str:
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"'


def _stamped(response: HttpResponse, viewer: Viewer, now: datetime, tag: str) -> HttpResponse:
    """With the tag for the next question and the clinic's clock for "last updated"."""
    response["ETag"] = tag
    response["X-Clinic-Time"] = f"{now.astimezone(viewer.zone):%H:%M:%S}"
    return response
