"""From a regimen and a person to concentrations and effects over time, with a between-person band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput, ModelError
from euthymia.pharmacology.answers import effect_answers, incidences, split
from euthymia.pharmacology.card import Matrix
from euthymia.pharmacology.compounds.load import load_model
from euthymia.pharmacology.courses import MOST_NUMBERS, Courses, covariates_of, random_effects_of
from euthymia.pharmacology.defaults import Choice, choice_for
from euthymia.pharmacology.effects.load import load_effect, shipped_effects
from euthymia.pharmacology.interactions import Interaction, interacting, interaction_notes, interactions_named
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.named_array import NamedArray
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import Band
from euthymia.pharmacology.regimen import Dose, Regimen, Route
from euthymia.pharmacology.simulation import Series, Simulation, Summary
from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.system import total_area

Values = NDArray[np.float64]
MOST_TIMES = 20_000
SUMMARY_H = 24.0
# A peak is first looked for every ten minutes and at the edges of doses, then every minute around the highest look.
_COARSE_LOOKS = 145


def simulate(
    regimen: Regimen,
    person: Person | Individual,
    at_h: Sequence[float] | Values,
    *,
    model: str | Model | None = None,
    band: Band | None = None,
    keep_people: bool = False,
    taking: Sequence[str] = (),
    earlier_sessions: int = 0,
) -> Simulation:
    """Concentrations, effects and chances of events for the times asked for, with the model's card.

    at_h: hours on the regimen's clock, increasing.   model: id of a shipped model, or one of your own (`model_from`);
    left out, the individual's own or the default for drug and route.   band: left out, only the typical person (or
    this individual).   keep_people: keep every invented person of the band, as `people` of the answer.   taking:
    medicines that change first pass, by the names of `interactions()`.   earlier_sessions: how many this person had
    before the regimen, for what fades over sessions.   Refuses with BadInput what no model covers.
    """
    times = checked_times(at_h)
    whom = person.person if isinstance(person, Individual) else person
    if model is None and isinstance(person, Individual):
        model = person.model_id
    medicines = interactions_named(taking)
    models = models_for(regimen, model).with_interactions(regimen, medicines)
    shown = models.shown
    shown.require_covers(regimen, whom)
    if band is not None and band.people * times.size > MOST_NUMBERS:
        message = f"{band.people} people at {times.size} times is too much at once; ask for fewer of either."
        raise BadInput("too_much", "band.people", message)
    if keep_people and band is None:
        raise BadInput("no_band", "keep_people", "There are people to keep only where a band is asked for.")
    if isinstance(earlier_sessions, bool) or not isinstance(earlier_sessions, int) or earlier_sessions < 0:
        raise BadInput("out_of_range", "earlier_sessions", "Give how many sessions came before, 0 or more.")
    courses = Courses(
        regimen,
        person,
        times,
        band,
        effects=[load_effect(name) for name in shipped_effects()],
        drivers=(models.arterial, models.venous),
    )
    kept: dict[str, Values] = {}
    series = []
    for place, name in enumerate(shown.analytes(regimen)):
        course = courses.of(shown, place)
        series.append(Series(name, "ng/mL", *split(course, band)))
        kept |= {name: course} if keep_people else {}
    effects = []
    for effect, course in effect_answers(courses, earlier_sessions):
        effects.append(effect)
        kept |= {effect.effect: course} if keep_people else {}
    return Simulation(
        model=shown.card.for_routes(regimen.routes),
        regimen=regimen,
        at_h=times,
        series=tuple(series),
        summary=_summary(shown, regimen, person),
        effects=tuple(effects),
        notes=shown.notes(whom) + _learned_elsewhere(shown, person) + interaction_notes(medicines),
        incidences=incidences(courses, earlier_sessions),
        people=_kept(kept, times) if keep_people else None,
    )


def _kept(people: dict[str, Values], at_h: Values) -> NamedArray:
    """The band's people without the typical one, (people, times, names)."""
    values = np.stack([each[1:] for each in people.values()], axis=2)
    coords = {"person": tuple(range(values.shape[0])), "at_h": tuple(at_h.tolist()), "name": tuple(people)}
    return NamedArray(values, ("person", "at_h", "name"), coords)


class Models(NamedTuple):
    """The model shown, and those that drive effects; None where no effect is offered."""

    shown: Model
    arterial: Model | None
    venous: Model | None

    @classmethod
    def of(cls, choice: Choice) -> Models:
        drivers = [load_model(name) if name else None for name in (choice.arterial, choice.venous)]
        return cls(load_model(choice.shown), *drivers)

    def with_interactions(self, regimen: Regimen, taking: Sequence[Interaction]) -> Models:
        """The same models of somebody taking these medicines; one that does two things stays one."""
        each = {id(model): model for model in (self.shown, self.arterial, self.venous) if model is not None}
        changed = {key: interacting(model, regimen, taking) for key, model in each.items()}
        return Models(changed[id(self.shown)], changed.get(id(self.arterial)), changed.get(id(self.venous)))


