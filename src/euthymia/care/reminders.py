"""When a person is asked again: never at night, never after the answer, never more often than was agreed.

How often and when is a clinic's own choice about messages, not a clinical limit; the clinic sets it and signs for it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from euthymia.errors import BadInput

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MOST_REMINDERS = 5


@dataclass(frozen=True, slots=True)
class ReminderRule:
    """A first message when a check-in is due, then up to `reminders` more, each `again_after_h` after the last one;
    nothing from `quiet_from` until `quiet_until` on the person's clock. Equal times mean there is no quiet stretch."""

    again_after_h: float
    reminders: int
    quiet_from: time
    quiet_until: time

    def __post_init__(self) -> None:
        if not 1 <= self.again_after_h <= 24 * 14:
            raise BadInput("out_of_range", "again_after_h", "Remind again after 1 hour to 14 days.")
        if not 0 <= self.reminders <= MOST_REMINDERS:
            raise BadInput("out_of_range", "reminders", f"Send 0 to {MOST_REMINDERS} reminders.")

    @property
    def says(self) -> str:
        """The whole rule in one sentence."""
        again = "and never again" if not self.reminders else f"and again after {self._gap}, at most {self._times}"
        quiet = "" if self.quiet_from == self.quiet_until else self._quiet
        return f"Ask when it is due {again}, until it is answered or no longer of use{quiet}."

    @property
    def _gap(self) -> str:
        days = self.again_after_h / 24
        if days == int(days):
            return "a day" if days == 1 else f"{days:g} days"
        return "an hour" if self.again_after_h == 1 else f"{self.again_after_h:g} hours"

    @property
    def _times(self) -> str:
        return {1: "once", 2: "twice"}.get(self.reminders, f"{self.reminders} times")

    @property
    def _quiet(self) -> str:
        return f"; never from {self.quiet_from:%H:%M} until {self.quiet_until:%H:%M}"


class Contact(StrEnum):
    """`wait` has a time; `silent` says why no message will go out any more."""

    SEND = "send"
    WAIT = "wait"
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class NextContact:
    """What becomes of one check-in: `at` is the instant of the message, `why` says why there is none any more."""

    contact: Contact
    at: datetime | None = None
    why: str = ""


def next_contact(
    due_at: datetime,
    sent: Iterable[datetime],
    rule: ReminderRule,
    zone: ZoneInfo,
    now: datetime,
    *,
    answered: bool,
    useful_until: datetime,
) -> NextContact:
    """Whether a message about one check-in goes out at `now`, or when, or why never again.

    sent: when messages about it went out (or may have gone out). useful_until: an answer after it helps nobody.
    """
    if answered:
        return NextContact(Contact.SILENT, why="It was answered.")
    earlier = sorted(sent)
    if len(earlier) > rule.reminders:
        return NextContact(Contact.SILENT, why="As many messages went out as were agreed.")
    wanted = due_at if not earlier else max(due_at, earlier[-1] + rule.again_after_h * HOUR)
    at = after_quiet(max(wanted, now), rule, zone)
    if at >= useful_until:
        return NextContact(Contact.SILENT, why="An answer would come too late to be of use.")
    return NextContact(Contact.SEND, at) if at <= now else NextContact(Contact.WAIT, at)


def after_quiet(at: datetime, rule: ReminderRule, zone: ZoneInfo) -> datetime:
    """`at`, or where that lies in the quiet stretch on the clock of this zone, the instant it ends."""
    local = at.astimezone(zone)
    if not _is_quiet(local.time(), rule):
        return at
    over = local.replace(hour=rule.quiet_until.hour, minute=rule.quiet_until.minute, second=0, microsecond=0, fold=0)
    if over <= local:
        over = (over + DAY).replace(fold=0)
    # Where clocks go back an hour, the same reading may come twice; the instant must not lie before `at`.
    instant = over.astimezone(at.tzinfo)
    return instant if instant > at else over.replace(fold=1).astimezone(at.tzinfo)


def _is_quiet(reading: time, rule: ReminderRule) -> bool:
    if rule.quiet_from == rule.quiet_until:
        return False
    if rule.quiet_from < rule.quiet_until:
        return rule.quiet_from <= reading < rule.quiet_until
    return reading >= rule.quiet_from or reading < rule.quiet_until
