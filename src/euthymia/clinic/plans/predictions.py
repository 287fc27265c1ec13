"""What published models predict for a planned dose: in anybody, in this person as learned, by the other routes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

import numpy as np

from euthymia.care.decision import Level
from euthymia.care.protocol import Bound, Measure, Protocol, Stage
from euthymia.charts import Axis, Chart, Figure, Scale, figure
from euthymia.charts import Series as ChartSeries
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.shell import age_on
from euthymia.clinic.plans.asked import AskedDose, Whom, asked_of, usual_dose
from euthymia.clinic.plans.curves import (
    FELT,
    PRESSURE,
    EffectAssumed,
    RoutePrediction,
    effect_of,
    effects_assumed,
    largest_words,
    model_name,
    route_prediction,
    tops_of,
    with_and_without,
)
from euthymia.clinic.plans.drafts import PlanDraft
from euthymia.clinic.plans.medicines import Taken, as_far_as_covered, how_counted, taken_by
from euthymia.clinic.plans.pressure import largest_rise, readings_min
from euthymia.clinic.sessions.learning import Sitting, Taught, earlier_sittings, learned_from, own_course
from euthymia.clinic.sessions.person_words import LearnedPage, learned_page
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Card, Person, Simulation, compare, simulate
from euthymia.pharmacology.individualise import Setting

HOURS = 4.0
# Every two minutes, as where doses are made equal, so that a peak is the same number in both places.
POINTS = 121
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
class ModelCard:
    """A model's card with the name the page's figures give it."""

    name: str
    card: Card


@dataclass(frozen=True, slots=True)
class PredictionPage:
    """Everything the plan page shows about the coming hours.

    learned: what this person's earlier sessions say; None before the first.   changes: what that does to the numbers.
    taking: which recorded medicines were counted, by which routes they could not be, and which are not known here.
    counted: how, with sources.   beyond: that the planned dose lies beyond what its protocol knows of, or nothing.
    """

    routes: tuple[RoutePrediction, ...]
    cards: tuple[ModelCard, ...]
    assumed: tuple[EffectAssumed, ...]
    disagreement: Disagreement | None
    about: str
    learned: LearnedPage | None
    changes: tuple[str, ...]
    taking: tuple[str, ...]
    counted: tuple[str, ...]
    beyond: str = ""


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
    readings = readings_min(draft.protocol, HOURS * 60)
    try:
        whom, taken = whom_of(patient, weight_kg, now)
        sittings = tuple(earlier_sittings(patient, now, planned.drug))
        page = _predicted(planned, tuple(asked for asked in usual if asked), whom, sittings, taken, readings)
    except BadInput:
        return None
    return replace(
        page,
        about=_about(patient, whom, now),
        beyond=beyond_words(draft),
        learned=page.learned if sittings else _of_other_drugs(patient, planned.drug, now),
    )


@lru_cache(maxsize=64)
def _predicted(
    planned: AskedDose,
    usual: tuple[AskedDose, ...],
    whom: Whom,
    sittings: tuple[Sitting, ...],
    taken: Taken,
    readings: tuple[float, ...],
) -> PredictionPage:
    mine, is_counted = simulated(planned, whom)
    found = [planned, *(asked for asked in usual if _is_covered(asked, whom))]
    simulations = {asked: simulated(asked, whom)[0] for asked in found}
    taught, own = (
        _learned(planned, whom if is_counted else whom.taking_nothing(), sittings) if sittings else (None, None)
    )
    disagreement = _disagreement(planned, whom)
    counted = how_counted(taken)
    largest = largest_words(largest_rise(planned, whom, readings), len(readings))
    routes = _routes(simulations, planned, own)
    return PredictionPage(
        # Said once for the page, not under every route.
        routes=tuple(
            replace(
                one,
                notes=tuple(note for note in one.notes if note not in counted),
                largest=largest if one.is_plan else "",
            )
            for one in routes
        ),
        cards=_cards(simulations.values(), disagreement),
        assumed=effects_assumed(mine),
        disagreement=disagreement,
        about="",
        learned=learned_page(taught, today=False) if taught else None,
        changes=with_and_without(mine, own) if own else (),
        taking=taking_words(taken, [asked.words for asked in found if not simulated(asked, whom)[1]]),
        counted=counted,
    )


def _routes(
    simulations: Mapping[AskedDose, Simulation], planned: AskedDose, own: Simulation | None
) -> tuple[RoutePrediction, ...]:
    tops = tops_of(simulations.values(), own)
    return tuple(
        route_prediction(asked, one, tops=tops, own=own if asked == planned else None, is_plan=asked == planned)
        for asked, one in simulations.items()
    )


def _cards(simulations: Iterable[Simulation], disagreement: Disagreement | None) -> tuple[ModelCard, ...]:
    """Every model behind a curve or a chance, each once with what it says of any of the routes shown."""
    found: dict[str, Card] = {}
    for one in simulations:
        drivers = [effect.driven_by for name in (FELT, PRESSURE) if (effect := effect_of(one, name))]
        for card in (one.model, *drivers, *(chance.driven_by for chance in one.incidences)):
            found[card.id] = _together(found[card.id], card) if card.id in found else card
    for card in disagreement.cards if disagreement else ():
        found.setdefault(card.id, card)
    return tuple(ModelCard(model_name(card), card) for card in found.values())


def _together(first: Card, second: Card) -> Card:
    """One card of a model that answers by two routes: what it says of either."""
    return replace(
        first,
        assumptions=tuple(dict.fromkeys((*first.assumptions, *second.assumptions))),
        known_failures=tuple(dict.fromkeys((*first.known_failures, *second.known_failures))),
        by_route=tuple(dict.fromkeys((*first.by_route, *second.by_route))),
    )


def _of_other_drugs(patient: Patient, drug: str, now: datetime) -> LearnedPage | None:
    """That nothing was learned because earlier sessions were with another drug; None before the first session."""
    rows = patient.sessions.filter(dose_started_at__lt=now).values_list("plan__order__drug", flat=True)
    given = {name for name in rows if name}
    if not given or drug in given:
        return None
    says = f"Nothing learned: earlier sessions were with {' and '.join(sorted(given))}."
    return LearnedPage(f"{says} The curves are those of anybody like this person.", True, (), (), "")


def beyond_words(draft: PlanDraft) -> str:
    """That the planned dose per kilogram is above limits of its protocol, so that calm curves calm nobody; or nothing.

    No threshold of its own: the limits are those at which the protocol asks for a reason or stops.
    """
    per_kg = round(draft.order.dose_mg / draft.order.weight_kg, 9)
    limits = [
        limit
        for limit in draft.protocol.limits_for(Stage.ORDER)
        if limit.measure is Measure.DOSE_MG_PER_KG and limit.bound is Bound.AT_MOST and limit.broken_by(per_kg)
    ]
    if not limits:
        return ""
    said = [
        f"above {limit.number.value:g} mg/kg, beyond which its protocol "
        f"{'stops' if limit.level is Level.STOP else 'asks for a reason'}"
        for limit in limits
    ]
    return (
        f"{per_kg:.3g} mg/kg is {' and '.join(said)}. The curves simply go on beyond what was reported, and a calm "
        "curve does not mean a calm person."
    )


def _about(patient: Patient, whom: Whom, now: datetime) -> str:
    known = age_on(patient.birth_date, now.date())
    age_words = f"{known} years" if known is not None else f"age not known, {AGE_WHEN_UNKNOWN_Y} years assumed"
    return (
        f"For a person of {whom.person.weight_kg:g} kg, {age_words}, {whom.person.sex}, session {whom.earlier + 1}. "
        f"Lines: the typical person. Bands: nine in ten of {PEOPLE.people} invented people around them."
    )


def taking_words(taken: Taken, without: list[str]) -> tuple[str, ...]:
    """Which of the person's recorded medicines the curves count, and which not.

    without: doses for which those that are known could not be.
    """
    said = []
    if taken.names:
        names = ", ".join(taken.words)
        said.append(
            f"Counted, from this person's record: {names}. It changes how much of a dose gets past gut and liver. "
            "Earlier sessions are read as if it was taken then too."
        )
        said += [f"Not counted for {words}: no model tells its first pass apart." for words in without]
    if taken.uncounted:
        said.append(
            f"In the record and not counted: {', '.join(taken.uncounted)}. What they do to a dose, if anything, is not "
            "in the curves."
        )
    return tuple(said)


def _is_covered(asked: AskedDose, whom: Whom) -> bool:
    try:
        simulated(asked, whom)
    except BadInput:
        return False
    return True


@lru_cache(maxsize=256)
def simulated(asked: AskedDose, whom: Whom) -> tuple[Simulation, bool]:
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
    first = simulated(asked, whom)[0].model.id
    found, _ = as_far_as_covered(
        lambda taking: compare(asked.regimen(), whom.person, TIMES_H, models=(first, second), taking=taking),
        whom.taking,
    )
    typical = [one.series[0].typical for one in found.simulations]
    comparable = (np.minimum(*typical) >= LOWEST_COMPARED_NG_PER_ML) & (TIMES_H >= FIRST_COMPARED_H)
    fold = np.where(comparable, found.fold, 1.0)
    worst = int(fold.argmax())
    sites = " and ".join(model_name(one.model) for one in found.simulations)
    words = (
        f"After the first quarter of an hour, the models {sites} differ most at {TIMES_H[worst] * 60:.0f} min: "
        f"{fold[worst]:.1f}-fold. "
        "Part of it is where blood was drawn; part is that nobody knows better yet."
    )
    chart = Chart(
        title=f"Two models of {asked.words}",
        description=words,
        x=Axis("Time after the start", "min", scale=Scale.MINUTES),
        y=Axis("Plasma", "ng/mL", low=0.0),
        series=tuple(
            ChartSeries(model_name(one.model), (TIMES_H * 60).tolist(), one.series[0].typical.tolist())
            for one in found.simulations
        ),
    )
    source = "; ".join(one.model.citation for one in found.simulations)
    cards = tuple(one.model for one in found.simulations)
    return Disagreement(figure(chart, source=source, ident=f"two-models-{asked.route}"), words, cards)
