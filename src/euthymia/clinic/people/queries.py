"""Finding people. Every query begins here: scoped to the viewer's clinic, and written to the access log."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db.models import F, Model, Q, QuerySet
from django.http import Http404

from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.people.models import Enquiry, EnquiryState, Patient, RecordEntry

Row = TypeVar("Row", bound=Model)


def visible_to(actor: Actor, model: type[Row]) -> QuerySet[Row]:
    """The rows of this kind that belong to the actor's clinic; every clinic query starts with this."""
    return model._default_manager.filter(clinic_id=actor.clinic_id)


def find_or_404(actor: Actor, model: type[Row], **conditions: object) -> Row:
    """One row of the actor's clinic; another clinic's row looks exactly like one that does not exist."""
    row = visible_to(actor, model).filter(**conditions).first()
    if row is None:
        raise Http404
    return row


def open_patient(viewer: Viewer, patient_id: UUID, *, purpose: str, now: datetime) -> Patient:
    """The patient, with the reading of their record written to the access log."""
    patient = find_or_404(viewer, Patient, id=patient_id)
    record(viewer, Action.READ, purpose, now=now, patient_id=patient.id, subject_id=patient.id)
    return patient


def list_patients(viewer: Viewer, *, search: str = "", phase: str = "", now: datetime) -> list[Patient]:
    """The clinic's people whose name or record number contains `search`; one entry in the access log."""
    rows = visible_to(viewer, Patient)
    for word in search.split():
        rows = rows.filter(
            Q(given_name__icontains=word) | Q(family_name__icontains=word) | Q(record_number__icontains=word)
        )
    if phase:
        rows = rows.filter(phase=phase)
    found = list(rows)
    record(viewer, Action.LIST, "patients", now=now, detail={"count": len(found)})
    return found


def latest_value(actor: Actor, patient: Patient, code: str) -> RecordEntry | None:
    """The newest line with this LOINC code that holds a number; None when there is none."""
    rows = visible_to(actor, RecordEntry).filter(patient=patient, code=code, value__isnull=False, at__isnull=False)
    return rows.order_by("-at", "-pk").first()


def record_lines(viewer: Viewer, patient: Patient, kind: str) -> list[RecordEntry]:
    """The lines of one kind, newest first, lines without a date last."""
    rows = visible_to(viewer, RecordEntry).filter(patient=patient, kind=kind)
    return list(rows.order_by(F("at").desc(nulls_last=True), "-pk"))


def open_enquiries(viewer: Viewer, now: datetime) -> list[Enquiry]:
    """The intake list: who waits for an answer first, then who was answered and is not yet a patient."""
    waiting = [EnquiryState.NEW, EnquiryState.ANSWERED]
    rows = list(visible_to(viewer, Enquiry).filter(state__in=waiting).order_by("-state", "answer_by"))
    record(viewer, Action.LIST, "enquiries", now=now, detail={"count": len(rows)})
    return rows
