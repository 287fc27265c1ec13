"""Changing who is in care and what their record says. The only writers of these rows."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from euthymia.care.dose_order import swapped_digits
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.policies import HANDLE_INTAKE, insist
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.imported_rows import rows_of
from euthymia.clinic.people.measurements import MEASUREMENTS
from euthymia.clinic.people.models import (
    CarePhase,
    Enquiry,
    EnquiryState,
    ImportReport,
    Patient,
    RecordEntry,
    RecordKind,
)
from euthymia.clinic.people.queries import latest_value, visible_to
from euthymia.errors import BadInput
from euthymia.interop.fhir.bundle import ImportedRecord, read_bundle

MAX_BUNDLE_BYTES = 10 * 1024 * 1024
# Above this change from the last weight, a person confirms: it is how pounds typed as kilograms show themselves.
WEIGHT_CHANGE_TO_CONFIRM = 0.10
# The same thing sent again within this time is a double click, not a second thing.
DOUBLE_CLICK = timedelta(minutes=1)
# A longer life than anybody has been known to live; an earlier year is a slip of the hand.
LONGEST_LIFE = timedelta(days=125 * 365.25)
# How JSON writes the one character that no database text can hold.
NO_CHARACTER = b"\\u0000"
RECORD_NUMBER_FORMAT = "E-{:05d}"
MEDICAL_RECORD_NUMBER = "MR"
MEASURED_HERE = "measured here"


@transaction.atomic
def create_patient(actor: Actor, fields: dict[str, Any], now: datetime) -> Patient:
    """A new person in care. fields: names, birth_date, sex, email, phone, language; record_number if they have one."""
    hold_clinic(actor)
    refuse_too_long(fields)
    birth_date: date | None = fields.get("birth_date")
    if birth_date is not None and birth_date > now.date():
        raise BadInput("in_the_future", "birth_date", "The birth date lies in the future. Check the year.")
    if birth_date is not None and birth_date < (now - LONGEST_LIFE).date():
        raise BadInput("too_long_ago", "birth_date", "Nobody has lived that long. Check the year.")
    if birth_date is not None and not fields.get("record_number"):
        refuse_same_person(actor, fields)
    number = fields.get("record_number") or next_record_number(actor)
    if visible_to(actor, Patient).filter(record_number=number).exists():
        raise BadInput("already_there", "record_number", f"Somebody here already has the record number {number}.")
    chosen = {name: value for name, value in fields.items() if name != "record_number"}
    patient = Patient.objects.create(clinic_id=actor.clinic_id, record_number=number, created_at=now, **chosen)
    record(actor, Action.CREATE, "patient", now=now, patient_id=patient.id, subject_id=patient.id)
    return patient


def hold_clinic(actor: Actor) -> None:
    """Until this transaction ends, nobody else of this clinic passes here: numbers are counted and names compared."""
    Clinic.objects.select_for_update(no_key=True).get(pk=actor.clinic_id)


def refuse_too_long(fields: dict[str, Any]) -> None:
    """Refuse a text that the record cannot hold whole; nothing is cut off in silence."""
    for name, value in fields.items():
        longest = getattr(Patient._meta.get_field(name), "max_length", None)
        if longest and isinstance(value, str) and len(value) > longest:
            raise BadInput("too_long", name, f"At most {longest} letters fit here; this has {len(value)}.")


def refuse_same_person(actor: Actor, fields: dict[str, Any]) -> None:
    """Refuse a second record of one person, from a double click or from forgetting; a typed record number says no."""
    same = {name: fields[name] for name in ("given_name", "family_name", "birth_date")}
    earlier = visible_to(actor, Patient).filter(**same).first()
    if earlier is not None:
        raise BadInput(
            "already_there",
            "family_name",
            f"{earlier}, born the same day, has the record {earlier.record_number}. "
            "If this is somebody else, type their record number.",
        )


@transaction.atomic
def change_contact(viewer: Viewer, patient: Patient, fields: dict[str, str], now: datetime) -> Patient:
    """How to reach this person from now on: email, phone, channel, language."""
    insist(viewer, HANDLE_INTAKE)
    changed = [name for name, value in fields.items() if getattr(patient, name) != value]
    for name in changed:
        setattr(patient, name, fields[name])
    if changed:
        patient.save(update_fields=changed)
        about = {"patient_id": patient.id, "subject_id": patient.id, "detail": {"fields": changed}}
        record(viewer, Action.CHANGE, "patient", now=now, **about)
    return patient


def next_record_number(actor: Actor) -> str:
    """The next free number of this clinic, counted up."""
    number = visible_to(actor, Patient).count() + 1
    while visible_to(actor, Patient).filter(record_number=RECORD_NUMBER_FORMAT.format(number)).exists():
        number += 1
    return RECORD_NUMBER_FORMAT.format(number)


def import_bundle(actor: Actor, file_name: str, content: bytes, now: datetime) -> ImportReport:
    """Take in one person's FHIR R4 bundle: everything understood and a full report, or nothing.

    Refuses (DocumentError) what is no bundle of one person, and (BadInput) a record that was imported before.
    A large bundle is read before the transaction begins, so that nobody waits to write meanwhile.
    """
    imported = read_bundle(content, max_bytes=MAX_BUNDLE_BYTES, now=now)
    if NO_CHARACTER in content:
        raise BadInput("unreadable", file_name, "The file holds a character that cannot be kept (code 0).")
    return keep_bundle(actor, file_name, content, imported, now=now)


@transaction.atomic
def keep_bundle(
    actor: Actor, file_name: str, content: bytes, imported: ImportedRecord, *, now: datetime
) -> ImportReport:
    """Write what was understood of a bundle, once per file."""
    hold_clinic(actor)
    digest = hashlib.sha256(content).hexdigest()
    earlier = visible_to(actor, ImportReport).filter(content_hash=digest).first()
    if earlier is not None:
        raise BadInput("already_imported", file_name, f"This file was imported on {earlier.at:%d %B %Y}.")
    patient = imported_patient(actor, imported, now)
    rows = rows_of(actor, patient, imported, source=file_name, now=now)
    RecordEntry.objects.bulk_create(rows, batch_size=500)
    report = ImportReport.objects.create(
        clinic_id=actor.clinic_id,
        patient=patient,
        file_name=file_name[:200],
        content_hash=digest,
        at=now,
        by_id=actor.user_id,
        **imported.report.as_json(),
    )
    detail = {"lines": len(rows), "refused": len(report.refused)}
    record(actor, Action.IMPORT, "bundle", now=now, patient_id=patient.id, subject_id=report.pk, detail=detail)
    return report


@transaction.atomic
def add_measurement(
    actor: Actor,
    patient: Patient,
    *,
    code: str,
    value: float,
    unit: str,
    at: datetime,
    now: datetime,
    sure: bool = False,
) -> RecordEntry:
    """A weight, height or vital sign measured here outside a session. `sure` confirms a surprising weight."""
    measurement = MEASUREMENTS.get(code)
    if measurement is None:
        raise BadInput("unknown_measurement", "code", "Choose one of the measurements listed.")
    refuse_impossible_time(patient, at, now)
    kept = measurement.in_kept_unit(value, unit)
    if measurement.code == MEASUREMENTS.weight.code and not sure:
        refuse_surprising_weight(actor, patient, kept)
    again = visible_to(actor, RecordEntry).filter(
        patient=patient, code=measurement.code, value=kept, recorded_by=actor.name, recorded_at__gt=now - DOUBLE_CLICK
    )
    earlier = again.filter(source=MEASURED_HERE).first()
    if earlier is not None:
        return earlier
    row = RecordEntry.objects.create(
        clinic_id=actor.clinic_id,
        patient=patient,
        kind=RecordKind.VITAL,
        code_system="http://loinc.org",
        code=measurement.code,
        display=measurement.label,
        value=kept,
        unit=measurement.unit,
        text="" if unit == measurement.unit else f"typed as {value:g} {unit}",
        at=at,
        source=MEASURED_HERE,
        recorded_at=now,
        recorded_by=actor.name,
    )
    record(actor, Action.CREATE, "measurement", now=now, patient_id=patient.id, subject_id=row.pk)
    return row


def refuse_impossible_time(patient: Patient, at: datetime, now: datetime) -> None:
    """Refuse a moment that is not yet, or before this person was born."""
    if at > now:
        raise BadInput("in_the_future", "at", "This time lies in the future. Check the date and the clock.")
    born = patient.birth_date or (now - LONGEST_LIFE).date()
    if at.date() < born:
        raise BadInput("before_birth", "at", f"This time lies before {patient} was born. Check the year.")


def refuse_surprising_weight(actor: Actor, patient: Patient, weight_kg: float) -> None:
    """Ask for confirmation when the weight differs much from the last one."""
    last = latest_value(actor, patient, MEASUREMENTS.weight.code)
    if last is None or not last.value:
        return
    change = abs(weight_kg - last.value) / last.value
    if change > WEIGHT_CHANGE_TO_CONFIRM or swapped_digits(weight_kg, last.value):
        raise BadInput(
            "confirm_weight",
            "value",
            f"{weight_kg:.1f} kg is {change:.0%} away from the last weight, {last.value:.1f} kg on {last.at:%d %B %Y}. "
            "Were pounds typed as kilograms, or digits swapped? If it is right, confirm it.",
        )


@transaction.atomic
def make_enquiry(clinic: Clinic, actor: Actor, fields: dict[str, str], now: datetime) -> Enquiry:
    """Somebody asks to learn more; they land in the clinic's intake list with a time to be answered by."""
    if not (fields.get("email") or fields.get("phone")):
        says = _("Give an e-mail address or a telephone number, so we can answer.")
        raise BadInput("no_way_to_answer", "email", says)
    again = Enquiry.objects.filter(clinic=clinic, created_at__gt=now - DOUBLE_CLICK, **fields).first()
    if again is not None:
        return again
    enquiry = Enquiry.objects.create(
        clinic=clinic,
        created_at=now,
        consented_at=now,
        answer_by=now + timedelta(hours=clinic.enquiry_promise_hours),
        **fields,
    )
    record(actor, Action.CREATE, "enquiry", now=now, subject_id=enquiry.id)
    return enquiry


