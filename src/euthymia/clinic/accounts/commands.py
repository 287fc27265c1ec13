"""Changing who works where."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth import login
from django.http import HttpRequest

from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.viewer import CLINIC_CHOICE, Viewer, viewer_of
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.settings import settings
from euthymia.errors import BadInput


def enter_demo(request: HttpRequest, membership_id: int, now: datetime) -> Viewer:
    """Sign in as an invented member of staff with one click; only ever in a demonstration clinic."""
    if not settings().demo:
        raise BadInput("not_a_demo", "", "One-click sign-in exists only in the demonstration clinic.")
    # The setting alone opens no door: a real clinic stays shut even where somebody turned the demonstration on.
    invented = Membership.objects.select_related("user", "clinic").filter(clinic__invented=True)
    membership = invented.filter(pk=membership_id).first()
    if membership is None:
        raise BadInput("unknown_membership", "membership", "Choose one of the people listed.")
    login(request, membership.user, backend="django.contrib.auth.backends.ModelBackend")
    request.session[CLINIC_CHOICE] = membership.clinic_id
    viewer = viewer_of(membership)
    record(viewer, Action.SIGN_IN, "demo", now=now)
    return viewer


def choose_clinic(request: HttpRequest, viewer: Viewer, clinic_id: int) -> None:
    """Work in another clinic this person belongs to."""
    if not Membership.objects.filter(user_id=viewer.user_id, clinic_id=clinic_id).exists():
        raise BadInput("not_a_member", "clinic", "You do not work in that clinic.")
    request.session[CLINIC_CHOICE] = clinic_id
