"""What was expected of this dose in anybody like this person, and in this person so far, beside what was seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from euthymia.care.session import SessionState
from euthymia.charts import Figure
from euthymia.clinic.people.shell import age_on
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.plans.medicines import Taken, as_far_as_covered, taken_by
from euthymia.clinic.sessions.comparing import (
    DIASTOLIC_RISE,
    FELT,
    NOISE,
    PULSE_RISE,
    RISE,
    compare,
    in_points,
    with_noise,
)
from euthymia.clinic.sessions.dose_marks import dose_marks
from euthymia.clinic.sessions.drawing import Drawn, drawn_figure
from euthymia.clinic.sessions.learning import (
    SYSTOLIC,
    Look,
    Sitting,
    Taught,
    compared_looks,
    doses_of,
    earlier_sittings,
    learned_from,
    looks_of,
    own_course,
    pieces_of,
    sitting_of,
)
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.person_words import LearnedPage, changes_of, learned_page
from euthymia.clinic.sessions.verdict import Compared, Verdict, because_of, verdict_of
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Dose, Person, Regimen, Simulation, simulate
from euthymia.pharmacology.individualise import Setting

SHOWN_MIN = 150
STEP_MIN = 2
TIMES_H = tuple(minute / 60 for minute in range(0, SHOWN_MIN + 1, STEP_MIN))
# Nine people in ten; the seed only makes the same person look the same on every screen.
BAND = Band(people=300, seed=7, quantiles=(0.05, 0.5, 0.95))
# What is held against looks: the effect, what it is called, its unit.
EFFECTS = ((FELT, "Dissociation", "CADSS-6"), (RISE, "Rise of systolic pressure", "mmHg"))
# The same of what is drawn in a part of its own, closed at first.
MORE_EFFECTS = ((DIASTOLIC_RISE, "Rise of diastolic pressure", "mmHg"), (PULSE_RISE, "Rise of the pulse", "/min"))


@dataclass(frozen=True, slots=True)
class Expected:
    """What a page shows: figures, a verdict in words with its reason, and what was learned of this person.

    more: figures of diastolic pressure and pulse.   chip: the verdict in two words.   strange: not as predicted.
    calm: nothing of the newest looks is beyond.   why_not: why there is no prediction.
    """

    figures: tuple[Figure, ...] = ()
    more: tuple[Figure, ...] = ()
    verdict: str = ""
    chip: str = ""
    strange: bool = False
    calm: bool = True
    because: str = ""
    why_not: str = ""
    assumptions: tuple[str, ...] = ()
    learned: LearnedPage | None = None
    changes: tuple[str, ...] = ()
    taking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Given:
    """What was given to whom.   earlier: sessions before this one."""

    person: Person
    doses: tuple[Dose, ...]
    earlier: int
    taking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Everything an answer rests on; hashable, so that an open page that asks again is answered at once.

    sittings: those to learn from, this one last once its dose began.   unread: of the earlier sessions, those before
    the first of the sittings.   looks: of this session.   marks: minutes and words of what happened to its dose.
    """

    given: _Given
    sittings: tuple[Sitting, ...]
    unread: int
    looks: tuple[Look, ...]
    began: bool
    marks: tuple[tuple[float, str], ...]
    taking: tuple[str, ...]


def expected_of(session: Session, state: SessionState) -> Expected:
    """The prediction for what was really given (the order, before the dose), with the observations laid over it."""
    try:
        given, taking = _given(session, state)
        return _answered(_asked(session, state, given, taking))
    except BadInput as refusal:
        return Expected(why_not=f"No prediction: {refusal.message}")


def not_as_predicted(session: Session, state: SessionState) -> str:
    """What is not as predicted in a few words, or nothing. Learns nothing of this person, so that it is quick."""
    if state.clock_at is None:
        return ""
    try:
        given, _ = _given(session, state)
        return _judged(given, compared_looks(looks_of(state))).short
    except BadInput:
        return ""


def _given(session: Session, state: SessionState) -> tuple[_Given, tuple[str, ...]]:
    """What was given to whom, and what a page says of the medicines they take; refuses (BadInput) what is unknown."""
    patient, order = session.patient, order_of(session.plan)
    before = state.clock_at or session.scheduled_for
    age_y = age_on(patient.birth_date, before.date()) if isinstance(patient.birth_date, date) else None
    if age_y is None:
        raise BadInput("no_birth_date", "birth_date", "the date of birth is not known.")
    sex = patient.sex if patient.sex in {"female", "male"} else "unspecified"
    taken = taken_by(patient)
    doses = doses_of(pieces_of(session, state), order.drug, order.route)
    given = _Given(Person(age_y, sex, order.weight_kg), doses, _earlier(session, state), taken.names)
    _, covered = as_far_as_covered(lambda taking: _anybody(replace(given, taking=tuple(taking))), taken.names)
    return replace(given, taking=taken.names if covered else ()), _taking_words(taken, covered=covered)


def _asked(session: Session, state: SessionState, given: _Given, taking: tuple[str, ...]) -> _Asked:
    today = sitting_of(session, state)
    earlier = earlier_sittings(session.patient, state.clock_at or session.scheduled_for, order_of(session.plan).drug)
    return _Asked(
        given=given,
        sittings=(*earlier, *((today,) if today else ())),
        unread=max(given.earlier - len(earlier), 0),
        looks=compared_looks(looks_of(state)),
        began=state.clock_at is not None,
        marks=dose_marks(state, SHOWN_MIN),
        taking=taking,
    )


