"""Search results as a FHIR R4 Bundle, and back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from euthymia.errors import DocumentError
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.resource import present, root
from euthymia.interop.fhir.resource_types import RESOURCE_TYPES

LONGEST_URL = 2000


class SearchMode(StrEnum):
    """search-entry-mode."""

    MATCH = "match"
    INCLUDE = "include"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True)
class Found:
    """One resource of a page and why it is there."""

    resource: Document
    mode: SearchMode = SearchMode.MATCH


@dataclass(frozen=True, slots=True)
class Searchset:
    """One page of search results. total: how many match over all pages, None where it was not counted."""

    base_url: str
    self_url: str
    found: tuple[Found, ...]
    total: int | None = None
    next_url: str = ""
    previous_url: str = ""


def write(page: Searchset) -> Document:
    """The Bundle; every resource must have its type and id (DocumentError)."""
    if page.total is not None and page.total < sum(found.mode is SearchMode.MATCH for found in page.found):
        raise DocumentError("impossible_value", "Bundle.total", "The total is less than this page holds.")
    urls = (("self", page.self_url), ("next", page.next_url), ("previous", page.previous_url))
    return present(
        resourceType="Bundle",
        type="searchset",
        total=page.total,
        link=[{"relation": relation, "url": url} for relation, url in urls if url],
        entry=list(_entries(page)),
    )


def read(document: Mapping[str, object], base_url: str) -> Searchset:
    """The page a searchset Bundle holds."""
    bundle = root(document, "Bundle")
    if bundle.need("type").code() != "searchset":
        raise bundle.refuse("wrong_resource", "A Bundle of type searchset is expected.")
    links = {link.need("relation").text(): link.need("url").text(longest=LONGEST_URL) for link in bundle.each("link")}
    total = bundle.get("total")
    found = []
    for entry in bundle.each("entry"):
        mode = entry.need("search").need("mode").choice(SearchMode)
        found.append(Found(dict(entry.need("resource").members()), mode))
    return Searchset(
        base_url=base_url,
        self_url=links.get("self", ""),
        found=tuple(found),
        total=total.whole() if total else None,
        next_url=links.get("next", ""),
        previous_url=links.get("previous", ""),
    )


def _entries(page: Searchset) -> Iterable[Document]:
    for position, found in enumerate(page.found):
        kind, identity = found.resource.get("resourceType"), found.resource.get("id")
        if kind not in RESOURCE_TYPES or not identity:
            path = f"Bundle.entry[{position}].resource"
            raise DocumentError("missing", path, "A resource in a bundle needs its type and id.")
        yield {
            "fullUrl": f"{page.base_url.rstrip('/')}/{kind}/{identity}",
            "resource": found.resource,
            "search": {"mode": found.mode.value},
        }
