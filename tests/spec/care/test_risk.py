"""Signs of suicidal thoughts: which answers raise one, how urgent it is, and that nobody loses it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from euthymia.care.instruments import load_instrument
from euthymia.care.protocol import Provenance
from euthymia.care.risk import (
    STEPS,
    TIERS,
    PathwayEvent,
    RiskLevel,
    ScreenerAnswers,
    Stage,
    Step,
    Trigger,
    assess,
    follow,
    open_pathway,
    triage,
)
from euthymia.errors import BadInput, InstrumentError

PHQ9 = load_instrument("phq9")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
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


def step(name: Step, says: str = "", by: str = "Ana Ruiz") -> PathwayEvent:
    return PathwayEvent(name, by, NOW + timedelta(minutes=5), says)


def test_a_signal_needs_a_named_owner_from_the_first_moment() -> None:
    with pytest.raises(BadInput) as refused:
        open_pathway("  ", NOW)
    assert refused.value.code == "no_owner"


def test_from_owner_to_closed_each_step_is_kept() -> None:
    start = open_pathway("Ana Ruiz", NOW)
    events = [
        step(Step.SEE),
        step(Step.ACT, "Spoke for half an hour, plan written."),
        step(Step.CLOSE, "Safe tonight."),
    ]
    end = follow(start, events)
    assert (start.stage, start.needs_attention, start.seen_at) == (Stage.OWNED, True, None)
    assert (end.stage, end.needs_attention, end.owner, end.done) == (Stage.CLOSED, False, "Ana Ruiz", tuple(events))
    assert end.seen_at == NOW + timedelta(minutes=5)


def test_a_new_owner_has_to_see_it_too() -> None:
    handed = follow(open_pathway("Ana Ruiz", NOW), [step(Step.SEE), step(Step.HAND_OVER, "Bo Lind")])
    assert (handed.stage, handed.owner, handed.seen_at) == (Stage.OWNED, "Bo Lind", None)


def test_a_closed_signal_can_be_opened_again_and_needs_attention() -> None:
    closed = follow(open_pathway("Ana", NOW), [step(Step.SEE), step(Step.ACT, "Called."), step(Step.CLOSE, "Safe.")])
    again = follow(closed, [step(Step.REOPEN, "Bo Lind")])
    assert (again.stage, again.owner, again.needs_attention) == (Stage.OWNED, "Bo Lind", True)


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([step(Step.ACT, "Called.")], "wrong_step"),
        ([step(Step.CLOSE, "Done.")], "wrong_step"),
        ([step(Step.SEE), step(Step.CLOSE, "Done.")], "wrong_step"),
        ([step(Step.SEE), step(Step.SEE)], "wrong_step"),
        ([step(Step.SEE), step(Step.ACT, " ")], "says_nothing"),
        ([step(Step.HAND_OVER)], "says_nothing"),
        ([step(Step.SEE, by=" ")], "unnamed"),
    ],
)
def test_a_step_that_does_not_follow_is_refused(events: list[PathwayEvent], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        follow(open_pathway("Ana Ruiz", NOW), events)
    assert refused.value.code == code


def test_every_stage_offers_a_next_step_and_nothing_closes_before_something_was_done() -> None:
    assert {stage for stage, _ in STEPS} == set(Stage)
    assert {stage for (stage, name) in STEPS if name is Step.CLOSE} == {Stage.ACTED}
    assert open_pathway("Ana Ruiz", NOW).next_steps == (Step.HAND_OVER, Step.SEE)
