"""Signs of suicidal thoughts: which answers raise one, how urgent it is, and that nobody loses it."""

from __future__ import annotations

import pytest

from euthymia.care.instruments import load_instrument
from euthymia.care.protocol import Provenance
from euthymia.care.risk import (
    SCREENERS,
    TIERS,
    RiskLevel,
    ScreenerAnswers,
    Trigger,
    assess,
    level_of,
    triage,
)
from euthymia.errors import InstrumentError

PHQ9 = load_instrument("phq9")
NO = ScreenerAnswers(False, False, False, False, False, False, False)


@pytest.mark.parametrize(
    ("answer", "trigger"),
    [
        (0, None),
        (1, Trigger.SUICIDAL_THOUGHTS),
        (2, Trigger.SUICIDAL_THOUGHTS),
        (3, Trigger.SUICIDAL_THOUGHTS),
        (None, Trigger.NOT_ANSWERED),
    ],
)
def test_item_nine_raises_a_signal_whatever_else_is_answered(answer: int | None, trigger: Trigger | None) -> None:
    for answers in ({"9": answer}, {str(item): 0 for item in range(1, 9)} | {"9": answer}):
        signal = assess(PHQ9, answers)
        assert (signal.trigger if signal else None) == trigger
        if signal:
            assert (signal.instrument, signal.item, signal.value) == ("phq9", "9", answer)
            assert "9" in signal.says


@pytest.mark.parametrize(("instrument", "item"), [("madrs", "10"), ("qids_sr16", "12")])
def test_the_equivalent_item_of_other_scales_raises_one_too(instrument: str, item: str) -> None:
    signal = assess(load_instrument(instrument), {item: 1})
    assert signal is not None
    assert signal.item == item


@pytest.mark.parametrize("instrument", ["gad7", "phq2", "who5", "moaas", "cadss6"])
def test_a_scale_without_such_a_question_raises_none(instrument: str) -> None:
    assert assess(load_instrument(instrument), {}) is None


def test_an_answer_out_of_range_is_refused_not_overlooked() -> None:
    with pytest.raises(InstrumentError):
        assess(PHQ9, {"9": 9})


@pytest.mark.parametrize(
    ("yes", "level"),
    [
        ({}, RiskLevel.NONE_IDENTIFIED),
        ({"wish_to_be_dead": True}, RiskLevel.LOW),
        ({"thoughts": True}, RiskLevel.LOW),
        ({"thoughts": True, "method": True}, RiskLevel.MODERATE),
        ({"behaviour_ever": True}, RiskLevel.MODERATE),
        ({"thoughts": True, "intent": True}, RiskLevel.HIGH),
        ({"thoughts": True, "plan": True}, RiskLevel.HIGH),
        ({"behaviour_ever": True, "behaviour_past_3_months": True}, RiskLevel.HIGH),
        ({"behaviour_past_3_months": True}, RiskLevel.HIGH),
        ({"intent": True}, RiskLevel.HIGH),
    ],
)
def test_the_most_urgent_answer_decides(yes: dict[str, bool], level: RiskLevel) -> None:
    found = triage(ScreenerAnswers(**(dict.fromkeys(ScreenerAnswers.__slots__, False) | yes)))
    assert (found.level, found.is_complete) == (level, True)


def test_intent_alone_is_high_although_a_public_project_calls_it_moderate() -> None:
    high = TIERS[0]
    assert high.level is RiskLevel.HIGH
    assert "intent" in high.any_of
    assert high.basis.may_gate


def test_the_lower_tiers_say_that_they_rest_on_memory() -> None:
    assert {tier.basis.provenance for tier in TIERS[1:]} == {Provenance.MEMORY}


@pytest.mark.parametrize(
    ("answers", "level", "complete", "missing"),
    [
        (ScreenerAnswers(), None, False, {*NO.__slots__}),
        (ScreenerAnswers(wish_to_be_dead=False), None, False, {*NO.__slots__} - {"wish_to_be_dead"}),
        (
            ScreenerAnswers(wish_to_be_dead=True, thoughts=False, behaviour_ever=False),
            RiskLevel.LOW,
            True,
            set(),
        ),
        (
            ScreenerAnswers(wish_to_be_dead=True, thoughts=True, method=False, intent=None, plan=False),
            RiskLevel.LOW,
            False,
            {"intent", "behaviour_ever", "behaviour_past_3_months"},
        ),
        (
            ScreenerAnswers(False, False, behaviour_ever=True),
            RiskLevel.MODERATE,
            False,
            {"behaviour_past_3_months"},
        ),
        (ScreenerAnswers(plan=True), RiskLevel.HIGH, True, {*NO.__slots__} - {"plan"}),
    ],
)
def test_what_was_not_asked_is_named_and_never_counts_as_no(
    answers: ScreenerAnswers, level: RiskLevel | None, complete: bool, missing: set[str]
) -> None:
    found = triage(answers)
    assert (found.level, found.is_complete) == (level, complete)
    assert {gap.fact for gap in found.missing} == missing


def test_after_a_no_to_thoughts_the_next_three_are_not_asked() -> None:
    assert triage(ScreenerAnswers(False, False, None, None, None, False)).level is RiskLevel.NONE_IDENTIFIED


def test_a_clinic_may_put_its_own_lower_tiers_in_place() -> None:
    assert triage(ScreenerAnswers(True, True, True), tiers=TIERS[:1]).level is None


@pytest.mark.parametrize(
    ("instrument", "level", "expected"),
    [
        ("cssrs_screener", "high", RiskLevel.HIGH),
        ("cssrs_screener", "moderate", RiskLevel.MODERATE),
        ("cssrs_screener", "low", RiskLevel.LOW),
        ("cssrs_screener", "none_identified", RiskLevel.NONE_IDENTIFIED),
        ("asq", "acute_positive", RiskLevel.HIGH),
        ("asq", "non_acute_positive", RiskLevel.MODERATE),
        ("asq", "negative", RiskLevel.NONE_IDENTIFIED),
        ("phq9", "severe", None),
    ],
)
def test_a_screeners_own_level_means_one_of_ours(instrument: str, level: str, expected: RiskLevel | None) -> None:
    assert level_of(instrument, level) is expected


def test_every_level_a_screener_has_means_one_of_ours() -> None:
    for name, levels in SCREENERS.items():
        instrument = load_instrument(name)
        assert {level.name for level in instrument.levels} | {instrument.no_level} == set(levels)
