"""One planned dose as figures and sentences: what is in the blood, what is felt, what pressure does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from euthymia.charts import Axis, Chart, Figure, Mark, MarkKind, Scale, figure
from euthymia.charts import Band as ChartBand
from euthymia.charts import Series as ChartSeries
from euthymia.clinic.plans.asked import AskedDose
from euthymia.pharmacology import Card, EffectSeries, Series, Simulation

FELT, PRESSURE, DIASTOLIC, PULSE = "dissociation", "systolic_rise", "diastolic_rise", "pulse_rise"
# What each effect that is drawn was put together from.
MADE_FROM = {
    FELT: "Olofsen 2022 effect model",
    PRESSURE: "Worked out from rises seen in trials",
    DIASTOLIC: "Worked out from rises seen in trials",
    PULSE: "Worked out from one mean rise of one series",
}
PERCENT = 100.0
LOW, HIGH = 0.05, 0.95
# Room above the highest line, so that it does not touch the edge of its drawing.
HEADROOM = 1.05


@dataclass(frozen=True, slots=True)
class RoutePrediction:
    """One dose by one route: what is in the blood, what is felt, what blood pressure does and what may happen.

    because: why this dose, where it is not the planned one.   largest: of the blood pressures that will be read.
    """

    title: str
    because: str
    is_plan: bool
    plasma: Figure
    dissociation: Figure | None
    pressure: Figure | None
    peak: str
    felt: str
    pressed: str
    chances: str
    notes: tuple[str, ...]
    largest: str = ""


@dataclass(frozen=True, slots=True)
class Tops:
    """The highest of everything that is drawn side by side, so that the drawings share an axis: ng/mL, mmHg."""

    plasma: float
    pressure: float


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
    asked: AskedDose, simulation: Simulation, *, tops: Tops, own: Simulation | None, is_plan: bool
) -> RoutePrediction:
    """The figures and sentences of one dose.

    tops: of all routes.   own: the same dose in this person as learned, drawn beside anybody; None where nothing was
    learned.
    """
    parent, felt, rise = simulation.series[0], effect_of(simulation, FELT), effect_of(simulation, PRESSURE)
    ident = f"{asked.drug}-{asked.route}"
    level = Axis("Plasma", "ng/mL", low=0.0, high=_end(tops.plasma))
    risen = Axis("Rise over the start", "mmHg", low=0.0, high=_end(tops.pressure))
    share = Axis("Dissociation, share of the most there is", "%", low=0.0, high=100.0)
    plasma = _Curve(f"{parent.analyte.capitalize()} in plasma after {asked.words}", level)
    dissociation = _Curve(f"Dissociation after {asked.words}", share, PERCENT)
    pressure = _Curve(f"Rise of systolic pressure after {asked.words}", risen)
    return RoutePrediction(
        title=("Planned: " if is_plan else "Instead: ") + asked.words,
        because="" if is_plan else asked.because,
        is_plan=is_plan,
        plasma=_figure(plasma, asked, simulation, (parent, None), source_of(simulation.model), f"plasma-{ident}"),
        dissociation=_figure(
            dissociation,
            asked,
            simulation,
            (felt, effect_of(own, FELT)),
            effect_source(felt),
            f"felt-{ident}",
        )
        if felt
        else None,
        pressure=_figure(
            pressure,
            asked,
            simulation,
            (rise, effect_of(own, PRESSURE)),
            effect_source(rise),
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


def tops_of(simulations: Iterable[Simulation], own: Simulation | None) -> Tops:
    """The highest of what is drawn; of a level in blood only anybody's is."""
    found = tuple(simulations)
    rises = [rise for one in (*found, own) if (rise := effect_of(one, PRESSURE))]
    return Tops(
        plasma=max(highest(one.series[0]).high for one in found),
        pressure=max((highest(rise).high for rise in rises), default=0.0),
    )


def _end(top: float) -> float | None:
    """Where an axis ends; None where there is nothing to measure it by."""
    return round(top * HEADROOM, 1) or None


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
    typical = anybody.typical * curve.times
    name = "Typical person" if own is None else "Anybody like this person"
    lines = [ChartSeries(name, minutes, typical.tolist(), (_band(anybody, curve.times, "9 in 10 people"),))]
    said = f"the typical person peaks at {float(typical.max()):.0f} {curve.axis.unit}"
    if own is not None:
        learned = own.typical * curve.times
        band = _band(own, curve.times, "9 in 10 of what is believable")
        lines.append(ChartSeries("This person, as learned", minutes, learned.tolist(), (band,)))
        said += f", this person as learned at {float(learned.max()):.0f} {curve.axis.unit}"
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


