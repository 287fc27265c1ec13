"""Builds the demonstration: two clinics, their staff, about 60 people in every phase, three visits running now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
from django.db import transaction

from euthymia.care.protocol import holes
from euthymia.care.protocol_course import Use
from euthymia.clinic.accounts.models import Clinic, Membership, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import System, Viewer, viewer_of
from euthymia.clinic.demo.cast import CLINICS, InventedClinic, InventedPerson, invented_people
from euthymia.clinic.demo.courses import build_last_part, last_part_for
from euthymia.clinic.demo.forms import send_past_forms
from euthymia.clinic.demo.history import (
    Life,
    Team,
    answer_this_morning,
    arrive,
    assess,
    dosing_days,
    first_dose_at,
    plan,
    treat,
)
from euthymia.clinic.demo.running import bring_running_visits_up_to, nurse_of, start_running_visits
from euthymia.clinic.demo.vault import count_short, stock_vault, stocked
from euthymia.clinic.followup.commands import refresh_forecast
from euthymia.clinic.people.commands import make_enquiry
from euthymia.clinic.people.models import CarePhase, Patient
from euthymia.clinic.plans.commands import fill_protocol, install_protocols, sign_protocol
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions.models import Chair
from euthymia.errors import BadInput

Progress = Callable[[int], object]
BUILT_LONG_AGO = timedelta(days=400)
DEMO_NUMBERS = {
    "dose_cap": 100,
    "interval": 24,
    "before_systolic": 150,
    "before_diastolic": 95,
    "before_heart_rate": 110,
    "before_spo2": 94,
    "during_systolic_call": 165,
    "during_systolic_stop": 190,
    "during_diastolic_call": 105,
    "during_diastolic_stop": 118,
    "during_heart_rate_stop": 140,
    "during_spo2_call": 93,
    "during_spo2_stop": 90,
    "leaving_systolic": 155,
    "leaving_diastolic": 98,
    "fasted": 4,
    "fresh_within_min": 30,
    "minimum_observation_min": 100,
    "every_min": 10,
    "until_min": 60,
    "interval_weeks": 12,
}
VIAL_MG_PER_ML = {"iv_racemic_05": 1.0, "im_racemic": 50.0, "sc_racemic": 50.0}
DEMO_SOURCE = "Invented for this demonstration; not for patients."
# How the people of a clinic are spread over the phases of care.
STAGES = (("enquiry", 0.06), ("assessment", 0.14), ("planned", 0.10), ("treated", 0.70))
ROUTES = (("iv_racemic_05", 0.55), ("esketamine_nasal_trd", 0.33), ("im_racemic", 0.12))
ENQUIRIES = (
    ("Noor Halabi", "noor@people.example", "My sister was helped. Is this for me too? I take an antidepressant now."),
    ("Peter Voss", "peter@people.example", "How long does it take, and can I drive home?"),
    ("Amara Obi", "amara@people.example", ""),
)


@transaction.atomic
def build_demo(*, people: int, seed: int, now: datetime, progress: Progress) -> None:
    """Fill an empty installation; one that is filled only gets its running visits brought up to now.

    All of it or nothing: a build that was interrupted leaves an empty installation behind, not half a clinic.
    Refuses (BadInput) an installation that holds a clinic the demonstration did not make.
    """
    real = Clinic.objects.filter(invented=False).first()
    if real is not None:
        raise BadInput(
            "not_a_demo",
            "EUTHYMIA_DATA",
            f"This installation holds {real.name}, which the demonstration did not make. Serve it with "
            "`euthymia serve`, and the demonstration from an empty folder. "
            "One made by an earlier version is made anew by `reset`.",
        )
    if Clinic.objects.exists():
        for clinic_id in Clinic.objects.values_list("pk", flat=True):
            if not stocked(clinic_id):
                stock_vault(nurse_of(clinic_id), now, now)
        bring_running_visits_up_to(now, seed)
        progress(100)
        return
    rng = np.random.default_rng(seed)
    cast = invented_people(people, rng, now.date())
    teams = [build_clinic(invented, now) for invented in CLINICS]
    progress(5)
    done = 5.0
    for number, who in enumerate(cast):
        team = teams[0] if number < people * CLINICS[0].share else teams[1]
        person_rng = np.random.default_rng((seed, number))
        part = last_part_for(number, people)
        if part is not None:
            build_last_part(part, who, team, person_rng, now)
        else:
            build_person(who, team, person_rng, number, now)
        step = int(done + 85 / people) - int(done)
        done += 85 / people
        progress(step)
    for team in teams:
        build_enquiries(team, now)
        send_past_forms(team.nurse, now)
    count_short(teams[0].nurse, now - timedelta(days=2))
    start_running_visits(teams[0].lead.clinic_id, now, seed)
    in_care = Patient.objects.filter(clinic_id=teams[0].lead.clinic_id, phase=CarePhase.MAINTENANCE).order_by("pk")
    # Somebody without a safety plan, so that the way from the sign to a plan can be walked.
    in_care = in_care.exclude(plans__taper_steps__isnull=False)
    in_care = in_care.filter(safety_plans=None) or in_care
    answer_this_morning(teams[0], in_care[int(rng.integers(0, len(in_care)))], now, rng)
    progress(100 - int(done))


def build_clinic(invented: InventedClinic, now: datetime) -> Team:
    """The clinic, its people at work, its chairs, and its protocols signed by the medical lead."""
    clinic = Clinic.objects.create(
        name=invented.name,
        slug=invented.slug,
        country=invented.country,
        time_zone=invented.time_zone,
        invented=True,
    )
    viewers: dict[Role, Viewer] = {}
    for member in invented.staff:
        user = User(username=member.username, first_name=member.given, last_name=member.family)
        user.set_unusable_password()
        user.save()
        membership = Membership.objects.create(user=user, clinic=clinic, role=member.role)
        viewers.setdefault(member.role, viewer_of(membership))
    chairs = tuple(
        Chair.objects.create(clinic=clinic, name=name, position=place) for place, name in enumerate(invented.chairs)
    )
    lead = viewers[Role.MEDICAL_LEAD]
    protocols = sign_protocols(lead, now - BUILT_LONG_AGO)
    stock_vault(viewers[Role.NURSE], now, now - BUILT_LONG_AGO)
    therapist = viewers.get(Role.THERAPIST, lead)
    return Team(lead, viewers[Role.NURSE], therapist, chairs, protocols)


def sign_protocols(lead: Viewer, now: datetime) -> dict[str, ProtocolVersion]:
    """Every shipped protocol that may be used for care, with its holes filled by invented numbers, and signed."""
    signed = {}
    for row in install_protocols(System(lead.clinic_id, "set-up"), now):
        if protocol_of(row).use is Use.RESEARCH_ONLY:
            continue
        values = {hole.name: demo_number(row.protocol_id, hole.name) for hole in holes(protocol_of(row))}
        filled = fill_protocol(lead, row, values, source=DEMO_SOURCE, now=now) if values else row
        signed[row.protocol_id] = sign_protocol(
            lead, filled, name=lead.name, meaning="Approved for use in the demonstration", now=now
        )
    return signed


def demo_number(protocol_id: str, hole: str) -> float:
    last = hole.split(".")[-1]
    if last == "concentration_mg_per_ml":
        return VIAL_MG_PER_ML[protocol_id]
    return float(DEMO_NUMBERS[hole.split(".")[1] if hole.startswith("checks.") else last])


def build_person(who: InventedPerson, team: Team, rng: np.random.Generator, number: int, now: datetime) -> None:
    """One person as far along as their stage."""
    stage = pick(STAGES, rng)
    if number < 6:
        # The first six are in treatment, so that the running visits always find somebody.
        stage = "treated"
    protocol_id = ROUTES[number % 3][0] if number < 6 else pick(ROUTES, rng)
    back_days = {"treated": float(rng.uniform(20, 330)), "planned": 8.0, "assessment": 5.0, "enquiry": 1.0}[stage]
    first_seen = (now - timedelta(days=back_days)).astimezone(team.lead.zone)
    began = first_seen.replace(hour=int(rng.integers(9, 16)), minute=int(rng.integers(0, 60)), second=0, microsecond=0)
    life = Life(who, team, rng, min(began, now - timedelta(hours=12)))
    arrive(life)
    if stage == "enquiry":
        return
    if stage == "assessment" and rng.random() < 0.5:
        return
    assess(life, protocol_id)
    if stage == "assessment":
        return
    signed = plan(life, protocol_id)
    if stage == "treated":
        first = first_dose_at(life)
        until = (now - first).total_seconds() / 86_400 - 1.0
        stopped = float(rng.uniform(30, 200)) if rng.random() < 0.25 else until
        treat(life, signed, first, list(dosing_days(protocol_id, min(until, stopped), rng)), now)
    refresh_forecast(team.nurse, life.patient, now)


def build_enquiries(team: Team, now: datetime) -> None:
    for hours, (name, email, message) in zip((52, 20, 3), ENQUIRIES, strict=True):
        clinic = Clinic.objects.get(pk=team.lead.clinic_id)
        actor = System(clinic.pk, "public enquiry form")
        fields = {"name": name, "email": email, "phone": "", "message": message}
        make_enquiry(clinic, actor, fields, now - timedelta(hours=hours))


def pick(choices: tuple[tuple[str, float], ...], rng: np.random.Generator) -> str:
    names, weights = zip(*choices, strict=True)
    return str(rng.choice(names, p=weights))
