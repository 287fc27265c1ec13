"""What every resource shares when it is written or read back: identity, references, amounts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from euthymia.errors import DocumentError
from euthymia.interop.fhir.concept import UCUM
from euthymia.interop.fhir.document import Document, read_document
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.moment import read_moment
from euthymia.interop.fhir.references import LONGEST_REFERENCE

FHIR_VERSION = "4.0.1"
LONGEST_NARRATIVE = 4000

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

Number = Decimal | float | int


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its UCUM unit. words: the unit for people; the UCUM code where empty."""

    value: Decimal
    unit: str
    words: str = ""


def exact(number: Number, path: str) -> Decimal:
    """The number with the digits it shows; refuses one that is not finite (DocumentError)."""
    shown = number if isinstance(number, Decimal) else Decimal(repr(number))
    if not shown.is_finite():
        raise DocumentError("not_finite", path, "A number must be finite.")
    return shown


def start(resource_type: str, identity: str) -> Document:
    """The beginning of a resource; refuses an id that FHIR does not allow."""
    if not _ID.fullmatch(identity):
        message = "An id is 1 to 64 letters, digits, hyphens and points."
        raise DocumentError("bad_id", f"{resource_type}.id", message)
    return {"resourceType": resource_type, "id": identity}


def present(**members: object) -> Document:
    """The members that say something: no None, no empty text, no empty list or object. FHIR has neither."""
    return {name: value for name, value in members.items() if value is not None and value not in ("", [], {}, ())}


def reference(resource_type: str, identity: str) -> Document:
    """A reference to a resource of the same server."""
    return {"reference": f"{resource_type}/{start(resource_type, identity)['id']}"}


def quantity(amount: Amount) -> Document:
    """A Quantity in UCUM."""
    return {
        "value": exact(amount.value, "Quantity.value"),
        "unit": amount.words or amount.unit,
        "system": UCUM,
        "code": amount.unit,
    }


def root(document: Mapping[str, object], resource_type: str) -> Element:
    """The resource to read back; refuses another type, and a modifier that changes its meaning."""
    element = Element(read_document(document), resource_type)
    found = element.need("resourceType").code()
    if found != resource_type:
        raise element.refuse("wrong_resource", f"This is a {found[:60]}; a {resource_type} is expected.")
    for name in ("modifierExtension", "implicitRules"):
        if changed := element.get(name):
            raise changed.refuse("changed_meaning", f"{name} changes what this means in a way that is not known here.")
    return element


def read_identity(element: Element) -> str:
    """The resource's id."""
    identity = element.need("id")
    text = identity.text()
    if not _ID.fullmatch(text):
        raise identity.refuse("bad_id", "An id is 1 to 64 letters, digits, hyphens and points.")
    return text


def read_reference(element: Element, resource_type: str) -> str:
    """The id a reference names; refuses one to another kind of resource."""
    named = element.need("reference")
    kind, _, identity = named.text(longest=LONGEST_REFERENCE).rpartition("/")
    if kind.rpartition("/")[2] != resource_type:
        raise named.refuse("wrong_reference", f"A reference to a {resource_type} is expected here.")
    return identity


def read_amount(element: Element) -> Amount:
    """A Quantity in UCUM; refuses another system and a bound."""
    if comparator := element.get("comparator"):
        raise comparator.refuse("not_exact", "A number is expected here, not a bound.")
    system = element.need("system")
    if system.text() != UCUM:
        raise system.refuse("unknown_unit", "A unit's code is UCUM (system http://unitsofmeasure.org).")
    unit = element.need("code").code()
    words = element.get("unit")
    spoken = words.text() if words else ""
    return Amount(element.need("value").decimal(), unit, "" if spoken == unit else spoken)


def optional_text(element: Element, name: str, *, longest: int = LONGEST_NARRATIVE) -> str:
    """The text of a member, empty where it is absent."""
    found = element.get(name)
    return found.text(longest=longest) if found else ""


__all__ = [
    "FHIR_VERSION",
    "Amount",
    "Number",
    "exact",
    "optional_text",
    "present",
    "quantity",
    "read_amount",
    "read_identity",
    "read_moment",
    "read_reference",
    "reference",
    "root",
    "start",
]
