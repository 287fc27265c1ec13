"""A person's course: the scores they gave and the doses they had, on one clock of days.

Day 0 is whatever the caller chooses (usually the first dose); only differences matter. A score is higher when the
person is worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from euthymia.errors import BadInput


@dataclass(frozen=True, slots=True)
class Scale:
    """The instrument the scores are on and its lowest and highest total; higher is worse."""

    instrument: str
    minimum: float
    maximum: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.minimum) and math.isfinite(self.maximum) and self.maximum > self.minimum):
            raise BadInput("scale_range", "scale", "A scale needs a finite minimum below its maximum.")

    @property
    def width(self) -> float:
        return self.maximum - self.minimum

    def fraction(self, points: float) -> float:
        """Where a total lies on the scale, 0 (best) to 1 (worst)."""
        return (points - self.minimum) / self.width


@dataclass(frozen=True, slots=True)
class ScoreAt:
    """A total score on a day. `instrument` may be left empty; when given it must be the course's."""

    at_day: float
    value: float
    instrument: str = ""


@dataclass(frozen=True, slots=True)
class DoseAt:
    """A treatment session on a day.

    relative_dose: 1 is racemic ketamine 0.5 mg/kg into a vein over 40 min (see `relative_dose`); 0 is a session
    without active drug, which still carries expectancy.
    """

    at_day: float
    relative_dose: float = 1.0
    drug: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class OralCourse:
    """An oral antidepressant taken from one day to another (infinity: still taken)."""

    from_day: float
    to_day: float = math.inf


@dataclass(frozen=True, slots=True)
class Course:
    """Scores and doses of one person on one scale, each in time order (sorted here if they were not).

    oral: antidepressants begun while the scores were taken; one taken unchanged throughout is part of the baseline.
    blinded: True only where the person did not know whether a session brought the drug (a trial).

    Refuses a day or value that is not finite, a score outside the scale or on another instrument, and two doses at
    one instant.
    """

    scale: Scale
    scores: tuple[ScoreAt, ...] = ()
    doses: tuple[DoseAt, ...] = ()
    oral: tuple[OralCourse, ...] = ()
    blinded: bool = False

    def __post_init__(self) -> None:
        for index, score in enumerate(self.scores):
            _check_score(score, self.scale, f"scores[{index}]")
        for index, dose in enumerate(self.doses):
            _check_dose(dose, f"doses[{index}]")
        for index, taken in enumerate(self.oral):
            _check_oral(taken, f"oral[{index}]")
        object.__setattr__(self, "scores", tuple(sorted(self.scores, key=lambda score: score.at_day)))
        object.__setattr__(self, "doses", tuple(sorted(self.doses, key=lambda dose: dose.at_day)))
        if any(first.at_day == second.at_day for first, second in pairwise(self.doses)):
            raise BadInput("two_doses_at_once", "doses", "Two doses at one instant: merge them or correct the times.")

    @property
    def last_day(self) -> float:
        """The day of the latest score or dose; 0 when there is neither."""
        days = [score.at_day for score in self.scores] + [dose.at_day for dose in self.doses]
        return max(days, default=0.0)


def _check_score(score: ScoreAt, scale: Scale, path: str) -> None:
    if not (math.isfinite(score.at_day) and math.isfinite(score.value)):
        raise BadInput("not_finite", path, "A score needs a finite day and a finite value.")
    if score.instrument and score.instrument != scale.instrument:
        raise BadInput(
            "other_instrument",
            f"{path}.instrument",
            f"This course is on {scale.instrument}; put {score.instrument} scores in a course of their own.",
        )
    if not scale.minimum <= score.value <= scale.maximum:
        raise BadInput(
            "score_out_of_range",
            f"{path}.value",
            f"{score.value:g} is outside {scale.instrument} ({scale.minimum:g} to {scale.maximum:g}).",
        )


def _check_dose(dose: DoseAt, path: str) -> None:
    if not (math.isfinite(dose.at_day) and math.isfinite(dose.relative_dose)):
        raise BadInput("not_finite", path, "A dose needs a finite day and a finite relative dose.")
    if not 0 <= dose.relative_dose <= 10:
        raise BadInput(
            "relative_dose_out_of_range",
            f"{path}.relative_dose",
            f"{dose.relative_dose:g} times the usual dose cannot be meant: give 0 to 10, where 1 is 0.5 mg/kg IV.",
        )


def _check_oral(taken: OralCourse, path: str) -> None:
    if not math.isfinite(taken.from_day) or not taken.to_day > taken.from_day:
        raise BadInput("oral_days", path, "An oral antidepressant needs a finite first day and a later last one.")
