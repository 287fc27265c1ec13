"""FHIR dates and times: read with the precision they were written in, written back so that reading gives the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from euthymia.errors import DocumentError
from euthymia.interop.fhir.element import Element

# Outside these years a date in a person's record is a slip of the hand.
FIRST_YEAR, LAST_YEAR = 1850, 2150

_FORM = re.compile(
    r"(?P<year>\d{4})(-(?P<month>\d{2})(-(?P<day>\d{2})"
    r"(T(?P<clock>\d{2}:\d{2}:\d{2})(?P<fraction>\.\d+)?(?P<zone>Z|[+-]\d{2}:\d{2}))?)?)?"
)


class Precision(StrEnum):
    """How much of a time was stated. A year is not the first of January."""

    YEAR = "year"
    MONTH = "month"
    DAY = "day"
    INSTANT = "instant"


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was: `at` is the beginning of the stated year, month or day (UTC), or the instant itself."""

    at: datetime
    precision: Precision

    @property
    def latest(self) -> datetime:
        """The last instant the statement can mean."""
        if self.precision is Precision.INSTANT:
            return self.at
        if self.precision is Precision.DAY:
            end = self.at + timedelta(days=1)
        elif self.precision is Precision.MONTH:
            end = (self.at + timedelta(days=31)).replace(day=1)
        else:
            end = self.at.replace(year=self.at.year + 1)
        return end - timedelta(microseconds=1)


def read_moment(element: Element) -> Moment:
    """A FHIR dateTime of any precision; refuses an impossible one (`impossible_date`)."""
    text = element.text()
    found = _FORM.fullmatch(text)
    if found is None:
        message = f"'{text[:40]}' is not a FHIR date: YYYY, YYYY-MM, YYYY-MM-DD, or with a time and its zone."
        raise element.refuse("impossible_date", message)
    year, month, day = (int(found[name] or 1) for name in ("year", "month", "day"))
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise element.refuse("impossible_date", f"The year {year} cannot be meant. Check the date.")
    try:
        if found["clock"]:
            fraction = (found["fraction"] or "")[:7]
            at = datetime.fromisoformat(
                f"{text[:10]}T{found['clock']}{fraction.ljust(7, '0') if fraction else ''}+00:00"
            )
            return Moment(at - _offset(found["zone"]), Precision.INSTANT)
        at = datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        raise element.refuse("impossible_date", f"'{text[:40]}' is no day or time of the calendar.") from None
    if found["day"]:
        return Moment(at, Precision.DAY)
    return Moment(at, Precision.MONTH if found["month"] else Precision.YEAR)


def read_day(element: Element) -> date | None:
    """A whole date, or None where only a month or a year is stated; refuses a time."""
    moment = read_moment(element)
    if moment.precision is Precision.INSTANT:
        raise element.refuse("wrong_type", "A date without a time is expected here.")
    return moment.at.date() if moment.precision is Precision.DAY else None


def read_instant(element: Element) -> datetime:
    """An exact time; refuses a bare date."""
    moment = read_moment(element)
    if moment.precision is not Precision.INSTANT:
        raise element.refuse("no_time", "A time with its zone is needed here, not only a date.")
    return moment.at


def instant_text(at: datetime, path: str) -> str:
    """A time as FHIR writes it, in UTC; refuses a time without a zone (DocumentError)."""
    if at.tzinfo is None:
        raise DocumentError("no_zone", path, "A time needs its zone.")
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _offset(zone: str) -> timedelta:
    if zone == "Z":
        return timedelta()
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 14 or minutes > 59:
        raise ValueError("no such zone")
    ahead = timedelta(hours=hours, minutes=minutes)
    return -ahead if zone[0] == "-" else ahead
