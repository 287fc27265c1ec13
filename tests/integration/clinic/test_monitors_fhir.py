"""Monitors that speak FHIR: an Observation or a batch becomes samples of the stream, and the answer is FHIR too."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.clinic.monitor_bed import Bed, Clock

from euthymia.clinic.monitors.models import MonitorStream
from euthymia.clinic.monitors.queries import samples_of

pytestmark = pytest.mark.django_db
UNITS = {"8480-6": "mm[Hg]", "8462-4": "mm[Hg]", "8867-4": "/min", "59408-5": "%", "9279-1": "/min"}


@pytest.fixture
def bed(clock: Clock) -> Bed:
    return Bed(clock)


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "system": "http://unitsofmeasure.org", "code": unit}


def coded(loinc: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://loinc.org", "code": loinc}]}


def observation(bed: Bed, loinc: str, value: float | None, **members: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "resourceType": "Observation",
        "status": "final",
        "code": coded(loinc),
        "effectiveInstant": bed.clock.at.isoformat(),
        "subject": {"reference": "Patient/somebody-else"},
    }
    if value is not None:
        made["valueQuantity"] = quantity(value, UNITS.get(loinc, "1"))
    return made | members


def pressure(bed: Bed, systolic: float, diastolic: float) -> dict[str, Any]:
    parts = [("8480-6", systolic), ("8462-4", diastolic)]
    component = [{"code": coded(loinc), "valueQuantity": quantity(value, "mm[Hg]")} for loinc, value in parts]
    return observation(bed, "85354-9", None, component=component)


def batch(*resources: dict[str, Any]) -> dict[str, Any]:
    request = {"method": "POST", "url": "Observation"}
    return {
        "resourceType": "Bundle",
        "type": "batch",
        "entry": [{"resource": one, "request": request} for one in resources],
    }


def kept(bed: Bed) -> list[dict[str, float]]:
    return [{name.value: value for name, value in one.sample.values.items()} for one in samples_of(bed.stream)]


ONE, MANY = "/monitors/fhir/Observation", "/monitors/fhir"


def test_an_observation_is_a_sample_of_whoever_sits_there(bed: Bed) -> None:
    answer = bed.post(ONE, observation(bed, "8867-4", 72))
    assert (answer.status_code, answer.json()["resourceType"]) == (200, "OperationOutcome")
    assert kept(bed) == [{"heart_rate_per_min": 72.0}]
    assert bed.stream.session == bed.session


def test_a_pressure_panel_is_one_sample(bed: Bed) -> None:
    assert bed.post(ONE, pressure(bed, 121, 76)).status_code == 200
    assert kept(bed) == [{"systolic_mmhg": 121.0, "diastolic_mmhg": 76.0}]


def test_kilopascal_become_mmhg(bed: Bed) -> None:
    made = observation(bed, "8480-6", None) | {"valueQuantity": quantity(16, "kPa")}
    assert bed.post(ONE, made).status_code == 200
    assert kept(bed) == [{"systolic_mmhg": 120.0}]


def test_the_same_again_is_kept_once_and_another_value_is_a_conflict(bed: Bed) -> None:
    for _ in range(2):
        assert bed.post(ONE, observation(bed, "8867-4", 72)).status_code == 200
    answer = bed.post(ONE, observation(bed, "8867-4", 73))
    assert answer.status_code == 409
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == "sequence_taken"
    assert kept(bed) == [{"heart_rate_per_min": 72.0}]


def test_a_reason_for_absence_is_a_gap(bed: Bed) -> None:
    absent = {"coding": [{"code": "error"}]}
    assert bed.post(ONE, observation(bed, "59408-5", None, dataAbsentReason=absent)).status_code == 200
    (only,) = samples_of(bed.stream)
    assert (dict(only.sample.values), [gap.value for gap in only.sample.gaps.values()]) == ({}, ["artefact"])


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"valueQuantity": quantity(0, "/min")}, 400),
        ({"valueQuantity": quantity(72, "mg")}, 400),
        ({"valueQuantity": {"value": 72}}, 400),
        ({"code": coded("1234-5")}, 400),
        ({"status": "entered-in-error"}, 400),
        ({"effectiveInstant": "yesterday"}, 400),
        ({"effectiveInstant": "2026-03-02T11:00:00Z"}, 400),
        ({"effectiveInstant": "2026-03-02T09:00:00Z"}, 422),
        ({"resourceType": "Patient"}, 400),
        ({"valueQuantity": None}, 400),
    ],
)
def test_what_is_no_sample_is_refused_with_an_outcome(bed: Bed, change: dict[str, Any], status: int) -> None:
    made = {name: value for name, value in (observation(bed, "8867-4", 72) | change).items() if value is not None}
    answer = bed.post(ONE, made)
    assert (answer.status_code, answer.json()["resourceType"]) == (status, "OperationOutcome")
    assert [one for stream in MonitorStream.objects.all() for one in samples_of(stream)] == []


def test_a_batch_answers_each_entry(bed: Bed) -> None:
    sent = batch(
        observation(bed, "8867-4", 72),
        observation(bed, "59408-5", 300),
        pressure(bed, 121, 76),
        observation(bed, "8867-4", 90),
    )
    answer = bed.post(MANY, sent)
    assert (answer.status_code, answer.json()["type"]) == (200, "batch-response")
    assert [entry["response"]["status"] for entry in answer.json()["entry"]] == ["200", "400", "200", "409"]
    assert len(kept(bed)) == 2


def test_another_kind_of_bundle_is_refused(bed: Bed) -> None:
    for sent in (batch() | {"type": "transaction"}, batch(), {"resourceType": "Observation"}):
        assert bed.post(MANY, sent).status_code == 400


def test_without_a_secret_or_a_person_nothing_is_kept(bed: Bed, clock: Clock) -> None:
    made = observation(bed, "8867-4", 72)
    assert bed.post(ONE, made, token="nobody").status_code == 401
    empty = Bed(clock, seated=False)
    for address, sent in ((ONE, made), (MANY, batch(made))):
        answer = empty.post(address, sent)
        assert (answer.status_code, answer.json()["resourceType"]) == (404, "OperationOutcome")
    assert not MonitorStream.objects.exists()