def _earlier(session: Session, state: SessionState) -> int:
    """How many sessions this person was given a dose in before this one, for what fades over sessions."""
    before = state.clock_at or session.scheduled_for
    count: int = session.patient.sessions.filter(dose_started_at__lt=before).exclude(id=session.id).count()
    return count


def _taking_words(taken: Taken, *, covered: bool) -> tuple[str, ...]:
    if not taken.names:
        return ()
    names = ", ".join(taken.words)
    if covered:
        said = f"Counted, from this person's record: {names}. It changes how much of a dose is lost on first pass."
        return (f"{said} Earlier sessions are read as if it was taken then too.",)
    return (f"Not counted: {names}, in this person's record. The model cannot tell its first pass by this route.",)


@lru_cache(maxsize=128)
def _anybody(given: _Given) -> Simulation:
    if not given.doses:
        raise BadInput("nothing_given", "doses", "nothing has been given yet.")
    return simulate(
        Regimen(given.doses), given.person, TIMES_H, band=BAND, earlier_sessions=given.earlier, taking=given.taking
    )


@lru_cache(maxsize=128)
def _this_person(given: _Given, sittings: tuple[Sitting, ...], unread: int) -> tuple[Taught, Simulation | None]:
    """What was learned, and the same dose in the person so learned; None where nothing may be said of this person."""
    taught = learned_from(sittings, given.person, unread, given.taking)
    setting = Setting(given.taking, given.earlier)
    return own_course(taught, Regimen(given.doses), TIMES_H, setting=setting, band=BAND)


@lru_cache(maxsize=128)
def _compared(given: _Given, looks: tuple[Look, ...]) -> tuple[Compared, ...]:
    """Every kind of look that there was, held against anybody's prediction and the noise of looking."""
    widened = in_points(with_noise(_anybody(given)))
    known = {effect.effect for effect in widened.effects}
    held = [(name, title) for name, title, _ in EFFECTS + MORE_EFFECTS if name in known]
    rows = ((name, title, compare(widened, name, looks, SHOWN_MIN)) for name, title in held)
    return tuple(Compared(name, title, seen) for name, title, seen in rows if seen)


def _judged(given: _Given, looks: tuple[Look, ...]) -> Verdict:
    return verdict_of(_compared(given, looks))


@lru_cache(maxsize=64)
def _answered(asked: _Asked) -> Expected:
    anybody = _anybody(asked.given)
    known = any(one.looks for one in asked.sittings)
    taught, own = _this_person(asked.given, asked.sittings, asked.unread) if known else (None, None)
    drawn = Drawn(
        in_points(anybody),
        in_points(with_noise(anybody)),
        in_points(own) if own else None,
        taught.starts if taught and asked.began else {},
        asked.marks,
        float(SHOWN_MIN),
    )
    verdict = _judged(asked.given, asked.looks)
    drug = drawn.anybody.series[0].analyte
    plasma = (drug, f"{drug.capitalize()} in plasma", "ng/mL")
    return Expected(
        # Last the level in plasma, of which nothing is ever observed here.
        figures=_figures(drawn, asked, (*EFFECTS, plasma)),
        more=_figures(drawn, asked, MORE_EFFECTS),
        verdict=verdict.words if asked.began else "",
        chip=verdict.chip,
        strange=bool(verdict.strange),
        calm=not verdict.beyond,
        because=because_of(verdict, taught),
        assumptions=_assumed(anybody, asked),
        learned=learned_page(taught, today=asked.began) if taught else None,
        changes=changes_of(drawn.anybody, drawn.own, drawn.starts.get(SYSTOLIC, 0.0)) if drawn.own else (),
        taking=asked.taking,
    )


def _figures(drawn: Drawn, asked: _Asked, rows: tuple[tuple[str, str, str], ...]) -> tuple[Figure, ...]:
    """One of each row, which is what is drawn, its title and its unit; none of an effect without a model."""
    seen = {one.name: one.looks for one in _compared(asked.given, asked.looks)}
    known = {effect.effect for effect in drawn.anybody.effects} | {drawn.anybody.series[0].analyte}
    return tuple(
        drawn_figure(drawn, name, title, unit, seen.get(name, ())) for name, title, unit in rows if name in known
    )


def _assumed(simulation: Simulation, asked: _Asked) -> tuple[str, ...]:
    drawn = [effect for effect in simulation.effects if effect.effect in NOISE]
    assumed = tuple(dict.fromkeys(line for effect in drawn for line in effect.assumptions)) + simulation.notes
    assumed += (f"Counted as this person's session {asked.given.earlier + 1}: dissociation fades over sessions.",)
    if asked.sittings:
        assumed += (
            "This person is learned from blood pressures, pulses, CADSS-6 totals and MOAA/S levels (below 5 is "
            "sedated) of this session and at most two before it with the same drug. Of a feed, which is more than ten "
            "looks of a kind in five minutes, one in five minutes is learned from and drawn, with the newest and those "
            "not as predicted; the lowest and the highest of each minute are compared. Sedation is not compared.",
        )
    return assumed + tuple(NOISE[effect.effect].says for effect in drawn)
