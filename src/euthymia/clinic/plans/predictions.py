"""What published models predict for a planned dose, beside the other routes and beside a second model."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from euthymia.care.dose_order import DoseOrder
from euthymia.care.protocol import DeviceSteps, PerKg, PerKgRange, Protocol
from euthymia.charts import Axis, Chart, Figure, Mark, MarkKind, Scale, figure
from euthymia.charts import Band as ChartBand
from euthymia.charts import Series as ChartSeries
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.shell import age_on
from euthymia.clinic.plans.drafts import PlanDraft
from euthymia.clinic.plans.protocol_pages import ROUTE_WORDS
from euthymia.errors import BadInput
from euthymia.pharmacology import Band, Card, Dose, EffectSeries, Person, Regimen, Simulation, compare, simulate

# Age, sex, weight and how many sessions came before.
_Who = tuple[float, str, float, int]
FELT, PRESSURE = "dissociation", "systolic_rise"
HOURS = 4.0
POINTS = 61
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
class RoutePrediction:
    """One dose by one route: what is in the blood, what is felt, what blood pressure does and what may happen."""

    title: str
    is_plan: bool
    plasma: Figure
    dissociation: Figure | None
    pressure: Figure | None
    peak: str
    felt: str
    pressed: str
    chances: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EffectAssumed:
    """What one effect's curve assumes and where it is known to fail."""

    title: str
    assumptions: tuple[str, ...]
    known_failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two models asked the same, and how far apart they are."""

    figure: Figure
    words: str


@dataclass(frozen=True, slots=True)
class PredictionPage:
    """Everything the plan page shows about the coming hours."""

    routes: tuple[RoutePrediction, ...]
    cards: tuple[Card, ...]
    assumed: tuple[EffectAssumed, ...]
    disagreement: Disagreement | None
    about: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A dose to predict, with its words; hashable, so that the same question is answered once."""

    drug: str
    route: str
    amount_mg: float
    duration_min: float
    devices: int | None

    @property
    def words(self) -> str:
        over = f" over {self.duration_min:g} min" if self.duration_min else ""
        return f"{self.amount_mg:g} mg {self.drug} {ROUTE_WORDS.get(self.route, self.route)}{over}"

    def regimen(self) -> Regimen:
        dose = Dose(self.drug, self.route, self.amount_mg, 0.0, duration_h=self.duration_min / 60, devices=self.devices)
        return Regimen.given(dose)


def prediction_for(
    patient: Patient, draft: PlanDraft, others: Iterable[Protocol], now: datetime
) -> PredictionPage | None:
    """The planned dose and the usual dose of the clinic's other protocols; None where no model covers the plan."""
    age_y = age_on(patient.birth_date, now.date())
    sex = patient.sex if patient.sex in {"female", "male"} else "unspecified"
    weight_kg = draft.order.weight_kg
    earlier = patient.sessions.filter(dose_started_at__lt=now).count()
    who = (age_y if age_y is not None else AGE_WHEN_UNKNOWN_Y, sex, weight_kg, earlier)
    planned = asked_of(draft.order)
    usual = (usual_dose(protocol, weight_kg) for protocol in others if protocol.route != draft.order.route)
    try:
        mine = _simulated(planned, *who)
    except BadInput:
        return None
    found = [(planned, mine)] + [pair for asked in usual if asked for pair in _covered(asked, who)]
    routes = tuple(_route(asked, simulation, found, place == 0) for place, (asked, simulation) in enumerate(found))
    age_words = f"{age_y} years" if age_y is not None else f"age not known, {AGE_WHEN_UNKNOWN_Y} years assumed"
    return PredictionPage(
        routes=routes,
        cards=tuple({simulation.model.id: simulation.model for _, simulation in found}.values()),
        assumed=effects_assumed(mine),
        disagreement=_disagreement(planned, who),
        about=f"For a person of {weight_kg:g} kg, {age_words}, {sex}, session {earlier + 1}. Lines: the middle person. "
        f"Bands: nine in ten of {PEOPLE.people} invented people around them.",
    )


def asked_of(order: DoseOrder) -> _Asked:
    """The dose of an order."""
    return _Asked(order.drug, order.route, order.dose_mg, order.duration_min or 0.0, order.devices)


