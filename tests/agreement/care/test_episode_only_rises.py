"""A sign that is met never lowers the picture of an episode, and what nobody asked is never taken for a no."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.episode import YES_NO_FACTS, Criterion, Episode, Status, System, assess_episode

NOW = datetime(2026, 1, 20, tzinfo=UTC)
SEEDS = st.integers(0, 2**32 - 1)
RANK = {Status.NOT_MET: 0, Status.NOT_ASKED: 1, Status.MET: 2}
DIFFERENTIAL = ("substance_cause", "medical_cause", "psychotic_disorder", "past_mania_or_hypomania")
COUNTED = [
    name
    for name in YES_NO_FACTS
    if name in {one.name for system in System for one in assess_episode({}, now=NOW, system=system).criteria}
]


def said(seed: int) -> dict[str, object]:
    chance = random.Random(seed)
    known, met = chance.random(), chance.random()
    return {name: (chance.random() < met) is (name not in DIFFERENTIAL) for name in COUNTED if chance.random() < known}


def judged(facts: dict[str, object], system: System) -> Episode:
    return assess_episode(facts, now=NOW, system=system)


def _one(episode: Episode, name: str) -> list[Criterion]:
    return [one for one in episode.criteria if one.name == name]


@pytest.mark.parametrize("name", COUNTED)
@given(seed=SEEDS)
def test_a_met_criterion_never_lowers_and_silence_is_never_a_no(name: str, seed: int) -> None:
    system = (System.DSM5, System.ICD11)[seed % 2]
    speaks_for = name not in DIFFERENTIAL
    rest = {other: value for other, value in said(seed).items() if other != name}
    yes, no, silent = (judged(rest | {name: value}, system) for value in (speaks_for, not speaks_for, None))
    assert RANK[yes.status] >= RANK[silent.status] >= RANK[no.status]
    assert yes.symptoms_met >= silent.symptoms_met == no.symptoms_met
    assert all(one.status is Status.NOT_ASKED for one in _one(silent, name))
    # What is left out can still turn the answer either way, unless the rest has settled it.
    assert yes.status is no.status or silent.status is Status.NOT_ASKED or silent.status in {yes.status, no.status}


@given(seed=SEEDS)
def test_the_order_of_what_was_said_is_irrelevant(seed: int) -> None:
    facts = said(seed)
    shuffled = list(facts.items())
    random.Random(seed + 1).shuffle(shuffled)
    for system in System:
        assert judged(dict(shuffled), system) == judged(facts, system)
