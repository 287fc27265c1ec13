"""Signing in to the demonstration, choosing a clinic, and whether the service is well."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.clinic.accounts.commands import choose_clinic, enter_demo
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.policies import ANYONE, SIGNED_IN, requires
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.settings import settings

START_PAGE = {Role.RESEARCHER: "evidence", Role.NURSE: "board"}


@requires(ANYONE)
def demo(request: HttpRequest) -> HttpResponse:
    """Everybody who works in the demonstration clinics, each one click away."""
    invented = Membership.objects.filter(clinic__invented=True).select_related("user", "clinic")
    members = invented.order_by("clinic_id", "pk") if settings().demo else []
    return render(request, "accounts/demo.html", {"members": members})


@require_POST
@requires(ANYONE)
def demo_enter(request: HttpRequest, membership_id: int) -> HttpResponse:
    viewer = enter_demo(request, membership_id, timezone.now())
    return redirect(START_PAGE.get(viewer.role, "today"))


@require_POST
@requires(SIGNED_IN)
def clinic_choose(request: HttpRequest, clinic_id: int) -> HttpResponse:
    choose_clinic(request, request.viewer, clinic_id)  # type: ignore[attr-defined]
    return redirect("today")


@requires(ANYONE)
def health(request: HttpRequest) -> JsonResponse:
    """Answers 200 when rows can be read; for whoever watches the service."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()
    return JsonResponse({"status": "ok", "database": connection.vendor, "at": timezone.now().isoformat()})
