"""Reads the JSON object a command is given, and takes values out of it with the path they had."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from euthymia.errors import BadInput


def read_object(file: str) -> Mapping[str, Any]:
    """The JSON object in this file, or on standard input for `-`; refuses anything else."""
    try:
        return as_object(json.loads(_text_of(file)), "")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("unreadable", "FILE", f"'{file}' cannot be read as text: {error}.") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadInput("not_json", "FILE", f"The input is not JSON: {error}.") from error


def _text_of(file: str) -> str:
    if file == "-":
        return sys.stdin.read()
    # Not pathlib: nothing else in a simulation needs it, and it brings the reading of web addresses with it.
    with open(file, encoding="utf-8") as source:
        return source.read()


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
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInput("not_a_number", _at(path, name), "Give a number, or leave it out if not known.")
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
