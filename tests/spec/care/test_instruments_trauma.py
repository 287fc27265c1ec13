"""PCL-5 and PC-PTSD-5: clusters, the provisional pattern, and a gate that closes the form."""

from __future__ import annotations

import pytest

from euthymia.care.instruments import load_instrument, score
from euthymia.care.response_rules import CannotTell, Judged, meaningful_change, reliable_change
from euthymia.errors import InstrumentError

PCL5, SCREEN = load_instrument("pcl5"), load_instrument("pc_ptsd5")
NOTHING = {str(item): 0 for item in range(1, 21)}
# The fewest symptoms that are enough: one of B, one of C, two of D, two of E, each at 2.
JUST_ENOUGH = NOTHING | {"5": 2, "7": 2, "8": 2, "14": 2, "15": 2, "20": 2}
FIVE = {str(item): 0 for item in range(1, 6)}


def test_four_clusters_add_up_to_the_total() -> None:
    made = score(PCL5, {str(item): 1 for item in range(1, 21)})
    assert dict(made.subscales) == {"B": 5, "C": 2, "D": 7, "E": 6}
    assert made.total == 20
    assert score(PCL5, NOTHING | {"6": None}).subscales == {"B": 0, "C": None, "D": 0, "E": 0}


@pytest.mark.parametrize(
    ("changed", "met"),
    [
        ({}, True),
        ({"5": 1}, False),
        ({"7": 1}, False),
        ({"14": 1}, False),
        ({"20": 1}, False),
        ({"1": 4, "2": 4}, True),
        ({"3": None}, True),
        ({"5": None}, None),
        ({"5": None, "1": 2}, True),
        ({"5": None, "7": 0}, False),
        ({"8": None}, None),
        ({"8": None, "14": 0}, False),
    ],
)
def test_the_provisional_pattern_needs_one_b_one_c_two_d_and_two_e(
    changed: dict[str, int | None], met: bool | None
) -> None:
    assert score(PCL5, JUST_ENOUGH | changed).criteria == {"provisional_ptsd": met}


def test_a_pattern_without_any_answer_is_open_and_with_all_at_one_is_not_there() -> None:
    assert score(PCL5, {}).criteria["provisional_ptsd"] is None
    assert score(PCL5, dict.fromkeys(NOTHING, 1)).criteria["provisional_ptsd"] is False


def test_ten_points_mean_something_and_nothing_is_said_of_reliable_change() -> None:
    changes = [meaningful_change(PCL5, 40, 40 - points) for points in (9, 10)]
    assert [change.met for change in changes if isinstance(change, Judged)] == [False, True]
    responded = meaningful_change(PCL5, 40, 35, rule="responded")
    assert isinstance(responded, Judged)
    assert (responded.met, responded.limit) == (True, 5)
    assert isinstance(reliable_change(PCL5, 40, 10), CannotTell)


@pytest.mark.parametrize(
    ("answers", "total", "missing"),
    [
        ({"gate": 0}, 0, ()),
        ({"gate": 0} | FIVE, 0, ()),
        ({"gate": 1} | FIVE, 0, ()),
        ({"gate": 1} | dict.fromkeys(FIVE, 1), 5, ()),
        ({"gate": 1} | FIVE | {"3": None}, None, ("3",)),
        ({"gate": None} | FIVE, None, ("gate",)),
        ({}, None, ("gate", "1", "2", "3", "4", "5")),
    ],
)
def test_after_a_no_to_the_gate_the_total_is_nothing_and_the_five_are_not_asked(
    answers: dict[str, int | None], total: int | None, missing: tuple[str, ...]
) -> None:
    made = score(SCREEN, answers)
    assert (made.total, made.missing) == (total, missing)


def test_a_yes_behind_a_closed_gate_is_refused() -> None:
    with pytest.raises(InstrumentError, match="After the answer to gate") as refused:
        score(SCREEN, {"gate": 0, "2": 1})
    assert (refused.value.code, refused.value.path) == ("not_asked", "answers.2")
