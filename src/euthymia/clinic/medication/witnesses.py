"""The second person: chosen from the clinic's staff, and signing with their own password or passkey.

A wrong password counts like a failed sign-in of that person and is limited as sign-ins are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from allauth.account.adapter import get_adapter
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.policies import KEEP_LEDGER
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.medication.witness_passkeys import passkey_signed
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.settings import settings
from euthymia.errors import BadInput

LONGEST_KEY = 18


@dataclass(frozen=True, slots=True)
class Witness:
    """A member of staff who has just signed. Made only by `signed_witness` and `invented_witness`."""

    user_id: int
    name: str


def possible_witnesses(viewer: Viewer) -> list[Membership]:
    """Everybody else of this clinic who may keep the ledger and sign in, by name."""
    rows = (
        visible_to(viewer, Membership)
        .select_related("user", "clinic")
        .filter(role__in=KEEP_LEDGER.roles, user__is_active=True)
    )
    return sorted(rows.exclude(user_id=viewer.user_id), key=lambda row: str(row.user))


def signed_witness(request: HttpRequest, viewer: Viewer, typed: Mapping[str, str]) -> Witness:
    """The witness, once their passkey has answered or their password is right (BadInput). Never the person who asks."""
    member = chosen_witness(viewer, typed.get("witness", ""))
    if answer := typed.get("witness_passkey", ""):
        if not passkey_signed(request, member, answer):
            words = "The passkey did not sign this. Sign again, or with the witness's password."
            raise BadInput("witness_refused", "witness_passkey", words)
        return Witness(member.user_id, str(member.user))
    password = typed.get("witness_password", "")
    if not password:
        raise BadInput("witness_signed", "witness_password", "The witness signs with their own password or passkey.")
    if settings().demo and member.clinic.invented:
        # Invented staff have no password; a demonstration takes the word that stands on its page.
        if password != member.user.username:
            raise BadInput("witness_refused", "witness_password", "In the demonstration, type the witness's user name.")
        return invented_witness(member)
    try:
        user = get_adapter(request).authenticate(request, username=member.user.username, password=password)
    except ValidationError as limited:
        words = "Too many wrong passwords. Wait five minutes, or ask somebody else."
        raise BadInput("witness_limited", "witness_password", words) from limited
    if user is None or user.pk != member.user_id:
        raise BadInput("witness_refused", "witness_password", "This is not the witness's password.")
    return Witness(member.user_id, str(member.user))


def invented_witness(member: Membership) -> Witness:
    """An invented member of staff who looked on; for the demonstration only."""
    if not member.clinic.invented:
        raise BadInput("witness_signed", "witness", "Only invented staff sign without a password.")
    return Witness(member.user_id, str(member.user))


def chosen_witness(viewer: Viewer, membership_id: str) -> Membership:
    """Somebody else of this clinic who may keep the ledger (BadInput)."""
    known = membership_id.isascii() and membership_id.isdecimal() and len(membership_id) <= LONGEST_KEY
    found = {row.pk: row for row in possible_witnesses(viewer)}
    if not known or int(membership_id) not in found:
        raise BadInput("witness_unknown", "witness", "Choose the second person who sees this: another one than you.")
    return found[int(membership_id)]
