"""Where this person stands now, and what the next dose and what waiting would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from euthymia.errors import BadInput
from euthymia.response.course import DoseAt
from euthymia.response.forecast import chances_above, draw_states
from euthymia.response.learn import Posterior
from euthymia.response.prior import Floats

RESPONSE_SHARE = 0.5
# Fewer draws than this in a state say nothing about how it goes on from there.
FEWEST_DRAWS = 50


class State(StrEnum):
    """How far down from before treatment: remission, response without it, or neither."""

    REMISSION = "remission"
    RESPONSE = "response"
    NO_RESPONSE = "no_response"


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What is believed about now and the days ahead.

    chance_now: state → chance that the person is in it now.   at_days: the days ahead.   waiting, with_dose: chance of
    a rating at or above the threshold on each day, without a dose and if `dose` is given, (days,).   slipped: state now
    → chance that the person has been at or above the threshold by each day without a dose, (days,); a state that hardly
    any draw is in has no entry.   prior_share: how much of all this is still the published average.
    """

    chance_now: Mapping[State, float]
    at_days: Floats
    waiting: Floats
    with_dose: Floats
    slipped: Mapping[State, Floats]
    dose: DoseAt
    prior_share: float


def outlook(
    posterior: Posterior,
    *,
    now_day: float,
    threshold: float,
    remission: float,
    dose: DoseAt | None = None,
    days: int = 28,
) -> Outlook:
    """The outlook from `now_day` for a threshold and the instrument's remission cut, both in points.

    dose: the one that is weighed; a usual one now unless given. Response is half of the state just before the first
    dose gone. Refuses a course without a dose: there is nothing to have responded to.
    """
    course = posterior.course
    if not course.doses:
        raise BadInput("no_dose", "doses", "Where someone stands is told from before their first dose: give one.")
    asked = dose or DoseAt(now_day)
    if asked.at_day < now_day:
        raise BadInput("dose_in_the_past", "dose", "The dose that is weighed is given now or later.")
    ahead = np.asarray(now_day + np.arange(1, days + 1), dtype=np.float64)
    drawn = draw_states(posterior, np.array([course.doses[0].at_day, now_day, *ahead]))
    scale = course.scale
    remitted = drawn[:, 1] <= scale.fraction(remission)
    responded = ~remitted & (drawn[:, 1] <= RESPONSE_SHARE * drawn[:, 0])
    above = np.maximum.accumulate(drawn[:, 2:] >= scale.fraction(threshold), axis=1)
    members = {State.REMISSION: remitted, State.RESPONSE: responded, State.NO_RESPONSE: ~(remitted | responded)}
    return Outlook(
        chance_now=MappingProxyType({state: float(who.mean()) for state, who in members.items()}),
        at_days=ahead,
        waiting=chances_above(posterior, threshold, ahead),
        with_dose=chances_above(posterior, threshold, ahead, (asked,)),
        slipped=MappingProxyType(
            {state: above[who].mean(axis=0) for state, who in members.items() if who.sum() >= FEWEST_DRAWS}
        ),
        dose=asked,
        prior_share=max(posterior.prior_still_talking["gain"], posterior.prior_still_talking["fade_days"]),
    )
