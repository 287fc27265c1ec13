"""A person's plan: what lets it be signed, and each thing that does not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, clear, make_clinic, make_patient, make_viewer, plausible, sign_in

from euthymia.care.decision import Allowed, Refused, missing_of, reasons_of
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.commands import (
    decide_eligibility,
    record_facts,
    withdraw_consent,
)
from euthymia.clinic.assessments.queries import valid_consent
from euthymia.clinic.audit.models import Action, AuditEntry
from euthymia.clinic.people.models import Patient, RecordEntry, RecordKind
from euthymia.clinic.plans import commands, course_commands, queries
from euthymia.clinic.plans.drafts import PlanChoice, draft_plan, order_of
from euthymia.clinic.plans.models import Plan, PlanState, ProtocolVersion
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
IV, IM, NASAL = "iv_racemic_05", "im_racemic", "esketamine_nasal_trd"
SOURCE = "Agreed at the medicines meeting of 1 March 2026"
# What the clinic of these tests supplies; the rest takes the middle of what is plausible.
SUPPLIED = {IV: {"concentration_mg_per_ml": 1.0, "limits.dose_cap": 60.0}, IM: {"limits.dose_cap": 60.0}}


def add_line(viewer: Viewer, patient: Patient, code: str, value: float, days_ago: float = 10) -> RecordEntry:
    at = NOW - timedelta(days=days_ago)
    return RecordEntry.objects.create(
        clinic_id=viewer.clinic_id,
        patient=patient,
        kind=RecordKind.VITAL,
        code=code,
        display=code,
        value=value,
        at=at,
        source="imported",
        recorded_at=at,
        recorded_by="test",
    )


def signed(lead: Viewer, protocol_id: str) -> ProtocolVersion:
    """The shipped protocol with its holes filled and signed."""
    row = queries.version_for(lead, protocol_id)
    assert row is not None
    values = plausible(row) | SUPPLIED.get(protocol_id, {})
    made = commands.fill_protocol(lead, row, values, source=SOURCE, now=NOW)
    return commands.sign_protocol(lead, made, name=lead.name, meaning="I take responsibility for it.", now=NOW)


@pytest.fixture
def lead() -> Viewer:
    viewer = make_viewer(make_clinic(), Role.MEDICAL_LEAD)
    commands.install_protocols(viewer, NOW)
    return viewer


@pytest.fixture
def patient(lead: Viewer) -> Patient:
    from euthymia.clinic.accounts.models import Clinic

    person = make_patient(Clinic.objects.get(pk=lead.clinic_id))
    add_line(lead, person, "29463-7", 70.0)
    add_line(lead, person, "8302-2", 168.0)
    return person


def cleared(lead: Viewer, patient: Patient, protocol_id: str = IV, **facts: Any) -> ProtocolVersion:
    """A signed protocol, the person's consent to it, and an eligibility decision on these facts."""
    row = signed(lead, protocol_id)
    clear(lead, patient, row, NOW, **facts)
    return row


def test_a_cleared_person_gets_a_plan_with_everything_needed_to_draw_it_up(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient)
    plan = commands.sign_plan(lead, patient, row, PlanChoice(), now=NOW)
    order = order_of(plan)
    assert (order.dose_mg, order.volume_ml, order.rate_ml_per_h, order.duration_min) == (35.0, 35.0, 52.5, 40.0)
    assert order.weight_kg == 70.0
    assert plan.order["weight_source"] == "imported"
    assert queries.active_plan(lead, patient) == plan
    patient.refresh_from_db()
    assert patient.phase == "induction"
    assert AuditEntry.objects.filter(action=Action.SIGN, subject="plan", patient_id=patient.id).count() == 1


def test_nasal_esketamine_is_whole_devices(lead: Viewer, patient: Patient) -> None:
    plan = commands.sign_plan(lead, patient, cleared(lead, patient, NASAL), PlanChoice(dose_mg=84), now=NOW)
    assert (order_of(plan).dose_mg, order_of(plan).devices) == (84.0, 3)


