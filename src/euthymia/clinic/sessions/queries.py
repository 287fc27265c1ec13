"""Reading the session room: states folded from events, the board's rows, a person's sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Count, Max, Prefetch

from euthymia.care.protocol import Protocol
from euthymia.care.session import LATE_AFTER, Phase, SessionState, fold
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.models import Action
from euthymia.clinic.audit.reading import record_reading
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.events import event_of
from euthymia.clinic.sessions.models import Chair, Session, SessionEventRow


@dataclass(frozen=True, slots=True)
class GivenDose:
    """One dose as it was given: when, how much, which way, which drug. `mg_per_kg` None when no weight was kept."""

    at: datetime
    dose_mg: float
    route: str
    drug: str
    session_id: UUID
    mg_per_kg: float | None = None


CLOSED = (Phase.DISCHARGED.value, Phase.CANCELLED.value)
# How long a planned visit stays on the list of whom to seat.
PLANNED_WINDOW = timedelta(hours=18)


def session_protocol(session: Session) -> Protocol:
    """The protocol version this session runs under."""
    return protocol_of(session.plan.protocol_version)


def state_of(session: Session) -> SessionState:
    """What the session's events add up to, late marks by its own protocol."""
    late_min = session_protocol(session).timing.late_entry_min.value
    late_after = LATE_AFTER if late_min is None else timedelta(minutes=late_min)
    return fold((event_of(row) for row in session.events.all()), late_after=late_after)


def _whole(actor: Actor) -> object:
    rows = visible_to(actor, Session).select_related("patient", "chair", "plan__protocol_version")
    return rows.prefetch_related(Prefetch("events", SessionEventRow.objects.order_by("at", "recorded_at")))


def find_session(actor: Actor, session_id: UUID) -> Session:
    """One session of the actor's clinic with everything about it; another clinic's does not exist."""
    find_or_404(actor, Session, id=session_id)
    session: Session = _whole(actor).get(id=session_id)  # type: ignore[attr-defined]
    return session


def open_session_page(viewer: Viewer, session_id: UUID, *, purpose: str, now: datetime) -> Session:
    """The session, with the reading of the person's record written to the access log."""
    session = find_session(viewer, session_id)
    record_reading(viewer, Action.READ, purpose, now=now, patient_id=session.patient_id, subject_id=session.id)
    return session


def chairs(actor: Actor) -> list[Chair]:
    """The clinic's chairs in the order of the room."""
    return list(visible_to(actor, Chair).order_by("position", "name"))


def running_sessions(actor: Actor) -> list[Session]:
    """Sessions with somebody in the chair, in the order of the room."""
    rows = _whole(actor).filter(closed_at=None).exclude(phase=Phase.PLANNED.value)  # type: ignore[attr-defined]
    return list(rows.order_by("chair__position", "scheduled_for"))


def planned_today(actor: Actor, now: datetime) -> list[Session]:
    """Who is expected around now and has not been seated yet, earliest first."""
    rows = visible_to(actor, Session).filter(
        phase=Phase.PLANNED.value,
        closed_at=None,
        scheduled_for__gte=now - PLANNED_WINDOW,
        scheduled_for__lt=now + PLANNED_WINDOW,
    )
    return list(rows.select_related("patient", "chair", "plan__protocol_version").order_by("scheduled_for"))


def free_chairs(actor: Actor) -> list[Chair]:
    """Chairs nobody sits in."""
    taken = visible_to(actor, Session).filter(closed_at=None, chair__isnull=False)
    taken_ids = taken.exclude(phase=Phase.PLANNED.value).values("chair_id")
    return list(visible_to(actor, Chair).exclude(id__in=taken_ids).order_by("position", "name"))


def board_version(actor: Actor, now: datetime) -> str:
    """Changes whenever the board would look different: new entries, seatings, and each minute for its clocks. Asked by
    every open board every few seconds, so the question is composed once."""
    events, sessions = SessionEventRow._meta.db_table, Session._meta.db_table
    written = f"""
        SELECT COUNT(*), MAX(event.recorded_at) FROM {events} event
            JOIN {sessions} session ON session.id = event.session_id
        WHERE event.clinic_id = %s AND session.closed_at IS NULL
    """
    seated = f"""
        SELECT COUNT(*), SUM(CASE WHEN phase = %s THEN 1 ELSE 0 END), MAX(created_at) FROM {sessions}
        WHERE clinic_id = %s AND closed_at IS NULL
    """
    with connection.cursor() as cursor:
        cursor.execute(written, [actor.clinic_id])
        found = cursor.fetchone()
        cursor.execute(seated, [Phase.PLANNED.value, actor.clinic_id])
        found += cursor.fetchone()
    return f"{found}.{now:%d%H%M}"


def session_version(session: Session, now: datetime) -> str:
    """Changes whenever the session's page would look different: a new entry, the chair, and each half minute."""
    sums = session.events.aggregate(count=Count("pk"), last=Max("recorded_at"))
    half_minute = f"{now:%d%H%M}{now.second // 30}"
    drawn = session.ledger_entries.count()
    return f"{sums['count']}.{sums['last']}.{session.phase}.{session.chair_id}.{drawn}.{half_minute}"


def sessions_of(actor: Actor, patient: Patient) -> list[Session]:
    """Every session of this person, newest first, with its events and note."""
    rows = _whole(actor).filter(patient=patient).select_related("patient", "chair", "plan__protocol_version", "note")  # type: ignore[attr-defined]
    return list(rows.order_by("-scheduled_for"))


def doses_of(patient: Patient) -> list[GivenDose]:
    """What this person was given here, oldest first; the sessions that began a dose."""
    rows = Session.objects.filter(patient=patient, dose_started_at__isnull=False, dose_given_mg__gt=0)
    rows = rows.select_related("plan__protocol_version").order_by("dose_started_at")
    return [
        GivenDose(
            at=row.dose_started_at,
            dose_mg=row.dose_given_mg,
            route=row.plan.order.get("route", ""),
            drug=row.plan.order.get("drug", ""),
            session_id=row.id,
            mg_per_kg=_per_kg(row.dose_given_mg, row.plan.order.get("weight_kg")),
        )
        for row in rows
        if row.dose_started_at and row.dose_given_mg
    ]


def doses_of_unknown_amount(patient: Patient) -> int:
    """How many doses were begun here without anybody writing down how much was given."""
    return Session.objects.filter(patient=patient, dose_started_at__isnull=False, dose_given_mg=None).count()


def _per_kg(dose_mg: float, weight_kg: float | None) -> float | None:
    return dose_mg / weight_kg if weight_kg else None
