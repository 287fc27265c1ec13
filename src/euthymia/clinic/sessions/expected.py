"""What was expected of this dose in anybody like this person, and in this person so far, beside what was seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

import numpy as np

from euthymia.care.session import SessionState
from euthymia.charts import Axis, Chart, Dot, Dots, Figure, Mark, MarkKind, Scale, Series, figure
from euthymia.charts import Band as Range
from euthymia.clinic.people.shell import age_on
from euthymia.clinic.plans.curves import with_and_without
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.plans.medicines import Taken, as_far_as_covered, taken_by
from euthymia.clinic.sessions.comparing import CADSS6_HIGHEST, NOISE, with_noise
from euthymia.clinic.sessions.dose_marks import dose_marks
from euthymia.clinic.sessions.learning import (
    CADSS6,
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
    thinned,
)
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.person_words import LearnedPage, explained, learned_page
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Dose, Person, Regimen, Seen, Simulation, observed_within_band, simulate
from euthymia.pharmacology.individualise import Setting

SHOWN_MIN = 150
STEP_MIN = 2
TIMES_H = tuple(minute / 60 for minute in range(0, SHOWN_MIN + 1, STEP_MIN))
# Nine people in ten; the seed only makes the same person look the same on every screen.
BAND = Band(people=300, seed=7, quantiles=(0.05, 0.5, 0.95))
HOUR_MIN = 60.0
FELT, RISE = "dissociation", "systolic_rise"
# Ours, no clinical limit: one look twice as far out as the band and the noise reach is said at once, not at the second.
FAR_OUT = 2.0


@dataclass(frozen=True, slots=True)
class Observed:
    """One look compared with the band: minutes from the start, the value, where it lies and how far out.

    reach: distance from the middle person as a share of what band and noise allow on that side; above 1 is outside.
    drawn: whether it is one of the few of a feed that are drawn even if ordinary.
    """

    at_min: float
    value: float
    seen: Seen
    late: bool
    reach: float = 0.0
    drawn: bool = True


@dataclass(frozen=True, slots=True)
class Expected:
    """What a page shows: figures, a verdict in words with its reason, and what was learned of this person.

    why_not: why there is no prediction.
    """

    figures: tuple[Figure, ...] = ()
    verdict: str = ""
    strange: bool = False
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
    patient, order = session.patient, order_of(session.plan)
    before = state.clock_at or session.scheduled_for
    age_y = age_on(patient.birth_date, before.date()) if isinstance(patient.birth_date, date) else None
    if age_y is None:
        return Expected(why_not="No prediction: the date of birth is not known.")
    sex = patient.sex if patient.sex in {"female", "male"} else "unspecified"
    taken = taken_by(patient)
    try:
        doses = doses_of(pieces_of(session, state), order.drug, order.route)
        given = _Given(Person(age_y, sex, order.weight_kg), doses, _earlier(session, state), taken.names)
        _, covered = as_far_as_covered(lambda taking: _anybody(replace(given, taking=tuple(taking))), taken.names)
        given = replace(given, taking=taken.names if covered else ())
        return _answered(_asked(session, state, given, _taking_words(taken, covered=covered)))
    except BadInput as refusal:
        return Expected(why_not=f"No prediction: {refusal.message}")


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


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What was asked, anybody's prediction and this person's; None where nothing was learned that may be said."""

    asked: _Asked
    anybody: Simulation
    own: Simulation | None
    start_mmhg: float = 0.0


