"""What many screens ask in one moment is made once, and anew in the next."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from euthymia.clinic.sessions.shared import Shared


def test_of_many_who_ask_at_once_one_makes_it_and_all_get_it() -> None:
    shared: Shared[str] = Shared()
    made: list[int] = []
    together, done = Barrier(8), Event()

    def make() -> str:
        made.append(1)
        done.wait(0.05)
        return "drawn"

    def ask(_: int) -> str:
        together.wait()
        return shared.get(1, "now", make)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(8))) == ["drawn"] * 8
    assert len(made) == 1


def test_another_moment_and_another_clinic_have_their_own() -> None:
    shared: Shared[str] = Shared()
    asked = [(1, "now", "a"), (1, "now", "b"), (2, "now", "c"), (1, "later", "d"), (2, "now", "e")]
    given = [shared.get(clinic, moment, lambda word=word: word) for clinic, moment, word in asked]  # type: ignore[misc]
    assert given == ["a", "a", "c", "d", "c"]


def test_what_could_not_be_made_is_tried_again() -> None:
    shared: Shared[str] = Shared()

    def fail() -> str:
        raise ValueError("no table")

    with pytest.raises(ValueError, match="no table"):
        shared.get(1, "now", fail)
    assert shared.get(1, "now", lambda: "drawn") == "drawn"


def test_what_is_still_good_is_given_to_who_asks_for_less() -> None:
    shared: Shared[str] = Shared()
    made: list[int] = []

    def ask(rung: int, rings: int) -> str:
        def make() -> tuple[object, str]:
            made.append(rings)
            return rings, f"after {rings}"

        return shared.latest(1, lambda kept, _: isinstance(kept, int) and kept >= rung, make)

    assert [ask(1, 1), ask(2, 3), ask(1, 4), ask(3, 4), ask(4, 4)] == ["after 1", *["after 3"] * 3, "after 4"]
    assert made == [1, 3, 4]


def test_after_a_restart_it_is_made_anew() -> None:
    shared: Shared[str] = Shared()
    assert shared.get(1, "now", lambda: "drawn") == "drawn"
    shared.forget()
    assert shared.get(1, "now", lambda: "again") == "again"
