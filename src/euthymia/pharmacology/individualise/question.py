"""Turns a person, what they were given and what was observed into a `Problem` the fits can work on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput, ModelError
from euthymia.pharmacology.compounds.load import load_model
from euthymia.pharmacology.effects import Effect, Site
from euthymia.pharmacology.effects.effect import driver_of
from euthymia.pharmacology.effects.sessions import session_at
from euthymia.pharmacology.individualise.check import check_observations, check_plausible, checked_values
from euthymia.pharmacology.individualise.doors import check_kind
from euthymia.pharmacology.individualise.felt import EffectRead, baseline_names, scatter_of, seen_through
from euthymia.pharmacology.individualise.observation import (
    PLAIN,
    PUBLISHED,
    Assay,
    Level,
    Observation,
    Reading,
    Setting,
)
from euthymia.pharmacology.individualise.occasion import occasion_parts, occasions_seen
from euthymia.pharmacology.individualise.prior import Prior, joined
from euthymia.pharmacology.individualise.problem import Crowd, EffectSite, LevelRead, Problem, Read, Solve, Track
from euthymia.pharmacology.individualise.sheet import Sheet, kind_of, sheet_of
from euthymia.pharmacology.interactions import interactions_named
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Person
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.simulate import Models, models_for
from euthymia.pharmacology.solve import closed_form

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Question:
    """What everybody of one fit has in common.

    model: id of a shipped model, or one of your own.   assay: how levels scatter.   setting: what was going on around
    the doses.   solve: the solver, closed form or its compiled twin.   path: the name of the list of observations, for
    refusals.   Refuses (BadInput) what is of another kind than its field.
    """

    regimen: Regimen
    model: str | Model
    observations: tuple[Observation, ...]
    assay: Assay = PUBLISHED
    setting: Setting = PLAIN
    solve: Solve = closed_form.solve
    path: str = "observations"

    def __post_init__(self) -> None:
        for name in ("regimen", "model", "assay", "setting"):
            check_kind(name, getattr(self, name))

    def chosen(self) -> Model:
        """The model that shows levels, of somebody who takes nothing."""
        return self.model if isinstance(self.model, Model) else load_model(self.model)

    def models(self) -> Models:
        """The model that shows levels and those that drive effects, of somebody taking what this person takes."""
        return models_of(self.regimen, self.model, self.setting)

    def asked_of(self, people: Sequence[Person], values: Values | None = None) -> Problem:
        """The problem for these people. values: (people, observations), left out for one person as observed.

        Refuses (BadInput) what cannot be used, with its place, and levels nobody could have.
        """
        if not people:
            raise BadInput("empty", "people", "Give one person or more.")
        for place, person in enumerate(people):
            check_kind("person", person, "person" if values is None else f"people[{place}]")
        models = self.models()
        model = models.shown
        for person in people:
            model.require_covers(self.regimen, person)
        check_observations(self.observations, model, self.regimen, self.path)
        if values is not None:
            values = checked_values(values, self.observations, len(people))
        sheet = sheet_of(self.observations, self._scatter(model), values)
        tracks = self._tracks(models, sheet)
        prior = self._prior(model, tracks)
        if not prior.names:
            raise ModelError(
                "nothing_varies", "model", f"{model.id} says nothing of how people differ; nobody can be learned."
            )
        problem = Problem(Crowd.of(people), prior, sheet, tracks, self.solve)
        if values is None:
            check_plausible(problem, self.observations, self.path)
        return problem

    def readings(self) -> tuple[Reading, ...]:
        """What is not a level."""
        return tuple(one for one in self.observations if isinstance(one, Reading))

    def _scatter(self, model: Model) -> dict[str, tuple[float, float]]:
        """SD and floor of every kind observed; of yes and no it is in the chance itself."""
        found = {}
        if len(self.readings()) < len(self.observations):
            found["level"] = (level_scatter(model, self.assay), self.assay.additive_ng_per_ml)
        for one in self.readings():
            found[kind_of(one)] = (scatter_of(seen_through(one.kind)[1]).sd or 1.0, 0.0)
        return found

    def _prior(self, model: Model, tracks: Sequence[Track]) -> Prior:
        parts: list[tuple[Sequence[str], Values]] = [(model.varying, model.covariance)]
        parts += [(track.model.varying, track.model.covariance) for track in tracks]
        parts += [part for track in tracks for part in occasion_parts(track.model, track.occasions)]
        for one in self.readings():
            effect, _ = seen_through(one.kind)
            parts.append((effect.varying, effect.covariance))
        for one, name in zip(self.readings(), baseline_names(self.readings()), strict=True):
            if name:
                # The reading before the dose scatters like any other.
                parts.append(((name,), np.array([[scatter_of(seen_through(one.kind)[1]).sd ** 2]])))
        return joined(parts)

    def _tracks(self, models: Models, sheet: Sheet) -> tuple[Track, ...]:
        """One solve for each model that is needed, and what is read from it."""
        by_model: dict[int, _Looks] = {}
        for place in range(sheet.at_h.size):
            one = self.observations[sheet.owner[place]]
            driver = models.shown if isinstance(one, Level) else self._driver(models, one, int(sheet.owner[place]))
            by_model.setdefault(id(driver), _Looks(self, driver, sheet, [])).columns.append(place)
        return tuple(looks.track() for looks in by_model.values())

    def _driver(self, models: Models, one: Reading, place: int) -> Model:
        """The model whose levels this reading's effect answers to."""
        effect, _ = seen_through(one.kind)
        driver = models.arterial if effect.site is Site.ARTERIAL_EFFECT_SITE else models.venous
        if driver is None or driver_of(driver, self.regimen) is None:
            message = f"No model links {self.regimen.drug} by this route to {one.kind}; give levels only."
            raise ModelError("no_effect_model", f"{self.path}[{place}].kind", message)
        return driver


