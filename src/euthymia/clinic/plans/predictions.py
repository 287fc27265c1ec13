"""What published models predict for a planned dose: in anybody, in this person as learned, by the other routes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from euthymia.care.protocol import Protocol
from euthymia.charts import Axis, Chart, Figure, Scale, figure
from euthymia.charts import Series as ChartSeries
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.shell import age_on
from euthymia.clinic.plans.asked import AskedDose, Whom, asked_of, usual_dose
from euthymia.clinic.plans.curves import (
    EffectAssumed,
    RoutePrediction,
    effects_assumed,
    route_prediction,
    with_and_without,
)
from euthymia.clinic.plans.drafts import PlanDraft
from euthymia.clinic.plans.medicines import Taken, as_far_as_covered, how_counted, taken_by
from euthymia.clinic.sessions.learning import Sitting, Taught, earlier_sittings, learned_from, own_course
from euthymia.clinic.sessions.person_words import LearnedPage, learned_page
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Card, Person, Simulation, compare, simulate
from euthymia.pharmacology.individualise import Setting

HOURS = 4.0
POINTS = 61
TIMES_H = np.linspace(0.0, HOURS, POINTS)
PEOPLE = Band(people=200, seed=7)
# A second published or assembled opinion for the same dose; which one, by drug and route.
SECOND_MODEL = {
    ("ketamine", "iv"): "kamp_2020",
    ("ketamine", "im"): "assembled_racemic_arterial",
    ("ketamine", "sc"): "assembled_racemic_arterial",
    ("esketamine", "nasal"): "assembled_esketamine_arterial",
}
# A person whose birth date is not known is predicted at this age, and the page says so.
AGE_WHEN_UNKNOWN_Y = 45
LOWEST_COMPARED_NG_PER_ML = 5.0
# Neither kind of model is trusted in the first minutes, so no ratio is quoted there.
FIRST_COMPARED_H = 0.25


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two models asked the same, and how far apart they are."""

    figure: Figure
    words: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class PredictionPage:
    """Everything the plan page shows about the coming hours.

    learned: what this person's earlier sessions say; None before the first.   changes: what that does to the numbers.
    taking: which recorded medicines were counted, and by which routes they could not be.   counted: how, with sources.
    """

    routes: tuple[RoutePrediction, ...]
    cards: tuple[Card, ...]
    assumed: tuple[EffectAssumed, ...]
    disagreement: Disagreement | None
    about: str
    learned: LearnedPage | None
    changes: tuple[str, ...]
    taking: tuple[str, ...]
    counted: tuple[str, ...]


def whom_of(patient: Patient, weight_kg: float, now: datetime) -> tuple[Whom, Taken]:
    """This person as the engine sees them today, and what of the record it counts."""
    age_y = age_on(patient.birth_date, now.date())
    sex = patient.sex if patient.sex in {"female", "male"} else "unspecified"
    taken = taken_by(patient)
    person = Person(age_y if age_y is not None else AGE_WHEN_UNKNOWN_Y, sex, weight_kg)
    return Whom(person, patient.sessions.filter(dose_started_at__lt=now).count(), taken.names), taken


def prediction_for(
    patient: Patient, draft: PlanDraft, others: Iterable[Protocol], now: datetime
) -> PredictionPage | None:
    """The planned dose and the usual dose of the clinic's other protocols; None where no model covers the plan."""
    weight_kg = draft.order.weight_kg
    planned = asked_of(draft.order)
    usual = (usual_dose(protocol, weight_kg) for protocol in others if protocol.route != draft.order.route)
    try:
        whom, taken = whom_of(patient, weight_kg, now)
        sittings = tuple(earlier_sittings(patient, now, planned.drug))
        page = _predicted(planned, tuple(asked for asked in usual if asked), whom, sittings, taken)
    except BadInput:
        return None
    return replace(page, about=_about(patient, whom, now))


@lru_cache(maxsize=64)
def _predicted(
    planned: AskedDose, usual: tuple[AskedDose, ...], whom: Whom, sittings: tuple[Sitting, ...], taken: Taken
) -> PredictionPage:
    mine, is_counted = _simulated(planned, whom)
    found = [planned, *(asked for asked in usual if _is_covered(asked, whom))]
    simulations = {asked: _simulated(asked, whom)[0] for asked in found}
    taught, own = (
        _learned(planned, whom if is_counted else whom.taking_nothing(), sittings) if sittings else (None, None)
    )
    top = max(float(one.series[0].band[0.95].max()) for one in simulations.values())
    disagreement = _disagreement(planned, whom)
    cards = {one.model.id: one.model for one in simulations.values()}
    for card in disagreement.cards if disagreement else ():
        cards.setdefault(card.id, card)
    counted = how_counted(taken)
    routes = (
        route_prediction(asked, one, top=top, own=own if asked == planned else None, is_plan=asked == planned)
        for asked, one in simulations.items()
    )
    return PredictionPage(
        # Said once for the page, not under every route.
        routes=tuple(replace(one, notes=tuple(note for note in one.notes if note not in counted)) for one in routes),
        cards=tuple(cards.values()),
        assumed=effects_assumed(mine),
        disagreement=disagreement,
        about="",
        learned=learned_page(taught, today=False) if taught else None,
        changes=with_and_without(mine, own) if own else (),
        taking=taking_words(taken, [asked.words for asked in found if not _simulated(asked, whom)[1]]),
        counted=counted,
    )


