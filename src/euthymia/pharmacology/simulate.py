"""From a regimen and a person to concentrations and effects over time, with a between-person band."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput, ModelError
from euthymia.number import is_number
from euthymia.pharmacology.answers import effect_answers, incidences, split
from euthymia.pharmacology.card import Matrix
from euthymia.pharmacology.compounds.load import load_model, shipped_models
from euthymia.pharmacology.courses import Courses, covariates_of, random_effects_of
from euthymia.pharmacology.defaults import Choice, choice_for
from euthymia.pharmacology.effects.load import load_effect, shipped_effects
from euthymia.pharmacology.interactions import Interaction, interacting, interaction_notes, interactions_named
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.named_array import NamedArray
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import Band
from euthymia.pharmacology.regimen import Regimen, Route, checked_earlier_sessions, require_look_in_time
from euthymia.pharmacology.simulation import Series, Simulation, Summary
from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.system import total_area

Values = NDArray[np.float64]
MOST_TIMES = 20_000
SUMMARY_H = 24.0
# Courses that effects add to a model's own, roughly, and how many numbers of all courses are made: half a gigabyte.
_EFFECTS = 8
_MOST_NUMBERS = 60_000_000
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
    _require_kinds(regimen, person, band)
    times = checked_times(at_h)
    whom = person.person if isinstance(person, Individual) else person
    if model is None and isinstance(person, Individual):
        model = person.model_id
    medicines = interactions_named(taking)
    models = models_for(regimen, model).with_interactions(regimen, medicines)
    shown = models.shown
    shown.require_covers(regimen, whom)
    if isinstance(person, Individual):
        _require_known_effects(person, shown)
    if band is not None and band.people * times.size * (len(shown.outputs) + _EFFECTS) > _MOST_NUMBERS:
        message = f"{band.people} people at {times.size} times is too much at once; ask for fewer of either."
        raise BadInput("too_much", "band.people", message)
    if keep_people and band is None:
        raise BadInput("no_band", "keep_people", "There are people to keep only where a band is asked for.")
    earlier_sessions = checked_earlier_sessions(earlier_sessions)
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
        notes=shown.notes(whom) + _left_out(shown, person) + interaction_notes(medicines),
        incidences=incidences(courses, earlier_sessions),
        people=_kept(kept, times) if keep_people else None,
        learned=isinstance(person, Individual),
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


def _left_out(shown: Model, person: Person | Individual) -> tuple[str, ...]:
    """What the model or the person knows and this answer does not use."""
    found = []
    if shown.turnover is not None:
        names = ", ".join(shown.turnover.names)
        found.append(f"{shown.id} has turnover states ({names}); they are not part of this answer (turnover.solve).")
    if isinstance(person, Individual) and person.model_id != shown.id:
        found.append(
            f"This person's kinetics were learned with {person.model_id}; {shown.id} uses what it has a name for."
        )
    return tuple(found)


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
    into_vein = regimen.into_a_vein()
    parent = model.parent()
    given = total_area(model.system(regimen, values, 1))[0, parent]
    return float(given / total_area(model.system(into_vein, values, 1))[0, parent])


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


def _require_kinds(regimen: object, person: object, band: object) -> None:
    """Refuses what is of another kind, the likeliest slip of who calls this from Python."""
    if not isinstance(regimen, Regimen):
        raise BadInput("not_a_regimen", "regimen", "Give a Regimen, such as Regimen.given(Dose(...)).")
    if not isinstance(person, (Person, Individual)):
        raise BadInput("not_a_person", "person", "Give a Person, or an Individual that was learned.")
    if band is not None and not isinstance(band, Band):
        raise BadInput("not_a_band", "band", "Give a Band, such as Band(people=500).")


def _require_known_effects(person: Individual, shown: Model) -> None:
    """Refuses a random effect that no model and no effect has a name for: a slip of the pen.

    What was learned of somebody may be told to any model: to those that drive effects, and to those of other routes.
    """
    unknown = set(person.effects) - set(shown.varying)
    for effect in shipped_effects():
        unknown -= set(load_effect(effect).varying)
    own = [person.model_id] if person.model_id in shipped_models() else []
    for model_id in (*own, *shipped_models()):
        if not unknown:
            return
        unknown -= set(load_model(model_id).varying)
    if own:
        name, known = min(unknown), ", ".join(load_model(person.model_id).varying)
        message = f"There is no random effect of this name. {person.model_id} has: {known}."
        raise BadInput("unknown_effect", f"individual.effects.{name}", message)


def checked_times(at_h: Sequence[float] | Values) -> Values:
    """Times as an array; refuses none, too many, not-a-numbers and times out of order, with the place in the path."""
    if not isinstance(at_h, Iterable):
        raise BadInput("not_a_list", "at_h", "Give a list of times, also where there is only one.")
    listed = list(at_h)
    if not 1 <= len(listed) <= MOST_TIMES:
        raise BadInput("no_times", "at_h", f"Give 1 to {MOST_TIMES} times.")
    for place, moment in enumerate(listed):
        if not is_number(moment):
            raise BadInput("not_a_number", f"at_h[{place}]", "Give every time as a finite number of hours.")
        require_look_in_time(moment, f"at_h[{place}]")
        if place and moment <= listed[place - 1]:
            raise BadInput("unsorted", f"at_h[{place}]", "Give times in increasing order, each once.")
    return np.asarray(listed, dtype=np.float64)
