"""PHQ-9 beyond its total, HAM-D item 16, and how far daily life is disturbed (WSAS, SDS)."""

from __future__ import annotations

import pytest

from euthymia.care.instruments import BandName, load_instrument, score
from euthymia.care.response_rules import CannotTell, Judged, meaningful_change, remission, response
from euthymia.errors import InstrumentError

PHQ9, HAMD, WSAS = load_instrument("phq9"), load_instrument("hamd17"), load_instrument("wsas")
NONE = {str(item): 0 for item in range(1, 10)}
MAJOR, OTHER = "major_depressive_syndrome", "other_depressive_syndrome"
FILL = {"missing_rule": "mean_of_answered"}


@pytest.mark.parametrize(
    ("answers", "major", "other"),
    [
        ({}, False, False),
        ({"1": 2, "3": 2, "4": 2, "5": 2, "6": 2}, True, False),
        ({"2": 2, "3": 2, "4": 2, "5": 2, "6": 2}, True, False),
        ({"3": 2, "4": 2, "5": 2, "6": 2, "7": 2}, False, False),
        ({"1": 2, "3": 2, "4": 2, "5": 2, "6": 1}, False, True),
        ({"1": 2, "3": 2, "4": 2, "5": 2, "9": 1}, True, False),
        ({"1": 2, "9": 1}, False, True),
        ({"1": 1, "2": 1, "9": 1}, False, False),
        ({"1": 2}, False, False),
        ({"1": 2, "3": 2}, False, True),
        ({"1": 2, "3": 2, "4": 2, "5": 2, "6": None}, None, None),
        ({"1": 2, "3": None}, False, None),
        ({"1": None, "2": None, "3": 3, "4": 3, "5": 3, "6": 3}, None, None),
        ({"1": None, "3": 3, "4": 3, "5": 3}, False, None),
        ({"1": 2, "2": 2, "3": 2, "4": 2, "5": 2, "6": None}, True, False),
    ],
)
def test_the_algorithm_counts_signs_on_more_than_half_the_days_and_item_nine_from_one(
    answers: dict[str, int | None], major: bool | None, other: bool | None
) -> None:
    assert score(PHQ9, NONE | answers).criteria == {MAJOR: major, OTHER: other}


@pytest.mark.parametrize(
    ("missing", "answer", "total"),
    [
        (("1",), 1, 9),
        (("1", "2"), 1, 9),
        (("1", "2", "3"), 1, None),
        (("9",), 1, None),
        (("1", "9"), 1, None),
    ],
)
def test_a_clinic_may_let_up_to_two_answers_be_filled_in_and_never_the_one_on_suicide(
    missing: tuple[str, ...], answer: int, total: int | None
) -> None:
    answers: dict[str, int | None] = dict.fromkeys(NONE, answer) | dict.fromkeys(missing)
    made = score(PHQ9, answers, FILL)
    assert (made.total, made.missing, made.missing_rule) == (total, missing, "mean_of_answered" if total else "")
    assert score(PHQ9, answers).total is None


def test_a_filled_in_total_is_rounded_half_upward_says_so_and_judges_no_screen() -> None:
    # 12 on eight items: 13.5 on nine.
    half = NONE | {"1": None, "2": 3, "3": 3, "4": 3, "5": 3}
    made = score(PHQ9, half, FILL)
    assert (made.total, made.band, made.cuts) == (14, BandName("kroenke_2001", "moderate"), ())
    assert made.why.startswith("1 of 9 items not answered (1), filled in with the mean of the others")
    assert "(memory)" in made.why
    # 11 on eight items: 12.375 on nine.
    assert score(PHQ9, half | {"2": 2}, FILL).total == 12
    whole = score(PHQ9, half | {"1": 0}, FILL)
    assert (whole.total, whole.missing_rule, whole.why, whole.cuts) == (12, "", "", ("major_depression_screen",))


def test_no_other_scale_has_a_rule_for_missing_answers() -> None:
    for name in ("gad7", "pcl5", "who5", "madrs", "hamd17"):
        with pytest.raises(InstrumentError, match="none"):
            score(load_instrument(name), {}, FILL)


@pytest.mark.parametrize(("answer", "adds"), [(0, 0), (1, 1), (2, 2), (3, 0)])
def test_weight_not_assessed_adds_nothing(answer: int, adds: int) -> None:
    whole = {item.id: 0 for item in HAMD.items}
    for form in ("weight_by_history", "weight_measured"):
        made = score(HAMD, whole | {"16": answer}, {"variant": form})
        assert (made.total, made.variant) == (adds, form)


def test_remission_on_the_hamilton_is_seven_and_no_response_rule_was_read() -> None:
    told = [remission(HAMD, total) for total in (7, 8)]
    assert [one.met for one in told if isinstance(one, Judged)] == [True, False]
    assert isinstance(response(HAMD, 30, 10), CannotTell)


def test_a_change_of_three_and_a_half_on_the_bdi_means_something() -> None:
    told = [meaningful_change(load_instrument("bdi2"), 30, total) for total in (27, 26.5)]
    assert [one.met for one in told if isinstance(one, Judged)] == [False, True]


def test_who_does_not_work_has_four_items_another_range_and_no_bands() -> None:
    eights = {str(item): 8 for item in range(1, 6)}
    made = score(WSAS, eights)
    assert (made.total, made.variant) == (40, "working")
    assert score(WSAS, eights | {"1": None}).missing == ("1",)
    rest = {item: value for item, value in eights.items() if item != "1"}
    other = score(WSAS, rest, {"variant": "not_working"})
    assert (other.total, other.band, other.missing) == (32, None, ())
    with pytest.raises(InstrumentError) as refused:
        score(WSAS, eights, {"variant": "not_working"})
    assert (refused.value.code, refused.value.path) == ("unknown_item", "answers.1")
    with pytest.raises(InstrumentError, match="none"):
        score(WSAS, rest, {"variant": "not_working", "band_set": "restated"})


@pytest.mark.parametrize(
    ("answers", "met"),
    [
        ({"1": 4, "2": 4, "3": 4}, False),
        ({"1": 0, "2": 5, "3": 0}, True),
        ({"1": 5}, True),
        ({"1": 4, "2": 4}, None),
    ],
)
def test_five_in_one_part_of_life_is_worth_a_look(answers: dict[str, int], met: bool | None) -> None:
    assert score(load_instrument("sds"), answers).criteria == {"any_item_five_or_more": met}
