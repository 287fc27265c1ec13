"""Forty monitors and the boards that look on, against a real server: no error, nothing lost, nothing doubled.

How fast it was is measured by the benchmark; here only what must be so on any machine.
"""

from __future__ import annotations

import pytest
from benchmarks.session_room_load import Load, run

pytestmark = pytest.mark.once


def test_forty_chairs_stream_and_every_sample_is_on_disk_once() -> None:
    found = run(Load(seconds=20, chairs=40, boards=3))
    assert dict(found.errors) == {}
    assert (found.sent, found.acknowledged) == (800, 800)
    assert (found.lost, found.doubled, found.altered) == (0, 0, 0)
    assert len(found.alarm_ms) == found.alarms_expected == 40 * 3


def test_a_served_clinic_on_postgresql_makes_its_own_connections() -> None:
    """The server is a child of the command that migrates: what that command opened is of no use to it."""
    found = run(Load(seconds=3, chairs=12, boards=0, per_second=2.0, postgresql=True))
    assert dict(found.errors) == {}
    assert (found.acknowledged, found.lost, found.doubled) == (72, 0, 0)
