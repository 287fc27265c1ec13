"""C-SSRS screener and ASQ: a level and never a total, the highest answer decides, unknown is not none."""

from __future__ import annotations

from itertools import product

import pytest

from euthymia.care.evidence import Basis
from euthymia.care.instruments import load_instrument, score
from euthymia.care.instruments.score import LevelFound
from euthymia.care.protocol import Provenance
from euthymia.care.risk import RiskLevel, ScreenerAnswers, Trigger, assess, triage

CSSRS, ASQ = load_instrument("cssrs_screener"), load_instrument("asq")
CALM = {"wish_to_be_dead": 0, "thoughts": 0, "behaviour_ever": 0}
THOUGHTS = CALM | {"thoughts": 1, "method": 0, "intent": 0, "plan": 0}
NO = {"1": 0, "2": 0, "3": 0, "4": 0}


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        (CALM, "none_identified"),
        (CALM | {"wish_to_be_dead": 1}, "low"),
        (THOUGHTS, "low"),
        (THOUGHTS | {"method": 1}, "moderate"),
        (THOUGHTS | {"intent": 1}, "high"),
        (THOUGHTS | {"plan": 1}, "high"),
        (CALM | {"behaviour_ever": 1, "behaviour_past_3_months": 0}, "moderate"),
        (CALM | {"behaviour_ever": 1, "behaviour_past_3_months": 1}, "high"),
    ],
)
def test_the_highest_answer_gives_the_level(answers: dict[str, int], level: str) -> None:
    made = score(CSSRS, answers)
    assert made.level is not None
    assert (made.level.name, made.level.final, made.total, made.missing) == (level, True, None, ())


def test_question_four_in_the_past_month_is_high_whatever_else_is_answered() -> None:
    made = score(CSSRS, {"intent": 1}).level
    assert made is not None
    assert (made.name, made.final, made.because) == ("high", True, ("intent",))
    assert isinstance(made.basis, Basis)
    assert made.basis.provenance is Provenance.READ
    assert made.says == "Do not leave the person alone. A clinician sees them the same day."


def test_three_to_five_are_asked_only_after_a_yes_to_two_and_recent_behaviour_after_any() -> None:
    assert score(CSSRS, CALM).missing == ()
    assert score(CSSRS, CALM | {"thoughts": 1}).missing == ("method", "intent", "plan")
    assert score(CSSRS, CALM | {"behaviour_ever": 1}).missing == ("behaviour_past_3_months",)
    assert score(CSSRS, {}).missing == tuple(item.id for item in CSSRS.items)


def test_with_a_question_open_the_level_is_at_least_this_and_never_none() -> None:
    low = score(CSSRS, CALM | {"wish_to_be_dead": 1, "thoughts": None}).level
    assert low is not None
    assert (low.name, low.final) == ("low", False)
    assert score(CSSRS, CALM | {"thoughts": None}).level is None
    assert score(CSSRS, {}).level is None


def test_the_screener_and_the_risk_pathway_say_the_same_of_every_form() -> None:
    names = [item.id for item in CSSRS.items]
    for given in product((None, 0, 1), repeat=len(names)):
        answers = dict(zip(names, given, strict=True))
        said = {name: None if value is None else bool(value) for name, value in answers.items()}
        pathway, form = triage(ScreenerAnswers(**said)), score(CSSRS, answers)
        assert (form.level and form.level.name) == pathway.level
        if form.level is not None and pathway.level is not RiskLevel.NONE_IDENTIFIED:
            assert form.level.final is pathway.is_complete


@pytest.mark.parametrize(
    ("answers", "level"),
    [
        (NO, "negative"),
        *((NO | {item: 1, "5": 0}, "non_acute_positive") for item in NO),
        *((NO | {item: 2, "5": 0}, "non_acute_positive") for item in NO),
        (NO | {"1": 1, "5": 2}, "non_acute_positive"),
        (NO | {"1": 1, "5": 1}, "acute_positive"),
        (NO | {"4": 2, "5": 1}, "acute_positive"),
        (NO | {"5": 1}, "acute_positive"),
    ],
)
def test_a_yes_or_a_refusal_is_positive_and_right_now_is_acute(answers: dict[str, int], level: str) -> None:
    made = score(ASQ, answers)
    assert made.level is not None
    assert (made.level.name, made.level.final, made.missing) == (level, True, ())


@pytest.mark.parametrize(
    ("answers", "missing", "level"),
    [
        (NO | {"3": 1}, ("5",), "non_acute_positive"),
        (NO | {"3": 2}, ("5",), "non_acute_positive"),
        (NO | {"3": None}, ("3", "5"), None),
        ({}, ("1", "2", "3", "4", "5"), None),
    ],
)
def test_the_fifth_question_is_asked_after_a_yes_a_refusal_or_an_open_answer(
    answers: dict[str, int | None], missing: tuple[str, ...], level: str | None
) -> None:
    made = score(ASQ, answers)
    assert made.missing == missing
    assert (made.level and made.level.name) == level
    assert made.level is None or made.level.final is False


def test_the_calm_level_has_no_reason_and_no_instruction() -> None:
    assert score(ASQ, NO).level == LevelFound("negative", True, (), "", None)


@pytest.mark.parametrize(("instrument", "calm"), [(CSSRS, CALM), (ASQ, NO)])
def test_any_yes_opens_the_risk_pathway_and_a_blank_is_to_be_resolved(instrument: object, calm: dict[str, int]) -> None:
    asked = CSSRS if instrument is CSSRS else ASQ
    assert assess(asked, calm) is None
    assert score(asked, calm).flags == ()
    for item in asked.items:
        signal = assess(asked, {item.id: 1})
        assert signal is not None
        assert (signal.trigger, signal.item) == (Trigger.SUICIDAL_THOUGHTS, item.id)
        assert score(asked, {item.id: 1}).flags.count("suicidal_thoughts") == 1
    for name in calm:
        blank = assess(asked, calm | {name: None})
        assert blank is not None
        assert (blank.trigger, blank.item, blank.value) == (Trigger.NOT_ANSWERED, name, None)
        assert score(asked, calm | {name: None}).flags == ("suicide_item_not_answered",)