@transaction.atomic
def answer_enquiry(viewer: Viewer, enquiry: Enquiry, now: datetime) -> Enquiry:
    """Note that the person was answered, by whom and when. Saying it twice changes nothing."""
    insist(viewer, HANDLE_INTAKE)
    if enquiry.state == EnquiryState.NEW:
        enquiry.state = EnquiryState.ANSWERED
        enquiry.answered_at = now
        enquiry.answered_by_id = viewer.user_id
        enquiry.save(update_fields=["state", "answered_at", "answered_by"])
        record(viewer, Action.CHANGE, "enquiry", now=now, subject_id=enquiry.id, detail={"state": enquiry.state})
    return enquiry


@transaction.atomic
def accept_enquiry(viewer: Viewer, enquiry: Enquiry, now: datetime) -> Patient:
    """The person becomes a patient in assessment; their enquiry points at them from then on."""
    insist(viewer, HANDLE_INTAKE)
    # Two clicks at once: the second waits here, and then sees the patient the first has made.
    enquiry = visible_to(viewer, Enquiry).select_for_update().get(pk=enquiry.pk)
    if enquiry.patient is not None:
        return enquiry.patient
    given, _, family = enquiry.name.strip().partition(" ")
    fields = {
        "given_name": given,
        "family_name": family or given,
        "email": enquiry.email,
        "phone": enquiry.phone,
        "phase": CarePhase.ASSESSMENT,
    }
    patient = create_patient(viewer, fields, now)
    answer_enquiry(viewer, enquiry, now)
    enquiry.state, enquiry.patient = EnquiryState.BECAME_PATIENT, patient
    enquiry.save(update_fields=["state", "patient"])
    return patient


def imported_patient(actor: Actor, imported: ImportedRecord, now: datetime) -> Patient:
    """The person a bundle is about, as a new patient; their medical record number is kept when it names one."""
    about = imported.person
    number = next((one.value for one in about.identifiers if one.kind == MEDICAL_RECORD_NUMBER), "")
    fields = {
        "given_name": about.given,
        "family_name": about.family,
        "birth_date": about.birth_date,
        "sex": about.sex.value,
        "email": about.email,
        "phone": about.phone[:40],
        "language": about.language or "en",
        "record_number": number[:40],
    }
    return create_patient(actor, fields, now)
