"""Effects over time and chances of events, from solved courses."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.courses import Courses
from euthymia.pharmacology.effects.effect import Effect
from euthymia.pharmacology.effects.people import answers_of
from euthymia.pharmacology.effects.sessions import session_at
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.population import Band, quantiles
from euthymia.pharmacology.simulation import EffectSeries, Incidence

Values = NDArray[np.float64]
EFFECT_SITE = "esketamine_effect_site"
# People over whom a chance is averaged where no band was asked for.
ANSWERING = Band(people=2000, seed=7)


def effect_answers(courses: Courses, earlier_sessions: int = 0) -> Iterator[tuple[EffectSeries, Values]]:
    """Every effect over time with its people, (people, times); none for a drug or route without driving models.

    One at a time: a large band's people need not all be in memory.
    """
    sessions = earlier_sessions + session_at(courses.regimen, courses.at_h)
    if courses.arterial is None or courses.venous is None:
        return
    for effect in courses.effects:
        driven = courses.site(effect)
        if driven is None:
            continue
        site, model = driven
        for output in effect.outputs:
            course = effect.course(site, courses.values[effect.id], sessions, output.name)
            yield _series(effect, (output.name, output.unit), course, model, courses.band), course
    felt = next((effect for effect in courses.effects if effect.id == "dissociation"), None)
    driven = courses.site(felt) if felt is not None else None
    if felt is not None and driven is not None:
        yield _series(felt, (EFFECT_SITE, "ng/mL"), driven[0], driven[1], courses.band), driven[0]


def incidences(courses: Courses, earlier_sessions: int = 0) -> tuple[Incidence, ...]:
    """The chance of each event in every session, from the peak in it."""
    peaks = courses.peaks() if courses.arterial is not None else None
    if peaks is None or courses.venous is None:
        return ()
    sessions = earlier_sessions + np.arange(1.0, peaks.shape[1] + 1.0)
    found = []
    for effect in courses.effects:
        if effect.chance is None:
            continue
        values = courses.values[effect.id]
        chances = effect.chances(peaks, values, sessions)
        without = effect.chances(np.zeros((1, 1)), {name: value.flat[:1] for name, value in values.items()})
        typical, band = split(chances, courses.band)
        everybody = chances[1:] if courses.band else _with_these_levels(effect, courses, peaks, sessions)
        found.append(
            Incidence(
                event=effect.event,
                sessions_h=np.array([first_h for first_h, _ in courses.sessions_h]),
                typical=typical,
                band=band,
                mean=everybody.mean(axis=0),
                without_drug=float(without[0, 0]),
                at_least_once=float(np.mean(1.0 - np.prod(1.0 - everybody, axis=1))),
                kind=str(effect.kind),
                driven_by=courses.venous.card,
                assumptions=effect.assumptions,
            )
        )
    return tuple(found)


def _with_these_levels(effect: Effect, courses: Courses, peaks: Values, sessions: Values) -> Values:
    """Chances of people who differ in their answer alone, (people, sessions): a few of them have most of the events,
    so that the typical person's chance says little of how many there will be.
    """
    values = effect.values(answers_of(effect, courses.person, ANSWERING))
    return effect.chances(np.repeat(peaks[:1], ANSWERING.people + 1, axis=0), values, sessions)[1:]


def split(values: Values, band: Band | None) -> tuple[Values, dict[float, Values]]:
    """The first person's course, and the band of the others."""
    return values[0], dict(quantiles(values[1:], band.quantiles)) if band else {}


def _series(effect: Effect, named: tuple[str, str], values: Values, driver: Model, band: Band | None) -> EffectSeries:
    name, unit = named
    typical, spread = split(values, band)
    return EffectSeries(
        effect=name,
        unit=unit,
        typical=typical,
        band=spread,
        kind=str(effect.kind),
        driven_by=driver.card,
        assumptions=effect.assumptions,
        site=str(effect.site),
        known_failures=effect.known_failures,
    )
