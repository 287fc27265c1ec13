"""What a person's home page and the day's worklist are made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, Max, OuterRef

from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.followup.long_run import LongRun, Standing, long_run, standing_people
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.followup.slipping import chance_tomorrow, is_slipping
from euthymia.clinic.measures.models import CheckIn, Response, RiskSignal
from euthymia.clinic.measures.queries import STILL_USEFUL, open_risk_signals, unanswered_check_ins
from euthymia.clinic.people.models import CarePhase, Enquiry, EnquiryState, Patient
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.course_ends import rows_before_end
from euthymia.clinic.plans.course_reviews import courses_of
from euthymia.clinic.plans.drafts import prior_dose
from euthymia.clinic.plans.models import Plan, PlanState
from euthymia.clinic.plans.tapers import Running, tapers_running
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.therapy.models import TherapyNote

CHECK_IN_GRACE = timedelta(days=1)
DOSE_SOON = timedelta(days=10)
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
    plans: list[Plan]

    @property
    def last_plan(self) -> Plan | None:
        """The plan the person is on, or the one their course ended with."""
        return next((one for one in self.plans if one.state != PlanState.REPLACED), None)

    @property
    def has_ended(self) -> bool:
        """The course ended and none has begun since."""
        return self.last_plan is not None and self.last_plan.state == PlanState.ENDED

    def still_to_ask(self, now: datetime) -> list[CheckIn]:
        """Questions that are put down for later, in the order of `check_ins`."""
        return [row for row in self.check_ins if row.answered_at is None and row.due_at > now]


@dataclass(frozen=True, slots=True)
class DoseDue:
    """One person's next dose: when, by the forecast or by the step of a taper (`step` 0: no taper)."""

    patient: Patient
    at: datetime
    step: int = 0


@dataclass(frozen=True, slots=True)
class Worklist:
    """Everything that needs a human today.

    owners: person → the prescriber of their plan.   ended: person → the plan their course ended with.   tapers: person
    → the taper they are in.
    """

    signals: list[RiskSignal]
    enquiries: list[Enquiry]
    check_ins: list[CheckIn]
    sessions: list[Session]
    doses_due: list[DoseDue]
    slipping: list[CourseForecast]
    silent: list[Patient]
    standing: list[Standing]
    owners: dict[UUID, str]
    ended: dict[UUID, Plan]
    tapers: dict[UUID, Running]


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
        plans=plans_with_steps(viewer, patient),
    )


def plans_with_steps(viewer: Actor, patient: Patient) -> list[Plan]:
    """Every plan of a person with the steps of its taper, newest first."""
    rows = visible_to(viewer, Plan).filter(patient=patient).defer("decision", "order")
    return list(rows.select_related("protocol_version", "signed_by").prefetch_related("taper_steps"))


def person_long_run(viewer: Viewer, patient: Patient, home: PersonHome, now: datetime) -> LongRun | None:
    """What was given so far, what years may harm and what is asked for. Call after `open_patient`."""
    doses = tuple(prior_dose(row) for row in home.sessions if row.dose_started_at and row.dose_given_mg)
    plan = home.last_plan
    rows = courses_of(viewer, [patient.id])[patient.id]
    return long_run(plan, rows_before_end(rows, plan) if plan else rows, doses, now)


def worklist(viewer: Viewer, now: datetime) -> Worklist:
    """What needs a human today in the viewer's clinic; one entry in the access log."""
    forecasts = list(visible_to(viewer, CourseForecast).select_related("patient"))
    planned = set(
        visible_to(viewer, Session)
        .filter(closed_at=None, scheduled_for__gt=now - timedelta(days=1))
        .values_list("patient_id", flat=True)
    )
    unplanned = [row for row in forecasts if row.patient_id not in planned and row.patient.phase in WATCHED]
    slipping = [row for row in unplanned if is_slipping(row)]
    owners, ended = plans_on(viewer)
    tapers = tapers_running(viewer, now)
    steady = [row for row in unplanned if row.patient.phase in IN_TREATMENT and not is_slipping(row)]
    found = Worklist(
        signals=open_risk_signals(viewer),
        enquiries=list(visible_to(viewer, Enquiry).filter(state=EnquiryState.NEW).order_by("answer_by")),
        check_ins=unanswered_check_ins(viewer, now - STILL_USEFUL, now - CHECK_IN_GRACE),
        sessions=sessions_today(viewer, now),
        doses_due=doses_due(viewer, steady, tapers, now),
        slipping=sorted(slipping, key=chance_tomorrow, reverse=True),
        silent=silent_patients(viewer, now),
        standing=standing_people(viewer, now),
        owners=owners,
        ended=ended,
        tapers=tapers,
    )
    record(viewer, Action.LIST, "worklist", now=now, detail={"risk": len(found.signals), "due": len(found.doses_due)})
    return found


def plans_on(viewer: Viewer) -> tuple[dict[UUID, str], dict[UUID, Plan]]:
    """(person → the prescriber of the plan they are or were on last, person → the plan their course ended with)."""
    rows = visible_to(viewer, Plan).exclude(state=PlanState.REPLACED).defer("order", "decision")
    last = {plan.patient_id: plan for plan in rows.select_related("patient", "signed_by").order_by("signed_at")}
    ended = {owner: plan for owner, plan in last.items() if plan.state == PlanState.ENDED}
    return {owner: str(plan.signed_by) for owner, plan in last.items()}, ended


def doses_due(viewer: Viewer, rows: list[CourseForecast], tapers: dict[UUID, Running], now: datetime) -> list[DoseDue]:
    """Whose next dose comes soon, earliest first: by the taper where there is one, else by the forecast."""
    given = visible_to(viewer, Session).filter(patient__in=tapers, dose_started_at__isnull=False)
    last = dict(given.values_list("patient_id").annotate(last=Max("dose_started_at")))
    found = []
    for row in rows:
        at, taper = row.next_dose_at, tapers.get(row.patient_id)
        if taper is not None and row.patient_id in last:
            at = last[row.patient_id] + timedelta(days=taper.step.interval_days or 0)
        if at is not None and at <= now + DOSE_SOON:
            found.append(DoseDue(row.patient, at, taper.number if taper else 0))
    return sorted(found, key=lambda due: due.at)


def sessions_today(viewer: Viewer, now: datetime) -> list[Session]:
    """Visits planned for the clinic's calendar day, and those still open."""
    start = now.astimezone(viewer.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = visible_to(viewer, Session).filter(closed_at=None, scheduled_for__lt=start + timedelta(days=1))
    return list(rows.filter(scheduled_for__gte=start).select_related("patient", "chair").order_by("scheduled_for"))


def silent_patients(viewer: Viewer, now: datetime) -> list[Patient]:
    """People in treatment or follow-up who answered nothing for four weeks: the ones who get lost."""
    recent = Response.objects.filter(patient=OuterRef("pk"), at__gt=now - SILENT_AFTER)
    rows = visible_to(viewer, Patient).filter(phase__in=WATCHED, created_at__lt=now - SILENT_AFTER)
    rows = rows.annotate(last_answer_at=Max("responses__at"))
    return list(rows.filter(~Exists(recent)).order_by("family_name"))
