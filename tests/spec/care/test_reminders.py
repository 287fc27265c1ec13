"""When a person is asked again about a check-in: by day, a few times, and not after the answer."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.reminders import Contact, NextContact, ReminderRule, after_quiet, next_contact
from euthymia.errors import BadInput

MADRID = ZoneInfo("Europe/Madrid")
RULE = ReminderRule(24, 2, time(21), time(8))
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NIGHT = "; never from 00:00 until 07:00"
LATE = NOON + timedelta(days=10)


def ask(now: datetime, *sent: datetime, due_at: datetime = NOON, **fields: Any) -> NextContact:
    return next_contact(due_at, sent, RULE, MADRID, now, **{"answered": False, "useful_until": LATE} | fields)


@pytest.mark.parametrize(
    ("now_h", "sent_h", "expected", "at_h"),
    [
        (-5, [], Contact.WAIT, 0),
        (0, [], Contact.SEND, 0),
        (3, [], Contact.SEND, 3),
        (3, [0], Contact.WAIT, 24),
        (24, [0], Contact.SEND, 24),
        (50, [0, 24], Contact.SEND, None),
        (200, [0, 24, 60], Contact.SILENT, None),
        # 22:00 in Madrid is 21:00 UTC: wait until 8 the next morning, 07:00 UTC.
        (10, [], Contact.WAIT, 20),
        (300, [], Contact.SILENT, None),
    ],
)
def test_a_message_goes_out_when_it_is_due_by_day_and_not_too_often(
    now_h: float, sent_h: list[float], expected: Contact, at_h: float | None
) -> None:
    found = ask(NOON + now_h * HOUR, *(NOON + h * HOUR for h in sent_h))
    assert found.contact is expected
    if at_h is not None:
        assert found.at == NOON + at_h * HOUR
    assert bool(found.why) == (expected is Contact.SILENT)


def test_after_the_answer_nobody_is_asked_again() -> None:
    assert ask(NOON, answered=True) == NextContact(Contact.SILENT, why="It was answered.")


def test_a_message_that_would_wait_past_its_use_is_not_sent() -> None:
    night = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
    assert ask(night, useful_until=night + HOUR).contact is Contact.SILENT


@pytest.mark.parametrize(
    ("rule", "again", "quiet"),
    [
        (RULE, "again after a day, at most twice", "; never from 21:00 until 08:00"),
        (ReminderRule(1, 1, time(0), time(0)), "again after an hour, at most once", ""),
        (
            ReminderRule(36, 3, time(0), time(7)),
            "again after 36 hours, at most 3 times",
            "; never from 00:00 until 07:00",
        ),
        (ReminderRule(72, 0, time(0), time(0)), "never again", ""),
        (ReminderRule(72, 4, time(0), time(0)), "again after 3 days, at most 4 times", ""),
    ],
)
def test_the_rule_is_one_sentence(rule: ReminderRule, again: str, quiet: str) -> None:
    assert rule.says == f"Ask when it is due and {again}, until it is answered or no longer of use{quiet}."


@pytest.mark.parametrize(
    ("again_after_h", "reminders", "path"),
    [(0.5, 1, "again_after_h"), (400, 1, "again_after_h"), (24, -1, "reminders"), (24, 6, "reminders")],
)
def test_a_rule_that_would_pester_is_refused(again_after_h: float, reminders: int, path: str) -> None:
    with pytest.raises(BadInput) as refused:
        ReminderRule(again_after_h, reminders, time(21), time(8))
    assert (refused.value.code, refused.value.path) == ("out_of_range", path)


ZONES = st.sampled_from(sorted(available_timezones() - {"localtime"})).map(ZoneInfo)
CLOCKS = st.times().map(lambda one: one.replace(second=0, microsecond=0))
INSTANTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))


@given(INSTANTS, CLOCKS, CLOCKS, ZONES)
def test_what_waits_comes_out_of_the_night_and_never_before_its_time(
    at: datetime, quiet_from: time, quiet_until: time, zone: ZoneInfo
) -> None:
    rule = ReminderRule(24, 2, quiet_from, quiet_until)
    found = after_quiet(at, rule, zone)
    assert at <= found <= at + timedelta(hours=26)
    if found != at:
        local = found.astimezone(zone)
        # Where the clocks jump over the end of the night, the first reading after it counts.
        minutes = (local.hour - quiet_until.hour) * 60 + local.minute - quiet_until.minute
        assert 0 <= minutes % (24 * 60) <= 120


@given(INSTANTS, st.lists(INSTANTS, max_size=8), st.booleans(), ZONES)
def test_no_more_messages_than_agreed_and_each_with_a_reason_to_be_silent(
    now: datetime, sent: list[datetime], answered: bool, zone: ZoneInfo
) -> None:
    found = next_contact(
        now - 3 * HOUR, sent, RULE, zone, now, answered=answered, useful_until=now + timedelta(days=10)
    )
    if answered or len(sent) > RULE.reminders:
        assert found.contact is Contact.SILENT
    if found.contact is Contact.SEND:
        assert found.at == now
    if found.contact is Contact.WAIT:
        assert found.at is not None
        assert found.at > now
