"""Any instrument as a FHIR R4 Questionnaire, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from euthymia.care.instruments import Instrument, Item, Option
from euthymia.errors import DocumentError
from euthymia.interop.fhir.concept import LOINC
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.imported import Code
from euthymia.interop.fhir.resource import (
    LONGEST_NARRATIVE,
    optional_text,
    present,
    read_identity,
    root,
    start,
)

ORDINAL = "http://hl7.org/fhir/StructureDefinition/ordinalValue"
LONGEST_URL = 2000


class PublicationStatus(StrEnum):
    """publication-status."""

    DRAFT = "draft"
    ACTIVE = "active"
    RETIRED = "retired"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer that may be chosen: its code, its words, and the points it counts (None: the form does not say)."""

    code: Code
    points: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a form. loinc: its code, empty where it has none. place: where it stood in the form read."""

    link_id: str
    text: str
    answers: tuple[Answer, ...]
    loinc: str = ""
    required: bool = False
    place: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Form:
    """A questionnaire as exchanged. url and version together name it; copyright is shown wherever the words are."""

    id: str
    url: str
    version: str
    title: str
    language: str
    questions: tuple[Question, ...]
    instruction: str = ""
    loinc: str = ""
    copyright: str = ""
    status: PublicationStatus = PublicationStatus.ACTIVE

    @property
    def canonical(self) -> str:
        """How a response names this form."""
        return f"{self.url}|{self.version}"


def form_of(instrument: Instrument, *, base_url: str, language: str = "en") -> Form:
    """The form of an instrument; own labels stand where the wording is not ours to ship.

    base_url: the FHIR address of this clinic. Refuses (DocumentError) a language the wording is not shipped in.
    """
    if instrument.can_be_shown and language not in instrument.languages:
        known = ", ".join(instrument.languages)
        raise DocumentError("not_in_list", "Questionnaire.language", f"{instrument.title} is shipped in: {known}.")
    return Form(
        id=identity_of(instrument),
        url=url_of(instrument, base_url),
        version=instrument.version,
        title=instrument.title,
        language=language,
        questions=tuple(_question(instrument, item, base_url, language) for item in instrument.items),
        instruction=instrument.instruction.get(language, ""),
        loinc=instrument.loinc_panel,
        copyright=instrument.licence.notice,
    )


def identity_of(instrument: Instrument) -> str:
    """The id of an instrument's Questionnaire: FHIR allows no underscore."""
    return instrument.id.replace("_", "-")


def url_of(instrument: Instrument, base_url: str) -> str:
    """The canonical address of an instrument's Questionnaire."""
    return f"{base_url.rstrip('/')}/Questionnaire/{identity_of(instrument)}"


def answer_code(instrument: Instrument, option: Option, *, base_url: str, language: str = "en") -> Code:
    """The code of an answer: LOINC where there is one, else this project's own with the points as code."""
    if option.loinc:
        return Code(LOINC, option.loinc, option.text(language))
    system = f"{base_url.rstrip('/')}/CodeSystem/{identity_of(instrument)}-answers"
    return Code(system, str(option.value), option.text(language))


def write(form: Form) -> Document:
    """The Questionnaire resource; refuses (DocumentError) a form without questions or with one id twice."""
    ids = [question.link_id for question in form.questions]
    if not ids or len(set(ids)) != len(ids):
        raise DocumentError("empty", "Questionnaire.item", "A form needs questions, each with its own linkId.")
    items = [_item(question) for question in form.questions]
    if form.instruction:
        items.insert(0, {"linkId": INSTRUCTION, "text": form.instruction, "type": "display"})
    return start("Questionnaire", form.id) | present(
        language=form.language,
        url=form.url,
        version=form.version,
        title=form.title,
        status=form.status.value,
        subjectType=["Patient"],
        copyright=form.copyright,
        code=[{"system": LOINC, "code": form.loinc}] if form.loinc else [],
        item=items,
    )


INSTRUCTION = "instruction"


def read(document: Mapping[str, object]) -> Form:
    """The form a Questionnaire of choices holds; refuses (DocumentError) other kinds of question and nested groups."""
    element = root(document, "Questionnaire")
    items = element.each("item")
    spoken = [item for item in items if item.need("type").code() == "display"]
    codes = [code for code in element.each("code") if code.need("system").text() == LOINC]
    return Form(
        id=read_identity(element),
        url=element.need("url").text(longest=LONGEST_URL),
        version=optional_text(element, "version"),
        title=optional_text(element, "title"),
        language=optional_text(element, "language"),
        questions=tuple(_read_question(item) for item in items if item not in spoken),
        instruction=" ".join(optional_text(item, "text") for item in spoken),
        loinc=codes[0].need("code").code() if codes else "",
        copyright=optional_text(element, "copyright"),
        status=element.need("status").choice(PublicationStatus),
    )


def _question(instrument: Instrument, item: Item, base_url: str, language: str) -> Question:
    answers = tuple(
        Answer(answer_code(instrument, option, base_url=base_url, language=language), Decimal(option.value))
        for option in item.options
    )
    return Question(item.id, item.text(language), answers, item.loinc)


def _item(question: Question) -> Document:
    return present(
        linkId=question.link_id,
        code=[{"system": LOINC, "code": question.loinc}] if question.loinc else [],
        text=question.text,
        type="choice",
        required=True if question.required else None,
        answerOption=[_option(answer) for answer in question.answers],
    )


def _option(answer: Answer) -> Document:
    points = [{"url": ORDINAL, "valueDecimal": answer.points}] if answer.points is not None else []
    coding = {"system": answer.code.system, "code": answer.code.code, "display": answer.code.display}
    return present(extension=points, valueCoding=coding)


def _read_question(item: Element) -> Question:
    kind = item.need("type")
    if kind.code() != "choice":
        raise kind.refuse("not_supported", "Only questions with a choice of answers are read.")
    codes = [code for code in item.each("code") if code.need("system").text() == LOINC]
    required = item.get("required")
    return Question(
        link_id=item.need("linkId").text(),
        text=item.need("text").text(longest=LONGEST_NARRATIVE),
        answers=tuple(_read_option(option) for option in item.each("answerOption")),
        loinc=codes[0].need("code").code() if codes else "",
        required=required.flag() if required else False,
        place=item.path,
    )


def _read_option(option: Element) -> Answer:
    coding = option.need("valueCoding")
    code = Code(
        coding.need("system").text(),
        coding.need("code").code(),
        coding.need("display").text(longest=LONGEST_NARRATIVE),
    )
    for extension in (*option.each("extension"), *coding.each("extension")):
        if extension.need("url").text() == ORDINAL:
            return Answer(code, extension.need("valueDecimal").decimal())
    return Answer(code)
