"""What happens around every request: who is looking, may they, and what is written to the log."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils import timezone

from euthymia.care.decision import Allowed, CannotTell, Refused
from euthymia.clinic.accounts.policies import policy_of
from euthymia.clinic.accounts.remembered import REMEMBERED
from euthymia.clinic.accounts.viewer import viewer_for
from euthymia.errors import BadInput

# The largest thing sent here is a bundle of 10 MB, in a form.
LARGEST_BODY_BYTES = 12 * 2**20
LARGEST_KEY = 2**63 - 1
Handler = Callable[[HttpRequest], HttpResponseBase]
log = logging.getLogger("euthymia.request")


class RequestLogMiddleware:
    """One line per request: the route's pattern, never its path, so that no identifier reaches the log."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        started = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.route if request.resolver_match else "-"
        viewer = getattr(request, "viewer", None)
        fields: dict[str, Any] = {
            "method": request.method,
            "route": route,
            "status": response.status_code,
            "milliseconds": round((time.perf_counter() - started) * 1000, 1),
        }
        if viewer is not None:
            fields |= {"user": viewer.user_id, "clinic": viewer.clinic_id}
        # A monitor beats every second and a screen asks as often: a page of such lines says nothing.
        if (route != "-" or response.status_code >= 400) and not getattr(response, "every_second", False):
            log.info("request", extra=fields)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Say what broke and where in our files; never the message, which may quote what somebody typed."""
        if isinstance(exception, Http404):
            return
        frames = [frame for frame in traceback.extract_tb(exception.__traceback__) if "euthymia" in frame.filename]
        places = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames[-3:]]
        route = request.resolver_match.route if request.resolver_match else "-"
        log.error("failed", extra={"route": route, "code": f"{type(exception).__name__} at {', '.join(places)}"})


class ViewerMiddleware:
    """Puts the viewer on the request: a member of staff at work in one clinic, or None."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        viewer = REMEMBERED.viewer(request.session.session_key, lambda: viewer_for(request))
        request.viewer = viewer  # type: ignore[attr-defined]
        # Instants are kept in UTC and shown in the clinic's zone.
        with timezone.override(viewer.zone if viewer else None):
            response = self.get_response(request)
        if viewer is not None:
            # A person's data is never kept by a browser or a proxy, so the back button shows nothing after sign-out.
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response


class PolicyMiddleware:
    """Denies every view that its policy does not allow, and every view that declares none."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], arguments: Any, named: Any
    ) -> HttpResponseBase | None:
        policy = policy_of(view)
        if policy is None:
            return forbidden(request, "This page has not been opened to anybody yet.")
        match policy.decide(request.viewer):  # type: ignore[attr-defined]
            case Allowed():
                return None
            case Refused(reasons):
                return forbidden(request, reasons[0].says)
            case CannotTell():
                return sign_in_first(request)


class BodyLimitMiddleware:
    """Refuses a body that is larger than any form here sends, by its announced length, before a byte of it is read."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not (length.isascii() and length.isdecimal()) or len(length) > 12 or int(length) > LARGEST_BODY_BYTES:
            says = f"At most {LARGEST_BODY_BYTES // 2**20} MB can be sent at once."
            return JsonResponse({"error": "too_large", "path": "", "message": says}, status=413)
        return self.get_response(request)


class BadInputMiddleware:
    """The outermost edge for refused input: the same clear error on a page, in a fragment and as JSON."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], arguments: Any, named: dict[str, Any]
    ) -> HttpResponseBase | None:
        """What no database can look up or keep is refused here, once for every view."""
        if any(isinstance(value, int) and value > LARGEST_KEY for value in named.values()):
            raise Http404
        for sent in (request.GET, request.POST):
            name = next((name for name, values in sent.lists() if any("\x00" in text for text in values)), None)
            if name is not None:
                problem = BadInput(
                    "unreadable", name, "This text holds a character that cannot be kept. Type it again."
                )
                return self.process_exception(request, problem)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if not isinstance(exception, BadInput):
            return None
        if wants_json(request):
            return JsonResponse(exception.as_json(), status=400)
        return render(request, "euthymia/bad_input.html", {"error": exception}, status=400)


def wants_json(request: HttpRequest) -> bool:
    return "json" in request.headers.get("Accept", "")


def sign_in_first(request: HttpRequest) -> HttpResponseBase:
    """A page leads to the sign-in; a program, and a page that asks for a part of itself, is told 401."""
    if wants_json(request) or request.method != "GET" or request.headers.get("HX-Request"):
        return JsonResponse({"error": "sign_in", "path": "", "message": "Sign in first."}, status=401)
    return redirect_to_login(request.get_full_path())


def forbidden(request: HttpRequest, says: str) -> HttpResponse:
    """403 with the reason, as a page or as JSON."""
    if wants_json(request):
        return JsonResponse({"error": "forbidden", "path": "", "message": says}, status=403)
    return render(request, "euthymia/forbidden.html", {"says": says}, status=403)
