"""What a bedside page asks when the server comes and goes: is it there, who am I, and take what waited.

The page itself is kept working by the scripts `offline*.js`; nothing here is needed while the server answers.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from euthymia.clinic.accounts.full_disk import forget_full, is_known_full
from euthymia.clinic.accounts.policies import ANYONE, RUN_SESSIONS, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.sessions import queries
from euthymia.clinic.sessions.entry import take_entry
from euthymia.clinic.sessions.refusals import is_conflict
from euthymia.clinic.sessions.waiting import pen_name, refuse_other_author, written_meanwhile
from euthymia.errors import BadInput

CREATED, BAD, CONFLICT = 201, 400, 409
WORKER = settings.CLINIC_ROOM / "static" / "euthymia" / "offline-worker.js"


@require_GET
@requires(RUN_SESSIONS)
def bedside_beat(request: HttpRequest) -> HttpResponse:
    """{"by", "at", "full"}: the server is there, who is signed in, what its clock says, whether it has no room left."""
    said = {"by": pen_name(_who(request)), "at": timezone.now().isoformat(), "full": is_known_full()}
    response = JsonResponse(said)
    response.every_second = True  # type: ignore[attr-defined]
    return response


@require_GET
@requires(RUN_SESSIONS)
def bedside_token(request: HttpRequest) -> HttpResponse:
    """{"by", "token"}: a fresh form token, for what waited across a sign-in."""
    return JsonResponse({"by": pen_name(_who(request)), "token": get_token(request)})


@require_POST
@requires(RUN_SESSIONS)
def session_waiting(request: HttpRequest, session_id: UUID) -> HttpResponse:
    """One press that waited on a tablet, as its form would have sent it, with the time it was made.

    {"said"}; the same press again is answered the same and changes nothing. Refused: why, and what others wrote since.
    """
    viewer, now = _who(request), timezone.now()
    session = queries.find_session(viewer, session_id)
    typed = request.POST.dict()
    try:
        refuse_other_author(viewer, str(typed.pop("typed_by", "")))
        said = take_entry(viewer, session, typed, now)
    except BadInput as refusal:
        state = queries.state_of(queries.find_session(viewer, session_id))
        meanwhile = written_meanwhile(state, viewer, str(typed.get("seen_at", "")))
        status = CONFLICT if is_conflict(refusal) or refusal.code == "other_author" else BAD
        return JsonResponse(refusal.as_json() | {"meanwhile": meanwhile}, status=status)
    forget_full()
    return JsonResponse({"said": said}, status=CREATED)


@require_GET
@requires(ANYONE)
def bedside_worker(request: HttpRequest) -> HttpResponse:
    """The script that answers for the server while it is away; from the root, because it answers for every page."""
    response = HttpResponse(WORKER.read_bytes(), content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


def _who(request: HttpRequest) -> Viewer:
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    return viewer
