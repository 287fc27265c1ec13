"""What one way of giving a drug amounts to in many people: how much gets in, how high, how much in all, how it is felt.

Numbers of a day: from the first dose to 24 h after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.answers import EFFECT_SITE
from euthymia.pharmacology.compounds.load import load_model
from euthymia.pharmacology.courses import covariates_of, random_effects_of
from euthymia.pharmacology.defaults import choice_for
from euthymia.pharmacology.effects.effect import driver_of
from euthymia.pharmacology.interactions import interactions_named
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.occasions import occasions_of
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import Band, quantiles
from euthymia.pharmacology.regimen import Regimen, Route
from euthymia.pharmacology.simulate import models_for, simulate
from euthymia.pharmacology.simulation import Simulation
from euthymia.pharmacology.solve import closed_form
from euthymia.pharmacology.solve.system import total_area

Values = NDArray[np.float64]
DAY_H = 24.0
# A look every two minutes while it is new, every quarter of an hour later.
_NEW_H = 4.0
_CLOSE_H, _WIDE_H = 1 / 30, 0.25
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a way of giving.

    typical: of the typical person (or the individual).   band: quantile → value over invented people; may be empty.
    """

    name: str
    unit: str
    typical: float
    band: Mapping[float, float]

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        band = {f"{level:g}": round(value, _DIGITS) for level, value in self.band.items()}
        return {"name": self.name, "unit": self.unit, "typical": round(self.typical, _DIGITS), "band": band}


@dataclass(frozen=True, slots=True)
class Exposure:
    """A regimen, its simulated day and what it amounts to.

    measures: `bioavailability` (share; left out where the model has no vein to compare with), `cmax`, `tmax_h` and
    `auc_0_24` of the drug as the model shown measures it, and, where effects are offered, `esketamine_auc_0_24`
    (venous-type), `effect_site_peak` (S-ketamine where dissociation is felt), `effect_peak` (dissociation, share of
    the largest possible) and `effect_peak_h`. Times count from the first dose.
    """

    regimen: Regimen
    simulation: Simulation
    measures: tuple[Measure, ...]

    def measure(self, name: str) -> Measure | None:
        """A measure by name; None where this way has none."""
        return next((one for one in self.measures if one.name == name), None)

    def as_json(self) -> dict[str, Any]:
        """The measures and the doses, without the courses."""
        doses = [
            {
                "drug": str(dose.drug),
                "route": str(dose.route),
                "amount_mg": round(dose.amount_mg, _DIGITS),
                "start_h": dose.start_h,
                "duration_h": dose.duration_h,
                "devices": dose.devices,
            }
            for dose in self.regimen
        ]
        return {
            "model": self.simulation.model.id,
            "doses": doses,
            "measures": [one.as_json() for one in self.measures],
        }


def exposure(
    regimen: Regimen,
    person: Person | Individual,
    *,
    band: Band | None = None,
    model: str | Model | None = None,
    taking: Sequence[str] = (),
    earlier_sessions: int = 0,
) -> Exposure:
    """What a regimen amounts to on its first day, with the spread over a band's people.

    model, taking, earlier_sessions: as in `simulate`, and refused alike; but an individual's own model gives way to
    the usual one by a route it does not cover, and what was learned of them is used there as far as it has the same
    names.
    """
    model = model or own_model(person, regimen)
    shown = models_for(regimen, model).with_interactions(regimen, interactions_named(taking)).shown
    grid_h = _grid_h(regimen)
    answer = simulate(
        regimen,
        person,
        grid_h,
        model=model,
        band=band,
        keep_people=band is not None,
        taking=taking,
        earlier_sessions=earlier_sessions,
    )
    found = _kinetic(shown, regimen, person, grid_h, band)
    if answer.effects:
        found |= _felt(answer, grid_h - regimen.first_h)
    measures = tuple(
        Measure(name, unit, float(values[0]), _spread(values[1:], band)) for (name, unit), values in found.items()
    )
    return Exposure(regimen, replace(answer, people=None), measures)


def own_model(person: Person | Individual, regimen: Regimen) -> str | None:
    """The model an individual was learned with, where it covers the doses; None asks for the usual one."""
    if not isinstance(person, Individual):
        return None
    card = load_model(person.model_id).card
    covered = str(regimen.drug) in card.drugs and all(str(route) in card.routes for route in regimen.routes)
    return person.model_id if covered else choice_for(regimen).shown


def _kinetic(
    model: Model, regimen: Regimen, person: Person | Individual, grid_h: Values, band: Band | None
) -> dict[tuple[str, str], Values]:
    """Numbers of the drug itself, (1 + people,) each, the typical person first. Areas are solved, not summed up."""
    people, parent = 1 + (band.people if band else 0), model.parent()
    course, entered, by_vein = np.zeros((people, grid_h.size)), np.zeros(people), np.zeros(people)
    area = np.zeros(people)
    has_vein = str(Route.IV) in model.card.routes
    for occasion, doses in enumerate(occasions_of(model, regimen)):
        effects = random_effects_of(model, person, band, occasion)
        values = model.values(covariates_of(person), effects)
        system = model.system(doses, values, people)
        solved = closed_form.solve(system.with_area_under(parent), grid_h)
        course += solved[:, :, parent]
        area += solved[:, -1, -1]
        if has_vein:
            entered += total_area(system)[:, parent]
            by_vein += total_area(model.system(doses.into_a_vein(), values, people))[:, parent]
    found = {("bioavailability", "share"): entered / by_vein} if has_vein else {}
    found[("cmax", "ng/mL")] = course.max(axis=1)
    found[("tmax_h", "h")] = grid_h[course.argmax(axis=1)] - regimen.first_h
    found[("auc_0_24", "ng·h/mL")] = area
    driver = driver_of(model, regimen)
    if driver is not None and driver[0] == parent:
        found[("esketamine_auc_0_24", "ng·h/mL")] = area * driver[1]
    return found


def _felt(answer: Simulation, after_h: Values) -> dict[tuple[str, str], Values]:
    """Peaks at the effect site and of dissociation, (1 + people,) each."""

    def courses(name: str) -> Values:
        typical = answer.named(name).typical[None, :]
        return typical if answer.people is None else np.concatenate([typical, answer.people.at(name=name).values])

    site, felt = courses(EFFECT_SITE), courses("dissociation")
    return {
        ("effect_site_peak", "ng/mL"): site.max(axis=1),
        ("effect_peak", "share"): felt.max(axis=1),
        ("effect_peak_h", "h"): after_h[felt.argmax(axis=1)],
    }


def _spread(values: Values, band: Band | None) -> dict[float, float]:
    if band is None:
        return {}
    return {level: float(found[0]) for level, found in quantiles(values[:, None], band.quantiles).items()}


def _grid_h(regimen: Regimen) -> Values:
    """Looks over the first day, close together after each dose, and at every start and end."""
    first_h = regimen.first_h
    last_h = first_h + DAY_H
    moments = {first_h + step * _WIDE_H for step in range(round(DAY_H / _WIDE_H) + 1)}
    for dose in regimen:
        if dose.start_h < last_h:
            until_h = min(dose.end_h + _NEW_H, last_h)
            moments |= {dose.start_h, min(dose.end_h, last_h)}
            moments |= set(np.arange(dose.start_h, until_h, _CLOSE_H).tolist())
    ordered = sorted(moments)
    # Sums of steps may fall beside one another by rounding.
    kept = [moment for place, moment in enumerate(ordered) if not place or moment - ordered[place - 1] > 1e-6]
    return np.array(kept)
