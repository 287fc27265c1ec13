"""Quantities: what converts, what is refused, and that nothing is guessed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from euthymia.errors import BadInput, UnitError
from euthymia.units import Concentration, Duration, Length, Mass, Pressure, Quantity, Volume, read_number

KINDS = [Mass, Volume, Duration, Length, Concentration, Pressure]
UNITS = [(kind, unit) for kind in KINDS for unit in kind.units]


@pytest.mark.parametrize(
    ("quantity", "unit", "expected"),
    [
        (Mass.mg(35), "g", 0.035),
        (Mass.of(1, "g"), "mcg", 1_000_000),
        (Mass.of(250, "ug"), "mg", 0.25),
        (Mass.kg(70), "mg", 70_000_000),
        (Mass.of(154, "lb"), "kg", 69.853225),
        (Volume.of(0.25, "L"), "mL", 250),
        (Duration.minutes(40), "h", 2 / 3),
        (Duration.of(1, "wk"), "d", 7),
        (Duration.hours(0.5), "s", 1800),
        (Length.of(1.68, "m"), "cm", 168),
        (Length.of(66, "in"), "cm", 167.64),
        (Concentration.mg_per_ml(1), "ng/mL", 1_000_000),
        (Concentration.of(1, "ug/L"), "ng/mL", 1),
        (Concentration.of(1, "mg/L"), "ug/mL", 1),
        (Pressure.of(16, "kPa"), "mmHg", 120.01),
        (Pressure.mmhg(120), "mm[Hg]", 120),
    ],
    ids=str,
)
def test_a_quantity_says_the_same_in_another_unit(quantity: Quantity, unit: str, expected: float) -> None:
    assert quantity.to(unit) == pytest.approx(expected, rel=1e-5)


def test_each_reading_names_its_unit() -> None:
    assert Mass.kg(70).in_kg == pytest.approx(70)
    assert Mass.mg(35).in_mg == 35
    assert Volume.ml(35).in_ml == 35
    assert Duration.hours(2).in_minutes == pytest.approx(120)
    assert Duration.minutes(90).in_hours == pytest.approx(1.5)
    assert Length.cm(168).in_cm == 168
    assert Concentration.ng_per_ml(185).in_ng_per_ml == 185
    assert Concentration.mg_per_ml(50).in_mg_per_ml == pytest.approx(50)
    assert Pressure.mmhg(120).in_mmhg == 120


@pytest.mark.parametrize(("kind", "unit"), UNITS, ids=[f"{kind.__name__} {unit}" for kind, unit in UNITS])
@given(value=st.floats(min_value=1e-6, max_value=1e6))
def test_there_and_back_is_where_it_began(kind: type[Quantity], unit: str, value: float) -> None:
    assert kind.of(value, unit).to(unit) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("unit", ["", "MG", "stone", "mg/mL", "mL", "kg ", "µg"])
def test_an_unknown_unit_is_refused_and_the_known_ones_are_named(unit: str) -> None:
    with pytest.raises(UnitError) as refusal:
        Mass.of(1, unit, "weight")
    assert (refusal.value.code, refusal.value.path) == ("unknown_unit", "weight")
    assert "mg" in refusal.value.message
    with pytest.raises(UnitError):
        Mass.mg(1).to(unit)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_what_is_no_number_is_no_quantity(kind: type[Quantity], value: float) -> None:
    with pytest.raises(UnitError, match="finite"):
        kind(value)


def test_like_adds_to_like_and_to_nothing_else() -> None:
    assert (Mass.mg(35) + Mass.of(1, "g")).in_mg == 1035
    assert (Mass.mg(35) - Mass.mg(5)).in_mg == 30
    assert (Mass.mg(28) * 3).in_mg == 84
    with pytest.raises(UnitError) as refusal:
        Mass.mg(35) + Volume.ml(35)
    assert refusal.value.code == "kind_mismatch"
    with pytest.raises(UnitError):
        Mass.mg(35) - Pressure.mmhg(35)


def test_a_larger_amount_is_larger_whatever_unit_it_was_typed_in() -> None:
    assert Mass.of(1, "g") > Mass.mg(999)
    assert Mass.of(150, "lb") < Mass.kg(69)


# Typed numbers


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        *[("70", 70), (" 70.5 ", 70.5), ("0.5", 0.5), (".5", 0.5), ("5.", 5), ("5.0", 5), ("-3", -3), ("+2", 2)],
        *[("0.125", 0.125), ("1.25", 1.25), ("1000", 1000), ("1.0000", 1), ("0.500", 0.5)],
    ],
)
def test_a_typed_number_is_read(typed: str, number: float) -> None:
    assert read_number(typed) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        *[(typed, "decimal_comma") for typed in ("0,5", ",5", "70,25", "-1,5", "0,500", "1000,000")],
        *[(typed, "ambiguous_number") for typed in ("1.000", "1,000", "70.000", "999,999", "-1,000")],
        *[(typed, "not_a_number") for typed in ("", " ", ".", "-", "1e2", "7_0", "nan", "inf", "\u0667\u0660")],
        *[
            (typed, "not_a_number")
            for typed in ("\uff17\uff10", "70 kg", "1,000,000", "1.0.0", "0x10", "--1", "\u00bd")
        ],
        *[(typed, "not_a_number") for typed in ("9" * 400, "seventy", "7 0", "70,", "\u00bd")],
    ],
)
def test_what_is_not_plainly_a_number_is_refused(typed: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        read_number(typed, "weight")
    assert (refused.value.code, refused.value.path) == (code, "weight")


def test_the_refusals_of_a_typed_number_say_how_to_write_it() -> None:
    with pytest.raises(BadInput, match=r"^rate: Write '52,5' with a point: 52\.5\.$"):
        read_number("52,5", "rate")
    with pytest.raises(BadInput, match=r"^'1,000' can be read as one or as a thousand"):
        read_number("1,000")
    with pytest.raises(BadInput, match=rf"^'{'x' * 40}' is not a number"):
        read_number("x" * 60)
