"""AUDIT-C with its cuts by sex, and DAST-10 with the item that counts the other way round."""

from __future__ import annotations

import pytest

from euthymia.care.instruments import load_instrument, score

AUDIT, DAST = load_instrument("audit_c"), load_instrument("dast10")
ONLY_FIRST = "points_from_item_1_only"


@pytest.mark.parametrize(
    ("sex", "total", "cuts"),
    [
        ("female", 2, ()),
        ("female", 3, ("women_three_or_more",)),
        ("male", 3, ()),
        ("male", 4, ("men_four_or_more",)),
    ],
)
def test_each_sex_has_its_own_cut(sex: str, total: int, cuts: tuple[str, ...]) -> None:
    made = score(AUDIT, {"1": min(total, 4), "2": 0, "3": 0}, {"sex": sex})
    assert (made.total, made.cuts, made.cuts_not_judged) == (total, cuts, ())


@pytest.mark.parametrize("context", [{}, {"sex": None}, {"sex": "unknown"}])
def test_without_the_sex_no_cut_is_judged_and_it_says_which(context: dict[str, object]) -> None:
    made = score(AUDIT, {"1": 4, "2": 4, "3": 4}, context)
    assert (made.total, made.cuts) == (12, ())
    assert made.cuts_not_judged == ("women_three_or_more", "men_four_or_more")
    assert score(AUDIT, {"1": 4, "2": 4}, context).cuts_not_judged == ()


@pytest.mark.parametrize(
    ("answers", "met"),
    [
        ({"1": 4, "2": 0, "3": 0}, True),
        ({"1": 1, "2": 0, "3": 0}, True),
        ({"1": 0, "2": 0, "3": 0}, False),
        ({"1": 4, "2": 1, "3": 0}, False),
        ({"1": 4, "2": 0, "3": 1}, False),
        ({"1": 4, "2": 0}, None),
        ({"2": 0, "3": 0}, None),
        ({"2": 1}, False),
    ],
)
def test_points_from_the_first_question_alone_ask_for_a_second_look(answers: dict[str, int], met: bool | None) -> None:
    assert score(AUDIT, answers).criteria == {ONLY_FIRST: met}


def test_only_the_third_drug_question_counts_a_no() -> None:
    every_no = {str(item): 0 for item in range(1, 11)}
    assert score(DAST, every_no).total == 1
    for item in every_no:
        made = score(DAST, every_no | {item: 1})
        assert made.total == (0 if item == "3" else 2)
    assert score(DAST, dict.fromkeys(every_no, 1) | {"3": 0}).total == 10
    assert [item.id for item in DAST.items if item.reverse] == ["3"]
