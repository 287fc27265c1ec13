"""How sign-in behaves: staff are added by their clinic, nobody registers, and every sign-in is written down."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from euthymia.clinic.accounts.models import User
from euthymia.clinic.accounts.viewer import viewer_for
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action


class StaffAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def post_login(self, request: HttpRequest, user: User, **named: Any) -> HttpResponseBase:
        answer: HttpResponseBase = super().post_login(request, user, **named)
        viewer = viewer_for(request)
        if viewer is not None:
            record(viewer, Action.SIGN_IN, "account", now=timezone.now())
        return answer
