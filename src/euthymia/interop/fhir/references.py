"""Who and what a bundle's references point at: by full URL, by Type/id, or inside the resource itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from euthymia.interop.fhir.element import Element

_VERSION = re.compile(r"/_history/[^/]+$")
LONGEST_REFERENCE = 1000


@dataclass(frozen=True, slots=True)
class References:
    """The resources of one bundle by every name a reference may use."""

    by_name: Mapping[str, Element]
    person: Element

    def points_at_person(self, holder: Element, name: str) -> bool:
        """Whether the reference `name` of this resource is to the bundle's one person."""
        reference = holder.need(name)
        pointed = reference.get("reference")
        if pointed is None:
            return self._same_identifier(reference)
        target = self.resolve(pointed.text(longest=LONGEST_REFERENCE), holder)
        return target is not None and target.path == self.person.path

    def resolve(self, reference: str, holder: Element) -> Element | None:
        """The resource a reference names, or None where the bundle does not hold it."""
        if reference.startswith("#"):
            return next((inner for inner in holder.each("contained") if _id_of(inner) == reference[1:]), None)
        plain = _VERSION.sub("", reference)
        if plain in self.by_name:
            return self.by_name[plain]
        return self.by_name.get("/".join(plain.split("/")[-2:])) if "/" in plain and "?" not in plain else None

    def _same_identifier(self, reference: Element) -> bool:
        logical = reference.need("identifier")
        wanted = (_plain(logical, "system"), logical.need("value").text(longest=LONGEST_REFERENCE))
        return any(wanted == (_plain(own, "system"), _plain(own, "value")) for own in self.person.each("identifier"))


def index(entries: Iterable[tuple[Element, Element]], person: Element) -> References:
    """References of a bundle from its (entry, resource) pairs; the first of two equal names wins."""
    by_name: dict[str, Element] = {}
    for entry, resource in entries:
        full_url = _plain(entry, "fullUrl")
        if full_url:
            by_name.setdefault(full_url, resource)
        identity = _id_of(resource)
        if identity:
            by_name.setdefault(f"{_plain(resource, 'resourceType')}/{identity}", resource)
    return References(by_name, person)


def _id_of(resource: Element) -> str:
    return _plain(resource, "id")


def _plain(holder: Element, name: str) -> str:
    members = holder.value
    found = members.get(name) if isinstance(members, dict) else None
    return found if isinstance(found, str) else ""
