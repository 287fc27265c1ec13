"""The catalogue of slips, typed into every way a weight or a dose enters: each is blocked or asked about."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests import slips
from tests.session_room import stored

from euthymia.care.decision import missing_of, reasons_of
from euthymia.care.protocol import Cited, DoseRule, PerKg, PerKgSteps, Provenance, WeightBasis
from euthymia.clinic.measures.models import AnswerSource, Response
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans import queries
from euthymia.clinic.plans.drafts import PlanChoice, draft_plan, prior_dose
from euthymia.clinic.plans.models import Plan
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput, Broken

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.mark.parametrize("way", slips.WAYS)
def test_no_slip_gets_through(way: str, record_testsuite_property: Any) -> None:
    through = slips.not_caught(way)
    record_testsuite_property("not_caught", "\n".join(through))
    assert through == []


def test_the_catalogue_is_long_and_every_gap_says_why(record_testsuite_property: Any) -> None:
    rows, why = slips.catalogue()
    for name, value in slips.counts().items():
        record_testsuite_property(name, value)
    assert slips.counts()["cases"] >= 60
    assert len({slip.name for slip in rows}) == len(rows)
    reasons = {way for slip in rows for way in slip.ways.values() if isinstance(way, str)}
    assert reasons == set(why)
    for slip in rows:
        ways = [way for way in slip.ways.values() if not isinstance(way, str)]
        assert ways, f"{slip.name} is typed nowhere"
        assert all(way["must"] in ("blocked", "asked", "aside") for way in ways)


# What was meant passes on every way, so that a slip is not caught only because everything is.


@pytest.mark.parametrize(
    "way",
    [
        {"set": {"weight": "70"}},
        {"set": {"weight": "154.3", "weight_unit": "lb"}},
        {"set": {}},
        {"set": {"mg_per_kg": "0.5", "concentration_mg_per_ml": "1"}},
        {"protocol": slips.IM, "set": {"mg_per_kg": "0.5", "concentration_mg_per_ml": "50"}},
        {"protocol": slips.NASAL, "set": {"dose_mg": "56"}},
    ],
)
def test_what_was_meant_is_signed(way: dict[str, Any]) -> None:
    seen = slips.by_plan(slips.Clinic(), slips.Slip("meant", {}), {**way, "says": "nothing"})
    assert (seen.wrote, seen.codes) == (True, frozenset())


@pytest.mark.parametrize("typed", [{"value": "70.5"}, {"value": "154", "unit": "lb"}, {"value": "71", "at_days": -1}])
def test_what_was_meant_is_recorded_and_a_plan_rests_on_it(typed: dict[str, Any]) -> None:
    seen = slips.by_record(slips.Clinic(), slips.Slip("meant", {}), {"set": typed, "says": "nothing"})
    assert (seen.wrote, seen.codes) == (True, frozenset())


@pytest.mark.parametrize(
    "way",
    [
        {"start": {"amount_mg": 35, "rate_mg_per_h": 52.5}},
        {"rate": {"rate_mg_per_h": 52.5}},
        {"rate": {"rate_mg_per_h": 26.25}},
        {"press": {"do": "rate", "rate_ml_per_h": "5.25"}},
        {"press": {"do": "rate", "rate_ml_per_h": "0"}},
        {"protocol": slips.IM, "start": {"delivery": "injection", "amount_mg": 35}},
        {"protocol": slips.NASAL, "device": {"amount_mg": 28, "number": 1}},
        {"protocol": slips.NASAL, "devices": 1, "device": {"amount_mg": 28, "number": 2}},
    ],
)
def test_what_was_meant_is_written_at_the_bedside(way: dict[str, Any]) -> None:
    assert slips.by_bedside(way).wrote


@pytest.mark.parametrize("measured", [[70, "kg"], [154.3, "[lb_av]"], [70000, "g"]])
def test_what_was_meant_is_imported_and_nothing_asks(measured: list[Any]) -> None:
    seen = slips.by_fhir(slips.Clinic(), slips.Slip("meant", {}), {"observed": measured})
    assert not seen.codes & {"weight_change", "weight_digits", "weight_for_height", "implausible_weight", "height_cm"}


def doses_by(basis: WeightBasis) -> slips.Clinic:
    """A clinic whose protocol by vein rests on this kind of weight."""
    return with_dose(PerKg(Cited(0.5, "mg/kg", (), Provenance.HOUSE), basis))


def with_dose(rule: DoseRule) -> slips.Clinic:
    """A clinic whose protocol by vein has this dose."""
    place = slips.Clinic()
    old = place.versions[slips.IV]
    protocol = replace(queries.protocol_of(old), version="9.0.0", dose=rule)
    type(old).objects.filter(pk=old.pk).update(retired_at=place.now)
    place.versions[slips.IV] = stored(place.clinic, protocol, place.lead, place.now)
    return place


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ({}, {"no_dosing_weight"}),
        ({"dosing_weight_kg": "820"}, {"implausible_weight"}),
        ({"dosing_weight_kg": "82,0"}, {"decimal_comma", "not_a_number"}),
        ({"dosing_weight_kg": "120"}, {"dosing_weight", "not_allowed"}),
        ({"dosing_weight_kg": "82", "weight": "242"}, {"weight_change", "not_allowed"}),
    ],
)
def test_a_dosing_weight_is_guarded_as_the_scales_is(typed: dict[str, str], codes: set[str]) -> None:
    place = doses_by(WeightBasis.ADJUSTED)
    slip = slips.Slip("dosing weight", {}, {"weight_kg": 110})
    seen = slips.by_plan(place, slip, {"set": typed, "says": "nothing"})
    assert not seen.wrote
    assert codes <= seen.codes


def test_a_plan_keeps_the_weight_of_the_scale_beside_the_one_it_doses_by() -> None:
    place = doses_by(WeightBasis.ADJUSTED)
    patient = place.person({"weight_kg": 110})
    answer = place.client.post(f"/people/{patient.id}/plan/sign/", {"protocol": slips.IV, "dosing_weight_kg": "82"})
    assert answer.status_code == 302
    plan = queries.active_plan(place.lead, patient)
    assert plan is not None
    assert (plan.order["weight_kg"], plan.order["weight_basis"], plan.order["measured_kg"]) == (82.0, "adjusted", 110.0)
    assert plan.order["dose_mg"] == 41.0
    page = place.client.get(f"/people/{patient.id}/plan/", {"protocol": slips.IV, "dosing_weight_kg": "82"})
    assert "82 kg, adjusted body weight, given by the prescriber; 110 kg, actual body weight" in page.content.decode()
    assert "Adjusted body weight (kg)" in page.content.decode()


def test_a_protocol_by_the_scales_weight_asks_for_no_other() -> None:
    place = slips.Clinic()
    page = place.client.get(f"/people/{place.person({}).id}/plan/", {"protocol": slips.IV})
    assert "dosing_weight_kg" not in page.content.decode()
    with pytest.raises(BadInput) as refused:
        draft_plan(
            place.lead, place.person({}), place.versions[slips.IV], PlanChoice(dosing_weight_kg=60), now=place.now
        )
    assert refused.value.code == "two_weights"


# A dose that rises by steps


def stepped() -> slips.Clinic:
    steps = tuple(Cited(step, "mg/kg", (), Provenance.HOUSE) for step in (0.5, 0.6, 0.75))
    return with_dose(PerKgSteps(steps, WeightBasis.ACTUAL, Cited(50.0, "%", (), Provenance.HOUSE)))


def scored(place: slips.Clinic, patient: Patient, total: float, days_ago: float) -> None:
    Response.objects.create(
        clinic=place.clinic,
        patient=patient,
        instrument="phq9",
        instrument_version="1",
        answers={},
        total=total,
        source=AnswerSource.CLINICIAN,
        at=place.now - timedelta(days=days_ago),
    )


@pytest.mark.parametrize(
    ("mg_per_kg", "totals", "spoken"),
    [
        ("0.5", (), set()),
        ("0.6", (), {"scores.baseline", "scores.current"}),
        ("0.6", ((20, 20),), {"scores.current"}),
        ("0.6", ((20, 20), (15, 2)), set()),
        ("0.6", ((20, 20), (9, 2)), {"step_not_due"}),
        ("0.75", ((20, 20), (15, 2)), {"step_skipped"}),
    ],
)
def test_a_step_up_needs_the_answer_of_the_person(
    mg_per_kg: str, totals: tuple[tuple[float, float], ...], spoken: set[str]
) -> None:
    place = stepped()
    patient = place.person({"dosed_days_ago": [9]})
    for total, days_ago in totals:
        scored(place, patient, total, days_ago)
    choice = PlanChoice(mg_per_kg=float(mg_per_kg), concentration_mg_per_ml=1)
    draft = draft_plan(place.lead, patient, place.versions[slips.IV], choice, now=place.now)
    rules = {reason.rule for reason in reasons_of(draft.decision) if reason.refuses}
    assert rules | {absent.fact for absent in missing_of(draft.decision)} == spoken


def test_a_session_without_a_dose_is_no_earlier_dose() -> None:
    with pytest.raises(Broken):
        prior_dose(Session(plan=Plan(order={})))
