"""The course a protocol prescribes, visit by visit: dates, steps, totals, what is asked and when it is judged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.spec.care.bedside import START, filled

from euthymia.care.dose_order import Choice
from euthymia.care.prescribed_course import PrescribedCourse, prescribed_course
from euthymia.care.protocol import Cited, PerKgSteps
from euthymia.care.protocols.load import load_protocol
from euthymia.errors import BadInput


def course(name: str, weeks: int = 8, weight_kg: float = 70, **more: object) -> PrescribedCourse:
    return prescribed_course(load_protocol(name), weight_kg=weight_kg, start=START, weeks=weeks, **more)  # type: ignore[arg-type]


def days(found: PrescribedCourse) -> list[int]:
    return [(visit.at - START).days for visit in found.visits]


def test_six_infusions_in_three_weeks_then_a_person_decides() -> None:
    found = course("iv_racemic_05")
    assert days(found) == [0, 3, 7, 10, 14, 17]
    assert [visit.total_mg for visit in found.visits] == [35, 70, 105, 140, 175, 210]
    assert [visit.week for visit in found.visits] == [1, 1, 2, 2, 3, 3]
    assert [visit.reviews for visit in found.visits] == [(), (), ("three_without_benefit",), (), (), ()]
    assert found.ends == "From week 4 (maintenance) the interval is individual: a person decides."
    assert {visit.why for visit in found.visits} == {""}


def test_nasal_esketamine_goes_from_twice_weekly_to_weekly() -> None:
    found = course("esketamine_nasal_trd", weeks=10)
    assert days(found) == [0, 3, 7, 10, 14, 17, 21, 24, 28, 35, 42, 49, 56, 63]
    assert {visit.order.dose_mg for visit in found.visits} == {56}
    assert [visit.number for visit in found.visits if visit.reviews] == [9]
    assert {room.limit.name: room.left for room in found.visits[1].room} == {"dose_cap": 28, "twice_weekly": 0}
    assert found.ends == "Shown up to week 10."


def test_the_larger_dose_can_be_picked() -> None:
    found = course("esketamine_nasal_trd", choice=Choice(dose_mg=84), weeks=1)
    assert [(visit.order.dose_mg, visit.order.devices) for visit in found.visits] == [(84, 3), (84, 3)]


def test_a_course_that_ends_says_with_which_week() -> None:
    found = course("esketamine_nasal_mdsi")
    assert (len(found.visits), found.ends) == (8, "The protocol ends with week 4.")
    assert course("esketamine_nasal_mdsi", weeks=4).ends == "Shown up to week 4."
    assert course("iv_racemic_05", weeks=3).ends == "Shown up to week 3."


@pytest.mark.parametrize(
    ("improved", "steps"),
    [
        ({}, [0.5] * 8),
        ({2: 20}, [0.5, 0.6, 0.75, 0.9, 0.9, 0.9, 0.9, 0.9]),
        ({2: 20, 4: 50}, [0.5, 0.6, 0.75, 0.75, 0.75, 0.75, 0.75, 0.75]),
        ({2: 49.9, 3: 60}, [0.5, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]),
    ],
)
def test_under_the_skin_the_dose_follows_the_answer(improved: dict[int, float], steps: list[float]) -> None:
    found = course("sc_racemic", weight_kg=100, improved_pct=improved)
    assert [round(visit.order.mg_per_kg, 3) for visit in found.visits] == steps
    if not improved:
        assert found.visits[1].why == "The total since the last dose is needed for a step up."


def test_a_step_that_is_still_open_leaves_the_first() -> None:
    protocol = load_protocol("sc_racemic")
    assert isinstance(protocol.dose, PerKgSteps)
    hole = Cited(None, "mg/kg", why="Not decided.", low=0.5, high=1)
    opened = replace(protocol, dose=replace(protocol.dose, steps=(*protocol.dose.steps[:3], hole)))
    found = prescribed_course(opened, weight_kg=100, start=START, weeks=1)
    assert [visit.order.mg_per_kg for visit in found.visits] == [0.5, 0.5]


def test_the_first_visit_asks_for_the_baseline_too() -> None:
    found = course("iv_racemic_05")
    assert "urinary_questions" in found.visits[0].asks
    assert found.visits[1].asks == ("phq9", "cssrs_screener", "side_effects", "cadss6", "kset")
    assert len(set(found.visits[0].asks)) == len(found.visits[0].asks)


def test_without_a_rhythm_there_is_no_visit() -> None:
    assert course("nasal_racemic").visits == ()


def test_a_filled_protocol_is_drawn_from_its_own_vial() -> None:
    found = prescribed_course(filled(), weight_kg=70, start=START, weeks=1)
    assert found.visits[0].order.concentration_mg_per_ml == 1
    picked = course("iv_racemic_05", choice=Choice(concentration_mg_per_ml=2.0))
    assert picked.visits[0].order.concentration_mg_per_ml == 2


@pytest.mark.parametrize("weeks", [0, 105])
def test_weeks_nobody_means_are_refused(weeks: int) -> None:
    with pytest.raises(BadInput) as refused:
        course("iv_racemic_05", weeks=weeks)
    assert (refused.value.code, refused.value.path) == ("out_of_range", "weeks")


@pytest.mark.parametrize("weeks", [1, 104])
def test_a_week_and_two_years_are_shown(weeks: int) -> None:
    assert course("esketamine_nasal_trd", weeks=weeks).visits[-1].week == weeks


def test_a_range_leaves_the_dose_to_the_prescriber() -> None:
    with pytest.raises(BadInput) as refused:
        course("im_racemic")
    assert refused.value.code == "no_dose"
    assert days(course("im_racemic", choice=Choice(mg_per_kg=0.5))) == [0, 7, 14, 21, 28]
