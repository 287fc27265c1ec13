"""The handover view: who looks after which open risk, for how long already, and the act of handing it on."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.clinic.accounts.policies import RUN_SESSIONS, requires
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.handover import commands, queries
from euthymia.clinic.handover.models import Handover
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.sessions.events import uuid_of
from euthymia.clinic.sessions.wording import minutes_words
from euthymia.errors import BadInput

REFUSED_FORM = 422
NOBODY = "Nobody named yet"


@require_http_methods(["GET", "POST"])
@requires(RUN_SESSIONS)
def handover(request: HttpRequest) -> HttpResponse:
    """Per person everything that is open and theirs, oldest first, and a form to hand it on."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    problem: BadInput | None = None
    if request.method == "POST":
        try:
            given = _hand_over(request, now)
        except BadInput as refusal:
            problem = refusal
        else:
            messages.success(request, f"Handed over to {given[0].to_name}.")
            return redirect("handover")
    record(viewer, Action.LIST, "handover", now=now)
    chairs, people = queries.chairs_now(viewer, now), queries.people_items(viewer)
    context = {
        "groups": _groups(chairs, people, now),
        "acts": queries.recent_acts(viewer, now),
        "receivers": queries.receivers(viewer),
        "batch_id": str(uuid4()),
        "problem": problem,
        "typed": request.POST,
        "chosen": request.POST.getlist("items"),
        "now": now,
    }
    return render(request, "handover/handover.html", context, status=REFUSED_FORM if problem else 200)


def _hand_over(request: HttpRequest, now: datetime) -> list[Handover]:
    viewer = request.viewer  # type: ignore[attr-defined]
    to = next((one for one in queries.receivers(viewer) if str(one.user_id) == request.POST.get("to", "")), None)
    if to is None:
        raise BadInput("no_owner", "to", "Choose to whom.")
    batch_id = uuid_of(request.POST.get("batch_id"), "batch_id")
    says = request.POST.get("says", "")
    return commands.hand_over(viewer, request.POST.getlist("items"), to, says, batch_id=batch_id, now=now)


def _groups(
    chairs: list[queries.ChairItem], people: list[queries.OpenItem], now: datetime
) -> list[tuple[str, list[dict[str, object]]]]:
    """(owner, lines), those nobody owns first. What belongs to a chair stands with whoever looks after the chair."""
    found: dict[str, list[dict[str, object]]] = defaultdict(list)
    for item in people:
        found[item.owner].append(_line(item, (), now))
    for chair in chairs:
        found[chair.item.owner].append(_line(chair.item, chair.parts, now))
    named = sorted(found.items(), key=lambda group: (group[0] != "", group[0]))
    return [(owner or NOBODY, lines) for owner, lines in named]


def _line(item: queries.OpenItem, parts: tuple[queries.OpenItem, ...], now: datetime) -> dict[str, object]:
    return {
        "item": item,
        "key": f"{item.subject}:{item.subject_id}",
        "age": minutes_words(now - item.since) if item.since else "",
        "parts": [(part, minutes_words(now - part.since) if part.since else "") for part in parts],
    }


@require_POST
@requires(RUN_SESSIONS)
def handover_take(request: HttpRequest, act_id: UUID) -> HttpResponse:
    """Confirm what was handed to the viewer."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    commands.take_over(viewer, find_or_404(viewer, Handover, id=act_id), now)
    messages.success(request, "Taken over.")
    return redirect("handover")
