"""The catalogue of slips, typed into every way a weight or a dose enters: each is blocked or asked about."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests import slips

from euthymia.care.protocol import PerKg, WeightBasis
from euthymia.care.protocol_document import content_hash, to_mapping
from euthymia.care.protocol_signature import sign
from euthymia.clinic.plans import queries
from euthymia.clinic.plans.drafts import PlanChoice, draft_plan
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("way", slips.WAYS)
def test_no_slip_gets_through(way: str, record_property: Any) -> None:
    through = slips.not_caught(way)
    record_property("not_caught", "\n".join(through))
    assert through == []


def test_the_catalogue_is_long_and_every_gap_says_why(record_property: Any) -> None:
    rows, why = slips.catalogue()
    for name, value in slips.counts().items():
        record_property(name, value)
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
    assert slips.by_bedside(slips.Room, slips.Slip("meant", {}), way).wrote


@pytest.mark.parametrize("measured", [[70, "kg"], [154.3, "[lb_av]"], [70000, "g"]])
def test_what_was_meant_is_imported_and_nothing_asks(measured: list[Any]) -> None:
    seen = slips.by_fhir(slips.Clinic(), slips.Slip("meant", {}), {"observed": measured})
    assert not seen.codes & {"weight_change", "weight_digits", "weight_for_height", "implausible_weight", "height_cm"}


def doses_by(basis: WeightBasis) -> slips.Clinic:
    """A clinic whose protocol by vein rests on this kind of weight."""
    place = slips.Clinic()
    old = place.versions[slips.IV]
    protocol = queries.protocol_of(old)
    assert isinstance(protocol.dose, PerKg)
    protocol = replace(protocol, version="9.0.0", dose=replace(protocol.dose, weight_basis=basis))
    signature = sign(protocol, place.lead.name, "for a test", place.now)
    type(old).objects.filter(pk=old.pk).update(retired_at=place.now)
    place.versions[slips.IV] = type(old).objects.create(
        clinic=place.clinic,
        protocol_id=protocol.id,
        version=protocol.version,
        content=to_mapping(protocol),
        content_hash=content_hash(protocol),
        created_at=place.now,
        signed_by_id=place.lead.user_id,
        signed_name=signature.name,
        signed_meaning=signature.meaning,
        signed_at=signature.at,
        signed_hash=signature.content_hash,
    )
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
