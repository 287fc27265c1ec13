"""Records of invented people by another program, counted here in another way than they are read."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.fhir_bundles import SYNTHEA, example

from euthymia.interop.fhir.bundle import ObservationKind, read_bundle

# Counted from the bundles apart from our reader: resources by type; observations by category, pressures as two.
KINDS = ("person", "condition", "medication", "allergy", "vital", "laboratory", "survey", "procedure")
COUNTED = {
    "Felipe_Cazares": (1, 3, 1, 0, 31, 34, 5, 2),
    "Royal_DuBuque": (1, 3, 2, 0, 48, 23, 8, 3),
}
WHO = [pytest.param(path, id="_".join(path.stem.split("_")[:2])) for path in SYNTHEA]


def name_of(path: Path) -> str:
    return "_".join(path.stem.split("_")[:2])


@pytest.mark.parametrize("path", WHO)
def test_every_line_is_understood_or_accounted_for(path: Path) -> None:
    record = read_bundle(path.read_bytes())
    assert dict(record.report.understood) == dict(zip(KINDS, COUNTED[name_of(path)], strict=True))
    assert record.report.refused == ()
    in_bundle = Counter(entry["resource"]["resourceType"] for entry in example(path)["entry"])
    aside = {one.what: one.count for one in record.report.not_understood}
    read = {"Patient", "Condition", "MedicationRequest", "Observation", "Procedure"}
    assert {kind: count for kind, count in in_bundle.items() if kind not in read} == {
        what: count for what, count in aside.items() if "." not in what
    }


@pytest.mark.parametrize("path", WHO)
def test_each_number_is_the_number_in_the_file(path: Path) -> None:
    record = read_bundle(path.read_bytes())
    read = Counter((one.loinc, str(one.value), one.unit) for one in record.observations if one.value is not None)
    assert read == Counter(numbers_in(example(path)))
    assert all(isinstance(one.value, Decimal) for one in record.observations if one.kind is not ObservationKind.SURVEY)


@pytest.mark.parametrize("path", WHO)
def test_reading_twice_or_from_an_object_gives_the_same(path: Path) -> None:
    assert read_bundle(path.read_bytes()) == read_bundle(path.read_text(encoding="utf-8")) == read_bundle(example(path))


def test_one_person_in_full() -> None:
    person = read_bundle(SYNTHEA[0].read_bytes()).person
    assert (person.given, person.family, str(person.birth_date), person.sex.value) == (
        "Felipe",
        "Cazares",
        "1974-05-28",
        "male",
    )
    assert (person.phone, person.email, person.country, person.language) == ("555-907-3502", "", "US", "es")
    assert [one.kind for one in person.identifiers] == ["", "MR", "SS", "DL", "PPN"]
    assert not person.deceased


def numbers_in(document: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Every number of every observation, walked through without any of our code."""
    found = []
    for entry in document["entry"]:
        resource = entry["resource"]
        if resource["resourceType"] == "Observation":
            for part in [resource, *resource.get("component", [])]:
                if quantity := part.get("valueQuantity"):
                    found.append((part["code"]["coding"][0]["code"], repr(quantity["value"]), quantity["code"]))
    return found
