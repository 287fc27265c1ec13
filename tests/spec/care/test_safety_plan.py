"""A safety plan in our own words: what is filled and empty, who wrote it with whom, and that no version is changed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.protocol import Provenance
from euthymia.care.safety_plan import (
    BASIS,
    PARTS,
    WHY_NO_REVIEW,
    WHY_NO_STALE_LIMIT,
    Draft,
    SafetyPlan,
    latest,
    review_words,
    write_plan,
)
from euthymia.errors import BadInput

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
BY = "Ana Ruiz"


def draft(**more: Any) -> Draft:
    fields = {"text": {"signs": "I stop answering the telephone"}, "with_person": True, "review_on": None}
    return Draft(**(fields | more))


def write(versions: tuple[SafetyPlan, ...] = (), by: str = BY, now: datetime = NOW, **more: Any) -> SafetyPlan:
    return write_plan(versions, draft(**more), by, now, TODAY)


def test_six_parts_in_our_own_words_and_their_source() -> None:
    assert [part.id for part in PARTS] == ["signs", "on_my_own", "company", "trusted", "professionals", "surroundings"]
    assert all(part.title and part.prompt for part in PARTS)
    assert (BASIS.provenance, BASIS.sources[0].name) == (Provenance.ABSTRACT, "stanley_brown")
    assert WHY_NO_STALE_LIMIT


def test_a_first_plan_may_be_small_and_says_what_it_lacks() -> None:
    plan = write(text={"signs": " I stop answering \n\n  the telephone ", "company": " "})
    assert (plan.version, plan.written_at, plan.written_by, plan.with_person) == (1, NOW, BY, True)
    assert plan.lines["signs"] == ("I stop answering", "the telephone")
    assert [part.id for part in plan.filled] == ["signs"]
    assert [part.id for part in plan.empty] == ["on_my_own", "company", "trusted", "professionals", "surroundings"]
    assert not plan.is_complete
    assert write(text={part.id: "x" for part in PARTS}).is_complete


@pytest.mark.parametrize(
    ("changed", "code", "path"),
    [
        ({"by": " "}, "unnamed", "by"),
        ({"with_person": None}, "with_person", "with_person"),
        ({"review_on": TODAY - timedelta(days=1)}, "review_in_the_past", "review_on"),
        ({"text": {}}, "empty_plan", "signs"),
        ({"text": {"signs": " \n "}}, "empty_plan", "signs"),
        ({"text": {"signs": "x", "wishes": "y"}}, "unknown_part", "wishes"),
        ({"text": {"company": "x\n" * 13}}, "too_many_lines", "company"),
        ({"text": {"trusted": "x" * 301}}, "line_too_long", "trusted"),
    ],
)
def test_what_is_refused(changed: dict[str, Any], code: str, path: str) -> None:
    with pytest.raises(BadInput) as refused:
        write(**changed)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_what_is_just_allowed() -> None:
    assert len(write(text={"company": "x\n" * 12}).lines["company"]) == 12
    assert write(text={"trusted": "x" * 300}).lines["trusted"] == ("x" * 300,)
    assert write(review_on=TODAY).review_on == TODAY
    assert write(with_person=False).with_person is False


def test_a_change_is_a_new_version_with_its_reason_and_the_old_one_stays() -> None:
    first = write()
    second = write((first,), text={"signs": "Other"}, changed_because=" After a bad week ", now=NOW + timedelta(days=1))
    assert (second.version, second.changed_because) == (2, "After a bad week")
    assert first.lines["signs"] == ("I stop answering the telephone",)
    assert latest((second, first)) is second
    assert latest(()) is None


@pytest.mark.parametrize("changed", [{"text": {"signs": "Other"}}, {"review_on": TODAY}, {"with_person": False}])
def test_a_change_without_a_reason_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput) as refused:
        write((write(),), **changed)
    assert (refused.value.code, refused.value.path) == ("why_changed", "changed_because")
    assert write((write(),), **changed, changed_because="x").version == 2


def test_a_version_that_changes_nothing_is_refused() -> None:
    with pytest.raises(BadInput) as refused:
        write((write(),), changed_because="Looked at it")
    assert refused.value.code == "nothing_changed"


@pytest.mark.parametrize(("back_s", "code"), [(60, "nothing_changed"), (60.001, "clock_went_back")])
def test_a_clock_that_went_back_is_refused(back_s: float, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        write((write(),), now=NOW - timedelta(seconds=back_s))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("days", "words", "now"),
    [
        (None, WHY_NO_REVIEW, True),
        (2, "Looked at again in 2 days.", False),
        (1, "Looked at again in 1 day.", False),
        (0, "Look at it again today.", True),
        (-1, "The review is 1 d late.", True),
    ],
)
def test_when_it_is_looked_at_again(days: int | None, words: str, now: bool) -> None:
    plan = write(review_on=None if days is None else TODAY + timedelta(days=10))
    today = TODAY if days is None else TODAY + timedelta(days=10 - days)
    assert review_words(plan, today) == (words, now)


@given(st.lists(st.dictionaries(st.sampled_from([part.id for part in PARTS]), st.text(max_size=40)), max_size=5))
def test_versions_only_grow_and_every_part_is_filled_or_empty(texts: list[dict[str, str]]) -> None:
    versions: tuple[SafetyPlan, ...] = ()
    for text in texts:
        try:
            plan = write_plan(versions, Draft(text, True, None, "again"), BY, NOW, TODAY)
        except BadInput:
            continue
        assert {*plan.filled, *plan.empty} == set(PARTS)
        assert not set(plan.filled) & set(plan.empty)
        versions = (*versions, plan)
    assert [plan.version for plan in versions] == list(range(1, len(versions) + 1))
