"""What is given is held against what was ordered: not more, not faster, not from another drawer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import Bedside, filled

from euthymia.care.bedside_dose import may_give, ordered_rate_mg_per_h, start_of
from euthymia.care.decision import Allowed, Level, Refused, reasons_of
from euthymia.care.dosing import Choice, calculate
from euthymia.care.session_events import Delivery, DeviceGiven, DoseStarted, EventKind, RateChanged, Remark

E = EventKind
IV, IM, NASAL = filled("iv_racemic_05"), filled("im_racemic"), filled("esketamine_nasal_trd")
INFUSION, INJECTION = calculate(IV, 70), calculate(IM, 70, Choice(mg_per_kg=0.5))
DEVICES = calculate(NASAL, 70)


def asked(bed: Bedside, kind: EventKind, at_min: float, payload: Any, order: Any) -> list[tuple[str, Level]]:
    event = bed.make(kind, at_min, payload, event_id="new")
    return [(r.rule, r.level) for r in reasons_of(may_give(bed.state, event, order, bed.protocol))]


@pytest.mark.parametrize(("protocol", "order"), [(IV, INFUSION), (IM, INJECTION), (NASAL, DEVICES)])
def test_the_order_given_as_it_stands(protocol: Any, order: Any) -> None:
    assert asked(Bedside(protocol).until_ready(), E.DOSE_STARTED, 0, start_of(order), order) == []


def test_the_ordered_rate() -> None:
    assert ordered_rate_mg_per_h(INFUSION) == pytest.approx(52.5)
    assert ordered_rate_mg_per_h(INJECTION) is None
    assert start_of(DEVICES) == DoseStarted(Delivery.DEVICES, 56)


@pytest.mark.parametrize(
    ("payload", "order", "expected"),
    [
        (DoseStarted(Delivery.INFUSION, 35.04, 52.5), INFUSION, []),
        (DoseStarted(Delivery.INFUSION, 36, 52.5), INFUSION, [("other_amount", Level.STOP)]),
        (DoseStarted(Delivery.INFUSION, 3.5, 52.5), INFUSION, [("other_amount", Level.STOP)]),
        (DoseStarted(Delivery.INFUSION, 35, 53), INFUSION, []),
        (DoseStarted(Delivery.INFUSION, 35, 60), INFUSION, [("faster_than_ordered", Level.HOLD)]),
        (DoseStarted(Delivery.INFUSION, 35, 525), INFUSION, [("faster_than_ordered", Level.STOP)]),
        (DoseStarted(Delivery.INFUSION, 35, 30), INFUSION, []),
        (DoseStarted(Delivery.INJECTION, 35), INFUSION, [("other_delivery", Level.STOP)]),
        (
            DoseStarted(Delivery.INFUSION, 35, 52.5),
            INJECTION,
            [("other_delivery", Level.STOP), ("no_infusion", Level.STOP)],
        ),
    ],
)
def test_a_start_that_is_not_the_order(payload: Any, order: Any, expected: list[Any]) -> None:
    assert asked(Bedside().until_ready(), E.DOSE_STARTED, 0, payload, order) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (0, []),
        (0.875, [("slower_than_ordered", Level.HOLD)]),
        (5.25, [("slower_than_ordered", Level.HOLD)]),
        (5.3025, [("slower_than_ordered", Level.HOLD)]),
        (5.31, []),
        (52.5, []),
        (53, []),
        (54, [("faster_than_ordered", Level.HOLD)]),
        (157.4, [("faster_than_ordered", Level.HOLD)]),
        (157.5, [("faster_than_ordered", Level.STOP)]),
    ],
)
def test_a_rate_above_the_ordered_one(rate: float, expected: list[Any]) -> None:
    assert asked(Bedside().infusing(), E.RATE_CHANGED, 10, RateChanged(rate), INFUSION) == expected


def test_the_words_of_a_rate_name_both_rates() -> None:
    bed = Bedside().infusing()
    for rate, says in ((5.25, "5.25 mg/h is a small part of the ordered 52.5 mg/h"), (105, "105 mg/h is 2 times")):
        event = bed.make(E.RATE_CHANGED, 10, RateChanged(rate), event_id="new")
        reason = reasons_of(may_give(bed.state, event, INFUSION, IV))[0]
        assert reason.says.startswith(says)
        assert (reason.fact, reason.value, reason.limit) == ("rate_mg_per_h", rate, 52.5)
        assert reason.source == "the signed order"


def nasal(*minutes: float) -> Bedside:
    bed = Bedside(NASAL).until_ready()
    bed.write(E.DOSE_STARTED, 0, start_of(DEVICES))
    for number, at_min in enumerate(minutes, 1):
        bed.write(E.DEVICE_GIVEN, at_min, DeviceGiven(28, number), event_id=f"z{number}")
    return bed


@pytest.mark.parametrize(
    ("given_at", "at_min", "expected"),
    [
        ((), 0, []),
        ((0,), 5, []),
        ((0,), 4.9, [("device_too_soon", Level.HOLD)]),
        ((0, 5), 10, [("more_than_ordered", Level.STOP)]),
    ],
)
def test_devices_one_by_one(given_at: tuple[float, ...], at_min: float, expected: list[Any]) -> None:
    assert asked(nasal(*given_at), E.DEVICE_GIVEN, at_min, DeviceGiven(28, 3), DEVICES) == expected


def test_the_rest_between_devices_shows_its_source() -> None:
    bed = nasal(0)
    event = bed.make(E.DEVICE_GIVEN, 1, DeviceGiven(28, 2), event_id="new")
    assert reasons_of(may_give(bed.state, event, DEVICES, NASAL))[0].source == "S50, S52 (read_secondary)"


def test_a_device_of_another_size_stops() -> None:
    found = asked(nasal(), E.DEVICE_GIVEN, 0, DeviceGiven(14, 1), DEVICES)
    assert found == [("other_device", Level.STOP)]


def test_a_corrected_device_is_not_counted_twice() -> None:
    bed = nasal(0, 5)
    event = bed.make(E.DEVICE_GIVEN, 6, DeviceGiven(28, 2), event_id="new", corrects="z2")
    assert may_give(bed.state, event, DEVICES, NASAL) == Allowed()


def test_a_device_where_none_was_ordered_stops_beyond_the_dose() -> None:
    order = replace(INJECTION, dose_mg=20)
    found = asked(Bedside(IM).until_ready(), E.DEVICE_GIVEN, 0, DeviceGiven(28, 1), order)
    assert found == [("more_than_ordered", Level.STOP)]


def test_what_gives_nothing_is_not_judged() -> None:
    assert asked(Bedside().infusing(), E.REMARK, 5, Remark("x"), INFUSION) == []


@given(amount_mg=st.floats(0.1, 1000))
def test_no_other_amount_ever_starts(amount_mg: float) -> None:
    bed = Bedside().until_ready()
    payload = DoseStarted(Delivery.INFUSION, amount_mg, 52.5)
    event = bed.make(E.DOSE_STARTED, 0, payload, event_id="new")
    answer = may_give(bed.state, event, INFUSION, IV)
    assert isinstance(answer, Refused) is (abs(amount_mg - 35) > 0.05)
