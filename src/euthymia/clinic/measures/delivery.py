"""How a link leaves the house: by e-mail or text message, through whoever the operator chose; else on the console.

The words name nobody and nothing of anyone's care.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import sys
import urllib.error
import urllib.request

from django.conf import settings as django_settings
from django.core.mail import send_mail
from django.utils.translation import gettext as _
from django.utils.translation import override

from euthymia.clinic.measures.models import Way
from euthymia.clinic.people.models import Channel, Patient
from euthymia.clinic.settings import settings
from euthymia.errors import BadInput

TIMEOUT_S = 10
ADD_ONE = "Add one under Record, Contact details."


def way_to(patient: Patient) -> Way:
    """How this person is asked. Refuses (BadInput) who does not want to be, and a way without an address."""
    if patient.channel == Channel.NONE:
        says = "This person is asked only when here. Use a tablet of the clinic, or change it under Contact details."
        raise BadInput("not_wanted", "channel", says)
    if patient.channel == Channel.SMS:
        if not patient.phone:
            raise BadInput(
                "no_address", "phone", "There is no telephone number. Add one under Record, Contact details."
            )
        return Way.SMS
    if not patient.email:
        raise BadInput("no_address", "email", f"There is no e-mail address. {ADD_ONE}")
    return Way.EMAIL


def deliver(patient: Patient, way: Way, link: str, message_id: str) -> None:
    """Hand the link over in the patient's language; raises OSError when nobody takes it.

    message_id goes with a text message, so that a provider that is told twice can know it is the same one.
    """
    with override(patient.language):
        if way == Way.SMS:
            _text_message(
                patient.phone, _("How are you since your visit? One minute, no password:") + f" {link}", message_id
            )
        else:
            _mail(patient.email, link)


def _mail(address: str, link: str) -> None:
    send_mail(
        _("How are you since your visit?"),
        _("This takes about a minute. No account, no password:") + f"\n\n{link}\n\n" + _("The link works once."),
        django_settings.DEFAULT_FROM_EMAIL,
        [address],
    )


def _text_message(number: str, text: str, message_id: str) -> None:
    """POST to the operator's webhook (docs/how-to/send-check-ins.md); on the console where there is none."""
    chosen = settings()
    if not chosen.sms_url:
        sys.stdout.write(f"Text message to {number}: {text}\n")
        sys.stdout.flush()
        return
    body = json.dumps({"id": message_id, "to": number, "text": text}).encode()
    signature = hmac.new(chosen.sms_secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Euthymia-Signature": f"sha256={signature}"}
    request = urllib.request.Request(chosen.sms_url, body, headers, method="POST")
    try:
        urllib.request.urlopen(request, timeout=TIMEOUT_S).close()
    except urllib.error.HTTPError as refusal:
        refusal.close()
        raise OSError(f"the provider answered {refusal.code}") from None
