"""What people see of the monitors: the numbers now, the last minutes, and the page on which monitors are registered."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from euthymia.clinic.accounts.policies import MANAGE_MONITORS, RUN_SESSIONS, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.monitors import commands, queries
from euthymia.clinic.monitors.presenters import strip_of, trend_figures
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.sessions.models import Chair, Session
from euthymia.clinic.sessions.queries import chairs
from euthymia.clinic.sessions.shared import Shared
from euthymia.errors import BadInput

REFUSED_FORM = 422
LONGEST_KEY = 18


# Every open board asks each second; what is said to one of them within this time is said to all.
SHARED_S = 0.5


@dataclass(frozen=True, slots=True)
class Said:
    """The strips of every chair as JSON, and when they were made, on a clock that only goes forward."""

    strips: str
    made_s: float


_shared: Shared[Said] = Shared()


@require_GET
@requires(RUN_SESSIONS)
def now_shown(request: HttpRequest) -> HttpResponse:
    """The live strips as JSON, by session: of one session, or of every chair. `made_s_ago` is to be added to every
    age. Asked every second by open pages; the opening of the page is in the access log already."""
    viewer, now = _who(request), timezone.now()
    wanted = request.GET.get("session")
    if wanted:
        try:
            session_id = UUID(wanted)
        except ValueError as wrong:
            raise BadInput("not_an_id", "session", "This is not the id of a session.") from wrong
        said = _said(viewer, session_id, now)
    else:
        moment = (viewer.clinic_slug, int(time.monotonic() / SHARED_S))
        said = _shared.get(viewer.clinic_id, moment, lambda: _said(viewer, None, now))
    made_s_ago = round(time.monotonic() - said.made_s, 2)
    body = f'{{"made_s_ago": {made_s_ago}, "strips": {said.strips}}}'
    response = HttpResponse(body, content_type="application/json")
    response.every_second = True  # type: ignore[attr-defined]
    return response


def _said(viewer: Viewer, session_id: UUID | None, now: datetime) -> Said:
    made_s = time.monotonic()
    found = queries.current(viewer, session_id)
    strips = {str(one): strip_of(one, current, now).as_json() for one, current in found.items()}
    return Said(json.dumps(strips), made_s)


def forget() -> None:
    """Drop what is kept in memory, as a restart does."""
    _shared.forget()


@require_GET
@requires(RUN_SESSIONS)
def session_trend(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """The last minutes as small lines with their tables; 304 while no newer sample came."""
    viewer, now = _who(request), timezone.now()
    session = find_or_404(viewer, Session, id=session_id)
    tag = f'"{queries.last_sample_at(session)}"'
    if request.headers.get("If-None-Match") == tag:
        response: HttpResponse = HttpResponseNotModified()
    else:
        figures = trend_figures(queries.trend(session, now), now, viewer.zone, session.id)
        response = render(request, "monitors/_trend.html", {"figures": figures})
    response["ETag"] = tag
    response["X-Clinic-Time"] = f"{now.astimezone(viewer.zone):%H:%M:%S}"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@requires(MANAGE_MONITORS)
def monitors(request: HttpRequest) -> HttpResponse:
    """The clinic's monitors; registering one shows its secret on the answer, once."""
    viewer, now = _who(request), timezone.now()
    if request.method != "POST":
        return _page(request, viewer, now)
    try:
        chair = _chair(viewer, request.POST.get("chair", ""))
        device, token = commands.register_device(viewer, name=request.POST.get("name", ""), chair=chair, now=now)
    except BadInput as refusal:
        return _page(request, viewer, now, {"error": refusal, "typed": request.POST}, REFUSED_FORM)
    return _page(request, viewer, now, {"made": device, "token": token})


@require_POST
@requires(MANAGE_MONITORS)
def move(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """The monitor stands at another chair."""
    viewer = _who(request)
    commands.move_device(viewer, device_id, _chair(viewer, request.POST.get("chair", "")), timezone.now())
    return redirect("monitors")


@require_POST
@requires(MANAGE_MONITORS)
def revoke(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Its secret opens nothing any more."""
    commands.revoke_device(_who(request), device_id, timezone.now())
    return redirect("monitors")


def _page(
    request: HttpRequest, viewer: Viewer, now: datetime, extra: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    context = {"devices": queries.devices(viewer), "chairs": chairs(viewer), "now": now} | (extra or {})
    return render(request, "monitors/monitors.html", context, status=status)


def _chair(viewer: Viewer, text: str) -> Chair:
    if not (text.isascii() and text.isdecimal() and len(text) <= LONGEST_KEY):
        raise BadInput("unknown_chair", "chair", "Choose the chair this monitor stands at.")
    return find_or_404(viewer, Chair, pk=int(text))


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer
