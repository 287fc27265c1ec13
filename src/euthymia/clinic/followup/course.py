"""From rows to the response room and back: a person's scores and doses as a course, its forecast as plain values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.followup.onset_curve import onset_curve_values
from euthymia.clinic.followup.outlook import outlook_values
from euthymia.clinic.measures.models import Response
from euthymia.clinic.people.measurements import MEASUREMENTS
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import latest_value, visible_to
from euthymia.clinic.sessions.queries import GivenDose, doses_of, doses_of_unknown_amount
from euthymia.errors import BadInput
from euthymia.response import (
    Course,
    DoseAt,
    Forecast,
    NextDose,
    Scale,
    ScoreAt,
    forecast,
    learn,
    load_prior,
    propose_next_dose,
    relative_dose,
)

# The scales the forecast can speak of, in order of preference when a person has as many scores on each.
COURSE_INSTRUMENTS = ("phq9", "madrs")
HORIZON_DAYS = 56
# The middle of the prior's population, used only when no weight was ever recorded.
UNKNOWN_WEIGHT_KG = 70.0
# What a dose counts as when nothing published says how strong it is.
USUAL_DOSE = 1.0
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class PersonCourse:
    """One person's course on one scale; day 0 is `zero`."""

    instrument: str
    zero: datetime
    course: Course
    doses: tuple[GivenDose, ...]
    assumptions: tuple[str, ...] = ()

    def day(self, at: datetime) -> float:
        return (at - self.zero).total_seconds() / DAY_S

    def instant(self, day: float) -> datetime:
        return self.zero + timedelta(days=float(day))


def course_of(actor: Actor, patient: Patient) -> PersonCourse | None:
    """The person's scores and doses on the scale they answer most; None when there is no total yet."""
    rows = visible_to(actor, Response).filter(patient=patient, instrument__in=COURSE_INSTRUMENTS, total__isnull=False)
    scored = list(rows.order_by("at"))
    if not scored:
        return None
    counts = Counter(row.instrument for row in scored)
    instrument = max(COURSE_INSTRUMENTS, key=lambda name: counts[name])
    given = tuple(doses_of(patient))
    on_scale = [row for row in scored if row.instrument == instrument]
    zero = given[0].at if given else on_scale[0].at
    person = PersonCourse(instrument, zero, Course(scale_of(instrument)), given)
    scores = tuple(ScoreAt(person.day(row.at), float(row.total)) for row in on_scale if row.total is not None)
    doses, assumptions = relative_doses(person, weight_of(actor, patient))
    assumptions += unknown_amounts(patient)
    return PersonCourse(instrument, zero, Course(scale_of(instrument), scores, doses), given, assumptions)


def unknown_amounts(patient: Patient) -> tuple[str, ...]:
    """In words, the doses whose amount nobody wrote down; the course is learned without them."""
    count = doses_of_unknown_amount(patient)
    if not count:
        return ()
    were = "dose of unknown amount is" if count == 1 else "doses of unknown amount are"
    return (f"{count} {were} left out: the days after look as if nothing had been given.",)


def scale_of(instrument: str) -> Scale:
    asked = load_instrument(instrument)
    return Scale(instrument, asked.lowest, asked.highest)


def weight_of(actor: Actor, patient: Patient) -> float | None:
    row = latest_value(actor, patient, MEASUREMENTS.weight.code)
    return row.value if row else None


def relative_doses(person: PersonCourse, weight_kg: float | None) -> tuple[tuple[DoseAt, ...], tuple[str, ...]]:
    """The doses in the response room's unit, and in words what had to be assumed about them.

    Each dose is weighed by the weight it was planned with, else by the latest one, else by the population's middle. A
    dose without a sourced equivalence counts as one usual dose.
    """
    doses, unweighed, unequal = [], 0, Counter[str]()
    for dose in person.doses:
        planned_kg = dose.dose_mg / dose.mg_per_kg if dose.mg_per_kg else None
        unweighed += planned_kg is None and weight_kg is None
        known_kg = planned_kg or weight_kg or UNKNOWN_WEIGHT_KG
        try:
            strength = relative_dose(dose.drug, dose.route, amount_mg=dose.dose_mg, weight_kg=known_kg)
        except BadInput:
            strength = USUAL_DOSE
            unequal[f"{dose.drug} by the route {dose.route}"] += 1
        doses.append(DoseAt(person.day(dose.at), strength, dose.drug, dose.route))
    assumptions = [
        f"No published source says how strong {what} is beside an infusion of 0.5 mg/kg; "
        f"{count} such {'dose was' if count == 1 else 'doses were'} counted as one usual dose each."
        for what, count in unequal.items()
    ]
    if unweighed:
        assumptions.append(f"No weight is recorded; {UNKNOWN_WEIGHT_KG:g} kg was assumed for {unweighed} of the doses.")
    return tuple(doses), tuple(assumptions)


def forecast_result(
    person: PersonCourse, now: datetime, *, threshold: float, accepted_risk: float, seed: int
) -> dict[str, Any]:
    """What is kept of a forecast: instants, quantiles, chances, the proposal and how far the prior still speaks."""
    posterior = learn(person.course, load_prior(), seed)
    today = max(person.day(now), person.course.last_day)
    ahead = forecast(posterior, [today + step for step in range(1, HORIZON_DAYS + 1)])
    proposal = propose_next_dose(posterior, now_day=today, threshold=threshold, accepted_risk=accepted_risk)
    return {
        "instrument": person.instrument,
        "threshold": threshold,
        "accepted_risk": accepted_risk,
        "prior": posterior.prior.card.id,
        "prior_says": posterior.prior.card.status,
        "prior_still_talking": dict(posterior.prior_still_talking),
        "mostly_prior": posterior.mostly_prior,
        "assumptions": list(person.assumptions),
        "ahead": ahead_values(person, ahead, threshold),
        "next_dose": proposal_values(person, proposal),
        "onset_curve": onset_curve_values(posterior, person.zero),
        "outlook": outlook_values(posterior, today, threshold=threshold, accepted_risk=accepted_risk),
    }


def ahead_values(person: PersonCourse, ahead: Forecast, threshold: float) -> dict[str, Any]:
    return {
        "at": [person.instant(day).isoformat() for day in ahead.at_days],
        "quantiles": {f"{level:g}": [round(float(v), 2) for v in row] for level, row in ahead.quantiles.items()},
        "chance_above": [round(float(chance), 4) for chance in ahead.probability_above(threshold)],
    }


def proposal_values(person: PersonCourse, proposal: NextDose) -> dict[str, Any]:
    window = proposal.window_days
    return {
        "at": None if proposal.at_day is None else person.instant(proposal.at_day).isoformat(),
        "window": None if window is None else [person.instant(day).isoformat() for day in window],
        "why": proposal.why.value,
        "says": proposal.says,
        "chance_now": proposal.chance_now,
        "chance_if_a_week_later": proposal.chance_if_a_week_later,
        "prior_share": proposal.prior_share,
    }
