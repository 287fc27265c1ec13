"""From a regimen and a person to concentrations and effects over time, with a between-person band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput, ModelError
from euthymia.pharmacology.card import Matrix
from euthymia.pharmacology.compounds.load import load_model, read_data
from euthymia.pharmacology.defaults import Choice, choice_for
from euthymia.pharmacology.effects import Dissociation, PressureRise, dissociation, pressure_rise
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import Band, quantiles, sample_effects, sample_individual
from euthymia.pharmacology.regimen import Dose, Drug, Regimen, Route
from euthymia.pharmacology.simulation import EffectSeries, Series, Simulation, Summary
from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.system import total_area

Values = NDArray[np.float64]
# Share of a drug that is S-ketamine, which drives effects; arketamine was inert in Olofsen 2022.
S_SHARE = {Drug.KETAMINE: 0.5, Drug.ESKETAMINE: 1.0}
MOST_TIMES = 20_000
MOST_NUMBERS = 20_000_000
SUMMARY_H = 24.0
ROUNDING_NG_PER_ML = 1e-9


def simulate(
    regimen: Regimen,
    person: Person | Individual,
    at_h: Sequence[float] | Values,
    *,
    model: str | Model | None = None,
    band: Band | None = None,
) -> Simulation:
    """Concentrations and effects at the times asked for, with the model's card.

    at_h: hours on the regimen's clock, increasing.   model: id of a shipped model, or one of your own (`model_from`);
    left out, the individual's own or the default for drug and route.   band: left out, only the typical person (or
    this individual).   Refuses with BadInput what no model covers.
    """
    times = checked_times(at_h)
    whom = person.person if isinstance(person, Individual) else person
    if model is None and isinstance(person, Individual):
        model = person.model_id
    models = _models(regimen, model)
    shown = models.shown
    shown.require_covers(regimen, whom)
    if band is not None and band.people * times.size > MOST_NUMBERS:
        message = f"{band.people} people at {times.size} times is too much at once; ask for fewer of either."
        raise BadInput("too_much", "band.people", message)
    courses = _Courses(regimen, person, times, band, felt_through=models.arterial)
    concentrations = courses.of(shown)
    names = shown.analytes(regimen)
    return Simulation(
        model=shown.card,
        regimen=regimen,
        at_h=times,
        series=tuple(
            Series(name, "ng/mL", *_split(concentrations[:, :, place], band)) for place, name in enumerate(names)
        ),
        summary=_summary(shown, regimen, person),
        effects=_effects(models, courses, band),
        notes=shown.notes(whom) + _learned_elsewhere(shown, person),
    )


@dataclass(frozen=True, slots=True)
class _Models:
    """The model shown, and those that drive dissociation and blood pressure."""

    shown: Model
    arterial: Model | None
    venous: Model | None

    @classmethod
    def of(cls, choice: Choice) -> _Models:
        drivers = [load_model(name) if name else None for name in (choice.arterial, choice.venous)]
        return cls(load_model(choice.shown), *drivers)


def _learned_elsewhere(shown: Model, person: Person | Individual) -> tuple[str, ...]:
    if not isinstance(person, Individual) or person.model_id == shown.id:
        return ()
    return (f"This person's kinetics were learned with {person.model_id}; {shown.id} uses what it has a name for.",)


class _Courses:
    """Solved courses by model, the typical person first, then the band's; each model is solved once."""

    def __init__(
        self,
        regimen: Regimen,
        person: Person | Individual,
        at_h: Values,
        band: Band | None,
        *,
        felt_through: Model | None,
    ) -> None:
        self.regimen, self.person, self.at_h, self.band = regimen, person, at_h, band
        self.share = S_SHARE.get(regimen.drug)
        self.felt_through = felt_through
        self.delay = Dissociation.from_data(read_data("effects", "dissociation"))
        # By the model itself: a model of one's own may carry a shipped one's id.
        self._found: dict[int, Values] = {}

    def of(self, model: Model) -> Values:
        """Outputs of the model, (people, times, outputs); for the one that drives it, last the effect site."""
        if id(model) not in self._found:
            people = 1 + (self.band.people if self.band else 0)
            values = model.values(_covariates(self.person), _effects_of(model, self.person, self.band))
            system = model.system(self.regimen, values, people)
            if self.share is not None and model is self.felt_through:
                system = system.with_effect_site(model.parent(), share=self.share, ke0_per_h=self.delay.ke0_per_h)
            solved = closed_form.solve(system, self.at_h)
            # Modes that cancel leave traces of rounding, either side of zero.
            self._found[id(model)] = np.where(solved < ROUNDING_NG_PER_ML, 0.0, solved)
        return self._found[id(model)]


