"""One invented person's way through the clinic: assessed, planned, treated, and asked how they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from euthymia.care.eligibility import reassuring_facts
from euthymia.care.instruments import load_instrument
from euthymia.care.safety_plan import Draft
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.commands import (
    TrialFields,
    add_trial,
    decide_eligibility,
    record_facts,
    sign_consent,
)
from euthymia.clinic.assessments.consent.load import consent_text
from euthymia.clinic.assessments.queries import facts_of
from euthymia.clinic.demo.body import Body, curves_of, invented_body
from euthymia.clinic.demo.cast import InventedPerson
from euthymia.clinic.demo.visit import Visitor, play_visit
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource, CheckIn, RiskSignal
from euthymia.clinic.measures.risk_commands import close_risk
from euthymia.clinic.measures.safety_commands import write_safety_plan
from euthymia.clinic.measures.safety_queries import plans_of
from euthymia.clinic.people.commands import add_measurement, create_patient
from euthymia.clinic.people.measurements import MEASUREMENTS
from euthymia.clinic.people.models import CarePhase, Patient
from euthymia.clinic.plans.commands import sign_plan
from euthymia.clinic.plans.drafts import PlanChoice, order_of
from euthymia.clinic.plans.models import Plan, ProtocolVersion
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.commands import open_session
from euthymia.clinic.sessions.models import Chair, Session
from euthymia.clinic.therapy.commands import write_note
from euthymia.pharmacology import Person
from euthymia.response import DoseAt, Scale, load_prior
from euthymia.response.model import Persons
from euthymia.response.population import BaselineScores, draw_persons, draw_scores

PHQ9 = Scale("phq9", 0, 27)
BASELINE = BaselineScores(mean=18.5, sd=4.0)
EARLIER = ("sertraline", "escitalopram", "venlafaxine", "bupropion", "mirtazapine", "duloxetine", "fluoxetine")
DOSES_MG = {"sertraline": 150, "escitalopram": 20, "venlafaxine": 225, "bupropion": 300, "mirtazapine": 45}
USUAL_DOSE_MG = 60
ANSWERED = 0.78
STAYS_BECAUSE_HELPED = 0.8
NEXT_IS_BOOKED = 0.85
IM_MG_PER_KG = 0.5
RISK_ANSWER = "Spoke by telephone the same afternoon. No plan, no intent; safety plan reviewed. Next call in two days."
NOTES = {
    "preparation": "Talked through a session from arrival to the ride home. Breathing exercise practised twice.",
    "integration": "Looked back on the last dosing day. Sleep better for three nights; wants to call an old friend.",
}


SAFETY_PLANS = {
    "en": {
        "signs": "I stop answering the telephone\nI lie awake after four",
        "on_my_own": "A shower, then the long way round the block\nThe radio on, low",
        "company": "The library on the square\nMy sister's kitchen",
        "trusted": "My sister, any hour\nPaul from work, until ten",
        "professionals": "The clinic, weekdays eight to six",
        "surroundings": "My sister keeps the tablets and gives me a week's worth, from today",
    },
    "es": {
        "signs": "Dejo de coger el teléfono\nMe despierto después de las cuatro y no duermo más",
        "on_my_own": "Una ducha y una vuelta larga a la manzana\nLa radio puesta, bajita",
        "company": "La biblioteca de la plaza\nLa cocina de mi hermana",
        "trusted": "Mi hermana, a cualquier hora\nPablo, del trabajo, hasta las diez",
        "professionals": "La clínica, de lunes a viernes de ocho a seis",
        "surroundings": "Mi hermana guarda las pastillas y me da las de una semana, desde hoy",
    },
}


@dataclass(frozen=True, slots=True)
class Team:
    """Who does what in one clinic."""

    lead: Viewer
    nurse: Viewer
    therapist: Viewer
    chairs: tuple[Chair, ...]
    protocols: dict[str, ProtocolVersion]


@dataclass(slots=True)
class Life:
    """An invented person while their history is made."""

    who: InventedPerson
    team: Team
    rng: np.random.Generator
    began: datetime
    # Where a course is told and not drawn: days since the record opened, and the total on that day.
    told: tuple[tuple[float, float], ...] = ()
    patient: Patient = field(init=False)
    body: Body = field(init=False)
    course: Persons = field(init=False)

    def __post_init__(self) -> None:
        self.course = invented_course(self.rng)
        age_y = int((self.began.date() - self.who.birth_date).days / 365.25)
        self.body = invented_body(age_y, self.rng)

    @property
    def engine_person(self) -> Person:
        age_y = (self.began.date() - self.who.birth_date).days / 365.25
        return Person(age_y=age_y, sex=self.who.sex, weight_kg=self.who.weight_kg, height_cm=self.who.height_cm)


def invented_course(rng: np.random.Generator) -> Persons:
    """How this person really answers: of a few drawn from the prior, mostly the one whom doses help most.

    People who are not helped leave treatment; those who stay in a clinic for months are the others.
    """
    drawn = [draw_persons(load_prior(), 1, rng, scale=PHQ9, baseline=BASELINE) for _ in range(4)]
    helped = max(drawn, key=lambda person: float(person.gain[0]))
    return helped if rng.random() < STAYS_BECAUSE_HELPED else drawn[0]


def arrive(life: Life) -> None:
    """The record opens: who it is, what they weigh, how they are."""
    who, team, now = life.who, life.team, life.began
    fields = {
        "given_name": who.given,
        "family_name": who.family,
        "birth_date": who.birth_date,
        "sex": who.sex,
        "email": who.email,
        "invented": True,
    }
    life.patient = create_patient(team.lead, fields, now)
    measured = {
        MEASUREMENTS.height.code: (who.height_cm, "cm"),
        MEASUREMENTS.weight.code: (who.weight_kg, "kg"),
        MEASUREMENTS.systolic.code: (round(life.body.systolic), "mmHg"),
        MEASUREMENTS.diastolic.code: (round(life.body.diastolic), "mmHg"),
    }
    for code, (value, unit) in measured.items():
        add_measurement(team.nurse, life.patient, code=code, value=float(value), unit=unit, at=now, now=now)
    answer(life, now, doses=())
    drugs = life.rng.choice(EARLIER, size=int(life.rng.integers(2, 5)), replace=False)
    for drug in drugs:
        dose_mg = float(DOSES_MG.get(str(drug), USUAL_DOSE_MG))
        weeks = float(life.rng.integers(6, 14))
        add_trial(team.lead, life.patient, TrialFields(str(drug), dose_mg, weeks, "no_response"), now)


def assess(life: Life, protocol_id: str) -> None:
    """Questions answered, consent signed, eligibility decided."""
    team, now = life.team, life.began + timedelta(days=2)
    row = team.protocols[protocol_id]
    protocol = protocol_of(row)
    known = facts_of(team.lead, life.patient, now)
    answers = {name: value for name, value in reassuring_facts(protocol_id).items() if name not in known}
    record_facts(team.lead, life.patient, answers, now)
    shown = consent_text(protocol)
    sign_consent(team.lead, life.patient, protocol, signed_name=str(life.patient), text_version=shown.version, now=now)
    decide_eligibility(team.lead, life.patient, protocol, now=now + timedelta(hours=1))


def plan(life: Life, protocol_id: str) -> Plan:
    row = life.team.protocols[protocol_id]
    chosen = PlanChoice(mg_per_kg=IM_MG_PER_KG) if protocol_id == "im_racemic" else PlanChoice()
    return sign_plan(life.team.lead, life.patient, row, chosen, now=life.began + timedelta(days=3))


def dosing_days(protocol_id: str, until_day: float, rng: np.random.Generator) -> Iterator[float]:
    """Days after the first dose on which this person came, by the protocol's rhythm and then by need."""
    per_week, weeks = (1, 5) if protocol_id.startswith("im") else (2, 4 if "nasal" in protocol_id else 3)
    day = 0.0
    while day <= until_day:
        yield day
        gap = 7 / per_week if day < 7 * weeks - 4 else float(rng.integers(20, 46))
        day += round(gap)


