"""A clinic's Questionnaire gives an instrument its words: matched strictly, refused with the place."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from tests.edits import Document, Edit, change, drop

from euthymia.care.instruments import load_instrument
from euthymia.care.instruments.wording import with_wording
from euthymia.errors import DocumentError, InstrumentError
from euthymia.interop.fhir import questionnaire
from euthymia.interop.fhir.instrument_wording import wording_of

BASE = "https://clinic.example/fhir"
SDS, CSSRS, BDI2, PHQ9 = (load_instrument(name) for name in ("sds", "cssrs_screener", "bdi2", "phq9"))


def sent(instrument: Any = SDS, language: str = "de-CH") -> Document:
    """The form of an instrument as another system would send it, with words of its own."""
    document: Document = questionnaire.write(questionnaire.form_of(instrument, base_url=BASE))
    document["language"], document["copyright"] = language, "Owner 2020"
    for item in document["item"]:
        item["text"] = f"Frage {item['linkId']}?"
    return document


def test_questions_are_found_by_their_link_and_answers_by_their_points() -> None:
    document = sent()
    document["item"].insert(0, {"linkId": "intro", "text": "Bitte wählen.", "type": "display"})
    wording = wording_of(document, SDS)
    assert (wording.language, wording.notice, wording.instruction) == ("de", "Owner 2020", "Bitte wählen.")
    made = with_wording(SDS, wording)
    assert made.languages == ("de",)
    assert [item.text("de") for item in made.items] == ["Frage 1?", "Frage 2?", "Frage 3?"]
    assert made.item("3").options[10].text("de") == "10"


def test_questions_are_found_by_their_code_too_as_link_or_as_code() -> None:
    document = sent(CSSRS, "en")
    for number, item in enumerate(document["item"]):
        item["linkId"] = f"/{item['code'][0]['code']}" if number % 2 else f"question-{number}"
    wording = wording_of(document, CSSRS)
    assert set(wording.items) == {item.id for item in CSSRS.items}


def test_answers_without_points_are_found_by_their_code() -> None:
    document = sent(CSSRS, "en")
    for item in document["item"]:
        for option in item["answerOption"]:
            del option["extension"]
    assert wording_of(document, CSSRS).options["plan"] == {0: "No", 1: "Yes"}
    document["item"][0]["answerOption"][0]["valueCoding"]["code"] = "LA33-6"
    with pytest.raises(DocumentError) as refused:
        wording_of(document, CSSRS)
    assert refused.value.path == "Questionnaire.item[0].answerOption[0]"


def test_two_answers_of_one_value_share_its_line() -> None:
    document = sent(BDI2)
    more = copy.deepcopy(document["item"][15]["answerOption"][1])
    document["item"][15]["answerOption"][1]["valueCoding"]["display"] = "mehr"
    more["valueCoding"] |= {"code": "1b", "display": "weniger"}
    document["item"][15]["answerOption"].append(more)
    assert wording_of(document, BDI2).options["16"][1] == "mehr / weniger"


@pytest.mark.parametrize(
    ("edit", "code", "path"),
    [
        (drop("language"), "missing", "Questionnaire.language"),
        (drop("copyright"), "missing", "Questionnaire.copyright"),
        (drop("item", 1), "missing", "Questionnaire.item"),
        (change("item", 1, "linkId", to="9"), "unknown_item", "Questionnaire.item[1].linkId"),
        (change("item", 1, "linkId", to="1"), "two_values", "Questionnaire.item[1].linkId"),
        (drop("item", 2, "answerOption", 4), "missing", "Questionnaire.item[2].answerOption"),
        (
            change("item", 2, "answerOption", 4, "extension", 0, "valueDecimal", to=11),
            "not_in_list",
            "Questionnaire.item[2].answerOption[4]",
        ),
        (change("item", 0, "type", to="boolean"), "not_supported", "Questionnaire.item[0].type"),
    ],
)
def test_a_form_that_does_not_match_is_refused_with_the_place(edit: Edit, code: str, path: str) -> None:
    document = sent()
    edit(document)
    with pytest.raises(DocumentError) as refused:
        wording_of(document, SDS)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_a_form_of_another_panel_and_a_link_that_contradicts_its_code_are_refused() -> None:
    document = sent(CSSRS, "en")
    document["code"][0]["code"] = "44249-1"
    with pytest.raises(DocumentError) as refused:
        wording_of(document, CSSRS)
    assert (refused.value.code, refused.value.path) == ("wrong_resource", "Questionnaire.code")
    document = sent(CSSRS, "en")
    document["item"][0]["linkId"] = "plan"
    with pytest.raises(DocumentError) as refused:
        wording_of(document, CSSRS)
    assert (refused.value.code, refused.value.path) == ("two_values", "Questionnaire.item[0].code")


def test_words_that_are_shipped_exactly_are_not_replaced() -> None:
    with pytest.raises(InstrumentError) as refused:
        wording_of(sent(PHQ9, "en"), PHQ9)
    assert refused.value.code == "already_shipped"
