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
