"""One more medicine never takes a flag away, and never makes the monitoring form's answer milder."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.interactions import GROUPS, IN_NO_GROUP, InteractionGroup, interactions, look_up, rems_answers

SEEDS = st.integers(0, 2**32 - 1)
NAMES = sorted({name for group in GROUPS for name in group.names} | IN_NO_GROUP | {"zorbutin", "blue tablet"})
MILD_TO_STRICT = {False: 0, None: 1, True: 2}


def medicines(seed: int) -> list[str]:
    chance = random.Random(seed)
    return [chance.choice((str.title, str.upper, str))(chance.choice(NAMES)) for _ in range(chance.randrange(6))]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.name)
@given(seed=SEEDS)
def test_adding_a_medicine_never_removes_a_flag(group: InteractionGroup, seed: int) -> None:
    before = medicines(seed)
    more = [*before, group.names[seed % len(group.names)].upper()]
    random.Random(seed + 1).shuffle(more)
    flags_before = {(str(flag.value).casefold(), flag.rule) for flag in interactions(before)}
    flags_after = {(str(flag.value).casefold(), flag.rule) for flag in interactions(more)}
    assert flags_before <= flags_after
    assert f"interaction_{group.name}" in {rule for _, rule in flags_after}
    form_before, form_after = rems_answers(before), rems_answers(more)
    assert all(MILD_TO_STRICT[form_after[name]] >= MILD_TO_STRICT[form_before[name]] for name in form_before)


@given(seed=SEEDS)
def test_every_medicine_is_answered_for_once_and_the_order_is_irrelevant(seed: int) -> None:
    some = medicines(seed)
    found = look_up(some)
    assert {one.medicine.casefold() for one in found} == {name.casefold() for name in some}
    assert len(found) == len({name.casefold() for name in some})
    turned = look_up(reversed(some))
    assert {(one.medicine.casefold(), one.recognition) for one in turned} == {
        (one.medicine.casefold(), one.recognition) for one in found
    }
