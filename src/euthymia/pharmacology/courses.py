"""Concentrations of the typical person (or one individual) and of invented people, by model, each solved once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from euthymia.pharmacology.effects.effect import Effect, Site, driver_of
from euthymia.pharmacology.effects.people import answers_of
from euthymia.pharmacology.effects.sessions import session_spans
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.occasions import occasions_of, on_a_later_occasion
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.population import Band, sample_effects, sample_individual
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.solve import closed_form

Values = NDArray[np.float64]
MOST_NUMBERS = 20_000_000
ROUNDING_NG_PER_ML = 1e-9
# A peak is looked for at this step, from the first dose of a session until this long after its last.
PEAK_STEP_H = 1 / 6
PEAK_UNTIL_H = 2.0
# Peaks are looked for in the first sessions only; chances of later ones are those of the same dose.
MOST_SESSIONS = 100


class Courses:
    """Solved courses, the typical person (or the individual) first, then the band's people.

    arterial: the model whose effect sites are solved with it, one for each delayed effect.   venous: the model whose
    peaks are looked for.   Both None where no effect is offered.
    """

    def __init__(
        self,
        regimen: Regimen,
        person: Person | Individual,
        at_h: Values,
        band: Band | None,
        *,
        effects: Sequence[Effect],
        drivers: tuple[Model | None, Model | None],
    ) -> None:
        self.regimen, self.person, self.at_h, self.band = regimen, person, at_h, band
        self.arterial, self.venous = drivers
        self.people = 1 + (band.people if band else 0)
        self.effects = tuple(effects)
        self.values = {effect.id: effect.values(answers_of(effect, person, band)) for effect in effects}
        self.delayed = tuple(effect for effect in effects if effect.site is Site.ARTERIAL_EFFECT_SITE)
        self.sessions_h = session_spans(regimen)[: _most_sessions(self.people)]
        # By the model itself: a model of one's own may carry a shipped one's id.
        self._found: dict[int, Values] = {}

    def of(self, model: Model, output: int) -> Values:
        """One output of the model at the times asked for, ng/mL, (people, times).

        Those of the arterial model are followed by the sites of delayed effects, in the order of the effects.
        """
        course = self._solved(model)[:, :, output]
        return course[:, self._places(model)] if model is self.venous else course

    def site(self, effect: Effect) -> tuple[Values, Model] | None:
        """S-ketamine where an effect answers to it, ng/mL, (people, times), and the model it comes from."""
        if effect.site is Site.ARTERIAL_EFFECT_SITE:
            if self.arterial is None or driver_of(self.arterial, self.regimen) is None:
                return None
            place = len(self.arterial.outputs) + self.delayed.index(effect)
            return self.of(self.arterial, place), self.arterial
        driver = driver_of(self.venous, self.regimen) if self.venous is not None else None
        if self.venous is None or driver is None:
            return None
        return self.of(self.venous, driver[0]) * driver[1], self.venous

    def peaks(self) -> Values | None:
        """The highest venous-type S-ketamine of each session, ng/mL, (people, sessions); None without such a model."""
        driver = driver_of(self.venous, self.regimen) if self.venous is not None else None
        if self.venous is None or driver is None:
            return None
        grid_h = self._grid_h(self.venous)
        course = self._solved(self.venous)[:, :, driver[0]] * driver[1]
        spans = [(grid_h >= first_h) & (grid_h <= end_h + PEAK_UNTIL_H) for first_h, end_h in self.sessions_h]
        return np.stack([course[:, span].max(axis=1) for span in spans], axis=1)

    def _solved(self, model: Model) -> Values:
        if id(model) not in self._found:
            parts = enumerate(occasions_of(model, self.regimen))
            solved = np.asarray(sum(self._on_one_occasion(model, doses, occasion) for occasion, doses in parts))
            # Modes that cancel leave traces of rounding, either side of zero.
            solved[solved < ROUNDING_NG_PER_ML] = 0.0
            self._found[id(model)] = solved
        return self._found[id(model)]

    def _on_one_occasion(self, model: Model, doses: Regimen, occasion: int) -> Values:
        effects = random_effects_of(model, self.person, self.band, occasion)
        system = model.system(doses, model.values(covariates_of(self.person), effects), self.people)
        driver = driver_of(model, doses)
        if model is self.arterial and driver is not None:
            for effect in self.delayed:
                ke0_per_h = effect.ke0_per_h(self.values[effect.id])
                system = system.with_effect_site(driver[0], share=driver[1], ke0_per_h=ke0_per_h)
        return closed_form.solve(system, self._grid_h(model))

    def _grid_h(self, model: Model) -> Values:
        """The times asked for and, where peaks are looked for, those of every session."""
        if model is not self.venous:
            return self.at_h
        looked = [
            first_h + np.arange(0.0, end_h - first_h + PEAK_UNTIL_H + PEAK_STEP_H / 2, PEAK_STEP_H)
            for first_h, end_h in self.sessions_h
        ]
        ends = np.array([end_h for _, end_h in self.sessions_h])
        # Asked for places too, np.unique does not load numpy's masked arrays, slow to come in a shell command.
        return np.unique(np.concatenate([self.at_h, ends, *looked]), return_index=True)[0]

    def _places(self, model: Model) -> NDArray[np.intp]:
        return np.searchsorted(self._grid_h(model), self.at_h)


def covariates_of(person: Person | Individual) -> Person:
    """The person without what was learned of them."""
    return person.person if isinstance(person, Individual) else person


def random_effects_of(
    model: Model, person: Person | Individual, band: Band | None, occasion: int = 0
) -> dict[str, Values]:
    """Random effects of the typical person (or this individual) and then of the band's people, each (1 + people,).

    occasion: which one, 0 for the first, for which an individual's effects were learned.
    """
    people = band.people if band else 0
    drawn: Mapping[str, Values] = sample_effects(model, band.seed, people, occasion=occasion) if band else {}
    found = {name: np.concatenate([[0.0], drawn.get(name, np.zeros(0))]) for name in model.varying}
    if isinstance(person, Individual):
        seed = band.seed if band else 0
        learned = sample_individual(person, seed, people) if band else {}
        for name, value in person.effects.items():
            if name in found:
                found[name] = np.concatenate([[value], learned.get(name, np.zeros(0))])
                if occasion and name in model.occasional:
                    found[name] = on_a_later_occasion(model, name, found[name], seed=seed, occasion=occasion)
    return found


def _most_sessions(people: int) -> int:
    looks = int(PEAK_UNTIL_H / PEAK_STEP_H) + 8
    return max(1, min(MOST_SESSIONS, MOST_NUMBERS // (people * looks)))
