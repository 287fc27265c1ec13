"""After a dose: when the next session is due, which check-ins, and what has added up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import START

from euthymia.care.decision import CannotTell
from euthymia.care.dosing import PriorDose
from euthymia.care.followup import (
    Timeliness,
    check_in_schedule,
    due_assessments,
    next_session_due,
    overdue,
    phase_at,
)
from euthymia.care.long_term import LongTermDue, exposure, long_term_due
from euthymia.care.protocol import Cited, Protocol, Provenance, fill
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


# What the course asks for


def waiting(
    protocol: Protocol, doses: list[datetime], answers: list[float], now_day: float
) -> list[tuple[str, float, Timeliness]]:
    """The PHQ-9s that wait: the moment, the day, and whether it is late."""
    found = due_assessments(
        protocol, doses, {"phq9": [START + timedelta(days=day) for day in answers]}, START + timedelta(days=now_day)
    )
    return [(row.name, (row.due_at - START) / DAY, row.status) for row in found if row.instrument == "phq9"]


def test_before_the_first_dose_only_the_baseline_is_due() -> None:
    found = due_assessments(NASAL, [], {}, START)
    assert {(row.name, row.due_at, row.status) for row in found} == {("baseline", START, Timeliness.DUE)}
    assert {"phq9", "cssrs_screener", "urinary_questions", "kset"} <= {row.instrument for row in found}
    assert {row.source for row in found} == {"memory"}


def test_an_answer_the_week_before_is_the_baseline() -> None:
    assert waiting(NASAL, series(0), [-7], 0)[0][0] == "end_of_first_phase"


@pytest.mark.parametrize(
    ("answer_day", "waits"),
    [(1.99, True), (2, False), (3, False), (5.99, False), (6, True)],
)
def test_an_answer_counts_for_a_session_from_a_day_before_it_to_a_day_before_the_next(
    answer_day: float, waits: bool
) -> None:
    names = [name for name, _, _ in waiting(NASAL, series(0, 3, 7), [answer_day], 8)]
    assert ("each_session_2" in names) is waits


@pytest.mark.parametrize(
    ("now_day", "status"),
    [(27.9, Timeliness.COMING), (28, Timeliness.DUE), (29, Timeliness.DUE), (29.1, Timeliness.OVERDUE)],
)
def test_the_end_of_the_first_phase_asks_at_the_end_of_its_last_week(now_day: float, status: Timeliness) -> None:
    rows = {name: (day, late) for name, day, late in waiting(NASAL, series(0), [0], now_day)}
    assert rows["end_of_first_phase"] == (28, status)
    assert {rows[f"week_{week}_after"][0] for week in (2, 4, 8, 12, 26, 52)} == {42, 56, 84, 112, 210, 392}


def test_an_answer_still_to_come_is_no_answer() -> None:
    assert "end_of_first_phase" in [name for name, _, _ in waiting(NASAL, series(0), [0, 28], 27)]


def test_an_open_number_of_weeks_asks_for_nothing_yet() -> None:
    hole = Cited(None, "weeks", why="Not decided.", low=1, high=60)
    rows = tuple(replace(row, after_weeks=hole) if row.after_weeks else row for row in NASAL.follow_up)
    names = {name for name, _, _ in waiting(replace(NASAL, follow_up=rows), series(0), [], 40)}
    assert names == {"baseline", "end_of_first_phase"}


def test_what_a_source_asks_for_says_its_source() -> None:
    rows = tuple(replace(row, source=("S50",), provenance=Provenance.READ) for row in NASAL.follow_up)
    assert due_assessments(replace(NASAL, follow_up=rows), [], {}, START)[0].source == "S50 (read)"


# Checks of years


def test_without_an_interval_the_clinic_sets_it() -> None:
    rows = long_term_due(IV, START, {}, START)
    assert all(isinstance(row, CannotTell) for row in rows)
    first = rows[0]
    assert isinstance(first, CannotTell)
    assert first.missing[0].fact == "long_term.bladder.interval_weeks"
    assert first.missing[0].says == "How often: the clinic sets it. No source read gives an interval."


@pytest.mark.parametrize(
    ("done_day", "now_day", "due_day", "late"),
    [(None, 0, 0, False), (None, 0.1, 0, True), (0, 83, 84, False), (0, 84, 84, False), (0, 84.1, 84, True)],
)
def test_a_check_is_due_its_interval_after_the_last(
    done_day: float | None, now_day: float, due_day: float, late: bool
) -> None:
    ours = fill(IV, {"long_term.bladder.interval_weeks": 12}, "Dr Lead")
    done = {} if done_day is None else {"bladder": START + timedelta(days=done_day)}
    row = long_term_due(ours, START, done, START + timedelta(days=now_day))[0]
    assert isinstance(row, LongTermDue)
    assert (row.due_at, row.late, row.interval_weeks) == (START + timedelta(days=due_day), late, 12)
    assert (row.check.instrument, row.source) == ("urinary_questions", "set by Dr Lead")
