"""The Patient of somebody else's record as a plain person."""

from __future__ import annotations

import re
from datetime import datetime

from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.imported import AdministrativeGender, Identifier, ImportedPerson
from euthymia.interop.fhir.moment import read_day, read_moment

READ = frozenset(
    {"identifier", "name", "telecom", "gender", "birthDate", "address", "communication"}
    | {"deceasedBoolean", "deceasedDateTime", "active"}
)

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*")
# Best first; a name or number that is no longer in use is never taken.
_NAME_USES = ("official", "usual", "", "temp", "nickname", "anonymous", "maiden")


def read_person(patient: Element) -> ImportedPerson:
    """The person; refuses (DocumentError) a Patient without a name or with an element that cannot be meant."""
    given, family = _name(patient)
    birth = patient.get("birthDate")
    gender = patient.get("gender")
    deceased, deceased_at = _deceased(patient)
    return ImportedPerson(
        identifiers=tuple(_identifiers(patient)),
        given=given,
        family=family,
        birth_date=read_day(birth) if birth else None,
        sex=gender.choice(AdministrativeGender) if gender else AdministrativeGender.UNKNOWN,
        phone=_contact(patient, "phone"),
        email=_contact(patient, "email"),
        country=_country(patient),
        language=_language(patient),
        deceased=deceased,
        deceased_at=deceased_at,
    )


def _name(patient: Element) -> tuple[str, str]:
    names = [name for name in patient.each("name") if _use(name) != "old"]
    if not names:
        raise patient.refuse("no_name", "This person has no name. Add Patient.name.")
    name = min(names, key=lambda one: _NAME_USES.index(_use(one)) if _use(one) in _NAME_USES else len(_NAME_USES))
    given = " ".join(part.text() for part in name.each("given"))
    family = name.get("family")
    if family is not None:
        return given, family.text()
    if given:
        return given, ""
    first, _, rest = name.need("text").text().partition(" ")
    return first, rest


def _identifiers(patient: Element) -> list[Identifier]:
    found = []
    for identifier in patient.each("identifier"):
        value = identifier.get("value")
        if value is None or _use(identifier) == "old":
            continue
        system, kind = identifier.get("system"), identifier.get("type")
        codes = [code for coding in (kind.each("coding") if kind else ()) if (code := coding.get("code"))]
        found.append(
            Identifier(
                system=system.text() if system else "",
                value=value.text(),
                kind=codes[0].code() if codes else "",
            )
        )
    return found


def _contact(patient: Element, system: str) -> str:
    ranked: list[tuple[int, str]] = []
    for contact in patient.each("telecom"):
        kind, value, rank = contact.get("system"), contact.get("value"), contact.get("rank")
        if kind is None or value is None or kind.code() != system or _use(contact) == "old":
            continue
        ranked.append((rank.whole() if rank else 100, value.text()))
    return min(ranked, key=lambda one: one[0])[1] if ranked else ""


def _country(patient: Element) -> str:
    current = [address for address in patient.each("address") if _use(address) != "old"]
    countries = [country for address in current if (country := address.get("country"))]
    return countries[0].text() if countries else ""


def _language(patient: Element) -> str:
    spoken = patient.each("communication")
    preferred = [one for one in spoken if (mark := one.get("preferred")) and mark.flag()]
    for communication in [*preferred, *spoken]:
        for coding in communication.need("language").each("coding"):
            code = coding.get("code")
            if code is None:
                continue
            if not _LANGUAGE.fullmatch(code.code()):
                raise code.refuse("bad_code", "A language is a code such as en or es-MX.")
            return code.code()
    return ""


def _deceased(patient: Element) -> tuple[bool, datetime | None]:
    mark, moment = patient.get("deceasedBoolean"), patient.get("deceasedDateTime")
    if mark is not None and moment is not None:
        raise moment.refuse("two_values", "deceased is stated twice; keep one.")
    if moment is not None:
        return True, read_moment(moment).at
    return (mark.flag() if mark else False), None


def _use(element: Element) -> str:
    use = element.get("use")
    return use.code() if use else ""
