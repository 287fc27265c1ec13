"""Conditions, medicines, allergies and procedures of somebody else's record as plain values."""

from __future__ import annotations

from enum import StrEnum

from euthymia.interop.fhir.concept import coded_status, read_concept
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.imported import (
    Code,
    ImportedAllergy,
    ImportedCondition,
    ImportedMedication,
    ImportedProcedure,
)
from euthymia.interop.fhir.moment import Moment, read_moment
from euthymia.interop.fhir.reading import Reading, left_aside
from euthymia.interop.fhir.references import LONGEST_REFERENCE, References


class ClinicalStatus(StrEnum):
    """condition-clinical; allergies use three of these."""

    ACTIVE = "active"
    RECURRENCE = "recurrence"
    RELAPSE = "relapse"
    INACTIVE = "inactive"
    REMISSION = "remission"
    RESOLVED = "resolved"


class Verification(StrEnum):
    """condition-ver-status and allergyintolerance-verification."""

    UNCONFIRMED = "unconfirmed"
    PROVISIONAL = "provisional"
    DIFFERENTIAL = "differential"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    ENTERED_IN_ERROR = "entered-in-error"


class RequestStatus(StrEnum):
    """medicationrequest-status."""

    ACTIVE = "active"
    ON_HOLD = "on-hold"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    ENTERED_IN_ERROR = "entered-in-error"
    STOPPED = "stopped"
    DRAFT = "draft"
    UNKNOWN = "unknown"


class RequestIntent(StrEnum):
    """medicationrequest-intent."""

    PROPOSAL = "proposal"
    PLAN = "plan"
    ORDER = "order"
    ORIGINAL_ORDER = "original-order"
    REFLEX_ORDER = "reflex-order"
    FILLER_ORDER = "filler-order"
    INSTANCE_ORDER = "instance-order"
    OPTION = "option"


class StatementStatus(StrEnum):
    """medication-statement-status."""

    ACTIVE = "active"
    COMPLETED = "completed"
    ENTERED_IN_ERROR = "entered-in-error"
    INTENDED = "intended"
    STOPPED = "stopped"
    ON_HOLD = "on-hold"
    UNKNOWN = "unknown"
    NOT_TAKEN = "not-taken"


class Criticality(StrEnum):
    """allergy-intolerance-criticality."""

    LOW = "low"
    HIGH = "high"
    UNABLE_TO_ASSESS = "unable-to-assess"


class EventStatus(StrEnum):
    """event-status, of procedures."""

    PREPARATION = "preparation"
    IN_PROGRESS = "in-progress"
    NOT_DONE = "not-done"
    ON_HOLD = "on-hold"
    STOPPED = "stopped"
    COMPLETED = "completed"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


CONDITION_READ = frozenset(
    {"clinicalStatus", "verificationStatus", "code", "onsetDateTime", "onsetPeriod", "abatementDateTime"}
)
MEDICATION_READ = frozenset(
    {"status", "intent", "doNotPerform", "medicationCodeableConcept", "medicationReference", "contained"}
    | {"authoredOn", "dosageInstruction", "dosage", "effectiveDateTime", "effectivePeriod", "dateAsserted"}
)
ALLERGY_READ = frozenset({"clinicalStatus", "verificationStatus", "code", "criticality", "recordedDate"})
PROCEDURE_READ = frozenset({"status", "code", "performedDateTime", "performedPeriod"})

WITHDRAWN = "Marked as entered in error by its own record."
RULED_OUT = "Marked as refuted by its own record."
NOT_WISHED = "An order that something is not to be given, or only a proposal."
NOT_TAKEN = "The record says that it was not taken."
NOT_DONE = "The record says that it was not done."


def read_condition(resource: Element, _references: References) -> Reading:
    """A diagnosis or problem."""
    verification = coded_status(resource.get("verificationStatus"), Verification)
    if verification is Verification.ENTERED_IN_ERROR:
        return left_aside("Condition", WITHDRAWN)
    if verification is Verification.REFUTED:
        return left_aside("Condition", RULED_OUT)
    status = coded_status(resource.get("clinicalStatus"), ClinicalStatus)
    onset = moment_or_start(resource, "onset")
    ended = moment_or_start(resource, "abatement")
    if onset and ended and ended.latest < onset.at:
        raise resource.refuse("impossible_date", "This condition ended before it began.")
    condition = ImportedCondition(
        code=read_concept(resource.need("code")),
        status=status or "",
        verification=verification or "",
        onset=onset.at if onset else None,
        onset_precision=onset.precision if onset else None,
        ended=ended.at if ended else None,
        ended_precision=ended.precision if ended else None,
    )
    return Reading((condition,))


