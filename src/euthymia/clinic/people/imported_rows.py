"""From what a bundle says to lines of a record."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.people.models import Patient, RecordEntry, RecordKind
from euthymia.interop.fhir.bundle import (
    ImportedAllergy,
    ImportedCondition,
    ImportedEntry,
    ImportedMedication,
    ImportedObservation,
    ImportedProcedure,
    ImportedRecord,
    ObservationKind,
)

LOINC = "http://loinc.org"
# FHIR writes units as UCUM; the record shows them as the field writes them.
SHOWN_UNITS = {"mm[Hg]": "mmHg", "kg/m2": "kg/m²", "{score}": ""}


def rows_of(
    actor: Actor, patient: Patient, imported: ImportedRecord, *, source: str, now: datetime
) -> list[RecordEntry]:
    """Every understood line of a bundle as an unsaved row."""
    entries: tuple[ImportedEntry, ...] = (
        *imported.conditions,
        *imported.medications,
        *imported.allergies,
        *imported.observations,
        *imported.procedures,
    )
    about: dict[str, Any] = {"clinic_id": actor.clinic_id, "patient": patient, "recorded_by": actor.name}
    return [RecordEntry(**about, source=source[:200], recorded_at=now, **fields_of(entry)) for entry in entries]


def fields_of(entry: ImportedEntry) -> dict[str, Any]:
    """The columns one entry fills."""
    match entry:
        case ImportedObservation():
            return observation_fields(entry)
        case ImportedCondition():
            return coded(RecordKind.CONDITION, entry) | {"status": entry.status, "at": entry.onset}
        case ImportedMedication():
            text = {"text": entry.dosage_text[:300]}
            return coded(RecordKind.MEDICATION, entry) | {"status": entry.status, "at": entry.authored_on} | text
        case ImportedAllergy():
            return coded(RecordKind.ALLERGY, entry) | {"status": entry.status, "at": entry.recorded_on}
        case ImportedProcedure():
            return coded(RecordKind.PROCEDURE, entry) | {"status": entry.status, "at": entry.at}


def coded(
    kind: RecordKind, entry: ImportedCondition | ImportedMedication | ImportedAllergy | ImportedProcedure
) -> dict[str, Any]:
    code = entry.code
    return {
        "kind": kind,
        "code_system": code.system[:200],
        "code": code.code[:60],
        "display": (code.display or code.code)[:300],
    }


def observation_fields(entry: ImportedObservation) -> dict[str, Any]:
    kind = RecordKind.VITAL if entry.kind is ObservationKind.VITAL else RecordKind.LAB
    return {
        "kind": kind,
        "code_system": LOINC,
        "code": entry.loinc,
        "display": entry.display[:300],
        "status": entry.status,
        "value": None if entry.value is None else float(entry.value),
        "unit": SHOWN_UNITS.get(entry.unit, entry.unit)[:40],
        "text": entry.text[:300],
        "at": entry.at,
    }
