"""Importing one person's FHIR bundle: understood, kept aside, refused; or nothing at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.builders import NOW, make_clinic, make_viewer, sign_in

from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.people import commands
from euthymia.clinic.people.models import ImportReport, Patient, RecordEntry
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
SYNTHEA = Path(__file__).resolve().parents[2] / "fixtures" / "synthea"
FILE = sorted(SYNTHEA.glob("*.json"))[0]
HER = {"resourceType": "Patient", "id": "her", "name": [{"family": "Rivera", "given": ["Ana"]}], "gender": "female"}


@pytest.fixture
def coordinator() -> Viewer:
    return make_viewer(make_clinic(), Role.COORDINATOR)


def bundle(*resources: dict[str, Any], kind: str = "collection") -> bytes:
    entries = [{"fullUrl": f"urn:uuid:{one.get('id', n)}", "resource": one} for n, one in enumerate(resources)]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def weight(value: float, unit: str = "kg") -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
        "subject": {"reference": "urn:uuid:her"},
        "effectiveDateTime": "2025-11-03",
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }


def assert_nothing_kept() -> None:
    assert Patient.objects.count() == RecordEntry.objects.count() == ImportReport.objects.count() == 0
    assert not AuditEntry.objects.filter(action__in=["import", "create"]).exists()


@pytest.mark.parametrize("path", sorted(SYNTHEA.glob("*.json")), ids=lambda path: path.stem[:12])
def test_a_real_record_becomes_a_person_with_lines_and_a_report(coordinator: Viewer, path: Path) -> None:
    report = commands.import_bundle(coordinator, path.name, path.read_bytes(), NOW)
    assert report.patient is not None
    assert report.patient.clinic_id == coordinator.clinic_id
    read = {kind: count for kind, count in report.understood.items() if kind != "person"}
    assert RecordEntry.objects.filter(patient=report.patient).count() == sum(read.values()) > 10
    assert report.not_understood, "what we do not read is counted"
    entry = AuditEntry.objects.get(action="import")
    assert entry.patient_id == report.patient_id


def test_the_report_page_says_what_happened(client: Any, coordinator: Viewer) -> None:
    sign_in(client, coordinator)
    file = SimpleUploadedFile(FILE.name, FILE.read_bytes(), "application/json")
    page = client.post("/people/import/", {"bundle": file}, follow=True)
    text = page.content.decode()
    assert page.status_code == 200
    for heading in ("Understood", "Refused", "Kept aside"):
        assert heading in text
    record = client.get(f"/people/{Patient.objects.get().id}/record/")
    assert record.status_code == 200
    assert FILE.name in record.content.decode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"not json at all", "JSON"),
        (b"", "empty"),
        (b"[1, 2, 3]", ""),
        (b'{"resourceType": "Bundle"', "JSON"),
        (json.dumps(HER).encode(), "Bundle"),
        (bundle(weight(70)), "Patient"),
        (bundle(HER, HER | {"id": "him", "name": [{"family": "Other", "given": ["One"]}]}), ""),
        (bundle(HER | {"name": []}), "name"),
        (b'{"resourceType": "Bundle", "type": "collection", "entry": "no"}', ""),
    ],
    ids=["words", "empty", "list", "cut", "patient-alone", "nobody", "two-people", "no-name", "entry-is-text"],
)
def test_what_is_no_bundle_of_one_person_is_refused_whole(
    client: Any, coordinator: Viewer, content: bytes, says: str
) -> None:
    file = SimpleUploadedFile("bad.json", content, "application/json")
    page = sign_in(client, coordinator).post("/people/import/", {"bundle": file})
    text = page.content.decode()
    assert page.status_code == 422
    assert "error-summary" in text
    assert says.casefold() in text.casefold()
    assert_nothing_kept()


def test_no_file_at_all_is_said(client: Any, coordinator: Viewer) -> None:
    page = sign_in(client, coordinator).post("/people/import/", {})
    assert page.status_code == 422
    assert_nothing_kept()


@pytest.mark.parametrize("value", [0, 900])
def test_an_impossible_weight_is_refused_alone_and_reported(coordinator: Viewer, value: float) -> None:
    report = commands.import_bundle(coordinator, "one.json", bundle(HER, weight(value), weight(71)), NOW)
    assert [row.value for row in RecordEntry.objects.all()] == [71.0]
    assert len(report.refused) == 1
    assert report.refused[0]["message"]


def test_the_same_file_twice_is_refused_and_the_first_stays(coordinator: Viewer) -> None:
    content = bundle(HER, weight(70))
    commands.import_bundle(coordinator, "one.json", content, NOW)
    before = AuditEntry.objects.count()
    with pytest.raises(BadInput, match="was imported on"):
        commands.import_bundle(coordinator, "again.json", content, NOW)
    assert (Patient.objects.count(), RecordEntry.objects.count(), AuditEntry.objects.count()) == (1, 1, before)


def test_another_clinic_may_import_the_same_person(coordinator: Viewer) -> None:
    content = bundle(HER, weight(70))
    commands.import_bundle(coordinator, "one.json", content, NOW)
    commands.import_bundle(make_viewer(make_clinic(), Role.NURSE), "one.json", content, NOW)
    assert Patient.objects.count() == 2


def test_a_failure_half_way_leaves_nothing(coordinator: Viewer, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(ImportReport.objects, "create", broken)
    with pytest.raises(RuntimeError):
        commands.import_bundle(coordinator, "one.json", bundle(HER, weight(70)), NOW)
    assert_nothing_kept()


def test_a_report_of_another_clinic_does_not_exist_here(client: Any, coordinator: Viewer) -> None:
    other = make_viewer(make_clinic(), Role.NURSE)
    report = commands.import_bundle(other, "one.json", bundle(HER, weight(70)), NOW)
    assert sign_in(client, coordinator).get(f"/people/import/{report.pk}/").status_code == 404


def test_a_pharmacist_may_not_import(client: Any, coordinator: Viewer) -> None:
    from euthymia.clinic.accounts.models import Clinic

    pharmacist = make_viewer(Clinic.objects.get(pk=coordinator.clinic_id), Role.PHARMACIST)
    file = SimpleUploadedFile("one.json", bundle(HER), "application/json")
    assert sign_in(client, pharmacist).post("/people/import/", {"bundle": file}).status_code == 403
    assert_nothing_kept()


def test_what_no_record_can_hold_is_refused_whole(coordinator: Viewer) -> None:
    # In a name, in the name of something not understood, and a name longer than its column.
    inside, aside = HER | {"name": [{"family": "Riv\x00era"}]}, HER | {"\x00": 1}
    long = HER | {"name": [{"family": "R" * 301}]}
    for said, her in (("control character", inside), ("charact|unknown|not", aside), ("300", long)):
        content = bundle(her)
        with pytest.raises(BadInput, match=said):
            commands.import_bundle(coordinator, "her.json", content, NOW)
    assert_nothing_kept()