def _effects(models: _Models, courses: _Courses, band: Band | None) -> tuple[EffectSeries, ...]:
    arterial, venous = models.arterial, models.venous
    if courses.share is None or arterial is None or venous is None:
        return ()
    site = courses.of(arterial)[:, :, -1]
    plasma = courses.of(venous)[:, :, venous.parent()] * courses.share
    felt, pressure = read_data("effects", "dissociation"), read_data("effects", "blood_pressure")
    slopes = PressureRise.from_data(pressure)
    rows = (
        ("dissociation", felt, dissociation(site, courses.delay), arterial),
        ("systolic_rise", pressure, pressure_rise(plasma, slopes.systolic), venous),
        ("diastolic_rise", pressure, pressure_rise(plasma, slopes.diastolic), venous),
        ("esketamine_effect_site", {**felt, "unit": "ng/mL"}, site, arterial),
    )
    return tuple(
        EffectSeries(name, data["unit"], *_split(values, band), data["kind"], driver.card, tuple(data["assumptions"]))
        for name, data, values, driver in rows
    )


def _split(values: Values, band: Band | None) -> tuple[Values, dict[float, Values]]:
    """The first person's course, and the band of the others."""
    return values[0], dict(quantiles(values[1:], band.quantiles)) if band else {}


def _effects_of(model: Model, person: Person | Individual, band: Band | None) -> dict[str, Values]:
    """Random effects of the typical person (or this individual) and then of the band's people, each (1 + people,)."""
    people = band.people if band else 0
    drawn = sample_effects(model, band.seed, people) if band else {}
    found = {name: np.concatenate([[0.0], drawn.get(name, np.zeros(0))]) for name in model.varying}
    if isinstance(person, Individual):
        learned = sample_individual(person, band.seed, people) if band else {}
        for name, value in person.effects.items():
            if name in found:
                found[name] = np.concatenate([[value], learned.get(name, np.zeros(0))])
    return found


def _summary(model: Model, regimen: Regimen, person: Person | Individual) -> tuple[Summary, ...]:
    """Peak, its time and area over the first day on a one-minute grid, for the typical person or this individual."""
    values = model.values(_covariates(person), _effects_of(model, person, None))
    system = model.system(regimen, values, 1)
    names = model.analytes(regimen)
    grown = system
    for place in range(len(names)):
        grown = grown.with_area_under(place)
    last_h = regimen.first_h + SUMMARY_H
    edges = [moment for dose in regimen for moment in (dose.start_h, dose.end_h) if moment <= last_h]
    # Not np.unique: its first call loads numpy's masked arrays.
    grid = np.array(sorted({*np.linspace(regimen.first_h, last_h, int(SUMMARY_H * 60) + 1).tolist(), *edges}))
    course = closed_form.solve(grown, grid)[0]
    found = []
    for place, name in enumerate(names):
        top = int(course[:, place].argmax())
        share = _bioavailability(model, regimen, values) if model.outputs[place].is_parent else None
        tmax_h = float(grid[top]) - regimen.first_h
        area = float(course[-1, len(names) + place])
        found.append(Summary(name, float(course[top, place]), tmax_h, area, share))
    return tuple(found)


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


def _models(regimen: Regimen, model: str | Model | None) -> _Models:
    """The models to use; a named one takes over the driver of its own sampling site."""
    if model is None:
        return _Models.of(choice_for(regimen))
    named = model if isinstance(model, Model) else load_model(model)
    try:
        usual = _Models.of(choice_for(regimen))
    except ModelError:
        return _Models(named, None, None)
    if named.card.matrix is Matrix.VENOUS:
        return replace(usual, shown=named, venous=named if usual.venous else None)
    return replace(usual, shown=named, arterial=named if usual.arterial else None)


def _covariates(person: Person | Individual) -> Person:
    return person.person if isinstance(person, Individual) else person


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
