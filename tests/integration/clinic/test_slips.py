"""The catalogue of slips, typed into every way a weight or a dose enters: each is blocked or asked about."""

from __future__ import annotations

from typing import Any

import pytest
from tests import slips

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
