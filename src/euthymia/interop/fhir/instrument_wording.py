"""A clinic's licensed wording from a FHIR R4 Questionnaire, matched to an instrument question by question."""

from __future__ import annotations

from collections.abc import Mapping

from euthymia.care.instruments import Instrument, Item, Option
from euthymia.care.instruments.wording import Wording, with_wording
from euthymia.errors import DocumentError
from euthymia.interop.fhir import questionnaire
from euthymia.interop.fhir.questionnaire import Answer, Question


def wording_of(document: Mapping[str, object], instrument: Instrument) -> Wording:
    """The words this Questionnaire gives every question and answer of the instrument.

    A question is matched by its linkId (our item, or its LOINC code) or by its LOINC code; an answer by its points
    (ordinalValue), its LOINC code, or the value as its code. Several answers of one value share its line. Refuses
    (DocumentError, with the place) what matches nothing, what matches twice, what is left over, a form of another
    panel, and one without language or copyright.
    """
    form = questionnaire.read(document)
    if instrument.loinc_panel and form.loinc not in ("", instrument.loinc_panel):
        says = f"This form is {form.loinc}; {instrument.title} is {instrument.loinc_panel}."
        raise DocumentError("wrong_resource", "Questionnaire.code", says)
    if not form.language:
        raise DocumentError("missing", "Questionnaire.language", "Say which language the words are in.")
    if not form.copyright:
        raise DocumentError("missing", "Questionnaire.copyright", "Give the notice of the owner of the words.")
    texts: dict[str, str] = {}
    options: dict[str, dict[int, str]] = {}
    for question in form.questions:
        item = _item(instrument, question)
        if item.id in texts:
            raise DocumentError("two_values", f"{question.place}.linkId", f"Item {item.id} was there before.")
        texts[item.id] = question.text
        options[item.id] = _answers(item, question)
    for item in instrument.items:
        if item.id not in texts:
            says = f"The question for item {item.id} ({item.label}) is not in this form."
            raise DocumentError("missing", "Questionnaire.item", says)
    language = form.language.split("-")[0].lower()
    wording = Wording(language, texts, options, form.copyright, form.instruction)
    with_wording(instrument, wording)
    return wording


def _item(instrument: Instrument, question: Question) -> Item:
    link = question.link_id.strip("/")
    by_link = [item for item in instrument.items if link in (item.id, item.loinc or item.id)]
    by_code = [item for item in instrument.items if item.loinc and item.loinc == question.loinc]
    if by_link and by_code and by_link != by_code:
        says = f"The linkId means item {by_link[0].id} and the code means item {by_code[0].id}."
        raise DocumentError("two_values", f"{question.place}.code", says)
    found = by_link or by_code
    if not found:
        known = ", ".join(item.id for item in instrument.items)
        raise DocumentError("unknown_item", f"{question.place}.linkId", f"{instrument.title} asks: {known}.")
    return found[0]


def _answers(item: Item, question: Question) -> dict[int, str]:
    words: dict[int, str] = {}
    for number, answer in enumerate(question.answers):
        option = next((option for option in item.options if _is(answer, option)), None)
        if option is None:
            known = ", ".join(str(value) for value in item.values)
            says = f"This is none of the answers {known}."
            raise DocumentError("not_in_list", f"{question.place}.answerOption[{number}]", says)
        before = words.get(option.value)
        words[option.value] = answer.code.display if before is None else f"{before} / {answer.code.display}"
    for value in item.values:
        if value not in words:
            says = f"The answer that counts {value} is not there."
            raise DocumentError("missing", f"{question.place}.answerOption", says)
    return words


def _is(answer: Answer, option: Option) -> bool:
    if answer.points is not None:
        return answer.points == option.value
    if option.loinc:
        return answer.code.code == option.loinc
    return answer.code.code == str(option.value)
