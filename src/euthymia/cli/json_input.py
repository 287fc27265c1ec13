"""Reads the JSON object a command is given, and takes values out of it with the path they had."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from euthymia.errors import BadInput
from euthymia.number import is_number


def read_object(file: str) -> Mapping[str, Any]:
    """The JSON object in this file, or on standard input for `-`; refuses anything else."""
    return as_object(json_of(text_of(file)), "")


def json_of(text: str, path: str = "FILE") -> Any:
    """What a JSON text says; refuses what is none, an object that gives one field twice, and half a character."""
    try:
        found = json.loads(text, object_pairs_hook=_once_each, parse_int=_whole)
        if "\\u" in text:
            # Half a character, as \ud83d without its other half, could be neither printed nor kept.
            json.dumps(found, ensure_ascii=False).encode()
        return found
    except (ValueError, RecursionError) as error:
        # A number of thousands of digits is an error of its own, not one of JSON.
        raise BadInput("not_json", path, f"The input is not JSON: {error}.") from error


def text_of(file: str, path: str = "FILE") -> str:
    """The text of this file, or of standard input for `-`: UTF-8, with or without the mark some editors put first."""
    try:
        return _bytes_of(file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        named = "Standard input" if file == "-" else f"'{file}'"
        raise BadInput("unreadable", path, f"{named} cannot be read as text: {error}.") from error


def _bytes_of(file: str) -> bytes:
    if file == "-":
        if sys.stdin is None:
            raise OSError("it is closed")
        # Not as text: what is no UTF-8 would come through in disguise.
        return sys.stdin.buffer.read()
    # Not pathlib: nothing else in a simulation needs it, and it brings the reading of web addresses with it.
    with open(file, "rb") as source:
        return source.read()


def _whole(digits: str) -> float:
    """A whole number; beyond what a float holds it is infinite, as 1e400 is, so that who wants a number refuses it."""
    value = int(digits)
    return value if is_number(value) else math.inf


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; refuses a field given twice: which of the two was meant is not ours to guess."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise BadInput("duplicate_field", name, f"'{name}' is given twice in one object. Keep the one you mean.")
        found[name] = value
    return found


@contextmanager
def renamed(places: Mapping[str, str]) -> Iterator[None]:
    """Refusals made inside, with their path as the request has it: class, code and message stay.

    places: what a part of the request is called inside, such as `doses` → where it stands, such as
    `regimens[1].doses`. The first that fits counts; a path that fits none stays.
    """
    try:
        yield
    except BadInput as refusal:
        raise type(refusal)(refusal.code, _renamed(refusal.path, places), refusal.message) from refusal


def _renamed(path: str, places: Mapping[str, str]) -> str:
    for inside, outside in places.items():
        if path == inside or path.startswith((f"{inside}.", f"{inside}[")):
            return outside + path.removeprefix(inside)
    return path


def as_object(value: Any, path: str) -> Mapping[str, Any]:
    """A JSON object, or a refusal with its path."""
    if not isinstance(value, dict):
        raise BadInput("not_an_object", path, "Give a JSON object here.")
    return value


def object_at(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object under this name; absent is empty."""
    return as_object(data.get(name, {}), name)


def number_or_none(data: Mapping[str, Any], name: str, path: str = "") -> float | None:
    """A finite number, or None where it is absent or null."""
    value = data.get(name)
    if value is None:
        return None
    if not is_number(value):
        raise BadInput("not_a_number", _at(path, name), "Give a number, or leave it out if not known.")
    return float(value)


def number_at(data: Mapping[str, Any], name: str, path: str = "") -> float:
    """A finite number that has to be there; refuses its absence too."""
    value = data.get(name)
    if value is None:
        raise BadInput("missing", _at(path, name), f"'{name}' is missing.")
    if not is_number(value):
        raise BadInput("not_a_number", _at(path, name), f"Give '{name}' as a finite number.")
    return float(value)


def yes_no_or_none(data: Mapping[str, Any], name: str, path: str = "") -> bool | None:
    """True, false, or None where it is absent or null."""
    value = data.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadInput("not_yes_no", _at(path, name), "Give true or false, or leave it out if not known.")
    return value


def time_of(said: Any, path: str, code: str = "bad_time") -> datetime:
    """The time these words say; refuses what is no time (with this code), and one without its time zone."""
    try:
        at = datetime.fromisoformat(said)
    except (TypeError, ValueError) as wrong:
        raise BadInput(code, path, "Give the time as 2026-01-01T09:00:00Z.") from wrong
    if at.tzinfo is None:
        raise BadInput("naive_time", path, "Give the time with its time zone, e.g. 2026-01-01T09:00:00Z.")
    return at


def refuse_unknown(data: Mapping[str, Any], known: set[str], path: str = "") -> None:
    """Refuses a name nobody reads: a misspelt one would otherwise be silently ignored."""
    for name in data:
        if name not in known:
            raise BadInput("unknown_field", _at(path, name), f"Known here: {', '.join(sorted(known))}.")


def _at(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
