"""A filled questionnaire as a FHIR R4 QuestionnaireResponse, and back to the answers an instrument scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from euthymia.care.instruments import Instrument, Item
from euthymia.errors import DocumentError
from euthymia.interop.fhir.concept import LOINC
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.imported import Code
from euthymia.interop.fhir.moment import instant_text, read_instant
from euthymia.interop.fhir.questionnaire import LONGEST_URL, answer_code, url_of
from euthymia.interop.fhir.resource import (
    optional_text,
    present,
    read_identity,
    read_reference,
    reference,
    root,
    start,
)


class ResponseStatus(StrEnum):
    """questionnaire-answers-status."""

    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    AMENDED = "amended"
    ENTERED_IN_ERROR = "entered-in-error"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: which question, its words, and the code chosen or, for a total that was reported, the number."""

    link_id: str
    code: Code | None
    text: str = ""
    number: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """A filled questionnaire. questionnaire: its canonical address with version. A question left out has no answer."""

    id: str
    patient_id: str
    questionnaire: str
    at: datetime
    answers: tuple[Answered, ...]
    status: ResponseStatus = ResponseStatus.COMPLETED


def filled(
    identity: str,
    patient_id: str,
    *,
    instrument: Instrument,
    answers: Mapping[str, int],
    at: datetime,
    base_url: str,
) -> Filled:
    """The answers (item id -> value) as a filled form; refuses an unknown item or value (DocumentError)."""
    known = {item.id: item for item in instrument.items}
    for item_id in answers:
        if item_id not in known:
            raise DocumentError("unknown_item", f"answers.{item_id}", f"{instrument.title} has no item '{item_id}'.")
    given = tuple(
        Answered(item.id, _code_of(instrument, item, answers[item.id], base_url), item.text())
        for item in instrument.items
        if item.id in answers
    )
    canonical = f"{url_of(instrument, base_url)}|{instrument.version}"
    return Filled(identity, patient_id, canonical, at, given)


def answers_for(instrument: Instrument, form: Filled) -> dict[str, int]:
    """The answers as the instrument scores them (item id -> value); refuses what it does not know (DocumentError).

    A question is found by its item id or by its LOINC code, an answer by its LOINC code or its points. A reported total
    is left out: totals are made here, from the answers.
    """
    by_link = {item.id: item for item in instrument.items} | {
        item.loinc: item for item in instrument.items if item.loinc
    }
    found: dict[str, int] = {}
    for position, answered in enumerate(form.answers):
        path = f"QuestionnaireResponse.item[{position}]"
        if instrument.loinc_total and answered.link_id.strip("/") == instrument.loinc_total:
            continue
        item = by_link.get(answered.link_id) or by_link.get(answered.link_id.strip("/"))
        if item is None:
            message = f"{instrument.title} has no question '{answered.link_id[:60]}'."
            raise DocumentError("unknown_item", path, message)
        if item.id in found:
            raise DocumentError("two_values", path, "This question is answered twice.")
        found[item.id] = _value_of(item, answered.code, path)
    return found


def write(form: Filled) -> Document:
    """The QuestionnaireResponse resource."""
    return start("QuestionnaireResponse", form.id) | present(
        questionnaire=form.questionnaire,
        status=form.status.value,
        subject=reference("Patient", form.patient_id),
        authored=instant_text(form.at, "QuestionnaireResponse.authored"),
        item=[_item(answered) for answered in form.answers],
    )


def read(document: Mapping[str, object]) -> Filled:
    """The filled form a resource holds; refuses (DocumentError) nested questions and answers that are no code."""
    element = root(document, "QuestionnaireResponse")
    answered = [_read_item(item) for item in element.each("item")]
    return Filled(
        id=read_identity(element),
        patient_id=read_reference(element.need("subject"), "Patient"),
        questionnaire=element.need("questionnaire").text(longest=LONGEST_URL),
        at=read_instant(element.need("authored")),
        answers=tuple(one for one in answered if one is not None),
        status=element.need("status").choice(ResponseStatus),
    )


def _code_of(instrument: Instrument, item: Item, value: int, base_url: str) -> Code:
    for option in item.options:
        if option.value == value and not isinstance(value, bool):
            return answer_code(instrument, option, base_url=base_url)
    known = ", ".join(str(one) for one in item.values)
    raise DocumentError(
        "answer_out_of_range", f"answers.{item.id}", f"{value!r} is not an answer. Give one of {known}."
    )


def _value_of(item: Item, code: Code | None, path: str) -> int:
    if code is None:
        raise DocumentError("wrong_type", path, f"The answer to {item.label} is a code, not a number.")
    for option in item.options:
        is_loinc = code.system == LOINC and code.code == option.loinc
        if is_loinc or (code.system != LOINC and code.code == str(option.value)):
            return option.value
    raise DocumentError("answer_out_of_range", path, f"'{code.code[:60]}' is not an answer to {item.label}.")


def _item(answered: Answered) -> Document:
    code = answered.code
    if code is None:
        answer: Document = {"valueDecimal": answered.number}
    else:
        answer = {"valueCoding": present(system=code.system, code=code.code, display=code.display)}
    return present(linkId=answered.link_id, text=answered.text, answer=[answer])


def _read_item(item: Element) -> Answered | None:
    if nested := item.get("item"):
        raise nested.refuse("not_supported", "Nested questions are not read.")
    answers = item.each("answer")
    if not answers:
        return None
    if len(answers) > 1:
        raise answers[1].refuse("two_values", "One answer is expected.")
    link_id, words = item.need("linkId").text(), optional_text(item, "text")
    if number := answers[0].get("valueDecimal"):
        return Answered(link_id, None, words, number.decimal())
    coding = answers[0].need("valueCoding")
    code = Code(optional_text(coding, "system"), coding.need("code").code(), optional_text(coding, "display"))
    return Answered(link_id, code, words)
