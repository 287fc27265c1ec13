"""What a kept forecast says of slipping: tomorrow, and so many days after a dose."""

from __future__ import annotations

from euthymia.clinic.followup.models import CourseForecast

SLIPPING_CHANCE = 0.5


def is_slipping(row: CourseForecast) -> bool:
    """More likely than not at or above the slipping score tomorrow."""
    return chance_tomorrow(row) > SLIPPING_CHANCE


def chance_tomorrow(row: CourseForecast) -> float:
    """The chance of a score at or above the slipping score tomorrow, without another dose."""
    chances: list[float] = row.result["ahead"]["chance_above"]
    return chances[0] if chances else 0.0


def chance_after_dose(row: CourseForecast | None, days: int) -> float | None:
    """The chance of a slipping score so many days after the last dose given again; None where not worked out."""
    kept = row.result.get("outlook") if row else None
    chances: list[float] = kept["with_dose"] if kept else []
    return chances[days - 1] if 1 <= days <= len(chances) else None


def days_held(row: CourseForecast | None) -> int | None:
    """For how many days the last dose given again keeps that chance within the accepted one; None where not at all."""
    kept = row.result.get("outlook") if row else None
    held: int | None = kept["held_days"] if kept else None
    return held
