"""Rows of this clinic as FHIR R4 resources. One small reader per resource type; adding one is a function and a line."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import UUIDField

from euthymia.care.instruments import load_instrument
from euthymia.care.session import Phase
from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.measures.models import Response
from euthymia.clinic.people.models import Patient, RecordEntry, RecordKind
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.interop.fhir import medication_administration, observation, patient, questionnaire_response
from euthymia.interop.fhir.document import Document
from euthymia.interop.fhir.imported import AdministrativeGender, Identifier
from euthymia.interop.fhir.medication_administration import AdministrationStatus
from euthymia.interop.fhir.resource import Amount
from euthymia.interop.vital_signs.load import vital_signs

RECORD_NUMBER_SYSTEM = "urn:euthymia:record-number"
MEDICAL_RECORD_NUMBER = "MR"
HEART_RATE, OXYGEN_SATURATION, RESPIRATORY_RATE = "8867-4", "59408-5", "9279-1"
READING_CODES = {
    "heart_rate_per_min": HEART_RATE,
    "spo2_pct": OXYGEN_SATURATION,
    "respiratory_rate_per_min": RESPIRATORY_RATE,
}
PRESSURES = {"systolic_mmhg", "diastolic_mmhg"}
RUNNING_PHASES = frozenset({Phase.DOSING.value, Phase.PAUSED.value})
PART, NUMBERED = ".", "record-"


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose resources are wanted: in the viewer's clinic, those of one person, or the one with this id."""

    viewer: Actor
    base_url: str
    patient_id: UUID | None = None
    identity: str = ""

    def rows(self, model: type[Any], whose: str = "patient_id") -> Any:
        """The clinic's rows of this kind, narrowed to the person and to the row the id names.

        A resource that is a part of a row has the row's key before a dot in its id, so that reading one resource
        looks at one row.
        """
        rows = visible_to(self.viewer, model)
        if self.patient_id:
            rows = rows.filter(**{whose: self.patient_id})
        if self.identity:
            key = key_from(model, self.identity.partition(PART)[0])
            rows = rows.none() if key is None else rows.filter(pk=key)
        return rows


# Written only when a page asks for it: a search counts more resources than it shows.
Made = Callable[[], Document]
Reader = Callable[[Scope], Iterator[Made]]


def people(scope: Scope) -> Iterator[Made]:
    for row in scope.rows(Patient, whose="pk").order_by("pk"):
        yield partial(
            patient.write,
            patient.Person(
                id=str(row.id),
                family=row.family_name,
                given=row.given_name,
                identifiers=(Identifier(RECORD_NUMBER_SYSTEM, row.record_number, MEDICAL_RECORD_NUMBER),),
                birth_date=row.birth_date,
                sex=AdministrativeGender(row.sex),
                phone=row.phone,
                email=row.email,
                language=row.language,
            ),
        )


def observations(scope: Scope) -> Iterator[Made]:
    """Scores, vital signs of visits, and measurements of the record, in that order."""
    yield from scores(scope)
    yield from bedside_readings(scope)
    yield from measurements(scope)


