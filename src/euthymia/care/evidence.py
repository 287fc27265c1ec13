"""Where a rule or a number comes from, in a form that can be shown beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from euthymia.care.document_page import Page
from euthymia.care.protocol import Provenance, Source

READ_ENOUGH_TO_GATE = frozenset(Provenance) - {Provenance.MEMORY}


@dataclass(frozen=True, slots=True)
class Basis:
    """The sources of one statement and how they were obtained. What rests on memory informs and never gates."""

    sources: tuple[Source, ...]
    provenance: Provenance

    @property
    def may_gate(self) -> bool:
        return self.provenance in READ_ENOUGH_TO_GATE

    @property
    def says(self) -> str:
        """One line for a reason or a footnote: who said it, and how far it was read."""
        cited = "; ".join(source.cite for source in self.sources)
        words = self.provenance.value.replace("_", " ")
        return f"{cited} ({words})" if cited else f"({words})"


def sources_of(document: Mapping[str, Any]) -> dict[str, Source]:
    """The `[sources]` table of a data file: name → citation."""
    rows = document.get("sources", {})
    return {name: Source(name, row["cite"], row.get("link", "")) for name, row in rows.items()}


def sources_on(page: Page) -> dict[str, Source]:
    """The same table of a document being read; refuses what is missing or not known there (ProtocolError)."""
    found = {}
    for name in page.value:
        row = page.page(name)
        found[name] = Source(name, row.text("cite"), row.text("link", ""))
        row.finish()
    return found


def basis_of(row: Mapping[str, Any], sources: Mapping[str, Source]) -> Basis:
    """The basis written in one row as `source = [names]` and `provenance`; KeyError where a name is not listed."""
    names = row.get("source", ())
    return Basis(tuple(sources[name] for name in names), Provenance(row["provenance"]))
