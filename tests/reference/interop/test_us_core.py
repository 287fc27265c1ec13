"""The PHQ-9 of the US Core implementation guide: its answers scored here give the total it reports."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.fixtures.fhir_bundles import US_CORE, bundle, example, person

from euthymia.care.instruments import load_instrument, score
from euthymia.errors import DocumentError
from euthymia.interop.fhir import questionnaire, questionnaire_response
from euthymia.interop.fhir.bundle import ObservationKind, read_bundle

FILLED = example(US_CORE / "QuestionnaireResponse-phq-9-example.json")
FORM = example(US_CORE / "Questionnaire-phq-9-example.json")
TOTAL = example(US_CORE / "Observation-PHQ9-item-example-44261-6.json")
PANEL = example(US_CORE / "Observation-PHQ9-panel-example-44249-1.json")


def test_the_answers_score_to_the_total_it_reports() -> None:
    phq9 = load_instrument("phq9")
    filled = questionnaire_response.read(FILLED)
    answers = questionnaire_response.answers_for(phq9, filled)
    reported = next(one.number for one in filled.answers if one.number is not None)
    assert score(phq9, answers).total == reported == Decimal(TOTAL["valueString"]) == 12
    assert questionnaire_response.read(questionnaire_response.write(filled)) == filled


def test_its_questions_and_answers_have_the_codes_of_our_form() -> None:
    ours = questionnaire.form_of(load_instrument("phq9"), base_url="https://clinic.example/fhir")
    theirs = {
        item["code"][0]["code"]: [option["valueCoding"]["code"] for option in item["answerOption"]]
        for item in FORM["item"]
        if item["type"] == "choice"
    }
    assert {one.loinc: [answer.code.code for answer in one.answers] for one in ours.questions} == theirs
    assert ours.loinc == FORM["code"][0]["code"]


def test_its_form_with_a_computed_question_is_refused_and_read_without_it() -> None:
    with pytest.raises(DocumentError) as refused:
        questionnaire.read(FORM)
    assert (refused.value.code, refused.value.path) == ("not_supported", "Questionnaire.item[9].type")
    form = questionnaire.read(FORM | {"item": [item for item in FORM["item"] if item["type"] == "choice"]})
    assert [str(answer.points) for answer in form.questions[0].answers] == ["0", "1", "2", "3"]
    assert {answer.points for answer in form.questions[-1].answers} == {None}, "the last question counts nothing"
    assert [question.required for question in form.questions] == [True] * 8 + [False] * 2
    assert questionnaire.read(questionnaire.write(form)) == form


def test_its_observations_are_read_as_survey_answers_and_the_panel_as_a_list_of_them() -> None:
    about = person(id="example")
    record = read_bundle(bundle(TOTAL, PANEL, about=about))
    (total,) = record.observations
    assert (total.kind, total.loinc, total.text) == (ObservationKind.SURVEY, "44261-6", "12")
    assert "Observation" in [one.what for one in record.report.not_understood]
