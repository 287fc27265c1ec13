"""Vital signs as they are typed; the impossible is refused with words, and nothing is guessed."""

from __future__ import annotations

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.care.vitals import ENTRY_RANGES, BloodPressure, Reading, merged, parse_blood_pressure, parse_vitals
from euthymia.errors import BadInput


@pytest.mark.parametrize(
    ("typed", "systolic", "diastolic"),
    [("120/80", 120, 80), (" 182/104 ", 182, 104), ("120 / 80", 120, 80), ("300/200", 300, 200), ("50/20", 50, 20)],
)
def test_a_blood_pressure(typed: str, systolic: float, diastolic: float) -> None:
    assert parse_blood_pressure(typed) == BloodPressure(systolic, diastolic)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("12/80", "implausible_vital"),
        ("182/1040", "implausible_vital"),
        ("80/120", "swapped_pressure"),
        ("120/120", "swapped_pressure"),
        ("1200/80", "implausible_vital"),
        ("120/8", "implausible_vital"),
        ("301/80", "implausible_vital"),
        ("16/10", "implausible_vital"),  # kilopascals
        ("120", "not_a_pressure"),
        ("120/", "not_a_pressure"),
        ("/80", "not_a_pressure"),
        ("120-80", "not_a_pressure"),
        ("120.5/80", "not_a_pressure"),
        ("-120/80", "not_a_pressure"),
        ("high", "not_a_pressure"),
        ("", "not_a_pressure"),
    ],
)
def test_a_pressure_that_cannot_be_right_is_refused(typed: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_blood_pressure(typed)
    assert refused.value.code == code
    assert refused.value.path == "blood_pressure"


def test_the_refusal_says_what_to_do() -> None:
    with pytest.raises(BadInput, match="Systolic pressure 12 mmHg cannot be right"):
        parse_blood_pressure("12/80")
    with pytest.raises(BadInput, match="Diastolic pressure 1040 mmHg cannot be right"):
        parse_blood_pressure("182/1040")
    with pytest.raises(BadInput, match="Swapped"):
        parse_blood_pressure("80/120")


@pytest.mark.parametrize(
    ("line", "reading"),
    [
        ("120/80", Reading(120, 80)),
        ("120/80 72", Reading(120, 80, 72)),
        ("120/80 72 98% 16", Reading(120, 80, 72, 98, 16)),
        ("120/80 72 98 16", Reading(120, 80, 72, 98, 16)),
        ("120/80 72 16", Reading(120, 80, 72, None, 16)),
        ("98% 72 120/80", Reading(120, 80, 72, 98)),
        ("hr72 rr16 sat98 t36.8", Reading(None, None, 72, 98, 16, 36.8)),
        ("HR:72 SPO2=98% P", None),
        ("p80", Reading(heart_rate_per_min=80)),
        ("36,8C", Reading(temperature_c=36.8)),
        ("36.8°C", Reading(temperature_c=36.8)),
        ("  120 / 80   72  ", Reading(120, 80, 72)),
    ],
)
def test_one_line_of_vital_signs(line: str, reading: Reading | None) -> None:
    if reading is None:
        with pytest.raises(BadInput):
            parse_vitals(line)
    else:
        assert parse_vitals(line) == reading


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("", "empty_reading"),
        ("fine", "not_a_vital"),
        ("120/80 120/80", "given_twice"),
        ("72 hr80", "given_twice"),
        ("98% sat97", "given_twice"),
        ("120/80 72 98 16 37", "too_many_numbers"),
        ("120/80 72 98", "implausible_vital"),  # a saturation without its mark is no breathing rate
        ("101%", "implausible_vital"),
        ("9%", "implausible_vital"),
        ("hr 720", "not_a_vital"),
        ("hr720", "implausible_vital"),
        ("t98.6", "implausible_vital"),  # Fahrenheit
        ("t368", "implausible_vital"),
        ("72 -16", "not_a_vital"),
        ("12/80 72", "implausible_vital"),
        ("80/120 72", "swapped_pressure"),
    ],
)
def test_a_line_that_cannot_be_right_is_refused(line: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        parse_vitals(line)
    assert refused.value.code == code


def test_half_a_pressure_is_refused() -> None:
    for half in ({"systolic_mmhg": 120.0}, {"diastolic_mmhg": 80.0}):
        with pytest.raises(BadInput) as refused:
            Reading(**half)
        assert refused.value.code == "half_pressure"


def test_a_reading_made_by_a_device_obeys_the_same_limits() -> None:
    with pytest.raises(BadInput):
        Reading(heart_rate_per_min=0)
    with pytest.raises(BadInput):
        Reading(systolic_mmhg=90, diastolic_mmhg=95)


def test_what_was_measured_and_what_was_not() -> None:
    reading = parse_vitals("120/80 98%")
    assert reading.measured() == {"blood_pressure", "spo2"}
    assert reading.blood_pressure == BloodPressure(120, 80)
    assert parse_vitals("hr72 rr16 t37").measured() == {"heart_rate", "respiratory_rate", "temperature"}
    assert parse_vitals("hr72").blood_pressure is None


def test_two_looks_as_one() -> None:
    assert merged(parse_vitals("120/80 72"), parse_vitals("130/85 97%")) == Reading(130, 85, 72, 97)


@given(text=st.text(alphabet="0123456789/%. ,hrtspcHR°-", max_size=24))
def test_any_line_gives_a_plausible_reading_or_a_refusal(text: str) -> None:
    try:
        reading = parse_vitals(text)
    except BadInput:
        return
    for name, value in reading.parts().items():
        low, high, _ = ENTRY_RANGES[name]
        assert low <= value <= high


def test_every_part_of_a_reading_has_its_range() -> None:
    assert [field.name for field in fields(Reading)] == list(ENTRY_RANGES)


@given(systolic=st.integers(50, 300), diastolic=st.integers(20, 200))
def test_every_possible_pressure_is_read_and_every_swapped_one_refused(systolic: int, diastolic: int) -> None:
    text = f"{systolic}/{diastolic}"
    if systolic > diastolic:
        assert parse_blood_pressure(text) == BloodPressure(systolic, diastolic)
    else:
        with pytest.raises(BadInput):
            parse_blood_pressure(text)
