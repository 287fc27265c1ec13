"""CodeableConcept and coded statuses, read and written."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.element import MAX_TEXT, Element
from euthymia.interop.fhir.imported import Code

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

# A record that gives several codes for one thing is read by the first of these that is there.
PREFERRED_SYSTEMS = (LOINC, SNOMED, RXNORM, "http://hl7.org/fhir/sid/icd-10-cm", "http://hl7.org/fhir/sid/icd-10")

Choice = TypeVar("Choice", bound=StrEnum)


def read_concept(element: Element) -> Code:
    """The concept's preferred code with the words to show; refuses one with neither a code nor words."""
    words = element.get("text")
    codings = [_coding(coding) for coding in element.each("coding")]
    coded = [coding for coding in codings if coding.code]
    ranked = sorted(coded, key=lambda coding: _rank(coding.system))
    spoken = words.text() if words else ""
    if ranked:
        chosen = ranked[0]
        return Code(chosen.system, chosen.code, chosen.display or spoken or chosen.code)
    display = spoken or next((coding.display for coding in codings if coding.display), "")
    if not display:
        raise element.refuse("no_code", "This has neither a code nor words. Say what it is.")
    return Code("", "", display)


def code_in_system(element: Element, system: str) -> Code | None:
    """The concept's first code of this system, or None."""
    words = element.get("text")
    for coding in map(_coding, element.each("coding")):
        if coding.system == system and coding.code:
            spoken = words.text() if words else ""
            return Code(system, coding.code, coding.display or spoken or coding.code)
    return None


def coded_status(element: Element | None, kind: type[Choice]) -> Choice | None:
    """The status a CodeableConcept states, from a closed list; None where it is absent."""
    if element is None:
        return None
    codings = element.each("coding")
    if not codings:
        raise element.refuse("no_code", f"A status needs a code: one of {', '.join(kind)}.")
    return codings[0].need("code").choice(kind)


def concept(code: Code) -> Document:
    """A CodeableConcept: the code where there is one, and the words."""
    if not code.code:
        return {"text": code.display}
    return {"coding": [{"system": code.system, "code": code.code, "display": code.display}], "text": code.display}


def category(code: str, display: str) -> Document:
    """An observation category."""
    return {"coding": [{"system": OBSERVATION_CATEGORY, "code": code, "display": display}]}


def _coding(element: Element) -> Code:
    system, code, display = (element.get(name) for name in ("system", "code", "display"))
    return Code(
        system.text(longest=MAX_TEXT) if system else "",
        code.code() if code else "",
        display.text() if display else "",
    )


def _rank(system: str) -> int:
    return PREFERRED_SYSTEMS.index(system) if system in PREFERRED_SYSTEMS else len(PREFERRED_SYSTEMS)
