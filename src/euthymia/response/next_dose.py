"""When the next dose is due: the longest interval that holds, and a proposal with its reason.

A proposal is a value for a clinician to weigh. It knows nothing of limits, protocols or diaries; those tighten it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from euthymia.errors import BadInput
from euthymia.response.course import DoseAt
from euthymia.response.forecast import chances_above
from euthymia.response.learn import Posterior
from euthymia.response.prior import Floats

HORIZON_DAYS = 84


class WhyThen(StrEnum):
    """Why this day: what the forecast said."""

    BEFORE_SLIPPING = "before_slipping"
    ALREADY_SLIPPED = "already_slipped"
    HOLDS_TO_HORIZON = "holds_to_horizon"
    NOT_ENOUGH_KNOWN = "not_enough_known"


@dataclass(frozen=True, slots=True)
class NextDose:
    """A proposed day with its window and the chance that made it.

    at_day: last whole day on which the chance of a score at or above the threshold is still accepted; None when there
    is nothing to base a day on.   window_days: the day for half and for one and a half times the accepted risk.
    chance_at_day / chance_if_a_week_later: the chances on that day and seven days on without a dose.
    prior_share: how much of the answer is still the published average (1: all of it).
    """

    at_day: float | None
    window_days: tuple[float, float] | None
    why: WhyThen
    threshold: float
    accepted_risk: float
    chance_now: float
    chance_at_day: float | None
    chance_if_a_week_later: float | None
    prior_share: float
    says: str


def longest_interval_that_holds(
    posterior: Posterior,
    threshold: float,
    accepted_risk: float,
    *,
    next_dose: DoseAt | None = None,
    horizon_days: int = HORIZON_DAYS,
) -> int | None:
    """Whole days after a dose for which the chance of a score at or above `threshold` stays within `accepted_risk`.

    Counted from the latest dose of the course, or from `next_dose` when one is planned; the first day is allowed for
    the relief to arrive. None when not even the first day holds; `horizon_days` when every day looked at holds.
    Refuses a course without any dose.
    """
    planned = (next_dose,) if next_dose else ()
    doses = (*posterior.course.doses, *planned)
    if not doses:
        raise BadInput("no_dose", "doses", "An interval is counted from a dose: give one, or plan one.")
    start = max(dose.at_day for dose in doses)
    chances = _chances(posterior, start, threshold, horizon_days, planned)
    held = _last_day_within(chances, _checked_risk(accepted_risk))
    return None if held is None else held + 1


def propose_next_dose(
    posterior: Posterior,
    *,
    now_day: float,
    threshold: float,
    accepted_risk: float = 0.2,
    horizon_days: int = HORIZON_DAYS,
) -> NextDose:
    """The day before the curve crosses, seen from `now_day`, with a window and the reason.

    Already above the accepted risk today: proposes `now_day`. Without a dose or a score in the course there is no
    personal curve, so no day is given.
    """
    risk = _checked_risk(accepted_risk)
    # chances[d] is d days from now; a week more than the horizon, to say what waiting would mean.
    chances = _chances(posterior, now_day - 1, threshold, horizon_days + 8, ())
    held, why = _held(posterior, chances[: horizon_days + 1], risk)
    window = None if held is None else _window(chances[: horizon_days + 1], held, risk)
    at_chance = None if held is None else float(chances[held])
    later = None if held is None else float(chances[held + 7])
    return NextDose(
        at_day=None if held is None else now_day + held,
        window_days=None if window is None else (now_day + window[0], now_day + window[1]),
        why=why,
        threshold=threshold,
        accepted_risk=risk,
        chance_now=float(chances[0]),
        chance_at_day=at_chance,
        chance_if_a_week_later=later,
        prior_share=max(posterior.prior_still_talking["gain"], posterior.prior_still_talking["fade_days"]),
        says=_says(why, held, risk, at_chance, later),
    )


def _held(posterior: Posterior, chances: Floats, risk: float) -> tuple[int | None, WhyThen]:
    if not posterior.course.doses or not posterior.course.scores:
        return None, WhyThen.NOT_ENOUGH_KNOWN
    held = _last_day_within(chances, risk)
    if held is None:
        return 0, WhyThen.ALREADY_SLIPPED
    return held, WhyThen.HOLDS_TO_HORIZON if held == chances.size - 1 else WhyThen.BEFORE_SLIPPING


def _window(chances: Floats, held: int, risk: float) -> tuple[int, int]:
    early = _last_day_within(chances, risk / 2)
    late = _last_day_within(chances, min(0.95, risk * 1.5))
    return min(held, early or 0), max(held, late or 0)


def _last_day_within(chances: Floats, risk: float) -> int | None:
    """Index of the last day before the chance first exceeds the risk; None when it does so on the first."""
    over = np.flatnonzero(chances > risk)
    if not over.size:
        return int(chances.size) - 1
    return int(over[0]) - 1 if over[0] else None


def _says(why: WhyThen, held: int | None, risk: float, at_chance: float | None, later: float | None) -> str:
    match why:
        case WhyThen.NOT_ENOUGH_KNOWN:
            return "No dose or no score yet: there is no personal curve to time a dose by."
        case WhyThen.ALREADY_SLIPPED:
            return f"The chance of a score at or above the threshold is already over the accepted {risk:.0%}."
        case WhyThen.HOLDS_TO_HORIZON:
            return f"The chance stays within the accepted {risk:.0%} for all {held} days looked at."
        case WhyThen.BEFORE_SLIPPING:
            return (
                f"In {held} days the chance of a score at or above the threshold is {at_chance:.0%}, the most that is "
                f"accepted is {risk:.0%}; a week later it would be {later:.0%}."
            )


def _chances(
    posterior: Posterior, start: float, threshold: float, horizon_days: int, planned: tuple[DoseAt, ...]
) -> Floats:
    days = start + np.arange(1, horizon_days + 1)
    return chances_above(posterior, threshold, days, planned)


def _checked_risk(accepted_risk: float) -> float:
    if not 0 < accepted_risk < 1:
        raise BadInput("accepted_risk", "accepted_risk", "An accepted risk lies between 0 and 1, e.g. 0.2.")
    return accepted_risk