def _learned_elsewhere(shown: Model, person: Person | Individual) -> tuple[str, ...]:
    if not isinstance(person, Individual) or person.model_id == shown.id:
        return ()
    return (f"This person's kinetics were learned with {person.model_id}; {shown.id} uses what it has a name for.",)


def _summary(model: Model, regimen: Regimen, person: Person | Individual) -> tuple[Summary, ...]:
    """Peak, its time and area over the first day on a one-minute grid, for the typical person or this individual."""
    values = model.values(covariates_of(person), random_effects_of(model, person, None))
    system = model.system(regimen, values, 1)
    names = model.analytes(regimen)
    grown = system
    for place in range(len(names)):
        grown = grown.with_area_under(place)
    last_h = regimen.first_h + SUMMARY_H
    edges = [moment for dose in regimen for moment in (dose.start_h, dose.end_h) if moment <= last_h]
    # Not np.unique: its first call loads numpy's masked arrays.
    coarse_h = np.array(sorted({*np.linspace(regimen.first_h, last_h, _COARSE_LOOKS).tolist(), *edges}))
    coarse = closed_form.solve(grown, coarse_h)[0]
    grid_h = _minutes_around(coarse_h, coarse[:, : len(names)].argmax(axis=0).tolist(), edges)
    course = closed_form.solve(system, grid_h)[0]
    found = []
    for place, name in enumerate(names):
        top = int(course[:, place].argmax())
        share = _bioavailability(model, regimen, values) if model.outputs[place].is_parent else None
        tmax_h = float(grid_h[top]) - regimen.first_h
        area = float(coarse[-1, len(names) + place])
        found.append(Summary(name, float(course[top, place]), tmax_h, area, share))
    return tuple(found)


def _minutes_around(coarse_h: Values, tops: Sequence[int], edges: Sequence[float]) -> Values:
    """Every minute between the neighbours of the highest coarse looks, and the edges of doses among them."""
    first_h = float(coarse_h[0])
    found: set[float] = set()
    for top in tops:
        low, high = float(coarse_h[max(top - 1, 0)]), float(coarse_h[min(top + 1, coarse_h.size - 1)])
        minutes = np.arange(math.floor((low - first_h) * 60), math.ceil((high - first_h) * 60) + 1)
        found.update((first_h + minutes / 60).tolist(), (edge for edge in edges if low <= edge <= high))
    return np.array(sorted(found))


def _bioavailability(model: Model, regimen: Regimen, values: dict[str, Values]) -> float | None:
    """Total area over that of the same doses given into a vein; None where the model has no vein to compare with."""
    if str(Route.IV) not in model.card.routes:
        return None
    into_vein = Regimen(tuple(_as_bolus(dose) for dose in regimen))
    parent = model.parent()
    given = total_area(model.system(regimen, values, 1))[0, parent]
    return float(given / total_area(model.system(into_vein, values, 1))[0, parent])


def _as_bolus(dose: Dose) -> Dose:
    return replace(dose, route=Route.IV, duration_h=0.0, devices=None)


def models_for(regimen: Regimen, model: str | Model | None) -> Models:
    """The models to use; a named one takes over the driver of its own sampling site."""
    if model is None:
        return Models.of(choice_for(regimen))
    named = model if isinstance(model, Model) else load_model(model)
    if named.card.oldest_y is not None:
        # Effects were seen in adults; a child's levels must not drive them, nor an adult's model stand in.
        return Models(named, None, None)
    try:
        usual = Models.of(choice_for(regimen))
    except ModelError:
        return Models(named, None, None)
    if named.card.matrix is Matrix.VENOUS:
        return usual._replace(shown=named, venous=named if usual.venous else None)
    return usual._replace(shown=named, arterial=named if usual.arterial else None)


def checked_times(at_h: Sequence[float] | Values) -> Values:
    """Times as an array; refuses none, too many, not-a-numbers and times out of order, with the place in the path."""
    listed = list(at_h)
    if not 1 <= len(listed) <= MOST_TIMES:
        raise BadInput("no_times", "at_h", f"Give 1 to {MOST_TIMES} times.")
    for place, moment in enumerate(listed):
        if isinstance(moment, (bool, str)) or moment is None or not math.isfinite(moment):
            raise BadInput("not_a_number", f"at_h[{place}]", "Give every time as a finite number of hours.")
        if place and moment <= listed[place - 1]:
            raise BadInput("unsorted", f"at_h[{place}]", "Give times in increasing order, each once.")
    return np.asarray(listed, dtype=np.float64)
