"""What a person's home page and the day's worklist are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.followup.long_run import LongRun, Standing, long_run, standing_people
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.measures.models import CheckIn, Response, RiskSignal
from euthymia.clinic.measures.queries import STILL_USEFUL, open_risk_signals, unanswered_check_ins
from euthymia.clinic.people.models import CarePhase, Enquiry, EnquiryState, Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.course_reviews import courses_of
from euthymia.clinic.plans.drafts import prior_dose
from euthymia.clinic.plans.queries import active_plan
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.therapy.models import TherapyNote

CHECK_IN_GRACE = timedelta(days=1)
DOSE_SOON = timedelta(days=10)
SLIPPING_CHANCE = 0.5
SILENT_AFTER = timedelta(days=28)
IN_TREATMENT = (CarePhase.INDUCTION, CarePhase.MAINTENANCE)
WATCHED = (*IN_TREATMENT, CarePhase.FOLLOW_UP)


@dataclass(frozen=True, slots=True)
class PersonHome:
    """Everything the home page of one person shows, as rows."""

    responses: list[Response]
    sessions: list[Session]
    notes: list[TherapyNote]
    signals: list[RiskSignal]
    check_ins: list[CheckIn]
    forecast: CourseForecast | None


@dataclass(frozen=True, slots=True)
class Worklist:
    """Everything that needs a human today."""

    signals: list[RiskSignal]
    enquiries: list[Enquiry]
    check_ins: list[CheckIn]
    sessions: list[Session]
    doses_due: list[CourseForecast]
    slipping: list[CourseForecast]
    silent: list[Patient]
    standing: list[Standing]


def person_home(viewer: Actor, patient: Patient) -> PersonHome:
    """Rows of one person. Call after `open_patient`, which records the reading."""
    return PersonHome(
        responses=list(visible_to(viewer, Response).filter(patient=patient).order_by("at")),
        sessions=list(
            visible_to(viewer, Session)
            .filter(patient=patient)
            .select_related("plan__protocol_version", "chair")
            .order_by("scheduled_for")
        ),
        notes=list(visible_to(viewer, TherapyNote).filter(patient=patient).select_related("by").order_by("at")),
        signals=list(visible_to(viewer, RiskSignal).filter(patient=patient).select_related("owner")),
        check_ins=list(visible_to(viewer, CheckIn).filter(patient=patient).order_by("due_at")),
        forecast=visible_to(viewer, CourseForecast).filter(patient=patient).first(),
    )


def person_long_run(viewer: Viewer, patient: Patient, home: PersonHome, now: datetime) -> LongRun | None:
    """What was given so far, what years may harm and what is asked for. Call after `open_patient`."""
    doses = tuple(prior_dose(row) for row in home.sessions if row.dose_started_at and row.dose_given_mg)
    rows = courses_of(viewer, [patient.id])[patient.id]
    return long_run(active_plan(viewer, patient), rows, doses, now)


def worklist(viewer: Viewer, now: datetime) -> Worklist:
    """What needs a human today in the viewer's clinic; one entry in the access log."""
    forecasts = list(visible_to(viewer, CourseForecast).select_related("patient"))
    planned = set(
        visible_to(viewer, Session)
        .filter(closed_at=None, scheduled_for__gt=now - timedelta(days=1))
        .values_list("patient_id", flat=True)
    )
    open_courses = [row for row in forecasts if row.patient_id not in planned and row.patient.phase in IN_TREATMENT]
    due = [row for row in open_courses if row.next_dose_at and row.next_dose_at <= now + DOSE_SOON]
    found = Worklist(
        signals=open_risk_signals(viewer),
        enquiries=list(visible_to(viewer, Enquiry).filter(state=EnquiryState.NEW).order_by("answer_by")),
        check_ins=unanswered_check_ins(viewer, now - STILL_USEFUL, now - CHECK_IN_GRACE),
        sessions=sessions_today(viewer, now),
        doses_due=sorted((row for row in due if not is_slipping(row)), key=lambda row: row.next_dose_at or now),
        slipping=sorted((row for row in open_courses if is_slipping(row)), key=chance_tomorrow, reverse=True),
        silent=silent_patients(viewer, now),
        standing=standing_people(viewer, now),
    )
    record(viewer, Action.LIST, "worklist", now=now, detail={"risk": len(found.signals), "due": len(found.doses_due)})
    return found


def sessions_today(viewer: Viewer, now: datetime) -> list[Session]:
    """Visits planned for the clinic's calendar day, and those still open."""
    start = now.astimezone(viewer.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = visible_to(viewer, Session).filter(closed_at=None, scheduled_for__lt=start + timedelta(days=1))
    return list(rows.filter(scheduled_for__gte=start).select_related("patient", "chair").order_by("scheduled_for"))


def silent_patients(viewer: Viewer, now: datetime) -> list[Patient]:
    """People in treatment or follow-up who answered nothing for four weeks: the ones who get lost."""
    recent = Response.objects.filter(patient=OuterRef("pk"), at__gt=now - SILENT_AFTER)
    rows = visible_to(viewer, Patient).filter(phase__in=WATCHED, created_at__lt=now - SILENT_AFTER)
    return list(rows.filter(~Exists(recent)).order_by("family_name"))


def is_slipping(row: CourseForecast) -> bool:
    """More likely than not at or above the slipping score tomorrow."""
    return chance_tomorrow(row) > SLIPPING_CHANCE


def chance_tomorrow(row: CourseForecast) -> float:
    """The chance of a score at or above the slipping score tomorrow, without another dose."""
    chances: list[float] = row.result["ahead"]["chance_above"]
    return chances[0] if chances else 0.0
