"""The board, and other ways to look at it: on the wall, and as a group whose people are seen to one by one."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.http import urlencode
from django.views.decorators.http import require_GET, require_POST

from euthymia.clinic.accounts.policies import RUN_SESSIONS, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.audit.reading import record_reading
from euthymia.clinic.sessions import board as boards
from euthymia.clinic.sessions import queries
from euthymia.clinic.sessions.entry import take_entry
from euthymia.clinic.sessions.group import group_row, group_rows
from euthymia.clinic.sessions.refusals import is_conflict
from euthymia.clinic.sessions.shared import Shared
from euthymia.clinic.sessions.views import _stamped, _tag, _who
from euthymia.clinic.sessions.wall import NAMES, names_from, wall_alarms, wall_tiles
from euthymia.errors import BadInput

CONFLICT, REFUSED_FORM = 409, 422
# What may be written from the group as it would be at the bedside; a start has its own way, with two identifiers.
LINES = frozenset({"look", "device", "rate", "pause", "resume", "stop", "complete"})
# A board asks every three seconds. Boards that ask within this time of each other are shown the same drawing; alarms
# and monitors are kept current in it by their own scripts.
DRAWN_FOR_S = 2
_drawn: Shared[str] = Shared()


@require_GET
@requires(RUN_SESSIONS)
def board(request: HttpRequest) -> HttpResponse:
    """Every chair of the clinic, and who is expected. Opening it is in the access log; its live part is not again."""
    viewer, now = _who(request), timezone.now()
    record_reading(viewer, Action.LIST, "board", now=now)
    return render(request, "sessions/board.html", _board_context(viewer, now) | {"etag": _board_tag(viewer, now)})


@require_GET
@requires(RUN_SESSIONS)
def board_tiles(request: HttpRequest) -> HttpResponse:
    """The board's live part; 304 while nothing looks different."""
    viewer, now = _who(request), timezone.now()
    tag = _board_tag(viewer, now)
    if request.headers.get("If-None-Match") == tag:
        return _stamped(HttpResponseNotModified(), viewer, now, tag)

    def draw() -> str:
        # Drawn for no request: the secret of one browser's forms is not shown to another.
        return render_to_string("sessions/_tiles.html", _board_context(viewer, now) | {"request": request})

    moment = (viewer.clinic_slug, tag, int(now.timestamp()) // DRAWN_FOR_S)
    return _stamped(HttpResponse(_drawn.get(viewer.clinic_id, moment, draw)), viewer, now, tag)


def _board_context(viewer: Viewer, now: datetime) -> dict[str, Any]:
    sessions = [(row, queries.state_of(row)) for row in queries.running_sessions(viewer)]
    planned = queries.planned_today(viewer, now)
    return {
        "tiles": boards.tiles(queries.chairs(viewer), sessions, now, viewer.zone),
        "expected": boards.expected_rows(planned, now),
        "free": queries.free_chairs(viewer),
        "running": len(sessions),
        "zone": viewer.zone,
        "updated_at": now.astimezone(viewer.zone),
    }


def _board_tag(viewer: Viewer, now: datetime) -> str:
    return _tag(f"{viewer.clinic_id}.{queries.board_version(viewer, now)}")


@require_GET
@requires(RUN_SESSIONS)
def board_wall(request: HttpRequest) -> HttpResponse:
    """The board to hang on a wall: large, dark, without controls, and no more of a name than `names` allows."""
    viewer, now = _who(request), timezone.now()
    record(viewer, Action.LIST, "board_wall", now=now)
    names = names_from(request.GET.get("names", ""))
    context = _wall_context(viewer, names, now) | {"names": names, "choices": NAMES.items(), "zone": viewer.zone}
    return render(request, "sessions/wall.html", context | {"etag": _wall_tag(viewer, names, now)})


@require_GET
@requires(RUN_SESSIONS)
def board_wall_tiles(request: HttpRequest) -> HttpResponse:
    """The wall's live part; 304 while nothing looks different."""
    viewer, now = _who(request), timezone.now()
    names = names_from(request.GET.get("names", ""))
    tag = _wall_tag(viewer, names, now)
    if request.headers.get("If-None-Match") == tag:
        return _stamped(HttpResponseNotModified(), viewer, now, tag)
    return _stamped(render(request, "sessions/_wall_tiles.html", _wall_context(viewer, names, now)), viewer, now, tag)


def _wall_context(viewer: Viewer, names: str, now: datetime) -> dict[str, Any]:
    rows = queries.running_sessions(viewer)
    tiles = boards.tiles(queries.chairs(viewer), [(row, queries.state_of(row)) for row in rows], now, viewer.zone)
    return {
        "tiles": wall_tiles(tiles, rows, names, wall_alarms(viewer, now)),
        "updated_at": now.astimezone(viewer.zone),
    }


def _wall_tag(viewer: Viewer, names: str, now: datetime) -> str:
    # Alarms turn by themselves, so the wall is drawn anew every few seconds.
    return f'{_board_tag(viewer, now)[:-1]}{names}{now.second // 5}"'


@require_GET
@requires(RUN_SESSIONS)
def board_group(request: HttpRequest) -> HttpResponse:
    """Several people in one room, a line each: choose them, open a round, go from one to the next with Enter."""
    viewer, now = _who(request), timezone.now()
    record(viewer, Action.LIST, "board_group", now=now)
    running = queries.running_sessions(viewer)
    chosen = [row for row in running if str(row.id) in request.GET.getlist("s")]
    round_at = _round_at(request.GET.get("round", ""), now)
    query = urlencode([("s", str(row.id)) for row in chosen])
    context = {
        "running": [(row, str(row.id) in request.GET.getlist("s")) for row in running],
        "rows": group_rows(viewer, chosen, round_at, now),
        "round_at": round_at.astimezone(viewer.zone) if round_at else None,
        "round_text": round_at.isoformat() if round_at else "",
        "query": query,
        "new_round": now.isoformat(timespec="seconds"),
        "updated_at": now.astimezone(viewer.zone),
        "zone": viewer.zone,
    }
    return render(request, "sessions/group.html", context)


def _round_at(text: str, now: datetime) -> datetime | None:
    """When the round was opened; None without one. A time ahead of now would leave nobody to see to."""
    if not text:
        return None
    try:
        at = parse_datetime(text)
    except ValueError as wrong:
        raise BadInput("bad_time", "round", "This is not a time that exists. Open a new round.") from wrong
    if at is None or at.tzinfo is None or at > now:
        raise BadInput("bad_time", "round", "This round has no time that can be. Open a new one.")
    return at


@require_POST
@requires(RUN_SESSIONS)
def board_group_line(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One person's vital signs, or a press about their dose, exactly as from their own page."""
    if request.POST.get("do") not in LINES:
        raise BadInput("unknown_action", "do", "This is not written from the group. Open the person's page.")
    return _press(request, session_id, request.POST.dict())


@require_POST
@requires(RUN_SESSIONS)
def board_group_start(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Start one person's dose, after two identifiers of this person; never of several by one press."""
    typed = request.POST.dict()
    confirmed = typed.get("identifier_name") and typed.get("identifier_date_of_birth")
    typed |= {"do": "start", "same_person": "yes" if confirmed else "", "at": ""}
    return _press(request, session_id, typed)


def _press(request: HttpRequest, session_id: UUID, typed: dict[str, str]) -> HttpResponse:
    viewer, now = _who(request), timezone.now()
    session = queries.find_session(viewer, session_id)
    round_at = _round_at(typed.get("round", ""), now)
    refusal: BadInput | None = None
    said = ""
    try:
        said = take_entry(viewer, session, typed, now)
    except BadInput as problem:
        refusal = problem
    if not request.headers.get("HX-Request"):
        if refusal is not None:
            messages.error(request, f"{session.patient}: {refusal.message}")
        chosen = typed.get("query", "")
        return redirect(
            f"{request.path.split('group/')[0]}group/?{chosen}&{urlencode({'round': typed.get('round', '')})}"
        )
    fresh = queries.find_session(viewer, session_id)
    row = group_row(viewer, fresh, round_at, now)
    context = {"row": row, "said": said, "error": refusal, "typed": typed if refusal else {}}
    context |= {"round_text": typed.get("round", ""), "query": typed.get("query", ""), "event_id": str(uuid.uuid4())}
    status = 200 if refusal is None else CONFLICT if is_conflict(refusal) else REFUSED_FORM
    return render(request, "sessions/_group_row.html", context, status=status)