def test_into_a_muscle_the_prescriber_picks_within_the_range(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient, IM)
    with pytest.raises(BadInput) as refusal:
        commands.sign_plan(lead, patient, row, PlanChoice(), now=NOW)
    assert refusal.value.code == "no_dose"
    plan = commands.sign_plan(lead, patient, row, PlanChoice(mg_per_kg=0.5, concentration_mg_per_ml=50), now=NOW)
    assert (order_of(plan).dose_mg, order_of(plan).volume_ml) == (35.0, 0.7)


def refusal_of(lead: Viewer, patient: Patient, row: ProtocolVersion, choice: PlanChoice | None = None) -> BadInput:
    """Why this plan is refused; nothing is written."""
    before = Plan.objects.count()
    with pytest.raises(BadInput) as refusal:
        commands.sign_plan(lead, patient, row, choice or PlanChoice(), now=NOW)
    assert Plan.objects.count() == before
    return refusal.value


def test_without_consent_there_is_no_plan(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient)
    consent = valid_consent(lead, patient, row.protocol_id, row.version)
    assert consent is not None
    withdraw_consent(lead, consent, NOW)
    assert "consent" in refusal_of(lead, patient, row).message


def test_without_an_eligibility_decision_there_is_no_plan(lead: Viewer, patient: Patient) -> None:
    row = signed(lead, IV)
    assert "No eligibility decision is recorded" in refusal_of(lead, patient, row).message


def test_a_refused_eligibility_decision_carries_no_plan(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient, allergy=True)
    assert "recorded eligibility decision for this protocol is refused" in refusal_of(lead, patient, row).message


def test_what_is_learned_after_the_decision_asks_for_a_new_one(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient)
    record_facts(lead, patient, {"aneurysmal_disease": True}, NOW)
    assert "has changed since the eligibility decision" in refusal_of(lead, patient, row).message
    decide_eligibility(lead, patient, queries.protocol_of(row), now=NOW)
    assert "is refused" in refusal_of(lead, patient, row).message


def test_an_unsigned_protocol_carries_no_plan(lead: Viewer, patient: Patient) -> None:
    row = queries.version_for(lead, NASAL)
    assert row is not None
    assert "has not signed this version" in refusal_of(lead, patient, row).message


@pytest.mark.parametrize("weight", [0, 900, -70, 12])
def test_a_weight_nobody_has_is_refused(lead: Viewer, patient: Patient, weight: float) -> None:
    refusal = refusal_of(lead, patient, cleared(lead, patient), PlanChoice(weight=weight))
    assert refusal.code == "implausible_weight"
    assert "Weigh again" in refusal.message


def test_pounds_typed_as_kilograms_ask_for_a_second_look(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient)
    refusal = refusal_of(lead, patient, row, PlanChoice(weight=154))
    assert "Typed in pounds? 154 lb is 69.9 kg" in refusal.message
    plan = commands.sign_plan(lead, patient, row, PlanChoice(weight=154, weight_unit="lb"), now=NOW)
    assert order_of(plan).weight_kg == pytest.approx(69.85, abs=0.01)


def test_a_true_change_of_weight_is_confirmed_and_joins_the_record(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient)
    assert "+14%" in refusal_of(lead, patient, row, PlanChoice(weight=80)).message
    commands.sign_plan(lead, patient, row, PlanChoice(weight=80, weight_confirmed=True), now=NOW)
    assert RecordEntry.objects.filter(patient=patient, code="29463-7", value=80, source="measured here").exists()


