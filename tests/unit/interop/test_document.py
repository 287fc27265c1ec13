"""The narrow door: JSON in and out."""

from __future__ import annotations

import json
import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from euthymia.errors import DocumentError
from euthymia.interop.fhir.document import read_document, write_document

NUMBERS = some.integers(-(10**17), 10**17) | some.decimals(
    min_value=-(10**9), max_value=10**9, places=4, allow_nan=False, allow_infinity=False
)
TEXT = some.text(some.characters(exclude_categories=["Cs"]))
VALUES = some.recursive(
    some.none() | some.booleans() | NUMBERS | TEXT,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(TEXT, inner, max_size=3),
    max_leaves=12,
)


@given(some.dictionaries(TEXT, VALUES, max_size=4))
def test_what_is_written_is_read_back(document: dict[str, Any]) -> None:
    text = write_document(document)
    assert read_document(text) == document
    assert read_document(text.encode()) == document
    assert read_document(document) == document
    assert json.loads(text).keys() == document.keys()


@pytest.mark.parametrize("digits", ["70.10", "0.10", "100", "-3.0", "0.000001", "12345678901234567890.10"])
def test_decimals_keep_their_digits(digits: str) -> None:
    document = read_document(f'{{"value":{digits}}}')
    assert str(document["value"]) == digits
    assert write_document(document) == f'{{"value":{digits}}}'


def test_an_exponent_is_written_as_plain_digits() -> None:
    assert write_document(read_document('{"a": 7.1E+1, "b": 1e-7}')) == '{"a":71,"b":0.0000001}'


def test_floats_are_written_by_their_shortest_digits() -> None:
    assert write_document({"value": 0.1}) == '{"value":0.1}'


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, Decimal("NaN"), Decimal("Infinity"), object(), b"x", {1: 2}, {"a": {3}}]
)
def test_what_json_cannot_carry_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(DocumentError) as refused:
        write_document({"entry": [value]})
    assert refused.value.code == "not_json"
    assert refused.value.path.startswith("entry[0]")


def test_a_document_that_holds_itself_is_refused() -> None:
    endless: dict[str, Any] = {}
    endless["again"] = endless
    for door in (write_document, read_document):
        with pytest.raises(DocumentError) as refused:
            door(endless)
        assert refused.value.code == "too_deep"


def test_a_byte_order_mark_is_no_obstacle() -> None:
    assert read_document(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_brackets_in_text_are_not_depth() -> None:
    assert read_document('{"a": "' + "[" * 500 + r'\""}', max_depth=2) == {"a": "[" * 500 + '"'}


@pytest.mark.parametrize("text", ['{"a": "' + r"\"" * 50_000, '{"a": "' + "\\", "[" * 61, '{"a"', "nul", '"a"', "1"])
def test_text_that_is_no_object_is_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        read_document(text)


@given(some.binary(max_size=60) | some.text(max_size=60))
def test_nothing_but_a_refusal_or_an_object_comes_out(source: bytes | str) -> None:
    try:
        assert isinstance(read_document(source), dict)
    except DocumentError:
        return
