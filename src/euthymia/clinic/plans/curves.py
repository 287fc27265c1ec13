"""One planned dose as figures and sentences: what is in the blood, what is felt, what pressure does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from euthymia.charts import Axis, Chart, Figure, Mark, MarkKind, Scale, figure
from euthymia.charts import Band as ChartBand
from euthymia.charts import Series as ChartSeries
from euthymia.clinic.plans.asked import AskedDose
from euthymia.pharmacology import Card, EffectSeries, Series, Simulation

FELT, PRESSURE = "dissociation", "systolic_rise"
PERCENT = 100.0
LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95


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
class _Curve:
    """One thing that is drawn: its words, its axis and what its numbers are multiplied by to be shown."""

    title: str
    axis: Axis
    times: float = 1.0


def route_prediction(
    asked: AskedDose, simulation: Simulation, *, top: float, own: Simulation | None, is_plan: bool
) -> RoutePrediction:
    """The figures and sentences of one dose.

    top: the highest level of all routes, so that they share an axis.   own: the same dose in this person as learned,
    drawn beside anybody; None where nothing was learned.
    """
    parent, felt, rise = simulation.series[0], effect_of(simulation, FELT), effect_of(simulation, PRESSURE)
    ident = f"{asked.drug}-{asked.route}"
    level = Axis("Plasma", "ng/mL", low=0.0, high=round(top * 1.05, 1))
    share = Axis("Dissociation, share of the most there is", "%", low=0.0, high=100.0)
    plasma = _Curve(f"{parent.analyte.capitalize()} in plasma after {asked.words}", level)
    dissociation = _Curve(f"Dissociation after {asked.words}", share, PERCENT)
    pressure = _Curve(f"Rise of systolic pressure after {asked.words}", Axis("Rise over the start", "mmHg", low=0.0))
    return RoutePrediction(
        title=("Planned: " if is_plan else "Instead: ") + asked.words,
        is_plan=is_plan,
        plasma=_figure(plasma, asked, simulation, (parent, None), source_of(simulation.model), f"plasma-{ident}"),
        dissociation=_figure(
            dissociation,
            asked,
            simulation,
            (felt, effect_of(own, FELT)),
            f"Olofsen 2022 effect model ({felt.kind}), driven by {_driver(felt)}",
            f"felt-{ident}",
        )
        if felt
        else None,
        pressure=_figure(
            pressure,
            asked,
            simulation,
            (rise, effect_of(own, PRESSURE)),
            f"Worked out from rises seen in trials ({rise.kind}), driven by {_driver(rise)}",
            f"pressure-{ident}",
        )
        if rise
        else None,
        peak=_peak_words(simulation),
        felt=_felt_words(simulation),
        pressed=_pressed_words(simulation),
        chances=_chance_words(simulation),
        notes=simulation.notes,
    )


def _figure(
    curve: _Curve,
    asked: AskedDose,
    simulation: Simulation,
    courses: tuple[Series | EffectSeries, EffectSeries | None],
    source: str,
    ident: str,
) -> Figure:
    anybody, own = courses
    minutes = (simulation.at_h * 60).tolist()
    middle = anybody.band[MIDDLE] * curve.times
    name = "Middle person" if own is None else "Anybody like this person"
    lines = [ChartSeries(name, minutes, middle.tolist(), (_band(anybody, curve.times, "9 in 10 people"),))]
    said = f"the middle person peaks at {float(middle.max()):.0f} {curve.axis.unit}"
    if own is not None:
        typical = own.typical * curve.times
        band = _band(own, curve.times, "9 in 10 of what is believable")
        lines.append(ChartSeries("This person, as learned", minutes, typical.tolist(), (band,)))
        said += f", this person as learned at {float(typical.max()):.0f} {curve.axis.unit}"
    marks = [Mark(0.0, "Dose begins", MarkKind.DOSE)]
    if asked.duration_min:
        marks.append(Mark(asked.duration_min, "Infusion ends", MarkKind.EVENT))
    chart = Chart(
        title=curve.title,
        description=f"Predicted over {minutes[-1] / 60:g} hours by {simulation.model.title}; {said}.",
        x=Axis("Time after the start", "min", scale=Scale.MINUTES),
        y=curve.axis,
        series=tuple(lines),
        marks=tuple(marks),
    )
    return figure(chart, source=source, ident=ident)


def _band(course: Series | EffectSeries, times: float, name: str) -> ChartBand:
    return ChartBand((course.band[LOW] * times).tolist(), (course.band[HIGH] * times).tolist(), name)


def effect_of(simulation: Simulation | None, name: str) -> EffectSeries | None:
    """An effect by name; None where there is none."""
    return next((one for one in simulation.effects if one.effect == name), None) if simulation else None


def _driver(effect: EffectSeries) -> str:
    return f"{effect.driven_by.id} ({effect.driven_by.matrix}-type)"


def _highest(course: Series | EffectSeries) -> tuple[float, float, float]:
    low, middle, high = (float(course.band[level].max()) for level in (LOW, MIDDLE, HIGH))
    return low, middle, high


def _peak_words(simulation: Simulation) -> str:
    low, middle, high = _highest(simulation.series[0])
    at_min = float(simulation.at_h[int(simulation.series[0].band[MIDDLE].argmax())]) * 60
    return f"Peak {middle:.0f} ng/mL (9 in 10 people: {low:.0f} to {high:.0f}), at {at_min:.0f} min"


def _felt_words(simulation: Simulation) -> str:
    felt = effect_of(simulation, FELT)
    if felt is None:
        return ""
    low, middle, high = (value * PERCENT for value in _highest(felt))
    return f"Dissociation peaks near {middle:.0f} % of the most there is (9 in 10 people: {low:.0f} to {high:.0f} %)"


def _pressed_words(simulation: Simulation) -> str:
    rise = effect_of(simulation, PRESSURE)
    if rise is None:
        return ""
    low, middle, high = _highest(rise)
    return (
        f"Systolic pressure rises by about {middle:.0f} mmHg (9 in 10 people: {low:.0f} to {high:.0f}); "
        "single readings scatter around it"
    )


def _chance_words(simulation: Simulation) -> str:
    """Chances over everybody, not of the middle person: few people have most of the events."""
    found = [f"{one.event} in {one.mean[0] * 100:.0f} of 100" for one in simulation.incidences]
    return f"In sessions like this: {', '.join(found)}" if found else ""


def with_and_without(anybody: Simulation, own: Simulation) -> tuple[str, ...]:
    """What was learned does to the prediction, effect by effect: the peak with and without it, and the band's width."""
    rows = (
        (FELT, "Dissociation peaks near", PERCENT, " %"),
        (PRESSURE, "Systolic pressure rises by about", 1.0, " mmHg"),
    )
    found = []
    for name, lead, times, unit in rows:
        before, after = effect_of(anybody, name), effect_of(own, name)
        if before is None or after is None:
            continue
        spans = [[value * times for value in _highest(one)] for one in (before, after)]
        (low, middle, high), (own_low, _, own_high) = spans
        likeliest = float(after.typical.max()) * times
        found.append(
            f"{lead} {likeliest:.0f}{unit} ({own_low:.0f} to {own_high:.0f}) with what was learned, "
            f"{middle:.0f}{unit} ({low:.0f} to {high:.0f}) without: {_narrower(spans)}."
        )
    return tuple(found)


def _narrower(spans: Sequence[Sequence[float]]) -> str:
    before, after = (span[2] - span[0] for span in spans)
    gone = 1 - after / before if before > 0 else 0.0
    return f"nine in ten lie {gone * 100:.0f} % closer together" if gone > 0 else "nine in ten lie no closer together"


def effects_assumed(simulation: Simulation) -> tuple[EffectAssumed, ...]:
    """What the curves and chances on the page assume, each effect once."""
    shown = [effect_of(simulation, name) for name in (FELT, PRESSURE)]
    titles = ("the dissociation curve", "the blood pressure curve")
    curves = [
        EffectAssumed(title, one.assumptions, one.known_failures)
        for title, one in zip(titles, shown, strict=True)
        if one is not None
    ]
    chances = [EffectAssumed(f"the chance of {one.event}", one.assumptions, ()) for one in simulation.incidences]
    return (*curves, *chances)


def source_of(card: Card) -> str:
    """A model's card in one line: where the routes shown are from, not every route that the model knows."""
    doi = f", doi {card.doi}" if card.doi else ""
    citation = "; ".join(note.citation for note in card.by_route) or card.citation
    return f"{card.id} ({card.kind}, {card.matrix}-type): {citation}{doi}"