def scores(scope: Scope) -> Iterator[Made]:
    for row in scope.rows(Response).filter(total__isnull=False).order_by("at"):
        value = observation.score(
            part_id(row.id, "total"),
            str(row.patient_id),
            instrument=load_instrument(row.instrument),
            total=exact(row.total or 0.0),
            at=row.at,
            response_id=str(row.id),
        )
        yield partial(observation.write, value)


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a person in a visit, as the database has it; hundreds of them are read to show fifty."""

    id: UUID
    at: datetime
    values: dict[str, float]
    patient_id: UUID


def bedside_readings(scope: Scope) -> Iterator[Made]:
    """One resource per thing measured; both pressures are one panel."""
    rows = scope.rows(SessionEventRow, whose="session__patient_id").filter(kind=EventKind.VITALS.value)
    # A reading that was struck out or replaced is not what was seen.
    kept = rows.filter(corrections__isnull=True).order_by("at")
    for fields in kept.values_list("id", "at", "payload", "session__patient_id"):
        look = Look(*fields)
        if look.values.keys() >= PRESSURES:
            yield partial(write_pressure, look)
        for name in READING_CODES:
            if look.values.get(name) is not None:
                yield partial(write_vital_sign, look, name)


def write_pressure(look: Look) -> Document:
    systolic, diastolic = (exact(look.values[name]) for name in ("systolic_mmhg", "diastolic_mmhg"))
    about = (part_id(look.id, "blood-pressure"), str(look.patient_id))
    return observation.write(
        observation.blood_pressure(*about, systolic_mmhg=systolic, diastolic_mmhg=diastolic, at=look.at)
    )


def write_vital_sign(look: Look, name: str) -> Document:
    about = (part_id(look.id, name), str(look.patient_id))
    value, loinc = exact(look.values[name]), READING_CODES[name]
    return observation.write(observation.vital_sign(*about, loinc=loinc, value=value, at=look.at))


def measurements(scope: Scope) -> Iterator[Made]:
    """Vital signs of the record outside visits, those that have a code of the vital sign table."""
    rows = scope.rows(RecordEntry).filter(kind=RecordKind.VITAL, value__isnull=False, at__isnull=False)
    for row in rows.filter(code__in=vital_signs().by_loinc).order_by("at"):
        value = observation.vital_sign(
            part_id(f"{NUMBERED}{row.pk}", "value"),
            str(row.patient_id),
            loinc=row.code,
            value=exact(row.value or 0.0),
            at=row.at,  # type: ignore[arg-type]
        )
        yield partial(observation.write, value)


def filled_forms(scope: Scope) -> Iterator[Made]:
    for row in scope.rows(Response).order_by("at"):
        form = questionnaire_response.filled(
            str(row.id),
            str(row.patient_id),
            instrument=load_instrument(row.instrument),
            answers=row.answers,
            at=row.at,
            base_url=scope.base_url,
        )
        yield partial(questionnaire_response.write, form)


def doses(scope: Scope) -> Iterator[Made]:
    """Doses that were begun: in progress with the amount ordered, ended with the amount that was given."""
    rows = scope.rows(Session).filter(dose_started_at__isnull=False)
    for row in rows.select_related("plan").order_by("dose_started_at"):
        order, began = order_of(row.plan), row.dose_started_at
        running = row.phase in RUNNING_PHASES
        dose_mg = order.dose_mg if running else row.dose_given_mg or 0.0
        if began is None or dose_mg <= 0:
            continue
        minutes = None if running else order.duration_min
        yield partial(
            medication_administration.write,
            medication_administration.Administration(
                id=str(row.id),
                patient_id=str(row.patient_id),
                drug=medication_administration.Drug(order.drug),
                route=medication_administration.Route(order.route),
                dose=Amount(exact(dose_mg), "mg"),
                began=began,
                ended=began + timedelta(minutes=minutes) if minutes else None,
                status=AdministrationStatus.IN_PROGRESS if running else AdministrationStatus.COMPLETED,
            ),
        )


READERS: dict[str, Reader] = {
    "Patient": people,
    "Observation": observations,
    "QuestionnaireResponse": filled_forms,
    "MedicationAdministration": doses,
}


def key_from(model: type[Any], text: str) -> UUID | int | None:
    """The key of a row as an id writes it; None when no row of this kind has such a key."""
    try:
        return UUID(text) if isinstance(model._meta.pk, UUIDField) else int(text.removeprefix(NUMBERED))
    except ValueError:
        return None


def part_id(key: object, part: str) -> str:
    """A stable id for a resource that is a part of a row; FHIR ids know no underscore."""
    return f"{key}{PART}{part.replace('_', '-')}"


def exact(value: float) -> Decimal:
    """The number as it was typed, without binary noise."""
    return Decimal(f"{value:.10g}")
