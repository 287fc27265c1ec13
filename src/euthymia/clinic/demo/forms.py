"""The forms of the nasal product's programme that the invented clinic has sent; the newest still wait."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.documents.rems_commands import record_rems_sent, state_rems
from euthymia.clinic.documents.rems_queries import unsent
from euthymia.clinic.sessions.models import Session

SENT_AFTER = timedelta(days=1)
# Long enough that the day's list holds a few forms, short enough that none is overdue when the demonstration begins.
STILL_WAITING = timedelta(days=5)
ANSWERS = {
    "first_treatment_flag": "yes",
    "monitoring_provider_and_contact": "The nurse of the day, 555 0100",
    "setting_name_address": "An invented clinic, 1 Example Street",
    "minutes_when_ready_without_minimum": "90",
    "serious_adverse_event": "no",
}


def send_past_forms(nurse: Viewer, now: datetime) -> None:
    """State and send the form of every session that ended longer ago than the newest ones."""
    for session in unsent(nurse):
        if session.closed_at is not None and session.closed_at < now - STILL_WAITING:
            send_form(nurse, session, session.closed_at + SENT_AFTER)


def send_form(nurse: Viewer, session: Session, at: datetime) -> None:
    answers = ANSWERS | {"lot_number": f"DEMO-{at:%y%m}"}
    state_rems(nurse, session, answers, statement_id=uuid.uuid5(session.id, "stated"), now=at)
    record_rems_sent(
        nurse,
        session,
        how="online",
        detail="",
        sent_at=at,
        although_missing=True,
        sending_id=uuid.uuid5(session.id, "sent"),
        now=at,
    )
