"""The monitors that do not exist: the same seed plays the same, and what goes wrong is what the feed can take."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from euthymia.care.vital_stream import Channel, Gap
from euthymia.clinic.monitors.simulated import NO_TROUBLES, SimulatedMonitor, Troubles
from euthymia.clinic.monitors.wire import read_sample

START = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SECONDS = 3600


def played(seed: int, troubles: Troubles | None = None, **named: Any) -> list[list[dict[str, Any]]]:
    monitor = SimulatedMonitor(seed, troubles=troubles, **named)
    return [monitor.beat(START + timedelta(seconds=second), second / 60) for second in range(SECONDS)]


def test_the_same_seed_plays_the_same_and_another_does_not() -> None:
    assert played(1) == played(1)
    assert played(1) != played(2)


def test_everything_it_sends_is_taken_and_nothing_is_sent_twice_or_out_of_order() -> None:
    rows = [row for beat in played(3) for row in beat]
    for place, row in enumerate(rows):
        read_sample(row, START + timedelta(seconds=SECONDS), f"samples[{place}]")
    sequences = [row["sequence"] for row in rows]
    assert sequences == sorted(set(sequences))


def test_a_cut_is_caught_up_with_everything_that_was_measured() -> None:
    beats = played(4, Troubles(cut=1 / 60))
    cuts = [beat for beat in beats if not beat]
    assert len(cuts) > 20
    after = [beat for earlier, beat in pairwise(beats) if not earlier and beat]
    assert all(len(beat) > 1 for beat in after)
    held_at_the_end = next(place for place, beat in enumerate(reversed(beats)) if beat)
    assert sum(len(beat) for beat in beats) == SECONDS - held_at_the_end


def test_artefacts_and_sensors_that_fall_off_arrive_as_gaps() -> None:
    samples = [read_sample(row, START + timedelta(hours=2), "s") for beat in played(5) for row in beat]
    seen = {gap for sample in samples for gap in sample.gaps.values()}
    assert {Gap.ARTEFACT, Gap.SENSOR_OFF} <= seen
    assert all(Channel.SPO2 not in sample.values for sample in samples if Channel.SPO2 in sample.gaps)


def test_its_clock_drifts_by_what_was_asked() -> None:
    (last,) = played(6, Troubles(artefact=0, sensor_off=0, cut=0, drift_ppm=1000))[-1]
    drift = datetime.fromisoformat(last["at"]) - (START + timedelta(seconds=SECONDS - 1))
    assert timedelta(seconds=3.5) < drift < timedelta(seconds=3.7)


def test_without_troubles_every_second_has_every_number_and_the_dose_shows() -> None:
    beats = played(7, NO_TROUBLES, rise=lambda minute: 40.0 if minute >= 30 else 0.0)
    assert all(len(beat) == 1 and "quality" not in beat[0] for beat in beats)
    systolic = [beat[0]["systolic_mmhg"] for beat in beats]
    before, after = sum(systolic[:1800]) / 1800, sum(systolic[1800:]) / 1800
    assert 35 < after - before < 45
