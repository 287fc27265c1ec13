"""Keeping answers, asking for them, and making sure a sign of suicidal thoughts has an owner."""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings as django_settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from euthymia.care.followup import check_in_schedule
from euthymia.care.instruments import Score, load_instrument, score
from euthymia.care.risk import assess
from euthymia.clinic.accounts.viewer import Actor, System
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.followup.commands import refresh_forecast
from euthymia.clinic.measures.models import AnswerSource, CheckIn, Response
from euthymia.clinic.measures.risk_commands import note_screener, raise_risk
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.settings import settings
from euthymia.errors import BadInput, InstrumentError

log = logging.getLogger("euthymia.measures")
TOKEN_BYTES = 24
BY_LINK = "patient, through a link"
LINK_LIVES = timedelta(days=7)
# The same thing sent again within this time by the same person is a double click, not a second thing.
DOUBLE_CLICK = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Filled:
    """One filled questionnaire: which, the answers (item → value, None is not answered), by whom, when, after what, and
    in which of its forms (empty is the usual one)."""

    instrument_id: str
    answers: Mapping[str, int | None]
    source: AnswerSource
    at: datetime
    session: Session | None = None
    check_in: CheckIn | None = None
    variant: str = ""


@transaction.atomic
def record_response(
    actor: Actor, patient: Patient, filled: Filled, *, now: datetime, forecast: bool = True
) -> Response:
    """Keep one filled questionnaire with its score, raise its risk signal, and learn from it.

    Refuses an answer out of range and a time in the future. An incomplete form is kept as it is, without a total.
    `forecast=False` leaves the course as it was, for whoever brings many answers and learns once at the end.
    """
    if filled.at > now:
        raise BadInput("in_the_future", "at", "This time lies in the future. Check the date and the clock.")
    instrument = load_instrument(filled.instrument_id)
    scored = score(instrument, filled.answers, {"variant": filled.variant or None})
    bands, band = named_by(scored)
    earlier = double_click(actor, patient, filled, scored.variant, now)
    if earlier is not None:
        return earlier
    response = Response.objects.create(
        clinic_id=actor.clinic_id,
        patient=patient,
        session=filled.session,
        check_in=filled.check_in,
        instrument=instrument.id,
        instrument_version=scored.version,
        variant=scored.variant,
        answers={item: value for item, value in filled.answers.items() if value is not None},
        total=scored.total,
        band_set=bands,
        band=band,
        missing=list(scored.missing),
        flags=list(scored.flags),
        source=filled.source,
        at=filled.at,
        by_id=actor.user_id,
    )
    detail = {"instrument": instrument.id, "complete": scored.total is not None}
    record(actor, Action.CREATE, "response", now=now, patient_id=patient.id, subject_id=response.id, detail=detail)
    signal = assess(instrument, filled.answers)
    if signal is not None:
        raise_risk(actor, patient, response, signal.says, now)
    note_screener(actor, patient, scored, now)
    if forecast:
        learn_from_answers(actor, patient, now)
    return response


def named_by(scored: Score) -> tuple[str, str]:
    """The set and the name a score is kept under: its band, or the level of a triage; empty without either."""
    if scored.band is not None:
        return scored.band.set, scored.band.name
    return ("level", scored.level.name) if scored.level is not None else ("", "")


def learn_from_answers(actor: Actor, patient: Patient, now: datetime) -> None:
    """The forecast follows an answer and never holds it back: the answer and its risk signal outlive a broken model."""
    try:
        with transaction.atomic():
            refresh_forecast(actor, patient, now)
    except Exception as problem:  # noqa: BLE001 - whatever broke in the mathematics, the answer is kept
        log.error("forecast failed", extra={"code": type(problem).__name__})


def double_click(actor: Actor, patient: Patient, filled: Filled, variant: str, now: datetime) -> Response | None:
    """The same answers, sent by the same person a moment ago; None when these are new."""
    if actor.user_id is None:
        return None
    given = {item: value for item, value in filled.answers.items() if value is not None}
    same = visible_to(actor, Response).filter(patient=patient, instrument=filled.instrument_id, by_id=actor.user_id)
    recent = same.filter(variant=variant, at__gt=filled.at - DOUBLE_CLICK, at__lte=now)
    return next((row for row in recent if row.answers == given), None)


