"""An assessment: earlier treatments, facts, consent and the recorded eligibility decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in

from euthymia.care.decision import Allowed, CannotTell, Refused, missing_of, reasons_of
from euthymia.care.eligibility import reassuring_facts
from euthymia.care.protocol import Protocol
from euthymia.care.protocols.load import load_protocol
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments import commands, queries
from euthymia.clinic.assessments.commands import TrialFields
from euthymia.clinic.assessments.consent.load import consent_text
from euthymia.clinic.assessments.facts import known_facts
from euthymia.clinic.assessments.models import Consent, EligibilityDecision, FactEntry, TreatmentTrialEntry
from euthymia.clinic.assessments.rules import eligibility_of, rules_id
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.people.models import Patient, RecordEntry, RecordKind
from euthymia.clinic.plans.commands import install_protocols
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
IV, NASAL = "iv_racemic_05", "esketamine_nasal_trd"
WORKED_OUT = ("consent_signed", "age_y", "birth_date")


@pytest.fixture
def prescriber(clinic: Clinic) -> Viewer:
    viewer = make_viewer(clinic, Role.PRESCRIBER)
    install_protocols(viewer, NOW)
    return viewer


@pytest.fixture
def iv() -> Protocol:
    return load_protocol(IV)


def record_line(patient: Patient, kind: str, display: str, **fields: Any) -> RecordEntry:
    defaults = {"at": NOW - timedelta(days=3), "source": "imported", "recorded_at": NOW, "recorded_by": "test"}
    return RecordEntry.objects.create(
        clinic_id=patient.clinic_id, patient=patient, kind=kind, display=display, **defaults | fields
    )


def answer_all(viewer: Viewer, patient: Patient, rules: str = "iv_racemic", **facts: Any) -> None:
    """Every question answered so that nothing speaks against it, but for `facts`."""
    answers = {name: value for name, value in reassuring_facts(rules).items() if name not in WORKED_OUT}
    commands.record_facts(viewer, patient, answers | facts, NOW)


def consent(viewer: Viewer, patient: Patient, protocol: Protocol) -> Consent:
    text = consent_text(protocol)
    return commands.sign_consent(
        viewer, patient, protocol, signed_name=str(patient), text_version=text.version, now=NOW
    )


def test_an_unknown_person_is_neither_allowed_nor_refused(prescriber: Viewer, patient: Patient, iv: Protocol) -> None:
    answer = eligibility_of(iv, queries.eligibility_facts(prescriber, patient, iv, NOW), NOW)
    assert isinstance(answer, CannotTell)
    assert "consent_signed" in {absent.fact for absent in missing_of(answer)}


def test_with_every_answer_and_a_consent_it_is_allowed(prescriber: Viewer, patient: Patient, iv: Protocol) -> None:
    answer_all(prescriber, patient)
    consent(prescriber, patient, iv)
    row = commands.decide_eligibility(prescriber, patient, iv, now=NOW)
    assert row.verdict == "allowed"
    assert row.protocol_version == iv.version
    assert row.facts["age_y"] == 41
    assert isinstance(queries.recorded_answer(row), Allowed)
    assert queries.latest_decision(prescriber, patient, IV) == row
    assert AuditEntry.objects.filter(subject="eligibility_decision", patient_id=patient.id).count() == 1


def test_a_stop_is_recorded_as_refused_and_cannot_be_overridden(
    prescriber: Viewer, patient: Patient, iv: Protocol
) -> None:
    answer_all(prescriber, patient, aneurysmal_disease=True)
    consent(prescriber, patient, iv)
    with pytest.raises(BadInput) as refusal:
        reasons = {"aneurysmal_disease": "The benefit outweighs the risk here."}
        commands.decide_eligibility(prescriber, patient, iv, reasons=reasons, now=NOW)
    assert refusal.value.code == "no_such_hold"
    assert not EligibilityDecision.objects.exists()
    assert commands.decide_eligibility(prescriber, patient, iv, now=NOW).verdict == "refused"


def test_a_hold_is_accepted_with_a_reason_and_a_name(prescriber: Viewer, patient: Patient, iv: Protocol) -> None:
    answer_all(prescriber, patient, psychosis="past")
    consent(prescriber, patient, iv)
    rule = "psychosis_history_racemic"
    with pytest.raises(BadInput) as refusal:
        commands.decide_eligibility(prescriber, patient, iv, reasons={rule: "ok"}, now=NOW)
    assert refusal.value.code == "override_needs_reason"
    because = "One episode at 19, well for twenty years."
    row = commands.decide_eligibility(prescriber, patient, iv, reasons={rule: because}, now=NOW)
    assert row.verdict == "allowed"
    assert row.overrides == [{"rule": rule, "by": prescriber.name, "because": because, "at": NOW.isoformat()}]
    assert row.answer["verdict"] == "refused"
    assert any("Accepted by" in reason.says for reason in reasons_of(queries.recorded_answer(row)))


def test_only_a_prescriber_accepts_a_hold(clinic: Clinic, patient: Patient, iv: Protocol) -> None:
    nurse = make_viewer(clinic, Role.NURSE)
    answer_all(nurse, patient, psychosis="past")
    with pytest.raises(BadInput) as refusal:
        reasons = {"psychosis_history_racemic": "One episode at 19, well since."}
        commands.decide_eligibility(nurse, patient, iv, reasons=reasons, now=NOW)
    assert refusal.value.code == "not_permitted"


def test_nasal_esketamine_waits_for_enrolment(prescriber: Viewer, patient: Patient) -> None:
    protocol = load_protocol(NASAL)
    consent(prescriber, patient, protocol)
    answer_all(prescriber, patient, NASAL, rems_enrolled=False)
    assert commands.decide_eligibility(prescriber, patient, protocol, now=NOW).verdict == "refused"
    commands.record_facts(prescriber, patient, {"rems_enrolled": None}, NOW)
    assert commands.decide_eligibility(prescriber, patient, protocol, now=NOW).verdict == "cannot_tell"
    commands.record_facts(prescriber, patient, {"treatment_setting": "outside_us"}, NOW)
    assert commands.decide_eligibility(prescriber, patient, protocol, now=NOW).verdict == "allowed"


def test_facts_are_append_only_and_only_changes_become_lines(prescriber: Viewer, patient: Patient) -> None:
    commands.record_facts(prescriber, patient, {"allergy": False, "stroke": False}, NOW)
    commands.record_facts(prescriber, patient, {"allergy": True, "stroke": False}, NOW + timedelta(hours=1))
    commands.record_facts(prescriber, patient, {"allergy": None}, NOW + timedelta(hours=2))
    lines = FactEntry.objects.filter(patient=patient, name="allergy").values_list("value", flat=True)
    assert list(lines) == [False, True, None]
    assert FactEntry.objects.filter(patient=patient, name="stroke").count() == 1
    assert "allergy" not in queries.facts_of(prescriber, patient, NOW)


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("allergy", "perhaps", "wrong_kind"),
        ("systolic_mmhg", 1040, "out_of_range"),
        ("systolic_mmhg", 12, "out_of_range"),
        ("psychosis", "often", "unknown_choice"),
        ("star_sign", True, "unknown_fact"),
        ("episode_duration_months", -3, "out_of_range"),
        ("episode_severity", "awful", "unknown_choice"),
    ],
)
def test_a_wrong_answer_keeps_all_of_them_out(
    prescriber: Viewer, patient: Patient, name: str, value: Any, code: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        commands.record_facts(prescriber, patient, {"stroke": False, name: value}, NOW)
    assert refusal.value.code == code
    assert not FactEntry.objects.exists()


def test_the_record_answers_where_nobody_did(prescriber: Viewer, patient: Patient) -> None:
    record_line(patient, RecordKind.VITAL, "Systolic", code="8480-6", value=150.0, at=NOW - timedelta(days=9))
    record_line(patient, RecordKind.VITAL, "Systolic", code="8480-6", value=132.0, unit="mmHg")
    record_line(patient, RecordKind.MEDICATION, "Clonazepam 0.5 MG", status="active")
    record_line(patient, RecordKind.MEDICATION, "Lamotrigine 100 MG", status="stopped")
    facts = known_facts(prescriber, patient, NOW)
    assert facts["age_y"].value == 41
    assert (facts["systolic_mmhg"].value, facts["systolic_mmhg"].source) == (132.0, "imported")
    assert facts["medications"].value == ["Clonazepam 0.5 MG"]
    commands.record_facts(prescriber, patient, {"systolic_mmhg": 118}, NOW)
    assert known_facts(prescriber, patient, NOW)["systolic_mmhg"].answered


def test_medicines_of_the_record_travel_with_the_decision(prescriber: Viewer, patient: Patient, iv: Protocol) -> None:
    record_line(patient, RecordKind.MEDICATION, "Clonazepam 0.5 MG", status="active")
    answer_all(prescriber, patient)
    consent(prescriber, patient, iv)
    row = commands.decide_eligibility(prescriber, patient, iv, now=NOW)
    assert row.verdict == "allowed"
    assert "interaction_benzodiazepine" in {reason["rule"] for reason in row.answer["reasons"]}


def test_two_adequate_failures_meet_the_definition(prescriber: Viewer, patient: Patient) -> None:
    assert "resistance_definition_met" not in queries.facts_of(prescriber, patient, NOW)
    commands.add_trial(prescriber, patient, TrialFields("sertraline", 150, 10, "no_response"), NOW)
    assert queries.facts_of(prescriber, patient, NOW)["resistance_definition_met"] is False
    second = commands.add_trial(prescriber, patient, TrialFields("venlafaxine", 225, 8, "partial_response"), NOW)
    assert queries.facts_of(prescriber, patient, NOW)["resistance_definition_met"] is True
    commands.withdraw_trial(prescriber, second, NOW)
    assert queries.facts_of(prescriber, patient, NOW)["resistance_definition_met"] is False
    assert TreatmentTrialEntry.objects.count() == 2


def test_a_double_click_writes_a_treatment_once(prescriber: Viewer, patient: Patient) -> None:
    fields = TrialFields("sertraline", 150, 10, "no_response")
    first = commands.add_trial(prescriber, patient, fields, NOW)
    assert commands.add_trial(prescriber, patient, fields, NOW + timedelta(seconds=1)) == first
    assert commands.add_trial(prescriber, patient, fields, NOW + timedelta(hours=1)) != first


@pytest.mark.parametrize(
    "fields",
    [TrialFields(""), TrialFields("sertraline", dose_mg_day=-5), TrialFields("sertraline", weeks=90_000)],
)
def test_a_treatment_that_cannot_be_meant_is_refused(prescriber: Viewer, patient: Patient, fields: TrialFields) -> None:
    with pytest.raises(BadInput):
        commands.add_trial(prescriber, patient, fields, NOW)
    assert not TreatmentTrialEntry.objects.exists()


def test_consent_is_the_persons_own_name_under_the_text_of_today(
    prescriber: Viewer, patient: Patient, iv: Protocol
) -> None:
    version = consent_text(iv).version
    for name, text, code in (("Somebody Else", version, "not_their_name"), (str(patient), "2020.1", "old_text")):
        with pytest.raises(BadInput) as refusal:
            commands.sign_consent(prescriber, patient, iv, signed_name=name, text_version=text, now=NOW)
        assert refusal.value.code == code
    assert not Consent.objects.exists()
    assert consent(prescriber, patient, iv) == consent(prescriber, patient, iv)
    assert Consent.objects.count() == 1


def test_consent_belongs_to_one_version_and_can_be_taken_back(
    prescriber: Viewer, patient: Patient, iv: Protocol
) -> None:
    row = consent(prescriber, patient, iv)
    assert queries.valid_consent(prescriber, patient, IV, iv.version) == row
    assert queries.valid_consent(prescriber, patient, IV, "another") is None
    commands.withdraw_consent(prescriber, row, NOW)
    assert queries.valid_consent(prescriber, patient, IV, iv.version) is None
    answer_all(prescriber, patient)
    answer = eligibility_of(iv, queries.eligibility_facts(prescriber, patient, iv, NOW), NOW)
    assert isinstance(answer, Refused)


def test_off_label_and_enrolment_wording_only_where_they_apply(iv: Protocol) -> None:
    off_label = {statement.name for statement in consent_text(iv).statements}
    nasal = {statement.name for statement in consent_text(load_protocol(NASAL)).statements}
    assert "off_label" in off_label
    assert "rems" not in off_label
    assert "rems" in nasal
    assert "off_label" not in nasal


def test_the_page_shows_what_is_missing_with_a_way_to_it(client: Any, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    page = client.get(f"/people/{patient.id}/assess/").content.decode()
    assert "Cannot tell" in page
    assert 'href="#fact-allergy"' in page
    assert 'id="fact-allergy"' in page
    assert 'href="#consent"' in page
    assert AuditEntry.objects.filter(subject="assessment", patient_id=patient.id).exists()


def test_answers_are_posted_and_a_wrong_one_stays_on_the_page(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    sign_in(client, prescriber)
    address = f"/people/{patient.id}/assess/facts/"
    refused = client.post(address, {"fact:systolic_mmhg": "1040", "fact:allergy": "no"})
    assert refused.status_code == 422
    assert "cannot be right" in refused.content.decode()
    assert 'value="1040"' in refused.content.decode()
    assert not FactEntry.objects.exists()
    assert client.post(address, {"fact:systolic_mmhg": "124", "fact:allergy": "no"}).status_code == 302
    assert queries.facts_of(prescriber, patient, NOW)["allergy"] is False


def test_treatments_consent_and_decision_through_the_page(client: Any, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    base = f"/people/{patient.id}/assess/"
    for slip in ("many", "1,200", "1.200", "37,5"):
        assert client.post(base + "trials/", {"drug": "sertraline", "dose_mg_day": slip}).status_code == 422
    assert client.post(base + "trials/", {"drug": "sertraline", "dose_mg_day": "150", "weeks": "8"}).status_code == 302
    row = TreatmentTrialEntry.objects.get()
    assert client.post(f"{base}trials/{row.pk}/withdraw/").status_code == 302
    signed = {"protocol": IV, "signed_name": "Nobody", "text_version": "2026.1"}
    assert client.post(base + "consent/", signed).status_code == 422
    assert client.post(base + "consent/", signed | {"signed_name": str(patient)}).status_code == 302
    assert client.post(base + "decision/", {"protocol": IV}).status_code == 302
    assert queries.latest_decision(prescriber, patient, IV) is not None
    assert client.post(base + "decision/", {"protocol": "nothing"}).status_code == 404


def test_another_clinic_finds_nobody_and_a_coordinator_may_not_assess(
    client: Any, clinic: Clinic, patient: Patient, prescriber: Viewer
) -> None:
    sign_in(client, make_viewer(make_clinic(), Role.PRESCRIBER))
    assert client.get(f"/people/{patient.id}/assess/").status_code == 404
    assert client.post(f"/people/{patient.id}/assess/facts/", {}).status_code == 404
    sign_in(client, make_viewer(clinic, Role.COORDINATOR))
    assert client.get(f"/people/{patient.id}/assess/").status_code == 403


def test_the_longest_names_can_consent_and_a_list_of_medicines_is_no_medicine() -> None:
    clinic = make_clinic()
    viewer = make_viewer(clinic)
    patient = make_patient(clinic, given_name="Ñ" * 300, family_name="=" * 300)
    protocol = load_protocol(IV)
    name, text_version = f"  {patient}  ", consent_text(protocol).version
    row = commands.sign_consent(viewer, patient, protocol, signed_name=name, text_version=text_version, now=NOW)
    row.clean_fields(exclude=["witnessed_by", "withdrawn_at"])
    with pytest.raises(BadInput, match="80 letters"):
        commands.add_trial(viewer, patient, TrialFields("sertraline " * 20), NOW)


@pytest.mark.parametrize(
    ("named", "rules"),
    [
        ("", "iv_racemic"),
        ("iv_racemic", "iv_racemic"),
        ("iv_racemic_05", "iv_racemic"),
        ("esketamine_nasal_mdsi", "esketamine_nasal_mdsi"),
        ("nobody_wrote_these", None),
    ],
)
def test_a_protocol_is_judged_by_the_rules_it_names(iv: Protocol, named: str, rules: str | None) -> None:
    assert rules_id(replace(iv, id="our_own", eligibility=named)) == rules
    if rules is None:
        answer = eligibility_of(replace(iv, id="our_own", eligibility=named), {}, NOW)
        assert [absent.fact for absent in missing_of(answer)] == ["eligibility_rules"]
