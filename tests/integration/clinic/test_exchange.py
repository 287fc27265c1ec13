"""The clinic's records as FHIR: read only, scoped, audited, and accepted by classes written elsewhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from fhir.resources.R4B import get_fhir_model_class
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in
from tests.session_room import Room

from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource
from euthymia.clinic.people.commands import add_measurement

pytestmark = pytest.mark.django_db
WEIGHT = "29463-7"


@pytest.fixture
def viewer() -> Any:
    return make_viewer(make_clinic(), Role.PRESCRIBER)


@pytest.fixture
def patient(viewer: Any) -> Any:
    from euthymia.clinic.accounts.models import Clinic

    patient = make_patient(Clinic.objects.get(pk=viewer.clinic_id))
    answers: dict[str, int | None] = {str(number): 1 for number in range(1, 9)} | {"9": 0}
    record_response(viewer, patient, Filled("phq9", answers, AnswerSource.CLINIC, NOW), now=NOW)
    add_measurement(viewer, patient, code=WEIGHT, value=70.1, unit="kg", at=NOW, now=NOW)
    return patient


@pytest.fixture
def client(viewer: Any) -> Client:
    return sign_in(Client(), viewer)


def resources(answer: Any) -> list[dict[str, Any]]:
    return [entry["resource"] for entry in answer.json().get("entry", [])]


def valid(document: dict[str, Any]) -> None:
    get_fhir_model_class(document["resourceType"]).model_validate(document)


def test_the_statement_says_what_is_served() -> None:
    statement = Client().get("/fhir/metadata").json()
    valid(statement)
    assert statement["fhirVersion"] == "4.0.1"
    served = {one["type"] for one in statement["rest"][0]["resource"]}
    assert served == {"Patient", "Observation", "QuestionnaireResponse", "MedicationAdministration"}


def test_a_person_their_scores_and_measurements_can_be_read(client: Client, patient: Any) -> None:
    person = client.get(f"/fhir/Patient/{patient.id}").json()
    valid(person)
    assert person["name"][0]["family"] == patient.family_name
    found = resources(client.get(f"/fhir/Observation?patient={patient.id}"))
    for one in found:
        valid(one)
        assert client.get(f"/fhir/Observation/{one['id']}").json() == one
    values = {one["code"]["coding"][0]["code"]: one["valueQuantity"]["value"] for one in found}
    assert values == {"44261-6": 8, WEIGHT: 70.1}
    (form,) = resources(client.get(f"/fhir/QuestionnaireResponse?patient=Patient/{patient.id}"))
    valid(form)
    assert len(form["item"]) == 9


def test_reading_is_written_to_the_access_log(client: Client, patient: Any) -> None:
    before = AuditEntry.objects.count()
    client.get(f"/fhir/Patient/{patient.id}")
    entry = AuditEntry.objects.order_by("-sequence")[0]
    assert (AuditEntry.objects.count(), entry.subject, entry.patient_id) == (before + 1, "fhir_Patient", patient.id)


def test_another_clinics_person_looks_like_nobody(patient: Any) -> None:
    stranger = sign_in(Client(), make_viewer(make_clinic(), Role.PRESCRIBER))
    absent = "00000000-0000-0000-0000-000000000001"
    for address in ("/fhir/Patient/{}", "/fhir/Observation?patient={}"):
        theirs, nobodys = stranger.get(address.format(patient.id)), stranger.get(address.format(absent))
        assert (theirs.status_code, theirs.json()) == (nobodys.status_code, nobodys.json())
        assert theirs.status_code == 404
        valid(theirs.json())
    assert resources(stranger.get(f"/fhir/Patient?_id={patient.id}")) == []


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/fhir/Observation", "missing_parameter"),
        ("/fhir/Observation?patient=x", "not_an_id"),
        ("/fhir/Patient?_sort=name", "unknown_parameter"),
        ("/fhir/Patient?_count=many", "not_a_number"),
    ],
)
def test_a_search_that_cannot_be_answered_is_refused(client: Client, address: str, code: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 400
    valid(answer.json())
    assert code in answer.content.decode()


def test_an_unknown_type_is_not_found(client: Client) -> None:
    assert client.get("/fhir/Coverage?patient=x").status_code == 404


def test_pages_follow_each_other(client: Client, patient: Any) -> None:
    first = client.get(f"/fhir/Observation?patient={patient.id}&_count=1").json()
    following = next(link["url"] for link in first["link"] if link["relation"] == "next")
    second = client.get(following[following.index("/fhir") :]).json()
    assert first["total"] == second["total"] == 2
    assert first["entry"][0]["resource"]["id"] != second["entry"][0]["resource"]["id"]


def test_nothing_can_be_written_here(client: Client) -> None:
    assert client.post("/fhir/Patient", {}, content_type="application/fhir+json").status_code == 405


def test_a_visit_gives_its_readings_and_its_dose() -> None:
    """One resource per thing measured, both pressures in one, and the dose with its state."""
    room = Room()
    session = room.dosing(NOW)
    client = sign_in(Client(), room.nurse)
    readings = resources(client.get(f"/fhir/Observation?patient={room.patient.id}"))
    at_chair = [one for one in readings if one["id"].count("-") >= 4]
    for one in at_chair:
        valid(one)
        assert client.get(f"/fhir/Observation/{one['id']}").json() == one
    assert {one["code"]["coding"][0]["code"] for one in at_chair} >= {"85354-9", "8867-4", "59408-5"}
    (dose,) = resources(client.get(f"/fhir/MedicationAdministration?patient={room.patient.id}"))
    valid(dose)
    assert (dose["id"], dose["status"]) == (str(session.id), "in-progress")
    assert dose["dosage"]["dose"] == {"value": 35, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}
