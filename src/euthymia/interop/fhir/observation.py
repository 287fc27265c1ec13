"""A vital sign, a blood pressure or a score as a FHIR R4 Observation, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from euthymia.care.instruments import Instrument
from euthymia.errors import DocumentError
from euthymia.interop.fhir.concept import LOINC, category, concept, read_concept
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.imported import Code
from euthymia.interop.fhir.moment import instant_text, read_instant
from euthymia.interop.fhir.observed import ObservationStatus
from euthymia.interop.fhir.resource import (
    Amount,
    Number,
    exact,
    optional_text,
    present,
    quantity,
    read_amount,
    read_identity,
    read_reference,
    reference,
    root,
    start,
)
from euthymia.interop.vital_signs.load import vital_signs

SYSTOLIC, DIASTOLIC = "8480-6", "8462-4"
BLOOD_PRESSURE = Code(LOINC, "85354-9", "Blood pressure panel with all children optional")


class Category(StrEnum):
    """The observation categories this clinic writes."""

    VITAL_SIGNS = "vital-signs"
    SURVEY = "survey"
    LABORATORY = "laboratory"


@dataclass(frozen=True, slots=True)
class Component:
    """One part of an observation that has several."""

    code: Code
    amount: Amount


@dataclass(frozen=True, slots=True)
class Observation:
    """Something measured or scored: an amount, or components, or text. derived_from: id of a QuestionnaireResponse."""

    id: str
    patient_id: str
    category: Category
    code: Code
    at: datetime
    amount: Amount | None = None
    components: tuple[Component, ...] = ()
    text: str = ""
    status: ObservationStatus = ObservationStatus.FINAL
    derived_from: str = ""
    note: str = ""


def vital_sign(identity: str, patient_id: str, *, loinc: str, value: Number, at: datetime) -> Observation:
    """One vital sign in the unit its table keeps it in; refuses an unlisted code and an impossible value."""
    return Observation(identity, patient_id, Category.VITAL_SIGNS, _vital_code(loinc), at, _vital(loinc, value))


def blood_pressure(
    identity: str, patient_id: str, *, systolic_mmhg: Number, diastolic_mmhg: Number, at: datetime
) -> Observation:
    """A blood pressure as the panel with both parts."""
    if systolic_mmhg <= diastolic_mmhg:
        raise DocumentError("impossible_value", "Observation.component", "Systolic must be above diastolic pressure.")
    parts = tuple(
        Component(_vital_code(loinc), _vital(loinc, value))
        for loinc, value in ((SYSTOLIC, systolic_mmhg), (DIASTOLIC, diastolic_mmhg))
    )
    return Observation(identity, patient_id, Category.VITAL_SIGNS, BLOOD_PRESSURE, at, components=parts)


def score(
    identity: str, patient_id: str, *, instrument: Instrument, total: Number, at: datetime, response_id: str = ""
) -> Observation:
    """An instrument's total under its LOINC code, in words where it has none; refuses a total outside its range."""
    if not instrument.lowest <= total <= instrument.highest:
        message = f"{total} is no total of {instrument.title} ({instrument.lowest:g} to {instrument.highest:g})."
        raise DocumentError("impossible_value", "Observation.valueQuantity.value", message)
    words = f"{instrument.title} total score"
    code = Code(LOINC, instrument.loinc_total, words) if instrument.loinc_total else Code("", "", words)
    amount = Amount(exact(total, "Observation.valueQuantity.value"), "{score}", "score")
    return Observation(identity, patient_id, Category.SURVEY, code, at, amount, derived_from=response_id)


def write(observation: Observation) -> Document:
    """The Observation resource; refuses (DocumentError) one without exactly one kind of value."""
    if [observation.amount is None, not observation.components, not observation.text].count(False) != 1:
        message = "An observation has one value: an amount, components or text."
        raise DocumentError("no_value", "Observation.value", message)
    document = start("Observation", observation.id) | present(
        status=observation.status.value,
        category=[category(observation.category.value, _CATEGORY_WORDS[observation.category])],
        code=concept(observation.code),
        subject=reference("Patient", observation.patient_id),
        effectiveDateTime=instant_text(observation.at, "Observation.effectiveDateTime"),
        valueQuantity=quantity(observation.amount) if observation.amount else None,
        valueString=observation.text,
        note=[{"text": observation.note}] if observation.note else [],
        component=[
            {"code": concept(part.code), "valueQuantity": quantity(part.amount)} for part in observation.components
        ],
    )
    if observation.derived_from:
        document["derivedFrom"] = [reference("QuestionnaireResponse", observation.derived_from)]
    return document


def read(document: Mapping[str, object]) -> Observation:
    """The observation a resource of this shape holds; refuses (DocumentError) what this clinic does not write."""
    element = root(document, "Observation")
    categories, notes, derived = element.each("category"), element.each("note"), element.each("derivedFrom")
    if not categories:
        raise element.refuse("missing", "An observation needs its category.")
    amount = element.get("valueQuantity")
    return Observation(
        id=read_identity(element),
        patient_id=read_reference(element.need("subject"), "Patient"),
        category=_read_category(categories[0]),
        code=read_concept(element.need("code")),
        at=read_instant(element.need("effectiveDateTime")),
        amount=read_amount(amount) if amount else None,
        components=tuple(
            Component(read_concept(part.need("code")), read_amount(part.need("valueQuantity")))
            for part in element.each("component")
        ),
        text=optional_text(element, "valueString"),
        status=element.need("status").choice(ObservationStatus),
        derived_from=read_reference(derived[0], "QuestionnaireResponse") if derived else "",
        note=optional_text(notes[0], "text") if notes else "",
    )


_CATEGORY_WORDS = {
    Category.VITAL_SIGNS: "Vital Signs",
    Category.SURVEY: "Survey",
    Category.LABORATORY: "Laboratory",
}


def _read_category(element: Element) -> Category:
    codings = element.each("coding")
    if not codings:
        raise element.refuse("no_code", "A category needs its code.")
    return codings[0].need("code").choice(Category)


def _vital_code(loinc: str) -> Code:
    sign = vital_signs().by_loinc.get(loinc)
    if sign is None:
        raise DocumentError(
            "unknown_vital_sign", "Observation.code", f"'{loinc[:40]}' is not in the list of vital signs."
        )
    return Code(LOINC, loinc, sign.display)


def _vital(loinc: str, value: Number) -> Amount:
    sign = vital_signs().by_loinc[_vital_code(loinc).code]
    path = "Observation.valueQuantity.value"
    return Amount(sign.read(exact(value, path), sign.unit, path), sign.unit)
