"""Writing for the monitoring form: what somebody states beyond the flowsheet, and that it was sent on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from euthymia.care.clock import is_ahead
from euthymia.care.rems_form import STATED, YES_NO
from euthymia.care.session import Phase
from euthymia.clinic.accounts.policies import RUN_SESSIONS, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.documents.models import RemsSending, RemsStatement
from euthymia.clinic.documents.rems_queries import RemsForm, is_covered, rems_form_of
from euthymia.clinic.documents.sealing import hash_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import find_session
from euthymia.errors import BadInput

WAYS = {"online": "Programme's website", "fax": "Fax", "other": "Another way"}
LONGEST = {"sae_details": 2000, "setting_name_address": 400}
LONGEST_ANSWER = 200
MINUTES = "minutes_when_ready_without_minimum"
# An entry limit of the form: nobody stays longer than a day.
MOST_MINUTES = 1440


@transaction.atomic
def state_rems(
    viewer: Viewer, session: Session, answers: Mapping[str, str], *, statement_id: UUID, now: datetime
) -> RemsStatement:
    """Write what the flowsheet does not hold; it replaces what was written before, and that stays. The same form sent
    again is one. Refuses (BadInput) what cannot be an answer, and a session the programme does not ask about."""
    insist(viewer, RUN_SESSIONS)
    session = _covered(viewer, session)
    said = _checked(answers)
    twin = RemsStatement.objects.filter(id=statement_id).first()
    if twin is not None:
        if (twin.session_id, twin.answers) == (session.id, said):
            return twin
        raise BadInput("id_reused", "", "This form was sent before with other words. Reload the page and look.")
    row = RemsStatement.objects.create(
        clinic_id=session.clinic_id, id=statement_id, session=session, patient_id=session.patient_id,
        answers=said, at=now, by_id=viewer.user_id,
    )  # fmt: skip
    detail = {"fields": sorted(said)}
    about: dict[str, Any] = {"patient_id": session.patient_id, "subject_id": session.id, "detail": detail}
    record(viewer, Action.CHANGE, "rems_form", now=now, **about)
    return row


@transaction.atomic
def record_rems_sent(
    viewer: Viewer,
    session: Session,
    *,
    how: str,
    detail: str,
    sent_at: datetime,
    although_missing: bool,
    sending_id: UUID,
    now: datetime,
) -> RemsSending:
    """Keep that the answers went to the programme, with a copy of them as they stood.

    although_missing: that somebody knows some answers are not here and were given otherwise. Refuses (BadInput) before
    the person has gone home, a time that cannot be, and missing answers nobody spoke of.
    """
    insist(viewer, RUN_SESSIONS)
    session = _covered(viewer, session)
    twin = RemsSending.objects.filter(id=sending_id).first()
    if twin is not None:
        if (twin.session_id, twin.how, twin.sent_at) == (session.id, how, sent_at):
            return twin
        raise BadInput("id_reused", "", "This form was sent before with other words. Reload the page and look.")
    form = rems_form_of(viewer, session, now)
    _refuse_early(session, form, sent_at, now)
    if how not in WAYS:
        raise BadInput("unknown_way", "how", "Choose how it was sent.")
    if form.missing and not although_missing:
        raise BadInput(
            "answers_missing", "although_missing",
            f"{len(form.missing)} answers are not here. Add them above, or tick that they were given another way.",
        )  # fmt: skip
    kept = [[one.question.name, one.words, one.note] for one in form.answers]
    row = RemsSending.objects.create(
        clinic_id=session.clinic_id, id=sending_id, session=session, patient_id=session.patient_id,
        sent_at=sent_at, how=how, detail=detail.strip()[:LONGEST_ANSWER], answers=kept, answers_hash=hash_of(kept),
        recorded_at=now, by_id=viewer.user_id,
    )  # fmt: skip
    written = {"how": how, "missing": len(form.missing)}
    about: dict[str, Any] = {"patient_id": session.patient_id, "subject_id": session.id, "detail": written}
    record(viewer, Action.EXPORT, "rems_form", now=now, **about)
    return row


def _covered(viewer: Viewer, session: Session) -> Session:
    found = find_session(viewer, session.id)
    if not is_covered(viewer, found):
        raise BadInput("not_covered", "", "The programme does not ask about this session.")
    return found


def _refuse_early(session: Session, form: RemsForm, sent_at: datetime, now: datetime) -> None:
    if session.phase != Phase.DISCHARGED.value or form.due_at is None or session.dose_started_at is None:
        raise BadInput("not_over", "sent_at", "The session is not over yet.")
    if is_ahead(sent_at, now):
        raise BadInput("in_the_future", "sent_at", "This lies in the future. Write when it was sent.")
    if sent_at < session.dose_started_at:
        raise BadInput("before_the_session", "sent_at", "This is before the session. Check the day.")


def _checked(answers: Mapping[str, str]) -> dict[str, str]:
    said: dict[str, str] = {}
    known = {question.name for question in STATED}
    for name, text in answers.items():
        words = text.replace("\x00", "").strip()
        if name not in known:
            raise BadInput("unknown_field", name, "The form does not ask this.")
        if not words:
            continue
        if len(words) > LONGEST.get(name, LONGEST_ANSWER):
            raise BadInput("too_long", name, f"At most {LONGEST.get(name, LONGEST_ANSWER)} letters.")
        if name in YES_NO and words not in {"yes", "no"}:
            raise BadInput("not_yes_no", name, "Say yes or no.")
        if name == MINUTES and not (words.isascii() and words.isdigit() and 0 < int(words) <= MOST_MINUTES):
            raise BadInput("not_minutes", name, "Write whole minutes, for example 75.")
        said[name] = words
    return said
