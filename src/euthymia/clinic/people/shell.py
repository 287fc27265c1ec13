"""The frame around every page about one person: who it is, and the ways into their record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from euthymia.care.decision import Allowed
from euthymia.clinic.accounts.policies import ASSESS, PRESCRIBE, SEE_PEOPLE, SEND_CHECK_INS, WRITE_THERAPY, Policy
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.people.models import Patient

TABS: tuple[tuple[str, str, Policy], ...] = (
    ("Course", "person", SEE_PEOPLE),
    ("Record", "person-record", SEE_PEOPLE),
    ("Assess", "assess", ASSESS),
    ("Plan", "plan", PRESCRIBE),
    ("Sessions", "person-sessions", SEE_PEOPLE),
    ("Adverse events", "person-adverse", ASSESS),
    ("Check-ins", "check-ins", SEND_CHECK_INS),
    ("Therapy", "therapy", WRITE_THERAPY),
)


@dataclass(frozen=True, slots=True)
class PersonHeader:
    """What identifies a person at the top of each of their pages: two identifiers, always."""

    id: str
    name: str
    record_number: str
    birth_date: date | None
    age_y: int | None
    sex: str
    phase: str
    invented: bool


def age_on(birth_date: date | None, day: date) -> int | None:
    """Completed years; None when the birth date is not known."""
    if birth_date is None:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def header_of(patient: Patient, today: date) -> PersonHeader:
    return PersonHeader(
        id=str(patient.id),
        name=str(patient),
        record_number=patient.record_number,
        birth_date=patient.birth_date,
        age_y=age_on(patient.birth_date, today),
        sex=patient.get_sex_display(),
        phase=patient.get_phase_display(),
        invented=patient.invented,
    )


def tabs_for(viewer: Viewer, patient: Patient, current: str) -> list[tuple[str, str, bool]]:
    """(label, address, is this page) of the pages of this person's record that the viewer may open."""
    allowed = (tab for tab in TABS if isinstance(tab[2].decide(viewer), Allowed))
    return [(label, reverse(name, args=[patient.id]), name == current) for label, name, _ in allowed]


def person_page(
    request: HttpRequest, template: str, patient: Patient, tab: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    """Render a page that extends `people/person_base.html`. `tab` is the address name of the page's tab."""
    viewer: Viewer = request.viewer  # type: ignore[attr-defined]
    today = timezone.now().astimezone(viewer.zone).date()
    frame = {"patient": patient, "person": header_of(patient, today), "tabs": tabs_for(viewer, patient, tab)}
    return render(request, template, frame | context, status=status)