def usual_dose(protocol: Protocol, weight_kg: float) -> _Asked | None:
    """What a protocol would usually give somebody of this weight; None where it does not say."""
    duration = protocol.duration_min.value if protocol.duration_min else None
    match protocol.dose:
        case PerKg(mg_per_kg) if mg_per_kg.value is not None:
            return _Asked(protocol.drug, protocol.route, round(mg_per_kg.value * weight_kg, 1), duration or 0.0, None)
        case PerKgRange(low, high) if low.value is not None and high.value is not None:
            # No source names one dose in the range; half-way is where the picture starts.
            middle = (low.value + high.value) / 2
            return _Asked(protocol.drug, protocol.route, round(middle * weight_kg, 1), duration or 0.0, None)
        case DeviceSteps(device_mg, _, first_mg) if first_mg.value is not None and device_mg.value:
            devices = round(first_mg.value / device_mg.value)
            return _Asked(protocol.drug, protocol.route, first_mg.value, 0.0, devices)
        case _:
            return None


def _covered(asked: _Asked, who: _Who) -> list[tuple[_Asked, Simulation]]:
    """The simulated dose, or nothing where no model covers it."""
    try:
        return [(asked, _simulated(asked, *who))]
    except BadInput:
        return []


@lru_cache(maxsize=256)
def _simulated(asked: _Asked, age_y: float, sex: str, weight_kg: float, earlier: int) -> Simulation:
    person, times = Person(age_y, sex, weight_kg), np.linspace(0.0, HOURS, POINTS)
    return simulate(asked.regimen(), person, times, band=PEOPLE, earlier_sessions=earlier)


def _route(
    asked: _Asked, simulation: Simulation, found: list[tuple[_Asked, Simulation]], is_plan: bool
) -> RoutePrediction:
    parent, felt, rise = simulation.series[0], _effect(simulation, FELT), _effect(simulation, PRESSURE)
    top = max(float(one.series[0].band[0.95].max()) for _, one in found)
    ident = f"{asked.drug}-{asked.route}"
    lead = "Planned: " if is_plan else "Instead: "
    low, middle, high = (float(parent.band[level].max()) for level in (0.05, 0.5, 0.95))
    return RoutePrediction(
        title=lead + asked.words,
        is_plan=is_plan,
        plasma=figure(
            _chart(
                f"{parent.analyte.capitalize()} in plasma after {asked.words}",
                simulation,
                (parent.typical, parent.band),
                Axis("Plasma", "ng/mL", low=0.0, high=round(top * 1.05, 1)),
                asked,
            ),
            source=_source(simulation.model),
            ident=f"plasma-{ident}",
        ),
        dissociation=figure(
            _chart(
                f"Dissociation after {asked.words}",
                simulation,
                ([value * 100 for value in felt.typical], {k: v * 100 for k, v in felt.band.items()}),
                Axis("Dissociation, share of the most there is", "%", low=0.0, high=100.0),
                asked,
            ),
            source=f"Olofsen 2022 effect model ({felt.kind}), driven by {felt.driven_by.id}",
            ident=f"felt-{ident}",
        )
        if felt
        else None,
        pressure=figure(
            _chart(
                f"Rise of systolic pressure after {asked.words}",
                simulation,
                (rise.typical, rise.band),
                Axis("Rise over the start", "mmHg", low=0.0),
                asked,
            ),
            source=f"Worked out from rises seen in trials ({rise.kind}), driven by {rise.driven_by.id}",
            ident=f"pressure-{ident}",
        )
        if rise
        else None,
        peak=f"Peak {middle:.0f} ng/mL (9 in 10 people: {low:.0f} to {high:.0f}), "
        f"at {_peak_minute(simulation):.0f} min",
        felt=_felt_words(simulation),
        pressed=_pressed_words(simulation),
        chances=_chance_words(simulation),
        notes=simulation.notes,
    )


def _chart(title: str, simulation: Simulation, course: tuple, y: Axis, asked: _Asked) -> Chart:  # type: ignore[type-arg]
    typical, band = course
    minutes = (simulation.at_h * 60).tolist()
    middle = band[0.5] if band else typical
    bands = (ChartBand(list(band[0.05]), list(band[0.95]), "9 in 10 people"),) if band else ()
    marks = [Mark(0.0, "Dose begins", MarkKind.DOSE)]
    if asked.duration_min:
        marks.append(Mark(asked.duration_min, "Infusion ends", MarkKind.EVENT))
    return Chart(
        title=title,
        description=f"Predicted over {HOURS:g} hours by {simulation.model.title}; the middle person peaks at "
        f"{float(max(middle)):.0f} {y.unit}.",
        x=Axis("Time after the start", "min", scale=Scale.MINUTES),
        y=y,
        series=(ChartSeries("Middle person", minutes, list(middle), bands),),
        marks=tuple(marks),
    )


