"""A witness who signs with their own passkey on somebody else's tablet: what is asked, and whether it was answered.

The question is kept in the session of the person who asks, for one answer.
"""

from __future__ import annotations

import json
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import get_authenticator_by_credential_id, get_credentials, get_server
from django.http import HttpRequest
from fido2.webauthn import UserVerificationRequirement

from euthymia.clinic.accounts.models import Membership

KEPT = "medication.witness"
LONGEST_ANSWER = 10_000


def ask_passkey(request: HttpRequest, member: Membership) -> dict[str, Any] | None:
    """What the browser asks the witness's passkey, as WebAuthn writes it; None when they have none here.

    The person must be verified by it (finger, face or number): touching a key that lies about is no signature.
    """
    credentials = get_credentials(member.user)
    if not credentials:
        return None
    asked, state = get_server().authenticate_begin(credentials, UserVerificationRequirement.REQUIRED)
    request.session[KEPT] = {"member": member.pk, "state": state}
    return dict(asked)


def passkey_signed(request: HttpRequest, member: Membership, answer: str) -> bool:
    """Whether this answer was made by a passkey of this member to the question last asked for them. Each question is
    answered once, rightly or wrongly."""
    kept = request.session.pop(KEPT, None)
    if kept is None or kept["member"] != member.pk or len(answer) > LONGEST_ANSWER:
        return False
    try:
        used = get_server().authenticate_complete(kept["state"], get_credentials(member.user), json.loads(answer))
    except (ValueError, TypeError, KeyError, AttributeError):
        # What the library raises on an answer that is not whole, of another question, or not signed.
        return False
    key: Authenticator | None = get_authenticator_by_credential_id(member.user, used.credential_id)
    if key is None:
        return False
    key.record_usage()
    return True
