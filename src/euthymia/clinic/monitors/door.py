"""The door through which monitors beat: the same routes, views and policies by a shorter way.

A monitor brings a secret instead of a cookie; it is shown no page, reads no language and is left no message. The stages
that look after browsers took longer than keeping its sample, forty times a second. What guards a request stays: the
log, the limit of a body, the headers of security, the policy, and the words for refused input and for a full disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.module_loading import import_string

STAGES = (
    "euthymia.clinic.accounts.middleware.RequestLogMiddleware",
    "euthymia.clinic.accounts.middleware.BodyLimitMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "euthymia.clinic.monitors.door.NobodyMiddleware",
    "euthymia.clinic.accounts.middleware.PolicyMiddleware",
    "euthymia.clinic.accounts.middleware.BadInputMiddleware",
    "euthymia.clinic.accounts.full_disk.FullDiskMiddleware",
)
ROUTES = ("monitor-samples", "monitor-observation", "monitor-observations")


class NobodyMiddleware:
    """Whoever comes through this door is no member of staff, whatever cookie they bring; and they know our name."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.get_host()
        request.viewer = None  # type: ignore[attr-defined]
        return self.get_response(request)


class MonitorHandler(WSGIHandler):
    """Answers what monitors send; `addresses` are the paths it answers."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses = frozenset(reverse(route) for route in ROUTES)

    def load_middleware(self, is_async: bool = False) -> None:
        """Only the stages of this door, put together as Django puts its own together."""
        self._view_middleware: list[Any] = []
        self._template_response_middleware: list[Any] = []
        self._exception_middleware: list[Any] = []
        handler = convert_exception_to_response(self._get_response)
        for stage in reversed(STAGES):
            made = import_string(stage)(handler)
            if hasattr(made, "process_view"):
                self._view_middleware.insert(0, made.process_view)
            if hasattr(made, "process_exception"):
                self._exception_middleware.append(made.process_exception)
            handler = convert_exception_to_response(made)
        self._middleware_chain = handler


class Doors:
    """Monitors by their own door, everybody else through `pages`. What is whole already is handed to the server in one
    piece, which costs it less than asking for it piece by piece."""

    def __init__(self, pages: Callable[..., Any]) -> None:
        self._pages, self._monitors = pages, MonitorHandler()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        handler = self._monitors if environ.get("PATH_INFO") in self._monitors.addresses else self._pages
        answer: Any = handler(environ, start_response)
        if getattr(answer, "streaming", True):
            streamed: Iterable[bytes] = answer
            return streamed
        whole = [answer.content]
        answer.close()
        return whole
