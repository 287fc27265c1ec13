"""Values written as FHIR and read back are the same values; what cannot be meant is refused before it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.fixtures.fhir_written import AT, BASE, PERSON, SERVER, doses, written

from euthymia.care.instruments import Instrument, instruments, load_instrument
from euthymia.errors import BadInput, DocumentError
from euthymia.interop.fhir import (
    capability_statement,
    medication_administration,
    observation,
    operation_outcome,
    patient,
    questionnaire,
    questionnaire_response,
    searchset,
)
from euthymia.interop.fhir.capability_statement import Served
from euthymia.interop.fhir.document import read_document, write_document
from euthymia.interop.fhir.imported import AdministrativeGender, Code, Identifier
from euthymia.interop.fhir.medication_administration import Administration, AdministrationStatus
from euthymia.interop.fhir.observation import Category, Component, Observation
from euthymia.interop.fhir.observed import ObservationStatus
from euthymia.interop.fhir.operation_outcome import Issue, IssueType, Severity
from euthymia.interop.fhir.questionnaire_response import Answered, Filled, ResponseStatus
from euthymia.interop.fhir.resource import Amount, exact, read_amount, root
from euthymia.interop.fhir.searchset import Found, SearchMode, Searchset
from euthymia.pharmacology.regimen import Drug, Route

PHQ9 = load_instrument("phq9")
IDS = some.from_regex(r"[A-Za-z0-9\-.]{1,64}", fullmatch=True)
WORDS = some.text(some.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=40)
OPTIONAL = WORDS | some.just("")
TIMES = some.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1), timezones=some.just(UTC))
NUMBERS = some.decimals(0, 10**6, allow_nan=False, allow_infinity=False, places=3)
AMOUNTS = some.builds(
    Amount,
    NUMBERS,
    some.sampled_from(["mg/dL", "%", "{score}"]),
    some.just("") | WORDS.map(lambda words: f"words {words}"),
)
CODES = some.builds(
    Code, some.just("http://loinc.org"), some.from_regex(r"[0-9]{3,5}-[0-9]", fullmatch=True), WORDS
) | some.builds(Code, some.just(""), some.just(""), WORDS)


def through_text(document: dict[str, Any]) -> dict[str, Any]:
    """As another system would receive it."""
    return read_document(write_document(document))


@given(
    some.builds(
        patient.Person,
        id=IDS,
        family=WORDS,
        given=OPTIONAL,
        identifiers=some.lists(some.builds(Identifier, OPTIONAL, WORDS, some.sampled_from(["", "MR"])), max_size=2).map(
            tuple
        ),
        birth_date=some.none() | some.dates(date(1900, 1, 1), date(2026, 1, 1)),
        sex=some.sampled_from(AdministrativeGender),
        phone=OPTIONAL,
        email=OPTIONAL,
        country=OPTIONAL,
        language=some.sampled_from(["", "en", "es-MX"]),
        active=some.booleans(),
    )
)
def test_a_person_survives_the_journey(person: patient.Person) -> None:
    assert patient.read(through_text(patient.write(person))) == person


@given(
    some.builds(
        Observation,
        id=IDS,
        patient_id=IDS,
        category=some.sampled_from(Category),
        code=CODES,
        at=TIMES,
        amount=AMOUNTS,
        components=some.just(()),
        text=some.just(""),
        status=some.sampled_from(ObservationStatus),
        derived_from=IDS | some.just(""),
        note=OPTIONAL,
    ),
    some.lists(some.builds(Component, CODES, AMOUNTS), min_size=1, max_size=3),
    WORDS,
)
def test_an_observation_survives_the_journey(one: Observation, parts: list[Component], words: str) -> None:
    for form in (one, replace(one, amount=None, components=tuple(parts)), replace(one, amount=None, text=words)):
        assert observation.read(through_text(observation.write(form))) == form


@given(
    some.sampled_from(list(doses())),
    some.decimals(Decimal("0.001"), 2000, places=3, allow_nan=False),
    TIMES,
    some.none() | some.timedeltas(timedelta(), timedelta(hours=3)),
    some.sampled_from(AdministrationStatus),
)
def test_a_dose_survives_the_journey(
    given_dose: Administration,
    dose_mg: Decimal,
    began: datetime,
    lasted: timedelta | None,
    status: AdministrationStatus,
) -> None:
    ended = None if lasted is None else began + lasted
    dose = replace(given_dose, dose=Amount(dose_mg, "mg"), began=began, ended=ended, status=status)
    again = medication_administration.read(through_text(medication_administration.write(dose)))
    assert again == dose
    assert str(again.dose.value) == str(dose_mg), "every digit of a dose is kept"


@pytest.mark.parametrize("instrument", [load_instrument(name) for name in instruments()], ids=lambda one: one.id)
def test_every_instrument_and_its_answers_survive_the_journey(instrument: Instrument) -> None:
    for language in instrument.languages or ("en",):
        form = questionnaire.form_of(instrument, base_url=BASE + "/", language=language)
        assert questionnaire.read(through_text(questionnaire.write(form))) == form
        assert form.canonical == f"{BASE}/Questionnaire/{form.id}|{instrument.version}"
    for position in (0, -1):
        answers = {item.id: item.values[position] for item in instrument.items}
        filled = questionnaire_response.filled("r", "p", instrument=instrument, answers=answers, at=AT, base_url=BASE)
        again = questionnaire_response.read(through_text(questionnaire_response.write(filled)))
        assert again == filled
        assert filled.questionnaire == form.canonical
        assert questionnaire_response.answers_for(instrument, again) == answers


def test_questions_left_out_stay_unanswered() -> None:
    filled = questionnaire_response.filled("r", "p", instrument=PHQ9, answers={"9": 0}, at=AT, base_url=BASE)
    document = questionnaire_response.write(filled)
    document["item"].append({"linkId": "1", "text": "Left out"})
    assert questionnaire_response.answers_for(PHQ9, questionnaire_response.read(document)) == {"9": 0}
    empty = replace(filled, answers=(), status=ResponseStatus.IN_PROGRESS)
    assert questionnaire_response.read(questionnaire_response.write(empty)) == empty


def test_a_server_survives_the_journey() -> None:
    assert capability_statement.read(through_text(capability_statement.write(SERVER))) == SERVER
    assert capability_statement.write(SERVER)["fhirVersion"] == "4.0.1"


def test_a_page_of_results_survives_the_journey() -> None:
    found = (Found(patient.write(PERSON)), Found({"resourceType": "Observation", "id": "x"}, SearchMode.INCLUDE))
    for page in (
        Searchset(BASE, f"{BASE}/Patient", found, 1, f"{BASE}/next", f"{BASE}/previous"),
        Searchset(BASE, f"{BASE}/Patient", (), 0),
        Searchset(BASE, f"{BASE}/Patient", found),
    ):
        assert searchset.read(through_text(searchset.write(page)), BASE) == page
    assert searchset.write(page)["entry"][0]["fullUrl"] == f"{BASE}/Patient/p-1"


@given(
    some.lists(
        some.builds(
            Issue,
            WORDS,
            some.sampled_from(IssueType),
            some.sampled_from(Severity),
            some.sampled_from(["", "too_deep"]),
            OPTIONAL | some.just("Bundle.entry[3].resource"),
        ),
        min_size=1,
        max_size=3,
    )
)
def test_an_outcome_survives_the_journey(issues: list[Issue]) -> None:
    assert operation_outcome.read(through_text(operation_outcome.write(issues))) == tuple(issues)


@pytest.mark.parametrize(
    ("code", "path", "kind", "expression"),
    [
        ("impossible_value", "Bundle.entry[3].resource.valueQuantity.value", "value", True),
        ("not_json", "", "structure", False),
        ("unknown_unit", "doses[0].amount_mg", "code-invalid", False),
        ("missing", "Patient.name", "required", True),
        ("no_such_code_of_ours", "", "invalid", False),
        ("already_imported", "file.json", "duplicate", False),
    ],
)
def test_a_refusal_becomes_an_outcome_with_its_path(code: str, path: str, kind: str, expression: bool) -> None:
    (issue,) = operation_outcome.from_error(BadInput(code, path, "Do this."))["issue"]
    assert (issue["severity"], issue["code"], issue["details"]["text"]) == ("error", kind, "Do this.")
    assert issue["details"]["coding"][0]["code"] == code
    assert issue.get("expression") == ([path] if expression else None)
    assert issue.get("diagnostics", "") == ("" if expression else path)


def test_no_resource_carries_null_or_nothing() -> None:
    def check(value: object, path: str) -> None:
        assert value not in (None, "", [], {}), path
        inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        for name, one in inner:
            check(one, f"{path}.{name}")

    for resource in written():
        check(resource, resource["resourceType"])


def dose(**changes: Any) -> Administration:
    first = Administration("d", "p", Drug.KETAMINE, Route.IV, Amount(Decimal(35), "mg"), AT)
    return replace(first, **changes)


def seen(**changes: Any) -> Observation:
    first = Observation("o", "p", Category.SURVEY, Code("", "", "x"), AT, Amount(Decimal(1), "%"))
    return replace(first, **changes)


REFUSED_TO_WRITE: list[tuple[str, Callable[[], object], str]] = [
    ("a person without a name", lambda: patient.write(patient.Person("p", "")), "no_name"),
    ("an id FHIR does not allow", lambda: patient.write(patient.Person("p/1", "x")), "bad_id"),
    ("an id that is too long", lambda: patient.write(patient.Person("p" * 65, "x")), "bad_id"),
    ("a reference to no id", lambda: observation.write(seen(patient_id="")), "bad_id"),
    ("an observation of nothing", lambda: observation.write(seen(amount=None)), "no_value"),
    ("an observation of two things", lambda: observation.write(seen(text="x")), "no_value"),
    ("a time without its zone", lambda: observation.write(seen(at=datetime(2026, 1, 1))), "no_zone"),
    ("a number that is none", lambda: observation.write(seen(amount=Amount(Decimal("NaN"), "%"))), "not_finite"),
    ("900 kg", lambda: observation.vital_sign("o", "p", loinc="29463-7", value=900, at=AT), "impossible_value"),
    (
        "not a number of kg",
        lambda: observation.vital_sign("o", "p", loinc="29463-7", value=float("nan"), at=AT),
        "not_finite",
    ),
    (
        "an unlisted vital sign",
        lambda: observation.vital_sign("o", "p", loinc="1-8", value=1, at=AT),
        "unknown_vital_sign",
    ),
    (
        "80/120",
        lambda: observation.blood_pressure("o", "p", systolic_mmhg=80, diastolic_mmhg=120, at=AT),
        "impossible_value",
    ),
    (
        "12/8",
        lambda: observation.blood_pressure("o", "p", systolic_mmhg=12, diastolic_mmhg=8, at=AT),
        "impossible_value",
    ),
    ("a PHQ-9 of 28", lambda: observation.score("o", "p", instrument=PHQ9, total=28, at=AT), "impossible_value"),
    (
        "a dose of nothing",
        lambda: medication_administration.write(dose(dose=Amount(Decimal(0), "mg"))),
        "impossible_value",
    ),
    ("a dose in mL", lambda: medication_administration.write(dose(dose=Amount(Decimal(1), "mL"))), "impossible_value"),
    ("a rate in mg", lambda: medication_administration.write(dose(rate=Amount(Decimal(1), "mg"))), "impossible_value"),
    (
        "a dose that ended first",
        lambda: medication_administration.write(dose(ended=AT - timedelta(1))),
        "impossible_date",
    ),
    (
        "a form without questions",
        lambda: questionnaire.write(replace(questionnaire.form_of(PHQ9, base_url=BASE), questions=())),
        "empty",
    ),
    ("a form in Welsh", lambda: questionnaire.form_of(PHQ9, base_url=BASE, language="cy"), "not_in_list"),
    (
        "an answer to no question",
        lambda: questionnaire_response.filled("r", "p", instrument=PHQ9, answers={"99": 1}, at=AT, base_url=BASE),
        "unknown_item",
    ),
    (
        "an answer out of range",
        lambda: questionnaire_response.filled("r", "p", instrument=PHQ9, answers={"1": 4}, at=AT, base_url=BASE),
        "answer_out_of_range",
    ),
    (
        "an answer of true",
        lambda: questionnaire_response.filled("r", "p", instrument=PHQ9, answers={"1": True}, at=AT, base_url=BASE),
        "answer_out_of_range",
    ),
    (
        "a resource twice",
        lambda: capability_statement.write(replace(SERVER, resources=SERVER.resources * 2)),
        "unknown_resource",
    ),
    (
        "a resource that is none",
        lambda: capability_statement.write(replace(SERVER, resources=(Served("Banana", ()),))),
        "unknown_resource",
    ),
    ("an outcome of nothing", lambda: operation_outcome.write(()), "empty"),
    (
        "a page that holds more than all",
        lambda: searchset.write(Searchset(BASE, BASE, (Found(patient.write(PERSON)),), 0)),
        "impossible_value",
    ),
    (
        "a result without an id",
        lambda: searchset.write(Searchset(BASE, BASE, (Found({"resourceType": "Patient"}),))),
        "missing",
    ),
]


@pytest.mark.parametrize(("words", "write", "code"), REFUSED_TO_WRITE, ids=[row[0] for row in REFUSED_TO_WRITE])
def test_what_cannot_be_meant_is_not_written(words: str, write: Callable[[], object], code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        write()
    assert refused.value.code == code
    assert refused.value.path


FILLED = Filled("r", "p", "q|1", AT, (Answered("1", Code("http://loinc.org", "LA6568-5", "Not at all"), "Interest"),))
FORM = questionnaire.write(questionnaire.form_of(PHQ9, base_url=BASE))
SEEN = observation.write(seen())
DOSE = medication_administration.write(dose())
OTHER_UNIT = {"value": 1, "system": "urn:x", "code": "kg"}

REFUSED_TO_READ: list[tuple[str, Callable[[Any], object], dict[str, Any], str, str]] = [
    ("another resource", patient.read, {"resourceType": "Group"}, "wrong_resource", "Patient"),
    (
        "a modifier",
        observation.read,
        SEEN | {"modifierExtension": [{}]},
        "changed_meaning",
        "Observation.modifierExtension",
    ),
    (
        "a subject of another kind",
        observation.read,
        SEEN | {"subject": {"reference": "Group/1"}},
        "wrong_reference",
        "Observation.subject.reference",
    ),
    ("no category", observation.read, {**SEEN, "category": [{"text": "x"}]}, "no_code", "Observation.category[0]"),
    (
        "no category at all",
        observation.read,
        {k: v for k, v in SEEN.items() if k != "category"},
        "missing",
        "Observation",
    ),
    (
        "a unit of another system",
        observation.read,
        SEEN | {"valueQuantity": OTHER_UNIT},
        "unknown_unit",
        "Observation.valueQuantity.system",
    ),
    (
        "a bound",
        observation.read,
        SEEN | {"valueQuantity": OTHER_UNIT | {"comparator": "<"}},
        "not_exact",
        "Observation.valueQuantity.comparator",
    ),
    ("an id FHIR does not allow", observation.read, SEEN | {"id": "a b"}, "bad_id", "Observation.id"),
    (
        "another drug",
        medication_administration.read,
        DOSE | {"medicationCodeableConcept": {"text": "water"}},
        "not_in_list",
        "MedicationAdministration.medicationCodeableConcept",
    ),
    (
        "another route",
        medication_administration.read,
        DOSE | {"dosage": {"route": {"text": "by thought"}, "dose": DOSE["dosage"]["dose"]}},
        "not_in_list",
        "MedicationAdministration.dosage.route",
    ),
    (
        "a status that is none",
        medication_administration.read,
        DOSE | {"status": "done"},
        "not_in_list",
        "MedicationAdministration.status",
    ),
    (
        "a nested form",
        questionnaire.read,
        FORM | {"item": [{"linkId": "1", "type": "group"}]},
        "not_supported",
        "Questionnaire.item[0].type",
    ),
    (
        "another version of FHIR",
        capability_statement.read,
        capability_statement.write(SERVER) | {"fhirVersion": "5.0.0"},
        "not_supported",
        "CapabilityStatement.fhirVersion",
    ),
    (
        "a bundle that is no page",
        lambda one: searchset.read(one, BASE),
        {"resourceType": "Bundle", "type": "batch"},
        "wrong_resource",
        "Bundle",
    ),
    (
        "nested answers",
        questionnaire_response.read,
        questionnaire_response.write(FILLED) | {"item": [{"linkId": "1", "item": [{}]}]},
        "not_supported",
        "QuestionnaireResponse.item[0].item",
    ),
    (
        "two answers",
        questionnaire_response.read,
        questionnaire_response.write(FILLED) | {"item": [{"linkId": "1", "answer": [{}, {}]}]},
        "two_values",
        "QuestionnaireResponse.item[0].answer[1]",
    ),
]


@pytest.mark.parametrize(
    ("words", "read", "document", "code", "path"), REFUSED_TO_READ, ids=[row[0] for row in REFUSED_TO_READ]
)
def test_what_is_not_ours_is_refused_with_its_place(
    words: str, read: Callable[[Any], object], document: dict[str, Any], code: str, path: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        read(document)
    assert (refused.value.code, refused.value.path) == (code, path)


@pytest.mark.parametrize(
    ("answered", "code"),
    [
        ((Answered("77", Code("", "1", "")),), "unknown_item"),
        ((Answered("1", Code("", "7", "")),), "answer_out_of_range"),
        ((Answered("1", Code("http://loinc.org", "1", "")),), "answer_out_of_range"),
        ((Answered("1", None, number=Decimal(1)),), "wrong_type"),
        ((Answered("1", Code("", "1", "")), Answered("/44250-9", Code("", "1", ""))), "two_values"),
    ],
)
def test_answers_an_instrument_does_not_know_are_refused(answered: tuple[Answered, ...], code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        questionnaire_response.answers_for(PHQ9, replace(FILLED, answers=answered))
    assert refused.value.code == code


def test_times_are_written_in_universal_time_and_numbers_as_they_are_shown() -> None:
    east = timezone(timedelta(hours=2))
    document = observation.write(seen(at=datetime(2026, 1, 5, 11, tzinfo=east)))
    assert document["effectiveDateTime"] == "2026-01-05T09:00:00Z"
    assert [str(exact(one, "x")) for one in (Decimal("70.10"), 0.1, 14.0, 3)] == ["70.10", "0.1", "14.0", "3"]


def test_an_amount_reads_its_words_only_where_they_add_something() -> None:
    quantity = root(
        {"resourceType": "Basic", "q": {"value": 1, "system": "http://unitsofmeasure.org", "code": "mg"}}, "Basic"
    ).need("q")
    assert read_amount(quantity) == Amount(Decimal(1), "mg")
