"""Chances, counts and days as a person says them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

LEAST, MOST = 0.01, 0.99


def chance_words(chance: float) -> str:
    """A chance in percent; a model is never as sure as 0 % or 100 % would sound."""
    if chance > MOST:
        return "over 99 %"
    if chance < LEAST:
        return "under 1 %"
    return f"{chance:.0%}"


def many(number: int, noun: str) -> str:
    """A count with its noun: 1 day, 14 days."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def proposed_day(at: datetime, now: datetime, zone: tzinfo) -> str:
    """The day a dose is proposed for, on the clinic's calendar: due now, tomorrow, or a date."""
    days = (at.astimezone(zone).date() - now.astimezone(zone).date()) // timedelta(days=1)
    if days <= 0:
        return "due now"
    return "proposed for tomorrow" if days == 1 else f"proposed for {at.astimezone(zone):%d %B}"
