"""What every page's shell needs: who is looking, where they can go, whom to call in a crisis."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from euthymia.care.crisis import crisis_lines
from euthymia.care.decision import Allowed
from euthymia.clinic.accounts.policies import (
    HANDLE_INTAKE,
    LOAD_WORDING,
    MANAGE_MONITORS,
    RUN_SESSIONS,
    SEE_AUDIT,
    SEE_EVIDENCE,
    SEE_LEDGER,
    SEE_PEOPLE,
    SIGNED_IN,
    Policy,
)
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.settings import settings

STAFF_PAGES: tuple[tuple[str, str, Policy], ...] = (
    ("Today", "today", SEE_PEOPLE),
    ("Board", "board", RUN_SESSIONS),
    ("People", "people", SEE_PEOPLE),
    ("Intake", "intake", HANDLE_INTAKE),
    ("Protocols", "protocols", SIGNED_IN),
    ("Evidence", "evidence", SEE_EVIDENCE),
    ("Controlled drugs", "medication", SEE_LEDGER),
    ("Wording", "wording", LOAD_WORDING),
    ("Monitors", "monitors", MANAGE_MONITORS),
    ("Access log", "access-log", SEE_AUDIT),
)
PUBLIC_PAGES = (
    (_("Learn"), "learn"),
    (_("Self-check"), "self-check"),
    (_("I'm ready to learn more"), "enquire"),
    (_("Help now"), "crisis"),
)
DEFAULT_COUNTRY = "US"


def shell(request: HttpRequest) -> dict[str, Any]:
    """What the templates of the page shell are filled with."""
    viewer: Viewer | None = getattr(request, "viewer", None)
    country = viewer.country if viewer else request.GET.get("country", DEFAULT_COUNTRY).upper()[:2]
    return {
        "viewer": viewer,
        "navigation": navigation(request, viewer),
        "public_navigation": public_navigation(request),
        "intended_use_url": reverse("about"),
        "sign_out_url": reverse("account_logout") if viewer else None,
        "crisis": crisis_lines(country),
        "demo": settings().demo,
    }


def public_navigation(request: HttpRequest) -> list[tuple[str, str, bool]]:
    """(label, address, is this page) of the public pages."""
    pages = ((str(label), reverse(name)) for label, name in PUBLIC_PAGES)
    return [(label, address, request.path.startswith(address)) for label, address in pages]


def navigation(request: HttpRequest, viewer: Viewer | None) -> list[tuple[str, str, bool]]:
    """(label, address, is this page) of every place this viewer may open."""
    if viewer is None:
        return []
    allowed = (page for page in STAFF_PAGES if isinstance(page[2].decide(viewer), Allowed))
    pages = ((label, reverse(name)) for label, name, _ in allowed)
    return [(label, address, request.path.startswith(address)) for label, address in pages]
