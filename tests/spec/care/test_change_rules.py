"""Every rule of change of every instrument by its name, at its edge and beside it."""

from __future__ import annotations

import pytest

from euthymia.care.instruments import instruments, load_instrument
from euthymia.care.response_rules import Judged, Judgement, meaningful_change, reliable_change, remission, response

# instrument · rule · before · the total that is just an answer · the first that is not
RESPONSE = [
    ("madrs", "half", 30, 15, 16),
    ("phq9", "half", 20, 10, 11),
    ("phq9", "half_and_no_more_than_mild", 20, 9, 10),
]
# instrument · rule · the total that is just well · the first that is not
REMISSION = [
    ("hamd17", "seven_or_less", 7, 8),
    ("madrs", "ten_or_less", 10, 11),
    ("madrs", "below_ten", 9, 10),
    ("phq9", "below_five", 4, 5),
    ("qids_sr16", "five_or_less", 5, 6),
]
# instrument · rule · before · the total at which people notice · one at which they do not
MEANINGFUL = [
    ("bdi2", "uk_primary_care", 30, 26, 27),
    ("gad7", "toussaint_2020", 15, 11, 12),
    ("pcl5", "clinically_meaningful", 50, 40, 41),
    ("pcl5", "responded", 50, 45, 46),
    ("phq9", "uk_primary_care", 15, 13, 14),
    ("who5", "ten_index_points", 40, 50, 49),
]
# instrument · rule · before · the total that is more than chance · one that may be chance
RELIABLE = [("gad7", "bischoff_2020", 15, 9, 10)]


def met(judgement: Judgement) -> bool:
    assert isinstance(judgement, Judged)
    return judgement.met


def test_every_rule_that_is_shipped_has_its_row_here() -> None:
    shipped = [load_instrument(name) for name in instruments()]
    assert {(one.id, rule.name) for one in shipped for rule in one.responses} == {row[:2] for row in RESPONSE}
    assert {(one.id, rule.name) for one in shipped for rule in one.remissions} == {row[:2] for row in REMISSION}
    assert {(one.id, rule.name) for one in shipped for rule in one.meaningful} == {row[:2] for row in MEANINGFUL}
    assert {(one.id, rule.name) for one in shipped for rule in one.reliable} == {row[:2] for row in RELIABLE}


@pytest.mark.parametrize(("name", "rule", "before", "answered", "not_yet"), RESPONSE)
def test_response(name: str, rule: str, before: float, answered: float, not_yet: float) -> None:
    instrument = load_instrument(name)
    assert met(response(instrument, before, answered, rule=rule))
    assert not met(response(instrument, before, not_yet, rule=rule))


@pytest.mark.parametrize(("name", "rule", "well", "not_yet"), REMISSION)
def test_remission(name: str, rule: str, well: float, not_yet: float) -> None:
    instrument = load_instrument(name)
    assert met(remission(instrument, well, rule=rule))
    assert not met(remission(instrument, not_yet, rule=rule))


@pytest.mark.parametrize(("name", "rule", "before", "noticed", "not_yet"), MEANINGFUL)
def test_a_change_people_notice(name: str, rule: str, before: float, noticed: float, not_yet: float) -> None:
    instrument = load_instrument(name)
    assert met(meaningful_change(instrument, before, noticed, rule=rule))
    assert not met(meaningful_change(instrument, before, not_yet, rule=rule))


@pytest.mark.parametrize(("name", "rule", "before", "more", "chance"), RELIABLE)
def test_a_change_that_is_more_than_chance(name: str, rule: str, before: float, more: float, chance: float) -> None:
    instrument = load_instrument(name)
    assert met(reliable_change(instrument, before, more, rule=rule))
    assert not met(reliable_change(instrument, before, chance, rule=rule))
