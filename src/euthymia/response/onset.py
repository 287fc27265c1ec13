"""Was there relief within hours or days of the first dose, and how sure is that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from euthymia.response.forecast import draw_states
from euthymia.response.learn import Posterior

HOURS_WINDOW_DAYS = 1.0
DAYS_WINDOW_DAYS = 7.0
SURE = 0.8


class OnsetKind(StrEnum):
    """When relief came, as far as the scores tell."""

    WITHIN_HOURS = "within_hours"
    WITHIN_DAYS = "within_days"
    NOT_SEEN = "not_seen"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Onset:
    """Relief after the first dose.

    kind: WITHIN_HOURS means by 24 h, WITHIN_DAYS by day 7.   relief_points: day after the first dose → (5 %, 50 %,
    95 %) points below the state just before it; positive is better.   chance_of_relief: day → chance that severity
    was down by at least `wanted_share`.   scores_heard: scores before and within seven days after the first dose.
    """

    kind: OnsetKind
    relief_points: Mapping[float, tuple[float, float, float]]
    chance_of_relief: Mapping[float, float]
    wanted_share: float
    scores_heard: tuple[int, int]
    prior_share: float


def onset(
    posterior: Posterior, *, wanted_share: float = 0.25, at_days: tuple[float, ...] = (2 / 24, 1.0, 3.0, 7.0)
) -> Onset:
    """How soon relief came after the first dose.

    wanted_share: the fall that counts as relief; 0.25 is a partial response, 0.5 the usual response.

    CANNOT_TELL without a dose, without a score at or before it, or without one in the week after. Days are counted
    from the first dose; later doses inside the window count as they were given.
    """
    course = posterior.course
    share = posterior.prior_still_talking["gain"]
    if not course.doses:
        return Onset(OnsetKind.CANNOT_TELL, MappingProxyType({}), MappingProxyType({}), wanted_share, (0, 0), share)
    first = course.doses[0].at_day
    before = sum(score.at_day <= first for score in course.scores)
    after = [score.at_day - first for score in course.scores if 0 < score.at_day - first <= DAYS_WINDOW_DAYS]
    wanted_days = tuple(sorted({*at_days, HOURS_WINDOW_DAYS, DAYS_WINDOW_DAYS}))
    states = draw_states(posterior, np.array([first, *(first + day for day in wanted_days)]))
    relief = states[:, :1] - states[:, 1:]
    enough = relief >= wanted_share * states[:, :1]
    width = course.scale.width
    bands = np.quantile(relief * width, (0.05, 0.5, 0.95), axis=0)
    chance = {day: float(np.mean(enough[:, index])) for index, day in enumerate(wanted_days)}
    by_day_7 = float(np.mean(np.any(enough, axis=1)))
    return Onset(
        kind=_kind(before, after, chance[HOURS_WINDOW_DAYS], by_day_7),
        relief_points=MappingProxyType(
            {day: (float(bands[0, i]), float(bands[1, i]), float(bands[2, i])) for i, day in enumerate(wanted_days)}
        ),
        chance_of_relief=MappingProxyType(chance),
        wanted_share=wanted_share,
        scores_heard=(before, len(after)),
        prior_share=share,
    )


def _kind(before: int, after: list[float], by_24_h: float, by_day_7: float) -> OnsetKind:
    if not before or not after:
        return OnsetKind.CANNOT_TELL
    if by_24_h >= SURE and min(after) <= HOURS_WINDOW_DAYS:
        return OnsetKind.WITHIN_HOURS
    if by_day_7 >= SURE:
        return OnsetKind.WITHIN_DAYS
    return OnsetKind.NOT_SEEN if by_day_7 <= 1 - SURE else OnsetKind.CANNOT_TELL
