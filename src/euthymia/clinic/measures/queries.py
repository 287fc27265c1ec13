"""Reading answers, check-ins and risk signals."""

from __future__ import annotations

from datetime import datetime, timedelta

from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.measures.models import CheckIn, Response, RiskSignal
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import visible_to

# An answer to "how were you three weeks ago" helps nobody: what is due for longer is no longer asked.
STILL_USEFUL = timedelta(days=10)


def responses_of(actor: Actor, patient: Patient) -> list[Response]:
    """Every filled questionnaire of a person, oldest first. Call after `open_patient`, which records the reading."""
    return list(visible_to(actor, Response).filter(patient=patient).order_by("at"))


def check_ins_of(actor: Actor, patient: Patient) -> list[CheckIn]:
    """Every check-in of a person, newest due first."""
    rows = visible_to(actor, CheckIn).filter(patient=patient).select_related("session", "response", "patient")
    return list(rows.prefetch_related("messages", "drafts").order_by("-due_at"))


def unanswered_check_ins(viewer: Viewer, due_after: datetime, due_before: datetime) -> list[CheckIn]:
    """Check-ins due in this stretch of time without an answer, one per person: the newest; longest due first."""
    rows = visible_to(viewer, CheckIn).filter(answered_at=None, due_at__gt=due_after, due_at__lt=due_before)
    newest = {row.patient_id: row for row in rows.select_related("patient").order_by("due_at")}
    return sorted(newest.values(), key=lambda row: row.due_at)


def open_risk_signals(viewer: Viewer) -> list[RiskSignal]:
    """Signals nobody has closed yet, oldest first."""
    rows = visible_to(viewer, RiskSignal).filter(closed_at=None).select_related("patient", "owner")
    return list(rows.prefetch_related("steps").order_by("raised_at"))


def completeness(check_ins: list[CheckIn], now: datetime) -> tuple[int, int]:
    """(answered, due by now) of these check-ins."""
    due = [check_in for check_in in check_ins if check_in.due_at <= now or check_in.answered_at]
    return sum(check_in.answered_at is not None for check_in in due), len(due)
