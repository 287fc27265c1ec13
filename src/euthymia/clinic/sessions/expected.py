"""What was expected of this dose in this person, drawn beside what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from euthymia.care.given_dose import GivenPiece, given_pieces
from euthymia.care.session import SessionState
from euthymia.care.session_events import Concern
from euthymia.charts import Axis, Chart, Dot, Dots, Figure, Mark, MarkKind, Scale, Series, figure
from euthymia.charts import Band as Range
from euthymia.clinic.people.shell import age_on
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.comparing import CADSS6_HIGHEST, NOISE, with_noise
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Dose, Person, Regimen, Seen, Simulation, observed_within_band, simulate

LONGEST = timedelta(hours=12)
SHOWN_MIN = 150
STEP_MIN = 2
# Nine people in ten; the seed only makes the same person look the same on every screen.
BAND = Band(people=300, seed=7, quantiles=(0.05, 0.5, 0.95))
# CADSS-6 runs from 0 to 24 (its data file), the model from 0 to 1.
HIGHEST = {"cadss6": CADSS6_HIGHEST}
HOUR_MIN = 60.0
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Observed:
    """One look compared with the band: minutes from the start, the value, where it lies."""

    at_min: float
    value: float
    seen: Seen
    late: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """What a page shows: figures, and a verdict in words. `why_not` says why there is no prediction."""

    figures: tuple[Figure, ...] = ()
    verdict: str = ""
    strange: bool = False
    why_not: str = ""
    assumptions: tuple[str, ...] = ()


def expected_of(session: Session, state: SessionState) -> Expected:
    """The prediction for what was really given (the order, before the dose), with the observations laid over it."""
    patient, order = session.patient, order_of(session.plan)
    day = (state.clock_at or session.scheduled_for).date()
    age_y = age_on(patient.birth_date, day) if isinstance(patient.birth_date, date) else None
    if age_y is None:
        return Expected(why_not="No prediction: the date of birth is not known.")
    sex = patient.sex if patient.sex in {"female", "male"} else "unspecified"
    earlier = _earlier_sessions(session, state)
    try:
        simulation = _simulated(
            pieces_of(session, state), order.drug, order.route, age_y, sex, order.weight_kg, earlier
        )
    except BadInput as refusal:
        return Expected(why_not=f"No prediction: {refusal.message}")
    return _drawn(simulation, state, earlier)


def _earlier_sessions(session: Session, state: SessionState) -> int:
    """How many sessions this person was given a dose in before this one, for what fades over sessions."""
    before = state.clock_at or session.scheduled_for
    return session.patient.sessions.filter(dose_started_at__lt=before).exclude(id=session.id).count()


def pieces_of(session: Session, state: SessionState) -> tuple[GivenPiece, ...]:
    """What has gone in and, while it runs, will go in as it runs now; before the dose, the order."""
    if state.clock_at is not None:
        pieces = given_pieces(state, (state.dose_ended_at or state.clock_at + LONGEST))
        return tuple(piece for piece in pieces if piece.amount_mg > 0)
    order = order_of(session.plan)
    if order.devices:
        each = order.dose_mg / order.devices
        return tuple(GivenPiece(number * 5 / HOUR_MIN, 0.0, each) for number in range(order.devices))
    return (GivenPiece(0.0, (order.duration_min or 0.0) / HOUR_MIN, order.dose_mg),)


@lru_cache(maxsize=128)
def _simulated(
    pieces: tuple[GivenPiece, ...], drug: str, route: str, age_y: int, sex: str, weight_kg: float, earlier: int
) -> Simulation:
    doses = tuple(
        Dose(
            drug=drug,
            route=route,
            amount_mg=piece.amount_mg,
            start_h=piece.start_h,
            duration_h=piece.duration_h if route == "iv" else 0.0,
        )
        for piece in pieces
    )
    if not doses:
        raise BadInput("nothing_given", "doses", "nothing has been given yet.")
    times = [minute / HOUR_MIN for minute in range(0, SHOWN_MIN + 1, STEP_MIN)]
    return simulate(Regimen(doses), Person(age_y, sex, weight_kg), times, band=BAND, earlier_sessions=earlier)


def _drawn(simulation: Simulation, state: SessionState, earlier: int) -> Expected:
    figures, found = [], []
    compared = with_noise(simulation)
    rows = (
        ("dissociation", "Dissociation", "share of the largest possible", _dissociation_seen(state)),
        ("systolic_rise", "Rise of systolic pressure", "mmHg", _pressure_seen(state)),
        (simulation.series[0].analyte, f"{simulation.series[0].analyte.capitalize()} in plasma", "ng/mL", ()),
    )
    names = {series.analyte for series in simulation.series} | {effect.effect for effect in simulation.effects}
    for name, title, unit, seen in rows:
        if name not in names:
            continue
        observed = _compare(compared, name, seen)
        figures.append(_figure(simulation, (name, title, unit), observed, state))
        if observed:
            found.append((title, observed))
    verdict, strange = _verdict(found)
    drawn = [effect for effect in simulation.effects if effect.effect in {"dissociation", "systolic_rise"}]
    assumed = tuple(dict.fromkeys(line for effect in drawn for line in effect.assumptions)) + simulation.notes
    assumed += (f"Counted as this person's session {earlier + 1}: dissociation fades over sessions.",)
    assumed += tuple(NOISE[effect.effect].says for effect in drawn if effect.effect in NOISE)
    return Expected(tuple(figures), verdict if state.clock_at else "", strange, assumptions=assumed)


def _compare(simulation: Simulation, name: str, seen: Sequence[tuple[float, float, bool]]) -> tuple[Observed, ...]:
    return tuple(
        Observed(at_min, value, observed_within_band(simulation, name, at_min / HOUR_MIN, value), late)
        for at_min, value, late in seen
        if 0 <= at_min <= SHOWN_MIN
    )


def _pressure_seen(state: SessionState) -> tuple[tuple[float, float, bool], ...]:
    """(minute, rise of systolic pressure over the last reading before the dose, entered late)."""
    baseline = state.baseline
    if state.clock_at is None or baseline is None or baseline.reading.systolic_mmhg is None:
        return ()
    start = baseline.reading.systolic_mmhg
    return tuple(
        (_minute(state.clock_at, row.at), row.reading.systolic_mmhg - start, row.event_id in state.late)
        for row in state.readings
        if row.reading.systolic_mmhg is not None and row.at > state.clock_at
    )


def _dissociation_seen(state: SessionState) -> tuple[tuple[float, float, bool], ...]:
    """(minute, total as a share of the scale's highest, entered late)."""
    if state.clock_at is None:
        return ()
    return tuple(
        (_minute(state.clock_at, row.at), row.scale.total / HIGHEST[row.scale.instrument], row.event_id in state.late)
        for row in state.scales
        if row.scale.concern is Concern.DISSOCIATION
        and row.scale.total is not None
        and row.scale.instrument in HIGHEST
        and row.at > state.clock_at
    )


def _minute(start: datetime, at: datetime) -> float:
    return (at - start) / MINUTE


def _figure(
    simulation: Simulation, words: tuple[str, str, str], observed: tuple[Observed, ...], state: SessionState
) -> Figure:
    name, title, unit = words
    series = simulation.named(name)
    minutes = [float(at_h) * HOUR_MIN for at_h in simulation.at_h]
    band = Range(series.band[0.05], series.band[0.95], "9 in 10 people")
    dots = ()
    if observed:
        dots = (Dots("Observed", tuple(Dot(one.at_min, one.value, f"{one.value:.2g}", one.late) for one in observed)),)
    marks = [Mark(0.0, "dose", MarkKind.DOSE)]
    if state.clock_at is not None and state.dose_ended_at is not None:
        ended = _minute(state.clock_at, state.dose_ended_at)
        marks += [Mark(ended, "dose over", MarkKind.EVENT)] if 1 < ended <= SHOWN_MIN else []
    card = getattr(series, "driven_by", simulation.model)
    source = f"{card.id} ({card.kind})"
    if name == "dissociation" and observed:
        source += "; CADSS-6 shown as a share of 24"
    return figure(
        Chart(
            title=f"{title}: predicted and observed",
            description=f"Line: the typical person with this dose. Shading: nine people in ten{_said(observed)}.",
            x=Axis("Minutes from the start", "min", low=0.0, high=float(SHOWN_MIN), scale=Scale.MINUTES),
            y=Axis(title, unit),
            series=(Series("Predicted", minutes, series.typical, (band,)),),
            dots=dots,
            marks=tuple(marks),
        ),
        source=source,
        ident=f"expected-{name.replace('_', '-')}",
    )


def _said(observed: tuple[Observed, ...]) -> str:
    outside = sum(one.seen is not Seen.WITHIN for one in observed)
    return f"; {len(observed)} observed, {outside} further from it than the noise of looking" if observed else ""


def _verdict(found: Sequence[tuple[str, tuple[Observed, ...]]]) -> tuple[str, bool]:
    """One line: two looks in a row beyond the band and the noise, on one side, count as not behaving as predicted."""
    if not found:
        return "Nothing observed yet to compare with the prediction.", False
    strange = [
        f"{title.lower()} {'higher' if row[-1].seen is Seen.HIGH else 'lower'} than predicted twice in a row"
        for title, row in found
        if len(row) > 1 and row[-1].seen is row[-2].seen is not Seen.WITHIN
    ]
    if strange:
        return f"Not behaving as predicted: {'; '.join(strange)}.", True
    looks = [one for _, row in found for one in row]
    outside = sum(one.seen is not Seen.WITHIN for one in looks)
    if not outside:
        words = f"Behaving as predicted so far: {_looks(len(looks))} within the prediction and the noise of looking."
        return words, False
    words = f"Mostly as predicted: {outside} of {len(looks)} looks lie beyond the prediction and the noise of looking,"
    return f"{words} not twice in a row just now.", False


def _looks(count: int) -> str:
    return "the one look lies" if count == 1 else f"all {count} looks lie"
