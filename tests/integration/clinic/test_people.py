"""People, intake and measurements: scoped to the clinic, audited, and refused where a number cannot be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in

from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import System, Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.audit.queries import verify_log
from euthymia.clinic.people import commands, queries
from euthymia.clinic.people.models import CarePhase, Enquiry, EnquiryState, Patient, RecordEntry
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
WEIGHT, HEIGHT, SYSTOLIC, HEART_RATE = "29463-7", "8302-2", "8480-6", "8867-4"


@pytest.fixture
def nurse(clinic: Clinic) -> Viewer:
    return make_viewer(clinic, Role.NURSE)


def measure(viewer: Viewer, patient: Patient, code: str, value: float, unit: str, **named: Any) -> RecordEntry:
    fields = {"at": NOW, "now": NOW} | named
    return commands.add_measurement(viewer, patient, code=code, value=value, unit=unit, **fields)


def enquiry(clinic: Clinic, **fields: Any) -> Enquiry:
    asked = {"name": "Noor Halabi", "email": "noor@example.org", "phone": "", "message": ""} | fields
    return commands.make_enquiry(clinic, System(clinic.pk, "public enquiry form"), asked, NOW)


def person(**changes: str) -> dict[str, str]:
    return {
        "given_name": "Ana", "family_name": "Rivera", "birth_date": "1984-02-29", "sex": "female", "record_number": ""
    } | changes  # fmt: skip


def test_the_list_shows_this_clinic_only_and_is_audited(client: Any, nurse: Viewer, patient: Patient) -> None:
    foreign = make_patient(make_clinic(), family_name="Elsewhere")
    text = sign_in(client, nurse).get("/people/").content.decode()
    assert patient.family_name in text
    assert foreign.family_name not in text
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.actor_name) == ("list", "patients", nurse.name)


def test_people_are_found_by_every_word_and_by_phase(nurse: Viewer, clinic: Clinic) -> None:
    ended = make_patient(clinic, given_name="Zoe", family_name="Brandt", phase=CarePhase.ENDED)
    make_patient(clinic, given_name="Zoe", family_name="Adler")
    assert queries.list_patients(nurse, search="zoe bra", now=NOW) == [ended]
    assert queries.list_patients(nurse, search=ended.record_number, now=NOW) == [ended]
    assert queries.list_patients(nurse, phase="ended", now=NOW) == [ended]
    assert queries.list_patients(nurse, search="nobody", now=NOW) == []


def test_a_researcher_sees_nobody_and_a_stranger_signs_in_first(client: Any, clinic: Clinic, patient: Patient) -> None:
    assert client.get("/people/").status_code == 302
    sign_in(client, make_viewer(clinic, Role.RESEARCHER))
    for page in ("/people/", f"/people/{patient.id}/", f"/people/{patient.id}/record/", "/intake/", "/today/"):
        assert client.get(page).status_code == 403, page


@pytest.mark.parametrize("tab", ["", "record/", "check-ins/", "therapy/", "measure/phq9/"])
def test_a_person_of_another_clinic_does_not_exist_here(client: Any, clinic: Clinic, tab: str) -> None:
    foreign = make_patient(make_clinic())
    sign_in(client, make_viewer(clinic, Role.PRESCRIBER))
    assert client.get(f"/people/{foreign.id}/{tab}").status_code == 404
    assert not AuditEntry.objects.filter(patient_id=foreign.id).exists()


def test_opening_a_record_is_written_down(client: Any, nurse: Viewer, patient: Patient) -> None:
    assert sign_in(client, nurse).get(f"/people/{patient.id}/record/").status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.patient_id, entry.actor_id) == (
        "read", "record", patient.id, nurse.user_id,
    )  # fmt: skip
    assert verify_log() == []


def test_a_person_is_added_once(client: Any, nurse: Viewer) -> None:
    sign_in(client, nurse)
    assert client.post("/people/new/", person()).status_code == 302
    again = client.post("/people/new/", person())
    assert again.status_code == 422
    assert "has the record E-00001" in again.content.decode()
    assert client.post("/people/new/", person(record_number="X-7")).status_code == 302
    assert sorted(Patient.objects.values_list("record_number", flat=True)) == ["E-00001", "X-7"]
    assert AuditEntry.objects.filter(action="create", subject="patient").count() == 2


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"birth_date": "2999-01-01"}, "lies in the future"),
        ({"birth_date": "yesterday"}, "Enter a valid date"),
        ({"family_name": ""}, "This field is required"),
        ({"email": "ana at home"}, "Enter a valid email address"),
        ({"record_number": "T-1"}, "already has the record number"),
    ],
)
def test_a_person_who_cannot_be_is_refused(
    client: Any, clinic: Clinic, nurse: Viewer, changes: dict[str, str], says: str
) -> None:
    make_patient(clinic, record_number="T-1")
    page = sign_in(client, nurse).post("/people/new/", person(**changes))
    assert page.status_code == 422
    assert says in page.content.decode()
    assert Patient.objects.count() == 1
    assert AuditEntry.objects.count() == 0


@pytest.mark.parametrize(
    ("code", "value", "unit", "refused"),
    [
        (WEIGHT, 0, "kg", "impossible_value"),
        (WEIGHT, 900, "kg", "impossible_value"),
        (WEIGHT, -70, "kg", "out_of_range"),
        (WEIGHT, 70, "stone", "unknown_unit"),
        (HEIGHT, 1.7, "cm", "impossible_value"),
        (SYSTOLIC, 12, "mmHg", "impossible_value"),
        (SYSTOLIC, 1040, "mmHg", "impossible_value"),
        (HEART_RATE, 70, "kg", "unknown_unit"),
        ("0000-0", 70, "kg", "unknown_measurement"),
    ],
)
def test_an_impossible_measurement_is_refused(
    nurse: Viewer, patient: Patient, code: str, value: float, unit: str, refused: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        measure(nurse, patient, code, value, unit)
    assert refusal.value.code in {refused, "impossible_value"}
    assert RecordEntry.objects.count() == AuditEntry.objects.count() == 0


def test_a_measurement_of_tomorrow_is_refused(nurse: Viewer, patient: Patient) -> None:
    with pytest.raises(BadInput, match="future"):
        measure(nurse, patient, WEIGHT, 70, "kg", at=NOW + timedelta(hours=1))


def test_pounds_are_kept_as_kilograms_with_what_was_typed(nurse: Viewer, patient: Patient) -> None:
    row = measure(nurse, patient, WEIGHT, 154.3, "lb")
    assert row.value == pytest.approx(69.99, abs=0.01)
    assert row.unit == "kg"
    assert "154.3 lb" in row.text


def test_pounds_typed_as_kilograms_ask_to_be_confirmed(client: Any, nurse: Viewer, patient: Patient) -> None:
    measure(nurse, patient, WEIGHT, 70, "kg", at=NOW - timedelta(days=7), now=NOW - timedelta(days=7))
    sign_in(client, nurse)
    typed = {"code": WEIGHT, "value": "154", "unit": "kg", "at": ""}
    asked = client.post(f"/people/{patient.id}/record/add/", typed)
    text = asked.content.decode()
    assert asked.status_code == 422
    assert "Were pounds typed as kilograms, or digits swapped?" in text
    assert 'name="sure"' in text
    assert 'value="154"' in text
    assert RecordEntry.objects.count() == 1
    assert client.post(f"/people/{patient.id}/record/add/", typed | {"sure": "on"}).status_code == 302
    assert RecordEntry.objects.count() == 2


def test_the_confirmation_is_only_offered_when_it_is_needed(client: Any, nurse: Viewer, patient: Patient) -> None:
    sign_in(client, nurse)
    assert 'name="sure"' not in client.get(f"/people/{patient.id}/record/").content.decode()
    refused = client.post(f"/people/{patient.id}/record/add/", {"code": WEIGHT, "value": "900", "unit": "kg"})
    assert refused.status_code == 422
    assert 'name="sure"' not in refused.content.decode()
    assert (
        client.post(f"/people/{patient.id}/record/add/", {"code": WEIGHT, "value": "nan", "unit": "kg"}).status_code
        == 422
    )
    assert RecordEntry.objects.count() == 0


def test_a_double_click_records_one_measurement(nurse: Viewer, patient: Patient) -> None:
    first = measure(nurse, patient, WEIGHT, 70, "kg")
    later = NOW + timedelta(seconds=2)
    assert measure(nurse, patient, WEIGHT, 70, "kg", at=later, now=later) == first
    assert RecordEntry.objects.count() == 1


def test_a_coordinator_may_not_measure(client: Any, clinic: Clinic, patient: Patient) -> None:
    sign_in(client, make_viewer(clinic, Role.COORDINATOR))
    typed = {"code": WEIGHT, "value": "70", "unit": "kg"}
    assert client.post(f"/people/{patient.id}/record/add/", typed).status_code == 403
    assert RecordEntry.objects.count() == 0


def test_the_intake_list_keeps_its_promise_in_view(client: Any, clinic: Clinic, nurse: Viewer) -> None:
    enquiry(clinic)
    foreign = enquiry(make_clinic(), name="Somebody Else")
    text = sign_in(client, nurse).get("/intake/").content.decode()
    assert "Noor Halabi" in text
    assert "h late" in text or "h left" in text
    assert foreign.name not in text


def test_answering_twice_changes_nothing_more(nurse: Viewer, clinic: Clinic) -> None:
    row = enquiry(clinic)
    commands.answer_enquiry(nurse, row, NOW)
    commands.answer_enquiry(nurse, row, NOW + timedelta(hours=1))
    row.refresh_from_db()
    assert (row.state, row.answered_at, row.answered_by_id) == (EnquiryState.ANSWERED, NOW, nurse.user_id)
    assert AuditEntry.objects.filter(action="change", subject="enquiry").count() == 1


def test_accepting_twice_makes_one_patient(client: Any, nurse: Viewer, clinic: Clinic) -> None:
    row = enquiry(clinic)
    sign_in(client, nurse)
    for _ in range(2):
        assert client.post(f"/intake/{row.id}/accept/").status_code == 302
    found = Patient.objects.get()
    assert (found.given_name, found.family_name, found.email) == ("Noor", "Halabi", "noor@example.org")
    row.refresh_from_db()
    assert (row.state, row.patient) == (EnquiryState.BECAME_PATIENT, found)


def test_an_enquiry_of_another_clinic_does_not_exist_here(client: Any, nurse: Viewer) -> None:
    foreign = enquiry(make_clinic())
    sign_in(client, nurse)
    assert client.post(f"/intake/{foreign.id}/answered/").status_code == 404
    assert client.post(f"/intake/{foreign.id}/accept/").status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == EnquiryState.NEW


def test_the_list_costs_the_same_for_few_and_many(
    client: Any, nurse: Viewer, clinic: Clinic, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        make_patient(clinic)
    sign_in(client, nurse)
    with django_assert_max_num_queries(15):
        client.get("/people/")
