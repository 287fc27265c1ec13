"""The course a protocol prescribes for one person: visits, doses, running totals, what is asked and when it is judged.

Nothing is predicted: what the person answers is given. Dates are the protocol's most frequent rhythm, spread evenly
over whole days; a phase whose interval is individual ends the list, because a person decides there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from euthymia.care.course_review import reviews_reached
from euthymia.care.decision import CannotTell
from euthymia.care.dose_order import Choice, DoseOrder, calculate
from euthymia.care.dosing import PriorDose, Room, room_under_caps
from euthymia.care.followup import DAYS_IN_WEEK
from euthymia.care.protocol import PerKgSteps, Phase, Protocol
from euthymia.care.protocol_course import Moment
from euthymia.care.titration import Answered, next_step
from euthymia.errors import BadInput

# Volumes are no part of this answer, so where the concentration is open any will do.
ANY_CONCENTRATION = 1.0
BASELINE = 100.0
LONGEST_WEEKS = 104


@dataclass(frozen=True, slots=True)
class PrescribedVisit:
    """One visit. `room`: what is left under each cap; `asks`: questionnaires; `reviews`: rules that come due here.
    `why`: why this step of the dose, where the protocol raises it by steps."""

    number: int
    at: datetime
    week: int
    phase: str
    order: DoseOrder
    total_mg: float
    room: tuple[Room, ...]
    asks: tuple[str, ...]
    reviews: tuple[str, ...]
    why: str = ""


@dataclass(frozen=True, slots=True)
class PrescribedCourse:
    """The visits, and why there are no more."""

    visits: tuple[PrescribedVisit, ...]
    ends: str


def prescribed_course(
    protocol: Protocol,
    *,
    weight_kg: float,
    start: datetime,
    weeks: int,
    improved_pct: Mapping[int, float] | None = None,
    choice: Choice | None = None,
) -> PrescribedCourse:
    """The visits of the first `weeks` weeks from `start`.

    improved_pct: improvement since the baseline in per cent, known before the visit of that number; the last one known
    counts on.   choice: what the prescriber picks where the protocol leaves room.
    Refuses a weight nobody has, a dose the protocol leaves open, and weeks outside 1 to 104 (BadInput).
    """
    if not 1 <= weeks <= LONGEST_WEEKS:
        raise BadInput("out_of_range", "weeks", f"Give 1 to {LONGEST_WEEKS} weeks.")
    known = improved_pct or {}
    visits: list[PrescribedVisit] = []
    given: list[PriorDose] = []
    reviewed: set[str] = set()
    for at, week, phase in _dates(protocol, start, weeks):
        number = len(visits) + 1
        picked, why = _picked(protocol, given, _latest(known, number), choice or Choice())
        order = calculate(protocol, weight_kg, picked)
        room = room_under_caps(protocol, order, given, at)
        given.append(PriorDose(at, order.dose_mg, order.drug, order.route, order.mg_per_kg))
        due = [row.rule.name for row in reviews_reached(protocol, [dose.at for dose in given], at)]
        new = tuple(name for name in due if name not in reviewed)
        reviewed.update(new)
        total_mg = sum(dose.dose_mg for dose in given)
        visits.append(
            PrescribedVisit(number, at, week, phase.name, order, total_mg, room, _asks(protocol, number), new, why)
        )
    return PrescribedCourse(tuple(visits), _ends(protocol, weeks))


def _dates(protocol: Protocol, start: datetime, weeks: int) -> Iterator[tuple[datetime, int, Phase]]:
    for phase in protocol.rhythm:
        if phase.per_week_high is None:
            return
        last_week = weeks if phase.to_week is None else min(weeks, phase.to_week)
        place, first_day = 0, (phase.from_week - 1) * DAYS_IN_WEEK
        while (day := first_day + int(place * DAYS_IN_WEEK / phase.per_week_high)) < last_week * DAYS_IN_WEEK:
            yield start + timedelta(days=day), day // DAYS_IN_WEEK + 1, phase
            place += 1


def _picked(
    protocol: Protocol, given: list[PriorDose], improved_pct: float | None, choice: Choice
) -> tuple[Choice, str]:
    """What is ordered at this visit, and why this step. Where nobody scored, the dose stays."""
    concentration = protocol.concentration_mg_per_ml
    if concentration is not None and concentration.value is None and choice.concentration_mg_per_ml is None:
        choice = replace(choice, concentration_mg_per_ml=ANY_CONCENTRATION)
    if not isinstance(protocol.dose, PerKgSteps):
        return choice, ""
    scores = Answered(BASELINE, None if improved_pct is None else BASELINE - improved_pct)
    step = next_step(protocol, given, scores)
    why = step.missing[0].says if isinstance(step, CannotTell) else step.why
    if isinstance(step, CannotTell):
        # An answer that reaches the mark asks for no step up, which is where an unknown one leaves the dose.
        step = next_step(protocol, given, Answered(BASELINE, 0.0))
    dose = None if isinstance(step, CannotTell) else step.dose
    return replace(choice, dose_mg=None, mg_per_kg=dose), why


def _latest(known: Mapping[int, float], number: int) -> float | None:
    before = [visit for visit in known if visit <= number]
    return known[max(before)] if before else None


def _asks(protocol: Protocol, number: int) -> tuple[str, ...]:
    """The questionnaires of this visit, each once."""
    moments = (Moment.BASELINE, Moment.EACH_SESSION) if number == 1 else (Moment.EACH_SESSION,)
    return tuple(dict.fromkeys(name for row in protocol.follow_up if row.moment in moments for name in row.instruments))


def _ends(protocol: Protocol, weeks: int) -> str:
    for phase in protocol.rhythm:
        if phase.from_week > weeks:
            break
        if phase.per_week_high is None:
            return f"From week {phase.from_week} ({phase.name}) the interval is individual: a person decides."
    last = protocol.rhythm[-1].to_week
    if last is not None and last < weeks:
        return f"The protocol ends with week {last}."
    return f"Shown up to week {weeks}."
