"""What a FHIR server of this project can do, as an R4 CapabilityStatement, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from euthymia.errors import DocumentError
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.moment import instant_text, read_instant
from euthymia.interop.fhir.resource import FHIR_VERSION, optional_text, present, root
from euthymia.interop.fhir.resource_types import RESOURCE_TYPES

JSON_FORMAT = "application/fhir+json"


class Interaction(StrEnum):
    """type-restful-interaction."""

    READ = "read"
    VREAD = "vread"
    UPDATE = "update"
    PATCH = "patch"
    DELETE = "delete"
    HISTORY_INSTANCE = "history-instance"
    HISTORY_TYPE = "history-type"
    CREATE = "create"
    SEARCH_TYPE = "search-type"


class SearchKind(StrEnum):
    """search-param-type."""

    NUMBER = "number"
    DATE = "date"
    STRING = "string"
    TOKEN = "token"
    REFERENCE = "reference"
    COMPOSITE = "composite"
    QUANTITY = "quantity"
    URI = "uri"
    SPECIAL = "special"


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One thing a resource can be searched by."""

    name: str
    kind: SearchKind


@dataclass(frozen=True, slots=True)
class Served:
    """One resource type and what can be done with it."""

    type: str
    interactions: tuple[Interaction, ...]
    search: tuple[SearchParameter, ...] = ()


@dataclass(frozen=True, slots=True)
class Server:
    """The server. url: its FHIR address. at: when its abilities last changed."""

    software: str
    version: str
    description: str
    url: str
    at: datetime
    resources: tuple[Served, ...]


def write(server: Server) -> Document:
    """The CapabilityStatement; refuses (DocumentError) a resource that R4 does not know or that is listed twice."""
    types = [served.type for served in server.resources]
    for kind in types:
        if kind not in RESOURCE_TYPES or types.count(kind) > 1:
            path = "CapabilityStatement.rest[0].resource"
            raise DocumentError("unknown_resource", path, f"'{kind}' is no resource of FHIR R4, or is listed twice.")
    rest = present(mode="server", resource=[_served(served) for served in server.resources])
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": instant_text(server.at, "CapabilityStatement.date"),
        "kind": "instance",
        "software": {"name": server.software, "version": server.version},
        "implementation": {"description": server.description, "url": server.url},
        "fhirVersion": FHIR_VERSION,
        "format": [JSON_FORMAT],
        "rest": [rest],
    }


def read(document: Mapping[str, object]) -> Server:
    """The server a statement of this shape describes; refuses (DocumentError) another version of FHIR."""
    element = root(document, "CapabilityStatement")
    version = element.need("fhirVersion")
    if version.code() != FHIR_VERSION:
        raise version.refuse("not_supported", f"FHIR {FHIR_VERSION} is expected.")
    software, implementation = element.need("software"), element.need("implementation")
    rest = element.each("rest")
    return Server(
        software=software.need("name").text(),
        version=optional_text(software, "version"),
        description=implementation.need("description").text(),
        url=optional_text(implementation, "url"),
        at=read_instant(element.need("date")),
        resources=tuple(_read_served(one) for part in rest for one in part.each("resource")),
    )


def _served(served: Served) -> Document:
    return present(
        type=served.type,
        interaction=[{"code": interaction.value} for interaction in served.interactions],
        searchParam=[{"name": parameter.name, "type": parameter.kind.value} for parameter in served.search],
    )


def _read_served(element: Element) -> Served:
    return Served(
        type=element.need("type").code(),
        interactions=tuple(one.need("code").choice(Interaction) for one in element.each("interaction")),
        search=tuple(
            SearchParameter(one.need("name").text(), one.need("type").choice(SearchKind))
            for one in element.each("searchParam")
        ),
    )
