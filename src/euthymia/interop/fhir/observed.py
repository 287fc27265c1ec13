"""Observations of somebody else's record: vital signs in known units, laboratory values, answers."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from euthymia.interop.fhir.concept import LOINC, UCUM, code_in_system, read_concept
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.imported import Code, ImportedObservation, ObservationKind
from euthymia.interop.fhir.moment import Moment, Precision, read_instant, read_moment
from euthymia.interop.fhir.reading import Aside, Reading, left_aside
from euthymia.interop.fhir.record_entry import WITHDRAWN, moment_or_start
from euthymia.interop.fhir.references import References
from euthymia.interop.vital_signs.load import VitalSign, vital_signs


class ObservationStatus(StrEnum):
    """observation-status."""

    REGISTERED = "registered"
    PRELIMINARY = "preliminary"
    FINAL = "final"
    AMENDED = "amended"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"
    UNKNOWN = "unknown"


class Comparator(StrEnum):
    """quantity-comparator."""

    BELOW = "<"
    AT_MOST = "<="
    AT_LEAST = ">="
    ABOVE = ">"


READ = frozenset(
    {"status", "category", "code", "component", "valueQuantity", "valueCodeableConcept", "valueString"}
    | {"valueInteger", "effectiveDateTime", "effectivePeriod", "effectiveInstant"}
)
STANDING = frozenset(
    {ObservationStatus.PRELIMINARY, ObservationStatus.FINAL, ObservationStatus.AMENDED, ObservationStatus.CORRECTED}
)
KINDS = {
    "vital-signs": ObservationKind.VITAL,
    "laboratory": ObservationKind.LABORATORY,
    "survey": ObservationKind.SURVEY,
    "social-history": ObservationKind.SURVEY,
}

NO_LOINC = "It has no LOINC code."
NO_USE = "Only vital signs, laboratory values and survey answers are read."
NOT_STANDING = "Its own record says that it is not (or not yet) a result."
UNLISTED_VITAL = "A vital sign outside the list that is read."
NO_RESULT = "It carries no value of its own."
BESIDE_VALUE = "It stands beside a value of its own; the value was read."
OTHER_VALUE = "Its kind of value is not read."


def read_observation(resource: Element, _references: References) -> Reading:
    """The observations one resource holds: one, or for a panel one for each component that is read."""
    status = resource.need("status").choice(ObservationStatus)
    if status is ObservationStatus.ENTERED_IN_ERROR:
        return left_aside("Observation", WITHDRAWN)
    if status not in STANDING:
        return left_aside("Observation", NOT_STANDING)
    code = code_in_system(resource.need("code"), LOINC)
    if code is None:
        read_concept(resource.need("code"))
        return left_aside("Observation", NO_LOINC)
    if code.code in vital_signs().panels or (resource.get("component") and _value_names(resource) == []):
        return _panel(resource, status)
    kind = _kind(resource, code)
    if kind is None:
        return left_aside("Observation", NO_USE)
    return _single(resource, code, kind, status)


def _kind(resource: Element, code: Code) -> ObservationKind | None:
    if code.code in vital_signs().by_loinc:
        return ObservationKind.VITAL
    for category in resource.each("category"):
        for coding in category.each("coding"):
            named = coding.get("code")
            if named is not None and named.code() in KINDS:
                return KINDS[named.code()]
    return None


def _single(resource: Element, code: Code, kind: ObservationKind, status: ObservationStatus) -> Reading:
    sign = vital_signs().by_loinc.get(code.code)
    if kind is ObservationKind.VITAL and sign is None:
        return left_aside(f"Observation {code.code}", UNLISTED_VITAL)
    names = _value_names(resource)
    if len(names) > 1:
        raise resource.refuse("two_values", f"An observation has one value, not {len(names)}.")
    if not names:
        if resource.get("dataAbsentReason") or resource.get("hasMember"):
            return left_aside("Observation", NO_RESULT)
        raise resource.refuse("no_value", "This observation has no value and no reason for its absence.")
    if names[0] not in READ and sign is None:
        return left_aside(f"Observation.{names[0]}", OTHER_VALUE)
    moment = _when(resource)
    parts = tuple(Aside("Observation.component", BESIDE_VALUE) for _ in resource.each("component"))
    if sign is not None:
        return Reading((_vital(resource, code, sign, moment, status),), parts)
    value, unit, text = _result(resource, names[0])
    return Reading((_observation(kind, code, value, unit, text, moment, status),), parts)


def _panel(resource: Element, status: ObservationStatus) -> Reading:
    """A panel is read as a whole: one component refused, and none is taken."""
    moment = _when(resource)
    found: list[ImportedObservation] = []
    aside: list[Aside] = []
    for component in resource.each("component"):
        code = code_in_system(component.need("code"), LOINC)
        sign = vital_signs().by_loinc.get(code.code) if code else None
        if code is None or sign is None:
            aside.append(Aside(f"Observation.component {code.code if code else ''}".strip(), UNLISTED_VITAL))
        elif _value_names(component):
            found.append(_vital(component, code, sign, moment, status))
        else:
            aside.append(Aside("Observation.component", NO_RESULT))
    if not found and not aside:
        return left_aside("Observation", NO_RESULT)
    _refuse_swapped(resource, found)
    return Reading(tuple(found), tuple(aside))


def _refuse_swapped(resource: Element, found: list[ImportedObservation]) -> None:
    names = [vital_signs().by_loinc[one.loinc].name for one in found]
    if len(set(names)) != len(names):
        raise resource.refuse("two_values", "One component stands twice in this panel.")
    by_name = dict(zip(names, (one.value for one in found), strict=True))
    systolic, diastolic = by_name.get("systolic_pressure"), by_name.get("diastolic_pressure")
    if systolic is not None and diastolic is not None and systolic <= diastolic:
        message = f"A systolic pressure of {systolic} is not above a diastolic one of {diastolic}. Were they swapped?"
        raise resource.refuse("impossible_value", message)


def _vital(
    holder: Element, code: Code, sign: VitalSign, moment: Moment, status: ObservationStatus
) -> ImportedObservation:
    quantity = holder.get("valueQuantity")
    if quantity is None:
        raise holder.refuse("wrong_type", f"A {sign.display.lower()} is a number with its unit: use valueQuantity.")
    comparator = quantity.get("comparator")
    if comparator is not None:
        raise comparator.refuse("not_exact", "A vital sign is a number, not a bound.")
    number = quantity.need("value")
    value = sign.read(number.decimal(), _unit(quantity), number.path)
    return _observation(ObservationKind.VITAL, code, value, sign.unit, "", moment, status)


def _result(resource: Element, name: str) -> tuple[Decimal | None, str, str]:
    value = resource.need(name)
    if name == "valueCodeableConcept":
        return None, "", read_concept(value).display
    if name == "valueString":
        return None, "", value.text()
    if name == "valueInteger":
        return Decimal(value.whole()), "", ""
    number, unit = value.need("value").decimal(), _unit(value)
    comparator = value.get("comparator")
    if comparator is not None:
        return None, "", f"{comparator.choice(Comparator)}{number} {unit}"
    return number, unit, ""


def _unit(quantity: Element) -> str:
    """The unit's UCUM code, or its text where there is no code; a number without a unit is refused."""
    system, code, words = (quantity.get(name) for name in ("system", "code", "unit"))
    if code is not None:
        if system is None or system.text() != UCUM:
            raise quantity.refuse("unknown_unit", "A unit's code is UCUM (system http://unitsofmeasure.org).")
        return code.code()
    if words is None:
        raise quantity.refuse("no_unit", "This number has no unit. Add its UCUM code.")
    return words.text()


def _when(resource: Element) -> Moment:
    instant = resource.get("effectiveInstant")
    if instant is not None:
        return Moment(read_instant(instant), Precision.INSTANT)
    moment = moment_or_start(resource, "effective")
    if moment is None:
        if issued := resource.get("issued"):
            read_moment(issued)
        raise resource.refuse("no_time", "This observation does not say when it was made. Add effectiveDateTime.")
    return moment


def _value_names(holder: Element) -> list[str]:
    return [name for name in holder.members() if name.startswith("value") and name != "value"]


def _observation(
    kind: ObservationKind,
    code: Code,
    value: Decimal | None,
    unit: str,
    text: str,
    moment: Moment,
    status: ObservationStatus,
) -> ImportedObservation:
    return ImportedObservation(
        kind=kind,
        loinc=code.code,
        display=code.display,
        value=value,
        unit=unit,
        text=text,
        at=moment.at,
        precision=moment.precision,
        status=status,
    )
