"""Asking for answers: a link that opens one form once, how it goes out, and what it brings."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from euthymia.care.instruments import load_instrument, score
from euthymia.clinic.accounts.viewer import Actor, System
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.measures.commands import DOUBLE_CLICK, Filled, record_response
from euthymia.clinic.measures.delivery import deliver, way_to
from euthymia.clinic.measures.models import WITHOUT_MESSAGE, AnswerSource, CheckIn, Message, Response, Way
from euthymia.clinic.settings import settings
from euthymia.errors import BadInput, InstrumentError

TOKEN_BYTES = 24
BY_LINK = "patient, through a link"
LINK_LIVES = timedelta(days=7)
# A tablet that is handed over is answered while its owner sits there.
TABLET_LIVES = timedelta(hours=1)


def send_check_in(actor: Actor, check_in: CheckIn, now: datetime) -> str:
    """Send the link the way the person chose and give it back. A new link replaces an earlier one; only its hash is
    kept.

    The message goes out between two transactions, so that a slow server holds nobody else up. When it is refused the
    check-in stays unsent (BadInput); when this machine dies in between, the message counts as sent and is never sent
    by itself again.
    """
    way = way_to(check_in.patient)
    link, message = new_link(actor, check_in, way, now, lives=LINK_LIVES)
    try:
        deliver(check_in.patient, way, link, str(message.pk))
    except OSError as failure:
        close_message(actor, message, now, failed=f"{type(failure).__name__}: {failure}"[:200])
        says = "The message was not taken by the server that sends it. Try again in a minute, or ask in the clinic."
        raise BadInput("message_failed", way.value, says) from failure
    close_message(actor, message, now, sent_at=now)
    return link


@transaction.atomic
def open_here(actor: Actor, check_in: CheckIn, now: datetime, way: Way = Way.HERE) -> str:
    """A link for whoever sits in front of this screen, good for an hour; nothing is sent. It replaces an earlier
    link."""
    link, message = new_link(actor, check_in, way, now, lives=TABLET_LIVES)
    close_message(actor, message, now, sent_at=now)
    return link


@transaction.atomic
def new_link(actor: Actor, check_in: CheckIn, way: Way, now: datetime, *, lives: timedelta) -> tuple[str, Message]:
    """A fresh link and the row that says it is about to go out. Refuses (BadInput) what was answered, and a second
    message within a minute: two who press at once send one."""
    row = CheckIn.objects.select_for_update(of=("self",)).get(pk=check_in.pk)
    if row.answered_at is not None:
        raise BadInput("already_answered", "", "This check-in was answered already.")
    lately = row.messages.filter(failed="", begun_at__gt=now - DOUBLE_CLICK).exclude(way__in=WITHOUT_MESSAGE)
    if way not in WITHOUT_MESSAGE and lately.exists():
        raise BadInput("just_sent", "", "The link was sent a moment ago. A new one would make that one useless.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    keep_link(actor, check_in, now, token_hash=hash_of(token), sent_at=None, expires_at=now + lives)
    message = Message.objects.create(
        clinic_id=check_in.clinic_id, check_in=check_in, way=way, begun_at=now, by=actor.name
    )
    return f"{settings().public_url}{reverse('check-in', args=[token])}", message


@transaction.atomic
def close_message(
    actor: Actor, message: Message, now: datetime, *, sent_at: datetime | None = None, failed: str = ""
) -> None:
    """What became of a message that was about to go out."""
    message.sent_at, message.failed = sent_at, failed
    message.save(update_fields=["sent_at", "failed"])
    if sent_at is not None:
        keep_link(actor, message.check_in, now, sent_at=sent_at)


@transaction.atomic
def keep_link(actor: Actor, check_in: CheckIn, now: datetime, **fields: Any) -> None:
    """Write what is known of a link, and that it was."""
    for name, value in fields.items():
        setattr(check_in, name, value)
    check_in.save(update_fields=list(fields))
    about = {"patient_id": check_in.patient_id, "subject_id": check_in.id, "detail": {"fields": sorted(fields)}}
    record(actor, Action.CHANGE, "check_in", now=now, **about)


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def check_in_behind(token: str, now: datetime) -> CheckIn:
    """The check-in a link opens; refuses an unknown, an expired and a used one, each in its own words."""
    check_in = CheckIn.objects.select_related("patient", "session", "clinic").filter(token_hash=hash_of(token)).first()
    if check_in is None:
        raise BadInput("unknown_link", "", _("This link is not known. Perhaps a newer one was sent to you."))
    if check_in.answered_at is not None:
        raise BadInput("used_link", "", _("Thank you: these questions were answered already. The link works once."))
    if check_in.expires_at is None or check_in.expires_at < now:
        raise BadInput("expired_link", "", _("This link has expired. Ask the clinic for a new one."))
    return check_in


def hold_open(check_in: CheckIn) -> CheckIn:
    """The check-in, held until the transaction ends. Two taps at once: the second waits here, and is refused when the
    first has answered."""
    row = CheckIn.objects.select_for_update(of=("self",)).select_related("patient", "session").get(pk=check_in.pk)
    if row.answered_at is not None:
        raise BadInput("used_link", "", _("Thank you: these questions were answered already. The link works once."))
    return row


@transaction.atomic
def answer_check_in(token: str, answers: Mapping[str, int | None], now: datetime) -> Response:
    """Keep the answers a link brought, once. Refuses an incomplete form without using the link up."""
    check_in = hold_open(check_in_behind(token, now))
    scored = score(load_instrument(check_in.instrument), answers)
    if scored.missing:
        raise InstrumentError("missing_answers", "answers", scored.why)
    actor = System(check_in.clinic_id, BY_LINK)
    check_in.answered_at = now
    check_in.save(update_fields=["answered_at"])
    last = check_in.messages.last()
    source = AnswerSource.CLINIC if last is not None and last.way == Way.HERE else AnswerSource.LINK
    filled = Filled(check_in.instrument, answers, source, now, check_in.session, check_in)
    return record_response(actor, check_in.patient, filled, now=now)
