"""Answers of a link's form on their way: kept at every tap, shown again to the browser that gave them, gone once sent.

A sign of suicidal thoughts on a form that nobody sends is told to the clinic once the form has been left for a while:
at once would call a nurse for a tap that is put right a second later, and never would lose the person.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext as _

from euthymia.care.instruments import load_instrument
from euthymia.care.instruments.score import checked_answers
from euthymia.care.risk import Trigger, assess
from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.measures.draft_queries import keeps_answers
from euthymia.clinic.measures.link_commands import (
    BY_LINK,
    LINK_LIVES,
    answer_check_in,
    check_in_behind,
    hash_of,
    hold_open,
)
from euthymia.clinic.measures.models import CheckIn, Draft, Response, Way
from euthymia.clinic.measures.risk_commands import LONGEST_TRIGGER, raise_risk_of_unfinished
from euthymia.errors import BadInput

log = logging.getLogger("euthymia.measures")
# Longer than anybody looks at one question, and short beside the hours in which a clinic answers a sign.
LEFT_AFTER = timedelta(minutes=5)
# Every question of the longest form changed several times over; beyond that it is no person who taps.
MOST_TIMES_KEPT = 400
# A telephone, a computer and one more. A link that went round keeps no more than this.
MOST_BROWSERS = 3


@transaction.atomic
def keep_answers(token: str, browser: str, answers: Mapping[str, int], now: datetime) -> Mapping[str, int]:
    """Keep these answers with those this browser gave before, and give all of them; the same again writes nothing.

    Refuses (BadInput) what the form does not know, a link that opens nothing, a tablet that is handed round, and more
    than a person would tap. The access log says that a form was begun, not each tap.
    """
    check_in = hold_open(check_in_behind(token, now))
    if not keeps_answers(check_in):
        raise BadInput("not_kept_here", "", _("On this tablet nothing is kept before you send."))
    instrument = load_instrument(check_in.instrument).in_form()
    given = checked_answers(instrument, answers)
    draft = check_in.drafts.filter(browser_hash=hash_of(browser)).first()
    before = draft.answers if draft is not None else {}
    after = before | given
    if after == before:
        return after
    if draft is None:
        draft = _begun(check_in, browser, now)
    if draft.times_kept >= MOST_TIMES_KEPT:
        raise BadInput("too_often", "", _("Nothing more is kept before you send. Your answers stay on this page."))
    found = assess(instrument, after)
    is_sign = found is not None and found.trigger is Trigger.SUICIDAL_THOUGHTS
    draft.sign = found.says[:LONGEST_TRIGGER] if found is not None and is_sign else ""
    draft.answers, draft.kept_at, draft.times_kept = after, now, draft.times_kept + 1
    draft.save(update_fields=["sign", "answers", "kept_at", "times_kept"])
    return after


def _begun(check_in: CheckIn, browser: str, now: datetime) -> Draft:
    if check_in.drafts.count() >= MOST_BROWSERS:
        raise BadInput("too_many", "", _("Nothing more is kept before you send. Your answers stay on this page."))
    row = Draft.objects.create(
        clinic_id=check_in.clinic_id, check_in=check_in, browser_hash=hash_of(browser), answers={},
        begun_at=now, kept_at=now, times_kept=0,
    )  # fmt: skip
    _note(row, Action.CREATE, now)
    return row


def _note(draft: Draft, action: Action, now: datetime) -> None:
    check_in = draft.check_in
    actor = System(draft.clinic_id, BY_LINK)
    record(actor, action, "draft", now=now, patient_id=check_in.patient_id, subject_id=check_in.id)


@transaction.atomic
def send_answers(token: str, browser: str, answers: Mapping[str, int | None], now: datetime) -> Response:
    """Answer the check-in, and take its drafts away. A sign in what another browser began is told before it goes."""
    response = answer_check_in(token, answers, now)
    for draft in Draft.objects.filter(check_in_id=response.check_in_id).select_related("check_in__patient"):
        if draft.browser_hash != hash_of(browser):
            _tell(draft, now)
        draft.delete()
    return response


@transaction.atomic
def clear_answers(token: str, browser: str, now: datetime) -> None:
    """Take away what this browser kept. A sign in it is told first: taking all of it back is no slip of a finger."""
    check_in = hold_open(check_in_behind(token, now))
    for draft in check_in.drafts.filter(browser_hash=hash_of(browser)):
        _tell(draft, now)
        _note(draft, Action.CHANGE, now)
        draft.delete()


def _tell(draft: Draft, now: datetime) -> bool:
    """Raise the signal of an unfinished form, unless there is no sign or it was told already."""
    if draft.sign in ("", draft.told):
        return False
    check_in = draft.check_in
    actor = System(draft.clinic_id, BY_LINK)
    raise_risk_of_unfinished(actor, check_in.patient, check_in.instrument, draft.answers, now)
    draft.told = draft.sign
    draft.save(update_fields=["told"])
    return True


def tend_drafts(now: datetime) -> str:
    """One round over every form that was begun: signs on those that were left are told, those whose time is over go.

    One that cannot be told, in a clinic where nobody could own it, stays and is tried again, and keeps no other back.
    """
    left = Draft.objects.exclude(sign="").exclude(told=F("sign")).filter(kept_at__lte=now - LEFT_AFTER)
    told = sum(tell_left(pk, now) for pk in left.values_list("pk", flat=True))
    gone = sum(end_draft(pk, now) for pk in _over(now).values_list("pk", flat=True))
    words = [f"{count} {what}" for count, what in ((told, "told"), (gone, "taken away")) if count]
    return ", ".join(words) or "nothing to do"


def _over(now: datetime) -> QuerySet[Draft]:
    """Drafts whose link has expired or was answered. Own pages open a link for an hour at a time, so what is begun
    there lives as long as a link that is sent."""
    answered, expired = Q(check_in__answered_at__isnull=False), Q(check_in__expires_at__lt=now)
    old = Q(begun_at__lt=now - LINK_LIVES) | ~Q(check_in__messages__way=Way.PAGES)
    return Draft.objects.filter(answered | (expired & old)).distinct()


def tell_left(draft_id: int, now: datetime) -> bool:
    """Tell the sign of one form that was left, if it is still there and still left."""
    try:
        with transaction.atomic():
            draft = _draft(draft_id)
            if draft is None or draft.kept_at > now - LEFT_AFTER:
                return False
            return _tell(draft, now)
    except BadInput as refusal:
        log.error("a sign on an unfinished form has no owner", extra={"code": refusal.code})
        return False


def end_draft(draft_id: int, now: datetime) -> bool:
    """Take one draft away whose time is over, unless its sign is still to be told."""
    try:
        with transaction.atomic():
            draft = _draft(draft_id)
            if draft is None or not _over(now).filter(pk=draft_id).exists():
                return False
            _tell(draft, now)
            _note(draft, Action.CHANGE, now)
            draft.delete()
            return True
    except BadInput as refusal:
        log.error("a sign on an unfinished form has no owner", extra={"code": refusal.code})
        return False


def _draft(draft_id: int) -> Draft | None:
    """The draft as it is now, its check-in held until the transaction ends; None once it was sent or taken away."""
    found = Draft.objects.filter(pk=draft_id).first()
    if found is None:
        return None
    CheckIn.objects.select_for_update(of=("self",)).get(pk=found.check_in_id)
    return Draft.objects.select_related("check_in__patient").filter(pk=draft_id).first()
