"""FHIR JSON text to a plain document and back, with a door that is narrow: size, depth, duplicates, odd numbers.

Decimals stay the text they were: 70.10 is read as Decimal("70.10") and written as 70.10. Use `write_document` to send a
document; the standard library's `json.dumps` refuses decimals, and a framework's encoder may turn them into strings.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from euthymia.errors import DocumentError

Document = dict[str, Any]

MAX_BYTES = 10 * 1024 * 1024
MAX_DEPTH = 60
# Longer than any measurement anybody has written down; keeps a hostile number from costing time or memory.
MAX_NUMBER_TEXT = 40
MAX_EXPONENT = 30

# A string that never ends is taken to the end of the text, so that reading stays linear whatever is sent.
_MARKS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def read_document(
    source: str | bytes | Mapping[str, object], *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH
) -> Document:
    """The JSON object in `source`, numbers as int or Decimal; refuses (DocumentError) what is no plain JSON object."""
    if isinstance(source, Mapping):
        return read_document(write_document(source, max_depth=max_depth), max_bytes=max_bytes, max_depth=max_depth)
    text = _text_of(source, max_bytes)
    _refuse_depth(text, max_depth)
    try:
        document = json.loads(
            text, parse_float=_number, parse_int=_whole, parse_constant=_constant, object_pairs_hook=_once
        )
    except ValueError as wrong:
        raise DocumentError("not_json", "", f"This is not a JSON document: {wrong}. Send FHIR R4 as JSON.") from wrong
    if not isinstance(document, dict):
        raise DocumentError("not_an_object", "", "A FHIR resource is one JSON object, in braces.")
    return document


def write_document(document: Mapping[str, object], *, max_depth: int = MAX_DEPTH) -> str:
    """JSON text with every decimal written as it stands; refuses (DocumentError) what JSON cannot carry."""
    return "".join(_pieces(document, "", max_depth))


def _text_of(source: str | bytes, max_bytes: int) -> str:
    size = len(source)
    if size > max_bytes:
        message = f"This document is larger than the {max_bytes:,} bytes taken at once. Send fewer entries."
        raise DocumentError("too_large", "", message)
    if isinstance(source, str):
        return source
    try:
        return bytes(source).decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise DocumentError("not_utf8", "", f"FHIR JSON is UTF-8; byte {wrong.start} is not.") from wrong


def _refuse_depth(text: str, max_depth: int) -> None:
    depth = 0
    for found in _MARKS.finditer(text):
        mark = found.group()
        if mark in "[{":
            depth += 1
            if depth > max_depth:
                raise DocumentError("too_deep", "", f"This document is nested deeper than {max_depth} levels.")
        elif mark in "]}":
            depth -= 1


def _number(text: str) -> Decimal:
    exponent = re.split("[eE]", text)[-1] if "e" in text.lower() else "0"
    if len(text) > MAX_NUMBER_TEXT or len(exponent) > 3 or abs(int(exponent)) > MAX_EXPONENT:
        raise ValueError("a number has more digits than a measurement can have")
    return Decimal(text)


def _whole(text: str) -> int:
    if len(text) > MAX_NUMBER_TEXT:
        raise ValueError("a number has more digits than a measurement can have")
    return int(text)


def _constant(text: str) -> float:
    raise ValueError(f"{text} is not a JSON number")


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"'{twice[:60]}' stands twice in one object")
    return found


def _pieces(value: object, path: str, room: int) -> Iterator[str]:
    if room < 0:
        raise DocumentError("too_deep", path[:200], "This document is nested too deeply.")
    if isinstance(value, Mapping):
        yield "{"
        for position, (name, inner) in enumerate(value.items()):
            if not isinstance(name, str):
                raise DocumentError("not_json", path, "Names in a JSON object are text.")
            yield f"{',' if position else ''}{json.dumps(name)}:"
            yield from _pieces(inner, f"{path}.{name}" if path else name, room - 1)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for position, inner in enumerate(value):
            if position:
                yield ","
            yield from _pieces(inner, f"{path}[{position}]", room - 1)
        yield "]"
    else:
        yield _scalar(value, path)


def _scalar(value: object, path: str) -> str:
    if value is None or isinstance(value, bool | int | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Decimal) and value.is_finite():
        # JSON has no leading plus and FHIR no need of an exponent: plain digits, trailing zeros kept.
        return f"{value:f}" if abs(value.adjusted()) <= MAX_EXPONENT else str(value)
    if isinstance(value, float) and math.isfinite(value):
        return repr(value)
    raise DocumentError("not_json", path, f"A {type(value).__name__} cannot stand in a JSON document.")
