"""A dose that was given as a FHIR R4 MedicationAdministration, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from euthymia.errors import DocumentError
from euthymia.interop.fhir.concept import RXNORM, SNOMED, concept, read_concept
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.imported import Code
from euthymia.interop.fhir.moment import instant_text, read_instant
from euthymia.interop.fhir.resource import (
    Amount,
    optional_text,
    present,
    quantity,
    read_amount,
    read_identity,
    read_reference,
    reference,
    root,
    start,
)
from euthymia.pharmacology.regimen import Drug, Route

Kind = TypeVar("Kind", bound=StrEnum)


class AdministrationStatus(StrEnum):
    """medication-admin-status."""

    IN_PROGRESS = "in-progress"
    NOT_DONE = "not-done"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    ENTERED_IN_ERROR = "entered-in-error"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


# RxNorm's ingredient for the racemate. The others travel in words: their codes were not checked at a source.
DRUGS: Mapping[Drug, Code] = {
    Drug.KETAMINE: Code(RXNORM, "6130", "ketamine"),
    Drug.ESKETAMINE: Code("", "", "esketamine"),
    Drug.ARKETAMINE: Code("", "", "arketamine"),
}

# Codes of FHIR's own list of routes (valueset route-codes).
ROUTES: Mapping[Route, Code] = {
    Route.IV: Code(SNOMED, "47625008", "Intravenous route"),
    Route.IM: Code(SNOMED, "78421000", "Intramuscular route"),
    Route.SC: Code(SNOMED, "34206005", "Subcutaneous route"),
    Route.NASAL: Code(SNOMED, "46713006", "Nasal route"),
    Route.SUBLINGUAL: Code(SNOMED, "37839007", "Sublingual route"),
    Route.ORAL: Code(SNOMED, "26643006", "Oral route"),
    Route.BUCCAL_FILM: Code(SNOMED, "54471007", "Buccal route"),
}

DOSE_UNITS = frozenset({"mg"})
RATE_UNITS = frozenset({"mg/h", "mL/h"})


@dataclass(frozen=True, slots=True)
class Administration:
    """One dose. dose: mg of free base. rate: mg/h or mL/h, of an infusion. ended None: a single moment."""

    id: str
    patient_id: str
    drug: Drug
    route: Route
    dose: Amount
    began: datetime
    ended: datetime | None = None
    rate: Amount | None = None
    status: AdministrationStatus = AdministrationStatus.COMPLETED
    dosage_text: str = ""
    performer: str = ""
    note: str = ""


def write(given: Administration) -> Document:
    """The MedicationAdministration resource; refuses (DocumentError) a dose that is no amount of mg above zero."""
    _check(given)
    path = "MedicationAdministration.effectivePeriod"
    began = instant_text(given.began, path)
    period = {"start": began, "end": instant_text(given.ended, path)} if given.ended else None
    dosage = present(
        text=given.dosage_text,
        route=concept(ROUTES[given.route]),
        dose=quantity(given.dose),
        rateQuantity=quantity(given.rate) if given.rate else None,
    )
    return start("MedicationAdministration", given.id) | present(
        status=given.status.value,
        medicationCodeableConcept=concept(DRUGS[given.drug]),
        subject=reference("Patient", given.patient_id),
        effectiveDateTime=None if period else began,
        effectivePeriod=period,
        performer=[{"actor": {"display": given.performer}}] if given.performer else [],
        note=[{"text": given.note}] if given.note else [],
        dosage=dosage,
    )


def read(document: Mapping[str, object]) -> Administration:
    """The dose a resource of this shape holds; refuses (DocumentError) another drug, route or unit."""
    element = root(document, "MedicationAdministration")
    dosage, period = element.need("dosage"), element.get("effectivePeriod")
    rate = dosage.get("rateQuantity")
    performers, notes = element.each("performer"), element.each("note")
    given = Administration(
        id=read_identity(element),
        patient_id=read_reference(element.need("subject"), "Patient"),
        drug=_known(element.need("medicationCodeableConcept"), DRUGS),
        route=_known(dosage.need("route"), ROUTES),
        dose=read_amount(dosage.need("dose")),
        began=read_instant(period.need("start") if period else element.need("effectiveDateTime")),
        ended=read_instant(period.need("end")) if period else None,
        rate=read_amount(rate) if rate else None,
        status=element.need("status").choice(AdministrationStatus),
        dosage_text=optional_text(dosage, "text"),
        performer=optional_text(performers[0].need("actor"), "display") if performers else "",
        note=optional_text(notes[0], "text") if notes else "",
    )
    _check(given)
    return given


def _check(given: Administration) -> None:
    path = "MedicationAdministration.dosage"
    if given.dose.unit not in DOSE_UNITS or given.dose.value <= 0:
        raise DocumentError("impossible_value", f"{path}.dose", "A dose is an amount of mg above zero.")
    if given.rate is not None and (given.rate.unit not in RATE_UNITS or given.rate.value <= 0):
        raise DocumentError("impossible_value", f"{path}.rateQuantity", "A rate is mg/h or mL/h above zero.")
    if given.ended is not None and given.ended < given.began:
        raise DocumentError("impossible_date", "MedicationAdministration.effectivePeriod", "It ended before it began.")


def _known(element: Element, codes: Mapping[Kind, Code]) -> Kind:
    found = read_concept(element)
    for kind, code in codes.items():
        if (found.system, found.code) == (code.system, code.code) and (code.code or found.display == code.display):
            return kind
    known = ", ".join(code.display for code in codes.values())
    raise element.refuse("not_in_list", f"'{found.display[:60]}' is not one of: {known}.")
