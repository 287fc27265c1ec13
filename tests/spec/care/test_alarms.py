"""What an alarm does when conditions come and go and people act, told in seconds after nine o'clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.alarm_acts import may_act
from euthymia.care.alarms import (
    SETTLES_AFTER,
    SILENCE_FOR,
    Act,
    ActKind,
    Alarm,
    Escalation,
    Key,
    Mark,
    Origin,
    Standing,
    Tier,
    Turn,
    alarms,
    key_from,
    tier_of,
    without_implied,
)
from euthymia.care.decision import Allowed, CannotTell, Level, Reason, Refused, missing_of, reasons_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
STREAMED = Key("during_systolic_stop", "systolic_mmhg", Origin.MONITOR)
TYPED = Key("during_systolic_stop", "systolic_mmhg", Origin.TYPED)
SETTLED_S = SETTLES_AFTER.total_seconds()
SILENCE_S = SILENCE_FOR.total_seconds()


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def mark(
    turn: Turn,
    seconds: float,
    *,
    known: float | None = None,
    key: Key = TYPED,
    tier: Tier = Tier.HIGH,
    late: bool = False,
) -> Mark:
    known_at = at(seconds if known is None else known)
    says = "194 mmHg is above 190 mmHg."
    return Mark(
        f"{turn.value} {key.text} {seconds:g}", key, turn, at(seconds), known_at, tier, 194.0, 190.0, "", says, late
    )


def raised(seconds: float, **more: object) -> Mark:
    return mark(Turn.RAISED, seconds, **more)  # type: ignore[arg-type]


def ended(seconds: float, **more: object) -> Mark:
    return mark(Turn.ENDED, seconds, **more)  # type: ignore[arg-type]


def act(kind: ActKind, seconds: float, *seen: Mark, by: str = "Nurse Ada", **more: object) -> Act:
    until = at(seconds) + SILENCE_FOR if kind is ActKind.SILENCED else None
    ids = frozenset(one.id for one in seen)
    return Act(f"{kind.value} {seconds:g}", kind, seen[0].key, at(seconds), by, ids, until, **more)  # type: ignore[arg-type]


def ack(seconds: float, *seen: Mark, **more: object) -> Act:
    return act(ActKind.ACKNOWLEDGED, seconds, *seen, **more)


def standing(marks: list[Mark], acts: list[Act], seconds: float, **more: object) -> Standing | None:
    """How the one alarm stands; None when there is none."""
    found = alarms(marks, acts, at(seconds), **more)  # type: ignore[arg-type]
    assert len(found) < 2
    return found[0].standing if found else None


# The tier


@pytest.mark.parametrize(
    ("rule", "level", "tier"),
    [
        ("during_systolic_stop", Level.STOP, Tier.HIGH),
        ("during_systolic_call", Level.HOLD, Tier.MEDIUM),
        ("check_overdue", Level.HOLD, Tier.MEDIUM),
        ("severe_side_effect", Level.HOLD, Tier.HIGH),
        ("anything", Level.FLAG, None),
    ],
)
def test_the_tier_follows_from_the_level_of_the_broken_rule(rule: str, level: Level, tier: Tier | None) -> None:
    assert tier_of(Reason(rule, level, "fact")) is tier


def test_a_key_is_read_back_from_its_text() -> None:
    assert key_from(STREAMED.text) == STREAMED
    with pytest.raises(ValueError):
        key_from("only|two")


# The life of a high alarm


FIRST = raised(10)
OVER = ended(20)
SEEN, DONE = ack(15, FIRST), act(ActKind.RESOLVED, 40, FIRST, reason="Cuff moved")


@pytest.mark.parametrize(
    ("marks", "acts", "seconds", "expected"),
    [
        ([], [], 10, None),
        ([FIRST], [], 10, Standing.RINGING),
        ([FIRST], [], 86_400, Standing.RINGING),
        ([FIRST], [SEEN], 16, Standing.SEEN),
        ([FIRST, OVER], [], 21, Standing.LATCHED),
        ([FIRST, OVER], [], 86_400, Standing.LATCHED),
        ([FIRST, OVER], [SEEN], 21, Standing.TO_CLOSE),
        ([FIRST, OVER], [ack(30, FIRST)], 31, Standing.TO_CLOSE),
        ([FIRST, OVER], [SEEN, DONE], 41, None),
        ([FIRST, OVER, raised(50)], [SEEN, DONE], 51, Standing.RINGING),
        ([FIRST, OVER, raised(30)], [SEEN], 31, Standing.RINGING),
    ],
    ids=[
        "nothing",
        "rings at once",
        "rings until somebody comes",
        "seen and still on",
        "over but not seen",
        "latched however long",
        "seen, then over: what was done is still to be said",
        "over, then seen",
        "closed",
        "comes again after it was closed",
        "comes again after it was seen",
    ],
)
def test_a_high_alarm_stays_until_it_is_over_and_answered(
    marks: list[Mark], acts: list[Act], seconds: float, expected: Standing | None
) -> None:
    assert standing(marks, acts, seconds) is expected


@pytest.mark.parametrize(
    ("marks", "acts", "seconds", "expected"),
    [
        ([raised(10, tier=Tier.MEDIUM)], [], 11, Standing.RINGING),
        ([raised(10, tier=Tier.MEDIUM)], [ack(11, raised(10))], 12, Standing.SEEN),
        ([raised(10, tier=Tier.MEDIUM), ended(20, tier=Tier.MEDIUM)], [], 20, None),
        ([raised(10, tier=Tier.MEDIUM, known=30), ended(20, tier=Tier.MEDIUM)], [], 31, Standing.LATCHED),
        ([raised(10, tier=Tier.MEDIUM, known=30), ended(20, tier=Tier.MEDIUM)], [ack(32, raised(10))], 33, None),
    ],
    ids=["rings", "seen", "goes by itself", "was over before it was known", "and has been seen"],
)
def test_a_medium_alarm_goes_by_itself_unless_nobody_could_have_seen_it(
    marks: list[Mark], acts: list[Act], seconds: float, expected: Standing | None
) -> None:
    assert standing(marks, acts, seconds) is expected


# Order, lateness, doubles


def test_a_late_normal_reading_ends_nothing_that_was_seen_after_it() -> None:
    assert standing([raised(100), ended(50, known=200)], [], 201) is Standing.RINGING


def test_a_late_abnormal_reading_rings_and_says_that_it_came_late() -> None:
    first = [raised(10), ended(20)]
    acts = [ack(15, raised(10)), act(ActKind.RESOLVED, 40, raised(10), reason="ok")]
    late = raised(30, known=900, late=True)
    (alarm,) = alarms([*first, late, ended(35)], acts, at(901))
    assert (alarm.standing, alarm.late, alarm.since) == (Standing.LATCHED, True, at(30))


def test_a_late_beginning_within_a_stretch_that_was_acknowledged_rings_again() -> None:
    late = raised(15, known=60, late=True, key=STREAMED)
    marks = [raised(10, key=STREAMED), ended(12, key=STREAMED), late]
    assert standing(marks, [ack(40, raised(10, key=STREAMED))], 61) is Standing.RINGING


def test_a_new_stretch_rings_on_when_a_sample_from_before_it_joins_it_to_one_that_was_acknowledged() -> None:
    first, over = raised(10, key=STREAMED), ended(12, key=STREAMED)
    second = raised(25, known=25, key=STREAMED)
    marks, acts = [first, over, second], [ack(15, first)]
    assert standing(marks, acts, 26) is Standing.RINGING
    between = [raised(20, known=26, key=STREAMED), ended(21, known=26, key=STREAMED)]
    assert standing([*marks, *between], acts, 27) is Standing.RINGING


@pytest.mark.parametrize("again", [1, 2, 5])
def test_the_same_mark_and_the_same_act_again_change_nothing(again: int) -> None:
    marks, acts = [FIRST, OVER], [SEEN]
    assert alarms(marks * again, acts * again, at(50)) == alarms(marks, acts, at(50))


def test_at_one_instant_a_beginning_counts_more_than_an_end() -> None:
    assert standing([raised(10), ended(20), raised(20)], [], 21) is Standing.RINGING


# The monitor's value that rests on its limit


def test_a_streamed_condition_is_over_once_it_has_settled() -> None:
    marks = [raised(10, key=STREAMED, tier=Tier.MEDIUM), ended(20, key=STREAMED, tier=Tier.MEDIUM)]
    assert standing(marks, [], 20 + SETTLED_S - 0.1) is Standing.RINGING
    assert standing(marks, [], 20 + SETTLED_S) is None


def test_a_crossing_within_the_settling_is_the_same_alarm() -> None:
    first, back = raised(10, key=STREAMED), raised(20 + SETTLED_S, key=STREAMED)
    marks = [first, ended(20, key=STREAMED), back]
    assert standing(marks, [ack(15, first)], 20 + SETTLED_S) is Standing.SEEN
    later = raised(20.1 + SETTLED_S, key=STREAMED)
    assert standing([*marks[:2], later], [ack(15, first)], 40) is Standing.RINGING


# Silence


def test_a_silence_takes_the_sound_and_never_the_light_and_ends_by_itself() -> None:
    quiet = act(ActKind.SILENCED, 20, FIRST)
    (alarm,) = alarms([FIRST], [quiet], at(21))
    assert (alarm.sounds, alarm.flashes, alarm.silenced_until) == (False, True, at(20 + SILENCE_S))
    assert standing([FIRST], [quiet], 20 + SILENCE_S - 0.1) is Standing.SILENCED
    assert standing([FIRST], [quiet], 20 + SILENCE_S) is Standing.RINGING


def test_a_condition_that_comes_again_breaks_the_silence() -> None:
    quiet = act(ActKind.SILENCED, 20, FIRST)
    assert standing([FIRST, ended(25), raised(30)], [quiet], 31) is Standing.RINGING


def test_another_limit_that_breaks_sounds_although_the_first_is_silenced() -> None:
    worse = replace(raised(30), id="worse", key=Key("during_diastolic_stop", "diastolic_mmhg", Origin.TYPED))
    found = alarms([FIRST, worse], [act(ActKind.SILENCED, 20, FIRST)], at(31))
    assert [(alarm.key.rule, alarm.sounds) for alarm in found] == [
        ("during_systolic_stop", False),
        ("during_diastolic_stop", True),
    ]


def test_a_silence_that_was_undone_is_over_and_another_may_be_given() -> None:
    quiet = act(ActKind.SILENCED, 20, FIRST)
    undone = replace(act(ActKind.UNSILENCED, 30, FIRST), seen=frozenset({FIRST.id, quiet.id}))
    assert standing([FIRST], [quiet, undone], 31) is Standing.RINGING
    assert standing([FIRST], [quiet, undone, act(ActKind.SILENCED, 40, FIRST)], 41) is Standing.SILENCED


@pytest.mark.parametrize("now_s", [19, -3600, -86_400])
def test_a_clock_that_was_set_back_before_the_silence_ends_it(now_s: float) -> None:
    assert standing([FIRST], [act(ActKind.SILENCED, 20, FIRST)], now_s) is Standing.RINGING


def test_a_clock_that_was_set_back_never_makes_a_silence_longer() -> None:
    quiet, heard_at = act(ActKind.SILENCED, 20, FIRST), at(20 + SILENCE_S)
    assert standing([FIRST], [quiet], 30, heard_at=heard_at) is Standing.RINGING
    later = raised(20 + SILENCE_S, key=STREAMED)
    (typed, streamed) = sorted(
        alarms([FIRST, later], [quiet], at(30)), key=lambda alarm: alarm.key.origin, reverse=True
    )
    assert (typed.standing, streamed.standing) == (Standing.RINGING, Standing.RINGING)


def test_a_clock_that_was_set_back_hides_no_alarm_and_takes_no_acknowledgement_for_a_new_one() -> None:
    assert standing([FIRST], [], -3600) is Standing.RINGING
    # Acknowledged before the clock was set back; what came then was recorded "earlier".
    again = raised(5, known=5)
    assert standing([FIRST, ended(20), again, ended(7)], [SEEN], 8) is Standing.LATCHED


# Owner, escalation, closing


def test_the_last_who_took_it_owns_it() -> None:
    mine = [act(ActKind.OWNER_TAKEN, 11, FIRST, by="Ada"), act(ActKind.OWNER_TAKEN, 12, FIRST, by="Ben")]
    (alarm,) = alarms([FIRST], mine, at(13))
    assert alarm.owner == "Ben"


CALL = Escalation(timedelta(seconds=60), "the prescriber on duty", "house rule 7")


def test_without_a_rule_an_alarm_says_that_nobody_set_an_escalation() -> None:
    (alarm,) = alarms([FIRST], [], at(86_400))
    assert (alarm.escalation_open, alarm.escalated_at, alarm.escalates_at) == (True, None, None)


@pytest.mark.parametrize(
    ("seconds", "escalates", "escalated"), [(11, at(70), None), (69.9, at(70), None), (70, None, at(70))]
)
def test_unacknowledged_it_goes_where_the_clinic_said(
    seconds: float, escalates: datetime | None, escalated: datetime | None
) -> None:
    (alarm,) = alarms([FIRST], [], at(seconds), escalations={Tier.HIGH: CALL})
    assert (alarm.escalation_open, alarm.escalates_at, alarm.escalated_at) == (False, escalates, escalated)
    assert alarm.escalated_to == "the prescriber on duty"


def test_acknowledged_it_is_not_escalated_by_itself() -> None:
    (alarm,) = alarms([FIRST], [SEEN], at(900), escalations={Tier.HIGH: CALL})
    assert (alarm.escalated_at, alarm.escalates_at) == (None, None)


def test_a_person_may_escalate_and_says_to_whom() -> None:
    asked = act(ActKind.ESCALATED, 12, FIRST, to="Dr Lead")
    (alarm,) = alarms([FIRST], [asked], at(13))
    assert (alarm.escalated_at, alarm.escalated_to) == (at(12), "Dr Lead")


def one(marks: list[Mark], acts: list[Act], seconds: float) -> Alarm:
    (alarm,) = alarms(marks, acts, at(seconds))
    return alarm


def test_an_alarm_that_is_over_cannot_be_acted_on() -> None:
    for kind in ActKind:
        decision = may_act(kind, None)
        assert isinstance(decision, Refused)
        assert [reason.rule for reason in reasons_of(decision)] == ["alarm_over"]


def test_closing_asks_that_it_is_over_that_it_was_seen_and_for_words() -> None:
    on = may_act(ActKind.RESOLVED, one([FIRST], [], 11))
    assert {reason.rule for reason in reasons_of(on)} == {"alarm_still_on", "alarm_not_seen"}
    assert [missing.needed_by for missing in missing_of(on)] == ["alarm_closing"]
    unspoken = may_act(ActKind.RESOLVED, one([FIRST, OVER], [SEEN], 30), reason="  ")
    assert isinstance(unspoken, CannotTell)
    assert isinstance(may_act(ActKind.RESOLVED, one([FIRST, OVER], [SEEN], 30), reason="Cuff moved"), Allowed)


def test_a_medium_alarm_is_closed_with_a_name_alone() -> None:
    on = one([raised(10, tier=Tier.MEDIUM)], [ack(11, raised(10))], 12)
    assert [reason.rule for reason in reasons_of(may_act(ActKind.RESOLVED, on))] == ["alarm_still_on"]
    assert missing_of(may_act(ActKind.RESOLVED, on)) == ()


def test_escalating_asks_for_whom() -> None:
    alarm = one([FIRST], [], 11)
    assert [missing.needed_by for missing in missing_of(may_act(ActKind.ESCALATED, alarm))] == ["alarm_escalation"]
    assert isinstance(may_act(ActKind.ESCALATED, alarm, to="Dr Lead"), Allowed)


@pytest.mark.parametrize("kind", [ActKind.ACKNOWLEDGED, ActKind.SILENCED, ActKind.UNSILENCED, ActKind.OWNER_TAKEN])
def test_seeing_silencing_and_owning_are_always_allowed(kind: ActKind) -> None:
    assert isinstance(may_act(kind, one([FIRST], [], 11)), Allowed)


def test_the_loudest_stands_first() -> None:
    medium = replace(raised(5, tier=Tier.MEDIUM), id="m", key=Key("check_overdue", "during_10", Origin.SCHEDULE))
    seen = replace(raised(1), id="s", key=Key("during_spo2_stop", "spo2_pct", Origin.TYPED))
    found = alarms([medium, FIRST, seen], [ack(12, seen)], at(20))
    assert [alarm.key.rule for alarm in found] == ["during_systolic_stop", "check_overdue", "during_spo2_stop"]


def test_while_a_value_is_beyond_its_high_limit_the_milder_one_stands_back() -> None:
    milder = replace(
        raised(9, tier=Tier.MEDIUM), id="m", key=Key("during_systolic_call", "systolic_mmhg", Origin.TYPED)
    )
    streamed = replace(milder, id="s", key=Key("during_systolic_call", "systolic_mmhg", Origin.MONITOR))
    together = alarms([milder, streamed, FIRST], [], at(11))
    assert {one.key for one in without_implied(together)} == {FIRST.key, streamed.key}
    over = alarms([milder, FIRST, OVER], [], at(21))
    assert {one.key for one in without_implied(over)} == {FIRST.key, milder.key}


def test_a_session_that_closes_ends_every_condition_and_leaves_what_nobody_saw() -> None:
    medium = replace(raised(5, tier=Tier.MEDIUM), id="m", key=Key("check_overdue", "during_10", Origin.SCHEDULE))
    found = alarms([FIRST, medium], [], at(100), closed_at=at(60))
    assert [(alarm.key.rule, alarm.standing, alarm.ended_at) for alarm in found] == [
        ("during_systolic_stop", Standing.LATCHED, at(60))
    ]


# Properties

SECONDS = st.integers(0, 600)
MARKS = st.lists(
    st.builds(
        lambda turn, when, delay, tier: mark(turn, when, known=when + delay, tier=tier, late=delay > 5),
        st.sampled_from(Turn),
        SECONDS,
        st.integers(0, 300),
        st.sampled_from(Tier),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@given(MARKS, st.randoms(use_true_random=False), SECONDS)
def test_the_order_of_arrival_never_matters(marks: list[Mark], shuffle: object, seconds: int) -> None:
    mixed = list(marks)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    assert alarms(mixed, [], at(seconds)) == alarms(marks, [], at(seconds))


@given(MARKS, st.integers(-3600, 3600))
def test_what_nobody_answered_never_leaves_the_screen_whatever_the_clock_says(marks: list[Mark], seconds: int) -> None:
    """A high beginning stands on every later and earlier screen until somebody has answered it."""
    high = {one.id for one in marks if one.turn is Turn.RAISED and one.tier is Tier.HIGH}
    found = alarms(marks, [], at(seconds))
    last = max((one for one in marks if one.turn is Turn.RAISED), key=lambda one: one.at, default=None)
    if last is not None and last.id in high:
        assert [alarm.sounds for alarm in found] == [True]


@given(MARKS, SECONDS, st.integers(-600, 600))
def test_a_silence_never_hides_and_never_lasts_longer_than_it_was_given(
    marks: list[Mark], quiet_at: int, now_s: int
) -> None:
    beginnings = [one for one in marks if one.turn is Turn.RAISED]
    if not beginnings:
        return
    quiet = act(ActKind.SILENCED, quiet_at, *beginnings)
    with_it, without = (alarms(marks, acts, at(now_s), heard_at=at(600)) for acts in ([quiet], []))
    assert [alarm.key for alarm in with_it] == [alarm.key for alarm in without]
    for alarm in with_it:
        assert alarm.flashes
        assert alarm.silenced_until is None or quiet_at <= now_s < quiet_at + SILENCE_S