def _effect(simulation: Simulation, name: str) -> EffectSeries | None:
    return next((effect for effect in simulation.effects if effect.effect == name), None)


def _peak_minute(simulation: Simulation) -> float:
    middle = simulation.series[0].band[0.5]
    return float(simulation.at_h[int(middle.argmax())]) * 60


def _felt_words(simulation: Simulation) -> str:
    felt = _effect(simulation, FELT)
    if felt is None:
        return ""
    low, middle, high = (float(felt.band[level].max()) * 100 for level in (0.05, 0.5, 0.95))
    return f"Dissociation peaks near {middle:.0f} % of the most there is (9 in 10 people: {low:.0f} to {high:.0f} %)"


def _pressed_words(simulation: Simulation) -> str:
    rise = _effect(simulation, PRESSURE)
    if rise is None:
        return ""
    low, middle, high = (float(rise.band[level].max()) for level in (0.05, 0.5, 0.95))
    return (
        f"Systolic pressure rises by about {middle:.0f} mmHg (9 in 10 people: {low:.0f} to {high:.0f}); "
        "single readings scatter around it"
    )


def _chance_words(simulation: Simulation) -> str:
    """Chances over everybody, not of the middle person: few people have most of the events."""
    found = [f"{one.event} in {one.mean[0] * 100:.0f} of 100" for one in simulation.incidences]
    return f"In sessions like this: {', '.join(found)}" if found else ""


def effects_assumed(simulation: Simulation) -> tuple[EffectAssumed, ...]:
    """What the curves and chances on the page assume, each effect once."""
    shown = [_effect(simulation, name) for name in (FELT, PRESSURE)]
    titles = ("the dissociation curve", "the blood pressure curve")
    curves = [
        EffectAssumed(title, one.assumptions, one.known_failures)
        for title, one in zip(titles, shown, strict=True)
        if one is not None
    ]
    chances = [EffectAssumed(f"the chance of {one.event}", one.assumptions, ()) for one in simulation.incidences]
    return (*curves, *chances)


def _source(card: Card) -> str:
    doi = f", doi {card.doi}" if card.doi else ""
    return f"{card.id} ({card.kind}, {card.matrix}-type): {card.citation}{doi}"


def _disagreement(asked: _Asked, who: _Who) -> Disagreement | None:
    """The planned dose by two models; None where there is no second one."""
    second = SECOND_MODEL.get((asked.drug, asked.route))
    if second is None:
        return None
    try:
        return _compared(asked, second, *who)
    except BadInput:
        return None


@lru_cache(maxsize=256)
def _compared(asked: _Asked, second: str, age_y: float, sex: str, weight_kg: float, earlier: int) -> Disagreement:
    times = np.linspace(0.0, HOURS, POINTS)
    first = _simulated(asked, age_y, sex, weight_kg, earlier).model.id
    found = compare(asked.regimen(), Person(age_y, sex, weight_kg), times, models=(first, second))
    typical = [one.series[0].typical for one in found.simulations]
    comparable = (np.minimum(*typical) >= LOWEST_COMPARED_NG_PER_ML) & (times >= FIRST_COMPARED_H)
    fold = np.where(comparable, found.fold, 1.0)
    worst = int(fold.argmax())
    sites = " and ".join(f"{one.model.id} ({one.model.matrix}-type samples)" for one in found.simulations)
    words = (
        f"After the first quarter of an hour, {sites} differ most at {times[worst] * 60:.0f} min: "
        f"{fold[worst]:.1f}-fold. "
        "Part of it is where blood was drawn; part is that nobody knows better yet."
    )
    chart = Chart(
        title=f"Two models of {asked.words}",
        description=words,
        x=Axis("Time after the start", "min", scale=Scale.MINUTES),
        y=Axis("Plasma", "ng/mL", low=0.0),
        series=tuple(
            ChartSeries(one.model.id, (times * 60).tolist(), one.series[0].typical.tolist())
            for one in found.simulations
        ),
    )
    source = "; ".join(one.model.citation for one in found.simulations)
    return Disagreement(figure(chart, source=source, ident=f"two-models-{asked.route}"), words)