@lru_cache(maxsize=64)
def _answered(asked: _Asked) -> Expected:
    anybody = _anybody(asked.given)
    known = any(one.looks for one in asked.sittings)
    taught, own = _this_person(asked.given, asked.sittings, asked.unread) if known else (None, None)
    drawn = _Drawn(asked, anybody, own, taught.start_mmhg if taught and asked.began else 0.0)
    compared = with_noise(anybody)
    drug = anybody.series[0].analyte
    rows = (
        (FELT, "Dissociation", "share of the largest possible", _shares(asked.looks)),
        (RISE, "Rise of systolic pressure", "mmHg", _rises(asked.looks)),
        (drug, f"{drug.capitalize()} in plasma", "ng/mL", ()),
    )
    names = {series.analyte for series in anybody.series} | {effect.effect for effect in anybody.effects}
    figures, found = [], []
    for name, title, unit, seen in rows:
        if name not in names:
            continue
        observed = _compare(compared, name, seen)
        figures.append(_figure(drawn, (name, title, unit), observed))
        if observed:
            found.append((name, title, observed))
    verdict, strange = _verdict(found)
    learned = learned_page(taught, today=asked.began) if taught else None
    return Expected(
        figures=tuple(figures),
        verdict=verdict if asked.began else "",
        strange=strange,
        because=_because(found, taught) if strange else "",
        assumptions=_assumed(anybody, asked),
        learned=learned,
        changes=with_and_without(anybody, own) if own else (),
        taking=asked.taking,
    )


def _assumed(simulation: Simulation, asked: _Asked) -> tuple[str, ...]:
    drawn = [effect for effect in simulation.effects if effect.effect in {FELT, RISE}]
    assumed = tuple(dict.fromkeys(line for effect in drawn for line in effect.assumptions)) + simulation.notes
    assumed += (f"Counted as this person's session {asked.given.earlier + 1}: dissociation fades over sessions.",)
    if asked.sittings:
        assumed += (
            "This person is learned from systolic pressures and CADSS-6 totals of this session and at most two before "
            "it with the same drug. Of a feed one look in five minutes is learned from and drawn, with the newest and "
            "those not as predicted; the lowest and the highest of each minute are compared.",
        )
    return assumed + tuple(NOISE[effect.effect].says for effect in drawn if effect.effect in NOISE)


def _compare(simulation: Simulation, name: str, seen: Sequence[Look]) -> tuple[Observed, ...]:
    few = set(thinned(seen))
    return tuple(
        Observed(
            look.at_min,
            look.value,
            observed_within_band(simulation, name, look.at_min / HOUR_MIN, look.value),
            look.late,
            _reach(simulation, name, look),
            look in few or look is seen[-1],
        )
        for look in seen
        if 0 <= look.at_min <= SHOWN_MIN
    )


def _reach(simulation: Simulation, name: str, look: Look) -> float:
    series, at_h = simulation.named(name), look.at_min / HOUR_MIN
    middle = float(np.interp(at_h, simulation.at_h, series.typical))
    level = max(series.band) if look.value > middle else min(series.band)
    width = abs(float(np.interp(at_h, simulation.at_h, series.band[level])) - middle)
    return abs(look.value - middle) / width if width > 0 else 0.0


def _rises(looks: Sequence[Look]) -> tuple[Look, ...]:
    """Pressures as rises over the last reading before the dose."""
    return tuple(replace(look, value=look.value - look.before) for look in looks if look.before is not None)


def _shares(looks: Sequence[Look]) -> tuple[Look, ...]:
    """CADSS-6 totals (0 to 24, its data file) as the model counts dissociation, 0 to 1."""
    return tuple(replace(look, value=look.value / CADSS6_HIGHEST) for look in looks if look.kind == CADSS6)


def _figure(drawn: _Drawn, words: tuple[str, str, str], observed: tuple[Observed, ...]) -> Figure:
    name, title, unit = words
    series = drawn.anybody.named(name)
    lines = _lines(drawn, name)
    dots: tuple[Dots, ...] = ()
    seen = [one for one in observed if one.drawn or one.seen is not Seen.WITHIN]
    if seen:
        dots = (Dots("Observed", tuple(Dot(one.at_min, one.value, f"{one.value:.2g}", one.late) for one in seen)),)
    card = getattr(series, "driven_by", drawn.anybody.model)
    source = f"{card.id} ({card.kind}, {card.matrix}-type)"
    if name == FELT and observed:
        source += "; CADSS-6 shown as a share of 24"
    about = (
        "s: the typical person with this dose, and this person as learned" if len(lines) > 1 else ": the typical person"
    )
    return figure(
        Chart(
            title=f"{title}: predicted and observed",
            description=f"Line{about}. Shading: nine in ten{_said(observed)}.",
            x=Axis("Minutes from the start", "min", low=0.0, high=float(SHOWN_MIN), scale=Scale.MINUTES),
            y=Axis(title, unit),
            series=lines,
            dots=dots,
            marks=_marks(drawn.asked),
        ),
        source=source,
        ident=f"expected-{name.replace('_', '-')}",
    )