def test_a_dose_over_the_cap_has_no_path(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient)
    draft = draft_plan(lead, patient, row, PlanChoice(mg_per_kg=1.2), now=NOW)
    assert isinstance(draft.decision, Refused)
    rules = {reason.rule for reason in reasons_of(draft.decision) if reason.level == "stop"}
    assert {"dose_cap", "dose_per_kg_cap"} <= rules
    reasons = dict.fromkeys(rules, "The person asked for more, and I agree with them.")
    with pytest.raises(BadInput) as refusal:
        commands.sign_plan(lead, patient, row, PlanChoice(mg_per_kg=1.2), reasons=reasons, now=NOW)
    assert refusal.value.code == "not_allowed"


def test_a_soft_limit_is_accepted_with_a_reason_and_a_name(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient)
    choice = PlanChoice(mg_per_kg=0.8)
    draft = draft_plan(lead, patient, row, choice, now=NOW)
    holds = {reason.rule for reason in reasons_of(draft.decision) if reason.refuses}
    assert "dose_per_kg_reported" in holds
    with pytest.raises(BadInput) as refusal:
        commands.sign_plan(lead, patient, row, choice, reasons=dict.fromkeys(holds, "because"), now=NOW)
    assert refusal.value.code == "override_needs_reason"
    because = "Tolerated before elsewhere at this dose."
    plan = commands.sign_plan(lead, patient, row, choice, reasons=dict.fromkeys(holds, because), now=NOW)
    assert {override["rule"] for override in plan.overrides} == holds
    assert all(override["by"] == lead.name and override["because"] == because for override in plan.overrides)


def test_without_any_weight_it_asks_for_one(lead: Viewer, patient: Patient) -> None:
    RecordEntry.objects.filter(patient=patient, code="29463-7").delete()
    assert refusal_of(lead, patient, cleared(lead, patient)).code == "no_weight"


def test_an_old_weight_is_weighed_again(lead: Viewer, patient: Patient) -> None:
    row, later = cleared(lead, patient), NOW + timedelta(days=60)
    with pytest.raises(BadInput, match="Weigh the person today"):
        draft_plan(lead, patient, row, PlanChoice(), now=later)
    assert draft_plan(lead, patient, row, PlanChoice(weight=70), now=later).weight.typed


def test_a_first_weight_without_height_cannot_be_judged(lead: Viewer, patient: Patient) -> None:
    RecordEntry.objects.filter(patient=patient).delete()
    row = cleared(lead, patient)
    draft = draft_plan(lead, patient, row, PlanChoice(weight=70), now=NOW)
    assert "height_cm" in {absent.fact for absent in missing_of(draft.decision)}
    confirmed = draft_plan(lead, patient, row, PlanChoice(weight=70, weight_confirmed=True), now=NOW)
    assert isinstance(confirmed.decision, Allowed)


def test_a_new_plan_replaces_the_one_before_and_a_plan_ends_with_a_reason(lead: Viewer, patient: Patient) -> None:
    row = cleared(lead, patient)
    first = commands.sign_plan(lead, patient, row, PlanChoice(), now=NOW)
    assert commands.sign_plan(lead, patient, row, PlanChoice(), now=NOW + timedelta(seconds=2)) == first
    second = commands.sign_plan(lead, patient, row, PlanChoice(), now=NOW + timedelta(days=1))
    first.refresh_from_db()
    assert first.state == PlanState.REPLACED
    with pytest.raises(BadInput):
        course_commands.end_plan(lead, second, reason="done", now=NOW)
    course_commands.end_plan(lead, second, reason="Six infusions were enough for now.", now=NOW)
    assert queries.active_plan(lead, patient) is None


def test_a_nurse_cannot_sign_a_plan(lead: Viewer, patient: Patient) -> None:
    from euthymia.clinic.accounts.models import Clinic

    nurse = make_viewer(Clinic.objects.get(pk=lead.clinic_id), Role.NURSE)
    row = cleared(lead, patient)
    with pytest.raises(BadInput) as refusal:
        commands.sign_plan(nurse, patient, row, PlanChoice(), now=NOW)
    assert refusal.value.code == "not_permitted"