def treat(life: Life, signed: Plan, first: datetime, days: list[float], now: datetime) -> None:
    """Every visit up to now, with the questionnaires that follow each."""
    curves = curves_of(order_of(signed), life.engine_person)
    given: list[float] = []
    for number, day in enumerate(days):
        start = first + timedelta(days=day)
        chair = life.team.chairs[number % len(life.team.chairs)]
        session = open_session(
            life.team.nurse, life.patient, chair=chair, scheduled_for=start, now=start - timedelta(days=1)
        )
        visitor = Visitor(life.body, curves.after(number))
        play_visit(life.team.nurse, session, chair, visitor, start=start, now=now, rng=life.rng)
        given.append(day)
        following = days[number + 1] if number + 1 < len(days) else None
        answer_check_ins(life, session, tuple(given), now, before=following)
    if len(days) > 1:
        write_therapy(life, first, now)
    if (now - first).days < days[-1] + 10 and life.rng.random() < NEXT_IS_BOOKED:
        book_next(life, first + timedelta(days=days[-1]), now)
    phase = CarePhase.MAINTENANCE if len(days) > 6 else CarePhase.INDUCTION
    if (now - first).days > days[-1] + 45:
        phase = CarePhase.FOLLOW_UP
    life.patient.phase = phase
    life.patient.save(update_fields=["phase"])


def book_next(life: Life, last: datetime, now: datetime) -> None:
    """The next visit stands in the book, at the hour this person usually comes."""
    ahead = last + timedelta(days=7)
    while ahead < now + timedelta(hours=20):
        ahead += timedelta(days=1)
    chair = life.team.chairs[int(life.rng.integers(0, len(life.team.chairs)))]
    open_session(life.team.nurse, life.patient, chair=chair, scheduled_for=ahead, now=now)