def _about(patient: Patient, whom: Whom, now: datetime) -> str:
    known = age_on(patient.birth_date, now.date())
    age_words = f"{known} years" if known is not None else f"age not known, {AGE_WHEN_UNKNOWN_Y} years assumed"
    return (
        f"For a person of {whom.person.weight_kg:g} kg, {age_words}, {whom.person.sex}, session {whom.earlier + 1}. "
        f"Lines: the middle person. Bands: nine in ten of {PEOPLE.people} invented people around them."
    )


def taking_words(taken: Taken, without: list[str]) -> tuple[str, ...]:
    """Which of the person's recorded medicines the curves count. without: doses for which they could not be."""
    if not taken.names:
        return ()
    names = ", ".join(taken.words)
    said = (
        f"Counted, from this person's record: {names}. It changes how much of a dose gets past gut and liver. "
        "Earlier sessions are read as if it was taken then too."
    )
    left = [f"Not counted for {words}: no model tells its first pass apart." for words in without]
    return (said, *left)


def _is_covered(asked: AskedDose, whom: Whom) -> bool:
    try:
        _simulated(asked, whom)
    except BadInput:
        return False
    return True


@lru_cache(maxsize=256)
def _simulated(asked: AskedDose, whom: Whom) -> tuple[Simulation, bool]:
    """The dose in anybody like this person, and whether the medicines could be counted."""
    return as_far_as_covered(
        lambda taking: simulate(
            asked.regimen(), whom.person, TIMES_H, band=PEOPLE, earlier_sessions=whom.earlier, taking=taking
        ),
        whom.taking,
    )


def _learned(planned: AskedDose, whom: Whom, sittings: tuple[Sitting, ...]) -> tuple[Taught, Simulation | None]:
    unread = max(whom.earlier - len(sittings), 0)
    taught = learned_from(sittings, whom.person, unread, whom.taking)
    setting = Setting(whom.taking, whom.earlier)
    return own_course(taught, planned.regimen(), TIMES_H, setting=setting, band=PEOPLE)


def _disagreement(asked: AskedDose, whom: Whom) -> Disagreement | None:
    """The planned dose by two models; None where there is no second one."""
    second = SECOND_MODEL.get((asked.drug, asked.route))
    if second is None:
        return None
    try:
        return _compared(asked, second, whom)
    except BadInput:
        return None


@lru_cache(maxsize=256)
def _compared(asked: AskedDose, second: str, whom: Whom) -> Disagreement:
    first = _simulated(asked, whom)[0].model.id
    found, _ = as_far_as_covered(
        lambda taking: compare(asked.regimen(), whom.person, TIMES_H, models=(first, second), taking=taking),
        whom.taking,
    )
    typical = [one.series[0].typical for one in found.simulations]
    comparable = (np.minimum(*typical) >= LOWEST_COMPARED_NG_PER_ML) & (TIMES_H >= FIRST_COMPARED_H)
    fold = np.where(comparable, found.fold, 1.0)
    worst = int(fold.argmax())
    sites = " and ".join(f"{one.model.id} ({one.model.matrix}-type samples)" for one in found.simulations)
    words = (
        f"After the first quarter of an hour, {sites} differ most at {TIMES_H[worst] * 60:.0f} min: "
        f"{fold[worst]:.1f}-fold. "
        "Part of it is where blood was drawn; part is that nobody knows better yet."
    )
    chart = Chart(
        title=f"Two models of {asked.words}",
        description=words,
        x=Axis("Time after the start", "min", scale=Scale.MINUTES),
        y=Axis("Plasma", "ng/mL", low=0.0),
        series=tuple(
            ChartSeries(one.model.id, (TIMES_H * 60).tolist(), one.series[0].typical.tolist())
            for one in found.simulations
        ),
    )
    source = "; ".join(one.model.citation for one in found.simulations)
    cards = tuple(one.model for one in found.simulations)
    return Disagreement(figure(chart, source=source, ident=f"two-models-{asked.route}"), words, cards)
