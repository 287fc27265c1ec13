"""A FHIR R4 bundle of one person, read into plain values with a report of everything that happened.

Two kinds of refusal. Structural: no JSON, no bundle, no patient, two patients, a patient who cannot be read; then the
whole bundle is refused (DocumentError) and nothing is given. Of one entry: a date that cannot be, an unknown unit, a
weight nobody has; then that entry alone is refused, with path, code and message in the report. What is simply not
needed is kept aside and counted. There is never half a value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from types import MappingProxyType

from euthymia.errors import BadInput, DocumentError
from euthymia.interop.fhir import observed, person, record_entry
from euthymia.interop.fhir.document import MAX_BYTES, MAX_DEPTH, read_document
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.imported import (
    AdministrativeGender,
    Code,
    Identifier,
    ImportedAllergy,
    ImportedCondition,
    ImportedEntry,
    ImportedMedication,
    ImportedObservation,
    ImportedPerson,
    ImportedProcedure,
    ImportedRecord,
    ImportReport,
    KeptAside,
    ObservationKind,
    RefusedEntry,
)
from euthymia.interop.fhir.moment import Moment, Precision
from euthymia.interop.fhir.reading import Aside, Reading, left_aside
from euthymia.interop.fhir.references import References, index
from euthymia.interop.fhir.resource_types import RESOURCE_TYPES, reason_aside

__all__ = [
    "AdministrativeGender",
    "Code",
    "Identifier",
    "ImportReport",
    "ImportedAllergy",
    "ImportedCondition",
    "ImportedMedication",
    "ImportedObservation",
    "ImportedPerson",
    "ImportedProcedure",
    "ImportedRecord",
    "KeptAside",
    "ObservationKind",
    "Precision",
    "RefusedEntry",
    "read_bundle",
]


class BundleType(StrEnum):
    """The bundle types that hold a person's record."""

    TRANSACTION = "transaction"
    BATCH = "batch"
    COLLECTION = "collection"
    SEARCHSET = "searchset"


@dataclass(frozen=True, slots=True)
class _Reader:
    """How one resource type is read: whose it must be, which elements are read, and by what."""

    whose: str
    elements: frozenset[str]
    read: Callable[[Element, References], Reading]


READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "Condition": _Reader("subject", record_entry.CONDITION_READ, record_entry.read_condition),
        "MedicationRequest": _Reader("subject", record_entry.MEDICATION_READ, record_entry.read_request),
        "MedicationStatement": _Reader("subject", record_entry.MEDICATION_READ, record_entry.read_statement),
        "AllergyIntolerance": _Reader("patient", record_entry.ALLERGY_READ, record_entry.read_allergy),
        "Observation": _Reader("subject", observed.READ, observed.read_observation),
        "Procedure": _Reader("subject", record_entry.PROCEDURE_READ, record_entry.read_procedure),
    }
)
_SILENT = frozenset({"resourceType", "id", "meta", "text", "language", "subject", "patient"})
_UNREAD = "This element is not read."
_PARTIAL_BIRTH_DATE = "The day of birth is not stated; a month or a year is not taken for a day."


@dataclass(slots=True)
class _Gathered:
    entries: list[ImportedEntry] = field(default_factory=list)
    aside: Counter[Aside] = field(default_factory=Counter)
    refused: list[RefusedEntry] = field(default_factory=list)


def read_bundle(
    source: str | bytes | Mapping[str, object],
    *,
    max_bytes: int = MAX_BYTES,
    max_depth: int = MAX_DEPTH,
    now: datetime | None = None,
) -> ImportedRecord:
    """The record of the one person a bundle is about. `now`, where given, refuses what lies in the future.

    Refuses the whole bundle (DocumentError) when it is no bundle of one readable person.
    """
    bundle = Element(read_document(source, max_bytes=max_bytes, max_depth=max_depth), "Bundle")
    entries = _entries(bundle)
    gathered = _Gathered()
    resources = _resources(entries, gathered)
    patient = _only_patient(bundle, resources)
    about = _read_patient(patient, gathered, now)
    references = index(resources, patient)
    _keep_other_pages(bundle, gathered)
    for _, resource in resources:
        if resource.path != patient.path:
            _take_in(resource, references, gathered, born=about.birth_date, now=now)
    return _record(about, gathered)


def _entries(bundle: Element) -> tuple[Element, ...]:
    kind = bundle.need("resourceType").code()
    if kind != "Bundle":
        raise bundle.refuse("wrong_resource", f"This is a {kind[:60]}; send a Bundle of one person.")
    bundle.need("type").choice(BundleType)
    entries = bundle.each("entry")
    if not entries:
        raise bundle.refuse("no_patient", "This bundle is empty; send one with a Patient and their record.")
    for entry in entries:
        entry.members()
    return entries


def _resources(entries: Iterable[Element], gathered: _Gathered) -> list[tuple[Element, Element]]:
    found: list[tuple[Element, Element]] = []
    for entry in entries:
        try:
            resource = entry.need("resource")
            kind = resource.need("resourceType").code()
            if kind not in RESOURCE_TYPES:
                raise resource.refuse("unknown_resource", f"'{kind[:60]}' is not a resource of FHIR R4.")
            found.append((entry, resource))
        except DocumentError as refusal:
            gathered.refused.append(_refused(refusal))
    return found


