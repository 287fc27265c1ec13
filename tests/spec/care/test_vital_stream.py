"""What a monitor streams: what is refused, a gap, late or stale, and that packing loses nothing."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.vital_stream import (
    CHANNELS,
    MINUTE,
    RANGES,
    STALE_AFTER,
    Channel,
    Gap,
    Kept,
    StreamSample,
    checked,
    column_values,
    is_late,
    is_stale,
    minute_of,
    pack_minute,
    pack_sample,
    to_millisecond,
    unpack_minute,
    unpack_sample,
)
from euthymia.care.vitals import Reading
from euthymia.errors import BadInput

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)


def test_numbers_gaps_and_what_was_not_sent_are_three_things() -> None:
    sample = checked(
        7, NOW, {"heart_rate_per_min": 72, "spo2_pct": 61, "mean_mmhg": None}, {"spo2_pct": "artefact"}, NOW
    )
    assert sample.values == {Channel.HEART_RATE: 72.0}
    assert sample.gaps == {Channel.SPO2: Gap.ARTEFACT, Channel.MEAN: Gap.DROPOUT}
    assert sample.judged() is not None
    assert sample.judged().reading == Reading(heart_rate_per_min=72)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("values", "reading"),
    [
        ({"systolic_mmhg": 120, "diastolic_mmhg": 80}, Reading(systolic_mmhg=120, diastolic_mmhg=80)),
        ({"systolic_mmhg": 120, "spo2_pct": 98}, Reading(spo2_pct=98)),
        ({"systolic_mmhg": 120}, None),
        ({"mean_mmhg": 93}, None),
        ({"heart_rate_per_min": None}, None),
    ],
)
def test_only_what_can_be_judged_reaches_the_rules(values: dict[str, float | None], reading: Reading | None) -> None:
    judged = checked(1, NOW, values, {}, NOW).judged()
    assert (judged.reading if judged else None) == reading


@pytest.mark.parametrize("channel", CHANNELS)
def test_the_ends_of_each_range_are_taken_and_what_lies_beyond_is_refused(channel: Channel) -> None:
    low, high, _ = RANGES[channel]
    for value in (low, high):
        assert checked(1, NOW, {channel.value: value}, {}, NOW).values == {channel: value}
    for value in (low - 0.1, high + 0.1, math.nan, math.inf, -math.inf):
        with pytest.raises(BadInput, match="cannot be right") as refusal:
            checked(1, NOW, {channel.value: value}, {}, NOW, "samples[3]")
        assert (refusal.value.code, refusal.value.path) == ("impossible_value", f"samples[3].{channel.value}")


@pytest.mark.parametrize(
    ("sequence", "at", "values", "quality", "code"),
    [
        (2**63, NOW, {"spo2_pct": 98}, {}, "bad_sequence"),
        (1, NOW + timedelta(seconds=61), {"spo2_pct": 98}, {}, "from_the_future"),
        (1, NOW, {}, {}, "empty_sample"),
        (1, NOW, {"pulse": 72}, {}, "unknown_channel"),
        (1, NOW, {"spo2_pct": 98}, {"pulse": "artefact"}, "unknown_channel"),
        (1, NOW, {"spo2_pct": 98}, {"spo2_pct": "good"}, "unknown_quality"),
        (1, NOW, {"systolic_mmhg": 80, "diastolic_mmhg": 80}, {}, "swapped_pressure"),
    ],
)
def test_what_no_monitor_can_mean_is_refused(
    sequence: int, at: datetime, values: dict[str, float | None], quality: dict[str, str], code: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        checked(sequence, at, values, quality, NOW)
    assert refusal.value.code == code


def test_a_swapped_pressure_that_the_monitor_itself_distrusts_is_a_gap() -> None:
    sample = checked(1, NOW, {"systolic_mmhg": 70, "diastolic_mmhg": 90}, {"systolic_mmhg": "artefact"}, NOW)
    assert sample.values == {Channel.DIASTOLIC: 90.0}


@pytest.mark.parametrize(
    ("last_at", "stale"),
    [(None, True), (NOW - STALE_AFTER, False), (NOW - STALE_AFTER - timedelta(milliseconds=1), True), (NOW, False)],
)
def test_stale_is_more_than_five_seconds(last_at: datetime | None, stale: bool) -> None:
    assert is_stale(last_at, NOW) is stale


def test_late_is_what_could_not_have_been_shown_as_current() -> None:
    assert not is_late(NOW, NOW + STALE_AFTER)
    assert is_late(NOW, NOW + STALE_AFTER + timedelta(milliseconds=1))


def possible(channel: Channel) -> st.SearchStrategy[float]:
    low, high, _ = RANGES[channel]
    return st.integers(int(low * 10), int(high * 10)).map(lambda tenths: tenths / 10)


@st.composite
def samples(draw: st.DrawFn) -> Kept:
    values: dict[Channel, float] = {}
    gaps: dict[Channel, Gap] = {}
    for channel in CHANNELS:
        kind = draw(st.sampled_from(("value", "gap", "absent")))
        if kind == "value":
            values[channel] = draw(possible(channel))
        elif kind == "gap":
            gaps[channel] = draw(st.sampled_from(list(Gap)))
    at = NOW + timedelta(milliseconds=draw(st.integers(0, 59_999)))
    sequence = draw(st.integers(-(2**63) + 1, 2**63 - 1))
    delay = timedelta(milliseconds=draw(st.integers(-60_000, 7_200_000)))
    return Kept(StreamSample(sequence, at, values, gaps), at + delay)


@given(samples())
def test_a_sample_comes_out_as_it_went_in(kept: Kept) -> None:
    sample = kept.sample
    packed = pack_sample(sample)
    assert len(packed) == 2 * len(CHANNELS)
    assert unpack_sample(sample.sequence, sample.at, packed) == sample


@given(st.lists(samples(), max_size=70))
def test_a_minute_comes_out_as_it_went_in_whatever_the_order(rows: list[Kept]) -> None:
    order, columns = pack_minute(NOW, rows)
    expected = sorted(rows, key=lambda row: (row.sample.at, row.sample.sequence))
    found = unpack_minute(NOW, order, columns)
    assert [row.sample.sequence for row in found] == [row.sample.sequence for row in expected]
    # Two under one number at one instant may change places; what each says stays.
    assert sorted(map(repr, found)) == sorted(map(repr, unpack_minute(NOW, *pack_minute(NOW, expected))))
    assert all(row in found for row in expected)
    assert len(found) == len(rows)


def test_one_channel_reads_by_itself_with_its_gaps() -> None:
    rows = [
        Kept(checked(1, NOW, {"spo2_pct": 98}, {}, NOW), NOW),
        Kept(checked(2, NOW + timedelta(seconds=1), {"heart_rate_per_min": 70}, {}, NOW), NOW),
        Kept(checked(3, NOW + timedelta(seconds=2), {"spo2_pct": None}, {}, NOW), NOW),
    ]
    _, columns = pack_minute(NOW, rows)
    assert list(column_values(NOW, columns[Channel.SPO2])) == [(NOW, 98.0), (NOW + timedelta(seconds=2), None)]
    assert set(columns) == {Channel.SPO2, Channel.HEART_RATE}


def test_an_instant_is_kept_to_the_millisecond_and_lies_in_its_minute() -> None:
    at = NOW + timedelta(seconds=59, microseconds=999_999)
    assert to_millisecond(at) == NOW + timedelta(seconds=59, milliseconds=999)
    assert minute_of(at) == NOW
    assert minute_of(NOW + MINUTE) == NOW + MINUTE
    assert checked(1, at, {"spo2_pct": 98}, {}, at).at == to_millisecond(at)
