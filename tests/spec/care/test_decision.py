"""A decision is a value: it has no truth value, adding facts only tightens it, and nothing is lost on the way."""

from __future__ import annotations

import pytest

from euthymia.care.decision import (
    Allowed,
    CannotTell,
    Decision,
    Level,
    Missing,
    Reason,
    Refused,
    combine,
    decide,
    missing_of,
    reasons_of,
    verdict,
)

STOP = Reason("allergy", Level.STOP, "allergy", True)
HOLD = Reason("pressure", Level.HOLD, "systolic_mmhg", 150.0, 140.0)
FLAG = Reason("older", Level.FLAG, "age_y", 70)
UNKNOWN = Missing("escort", "escort_named")

# facts · verdict · reasons in order · missing
DECIDED = [
    ((), (), "allowed", (), ()),
    ((FLAG,), (), "allowed", (FLAG,), ()),
    ((FLAG,), (UNKNOWN,), "cannot_tell", (FLAG,), (UNKNOWN,)),
    ((), (UNKNOWN, UNKNOWN), "cannot_tell", (), (UNKNOWN,)),
    ((FLAG, HOLD), (UNKNOWN,), "refused", (HOLD, FLAG), (UNKNOWN,)),
    ((STOP, STOP, HOLD), (), "refused", (STOP, HOLD), ()),
]


@pytest.mark.parametrize(("reasons", "missing", "word", "told", "absent"), DECIDED)
def test_the_verdict_follows_from_the_facts(
    reasons: tuple[Reason, ...],
    missing: tuple[Missing, ...],
    word: str,
    told: tuple[Reason, ...],
    absent: tuple[Missing, ...],
) -> None:
    decision = decide(reasons, missing)
    assert (verdict(decision), reasons_of(decision), missing_of(decision)) == (word, told, absent)


@pytest.mark.parametrize("decision", [Allowed(), Allowed((FLAG,)), Refused((STOP,)), CannotTell((UNKNOWN,))])
def test_a_decision_has_no_truth_value(decision: Decision) -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(decision)


def test_combining_adds_the_facts_and_the_stricter_wins() -> None:
    assert combine() == Allowed()
    assert combine(Allowed((FLAG,)), CannotTell((UNKNOWN,))) == CannotTell((UNKNOWN,), (FLAG,))
    assert combine(CannotTell((UNKNOWN,)), Refused((HOLD,)), Allowed((FLAG,))) == Refused((HOLD,), (UNKNOWN,), (FLAG,))


@pytest.mark.parametrize(("level", "refuses"), [(Level.STOP, True), (Level.HOLD, True), (Level.FLAG, False)])
def test_only_a_flag_does_not_refuse(level: Level, refuses: bool) -> None:
    assert Reason("rule", level, "fact").refuses is refuses