def _only_patient(bundle: Element, resources: Iterable[tuple[Element, Element]]) -> Element:
    patients = [one for _, one in resources if one.need("resourceType").value == "Patient"]
    if not patients:
        raise bundle.refuse("no_patient", "This bundle has no Patient; send the person with their record.")
    if len(patients) > 1:
        message = f"This bundle holds {len(patients)} people; send one person at a time."
        raise patients[1].refuse("two_patients", message)
    return patients[0]


def _read_patient(patient: Element, gathered: _Gathered, now: datetime | None) -> ImportedPerson:
    _refuse_changed_meaning(patient)
    about = person.read_person(patient)
    if now is not None and about.birth_date is not None and about.birth_date > now.date():
        raise patient.need("birthDate").refuse("in_the_future", "The birth date lies in the future. Check the year.")
    if about.birth_date is None and patient.get("birthDate"):
        gathered.aside[Aside("Patient.birthDate", _PARTIAL_BIRTH_DATE)] += 1
    _keep_unread(patient, person.READ, gathered)
    return about


def _take_in(
    resource: Element, references: References, gathered: _Gathered, *, born: date | None, now: datetime | None
) -> None:
    """Add one entry's values, or the one reason why there are none."""
    kind = str(resource.need("resourceType").value)
    reader = READERS.get(kind)
    if reader is None:
        gathered.aside[Aside(kind, reason_aside(kind))] += 1
        return
    try:
        reading = _read_entry(resource, reader, references)
        for entry in reading.entries:
            _refuse_impossible_time(resource, entry, born, now)
    except BadInput as refusal:
        gathered.refused.append(_refused(refusal))
        return
    gathered.entries.extend(reading.entries)
    gathered.aside.update(reading.aside)
    if reading.entries:
        _keep_unread(resource, reader.elements, gathered)


def _read_entry(resource: Element, reader: _Reader, references: References) -> Reading:
    _refuse_changed_meaning(resource)
    if not references.points_at_person(resource, reader.whose):
        raise resource.need(reader.whose).refuse("another_person", "This entry is not about the person of this bundle.")
    return reader.read(resource, references)


def _refuse_changed_meaning(resource: Element) -> None:
    """FHIR: what carries a modifier that is not understood must not be read as if it were not there."""
    for name in ("modifierExtension", "implicitRules"):
        changed = resource.get(name)
        if changed is not None:
            raise changed.refuse("changed_meaning", f"{name} changes what this means in a way that is not known here.")


def _refuse_impossible_time(resource: Element, entry: ImportedEntry, born: date | None, now: datetime | None) -> None:
    for at, precision in _times(entry):
        if now is not None and at > now:
            raise resource.refuse("in_the_future", f"{at:%Y-%m-%d} lies in the future. Check the date.")
        # A day of leeway: a birth date has no time zone.
        if born is not None and Moment(at, precision).latest < _begin(born) - timedelta(days=1):
            raise resource.refuse("before_birth", f"{at:%Y-%m-%d} is before the person was born. Check the date.")


def _times(entry: ImportedEntry) -> list[tuple[datetime, Precision]]:
    if isinstance(entry, ImportedCondition):
        stated = [(entry.onset, entry.onset_precision), (entry.ended, entry.ended_precision)]
    elif isinstance(entry, ImportedMedication):
        stated = [(entry.authored_on, entry.authored_precision)]
    elif isinstance(entry, ImportedAllergy):
        stated = [(entry.recorded_on, entry.recorded_precision)]
    else:
        stated = [(entry.at, entry.precision)]
    return [(at, precision) for at, precision in stated if at is not None and precision is not None]


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _keep_unread(resource: Element, read: frozenset[str], gathered: _Gathered) -> None:
    kind = resource.need("resourceType").value
    for name in resource.members():
        if name not in read and name not in _SILENT and not name.startswith("_"):
            gathered.aside[Aside(f"{kind}.{name}", _UNREAD)] += 1


def _keep_other_pages(bundle: Element, gathered: _Gathered) -> None:
    for link in bundle.each("link"):
        if link.need("relation").text() == "next":
            gathered.aside += Counter(left_aside("Bundle.link", "There are more pages; only this one was read.").aside)


def _refused(refusal: BadInput) -> RefusedEntry:
    return RefusedEntry(refusal.path, refusal.code, refusal.message)


def _record(about: ImportedPerson, gathered: _Gathered) -> ImportedRecord:
    entries = gathered.entries
    conditions = tuple(entry for entry in entries if isinstance(entry, ImportedCondition))
    medications = tuple(entry for entry in entries if isinstance(entry, ImportedMedication))
    allergies = tuple(entry for entry in entries if isinstance(entry, ImportedAllergy))
    observations = tuple(entry for entry in entries if isinstance(entry, ImportedObservation))
    procedures = tuple(entry for entry in entries if isinstance(entry, ImportedProcedure))
    understood = {
        "person": 1,
        "condition": len(conditions),
        "medication": len(medications),
        "allergy": len(allergies),
        **{kind.value: sum(one.kind is kind for one in observations) for kind in ObservationKind},
        "procedure": len(procedures),
    }
    aside = sorted(gathered.aside.items(), key=lambda item: (item[0].what, item[0].reason))
    report = ImportReport(
        understood=MappingProxyType(understood),
        not_understood=tuple(KeptAside(one.what, count, one.reason) for one, count in aside),
        refused=tuple(gathered.refused),
    )
    return ImportedRecord(about, conditions, medications, allergies, observations, procedures, report)
