"""What a record from elsewhere says, as plain values, and the report of how its reading went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from euthymia.interop.fhir.moment import Precision


class AdministrativeGender(StrEnum):
    """FHIR's closed list for Patient.gender."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    UNKNOWN = "unknown"


class ObservationKind(StrEnum):
    """Which part of a record an observation belongs to."""

    VITAL = "vital"
    LABORATORY = "laboratory"
    SURVEY = "survey"


@dataclass(frozen=True, slots=True)
class Code:
    """A concept: its system and code (both empty where the record gave only words) and the words to show."""

    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number by which somebody else knows the person. kind: the v2-0203 code (MR, SS, ...) where stated, else ""."""

    system: str
    value: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """The one person a bundle is about. Empty text: not stated. birth_date None: not stated to the day."""

    identifiers: tuple[Identifier, ...]
    given: str
    family: str
    birth_date: date | None
    sex: AdministrativeGender
    phone: str
    email: str
    country: str
    language: str
    deceased: bool
    deceased_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportedCondition:
    """A diagnosis or problem. status: active, resolved, ...; verification: confirmed, provisional, ...; or empty."""

    code: Code
    status: str
    verification: str
    onset: datetime | None
    onset_precision: Precision | None
    ended: datetime | None = None
    ended_precision: Precision | None = None


@dataclass(frozen=True, slots=True)
class ImportedMedication:
    """A medicine ordered or stated as taken. origin: the FHIR resource it came from."""

    code: Code
    status: str
    authored_on: datetime | None
    authored_precision: Precision | None
    dosage_text: str
    origin: str


@dataclass(frozen=True, slots=True)
class ImportedAllergy:
    """An allergy or intolerance. criticality: low, high, unable-to-assess or empty."""

    code: Code
    status: str
    criticality: str
    recorded_on: datetime | None
    recorded_precision: Precision | None = None


@dataclass(frozen=True, slots=True)
class ImportedObservation:
    """One thing measured or answered: a number with its unit (UCUM), or text, never neither and never both.

    A vital sign is in the unit its table keeps it in (kg, cm, mm[Hg], ...); a laboratory value keeps its own unit. A
    result below or above what could be measured ("<5") is text, so that the number never travels without its sign.
    """

    kind: ObservationKind
    loinc: str
    display: str
    value: Decimal | None
    unit: str
    text: str
    at: datetime
    precision: Precision
    status: str


@dataclass(frozen=True, slots=True)
class ImportedProcedure:
    """Something done to or with the person."""

    code: Code
    status: str
    at: datetime | None
    precision: Precision | None


ImportedEntry = ImportedCondition | ImportedMedication | ImportedAllergy | ImportedObservation | ImportedProcedure


@dataclass(frozen=True, slots=True)
class KeptAside:
    """Something in the bundle that was not taken in: which type or element, how often, and why."""

    what: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class RefusedEntry:
    """An entry that was refused: where, which rule, and what to do about it."""

    path: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportReport:
    """How the reading went: values understood by kind, what was kept aside and why, and what was refused."""

    understood: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    not_understood: tuple[KeptAside, ...] = ()
    refused: tuple[RefusedEntry, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Plain JSON of the three parts."""
        return {
            "understood": dict(self.understood),
            "not_understood": [
                {"what": aside.what, "count": aside.count, "reason": aside.reason} for aside in self.not_understood
            ],
            "refused": [
                {"path": refused.path, "code": refused.code, "message": refused.message} for refused in self.refused
            ],
        }


@dataclass(frozen=True, slots=True)
class ImportedRecord:
    """Everything understood in a bundle of one person, in the bundle's order, and the report."""

    person: ImportedPerson
    conditions: tuple[ImportedCondition, ...]
    medications: tuple[ImportedMedication, ...]
    allergies: tuple[ImportedAllergy, ...]
    observations: tuple[ImportedObservation, ...]
    procedures: tuple[ImportedProcedure, ...]
    report: ImportReport
