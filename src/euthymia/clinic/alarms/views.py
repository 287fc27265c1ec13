"""Alarms over HTTP: the live stream, the same for whoever asks every second, what people do, and how it went."""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from euthymia.care.alarms import ActKind, Tier, key_from
from euthymia.clinic.accounts.policies import RUN_SESSIONS, SIGN_PROTOCOLS, requires
from euthymia.clinic.accounts.viewer import System, Viewer
from euthymia.clinic.alarms import commands, queries
from euthymia.clinic.alarms.live import BEAT_S, BELL, PLACES, Steady, stream
from euthymia.clinic.alarms.presenters import RoomPicture, picture_of
from euthymia.clinic.alarms.record import history_of
from euthymia.clinic.monitors.traffic import TRAFFIC
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import open_session_page
from euthymia.clinic.sessions.refusals import is_conflict
from euthymia.clinic.sessions.shared import Shared
from euthymia.errors import BadInput

CREATED, BAD, CONFLICT, REFUSED_FORM, FULL = 201, 400, 409, 422, 503
# Where several processes write, each looks for the others' writing this often; one process hears its own bell at once.
OTHERS_S = 0.25
MOST_SHOWN = 500
_shared: Shared[RoomPicture] = Shared()
_steady: dict[str, Steady] = defaultdict(Steady)


@dataclass(frozen=True, slots=True)
class _Moment:
    """When a picture was made: of which clinic, in which tick of the clock, and after how many rings of the bell."""

    clinic_slug: str
    tick: int
    rung: int


def _picture(viewer: Viewer, rung: int) -> RoomPicture:
    """The picture of this clinic, worked out once for everybody who looks in the same tick and has heard no ring that
    came after it. Screens hear the bell one after the other: a picture from after a later ring is good for them all."""

    def is_good(made: object, _: RoomPicture) -> bool:
        now_ticks = _tick_of(timezone.now())
        return isinstance(made, _Moment) and made == _Moment(viewer.clinic_slug, now_ticks, max(made.rung, rung))

    def make() -> tuple[object, RoomPicture]:
        TRAFFIC.let_pass()
        # The bell first: what rings while rows are read may not be among them.
        rung_before, now = BELL.count(viewer.clinic_id), timezone.now()
        if _steady[viewer.clinic_slug].set_back(now.timestamp(), time.monotonic()):
            commands.clock_set_back(System(viewer.clinic_id, commands.PROGRAM), now)
        moment = _Moment(viewer.clinic_slug, _tick_of(now), rung_before)
        return moment, picture_of(queries.room(viewer, now), viewer.zone, now)

    return _shared.latest(viewer.clinic_id, is_good, make)


def _tick_of(now: datetime) -> int:
    return int(now.timestamp() / _tick_s())


def _tick_s() -> float:
    return BEAT_S if connection.vendor == "sqlite" else OTHERS_S


