"""One place of a document, its time and its unit, read strictly."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from euthymia.errors import DocumentError, UnitError
from euthymia.interop.fhir.element import Element
from euthymia.interop.fhir.moment import Moment, Precision, instant_text, read_day, read_instant, read_moment
from euthymia.interop.ucum import Kind, in_unit, known_units
from euthymia.interop.vital_signs.load import vital_signs
from euthymia.units import Length, Mass


class Light(StrEnum):
    RED = "red"
    GREEN = "green"


def at(value: object) -> Element:
    return Element(value, "Here")


@pytest.mark.parametrize(
    ("reading", "value", "code"),
    [
        ("members", [], "wrong_type"),
        ("text", 1, "wrong_type"),
        ("text", None, "wrong_type"),
        ("text", "", "empty"),
        ("text", "a\x07", "unprintable"),
        ("text", "\udfff", "unprintable"),
        ("code", "a  b", "bad_code"),
        ("code", "a\tb", "bad_code"),
        ("flag", "true", "wrong_type"),
        ("flag", 1, "wrong_type"),
        ("decimal", True, "wrong_type"),
        ("decimal", "1", "wrong_type"),
        ("decimal", 1.0, "wrong_type"),
        ("decimal", {}, "wrong_type"),
        ("decimal", [], "wrong_type"),
        ("decimal", Decimal("NaN"), "not_finite"),
        ("decimal", Decimal("-Infinity"), "not_finite"),
        ("whole", True, "wrong_type"),
        ("whole", Decimal(1), "wrong_type"),
    ],
)
def test_a_value_of_another_kind_is_refused_where_it_stands(reading: str, value: object, code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        getattr(at(value), reading)()
    assert (refused.value.code, refused.value.path) == (code, "Here")


def test_a_code_outside_a_closed_list_is_refused_with_the_list() -> None:
    assert at("red").choice(Light) is Light.RED
    with pytest.raises(DocumentError) as refused:
        at("blue").choice(Light)
    assert refused.value.message == "'blue' is not one of: red, green."


def test_values_of_the_right_kind_are_given_as_they_are() -> None:
    assert (at(True).flag(), at(3).whole(), at(" two words ").text(), at("a b").code()) == (True, 3, "two words", "a b")
    assert [str(at(value).decimal()) for value in (3, Decimal("3.10"))] == ["3", "3.10"]
    assert [one.path for one in at({"a": [1, 2]}).each("a")] == ["Here.a[0]", "Here.a[1]"]
    assert at({}).each("a") == ()
    assert at({}).get("a") is None


@pytest.mark.parametrize(
    ("text", "moment", "latest"),
    [
        ("2025", Moment(datetime(2025, 1, 1, tzinfo=UTC), Precision.YEAR), datetime(2025, 12, 31)),
        ("2025-12", Moment(datetime(2025, 12, 1, tzinfo=UTC), Precision.MONTH), datetime(2025, 12, 31)),
        ("2024-02", Moment(datetime(2024, 2, 1, tzinfo=UTC), Precision.MONTH), datetime(2024, 2, 29)),
        ("2025-02-28", Moment(datetime(2025, 2, 28, tzinfo=UTC), Precision.DAY), datetime(2025, 2, 28)),
    ],
)
def test_a_date_is_kept_with_what_was_stated_of_it(text: str, moment: Moment, latest: datetime) -> None:
    assert read_moment(at(text)) == moment
    assert moment.latest == latest.replace(hour=23, minute=59, second=59, microsecond=999_999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2025-02-28T10:00:00Z", datetime(2025, 2, 28, 10, tzinfo=UTC)),
        ("2025-02-28T10:00:00+02:00", datetime(2025, 2, 28, 8, tzinfo=UTC)),
        ("2025-02-28T20:00:00-09:30", datetime(2025, 3, 1, 5, 30, tzinfo=UTC)),
        ("2025-02-28T10:00:00.5Z", datetime(2025, 2, 28, 10, 0, 0, 500_000, tzinfo=UTC)),
        ("2025-02-28T10:00:00.123456789Z", datetime(2025, 2, 28, 10, 0, 0, 123_456, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_universal_time(text: str, instant: datetime) -> None:
    assert read_instant(at(text)) == instant
    assert read_moment(at(text)).latest == instant


@given(some.datetimes(datetime(1851, 1, 1), datetime(2149, 1, 1), timezones=some.timezones()))
def test_an_instant_written_is_the_instant_read(moment: datetime) -> None:
    assert read_instant(at(instant_text(moment, ""))) == moment.astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("yesterday", "25-01-01", "2025-1-1", "2025-13", "2025-00", "2025-02-29", "1849", "2151"),
        *("2025-02-28T24:00:00Z", "2025-02-28T10:00Z", "2025-02-28T10:00:00"),
        *("2025-02-28T10:00:00+15:00", "2025-02-28T10:00:00+10:60"),
    ],
)
def test_a_date_that_cannot_be_is_refused(text: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read_moment(at(text))
    assert refused.value.code == "impossible_date"


def test_a_day_is_a_day() -> None:
    assert read_day(at("2025-02-28")) == date(2025, 2, 28)
    assert read_day(at("2025-02")) is None
    assert read_day(at("2025")) is None
    for text, reading in (("2025-02-28T10:00:00Z", read_day), ("2025-02-28", read_instant)):
        with pytest.raises(DocumentError):
            reading(at(text))


@given(some.decimals(Decimal("0.1"), 500, places=2))
def test_units_convert_as_the_units_room_does(number: Decimal) -> None:
    pounds = in_unit(number, "[lb_av]", kind=Kind.MASS, kept="kg", path="")
    assert abs(float(pounds) - Mass.of(float(number), "lb").in_kg) <= 0.0051
    inches = in_unit(number, "[in_i]", kind=Kind.LENGTH, kept="cm", path="")
    assert abs(float(inches) - Length.of(float(number), "in").in_cm) <= 0.0051
    assert in_unit(number, "kg", kind=Kind.MASS, kept="kg", path="") is number, "the kept unit is never touched"


@given(some.text(max_size=8), some.sampled_from(Kind))
def test_a_unit_outside_the_table_is_never_guessed(unit: str, kind: Kind) -> None:
    if unit in known_units(kind):
        return
    with pytest.raises(UnitError) as refused:
        in_unit(Decimal(1), unit, kind=kind, kept=unit, path="Here")
    assert (refused.value.code, refused.value.path) == ("unknown_unit", "Here")


def test_the_list_of_vital_signs_is_consistent() -> None:
    signs = vital_signs()
    assert not signs.panels & signs.by_loinc.keys()
    for loinc, sign in signs.by_loinc.items():
        assert loinc in sign.loinc
        assert sign.lowest < sign.highest
        assert sign.unit in known_units(sign.kind)
        assert sign.read(sign.lowest, sign.unit, "") == sign.lowest


def test_what_nobody_can_weigh_is_refused_in_every_unit() -> None:
    weight: Any = vital_signs().by_loinc["29463-7"]
    for number, unit in ((0, "kg"), (900, "kg"), (2000, "[lb_av]"), (10**30, "g"), (-70, "kg")):
        with pytest.raises(DocumentError) as refused:
            weight.read(Decimal(number), unit, "Here")
        assert refused.value.code == "impossible_value"
