"""A person of this clinic as a FHIR R4 Patient, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from euthymia.errors import DocumentError
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.imported import AdministrativeGender, Identifier
from euthymia.interop.fhir.person import read_person
from euthymia.interop.fhir.resource import present, read_identity, root, start

IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
LANGUAGE = "urn:ietf:bcp:47"


@dataclass(frozen=True, slots=True)
class Person:
    """What this clinic tells of a person. Empty text or None: not known."""

    id: str
    family: str
    given: str = ""
    identifiers: tuple[Identifier, ...] = ()
    birth_date: date | None = None
    sex: AdministrativeGender = AdministrativeGender.UNKNOWN
    phone: str = ""
    email: str = ""
    country: str = ""
    language: str = ""
    active: bool = True


def write(person: Person) -> Document:
    """The Patient resource; refuses (DocumentError) a person without any name."""
    if not (person.family or person.given):
        raise DocumentError("no_name", "Patient.name", "A person needs a name.")
    telecom = [
        {"system": system, "value": value}
        for system, value in (("phone", person.phone), ("email", person.email))
        if value
    ]
    name = present(use="official", family=person.family, given=[person.given] if person.given else [])
    return start("Patient", person.id) | present(
        identifier=[_identifier(one) for one in person.identifiers],
        active=person.active,
        name=[name],
        telecom=telecom,
        gender=person.sex.value,
        birthDate=person.birth_date.isoformat() if person.birth_date else None,
        address=[{"country": person.country}] if person.country else [],
        communication=[_communication(person.language)] if person.language else [],
    )


def read(document: Mapping[str, object]) -> Person:
    """The person a Patient resource describes; refuses (DocumentError) one that cannot be meant."""
    element = root(document, "Patient")
    about = read_person(element)
    active = element.get("active")
    return Person(
        id=read_identity(element),
        family=about.family,
        given=about.given,
        identifiers=about.identifiers,
        birth_date=about.birth_date,
        sex=about.sex,
        phone=about.phone,
        email=about.email,
        country=about.country,
        language=about.language,
        active=active.flag() if active else True,
    )


def _identifier(identifier: Identifier) -> Document:
    kind = {"coding": [{"system": IDENTIFIER_TYPE, "code": identifier.kind}]} if identifier.kind else None
    return present(type=kind, system=identifier.system, value=identifier.value)


def _communication(language: str) -> Document:
    return {"language": {"coding": [{"system": LANGUAGE, "code": language}]}}
