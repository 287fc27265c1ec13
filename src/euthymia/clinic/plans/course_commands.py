"""Ending a course on purpose: the plan ends with its reason, planned visits are cancelled, asking goes on."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction

from euthymia.care.course_end import EndReason
from euthymia.care.session import Phase
from euthymia.care.session_events import Because, EventKind, SessionEvent
from euthymia.clinic.accounts.policies import PRESCRIBE, insist
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.measures.commands import schedule_follow_up
from euthymia.clinic.people.models import CarePhase, Patient
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.plans.commands import SHORTEST_REASON
from euthymia.clinic.plans.course_ends import OFFERED, end_facts
from euthymia.clinic.plans.end_words import REASON_WORDS
from euthymia.clinic.plans.models import Plan, PlanState
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.commands import append_event
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

# A course that goes wrong or is not wanted says in words what happened; the other reasons speak for themselves.
WORDS_NEEDED = (EndReason.ADVERSE_EFFECT, EndReason.OTHER)


@transaction.atomic
def end_plan(viewer: Viewer, plan: Plan, *, reason: str, because: EndReason = EndReason.OTHER, now: datetime) -> Plan:
    """End a course with a reason: planned visits are cancelled and the protocol's later questions are put down to ask.

    Doses already given stay as they are. Ending twice changes nothing.
    Refuses (BadInput) a reason that is none, and one that needs words without them.
    """
    insist(viewer, PRESCRIBE)
    words = reason.strip()
    if because not in OFFERED:
        raise BadInput("not_an_end", "because", "A switch ends a plan by signing the next one.")
    if len(words) < SHORTEST_REASON and (words or because in WORDS_NEEDED):
        raise BadInput("missing_reason", "reason", f"Say why the course ends, in at least {SHORTEST_REASON} letters.")
    patient = visible_to(viewer, Patient).select_for_update(no_key=True).get(pk=plan.patient_id)
    plan = find_or_404(viewer, Plan, pk=plan.pk)
    if plan.state != PlanState.ACTIVE:
        return plan
    facts = end_facts(viewer, plan, now)
    plan.state, plan.ended_at = PlanState.ENDED, now
    plan.ended_because, plan.ended_reason = because.value, words[:300]
    plan.save(update_fields=["state", "ended_at", "ended_because", "ended_reason"])
    patient.phase = CarePhase.FOLLOW_UP
    patient.save(update_fields=["phase"])
    detail = {
        "state": "ended",
        "cancelled": _cancel_planned(viewer, patient, f"The course has ended: {REASON_WORDS[because].lower()}.", now),
        "asked": len(schedule_follow_up(viewer, patient, protocol_of(plan.protocol_version), facts.sessions, now)),
    }
    record(viewer, Action.CHANGE, "plan", now=now, patient_id=patient.id, subject_id=plan.id, detail=detail)
    return plan


def _cancel_planned(viewer: Viewer, patient: Patient, because: str, now: datetime) -> int:
    """Visits nobody has come to yet; somebody in the chair stays there, and their visit is closed at the chair."""
    rows = visible_to(viewer, Session).filter(patient=patient, closed_at=None, phase=Phase.PLANNED.value)
    planned = list(rows)
    for session in planned:
        event = SessionEvent(str(uuid.uuid4()), EventKind.CANCELLED, now, now, viewer.name, Because(because))
        append_event(viewer, session, event, now)
    return len(planned)
