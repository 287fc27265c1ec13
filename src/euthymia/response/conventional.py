"""How fast a tablet taken daily lowered scores in a published trial, as a share of the score before it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from euthymia.errors import BadInput
from euthymia.response.load import read_data

# What somebody here has seen in the paper, its tables or its data; a number that is only remembered is not shown.
SEEN = ("read", "abstract")
PROVENANCES = (*SEEN, "memory")
# Half the width of a 95 % interval in standard errors.
NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class MeanLeft:
    """What was left of the mean score on a day, in percent of the mean before the first tablet, with its 95 % interval.

    people: how many were rated on that day.
    """

    at_day: float
    left_pct: float
    low_pct: float
    high_pct: float
    people: int


@dataclass(frozen=True, slots=True)
class PublishedCourse:
    """The mean course of one published group, from 100 % on day 0, and what a reader must know before believing it."""

    name: str
    scale: str
    people: int
    population: str
    source: str
    rated: tuple[MeanLeft, ...]


def antidepressant_course() -> PublishedCourse | None:
    """The shipped course of a conventional antidepressant; None where its numbers were not seen in a source."""
    return published_course(read_data("antidepressant_onset"))


def published_course(data: Mapping[str, Any]) -> PublishedCourse | None:
    """A course from plain values in the shape of the shipped file; None when they are only remembered.

    Refuses a provenance nobody knows, a baseline that is not above 0 and days that do not increase.
    """
    card = data["course"]
    if card["provenance"] not in PROVENANCES:
        raise BadInput("unknown_provenance", "course.provenance", f"Use one of: {', '.join(PROVENANCES)}.")
    if card["provenance"] not in SEEN:
        return None
    before = float(card["baseline_mean"])
    days = [0.0, *(float(row["at_day"]) for row in data["rated"])]
    if not before > 0:
        raise BadInput("baseline", "course.baseline_mean", "A share of the score before needs one above 0.")
    if sorted(set(days)) != days:
        raise BadInput("days", "rated", "Rated days must be after day 0 and increase.")
    rated = tuple(_mean_left(row, before) for row in data["rated"])
    return PublishedCourse(card["name"], card["scale"], int(card["people"]), card["population"], card["source"], rated)


def _mean_left(row: Mapping[str, Any], before: float) -> MeanLeft:
    left = before + float(row["change"])
    either_side = NORMAL_95 * float(row["sd"]) / math.sqrt(row["people"])
    return MeanLeft(
        at_day=float(row["at_day"]),
        left_pct=100 * left / before,
        low_pct=100 * (left - either_side) / before,
        high_pct=100 * (left + either_side) / before,
        people=int(row["people"]),
    )
