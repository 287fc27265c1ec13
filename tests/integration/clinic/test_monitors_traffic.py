"""Monitors go first, and nobody waits for them for ever."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.test import Client
from tests.builders import sign_in
from tests.integration.clinic.monitor_bed import Bed, Clock

from euthymia.clinic.monitors import device_views
from euthymia.clinic.monitors.traffic import TRAFFIC, Traffic

pytestmark = pytest.mark.django_db
LONG_S = 60.0


def test_it_is_quiet_until_somebody_passes_and_again_after_the_last_has_passed() -> None:
    traffic = Traffic()
    assert traffic.let_pass(0)
    with traffic.passing(), traffic.passing():
        assert not traffic.let_pass(0)
    assert traffic.let_pass(0)


def test_whoever_waits_is_woken_when_the_last_has_passed() -> None:
    traffic, heard = Traffic(), []
    waits = threading.Thread(target=lambda: heard.append(traffic.let_pass(LONG_S)))
    with traffic.passing():
        waits.start()
        assert heard == []
    waits.join(LONG_S)
    assert heard == [True]


def test_one_that_breaks_has_passed_too() -> None:
    traffic = Traffic()
    with pytest.raises(RuntimeError), traffic.passing():
        raise RuntimeError
    assert traffic.let_pass(0)


@pytest.mark.parametrize("breaks", [False, True])
def test_a_beat_passes_while_it_is_answered_and_no_longer(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, breaks: bool
) -> None:
    bed, seen, take = Bed(clock), [], device_views.take_batch

    def taking(batch: Any) -> Any:
        seen.append(TRAFFIC.let_pass(0))
        if breaks:
            raise RuntimeError
        return take(batch)

    monkeypatch.setattr(device_views, "take_batch", taking)
    bed.client.raise_request_exception = False
    answer = bed.send({"sequence": 1, "at": clock.at.isoformat(), "spo2_pct": 98})
    assert (answer.status_code, seen) == (500 if breaks else 200, [False])
    assert TRAFFIC.let_pass(0)


def test_the_alarms_are_drawn_although_monitors_never_stop(clock: Clock) -> None:
    """Where many monitors beat there may be no quiet moment at all."""
    bed = Bed(clock)
    nurse = sign_in(Client(), bed.room.nurse)
    bed.send({"sequence": 1, "at": clock.at.isoformat(), "systolic_mmhg": 240, "diastolic_mmhg": 90})
    with TRAFFIC.passing():
        assert "240 " in str(nurse.get("/alarms/now/").json()["lines"])
