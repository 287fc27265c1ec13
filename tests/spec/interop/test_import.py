"""What a record from elsewhere is allowed to say: understood, kept aside, refused, and when nothing is taken at all."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.fixtures import fhir_bundles as fhir
from tests.fixtures.fhir_bundles import (
    ABOUT_HER,
    allergy,
    bundle,
    condition,
    laboratory,
    medication,
    observation,
    person,
    pressure,
    quantity,
)

from euthymia.errors import DocumentError
from euthymia.interop.fhir.bundle import (
    AdministrativeGender,
    Code,
    Identifier,
    ImportedObservation,
    ImportedRecord,
    ObservationKind,
    Precision,
    read_bundle,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WEIGHT, HEIGHT, PULSE, TEMPERATURE = "29463-7", "8302-2", "8867-4", "8310-5"


def values(record: ImportedRecord) -> list[tuple[str, Decimal | None, str]]:
    return [(one.loinc, one.value, one.unit) for one in record.observations]


def only(record: ImportedRecord) -> ImportedObservation:
    assert record.report.refused == ()
    (found,) = record.observations
    return found


# What is typed or sent                           → what is kept.
UNDERSTOOD = [
    ("weight in kilograms", observation(WEIGHT, 70, "kg"), "70", "kg"),
    ("weight in grams", observation(WEIGHT, 70500, "g"), "70.5", "kg"),
    ("weight in pounds", observation(WEIGHT, 154, "[lb_av]"), "69.85", "kg"),
    ("height in metres", observation(HEIGHT, Decimal("1.68"), "m"), "168.0", "cm"),
    ("height in inches", observation(HEIGHT, 66, "[in_i]"), "167.64", "cm"),
    ("pulse", observation(PULSE, 64, "/min"), "64", "/min"),
    ("pulse in beats a minute", observation(PULSE, 64, "{beats}/min"), "64", "/min"),
    ("breathing rate", observation("9279-1", 14, "{breaths}/min"), "14", "/min"),
    ("oxygen saturation", observation("59408-5", 97, "%"), "97", "%"),
    ("oxygen saturation, the general code", observation("2708-6", 97, "%"), "97", "%"),
    ("temperature", observation(TEMPERATURE, Decimal("36.60"), "Cel"), "36.60", "Cel"),
    ("temperature in the mouth", observation("8331-1", 37, "Cel"), "37", "Cel"),
    ("body mass index", observation("39156-5", Decimal("24.80"), "kg/m2"), "24.80", "kg/m2"),
    ("pain", observation("72514-3", 3, "{score}"), "3", "{score}"),
    ("a systolic pressure alone", observation("8480-6", 120, "mm[Hg]"), "120", "mm[Hg]"),
    ("a pressure in kilopascal", observation("8480-6", 16, "kPa"), "120.01", "mm[Hg]"),
    (
        "a unit in words, as records write it",
        observation("8480-6", valueQuantity={"value": 120, "unit": "mmHg"}),
        "120",
        "mm[Hg]",
    ),
]


@pytest.mark.parametrize(("words", "resource", "value", "unit"), UNDERSTOOD, ids=[row[0] for row in UNDERSTOOD])
def test_vital_signs_are_kept_in_one_unit_each(words: str, resource: dict[str, Any], value: str, unit: str) -> None:
    found = only(read_bundle(bundle(resource), now=NOW))
    assert (found.kind, str(found.value), found.unit, found.text) == (ObservationKind.VITAL, value, unit, "")
    assert found.at == datetime(2025, 11, 3, 8, 30, tzinfo=UTC)
    assert found.precision is Precision.INSTANT


@pytest.mark.parametrize("panel", ["85354-9", "55284-4", "35094-2"])
def test_a_blood_pressure_panel_becomes_two_values_of_one_moment(panel: str) -> None:
    record = read_bundle(bundle(pressure(122, 79, panel=panel)))
    assert values(record) == [("8480-6", Decimal(122), "mm[Hg]"), ("8462-4", Decimal(79), "mm[Hg]")]
    assert len({one.at for one in record.observations}) == 1
    assert record.report.understood["vital"] == 2


# An entry that cannot be meant             → which rule refused it, and where.
REFUSED = [
    ("no weight at all", observation(WEIGHT, 0, "kg"), "impossible_value", ".valueQuantity.value"),
    ("900 kilograms", observation(WEIGHT, 900, "kg"), "impossible_value", ".valueQuantity.value"),
    ("a negative weight", observation(WEIGHT, -70, "kg"), "impossible_value", ".valueQuantity.value"),
    ("a weight beyond any number", observation(WEIGHT, 10**30, "g"), "impossible_value", ".valueQuantity.value"),
    ("a height in kilograms", observation(HEIGHT, 168, "kg"), "unknown_unit", ".valueQuantity.value"),
    ("a weight in stones", observation(WEIGHT, 11, "[stone_av]"), "unknown_unit", ".valueQuantity.value"),
    ("a temperature in Fahrenheit", observation(TEMPERATURE, 98, "[degF]"), "unknown_unit", ".valueQuantity.value"),
    ("a weight without a unit", observation(WEIGHT, valueQuantity={"value": 70}), "no_unit", ".valueQuantity"),
    (
        "a unit of another system",
        observation(WEIGHT, valueQuantity={"value": 70, "system": "urn:x", "code": "kg"}),
        "unknown_unit",
        ".valueQuantity",
    ),
    ("a weight in words", observation(WEIGHT, valueString="seventy"), "wrong_type", ""),
    ("a weight as text", observation(WEIGHT, "70", "kg"), "wrong_type", ".valueQuantity.value"),
    ("a weight of true", observation(WEIGHT, True, "kg"), "wrong_type", ".valueQuantity.value"),
    ("a unit without a number", observation(WEIGHT, valueQuantity={"unit": "kg"}), "missing", ".valueQuantity.value"),
    (
        "a weight below a bound",
        observation(WEIGHT, valueQuantity=quantity(70, "kg") | {"comparator": "<"}),
        "not_exact",
        ".valueQuantity.comparator",
    ),
    ("12/80", pressure(12, 80), "impossible_value", ".component[0].valueQuantity.value"),
    ("182/1040", pressure(182, 1040), "impossible_value", ".component[1].valueQuantity.value"),
    ("80/120, swapped", pressure(80, 120), "impossible_value", ""),
    (
        "a systolic pressure twice",
        observation("85354-9", component=pressure(120, None)["component"] * 2),
        "two_values",
        "",
    ),
    ("a pressure in pounds", pressure(120, 80, "[lb_av]"), "unknown_unit", ".component[0].valueQuantity.value"),
    ("a saturation of 120 %", observation("59408-5", 120, "%"), "impossible_value", ".valueQuantity.value"),
    (
        "30 February",
        observation(WEIGHT, 70, "kg", effectiveDateTime="2025-02-30"),
        "impossible_date",
        ".effectiveDateTime",
    ),
    (
        "an hour that is not",
        observation(WEIGHT, 70, "kg", effectiveDateTime="2025-02-03T25:00:00Z"),
        "impossible_date",
        ".effectiveDateTime",
    ),
    (
        "a time without its zone",
        observation(WEIGHT, 70, "kg", effectiveDateTime="2025-02-03T10:00:00"),
        "impossible_date",
        ".effectiveDateTime",
    ),
    (
        "the year 202",
        observation(WEIGHT, 70, "kg", effectiveDateTime="0202-01-01"),
        "impossible_date",
        ".effectiveDateTime",
    ),
    ("no time", observation(WEIGHT, 70, "kg", effectiveDateTime=None), "no_time", ""),
    (
        "no time but when it was issued",
        observation(WEIGHT, 70, "kg", effectiveDateTime=None, issued="2025-01-01T00:00:00Z"),
        "no_time",
        "",
    ),
    ("a reading from the future", observation(WEIGHT, 70, "kg", effectiveDateTime="2027-01-01"), "in_the_future", ""),
    ("before the person was born", observation(WEIGHT, 70, "kg", effectiveDateTime="1980"), "before_birth", ""),
    (
        "of somebody else",
        observation(WEIGHT, 70, "kg", subject={"reference": "Patient/him"}),
        "another_person",
        ".subject",
    ),
    ("of nobody", observation(WEIGHT, 70, "kg", subject=None), "missing", ".subject"),
    ("a status FHIR does not know", observation(WEIGHT, 70, "kg", status="done"), "not_in_list", ".status"),
    ("no status", observation(WEIGHT, 70, "kg", status=None), "missing", ".status"),
    ("no code", observation(WEIGHT, 70, "kg", code={}), "no_code", ".code"),
    ("a code with spaces", observation(" 29463-7", 70, "kg"), "bad_code", ".code.coding[0].code"),
    ("a value and no reason for none", observation(WEIGHT), "no_value", ""),
    ("two values", observation(WEIGHT, 70, "kg", valueInteger=70), "two_values", ""),
    (
        "a modifier that is not known",
        observation(WEIGHT, 70, "kg", modifierExtension=[{"url": "x"}]),
        "changed_meaning",
        ".modifierExtension",
    ),
    (
        "rules that are not known",
        observation(WEIGHT, 70, "kg", implicitRules="http://x"),
        "changed_meaning",
        ".implicitRules",
    ),
    ("an empty list", laboratory("2345-7", 90, "mg/dL") | {"category": []}, "empty", ".category"),
    ("a list that is none", observation(WEIGHT, 70, "kg", component={"code": 1}), "wrong_type", ".component"),
    (
        "a laboratory number without a unit",
        laboratory("2345-7", valueQuantity={"value": 90}),
        "no_unit",
        ".valueQuantity",
    ),
    (
        "a bound that is none",
        laboratory("2345-7", valueQuantity=quantity(90, "mg/dL") | {"comparator": "~"}),
        "not_in_list",
        ".valueQuantity.comparator",
    ),
    ("a result that is a novel", laboratory("2345-7", valueString="x" * 301), "too_long", ".valueString"),
    ("a result with a control character", laboratory("2345-7", valueString="a\x00b"), "unprintable", ".valueString"),
    ("an empty result", laboratory("2345-7", valueString=" "), "empty", ".valueString"),
    (
        "an exact time that is only a day",
        observation(WEIGHT, 70, "kg", effectiveDateTime=None, effectiveInstant="2025-01-01"),
        "no_time",
        ".effectiveInstant",
    ),
    ("a condition without a code", condition(code=None) | {"code": {"coding": [{"system": "x"}]}}, "no_code", ".code"),
    ("a condition that ended before it began", condition(abatementDateTime="2014"), "impossible_date", ""),
    ("a condition that began twice", condition(onsetPeriod={"start": "2015"}), "two_values", ".onsetDateTime"),
    ("a clinical status without its code", condition(clinicalStatus={"text": "active"}), "no_code", ".clinicalStatus"),
    (
        "a clinical status FHIR does not know",
        condition(clinicalStatus={"coding": [{"code": "on"}]}),
        "not_in_list",
        ".clinicalStatus.coding[0].code",
    ),
    ("a medicine that is not named", medication(medicationCodeableConcept=None), "no_code", ""),
    (
        "a medicine named twice",
        medication(medicationReference={"reference": "#a"}),
        "two_values",
        ".medicationReference",
    ),
    (
        "a medicine that is elsewhere",
        medication(medicationCodeableConcept=None, medicationReference={"reference": "Medication/x"}),
        "not_in_bundle",
        ".medicationReference.reference",
    ),
    ("an order without an intent", medication(intent=None), "missing", ".intent"),
    ("an allergy to nothing", allergy(code=None), "missing", ".code"),
    ("a criticality FHIR does not know", allergy(criticality="severe"), "not_in_list", ".criticality"),
    ("an order from the future", medication(authoredOn="2027"), "in_the_future", ""),
    ("a condition that will end", condition(abatementDateTime="2030"), "in_the_future", ""),
    ("a resource of no kind", {"id": "x"}, "missing", ".resourceType"),
    ("a resource R4 does not know", {"resourceType": "Banana"}, "unknown_resource", ""),
    ("a resource that is text", "Observation", "wrong_type", ""),
]


@pytest.mark.parametrize(("words", "resource", "code", "where"), REFUSED, ids=[row[0] for row in REFUSED])
def test_an_entry_that_cannot_be_meant_is_refused_alone(words: str, resource: Any, code: str, where: str) -> None:
    record = read_bundle(bundle(resource, observation(PULSE, 64, "/min")), now=NOW)
    (refusal,) = record.report.refused
    assert (refusal.code, refusal.path) == (code, f"Bundle.entry[1].resource{where}")
    assert refusal.message.endswith((".", "?"))
    # The neighbour is whole, and nothing of the refused one is there.
    assert values(record) == [(PULSE, Decimal(64), "/min")]
    assert (record.conditions, record.medications, record.allergies) == ((), (), ())


# What the record itself takes back, or what is of no use here → left aside with the reason, counted, not refused.
ASIDE = [
    ("a bill", {"resourceType": "Claim"}, "Claim"),
    ("a benefit", {"resourceType": "ExplanationOfBenefit"}, "ExplanationOfBenefit"),
    ("a visit elsewhere", {"resourceType": "Encounter"}, "Encounter"),
    ("something rare", {"resourceType": "MolecularSequence"}, "MolecularSequence"),
    ("a medicine nobody ordered", {"resourceType": "Medication", "code": {"text": "x"}}, "Medication"),
    ("an observation taken back", observation(WEIGHT, 70, "kg", status="entered-in-error"), "Observation"),
    ("an observation cancelled", observation(WEIGHT, 70, "kg", status="cancelled"), "Observation"),
    ("a result that is not there yet", observation(WEIGHT, status="registered"), "Observation"),
    ("a result of unknown standing", observation(WEIGHT, 70, "kg", status="unknown"), "Observation"),
    ("a weight that was not taken", observation(WEIGHT, dataAbsentReason={"text": "refused"}), "Observation"),
    ("a panel that names others", laboratory("58410-2", hasMember=[{"reference": "x"}]), "Observation"),
    ("a panel without parts", observation("85354-9"), "Observation"),
    ("a local code", observation(WEIGHT, 70, "kg", code={"text": "Gewicht"}), "Observation"),
    ("an X-ray finding", observation("24627-2", valueString="clear"), "Observation"),
    (
        "a vital sign outside the list",
        observation("9843-4", 55, "cm", category=[{"coding": [{"code": "vital-signs"}]}]),
        "Observation 9843-4",
    ),
    ("a value of another kind", laboratory("5778-6", valueBoolean=True), "Observation.valueBoolean"),
    ("a diagnosis taken back", condition(verificationStatus={"coding": [{"code": "entered-in-error"}]}), "Condition"),
    ("a diagnosis ruled out", condition(verificationStatus={"coding": [{"code": "refuted"}]}), "Condition"),
    ("an order taken back", medication(status="entered-in-error"), "MedicationRequest"),
    ("an order not to give", medication(doNotPerform=True), "MedicationRequest"),
    ("a proposal", medication(intent="proposal"), "MedicationRequest"),
    (
        "a medicine stated as not taken",
        medication(resourceType="MedicationStatement", status="not-taken"),
        "MedicationStatement",
    ),
    (
        "a statement taken back",
        medication(resourceType="MedicationStatement", status="entered-in-error"),
        "MedicationStatement",
    ),
    (
        "an allergy taken back",
        allergy(verificationStatus={"coding": [{"code": "entered-in-error"}]}),
        "AllergyIntolerance",
    ),
    ("an allergy ruled out", allergy(verificationStatus={"coding": [{"code": "refuted"}]}), "AllergyIntolerance"),
    ("a procedure not done", {"resourceType": "Procedure", "status": "not-done", "subject": ABOUT_HER}, "Procedure"),
    (
        "a procedure taken back",
        {"resourceType": "Procedure", "status": "entered-in-error", "subject": ABOUT_HER},
        "Procedure",
    ),
]


@pytest.mark.parametrize(("words", "resource", "what"), ASIDE, ids=[row[0] for row in ASIDE])
def test_what_is_of_no_use_or_taken_back_is_kept_aside_with_its_reason(words: str, resource: Any, what: str) -> None:
    report = read_bundle(bundle(resource)).report
    (aside,) = report.not_understood
    assert (aside.what, aside.count) == (what, 1)
    assert aside.reason.endswith(".")
    assert report.refused == ()
    assert sum(report.understood.values()) == 1, "only the person was understood"


def test_elements_that_are_not_read_are_counted() -> None:
    heavy = [observation(WEIGHT, 70 + n, "kg", issued="2025-11-03T09:30:00Z", note=[{"text": "x"}]) for n in range(3)]
    report = read_bundle(bundle(*heavy)).report
    assert [(one.what, one.count) for one in report.not_understood] == [
        ("Observation.issued", 3),
        ("Observation.note", 3),
    ]


def test_parts_of_a_panel_that_are_not_read_are_counted_and_the_others_kept() -> None:
    panel = pressure(120, 80)
    panel["component"].append(
        {"code": {"coding": [{"system": fhir.LOINC, "code": "8478-0"}]}, "valueQuantity": quantity(93, "mm[Hg]")}
    )
    panel["component"].append({"code": {"text": "cuff"}, "valueString": "large"})
    panel["component"].append(
        {"code": {"coding": [{"system": fhir.LOINC, "code": "8867-4"}]}, "dataAbsentReason": {"text": "x"}}
    )
    record = read_bundle(bundle(panel))
    assert len(record.observations) == 2
    assert [one.what for one in record.report.not_understood] == [
        "Observation.component",
        "Observation.component",
        "Observation.component 8478-0",
    ]


# A document that is no record of one readable person → all of it is refused, and nothing is given.
STRUCTURE = [
    ("no JSON", b"{", "not_json", ""),
    ("empty", b"", "not_json", ""),
    ("not text", b"\xff\xfe{}", "not_utf8", ""),
    ("a list", b"[]", "not_an_object", ""),
    ("a number that is none", b'{"resourceType": NaN}', "not_json", ""),
    ("a number without end", b'{"a": Infinity}', "not_json", ""),
    ("a number beyond reason", b'{"a": 1e999999999}', "not_json", ""),
    ("a whole number beyond reason", b'{"a": ' + b"9" * 5000 + b"}", "not_json", ""),
    ("one name twice", b'{"type": "collection", "type": "batch"}', "not_json", ""),
    ("nested without end", b'{"a":' * 100 + b"1" + b"}" * 100, "too_deep", ""),
    ("brackets without end", b"[" * 100_000, "too_deep", ""),
    ("no resource", {}, "missing", "Bundle.resourceType"),
    ("another resource", {"resourceType": "Patient"}, "wrong_resource", "Bundle"),
    ("a bundle of another type", bundle(type="history"), "not_in_list", "Bundle.type"),
    ("a bundle without a type", bundle(type=None), "missing", "Bundle.type"),
    ("an empty bundle", bundle(entry=None), "no_patient", "Bundle"),
    ("an empty list of entries", bundle(entry=[]), "empty", "Bundle.entry"),
    ("entries that are none", bundle(entry="x"), "wrong_type", "Bundle.entry"),
    ("an entry that is text", bundle(entry=["x"]), "wrong_type", "Bundle.entry[0]"),
    ("nobody in it", bundle(entry=[{"resource": {"resourceType": "Claim"}}]), "no_patient", "Bundle"),
    ("two people", bundle(person(id="him")), "two_patients", "Bundle.entry[1].resource"),
    ("a person without a name", bundle(about=person(name=None)), "no_name", "Bundle.entry[0].resource"),
    (
        "a person with an old name only",
        bundle(about=person(name=[{"use": "old", "family": "X"}])),
        "no_name",
        "Bundle.entry[0].resource",
    ),
    ("a name without words", bundle(about=person(name=[{}])), "missing", "Bundle.entry[0].resource.name[0].text"),
    (
        "a birthday that cannot be",
        bundle(about=person(birthDate="1985-02-29")),
        "impossible_date",
        "Bundle.entry[0].resource.birthDate",
    ),
    (
        "a birthday with a time",
        bundle(about=person(birthDate="1985-02-28T10:00:00Z")),
        "wrong_type",
        "Bundle.entry[0].resource.birthDate",
    ),
    (
        "a birthday in the future",
        bundle(about=person(birthDate="2027-02-28")),
        "in_the_future",
        "Bundle.entry[0].resource.birthDate",
    ),
    ("a gender FHIR does not know", bundle(about=person(gender="f")), "not_in_list", "Bundle.entry[0].resource.gender"),
    (
        "dead and not dead",
        bundle(about=person(deceasedBoolean=False, deceasedDateTime="2020")),
        "two_values",
        "Bundle.entry[0].resource.deceasedDateTime",
    ),
    (
        "dead, perhaps",
        bundle(about=person(deceasedBoolean="yes")),
        "wrong_type",
        "Bundle.entry[0].resource.deceasedBoolean",
    ),
    (
        "a language that is none",
        bundle(about=person(communication=[{"language": {"coding": [{"code": "Spanish please"}]}}])),
        "bad_code",
        "Bundle.entry[0].resource.communication[0].language.coding[0].code",
    ),
    ("a null", bundle(about={**person(), "gender": None}), "null", "Bundle.entry[0].resource.gender"),
    (
        "a modifier that is not known",
        bundle(about=person(modifierExtension=[{"url": "x"}])),
        "changed_meaning",
        "Bundle.entry[0].resource.modifierExtension",
    ),
]


@pytest.mark.parametrize(("words", "source", "code", "path"), STRUCTURE, ids=[row[0] for row in STRUCTURE])
def test_a_document_that_is_no_record_of_one_person_is_refused_whole(
    words: str, source: Any, code: str, path: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        read_bundle(source, now=NOW)
    assert (refused.value.code, refused.value.path) == (code, path)


def test_a_document_larger_than_agreed_is_refused() -> None:
    text = json.dumps(bundle())
    assert read_bundle(text, max_bytes=len(text)).person.family == "Rivera"
    with pytest.raises(DocumentError) as refused:
        read_bundle(text, max_bytes=len(text) - 1)
    assert refused.value.code == "too_large"


def test_the_person() -> None:
    about = person(
        name=[
            {"use": "old", "family": "Before"},
            {"use": "nickname", "text": "Anita"},
            {"use": "official", "family": "Rivera", "given": ["Ana", "Luz"]},
        ],
        identifier=[
            {"system": "http://hospital.example", "value": "77", "type": {"coding": [{"code": "MR"}]}},
            {"value": "no system"},
            {"system": "http://no.value.example"},
            {"use": "old", "system": "http://hospital.example", "value": "1"},
        ],
        telecom=[
            {"system": "phone", "value": "555-1", "rank": 2},
            {"system": "phone", "value": "555-2", "rank": 1},
            {"system": "phone", "value": "555-0", "use": "old"},
            {"system": "email", "value": "ana@example.org"},
            {"system": "fax"},
        ],
        address=[{"use": "old", "country": "DO"}, {"city": "Springfield"}, {"country": "US"}],
        communication=[
            {"language": {"text": "English"}},
            {"language": {"coding": [{"display": "Spanish"}, {"code": "es-MX"}]}, "preferred": True},
        ],
        deceasedBoolean=False,
    )
    found = read_bundle(bundle(about=about)).person
    assert (found.given, found.family) == ("Ana Luz", "Rivera")
    assert found.identifiers == (Identifier("http://hospital.example", "77", "MR"), Identifier("", "no system"))
    assert (found.phone, found.email, found.country, found.language) == ("555-2", "ana@example.org", "US", "es-MX")
    assert (found.birth_date, found.sex) == (date(1984, 2, 29), AdministrativeGender.FEMALE)
    assert (found.deceased, found.deceased_at) == (False, None)


@pytest.mark.parametrize(
    ("name", "given", "family"),
    [
        ({"text": "Ana Luz Rivera"}, "Ana", "Luz Rivera"),
        ({"given": ["Ana"]}, "Ana", ""),
        ({"family": "Rivera"}, "", "Rivera"),
        ({"use": "something new", "family": "Rivera"}, "", "Rivera"),
    ],
)
def test_a_name_in_any_of_its_forms(name: dict[str, Any], given: str, family: str) -> None:
    found = read_bundle(bundle(about=person(name=[name]))).person
    assert (found.given, found.family) == (given, family)


def test_what_is_not_stated_of_the_person_stays_unknown() -> None:
    found = read_bundle(bundle(about=person(gender=None, birthDate=None))).person
    assert (found.sex, found.birth_date) == (AdministrativeGender.UNKNOWN, None)
    assert (found.phone, found.email, found.country, found.language, found.identifiers) == ("", "", "", "", ())


def test_a_birth_year_is_not_taken_for_a_birthday() -> None:
    record = read_bundle(
        bundle(observation(WEIGHT, 70, "kg", effectiveDateTime="1950"), about=person(birthDate="1984"))
    )
    assert record.person.birth_date is None
    assert [one.what for one in record.report.not_understood] == ["Patient.birthDate"]
    assert len(record.observations) == 1


def test_what_is_only_known_to_the_year_may_be_the_year_of_birth() -> None:
    about = person(birthDate="1984-02-29")
    record = read_bundle(
        bundle(condition(onsetDateTime="1984", abatementDateTime="1984"), allergy(recordedDate="1984"), about=about)
    )
    assert record.report.refused == ()
    early = read_bundle(bundle(condition(onsetDateTime="1983-11"), allergy(recordedDate="1983"), about=about))
    assert [one.code for one in early.report.refused] == ["before_birth", "before_birth"]


def test_a_person_who_died() -> None:
    found = read_bundle(bundle(about=person(deceasedDateTime="2020-05-06"))).person
    assert (found.deceased, found.deceased_at) == (True, datetime(2020, 5, 6, tzinfo=UTC))


def test_conditions_keep_how_much_of_their_time_was_stated() -> None:
    whole = condition(onsetDateTime=None, onsetPeriod={"start": "2015-05-06"}, abatementDateTime="2016")
    bare = condition(onsetDateTime=None, clinicalStatus=None, verificationStatus=None, onsetPeriod={"end": "2016"})
    first, second = read_bundle(bundle(whole, bare)).conditions
    assert first.code == Code("http://snomed.info/sct", "191616006", "Recurrent depression")
    assert (first.status, first.verification) == ("active", "confirmed")
    assert (first.onset, first.onset_precision) == (datetime(2015, 5, 6, tzinfo=UTC), Precision.DAY)
    assert first.ended == datetime(2016, 1, 1, tzinfo=UTC)
    assert (second.status, second.verification, second.onset, second.onset_precision) == ("", "", None, None)


@pytest.mark.parametrize(
    ("concept", "code"),
    [
        ({"text": "Low mood"}, Code("", "", "Low mood")),
        ({"coding": [{"display": "Low mood"}]}, Code("", "", "Low mood")),
        ({"coding": [{"system": "urn:x", "code": "1"}]}, Code("urn:x", "1", "1")),
        ({"coding": [{"system": "urn:x", "code": "1"}], "text": "Low mood"}, Code("urn:x", "1", "Low mood")),
        (
            {"coding": [{"system": "urn:x", "code": "1"}, {"system": "http://snomed.info/sct", "code": "366979004"}]},
            Code("http://snomed.info/sct", "366979004", "366979004"),
        ),
    ],
)
def test_a_concept_is_read_by_its_best_known_code(concept: dict[str, Any], code: Code) -> None:
    (found,) = read_bundle(bundle(condition() | {"code": concept})).conditions
    assert found.code == code


def test_a_medicine_may_be_named_inside_the_order_or_elsewhere_in_the_bundle() -> None:
    inside = medication(
        medicationCodeableConcept=None,
        contained=[{"resourceType": "Medication", "id": "m", "code": {"text": "Lithium"}}],
        medicationReference={"reference": "#m"},
    )
    by_url = medication(medicationCodeableConcept=None, medicationReference={"reference": "urn:uuid:3"})
    named = {"resourceType": "Medication", "id": "q", "code": {"text": "Quetiapine"}}
    by_id = medication(
        resourceType="MedicationStatement",
        intent=None,
        authoredOn=None,
        medicationCodeableConcept=None,
        medicationReference={"reference": "https://x.example/fhir/Medication/q/_history/2"},
        effectivePeriod={"start": "2024-01"},
        dosage=[{"text": "at night"}],
    )
    first, second, third = read_bundle(bundle(inside, by_url, named, by_id)).medications
    assert [one.code.display for one in (first, second, third)] == ["Lithium", "Quetiapine", "Quetiapine"]
    assert (first.origin, third.origin) == ("MedicationRequest", "MedicationStatement")
    assert (third.authored_on, third.authored_precision) == (datetime(2024, 1, 1, tzinfo=UTC), Precision.MONTH)
    assert third.dosage_text == "at night"


def test_orders_statements_allergies_and_procedures_without_dates() -> None:
    record = read_bundle(
        bundle(
            medication(authoredOn=None),
            medication(resourceType="MedicationStatement", intent=None, authoredOn=None, dateAsserted="2024-01-01"),
            allergy(clinicalStatus=None, criticality="high", recordedDate="2019"),
            allergy(),
            {"resourceType": "Procedure", "status": "completed", "code": {"text": "ECT"}, "subject": ABOUT_HER},
            {
                "resourceType": "Procedure",
                "status": "completed",
                "code": {"text": "ECT"},
                "subject": ABOUT_HER,
                "performedPeriod": {"start": "2019-02-01T10:00:00Z"},
            },
        )
    )
    assert [one.authored_on for one in record.medications] == [None, datetime(2024, 1, 1, tzinfo=UTC)]
    assert [(one.status, one.criticality) for one in record.allergies] == [("", "high"), ("active", "")]
    assert [one.at for one in record.procedures] == [None, datetime(2019, 2, 1, 10, tzinfo=UTC)]
    assert dict(record.report.understood) == {
        "person": 1,
        "condition": 0,
        "medication": 2,
        "allergy": 2,
        "vital": 0,
        "laboratory": 0,
        "survey": 0,
        "procedure": 2,
    }


@pytest.mark.parametrize(
    ("resource", "value", "unit", "text"),
    [
        (laboratory("2345-7", Decimal("70.10"), "mg/dL"), "70.10", "mg/dL", ""),
        (laboratory("2345-7", valueQuantity={"value": 7, "unit": "furlong"}), "7", "furlong", ""),
        (laboratory("2345-7", valueQuantity=quantity(5, "ng/mL") | {"comparator": "<"}), None, "", "<5 ng/mL"),
        (laboratory("5671-3", valueCodeableConcept={"text": "Negative"}), None, "", "Negative"),
        (laboratory("5671-3", valueString="Negative"), None, "", "Negative"),
        (laboratory("5671-3", valueInteger=4), "4", "", ""),
        (laboratory("2345-7", 4, "mg", effectiveDateTime=None, effectivePeriod={"start": "2025"}), "4", "mg", ""),
        (
            laboratory("2345-7", 4, "mg", effectiveDateTime=None, effectiveInstant="2025-01-01T00:00:00.5Z"),
            "4",
            "mg",
            "",
        ),
    ],
)
def test_a_laboratory_result_keeps_its_digits_its_unit_and_its_bound(
    resource: dict[str, Any], value: str | None, unit: str, text: str
) -> None:
    found = only(read_bundle(bundle(resource)))
    assert found.kind is ObservationKind.LABORATORY
    assert (None if found.value is None else str(found.value), found.unit, found.text) == (value, unit, text)


def test_survey_answers_are_read_as_such() -> None:
    total = observation("44261-6", valueInteger=12, category=[{"coding": [{"display": "x"}, {"code": "survey"}]}])
    smoking = observation(
        "72166-2", valueCodeableConcept={"text": "Never"}, category=[{"coding": [{"code": "social-history"}]}]
    )
    record = read_bundle(bundle(total, smoking))
    assert [one.kind for one in record.observations] == [ObservationKind.SURVEY] * 2
    assert [(one.value, one.text) for one in record.observations] == [(Decimal(12), ""), (None, "Never")]


@pytest.mark.parametrize(
    "subject",
    [
        {"reference": "urn:uuid:her"},
        {"reference": "Patient/her"},
        {"reference": "https://x.example/fhir/Patient/her"},
        {"reference": "Patient/her/_history/3"},
        {"identifier": {"system": "http://hospital.example", "value": "77"}},
    ],
)
def test_an_entry_may_point_at_the_person_in_any_way_fhir_allows(subject: dict[str, Any]) -> None:
    about = person(identifier=[{"system": "http://hospital.example", "value": "77"}])
    assert len(read_bundle(bundle(observation(WEIGHT, 70, "kg", subject=subject), about=about)).observations) == 1


def test_a_deletion_or_an_empty_entry_is_refused_and_the_rest_read() -> None:
    document = bundle(observation(WEIGHT, 70, "kg"))
    document["entry"].append({"request": {"method": "DELETE", "url": "Observation/1"}})
    record = read_bundle(document)
    assert [(one.code, one.path) for one in record.report.refused] == [("missing", "Bundle.entry[2].resource")]
    assert len(record.observations) == 1


def test_parts_beside_a_value_are_kept_aside() -> None:
    both = laboratory("2345-7", 90, "mg/dL", component=pressure(120, 80)["component"])
    record = read_bundle(bundle(both))
    assert [(one.what, one.count) for one in record.report.not_understood] == [("Observation.component", 2)]
    assert values(record) == [("2345-7", Decimal(90), "mg/dL")]


def test_one_page_of_several_says_so() -> None:
    page = bundle(type="searchset", link=[{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}])
    (aside,) = read_bundle(page).report.not_understood
    assert aside.what == "Bundle.link"


def test_the_first_category_that_is_known_counts() -> None:
    categories = [{"coding": [{"code": "disability-status"}]}, {"coding": [{"code": "survey"}]}]
    found = only(read_bundle(bundle(observation("44261-6", valueString="12", category=categories))))
    assert found.kind is ObservationKind.SURVEY


def test_a_language_in_words_only_is_not_guessed() -> None:
    about = person(communication=[{"language": {"text": "Spanish"}}])
    assert read_bundle(bundle(about=about)).person.language == ""


def test_the_report_as_json_has_its_three_parts() -> None:
    report = read_bundle(bundle(observation(WEIGHT, 900, "kg"), {"resourceType": "Claim"})).report.as_json()
    assert json.loads(json.dumps(report)) == report
    assert list(report) == ["understood", "not_understood", "refused"]
    assert report["not_understood"] == [{"what": "Claim", "count": 1, "reason": "Billing is not read."}]
    assert report["refused"] == [
        {
            "path": "Bundle.entry[1].resource.valueQuantity.value",
            "code": "impossible_value",
            "message": "900 kg cannot be a body weight (1 to 400 kg can). Check the number and the unit.",
        }
    ]
