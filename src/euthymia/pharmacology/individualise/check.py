"""Refuses observations that cannot be used, each with its place in the list, before anything is fitted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from euthymia.errors import BadInput
from euthymia.pharmacology.individualise.observation import Level, Observation, Reading
from euthymia.pharmacology.individualise.problem import Problem
from euthymia.pharmacology.individualise.sheet import Sheet, level_at, stretched, value_of
from euthymia.pharmacology.model import Model
from euthymia.pharmacology.population import quantiles, standard_normals
from euthymia.pharmacology.regimen import Regimen

Values = NDArray[np.float64]
MOST_OBSERVATIONS = 1_000
# A level is implausible beyond 99.9 % of what the model and its people allow, and ten-fold more.
_NORMAL_99_9 = 3.29
_BEYOND_FOLD = 10.0
# Less than this is told as next to nothing.
_HARDLY_NG_PER_ML = 0.001
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


def checked_values(values: object, observations: Sequence[Observation], people: int) -> Values:
    """The values, (people, observations), as an array; refuses another shape and anything no instrument gives."""
    try:
        table = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        message = "Give a table of finite numbers, one row per person and one column per observation."
        raise BadInput("not_a_number", "values", message) from None
    if table.ndim != 2 or table.shape[1] != len(observations) or people not in (1, table.shape[0]):
        message = f"Give one row per person and one column for each of the {len(observations)} observations."
        raise BadInput("wrong_shape", "values", message)
    levels = np.array([isinstance(one, Level) for one in observations])
    wrong = ~np.isfinite(table) | (levels & (table <= 0))
    if wrong.any():
        person, place = (int(found[0]) for found in np.nonzero(wrong))
        message = "Every value must be a finite number, and a level above 0 ng/mL."
        raise BadInput("not_a_number", f"values[{person}][{place}]", message)
    return table


@dataclass(frozen=True, slots=True)
class _Expected:
    """The level anybody of the model would have, where its scatter is 1, and how far from it one can be at all."""

    middle: float
    reach: float
    sd: float
    floor: float

    @property
    def ng_per_ml(self) -> float:
        return float(level_at(np.array(self.middle), self.sd, self.floor))

    def side(self, ng_per_ml: float) -> int:
        """1 for a level above all that can be, -1 for one below, 0 for one that can be."""
        there = stretched(np.array(ng_per_ml), np.array(self.sd), np.array(self.floor))
        off = float(there) - self.middle
        return 0 if abs(off) <= self.reach else 1 if off > 0 else -1


def check_plausible(problem: Problem, observations: Sequence[Observation], path: str) -> None:
    """Refuses a level that nobody of this model could have, as a wrong unit makes it (µg/mL for ng/mL).

    One that was measured may lie too far either way; a limit only too far below what is expected.
    """
    levels = [(place, one) for place, one in enumerate(observations) if isinstance(one, Level)]
    if not levels:
        return
    scaled = problem.scaled(_anybody(problem.prior.names), np.zeros(_PRIOR_PEOPLE, dtype=np.int64))
    for place, one in levels:
        columns = np.flatnonzero(problem.sheet.owner == place)
        if one.ng_per_ml is None:
            # Below a limit at some moment of an interval: the one at which the least is expected.
            columns = columns[[int(scaled[:, columns].mean(axis=0).argmin())]]
        expected = _expected(problem.sheet, int(columns[0]), scaled[:, columns])
        side = expected.side(value_of(one))
        if side < 0 or (side > 0 and one.ng_per_ml is not None):
            _refuse_implausible(one, side, expected, f"{path}[{place}]")


def _expected(sheet: Sheet, column: int, scaled: Values) -> _Expected:
    """What the people of the prior, (people, moments), would have."""
    sd = float(sheet.sd[column])
    low, middle, high = (float(each[0]) for each in quantiles(scaled.reshape(-1, 1), _ONE_SD).values())
    # In units of scatter, of which the assay adds one.
    reach = _NORMAL_99_9 * float(np.hypot(max(high - middle, middle - low), 1.0)) + float(np.log(_BEYOND_FOLD)) / sd
    return _Expected(middle, reach, sd, float(sheet.floor[column]))


@lru_cache(maxsize=16)
def _anybody(names: tuple[str, ...]) -> Values:
    """Standard effects of people of the prior, always the same ones."""
    return standard_normals(names, _PRIOR_SEED, _PRIOR_PEOPLE, 0)


def _refuse_implausible(one: Level, side: int, expected: _Expected, path: str) -> None:
    """Names the unit it may be in, where that would explain it, and else what may be wrong with the rest."""
    turned = value_of(one) * (1000.0 if side < 0 else 0.001)
    turn = "1000 times too high: a result in ng/L (pg/mL) must be divided by 1000"
    if side < 0:
        turn = "1000 times too low: a result in µg/mL (mg/L) must be multiplied by 1000"
    limit = one.ng_per_ml is None
    explains = expected.side(turned) in ((0, 1) if limit else (0,))
    advice = f"Perhaps it is {turn}." if explains else "Check its time, the doses and its unit."
    what = f"Below {one.below_ng_per_ml:g}" if limit else f"{one.ng_per_ml:g}"
    usual = f"about {expected.ng_per_ml:.3g}" if expected.ng_per_ml >= _HARDLY_NG_PER_ML else "next to nothing"
    message = f"{what} ng/mL cannot be from these doses; {usual} is expected. {advice}"
    raise BadInput("implausible_level", f"{path}.{'below_ng_per_ml' if limit else 'ng_per_ml'}", message)
