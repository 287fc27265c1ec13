"""The home page of a person and the day's worklist: forecast, outcomes, what needs a human, what each page costs."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in
from tests.session_room import Room

from euthymia.clinic.accounts.models import Clinic, Membership
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import System, Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.followup.commands import refresh_forecast
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource, CheckIn, Response, RiskSignal
from euthymia.clinic.people.commands import make_enquiry
from euthymia.clinic.people.models import CarePhase, Patient, RecordEntry
from euthymia.clinic.plans.models import Plan
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.therapy.commands import write_note

pytestmark = pytest.mark.django_db


@pytest.fixture
def patient(clinic: Clinic) -> Patient:
    return make_patient(clinic, phase=CarePhase.MAINTENANCE)


def dosed(room: Room) -> None:
    """A whole dose has been given."""
    session = room.dosing()
    Session.objects.filter(pk=session.pk).update(dose_given_mg=35.0)


def answered(viewer: Viewer, patient: Patient, value: int, at: Any, **fields: Any) -> None:
    answers = {str(item): value for item in range(1, 9)} | {"9": fields.get("item9", 0)}
    filled = Filled("phq9", answers, AnswerSource.CLINIC, at)
    record_response(viewer, patient, filled, now=at, forecast=fields.get("forecast", True))


def test_a_new_person_is_told_what_comes_first(client: Any, prescriber: Viewer, patient: Patient) -> None:
    text = sign_in(client, prescriber).get(f"/people/{patient.id}/").content.decode()
    assert "Take a first PHQ-9" in text
    assert "Assess" in text
    assert "<svg" not in text.split('class="timeline"')[0].split("</header>")[-1] or "figure" not in text
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.patient_id) == ("read", "course", patient.id)


def test_no_score_no_forecast(prescriber: Viewer, patient: Patient) -> None:
    assert refresh_forecast(prescriber, patient, NOW) is None
    assert not CourseForecast.objects.exists()
    assert not AuditEntry.objects.exists()


def test_a_score_brings_a_forecast_that_says_it_is_mostly_the_published_average(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    answered(prescriber, patient, 2, NOW)
    forecast = CourseForecast.objects.get()
    assert forecast.result["mostly_prior"] is True
    assert forecast.next_dose_at is None, "without a dose no next dose is proposed"
    text = sign_in(client, prescriber).get(f"/people/{patient.id}/").content.decode()
    assert "published average" in text
    assert "A clinician decides" in text
    assert 'class="figure' in text


def test_the_same_rows_give_the_same_forecast(prescriber: Viewer, patient: Patient) -> None:
    answered(prescriber, patient, 2, NOW)
    first = CourseForecast.objects.get().result
    refresh_forecast(prescriber, patient, NOW)
    assert CourseForecast.objects.get().result == first


def test_the_page_says_which_weight_was_assumed(client: Any) -> None:
    room = Room()
    dosed(room)
    answered(room.prescriber, room.patient, 2, NOW + timedelta(hours=30))
    sign_in(client, room.prescriber)
    assert "No weight is recorded" not in client.get(f"/people/{room.patient.id}/").content.decode()
    RecordEntry.objects.filter(patient=room.patient, code="29463-7").delete()
    plan = Plan.objects.get()
    plan.order = plan.order | {"weight_kg": None}
    plan.save()
    refresh_forecast(room.prescriber, room.patient, NOW + timedelta(hours=31))
    text = client.get(f"/people/{room.patient.id}/").content.decode()
    assert "No weight is recorded" in text
    assert "70 kg" in text


def test_the_page_says_when_a_dose_has_no_sourced_strength(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from euthymia.clinic.followup import course
    from euthymia.errors import BadInput

    def unknown(*_: object, **__: object) -> float:
        raise BadInput("unknown_route", "route", "No published equivalence.")

    room = Room()
    dosed(room)
    monkeypatch.setattr(course, "relative_dose", unknown)
    answered(room.prescriber, room.patient, 2, NOW + timedelta(hours=30))
    text = sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/").content.decode()
    assert "counted as one usual dose each" in text


def test_outcomes_cannot_be_told_without_a_score_after_a_dose(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    answered(prescriber, patient, 2, NOW)
    assert "cannot tell" in sign_in(client, prescriber).get(f"/people/{patient.id}/").content.decode()


def test_response_is_judged_from_before_the_first_dose_to_now(client: Any) -> None:
    room = Room()
    answered(room.prescriber, room.patient, 2, NOW - timedelta(days=1))
    dosed(room)
    answered(room.prescriber, room.patient, 0, NOW + timedelta(days=1))
    text = sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/").content.decode()
    assert "16 → 0" in text
    assert "100 % lower" in text


def test_totals_of_two_forms_are_never_subtracted(client: Any) -> None:
    room = Room()
    answered(room.prescriber, room.patient, 2, NOW - timedelta(days=1))
    dosed(room)
    answered(room.prescriber, room.patient, 0, NOW + timedelta(days=1))
    Response.objects.filter(total=16).update(instrument_version="of another year")
    text = sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/").content.decode()
    assert "The first one cannot be compared" in text
    assert "16 → 0" not in text


def test_today_lists_what_needs_a_human_in_this_clinic_only(client: Any, clinic: Clinic, prescriber: Viewer) -> None:
    now = timezone.now()
    person = make_patient(clinic, phase=CarePhase.INDUCTION, created_at=now - timedelta(days=60))
    answered(prescriber, person, 1, now - timedelta(days=50), item9=1)
    enquiry = {"name": "Noor Halabi", "email": "noor@example.org", "phone": "", "message": ""}
    make_enquiry(clinic, System(clinic.pk, "public"), enquiry, now)
    abroad = make_clinic()
    foreign = make_patient(abroad, family_name="Elsewhere", phase=CarePhase.INDUCTION)
    answered(make_viewer(abroad), foreign, 1, now - timedelta(days=1), item9=1)
    text = sign_in(client, prescriber).get("/today/").content.decode()
    for words in ("Risk", "Enquiries", "Noor Halabi", "Silent for four weeks", str(person), prescriber.name):
        assert words in text, words
    assert "Elsewhere" not in text
    assert AuditEntry.objects.filter(action="list", subject="worklist").count() == 1


def test_today_says_when_the_owner_of_a_sign_has_left_this_clinic(
    client: Any, clinic: Clinic, prescriber: Viewer
) -> None:
    lead = make_viewer(clinic, Role.MEDICAL_LEAD)
    answered(prescriber, make_patient(clinic), 1, timezone.now(), item9=1)
    assert "no longer works here" not in sign_in(client, lead).get("/today/").content.decode()
    Membership.objects.get(user_id=RiskSignal.objects.get().owner_id).delete()
    assert "no longer works here" in client.get("/today/").content.decode()


def test_an_empty_day_says_so(client: Any, prescriber: Viewer) -> None:
    assert "All seen to" in sign_in(client, prescriber).get("/today/").content.decode()


def test_nobody_is_offered_a_page_that_would_refuse_them(client: Any, clinic: Clinic, prescriber: Viewer) -> None:
    room = Room()
    session = room.dosing()
    now = timezone.now()
    answered(room.prescriber, room.patient, 1, now - timedelta(hours=3), item9=1)
    due = {"instrument": "phq9", "label": "The day after", "due_at": now - timedelta(days=2)}
    CheckIn.objects.create(clinic=room.clinic, patient=room.patient, session=session, **due)
    write_note(room.prescriber, room.patient, kind="preparation", text="Words.", at=NOW, now=NOW)
    for role in (Role.PHARMACIST, Role.MANAGER, Role.COORDINATOR, Role.THERAPIST, Role.NURSE, Role.PRESCRIBER):
        sign_in(client, make_viewer(room.clinic, role))
        for start in ("/today/", "/people/", *(f"/people/{room.patient.id}/{tab}" for tab in ("", "record/"))):
            text = client.get(start).content.decode()
            for address in sorted(set(re.findall(r'<a [^>]*href="(/[^"#?]*)"', text.split("<main")[1]))):
                assert client.get(address).status_code != 403, (role, start, address)


def test_a_researcher_has_no_worklist(client: Any, clinic: Clinic) -> None:
    assert sign_in(client, make_viewer(clinic, Role.RESEARCHER)).get("/today/").status_code == 403


def test_pages_cost_the_same_for_a_short_and_a_long_history(client: Any, django_assert_max_num_queries: Any) -> None:
    room = Room()
    session = room.dosing()
    session.closed_at = NOW
    session.save()
    for day in range(1, 15):
        at = NOW + timedelta(days=day)
        answered(room.prescriber, room.patient, 1, at, item9=day % 2, forecast=day == 14)
    sign_in(client, room.prescriber)
    with django_assert_max_num_queries(25):
        assert client.get(f"/people/{room.patient.id}/").status_code == 200
    with django_assert_max_num_queries(24):
        assert client.get("/today/").status_code == 200