def first_dose_at(life: Life) -> datetime:
    """Visits begin in the clinic's morning, at different times for different people."""
    day = (life.began + timedelta(days=7)).astimezone(life.team.lead.zone)
    minutes = 9 * 60 + 15 * int(life.rng.integers(0, 20))
    return day.replace(hour=minutes // 60, minute=minutes % 60, second=0, microsecond=0)


def answer_check_ins(
    life: Life, session: Session, given: tuple[float, ...], now: datetime, *, before: float | None
) -> None:
    """Most check-ins are answered, some hours after they were due; some never."""
    limit = now if before is None else min(now, first_of(session, given) + timedelta(days=before))
    for check_in in CheckIn.objects.filter(session=session).order_by("due_at"):
        at = check_in.due_at + timedelta(hours=float(life.rng.uniform(0.2, 9)))
        if at >= limit or (not life.told and life.rng.random() > ANSWERED):
            continue
        was_answered(check_in, at)
        answer(life, at, doses=given, session=session, check_in=check_in)


def was_answered(check_in: CheckIn, at: datetime) -> None:
    """It went out when it was due and came back now."""
    check_in.sent_at, check_in.answered_at = check_in.due_at, at
    check_in.save(update_fields=["sent_at", "answered_at"])


def first_of(session: Session, given: tuple[float, ...]) -> datetime:
    """When day 0 of this person's course was."""
    session.refresh_from_db()
    return (session.dose_started_at or session.scheduled_for) - timedelta(days=given[-1])


def answer(
    life: Life,
    at: datetime,
    *,
    doses: tuple[float, ...],
    session: Session | None = None,
    check_in: CheckIn | None = None,
) -> None:
    """A PHQ-9 as this person would fill it that day: their true course, weather and rating error."""
    day = 0.0
    if session is not None:
        day = (at - first_of(session, doses)).total_seconds() / 86_400
    shots = [DoseAt(dose) for dose in doses if dose <= day]
    if life.told:
        days, totals = zip(*life.told, strict=True)
        total = round(float(np.interp((at - life.began) / timedelta(days=1), days, totals)))
    else:
        drawn = draw_scores(life.course, shots, np.array([day]), prior=load_prior(), scale=PHQ9, rng=life.rng)
        total = float(drawn[0, 0])
    source = AnswerSource.LINK if check_in else AnswerSource.CLINIC
    filled = Filled("phq9", spread_over_items(total, life.rng), source, at, session, check_in)
    record_response(life.team.nurse, life.patient, filled, now=at, forecast=False)
    settle_risk(life, at)


def spread_over_items(total: float, rng: np.random.Generator) -> dict[str, int | None]:
    """Nine answers that add up to this total; thoughts of death come last and seldom."""
    items = [item.id for item in load_instrument("phq9").items if item.scored]
    answers: dict[str, int | None] = dict.fromkeys(items, 0)
    room = dict.fromkeys(items[:8], 3) | {items[8]: 1 if rng.random() < 0.05 else 0}
    for _ in range(int(min(total, sum(room.values())))):
        open_items = [item for item in items if room[item] > 0]
        chosen = str(rng.choice(open_items))
        answers[chosen] = (answers[chosen] or 0) + 1
        room[chosen] -= 1
    return answers


def settle_risk(life: Life, at: datetime) -> None:
    """Signals of the past were seen and closed the same day, the first one with a safety plan."""
    answered_at = at + timedelta(hours=2)
    for signal in RiskSignal.objects.filter(patient=life.patient, closed_at=None):
        if not plans_of(life.team.lead, life.patient):
            plan = Draft(SAFETY_PLANS[life.patient.language], with_person=True)
            write_safety_plan(life.team.lead, life.patient, plan, answered_at)
        close_risk(life.team.lead, signal, RISK_ANSWER, answered_at)


def answer_this_morning(team: Team, patient: Patient, now: datetime, rng: np.random.Generator) -> None:
    """One answer of today that nobody has seen to yet: the first thing on the day's list."""
    answers = spread_over_items(14.0, rng) | {"9": 1}
    record_response(team.nurse, patient, Filled("phq9", answers, AnswerSource.LINK, now - timedelta(hours=3)), now=now)


def write_therapy(life: Life, first: datetime, now: datetime) -> None:
    for kind, days in (("preparation", -2), ("integration", 3)):
        at = first + timedelta(days=days)
        if at < now and life.rng.random() < 0.6:
            intention = "To find out what I would do with a free morning" if kind == "preparation" else ""
            write_note(
                life.team.therapist, life.patient, kind=kind, text=NOTES[kind], intention=intention, at=at, now=at
            )
