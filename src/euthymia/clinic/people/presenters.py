"""People in words: rows of lists, sections of a record, lines of an import report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.people.models import Enquiry, EnquiryState, ImportReport, Patient, RecordEntry, RecordKind
from euthymia.clinic.people.queries import record_lines
from euthymia.clinic.people.shell import PersonHeader, header_of

SECTIONS = (
    (RecordKind.CONDITION, "Conditions"),
    (RecordKind.MEDICATION, "Medications"),
    (RecordKind.ALLERGY, "Allergies"),
    (RecordKind.VITAL, "Vital signs"),
    (RecordKind.LAB, "Laboratory"),
    (RecordKind.PROCEDURE, "Procedures"),
)
PLURALS = {kind.value: title.lower() for kind, title in SECTIONS}


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of line of a record, newest first."""

    title: str
    lines: list[RecordEntry]
    has_values: bool


@dataclass(frozen=True, slots=True)
class EnquiryRow:
    """One enquiry with its promise in words."""

    enquiry: Enquiry
    promise: str
    late: bool
    answered: bool


def people_rows(patients: Iterable[Patient], today: date) -> list[PersonHeader]:
    return [header_of(patient, today) for patient in patients]


def record_sections(viewer: Viewer, patient: Patient) -> list[Section]:
    """The record by kind; kinds without a line are left out."""
    found = [(title, record_lines(viewer, patient, kind)) for kind, title in SECTIONS]
    return [Section(title, lines, any(line.value is not None for line in lines)) for title, lines in found if lines]


def enquiry_rows(enquiries: Iterable[Enquiry], now: datetime) -> list[EnquiryRow]:
    """Each enquiry with how long is left to answer it, or how late the answer is."""
    rows = []
    for enquiry in enquiries:
        answered = enquiry.state != EnquiryState.NEW
        hours = (enquiry.answer_by - now).total_seconds() / 3600
        left = f"{hours:.0f} h left" if hours >= 1 else "less than 1 h left" if hours >= 0 else f"{-hours:.0f} h late"
        rows.append(EnquiryRow(enquiry, "answered" if answered else left, hours < 0 and not answered, answered))
    return rows


def understood_rows(report: ImportReport) -> list[tuple[str, Any]]:
    """(kind in words, how many) of what a bundle's report counts as understood."""
    return [(PLURALS.get(kind, kind), count) for kind, count in report.understood.items()]


def report_lines(report: ImportReport) -> list[str]:
    """An import report for the shell."""
    lines = [f"{report.patient}, record number {report.patient.record_number if report.patient else '-'}"]
    lines += [f"understood     {count:5} {kind}" for kind, count in understood_rows(report)]
    lines += [f"kept aside     {item['count']:5} {item['what']}: {item['reason']}" for item in report.not_understood]
    lines += [f"refused              {item['path']}: {item['message']}" for item in report.refused]
    return lines
