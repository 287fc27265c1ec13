"""Four people whose courses come to an end: two in a taper, one of them held, and two whose course is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from euthymia.care.course_end import EndReason
from euthymia.clinic.demo.cast import InventedPerson
from euthymia.clinic.demo.history import Life, Team, answer, arrive, assess, first_dose_at, plan, treat, was_answered
from euthymia.clinic.followup.commands import refresh_forecast
from euthymia.clinic.measures.models import CheckIn
from euthymia.clinic.plans.course_commands import end_plan
from euthymia.clinic.plans.models import Plan
from euthymia.clinic.plans.taper_commands import take_step

DAY = timedelta(days=1)
NASAL, INTRAVENOUS = "esketamine_nasal_trd", "iv_racemic_05"
# Twice a week for four weeks, then once a week for four.
WEEKS_1_TO_8 = (0, 4, 8, 12, 16, 20, 24, 31, 38, 45, 52)
# The people of the first clinic whose courses these are, where the cast is large enough to spare them.
FIRST_NUMBER, LEAST_PEOPLE = 6, 20


@dataclass(frozen=True, slots=True)
class LastPart:
    """A course told from its last part; every day is counted from the first dose.

    totals: the PHQ-9 on some days, with a straight line between.   steps: on which day of the taper which interval.
    ends: the day, the reason and the prescriber's words.   today: which day is now.
    """

    protocol_id: str
    days: tuple[int, ...]
    totals: tuple[tuple[float, float], ...]
    today: int
    steps: tuple[tuple[int, int], ...] = ()
    ends: tuple[int, EndReason, str] | None = None


LAST_PARTS = (
    LastPart(
        NASAL,
        days=(*WEEKS_1_TO_8, 66, 80, 94, 115),
        totals=((-7, 19), (0, 19), (1, 11), (21, 7), (60, 4), (134, 4)),
        steps=((55, 14), (97, 21)),
        today=133,
    ),
    LastPart(
        NASAL,
        days=(*WEEKS_1_TO_8, 66),
        totals=((-7, 21), (0, 21), (1, 13), (21, 9), (62, 7), (66, 7), (67, 8), (73, 16), (80, 17)),
        steps=((55, 14),),
        today=76,
    ),
    LastPart(
        NASAL,
        days=(*WEEKS_1_TO_8, 66, 80),
        totals=((-7, 18), (0, 18), (1, 9), (21, 5), (60, 3), (140, 2)),
        steps=((55, 14),),
        ends=(95, EndReason.REMISSION_HELD, "Well since the second month; we agreed to stop here."),
        today=130,
    ),
    LastPart(
        INTRAVENOUS,
        days=(0, 4, 8),
        totals=((-7, 20), (0, 20), (1, 18), (8, 19), (30, 20)),
        ends=(14, EndReason.NO_BENEFIT, "No response after three infusions; talked about the other ways there are."),
        today=24,
    ),
)


def last_part_for(number: int, people: int) -> LastPart | None:
    """The told course of this person of the cast; None for everybody whose course is drawn."""
    place = number - FIRST_NUMBER
    return LAST_PARTS[place] if people >= LEAST_PEOPLE and 0 <= place < len(LAST_PARTS) else None


def build_last_part(part: LastPart, who: InventedPerson, team: Team, rng: np.random.Generator, now: datetime) -> None:
    """One person with this course, by the commands the clinic itself would use."""
    first_seen = (now - (part.today + 7) * DAY).astimezone(team.lead.zone)
    began = first_seen.replace(hour=int(rng.integers(9, 16)), minute=0, second=0, microsecond=0)
    life = Life(who, team, rng, began, told=tuple((day + 7, total) for day, total in part.totals))
    arrive(life)
    assess(life, part.protocol_id)
    signed = plan(life, part.protocol_id)
    first = first_dose_at(life)
    treat(life, signed, first, [float(day) for day in part.days], now)
    for day, interval_days in part.steps:
        take_step(team.lead, signed, interval_days, first + day * DAY)
    if part.ends is not None:
        end_course(life, signed, part.ends, first, now)
    refresh_forecast(team.nurse, life.patient, now)


def end_course(life: Life, signed: Plan, ends: tuple[int, EndReason, str], first: datetime, now: datetime) -> None:
    """The course ends as the prescriber ended it, and what was asked since then is answered."""
    day, because, words = ends
    end_plan(life.team.lead, signed, reason=words, because=because, now=first + day * DAY)
    for check_in in CheckIn.objects.filter(patient=life.patient, session=None, due_at__lt=now - timedelta(hours=5)):
        at = check_in.due_at + timedelta(hours=4)
        was_answered(check_in, at)
        answer(life, at, doses=(), check_in=check_in)
