"""What `euthymia fit --plot` draws: the fitted doses' course with what was observed, and the next session's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from euthymia.charts import Chart, Dot, Dots, line_chart
from euthymia.errors import Broken
from euthymia.pharmacology import Band, NextSession, Regimen, Simulation
from euthymia.pharmacology import simulate as run_simulation
from euthymia.pharmacology.drawing import chart_of_several, source_of_several
from euthymia.pharmacology.individualise import Level, Point, Posterior, Reading, not_advised, predict_next

Values = NDArray[np.float64]
# Enough for a smooth line, and after the last dose long enough to see it fall.
LOOKS = 400
AFTER_H = 4.0
ANYBODY, THIS_PERSON = "anybody like them", "this person"
FROM_EACH = "Time since the first dose of each"
GIVEN, NEXT = "this person, doses given", "this person, next session"


def fit_svg(found: Point | Posterior, coming: Regimen | None, band: Band, *, name: str = "", until_h: float = 0) -> str:
    """One analyte or effect as an SVG file's text, its source beneath; `name` left out: the drug itself.

    coming: doses of the next session, if it was asked; drawn to `until_h` at least, from its own first dose on, so that
    it lies over the doses given.   Where nothing is advised, the curve is that of anybody like this person, and the
    source says why.
    """
    refusal = not_advised(found)
    given = _looks(found.regimen, map(_middle_h, found.observations))
    learned = _course(found, given, band, learned=refusal is None)
    named = name or learned.series[0].analyte
    if refusal is not None:
        courses, title = {ANYBODY: learned}, "anybody like this person, and what was observed"
    elif coming is None:
        courses = {ANYBODY: _course(found, given, band, learned=False), THIS_PERSON: learned}
        title = "what was observed, and what it says of this person"
    else:
        courses = {GIVEN: learned, NEXT: _next(found, coming, band, until_h)}
        title = "what was observed, and this person's next session"
    chart = chart_of_several(courses, named)
    words = f"{named.replace('_', ' ').capitalize()}: {title}"
    chart = replace(chart, title=words, x=replace(chart.x, label=FROM_EACH) if NEXT in courses else chart.x)
    source = source_of_several(courses, named)
    source += f" Nothing is advised. {refusal.why}" if refusal else ""
    return line_chart(_with_observed(chart, found, named), standalone=True, source=source)


def _next(found: Point | Posterior, coming: Regimen, band: Band, until_h: float) -> Simulation:
    """The next session of this person, on a clock on which it begins when the doses given did."""
    predicted = predict_next(found, coming, _looks(coming, [until_h]), band=band)
    if not isinstance(predicted, NextSession):
        raise Broken("A fit that may be acted on gave no next session.")
    earlier_h = coming.first_h - found.regimen.first_h
    course = predicted.this_person
    return replace(course, at_h=course.at_h - earlier_h, regimen=coming.later(-earlier_h))


def _course(found: Point | Posterior, at_h: Values, band: Band, *, learned: bool) -> Simulation:
    """The doses that were given, in the person who was learned or in anybody like them."""
    return run_simulation(
        found.regimen,
        found.individual() if learned else found.person,
        at_h,
        model=found.model,
        band=band,
        taking=found.setting.taking,
        earlier_sessions=found.setting.earlier_sessions,
    )


def _looks(doses: Regimen, also_h: Iterable[float]) -> Values:
    """Times from the first dose on, close together, with every start and end of a dose; to the last time at least."""
    edges = [moment for dose in doses for moment in (dose.start_h, dose.end_h)]
    last_h = max([max(edges) + AFTER_H, *also_h])
    spaced = np.linspace(doses.first_h, last_h, LOOKS).tolist()
    return np.array(sorted({*spaced, *edges}))


def _middle_h(one: Level | Reading) -> float:
    """When it was observed; the middle of an interval."""
    if one.between_h is not None:
        return sum(one.between_h) / 2
    return one.at_h or 0.0


def _with_observed(chart: Chart, found: Point | Posterior, name: str) -> Chart:
    """The chart with what was observed of this analyte or effect: levels, or rises over their baselines."""
    per_unit = 24.0 if chart.x.unit == "days" else 1.0
    measured: list[Dot] = []
    below: list[Dot] = []
    for one in found.observations:
        at = _middle_h(one) / per_unit
        if isinstance(one, Reading):
            if name == f"{one.kind}_rise" and one.baseline is not None:
                measured.append(Dot(at, one.value - one.baseline, str(one)))
        elif (one.analyte or str(found.regimen.drug)) == name:
            value = one.ng_per_ml if one.ng_per_ml is not None else one.below_ng_per_ml
            (below if one.ng_per_ml is None else measured).append(Dot(at, value or 0.0, str(one)))
    named = (("observed", measured), ("observed to be below this", below))
    return replace(chart, dots=tuple(Dots(said, tuple(dots)) for said, dots in named if dots))
