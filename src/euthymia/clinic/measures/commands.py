"""Keeping answers and what follows from them: a score, a forecast, and an owner for a sign of suicidal thoughts."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from euthymia.care.followup import check_in_schedule, due_assessments
from euthymia.care.instruments import Score, load_instrument, score
from euthymia.care.protocol import Protocol
from euthymia.care.risk import assess
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.followup.commands import refresh_forecast
from euthymia.clinic.measures.models import AnswerSource, CheckIn, Response
from euthymia.clinic.measures.risk_commands import note_screener, raise_risk
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

log = logging.getLogger("euthymia.measures")
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


@transaction.atomic
def schedule_follow_up(
    actor: Actor, patient: Patient, protocol: Protocol, sessions: Iterable[datetime], now: datetime
) -> list[CheckIn]:
    """The protocol's later questions that are still to come, for somebody whose doses have ended. Again adds nothing.

    Only questionnaires that the protocol also asks by link after a dose: the others are for a clinician to ask.
    """
    by_link = {row.instrument for row in protocol.assessments}
    made = []
    for due in due_assessments(protocol, sessions, {}, now):
        if due.instrument not in by_link or due.due_at <= now:
            continue
        check_in, created = CheckIn.objects.get_or_create(
            patient=patient,
            session=None,
            instrument=due.instrument,
            label=due.name.replace("_", " ").capitalize()[:60],
            defaults={"clinic_id": patient.clinic_id, "due_at": due.due_at},
        )
        if created:
            made.append(check_in)
    if made:
        detail = {"count": len(made)}
        record(actor, Action.CREATE, "check_ins", now=now, patient_id=patient.id, detail=detail)
    return made
