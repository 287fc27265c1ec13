"""The severity of many persons on the same days of one course, asked again and again while it is learned from.

What doses left behind differs between persons only by how fast it fades. So it is worked out once for fadings that lie
close together, and a person's own is read between the four next to it: the same numbers to within `READ_WITHIN`.
"""

from __future__ import annotations

import math

import numpy as np

from euthymia.errors import BadInput
from euthymia.response.course import Course
from euthymia.response.model import Persons, drug_levels, other_shares, row_blocks, severity_of
from euthymia.response.prior import Floats, Prior, Shape

NODES = 1024
# As far from the middle as anybody is looked for, in standard deviations: further out, the outermost fading is read.
FURTHEST = 8.0
READ_WITHIN = 1e-7


class RepeatedSeverity:
    """Severity on the days of a course's scores, as `severity` gives it."""

    def __init__(self, course: Course, prior: Prior) -> None:
        days = np.array([score.at_day for score in course.scores])
        fade = prior.trait("fade_days")
        if fade.shape is not Shape.LOG:
            raise BadInput("prior_shape", "fade_days", "How fast relief fades is spread on a scale of ratios.")
        self.effects = prior.effects
        self.shares = other_shares(course.doses, days, prior.effects, course.oral)
        self.first = math.log(fade.middle) - FURTHEST * fade.total_spread
        self.step = 2 * FURTHEST * fade.total_spread / (NODES - 1)
        nodes = np.exp(self.first + self.step * np.arange(NODES))
        self.table = drug_levels(nodes, course.doses, days, prior.effects)

    def __call__(self, persons: Persons) -> Floats:
        """(persons, times)."""
        return severity_of(self._levels(persons.fade_days), self.shares, persons, self.effects)

    def _levels(self, fade_days: Floats) -> Floats:
        """By the cubic through the two nodes on either side, (times, persons)."""
        place = np.clip((np.log(fade_days) - self.first) / self.step, 1.0, NODES - 2.0)
        node = np.minimum(place.astype(np.intp), NODES - 3)
        t = place - node
        before, after = t * (t - 1), (t + 1) * (t - 2)
        weights = (before * (2 - t) / 6, after * (t - 1) / 2, after * t / -2, before * (t + 1) / 6)
        levels = np.empty((len(self.table), fade_days.size))
        for rows in row_blocks(*levels.shape):
            near = self.table[rows]
            np.multiply(np.take(near, node - 1, axis=1), weights[0], out=levels[rows])
            for nearby, weight in enumerate(weights[1:]):
                part = np.take(near, node + nearby, axis=1)
                part *= weight
                levels[rows] += part
        return levels
