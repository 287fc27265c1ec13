"""Levels and limits nobody could have: refused with what may be wrong, and what lies far from the curve is named."""

from __future__ import annotations

import pytest

from euthymia.errors import BadInput
from euthymia.pharmacology import Dose, Person, Regimen
from euthymia.pharmacology.individualise import (
    Assay,
    Level,
    NotAdvised,
    Observation,
    Point,
    Reason,
    not_advised,
    point_estimate,
)

PERSON = Person(age_y=40, sex="female", weight_kg=65)
INFUSION = Regimen((Dose("esketamine", "iv", 28, 0, duration_h=2 / 3),))
MEASURED = (Level(0.7, 140), Level(2, 46))


def learned(*seen: Observation, assay: Assay | None = None) -> Point:
    return point_estimate(INFUSION, PERSON, seen, model="fanta_otto_2021", assay=assay)


def refused(*seen: Observation, assay: Assay | None = None) -> BadInput:
    with pytest.raises(BadInput) as refusal:
        learned(*seen, assay=assay)
    assert refusal.value.code == "implausible_level"
    return refusal.value


def below(at_h: float, ng_per_ml: float) -> Level:
    return Level(at_h, None, below_ng_per_ml=ng_per_ml)


# A level below the limit


@pytest.mark.parametrize("limit", [0.001, 0.005, 1.0])
def test_a_limit_far_below_what_is_expected_is_refused_as_a_level_would_be(limit: float) -> None:
    refusal = refused(below(0.7, limit))
    assert refusal.path == "observations[0].below_ng_per_ml"
    assert refusal.message.startswith(f"Below {limit:g} ng/mL cannot be from these doses; about 128 is expected.")


def test_a_limit_that_a_thousand_times_more_would_explain_names_the_unit() -> None:
    assert "µg/mL" in refused(below(0.7, 0.005)).message
    # 1 ng/mL would be as strange during the infusion: the unit alone is not what is wrong.
    assert "µg/mL" not in refused(below(0.7, 0.001)).message


@pytest.mark.parametrize("seen", [below(24, 5), below(400, 0.0001), below(0.7, 500), below(2, 40)], ids=str)
def test_a_limit_near_or_above_what_is_expected_is_used(seen: Level) -> None:
    found = learned(*MEASURED, seen)
    assert not_advised(found) is None
    assert -2 < found.off_sd[2] <= 0


def test_a_limit_at_an_unknown_time_may_be_of_the_moment_at_which_least_is_expected() -> None:
    assert learned(Level(None, None, between_h=(0, 1), below_ng_per_ml=0.5)).is_settled
    refusal = refused(Level(None, None, between_h=(0.5, 1), below_ng_per_ml=0.5))
    assert refusal.path == "observations[0].below_ng_per_ml"


def test_a_limit_that_the_levels_contradict_is_named_and_not_an_innocent_level() -> None:
    refusal = not_advised(learned(*MEASURED, below(0.8, 5)))
    assert isinstance(refusal, NotAdvised)
    assert refusal.reason is Reason.CONTRADICTED
    assert refusal.why.startswith("below 5 ng/mL at 0.8 h lies 9.7 SDs of its scatter below")


# What may be wrong with a level


def test_a_level_long_after_the_doses_is_not_said_to_be_in_a_wrong_unit() -> None:
    refusal = refused(*MEASURED, Level(10_000, 140))
    assert refusal.path == "observations[2].ng_per_ml"
    assert "1000" not in refusal.message
    assert "next to nothing is expected. Check its time, the doses" in refusal.message


@pytest.mark.parametrize(("level", "unit"), [(46_000, "ng/L"), (0.046, "µg/mL")])
def test_a_unit_is_named_where_it_explains_the_level(level: float, unit: str) -> None:
    message = refused(*MEASURED, Level(2, level)).message
    assert unit in message
    assert "about 46.4 is expected" in message


def test_what_is_expected_is_told_in_ng_per_ml_also_where_the_assay_has_a_floor() -> None:
    message = refused(*MEASURED, Level(2, 46_000), assay=Assay(0.2, additive_ng_per_ml=5)).message
    assert "about 46.4 is expected" in message