@transaction.atomic
def schedule_check_ins(actor: Actor, session: Session, now: datetime) -> list[CheckIn]:
    """The check-ins that follow this dose by its protocol. Asking again adds nothing."""
    if session.dose_started_at is None:
        raise BadInput("no_dose", "session", "Check-ins are counted from a dose, and this visit has none.")
    made = []
    for due in check_in_schedule(protocol_of(session.plan.protocol_version), session.dose_started_at):
        check_in, created = CheckIn.objects.get_or_create(
            session=session,
            instrument=due.instrument,
            label=due.label,
            defaults={"clinic_id": session.clinic_id, "patient_id": session.patient_id, "due_at": due.due_at},
        )
        if created:
            made.append(check_in)
    record(
        actor, Action.CREATE, "check_ins", now=now, patient_id=session.patient_id, subject_id=session.id,
        detail={"count": len(made)},
    )  # fmt: skip
    return made


def send_check_in(actor: Actor, check_in: CheckIn, now: datetime) -> str:
    """Send the link by e-mail and give it back. A new link replaces an earlier one; only its hash is kept.

    The mail goes out between two transactions, so that a slow mail server holds nobody else up; when it refuses, the
    check-in stays unsent (BadInput).
    """
    if check_in.answered_at is not None:
        raise BadInput("already_answered", "", "This check-in was answered already.")
    if not check_in.patient.email:
        raise BadInput("no_address", "email", "There is no e-mail address. Add one under Record, Contact details.")
    if check_in.sent_at is not None and now - check_in.sent_at < DOUBLE_CLICK:
        raise BadInput("just_sent", "", "The link was sent a moment ago. A new one would make that one useless.")
    token = secrets.token_urlsafe(TOKEN_BYTES)
    link = f"{settings().public_url}{reverse('check-in', args=[token])}"
    keep_link(actor, check_in, now, token_hash=hash_of(token), sent_at=None, expires_at=now + LINK_LIVES)
    try:
        mail_link(check_in.patient, link)
    except OSError as failure:
        says = "The mail server did not take the message. Try again in a minute, or ask in the clinic."
        raise BadInput("mail_failed", "email", says) from failure
    keep_link(actor, check_in, now, sent_at=now)
    return link


@transaction.atomic
def keep_link(actor: Actor, check_in: CheckIn, now: datetime, **fields: Any) -> None:
    """Write what is known of a link, and that it was."""
    for name, value in fields.items():
        setattr(check_in, name, value)
    check_in.save(update_fields=list(fields))
    about = {"patient_id": check_in.patient_id, "subject_id": check_in.id, "detail": {"fields": sorted(fields)}}
    record(actor, Action.CHANGE, "check_in", now=now, **about)


def mail_link(patient: Patient, link: str) -> None:
    """The message in the patient's language; it names nobody and nothing of their care."""
    with override(patient.language):
        send_mail(
            _("How are you since your visit?"),
            _("This takes about a minute. No account, no password:") + f"\n\n{link}\n\n" + _("The link works once."),
            django_settings.DEFAULT_FROM_EMAIL,
            [patient.email],
        )


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


@transaction.atomic
def answer_check_in(token: str, answers: Mapping[str, int | None], now: datetime) -> Response:
    """Keep the answers a link brought, once. Refuses an incomplete form without using the link up."""
    check_in = check_in_behind(token, now)
    # Two taps at once: the second waits here, and then sees that the first has answered.
    check_in = CheckIn.objects.select_for_update(of=("self",)).select_related("patient", "session").get(pk=check_in.pk)
    if check_in.answered_at is not None:
        raise BadInput("used_link", "", _("Thank you: these questions were answered already. The link works once."))
    scored = score(load_instrument(check_in.instrument), answers)
    if scored.missing:
        raise InstrumentError("missing_answers", "answers", scored.why)
    actor = System(check_in.clinic_id, BY_LINK)
    check_in.answered_at = now
    check_in.save(update_fields=["answered_at"])
    filled = Filled(check_in.instrument, answers, AnswerSource.LINK, now, check_in.session, check_in)
    return record_response(actor, check_in.patient, filled, now=now)
