"""The most probable random effects of one person, given measured levels (a point estimate with its spread).

Gauss-Newton on the posterior of a model whose errors are normal on the log scale; sensitivities by central
differences, all solved as one batch in closed form.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput, SolverFailed
from euthymia.pharmacology.compounds.load import load_model
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.person import Individual, Person
from euthymia.pharmacology.regimen import Regimen
from euthymia.pharmacology.solve import closed_form

Values = NDArray[np.float64]
_NUDGE = 1e-4
_MOST_TURNS = 60
_DONE = 1e-8
_MOST_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Level:
    """A measured concentration of the drug (or the metabolite named), ng/mL, at an hour of the regimen's clock."""

    at_h: float
    ng_per_ml: float
    analyte: str = ""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.at_h) and math.isfinite(self.ng_per_ml)) or self.ng_per_ml <= 0:
            raise BadInput("not_positive", "level", "A level needs a time and a concentration above 0 ng/mL.")


def most_probable(
    regimen: Regimen,
    person: Person,
    levels: Sequence[Level],
    *,
    model: str,
    residual_log_sd: float | None = None,
) -> Individual:
    """This person's random effects, with the covariance left after the levels; without levels, the population's.

    residual_log_sd: scatter of a measured level around the model; left out, the published one, refused if there is
    none.   Refuses levels taken before the drug could be there.
    """
    chosen = load_model(model)
    chosen.require_covers(regimen, person)
    scatter = residual_log_sd if residual_log_sd is not None else chosen.residual_log_sd
    if scatter is None or not math.isfinite(scatter) or scatter <= 0:
        message = f"{model} has no published residual scatter; give one above 0, such as 0.25."
        raise BadInput("missing", "residual_log_sd", message)
    names, covariance = chosen.varying, chosen.covariance
    if levels:
        fit = _Fit(chosen, regimen, person, tuple(levels), scatter)
        effects, covariance = fit.solved()
    else:
        effects = np.zeros(len(names))
    return Individual(
        person=person,
        model_id=model,
        effects={name: float(value) for name, value in zip(names, effects, strict=True)},
        covariance=tuple(tuple(float(value) for value in row) for row in covariance),
        learned_from=tuple(f"{level.ng_per_ml:g} ng/mL at {level.at_h:g} h" for level in levels),
    )


class _Fit:
    """One person's levels against one model."""

    def __init__(
        self, model: Model, regimen: Regimen, person: Person, levels: tuple[Level, ...], scatter: float
    ) -> None:
        self.model, self.regimen, self.person, self.scatter = model, regimen, person, scatter
        self.at_h, self.rows = np.unique([level.at_h for level in levels], return_inverse=True)
        names = model.analytes(regimen)
        unknown = next((level.analyte for level in levels if level.analyte and level.analyte not in names), None)
        if unknown:
            raise BadInput("unknown_analyte", "level.analyte", f"{model.id} knows {', '.join(names)}, not {unknown}.")
        self.columns = [names.index(level.analyte) if level.analyte else model.parent() for level in levels]
        self.observed = np.log([level.ng_per_ml for level in levels])
        self.precision = np.linalg.inv(model.covariance)

    def predicted(self, effects: Values) -> Values:
        """Logarithms of the predicted levels for each row of effects, (rows, levels)."""
        by_name = {name: effects[:, place] for place, name in enumerate(self.model.varying)}
        values = self.model.values(self.person, by_name)
        system = self.model.system(self.regimen, values, effects.shape[0])
        found = closed_form.solve(system, self.at_h)[:, self.rows, self.columns]
        if (found <= 0).any():
            raise BadInput("too_early", "level.at_h", "A level was taken before any drug could be measured.")
        return np.asarray(np.log(found))

    def misfit(self, effects: Values) -> float:
        """Twice the negative log posterior, up to a constant."""
        off = (self.observed - self.predicted(effects[None, :])[0]) / self.scatter
        return float(off @ off + effects @ self.precision @ effects)

    def solved(self) -> tuple[Values, Values]:
        """The most probable effects and their covariance."""
        effects = np.zeros(len(self.model.varying))
        for _ in range(_MOST_TURNS):
            slopes, off = self._slopes(effects)
            curvature = slopes.T @ slopes + self.precision
            step = np.asarray(np.linalg.solve(curvature, slopes.T @ off - self.precision @ effects), dtype=np.float64)
            if np.abs(step).max() < _DONE:
                return effects, np.linalg.inv(curvature)
            effects = self._stepped(effects, step)
        raise SolverFailed("The most probable effects were not found; the levels contradict the model.")

    def _slopes(self, effects: Values) -> tuple[Values, Values]:
        """Scaled sensitivities (levels, effects) and scaled misfits (levels,)."""
        count = effects.size
        nudges = _NUDGE * np.eye(count)
        found = self.predicted(np.concatenate([effects[None, :], effects + nudges, effects - nudges]))
        slopes = (found[1 : 1 + count] - found[1 + count :]).T / (2 * _NUDGE * self.scatter)
        return slopes, (self.observed - found[0]) / self.scatter

    def _stepped(self, effects: Values, step: Values) -> Values:
        """As much of the step as makes the fit no worse."""
        before = self.misfit(effects)
        for halving in range(_MOST_HALVINGS):
            moved = effects + step / 2**halving
            if self.misfit(moved) <= before + _DONE:
                return np.asarray(moved)
        return effects