@dataclass(frozen=True, slots=True)
class _Looks:
    """The columns of a sheet that one model answers."""

    question: Question
    model: Model
    sheet: Sheet
    columns: list[int]

    def track(self) -> Track:
        # Not np.unique: its first call loads numpy's masked arrays.
        at_h = np.array(sorted(set(self.sheet.at_h[self.columns].tolist())))
        levels = [place for place in self.columns if isinstance(self._observed(place), Level)]
        reads: list[Read] = [self._levels(levels, at_h)] if levels else []
        sites: list[EffectSite] = []
        felt = sorted(set(self.columns) - set(levels), key=lambda place: (self._kind(place), place))
        delayed: dict[str, int] = {}
        for kind, group in groupby(felt, key=self._kind):
            effect, _ = seen_through(kind)
            output, share = driver_of(self.model, self.question.regimen) or (0, 0.0)
            if effect.site is Site.ARTERIAL_EFFECT_SITE:
                if effect.id not in delayed:
                    delayed[effect.id] = len(self.model.outputs) + len(sites)
                    sites.append(EffectSite(output, share, _Delay(effect)))
                output, share = delayed[effect.id], 1.0
            reads.append(self._felt(kind, list(group), at_h, (output, share)))
        seen = session_at(self.question.regimen, at_h).astype(int) - 1
        occasions = occasions_seen(self.model, self.question.regimen, set(seen.tolist()), self.question.path)
        return Track(self.model, occasions, at_h, tuple(sites), tuple(reads))

    def _levels(self, columns: list[int], at_h: Values) -> LevelRead:
        names = self.model.analytes(self.question.regimen)
        named = [self._observed(place) for place in columns]
        outputs = [
            names.index(one.analyte) if isinstance(one, Level) and one.analyte else self.model.parent() for one in named
        ]
        return LevelRead(np.array(columns), self._times(columns, at_h), np.array(outputs))

    def _felt(self, kind: str, columns: list[int], at_h: Values, source: tuple[int, float]) -> EffectRead:
        effect, output = seen_through(kind)
        readings = self.question.readings()
        names = dict(zip(map(id, readings), baseline_names(readings), strict=True))
        times = self._times(columns, at_h)
        return EffectRead(
            effect=effect,
            name=output.name,
            columns=np.array(columns),
            times=times,
            sessions=session_at(self.question.regimen, at_h)[times] + self.question.setting.earlier_sessions,
            output=source[0],
            share=source[1],
            baselines=tuple(names[id(self._observed(place))] for place in columns),
        )

    def _observed(self, place: int) -> Observation:
        return self.question.observations[int(self.sheet.owner[place])]

    def _kind(self, place: int) -> str:
        return kind_of(self._observed(place))

    def _times(self, columns: list[int], at_h: Values) -> NDArray[np.int64]:
        return np.searchsorted(at_h, self.sheet.at_h[columns])


class _Delay:
    """How fast an effect's site follows the blood, from a person's random effects."""

    def __init__(self, effect: Effect) -> None:
        self.effect = effect

    def __call__(self, effects: Mapping[str, Values]) -> Values:
        return self.effect.ke0_per_h(self.effect.values(effects))


def models_of(regimen: Regimen, model: str | Model, setting: Setting) -> Models:
    """The models of a fit, changed by what the person takes."""
    return models_for(regimen, model).with_interactions(regimen, interactions_named(setting.taking))


def level_scatter(model: Model, assay: Assay) -> float:
    """SD of a level around the model on the log scale; refuses where neither the assay nor the model has one."""
    sd = assay.log_sd if assay.log_sd is not None else model.residual_log_sd
    if sd is None or not math.isfinite(sd) or sd <= 0:
        message = f"{model.id} has no published residual scatter; give one above 0, such as 0.25."
        raise BadInput("missing", "residual_log_sd", message)
    return float(sd)