def read_request(resource: Element, references: References) -> Reading:
    """A medicine ordered."""
    status = resource.need("status").choice(RequestStatus)
    intent = resource.need("intent").choice(RequestIntent)
    refusal = resource.get("doNotPerform")
    if status is RequestStatus.ENTERED_IN_ERROR:
        return left_aside("MedicationRequest", WITHDRAWN)
    if (refusal is not None and refusal.flag()) or intent in (RequestIntent.PROPOSAL, RequestIntent.OPTION):
        return left_aside("MedicationRequest", NOT_WISHED)
    authored = resource.get("authoredOn")
    moment = read_moment(authored) if authored else None
    return Reading((_medication(resource, references, status, moment),))


def read_statement(resource: Element, references: References) -> Reading:
    """A medicine stated as taken."""
    status = resource.need("status").choice(StatementStatus)
    if status is StatementStatus.ENTERED_IN_ERROR:
        return left_aside("MedicationStatement", WITHDRAWN)
    if status is StatementStatus.NOT_TAKEN:
        return left_aside("MedicationStatement", NOT_TAKEN)
    asserted = resource.get("dateAsserted")
    moment = moment_or_start(resource, "effective") or (read_moment(asserted) if asserted else None)
    return Reading((_medication(resource, references, status, moment),))


def read_allergy(resource: Element, _references: References) -> Reading:
    """An allergy or intolerance."""
    verification = coded_status(resource.get("verificationStatus"), Verification)
    if verification is Verification.ENTERED_IN_ERROR:
        return left_aside("AllergyIntolerance", WITHDRAWN)
    if verification is Verification.REFUTED:
        return left_aside("AllergyIntolerance", RULED_OUT)
    status = coded_status(resource.get("clinicalStatus"), ClinicalStatus)
    criticality, recorded = resource.get("criticality"), resource.get("recordedDate")
    moment = read_moment(recorded) if recorded else None
    allergy = ImportedAllergy(
        code=read_concept(resource.need("code")),
        status=status or "",
        criticality=criticality.choice(Criticality) if criticality else "",
        recorded_on=moment.at if moment else None,
        recorded_precision=moment.precision if moment else None,
    )
    return Reading((allergy,))


def read_procedure(resource: Element, _references: References) -> Reading:
    """Something done to or with the person."""
    status = resource.need("status").choice(EventStatus)
    if status is EventStatus.ENTERED_IN_ERROR:
        return left_aside("Procedure", WITHDRAWN)
    if status in (EventStatus.NOT_DONE, EventStatus.PREPARATION):
        return left_aside("Procedure", NOT_DONE)
    moment = moment_or_start(resource, "performed")
    procedure = ImportedProcedure(
        code=read_concept(resource.need("code")),
        status=status,
        at=moment.at if moment else None,
        precision=moment.precision if moment else None,
    )
    return Reading((procedure,))


def moment_or_start(resource: Element, name: str) -> Moment | None:
    """The time under `<name>DateTime`, or the start of `<name>Period`; refuses both at once."""
    moment, period = resource.get(f"{name}DateTime"), resource.get(f"{name}Period")
    if moment is not None and period is not None:
        raise moment.refuse("two_values", f"{name} is stated twice; keep one.")
    if moment is not None:
        return read_moment(moment)
    start = period.get("start") if period is not None else None
    return read_moment(start) if start is not None else None


def _medication(resource: Element, references: References, status: str, moment: Moment | None) -> ImportedMedication:
    origin = resource.need("resourceType").code()
    dosages = resource.each("dosageInstruction" if origin == "MedicationRequest" else "dosage")
    spoken = [text.text() for dosage in dosages if (text := dosage.get("text"))]
    return ImportedMedication(
        code=_medicine(resource, references),
        status=status,
        authored_on=moment.at if moment else None,
        authored_precision=moment.precision if moment else None,
        dosage_text="; ".join(spoken),
        origin=origin,
    )


def _medicine(resource: Element, references: References) -> Code:
    stated, pointed = resource.get("medicationCodeableConcept"), resource.get("medicationReference")
    if stated is not None and pointed is not None:
        raise pointed.refuse("two_values", "The medicine is stated twice; keep one.")
    if stated is not None:
        return read_concept(stated)
    if pointed is None:
        raise resource.refuse("no_code", "This names no medicine. Add medicationCodeableConcept.")
    named = pointed.need("reference")
    target = references.resolve(named.text(longest=LONGEST_REFERENCE), resource)
    if target is None:
        raise named.refuse("not_in_bundle", "This medicine is not in the bundle. Send it along.")
    return read_concept(target.need("code"))
