"""Refuses observations that cannot be used, each with its place in the list, before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.pharmacology.individualise.observation import Level, Observation, Reading
from euthymia.pharmacology.individualise.problem import Problem
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.population import quantiles, standard_normals
from euthymia.pharmacology.regimen import Regimen

Values = NDArray[np.float64]
MOST_OBSERVATIONS = 1_000
# A level is implausible beyond 99.9 % of what the model and its people allow, and ten-fold more.
_NORMAL_99_9 = 3.29
_BEYOND_FOLD = 10.0
_PRIOR_PEOPLE = 128
_PRIOR_SEED = 0
# Shares of the people at one standard deviation either side of the middle.
_ONE_SD = (0.1587, 0.5, 0.8413)


def check_observations(observations: Sequence[Observation], model: Model, regimen: Regimen, path: str) -> None:
    """Refuses (BadInput) none, too many, unknown kinds and analytes, and times before the first dose.

    path: the name of the list in the input, `observations` or `levels`.
    """
    if len(observations) > MOST_OBSERVATIONS:
        message = f"{len(observations)} observations are more than a person has; give at most {MOST_OBSERVATIONS}."
        raise BadInput("too_many", path, message)
    if not observations:
        raise BadInput("empty", path, "Give one observation or more; without any, the population's band is the answer.")
    analytes = model.analytes(regimen)
    for place, one in enumerate(observations):
        here = f"{path}[{place}]"
        if not isinstance(one, (Level, Reading)):
            raise BadInput("unknown_kind", here, "Give a Level or a Reading.")
        _check_time(one, regimen.first_h, here)
        if isinstance(one, Level) and one.analyte and one.analyte not in analytes:
            message = f"{model.id} knows {', '.join(analytes)}, not {one.analyte}."
            raise BadInput("unknown_analyte", f"{here}.analyte", message)


def _check_time(one: Observation, first_h: float, here: str) -> None:
    field, last_h = ("at_h", one.at_h) if one.between_h is None else ("between_h", one.between_h[1])
    # The very moment of the first dose is in time for a reading; nothing can be in the blood yet.
    early = last_h is None or (last_h <= first_h if isinstance(one, Level) else last_h < first_h)
    if early:
        what = "A level" if isinstance(one, Level) else "A reading"
        advice = "" if isinstance(one, Level) else " Give it as the baseline."
        message = f"{what} was taken before any drug could be measured; the first dose is at {first_h:g} h.{advice}"
        raise BadInput("too_early", f"{here}.{field}", message)


def check_values(values: Values, observations: Sequence[Observation], people: int) -> None:
    """Refuses a table of values, (people, observations), of the wrong shape or with anything no instrument gives."""
    shape = tuple(np.shape(values))
    if len(shape) != 2 or shape[1] != len(observations) or people not in (1, shape[0]):
        message = f"Give one row per person and one column for each of the {len(observations)} observations."
        raise BadInput("wrong_shape", "values", message)
    levels = np.array([isinstance(one, Level) for one in observations])
    wrong = ~np.isfinite(values) | (levels & (np.asarray(values) <= 0))
    if wrong.any():
        person, place = (int(found[0]) for found in np.nonzero(wrong))
        message = "Every value must be a finite number, and a level above 0 ng/mL."
        raise BadInput("not_a_number", f"values[{person}][{place}]", message)


def check_plausible(problem: Problem, observations: Sequence[Observation], path: str) -> None:
    """Refuses a measured level that nobody of this model could have, as a wrong unit makes it (µg/mL for ng/mL)."""
    levels = [place for place, one in enumerate(observations) if isinstance(one, Level) and one.ng_per_ml is not None]
    if not levels:
        return
    scaled = problem.scaled(_anybody(problem.prior.names), np.zeros(_PRIOR_PEOPLE, dtype=np.int64))
    sheet = problem.sheet
    for place in levels:
        columns = np.flatnonzero(sheet.owner == place)
        sd = float(sheet.sd[columns[0]])
        low, middle, high = (float(each[0]) for each in quantiles(scaled[:, columns].reshape(-1, 1), _ONE_SD).values())
        # In units of scatter, of which the assay adds one.
        reach = _NORMAL_99_9 * float(np.hypot(max(high - middle, middle - low), 1.0)) + np.log(_BEYOND_FOLD) / sd
        off = float(sheet.target[0, columns[0]]) - middle
        if abs(off) > reach:
            _refuse_implausible(observations[place], off > 0, np.exp(middle * sd), f"{path}[{place}].ng_per_ml")


@lru_cache(maxsize=16)
def _anybody(names: tuple[str, ...]) -> Values:
    """Standard effects of people of the prior, always the same ones."""
    return standard_normals(names, _PRIOR_SEED, _PRIOR_PEOPLE, 0)


def _refuse_implausible(one: Observation, is_high: bool, expected: float, path: str) -> None:
    turn = "1000 times too high: a result in ng/L (pg/mL) must be divided by 1000"
    if not is_high:
        turn = "1000 times too low: a result in µg/mL (mg/L) must be multiplied by 1000"
    found = one.ng_per_ml if isinstance(one, Level) else None
    message = f"{found:g} ng/mL cannot be from these doses; about {expected:.3g} is expected. Perhaps it is {turn}."
    raise BadInput("implausible_level", path, message)