def _lines(drawn: _Drawn, name: str) -> tuple[Series, ...]:
    """Anybody, and this person where that is known; of a level in blood readings of effects say too little to draw."""
    series = drawn.anybody.named(name)
    minutes = [float(at_h) * HOUR_MIN for at_h in drawn.anybody.at_h]
    band = Range(series.band[0.05], series.band[0.95], "9 in 10 people")
    if drawn.own is None or name not in {FELT, RISE}:
        return (Series("Predicted", minutes, series.typical, (band,)),)
    own = drawn.own.named(name)
    # The dots are rises over the reading before the dose; so is this person's line, from where they really stood.
    start = drawn.start_mmhg if name == RISE else 0.0
    own_band = Range(own.band[0.05] + start, own.band[0.95] + start, "9 in 10 of what is believable")
    return (
        Series("Anybody like this person", minutes, series.typical, (band,)),
        Series("This person so far", minutes, own.typical + start, (own_band,)),
    )


def _marks(asked: _Asked) -> tuple[Mark, ...]:
    return tuple(
        Mark(at_min, words, MarkKind.EVENT if place else MarkKind.DOSE)
        for place, (at_min, words) in enumerate(asked.marks)
    )


def _said(observed: tuple[Observed, ...]) -> str:
    outside = sum(one.seen is not Seen.WITHIN for one in observed)
    return f"; {len(observed)} observed, {outside} further from it than the noise of looking" if observed else ""


def _verdict(found: Sequence[tuple[str, str, tuple[Observed, ...]]]) -> tuple[str, bool]:
    """One line: two looks in a row beyond band and noise on one side, or one far beyond, are not as predicted."""
    if not found:
        return "Nothing observed yet to compare with the prediction.", False
    strange = [words for name, title, row in found if (words := _strange(name, title, row))]
    if strange:
        return f"Not behaving as predicted: {'; '.join(strange)}.", True
    looks = [one for _, _, row in found for one in row]
    outside = sum(one.seen is not Seen.WITHIN for one in looks)
    if not outside:
        words = f"Behaving as predicted so far: {_looks(len(looks))} within the prediction and the noise of looking."
        return words, False
    words = f"Mostly as predicted: {outside} of {len(looks)} looks lie beyond the prediction and the noise of looking,"
    return f"{words} not twice in a row just now.", False


def _strange(name: str, title: str, row: tuple[Observed, ...]) -> str:
    """What is not as predicted in the newest looks of one kind; empty where nothing is."""
    last = row[-1]
    side = "higher" if last.seen is Seen.HIGH else "lower"
    if len(row) > 1 and last.seen is row[-2].seen is not Seen.WITHIN:
        seen = f"{_value(name, row[-2].value)} at minute {row[-2].at_min:.0f}, {_value(name, last.value)} at minute"
        return f"{title.lower()} {side} than predicted twice in a row ({seen} {last.at_min:.0f})"
    if last.reach >= FAR_OUT:
        return f"{title.lower()} far {side} than predicted ({_value(name, last.value)} at minute {last.at_min:.0f})"
    return ""


def _value(name: str, value: float) -> str:
    return f"{value:+.0f} mmHg" if name == RISE else f"CADSS-6 {value * CADSS6_HIGHEST:.0f}"


def _because(found: Sequence[tuple[str, str, tuple[Observed, ...]]], taught: Taught | None) -> str:
    """How the model explains what is strange, or that it does not."""
    if taught is None or taught.contradicts:
        return ""
    strange = [(name, row[-1].seen) for name, title, row in found if _strange(name, title, row)]
    lines = [words for name, seen in strange if (words := explained(taught, name, higher=seen is Seen.HIGH))]
    if lines:
        return f"How the model explains it: {' '.join(lines)}"
    return "Nothing learned of this person explains it: look at the person, the cuff and the line."


def _looks(count: int) -> str:
    return "the one look lies" if count == 1 else f"all {count} looks lie"
