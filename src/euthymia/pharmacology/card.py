"""What a model says about itself: who it was fitted on, what it covers, what it passed and where it fails."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Whether a published model is reproduced, or we put one together from published pieces and assumptions."""

    PUBLISHED = "published"
    ASSEMBLED = "assembled"


class Matrix(StrEnum):
    """Where blood was drawn for the data behind a model. Arterial and venous values differ about 1.8-fold at 40 min."""

    VENOUS = "venous"
    ARTERIAL = "arterial"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class ParameterNote:
    """One parameter to read: typical value at 70 kg and 45 years, spread, and where each is from."""

    name: str
    value: float
    unit: str
    provenance: str
    spread: str
    spread_provenance: str

    def as_json(self) -> dict[str, Any]:
        """The same as plain values."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "provenance": self.provenance,
            "spread": self.spread,
            "spread_provenance": self.spread_provenance,
        }


@dataclass(frozen=True, slots=True)
class RouteNote:
    """What a card says of one way in only: where it is from, what is assumed, where it fails."""

    route: str
    citation: str
    assumptions: tuple[str, ...]
    known_failures: tuple[str, ...]

    def cited(self) -> str:
        """As it stands in the citation of the whole card."""
        return f"; {self.route}: {self.citation}"


@dataclass(frozen=True, slots=True)
class Card:
    """A model's card; shown wherever its numbers are shown.

    oldest_y: above it the model is refused; None, no limit.   by_route: sentences of `assumptions` and
    `known_failures` that concern one route only.
    """

    id: str
    title: str
    kind: Kind
    matrix: Matrix
    matrix_note: str
    citation: str
    doi: str | None
    provenance: str
    fitted_on: str
    drugs: tuple[str, ...]
    routes: tuple[str, ...]
    valid_for: str
    youngest_y: float
    oldest_y: float | None
    fitted_age_y: tuple[float, float] | None
    fitted_weight_kg: tuple[float, float] | None
    assumptions: tuple[str, ...]
    checks_passed: tuple[str, ...]
    known_failures: tuple[str, ...]
    parameters: tuple[ParameterNote, ...] = ()
    by_route: tuple[RouteNote, ...] = ()

    def for_routes(self, routes: Collection[str]) -> Card:
        """The same card without what it says, and whom it cites, of other routes only."""
        others = [note for note in self.by_route if note.route not in routes]
        if not others:
            return self
        kept = [words for note in self.by_route if note.route in routes for words in note.assumptions]
        failing = [words for note in self.by_route if note.route in routes for words in note.known_failures]
        left = {words for note in others for words in (*note.assumptions, *note.known_failures)}
        left -= {*kept, *failing}
        citation = self.citation
        for note in others:
            citation = citation.replace(note.cited(), "")
        return replace(
            self,
            citation=citation,
            assumptions=tuple(words for words in self.assumptions if words not in left),
            known_failures=tuple(words for words in self.known_failures if words not in left),
            by_route=tuple(note for note in self.by_route if note.route in routes),
        )

    def brief(self) -> dict[str, Any]:
        """The few lines that travel with every answer."""
        return {
            "id": self.id,
            "kind": str(self.kind),
            "matrix": str(self.matrix),
            "citation": self.citation,
            "doi": self.doi,
        }

    def as_json(self) -> dict[str, Any]:
        """The whole card as plain values."""
        return self.brief() | {
            "title": self.title,
            "matrix_note": self.matrix_note,
            "provenance": self.provenance,
            "fitted_on": self.fitted_on,
            "drugs": list(self.drugs),
            "routes": list(self.routes),
            "valid_for": self.valid_for,
            "youngest_y": self.youngest_y,
            "oldest_y": self.oldest_y,
            "fitted_age_y": list(self.fitted_age_y) if self.fitted_age_y else None,
            "fitted_weight_kg": list(self.fitted_weight_kg) if self.fitted_weight_kg else None,
            "assumptions": list(self.assumptions),
            "checks_passed": list(self.checks_passed),
            "known_failures": list(self.known_failures),
            "parameters": [note.as_json() for note in self.parameters],
        }