def test_the_page_previews_and_signs(client: Any, lead: Viewer, patient: Patient) -> None:
    cleared(lead, patient)
    page = f"/people/{patient.id}/plan/"
    sign_in(client, lead)
    shown = client.get(page, {"protocol": IV, "weight": "70"}).content.decode()
    assert "35 mg" in shown
    assert "52.5 mL/h" in shown
    preview = client.get(page + "preview/", {"protocol": IV, "weight": "80", "weight_unit": "kg"}).content.decode()
    assert "40 mg" in preview
    assert "Cannot" not in preview or "Refused" in preview
    refused = client.post(page + "sign/", {"protocol": IV, "weight": "154", "weight_unit": "kg"})
    assert refused.status_code == 422
    assert "Typed in pounds?" in refused.content.decode()
    assert 'value="154"' in refused.content.decode()
    assert client.post(page + "sign/", {"protocol": IV, "weight": "70"}).status_code == 302
    assert queries.active_plan(lead, patient) is not None


def test_the_plan_predicts_beside_the_other_routes_and_says_what_it_rests_on(
    client: Any, lead: Viewer, patient: Patient
) -> None:
    cleared(lead, patient)
    sign_in(client, lead)
    shown = client.get(f"/people/{patient.id}/plan/prediction/", {"protocol": IV, "weight": "70"}).content.decode()
    assert "Planned: 35 mg ketamine into a vein over 40 min" in shown
    assert "Instead: 56 mg esketamine into the nose" in shown
    assert "ketamine into a muscle" in shown
    assert "9 in 10 people" in shown
    assert "Dissociation after 35 mg" in shown
    assert "Rise of systolic pressure after 35 mg" in shown
    assert "In sessions like this: sedation in " in shown
    assert "About the blood pressure curve" in shown
    assert "1.8-fold too high" in shown
    assert "About the model Clements 1981, venous (published)" in shown
    assert "Known failures" in shown
    assert "Kamp 2020, mixed" in shown
    assert "-fold" in shown


def test_an_unknown_birth_date_is_said_beside_the_prediction(client: Any, lead: Viewer, patient: Patient) -> None:
    cleared(lead, patient)
    patient.birth_date = None
    patient.save()
    sign_in(client, lead)
    shown = client.get(f"/people/{patient.id}/plan/prediction/", {"protocol": IV, "weight": "70"}).content.decode()
    assert "age not known, 45 years assumed" in shown


def test_the_page_says_clearly_what_a_number_should_be(client: Any, lead: Viewer, patient: Patient) -> None:
    cleared(lead, patient)
    sign_in(client, lead)
    for weight, words in (("0", "cannot be right for an adult"), ("900", "cannot be right"), ("abc", "cannot be read")):
        shown = client.get(f"/people/{patient.id}/plan/preview/", {"protocol": IV, "weight": weight}).content.decode()
        assert words in shown


def test_the_page_of_another_clinics_person_is_not_there(client: Any, lead: Viewer, patient: Patient) -> None:
    sign_in(client, make_viewer(make_clinic(), Role.PRESCRIBER))
    assert client.get(f"/people/{patient.id}/plan/").status_code == 404


def test_a_therapist_may_not_open_it(client: Any, lead: Viewer, patient: Patient) -> None:
    from euthymia.clinic.accounts.models import Clinic

    sign_in(client, make_viewer(Clinic.objects.get(pk=lead.clinic_id), Role.THERAPIST))
    assert client.get(f"/people/{patient.id}/plan/").status_code == 403


def test_a_file_name_with_markup_stays_words_on_the_plan_page(client: Any, lead: Viewer, patient: Patient) -> None:
    signed(lead, IV)
    line = add_line(lead, patient, "29463-7", 70)
    RecordEntry.objects.filter(pk=line.pk).update(source="<img src=x onerror=alert(1)>.json")
    page = sign_in(client, lead).get(f"/people/{patient.id}/plan/").content.decode()
    assert "onerror" in page
    assert "<img src=x" not in page