@require_GET
@requires(RUN_SESSIONS)
def live(request: HttpRequest) -> HttpResponseBase:
    """Server-sent events with every alarm of the clinic. Opening the page is in the access log; this is its live part.
    503 when every place is taken: the page then asks `now_shown` each second."""
    viewer = _who(request)
    if not PLACES.take():
        return _often(HttpResponse("Every place is taken. Ask each second.", status=FULL))
    response = StreamingHttpResponse(Watched(viewer), content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    return _often(response)


class Watched:
    """The stream of one browser. Its place is given back once: at its end, or when the browser leaves, also before
    anything was read."""

    def __init__(self, viewer: Viewer) -> None:
        self._viewer, self._holds_place = viewer, True

    def __iter__(self) -> Iterator[str]:
        try:
            yield from stream(self._viewer.clinic_id, self._look, time.monotonic, tick_s=_tick_s())
        finally:
            self.close()

    def close(self) -> None:
        """Give the place back."""
        if self._holds_place:
            self._holds_place = False
            PLACES.leave()

    def _look(self, count: int) -> RoomPicture:
        try:
            return _picture(self._viewer, count)
        finally:
            if connection.vendor != "sqlite" and not connection.in_atomic_block:
                # While it waits a stream holds no connection that somebody else could use.
                connection.close()


@require_GET
@requires(RUN_SESSIONS)
def now_shown(request: HttpRequest) -> HttpResponse:
    """The same picture once, as JSON."""
    viewer = _who(request)
    picture = _picture(viewer, BELL.count(viewer.clinic_id))
    return _often(HttpResponse(picture.event, content_type="application/json"))


@require_POST
@requires(RUN_SESSIONS)
def act(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Acknowledge, silence, own, escalate or close one alarm; 409 when it is over or the id was used for another."""
    viewer, now = _who(request), timezone.now()
    session = find_or_404(viewer, Session, id=session_id)
    try:
        done = commands.act(viewer, session, _wanted(request), now)
    except BadInput as refusal:
        conflict = is_conflict(refusal) or refusal.code in ALARM_CONFLICTS
        status = CONFLICT if conflict else REFUSED_FORM
        if _wants_json(request):
            return JsonResponse(refusal.as_json(), status=status)
        return render(request, "euthymia/bad_input.html", {"error": refusal}, status=status)
    if _wants_json(request):
        return JsonResponse({"id": done.id, "kind": done.kind.value, "by": done.by}, status=CREATED)
    return redirect("session", session_id)


ALARM_CONFLICTS = frozenset({"alarm_over", "alarm_still_on", "alarm_not_seen"})


def _wanted(request: HttpRequest) -> commands.Wanted:
    sent = request.POST
    try:
        act_id, kind, key = UUID(sent.get("id", "")), ActKind(sent.get("kind", "")), key_from(sent.get("key", ""))
        seen = json.loads(sent.get("seen", ""))
    except ValueError as wrong:
        raise BadInput("bad_alarm", "alarm", "Say which alarm is meant. Load the page again.") from wrong
    return commands.Wanted(act_id, kind, key, _texts(seen, "seen"), sent.get("to", ""), sent.get("reason", ""))


def _texts(value: Any, path: str) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value) or len(value) > MOST_SHOWN:
        raise BadInput("bad_alarm", path, "Say which alarm is meant. Load the page again.")
    return frozenset(value)


@require_POST
@requires(RUN_SESSIONS)
def shown(request: HttpRequest) -> HttpResponse:
    """A page says which beginnings it has drawn; the first time of each is kept, so that the delay is known."""
    try:
        raises = _texts(json.loads(request.body), "")
    except ValueError:
        return JsonResponse(BadInput("not_json", "", "The body must be a list of ids.").as_json(), status=BAD)
    except BadInput as refusal:
        return JsonResponse(refusal.as_json(), status=BAD)
    return _often(JsonResponse({"new": commands.note_shown(_who(request), raises, timezone.now())}))


@require_GET
@requires(RUN_SESSIONS)
def session_alarms(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """Every alarm line of one session in the order it was written, with the delays."""
    viewer, now = _who(request), timezone.now()
    session = open_session_page(viewer, session_id, purpose="session_alarms", now=now)
    rows = history_of(viewer, session, now)
    context = {"session": session, "patient": session.patient, "rows": rows, "zone": viewer.zone}
    context["may_set"] = SIGN_PROTOCOLS.allows(viewer)
    return render(request, "alarms/session_alarms.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(SIGN_PROTOCOLS)
def escalation(request: HttpRequest) -> HttpResponse:
    """After how long an alarm nobody acknowledged goes to whom; what was set stays in the list below."""
    viewer, now = _who(request), timezone.now()
    error = None
    if request.method == "POST":
        try:
            commands.set_escalation(viewer, **_rule(request), now=now)
        except BadInput as refusal:
            error = refusal
        else:
            return redirect("alarm-escalation")
    context = {
        "rules": queries.escalations(viewer),
        "tiers": [(tier.value, tier.value.capitalize()) for tier in Tier],
        "rows": queries.escalation_rows(viewer),
        "typed": request.POST if error else {},
        "error": error,
    }
    return render(request, "alarms/escalation.html", context, status=REFUSED_FORM if error else 200)


def _rule(request: HttpRequest) -> dict[str, Any]:
    sent = request.POST
    if sent.get("tier") not in {tier.value for tier in Tier}:
        raise BadInput("unknown_tier", "tier", "Choose high or medium.")
    text = sent.get("after_s", "").strip()
    if text and not (text.isascii() and text.isdecimal() and len(text) <= 6):
        raise BadInput("not_a_number", "after_s", "Give whole seconds, or leave it empty to take the rule back.")
    return {
        "tier": Tier(sent["tier"]),
        "after_s": int(text) if text else None,
        "to": sent.get("to", ""),
        "source": sent.get("source", ""),
    }


def _often(response: Any) -> Any:
    """Not a line in the request log: open pages ask again and again."""
    response.every_second = response.status_code < BAD or response.status_code == FULL
    return response


def _wants_json(request: HttpRequest) -> bool:
    return "json" in request.headers.get("Accept", "")


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer
