"""Every FHIR resource this project writes, judged by three readers that did not write it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from tests.fixtures.fhir_bundles import SYNTHEA, example
from tests.fixtures.fhir_written import written

from euthymia.interop.fhir.document import write_document

Validate = Callable[[Sequence[Mapping[str, Any]]], list[dict[str, list[dict[str, str]]]]]

# Each is wrong in one way; who must see it.
PLANTED: list[tuple[str, dict[str, Any], set[str]]] = [
    ("a status that is none", {"resourceType": "Observation", "status": "done", "code": {"text": "x"}}, {"fhir"}),
    ("no status", {"resourceType": "Observation", "code": {"text": "x"}}, {"medplum", "fhir"}),
    ("an unknown element", {"resourceType": "Patient", "nickname": "x"}, {"medplum", "fhir"}),
    ("a day that is none", {"resourceType": "Patient", "birthDate": "1980-13-45"}, {"medplum"}),
    (
        "a weight outside FHIR's own profile of a weight",
        {
            "resourceType": "Observation",
            "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
            "valueQuantity": {"value": 70, "unit": "kilos"},
        },
        {"medplum"},
    ),
    ("a gender that is none", {"resourceType": "Patient", "gender": "f"}, {"fhir"}),
]


def test_everything_written_is_accepted_by_two_independent_validators(validate: Validate) -> None:
    resources = list(written())
    complaints = {
        f"{resource['resourceType']}/{resource.get('id', '')}": answer
        for resource, answer in zip(resources, validate(resources), strict=True)
        if answer["medplum"] or answer["fhir"]
    }
    assert complaints == {}


def test_the_validators_catch_what_was_planted(validate: Validate) -> None:
    answers = validate([resource for _, resource, _ in PLANTED])
    seen = {
        words: {name for name, issues in answer.items() if issues}
        for (words, _, _), answer in zip(PLANTED, answers, strict=True)
    }
    assert seen == {words: who for words, _, who in PLANTED}


def test_the_validators_accept_somebody_elses_record(validate: Validate) -> None:
    resources = [entry["resource"] for path in SYNTHEA for entry in example(path)["entry"]]
    assert sum(bool(answer["medplum"]) for answer in validate(resources)) == 0


@pytest.mark.parametrize("resource", list(written()), ids=lambda one: f"{one['resourceType']}-{one.get('id', '')}")
def test_everything_written_is_read_by_the_python_models(resource: dict[str, Any]) -> None:
    model = get_fhir_model_class(resource["resourceType"])
    read = model.model_validate_json(write_document(resource))
    assert json.loads(read.model_dump_json(exclude_none=True)).keys() >= resource.keys() - {"resourceType"}