def effect_source(effect: EffectSeries) -> str:
    """An effect is not its driver: what the effect was put together from, of which kind, and what drives it."""
    return f"{MADE_FROM[effect.effect]} ({effect.kind}), driven by {model_name(effect.driven_by)}"


@dataclass(frozen=True, slots=True)
class Highest:
    """The highest point of a course in the typical person, and of the ends of the band of nine people in ten."""

    low: float
    typical: float
    high: float

    def words(self, unit: str, times: float = 1.0) -> str:
        """`173 ng/mL (127 to 229)`."""
        return f"{self.typical * times:.0f}{unit} ({self.low * times:.0f} to {self.high * times:.0f})"


def highest(course: Series | EffectSeries) -> Highest:
    """Its highest point. The same for every sentence and every table of a page, so that they cannot disagree."""
    return Highest(float(course.band[LOW].max()), float(course.typical.max()), float(course.band[HIGH].max()))


def _peak_words(simulation: Simulation) -> str:
    level = highest(simulation.series[0])
    at_min = float(simulation.at_h[int(simulation.series[0].typical.argmax())]) * 60
    return (
        f"Peak {level.typical:.0f} ng/mL in the typical person (9 in 10 people: {level.low:.0f} to {level.high:.0f}), "
        f"at {at_min:.0f} min"
    )


def _felt_words(simulation: Simulation) -> str:
    felt = effect_of(simulation, FELT)
    if felt is None:
        return ""
    share = highest(felt)
    return (
        f"Dissociation peaks near {share.typical * PERCENT:.0f} % of the most there is "
        f"(9 in 10 people: {share.low * PERCENT:.0f} to {share.high * PERCENT:.0f} %)"
    )


def _pressed_words(simulation: Simulation) -> str:
    """The mean at one moment, and said so: studies publish that or the largest of the readings, which is higher."""
    rise = effect_of(simulation, PRESSURE)
    if rise is None:
        return ""
    at_min = float(simulation.at_h[int(rise.typical.argmax())]) * 60
    most = highest(rise)
    return (
        f"Systolic pressure rises by about {most.typical:.0f} mmHg (9 in 10 people: {most.low:.0f} to "
        f"{most.high:.0f}): the rise to expect at {at_min:.0f} min, where it is highest, not the largest of several "
        "readings"
    )


def largest_words(largest_mmhg: float | None, readings: int) -> str:
    """The largest of several readings for comparison; empty where the protocol asks for fewer than two."""
    if largest_mmhg is None:
        return ""
    return (
        f"Single readings scatter: of the {readings} that this protocol asks for, the largest lies about "
        f"{largest_mmhg:.0f} mmHg above the start on average"
    )


def _chance_words(simulation: Simulation) -> str:
    """Chances over everybody, not of the typical person: few people have most of the events."""
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
        without, learned = highest(before), highest(after)
        found.append(
            f"{lead} {learned.words(unit, times)} with what was learned, {without.words(unit, times)} without: "
            f"{_narrower(without, learned)}."
        )
    return tuple(found)


def _narrower(without: Highest, learned: Highest) -> str:
    before, after = without.high - without.low, learned.high - learned.low
    gone = 1 - after / before if before > 0 else 0.0
    return f"the range is {gone * 100:.0f} % narrower" if gone > 0 else "the range is no narrower"


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
    return f"{model_name(card)} ({card.kind}): {citation}{doi}"


def model_name(card: Card) -> str:
    """A model as a reader calls it: `Clements 1981, venous`, `Assembled racemic, mixed`; its id stands on its card."""
    words = card.id.split("_")
    if words[0] == "assembled":
        # Its id ends with the kind of blood that was aimed at; the card's own word for it is said once.
        return f"{' '.join(words[:-1]).capitalize()}, {card.matrix}"
    return f"{' '.join(word.capitalize() for word in words)}, {card.matrix}"
