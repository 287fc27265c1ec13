"""Group commit: everybody is answered, nobody before the commit, and what breaks one breaks no other."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from euthymia.clinic.monitors.group import MOST_TOGETHER, GroupCommit


class Writer:
    """A writer that notes its groups; it holds the first one until told, so that others gather behind it."""

    def __init__(self, poison: int | None = None) -> None:
        self.groups: list[list[int]] = []
        self.poison = poison
        self.first_is_in, self.go_on = threading.Event(), threading.Event()

    def write(self, works: Sequence[int]) -> list[int]:
        self.groups.append(list(works))
        if len(self.groups) == 1:
            self.first_is_in.set()
            assert self.go_on.wait(20)
        if self.poison in works:
            raise ValueError("this one cannot be written")
        return [work * 10 for work in works]


def together(writer: Writer, count: int) -> list[int | str]:
    """The answer, or the name of the error, of `count` works that gather behind a first one."""
    group: GroupCommit[int, int] = GroupCommit(writer.write)

    def submit(work: int) -> int | str:
        try:
            return group.submit(work)
        except ValueError as problem:
            return type(problem).__name__

    with ThreadPoolExecutor(count + 1) as pool:
        first = pool.submit(submit, 1000)
        assert writer.first_is_in.wait(20)
        others = [pool.submit(submit, work) for work in range(count)]
        while len(group._waiting) < count:
            threading.Event().wait(0.005)
        writer.go_on.set()
        assert first.result(20) == 10_000
        return [one.result(20) for one in others]


def test_who_waits_is_written_together_and_each_gets_its_own_answer() -> None:
    writer = Writer()
    assert together(writer, 12) == [work * 10 for work in range(12)]
    assert [len(group) for group in writer.groups] == [1, 12]


def test_a_group_has_an_end_and_the_rest_is_the_next_one() -> None:
    writer = Writer()
    assert together(writer, MOST_TOGETHER + 5) == [work * 10 for work in range(MOST_TOGETHER + 5)]
    assert [len(group) for group in writer.groups] == [1, MOST_TOGETHER, 5]


def test_what_breaks_one_breaks_no_other() -> None:
    writer = Writer(poison=3)
    assert together(writer, 6) == [0, 10, 20, "ValueError", 40, 50]


def test_alone_its_error_is_its_own() -> None:
    writer = Writer(poison=3)
    writer.go_on.set()
    group: GroupCommit[int, int] = GroupCommit(writer.write)
    with pytest.raises(ValueError, match="cannot be written"):
        group.submit(3)
    assert group.submit(4) == 40


def test_who_leads_and_is_stopped_leaves_the_lead_to_the_next() -> None:
    class Stopped(BaseException):
        pass

    writer = Writer()

    def write(works: Sequence[int]) -> list[int]:
        answers = writer.write(works)
        if works == [1000]:
            raise Stopped
        return answers

    group: GroupCommit[int, int] = GroupCommit(write)
    with ThreadPoolExecutor(3) as pool:
        first = pool.submit(group.submit, 1000)
        assert writer.first_is_in.wait(20)
        others = [pool.submit(group.submit, work) for work in (1, 2)]
        while len(group._waiting) < 2:
            threading.Event().wait(0.005)
        writer.go_on.set()
        assert isinstance(first.exception(20), Stopped)
        assert [one.result(20) for one in others] == [10, 20]
    assert group.submit(3) == 30
