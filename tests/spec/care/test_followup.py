"""After a dose: when the next session is due, which check-ins, and what has added up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spec.care.bedside import START

from euthymia.care.dosing import PriorDose
from euthymia.care.followup import Timeliness, check_in_schedule, next_session_due, overdue, phase_at
from euthymia.care.long_term import exposure
from euthymia.care.protocols.load import load_protocol, shipped_protocols

IV, NASAL = load_protocol("iv_racemic_05"), load_protocol("esketamine_nasal_trd")
DAY = timedelta(days=1)


def series(*days: float) -> list:
    return [START + timedelta(days=day) for day in days]


@pytest.mark.parametrize(
    ("week", "name"),
    [(1, "induction"), (4, "induction"), (5, "weekly"), (8, "weekly"), (9, "maintenance"), (99, "maintenance")],
)
def test_the_phase_of_a_week(week: int, name: str) -> None:
    assert phase_at(NASAL, week).name == name


def test_a_week_no_phase_holds_falls_into_the_last() -> None:
    assert phase_at(NASAL, 0).name == "maintenance"


def test_the_first_session_is_due_now() -> None:
    answer = next_session_due(NASAL, [], START)
    assert (answer.phase, answer.number, answer.status) == ("induction", 1, Timeliness.DUE)


@pytest.mark.parametrize(
    ("days", "phase", "from_day", "by_day"),
    [
        ((0,), "induction", 3, 4),
        ((0, 3), "induction", 6, 7),
        ((0, 3, 7, 10, 14, 17, 21), "induction", 24, 25),
        ((0, 3, 7, 10, 14, 17, 21, 25), "weekly", 32, 32),
        ((0, 25, 32, 39, 46, 53), "maintenance", 60, 67),
        ((0, 60), "maintenance", 67, 74),
    ],
)
def test_the_window_of_the_next_nasal_session(days: tuple[int, ...], phase: str, from_day: int, by_day: int) -> None:
    answer = next_session_due(NASAL, series(*days), START)
    assert answer.phase == phase
    assert (answer.due_from, answer.due_by) == (START + from_day * DAY, START + by_day * DAY)
    assert answer.number == len(days) + 1


@pytest.mark.parametrize(
    ("now_day", "status"),
    [
        (2.9, Timeliness.COMING),
        (3, Timeliness.DUE),
        (5, Timeliness.DUE),
        (5.1, Timeliness.OVERDUE),
    ],
)
def test_whether_the_next_session_is_coming_due_or_overdue(now_day: float, status: Timeliness) -> None:
    assert next_session_due(NASAL, series(0), START + timedelta(days=now_day)).status is status


def test_maintenance_by_vein_is_individual() -> None:
    answer = next_session_due(IV, series(0, 3, 7, 10, 14, 21), START + 30 * DAY)
    assert (answer.phase, answer.status) == ("maintenance", Timeliness.INDIVIDUAL)
    assert answer.due_from is None
    assert answer.due_by is None
    assert "S54" in answer.source


def test_doses_may_come_in_any_order() -> None:
    assert next_session_due(NASAL, series(7, 0, 3), START) == next_session_due(NASAL, series(0, 3, 7), START)


@settings(max_examples=100, deadline=None)
@given(
    name=st.sampled_from(shipped_protocols()),
    gaps=st.lists(st.floats(0.1, 30), max_size=20),
    later=st.floats(0, 60),
)
def test_the_next_session_is_never_before_the_last_one(name: str, gaps: list[float], later: float) -> None:
    doses = [START]
    for gap in gaps:
        doses.append(doses[-1] + timedelta(days=gap))
    answer = next_session_due(load_protocol(name), doses, doses[-1] + timedelta(days=later))
    if answer.due_from is not None and answer.due_by is not None:
        assert doses[-1] < answer.due_from <= answer.due_by


# Check-ins


@pytest.mark.parametrize("name", shipped_protocols())
def test_a_check_in_a_day_and_a_week_after_the_dose(name: str) -> None:
    rows = check_in_schedule(load_protocol(name), START)
    assert [(row.name, row.instrument, row.due_at) for row in rows] == [
        ("next_day", "phq9", START + DAY),
        ("one_week", "phq9", START + 7 * DAY),
    ]


@pytest.mark.parametrize(
    ("answered", "now_day", "names"),
    [
        ((), 1.5, []),
        ((), 2, []),
        ((), 2.1, ["next_day"]),
        (("next_day",), 2.1, []),
        ((), 9, ["next_day", "one_week"]),
        (("one_week",), 9, ["next_day"]),
    ],
)
def test_which_check_ins_are_overdue(answered: tuple[str, ...], now_day: float, names: list[str]) -> None:
    rows = check_in_schedule(NASAL, START)
    assert [row.name for row in overdue(rows, answered, START + timedelta(days=now_day))] == names


def test_the_grace_of_a_check_in_can_be_shorter() -> None:
    rows = check_in_schedule(NASAL, START)
    assert [row.name for row in overdue(rows, (), START + 1.1 * DAY, grace=timedelta(hours=1))] == ["next_day"]


# What adds up


def test_milligrams_and_sessions_add_up_per_drug() -> None:
    doses = [
        PriorDose(START - 60 * DAY, 35, "ketamine", "iv"),
        PriorDose(START - 3 * DAY, 40, "ketamine", "im"),
        PriorDose(START - 2 * DAY, 56, "esketamine", "nasal"),
        PriorDose(START + DAY, 999, "ketamine", "iv"),
    ]
    by_drug = {row.drug: row for row in exposure(doses, START)}
    assert by_drug["ketamine"].sessions == 2
    assert by_drug["ketamine"].total_mg == 75
    assert (by_drug["ketamine"].sessions_30_d, by_drug["ketamine"].total_30_d_mg) == (1, 40)
    assert (by_drug["ketamine"].first_at, by_drug["ketamine"].last_at) == (START - 60 * DAY, START - 3 * DAY)
    assert by_drug["esketamine"].total_mg == 56


def test_nothing_given_adds_up_to_nothing() -> None:
    assert exposure([], START) == ()
