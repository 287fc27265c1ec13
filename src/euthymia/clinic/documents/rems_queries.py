"""The monitoring form of a session: what is known for it, what is missing, and how its clock stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from euthymia.care.interactions import rems_answers
from euthymia.care.rems_form import (
    FIRST,
    PRODUCT,
    STATED,
    Answer,
    Clock,
    Question,
    RemsFacts,
    clock,
    concerns_programme,
    due_at,
    missing_answers,
    rems_answers_of,
)
from euthymia.care.session import Phase
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.facts import medications
from euthymia.clinic.assessments.models import FactEntry
from euthymia.clinic.documents.models import RemsSending, RemsStatement
from euthymia.clinic.medication.queries import entries_of_session
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.sessions.gate import answers_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import session_protocol, state_of

PROGRAMME_COUNTRY = "US"
# What does not change from one session to the next in one clinic; a lot, a time or a vital sign is never carried over.
SAME_EVERY_TIME = ("monitoring_provider_and_contact", "setting_name_address")


@dataclass(frozen=True, slots=True)
class RemsForm:
    """One session's form as it stands: its answers in order, what is missing, what was sent, and the last instant.

    asked: what somebody has to write, because nothing in the record answers it.
    """

    answers: tuple[Answer, ...]
    missing: tuple[Answer, ...]
    stated: dict[str, str]
    asked: tuple[Question, ...]
    sendings: tuple[RemsSending, ...]
    clock: Clock
    due_at: datetime | None


def is_covered(viewer: Viewer, session: Session) -> bool:
    """Whether the safety programme asks about this session."""
    return _covered(viewer, session, _settings(viewer, [session]))


def rems_form_of(viewer: Viewer, session: Session, now: datetime) -> RemsForm:
    """The form of a session the caller has found within the clinic."""
    state, protocol = state_of(session), session_protocol(session)
    statement = visible_to(viewer, RemsStatement).filter(session=session).order_by("at", "pk").last()
    stated = dict(statement.answers) if statement else {}
    facts = _facts(viewer, session, stated)
    answers = rems_answers_of(state, protocol, facts, now)
    asked = tuple(question for question in STATED if question.name != FIRST or not facts.earlier_here)
    shown = tuple(_local(answer, viewer, state.clock_at) for answer in answers)
    sendings = tuple(visible_to(viewer, RemsSending).filter(session=session).select_related("by").order_by("sent_at"))
    is_over = state.phase is Phase.DISCHARGED
    stands = clock(state.clock_at, sendings[0].sent_at if sendings else None, now, is_over=is_over)
    until = due_at(state.clock_at) if state.clock_at else None
    return RemsForm(shown, missing_answers(shown), stated, asked, sendings, stands, until)


def suggested(viewer: Viewer) -> dict[str, str]:
    """The place and who to reach, as last written in this clinic: to be looked at, not to be trusted."""
    last = visible_to(viewer, RemsStatement).order_by("at", "pk").last()
    said: dict[str, Any] = last.answers if last else {}
    return {name: said[name] for name in SAME_EVERY_TIME if said.get(name)}


def unsent(viewer: Viewer) -> list[Session]:
    """Closed sessions the programme covers whose answers have not gone to it, the oldest first."""
    drug, route = PRODUCT
    rows = visible_to(viewer, Session).filter(
        phase=Phase.DISCHARGED.value,
        dose_started_at__isnull=False,
        plan__order__drug=drug,
        plan__order__route=route,
        rems_sendings=None,
    )
    sessions = list(rows.select_related("patient", "plan").order_by("dose_started_at"))
    settings = _settings(viewer, sessions)
    return [session for session in sessions if _covered(viewer, session, settings)]


def _covered(viewer: Viewer, session: Session, settings: dict[Any, str]) -> bool:
    order = session.plan.order
    setting = settings.get(session.patient_id, "")
    at_home = viewer.country == PROGRAMME_COUNTRY
    return concerns_programme(order.get("drug", ""), order.get("route", ""), setting, in_its_country=at_home)


def _settings(viewer: Viewer, sessions: list[Session]) -> dict[Any, str]:
    """Person → where they are treated, as last answered; taken back counts as not answered."""
    if not sessions:
        return {}
    patients = {session.patient_id for session in sessions}
    rows = visible_to(viewer, FactEntry).filter(name="treatment_setting", patient_id__in=patients)
    return {row.patient_id: row.value or "" for row in rows.order_by("at", "pk")}


def _facts(viewer: Viewer, session: Session, stated: dict[str, str]) -> RemsFacts:
    patient = session.patient
    entries = visible_to(viewer, FactEntry).filter(patient=patient, name__in=("rems_enrolled", "medications"))
    latest = {row.name: row.value for row in entries.order_by("at", "pk")}
    at_gate = answers_of(session).checklist.get("enrolled")
    names = latest.get("medications") or medications(viewer, patient)
    return RemsFacts(
        name=str(patient),
        birth_date=patient.birth_date,
        sex=patient.sex,
        enrolled=latest.get("rems_enrolled") if at_gate is None else at_gate,
        medicines=rems_answers(names) if names else {},
        stated=_lots(viewer, session) | stated,
        earlier_here=_earlier(viewer, session),
    )


def _lots(viewer: Viewer, session: Session) -> dict[str, str]:
    """The lots the dose came from, as the ledger says; what somebody wrote for the form stands over it."""
    given = [row for row in entries_of_session(viewer, session) if row.kind == "given" and not row.reversal]
    numbers = ", ".join(dict.fromkeys(row.lot.number for row in given))
    return {"lot_number": numbers} if numbers else {}


def _earlier(viewer: Viewer, session: Session) -> int:
    if session.dose_started_at is None:
        return 0
    drug, route = PRODUCT
    rows = visible_to(viewer, Session).filter(patient_id=session.patient_id, dose_given_mg__gt=0)
    rows = rows.filter(dose_started_at__lt=session.dose_started_at, plan__order__drug=drug, plan__order__route=route)
    return int(rows.count())


def _local(answer: Answer, viewer: Viewer, treated_at: datetime | None) -> Answer:
    """The day of treatment on the clinic's calendar; every other answer as it is."""
    if answer.question.name != "treatment_date" or treated_at is None:
        return answer
    here = treated_at.astimezone(viewer.zone)
    return replace(answer, words=f"{here.day} {here:%B %Y}", note=f"{here:%H:%M}, {viewer.time_zone}")
