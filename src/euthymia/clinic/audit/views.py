"""The access log on screen."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from euthymia.clinic.accounts.policies import SEE_AUDIT, requires
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.audit.queries import current_anchor, entries_visible_to, verify_log

PAGE_SIZE = 50


@requires(SEE_AUDIT)
def access_log(request: HttpRequest) -> HttpResponse:
    """The clinic's entries, newest first; `?verify=1` walks the whole chain."""
    viewer = request.viewer  # type: ignore[attr-defined]
    record(viewer, Action.LIST, "access_log", now=timezone.now())
    page = Paginator(entries_visible_to(viewer), PAGE_SIZE).get_page(request.GET.get("page"))
    findings = verify_log() if request.GET.get("verify") else None
    context = {"page": page, "findings": findings, "anchor": current_anchor()}
    return render(request, "audit/access_log.html", context)
