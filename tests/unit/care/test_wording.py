"""A clinic's licensed words on an instrument: all of them, with their notice, and never over words that are exact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from euthymia.care.instruments import load_instrument, score
from euthymia.care.instruments.wording import Wording, with_wording
from euthymia.errors import InstrumentError

SDS = load_instrument("sds")
LINES = {item.id: {value: f"Line {value}" for value in item.values} for item in SDS.items}
WORDS = Wording("de", {item.id: f"Question {item.id}?" for item in SDS.items}, LINES, " Owner 2020 ", "Choose.")


def test_an_instrument_in_its_owners_words_asks_and_scores_the_same() -> None:
    made = with_wording(SDS, WORDS)
    assert (made.can_be_shown, made.languages, SDS.can_be_shown) == (True, ("de",), False)
    assert (made.item("2").text("de"), made.item("2").options[5].text("de")) == ("Question 2?", "Line 5")
    assert (made.instruction["de"], made.licence.notice) == ("Choose.", "Owner 2020")
    answers = {"1": 5, "2": 4, "3": 3}
    assert score(made, answers) == score(SDS, answers)


def test_a_language_may_be_added_to_shipped_words_and_not_replaced() -> None:
    phq2 = load_instrument("phq2")
    lines = {item.id: {value: str(value) for value in item.values} for item in phq2.items}
    words = Wording("de", {"1": "Eins?", "2": "Zwei?"}, lines, "Owner")
    assert with_wording(phq2, words).languages == ("en", "de", "es")
    with pytest.raises(InstrumentError) as refused:
        with_wording(phq2, replace(words, language="es"))
    assert (refused.value.code, refused.value.path) == ("already_shipped", "language")


@pytest.mark.parametrize(
    ("changed", "code", "path"),
    [
        ({"notice": " "}, "no_notice", "notice"),
        ({"items": {"1": "One?", "2": "Two?"}}, "wording_incomplete", "items.3"),
        ({"items": {"1": "One?", "2": " ", "3": "Three?"}}, "wording_incomplete", "items.2"),
        ({"items": {**WORDS.items, "4": "Four?"}}, "unknown_item", "items.4"),
        ({"options": {**LINES, "4": {}}}, "unknown_item", "options.4"),
        ({"options": {**LINES, "2": {**LINES["2"], 7: " "}}}, "wording_incomplete", "options.2.7"),
        ({"options": {**LINES, "2": {**LINES["2"], 11: "More"}}}, "unknown_answer", "options.2.11"),
        ({"options": {"1": LINES["1"], "2": LINES["2"]}}, "wording_incomplete", "options.3.0"),
    ],
)
def test_words_too_many_or_too_few_are_refused_with_their_place(
    changed: Mapping[str, object], code: str, path: str
) -> None:
    with pytest.raises(InstrumentError) as refused:
        with_wording(SDS, replace(WORDS, **changed))  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.path) == (code, path)
