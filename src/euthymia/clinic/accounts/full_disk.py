"""When the disk is full: nothing is half written, reading goes on, and everybody is told in plain words.

The database refuses the write and rolls it back by itself; here that refusal gets a name, and a memory of a minute so
that pages which only read can say it too.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render

from euthymia.errors import BadInput

INSUFFICIENT_STORAGE = 507
# Writers try again every few seconds; silence for a minute means that nobody was refused any more.
REMEMBERED_S = 60.0
SQLITE_REFUSES = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_FSYNC", "SQLITE_IOERR_TRUNCATE"})
POSTGRESQL_REFUSES = frozenset({"53100", "58030"})
SYSTEM_REFUSES = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
SAYS = "The server's disk is full, so nothing was written. Write on paper, and tell whoever runs this server."
Handler = Callable[[HttpRequest], HttpResponseBase]


class _Memory:
    """When a write was last refused for want of room, on this process's steady clock."""

    refused_at_s: float | None = None


def is_full(problem: BaseException) -> bool:
    """Whether this fault, or what caused it, is a disk that takes no more."""
    return any(
        getattr(cause, "sqlite_errorname", None) in SQLITE_REFUSES
        or getattr(cause, "sqlstate", None) in POSTGRESQL_REFUSES
        or (isinstance(cause, OSError) and cause.errno in SYSTEM_REFUSES)
        for cause in _causes(problem)
    )


def remember_full() -> None:
    """A write was refused just now."""
    _Memory.refused_at_s = time.monotonic()


def forget_full() -> None:
    """A write has succeeded."""
    _Memory.refused_at_s = None


def is_known_full() -> bool:
    """Whether a write was refused within the last minute and none has succeeded since that was told here."""
    at_s = _Memory.refused_at_s
    return at_s is not None and time.monotonic() - at_s < REMEMBERED_S


def _causes(problem: BaseException | None) -> Iterator[BaseException]:
    while problem is not None:
        yield problem
        problem = problem.__cause__ or problem.__context__


class FullDiskMiddleware:
    """Answers 507 with what to do, as a page or as JSON, where a write found no room."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not is_full(exception):
            return None
        remember_full()
        refusal = BadInput("no_room", "", SAYS)
        if "json" in request.headers.get("Accept", "") or request.content_type == "application/json":
            return JsonResponse(refusal.as_json(), status=INSUFFICIENT_STORAGE)
        return render(request, "euthymia/bad_input.html", {"error": refusal}, status=INSUFFICIENT_STORAGE)
