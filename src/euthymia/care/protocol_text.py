"""A protocol as a TOML file, for sharing: what `read_protocol_text` reads back as the same protocol."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from euthymia.care.protocol import Protocol
from euthymia.care.protocol_document import to_mapping

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
# TOML wants these written as escapes too; JSON leaves them as they are.
DELETE = "\x7f"


def to_toml(protocol: Protocol) -> str:
    """The whole protocol as TOML text: single values first, then a table for each part, then each list entry."""
    document = to_mapping(protocol)
    lines = [f"{_key(name)} = {_value(value)}" for name, value in document.items() if _fits_a_line(value)]
    for name, value in document.items():
        if isinstance(value, Mapping):
            lines += ["", f"[{_key(name)}]", *_fields(value)]
        elif not _fits_a_line(value):
            for row in value:
                lines += ["", f"[[{_key(name)}]]", *_fields(row)]
    return "\n".join(lines) + "\n"


def _fields(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in table.items()]


def _fits_a_line(value: Any) -> bool:
    """Whether this is a single value or a list of them, rather than a table or a list of tables."""
    if isinstance(value, list):
        return not any(isinstance(item, Mapping) for item in value)
    return not isinstance(value, Mapping)


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_fields(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    return str(int(value)) if value == int(value) else repr(value)


def _text(text: str) -> str:
    """A JSON string is a TOML string, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace(DELETE, "\\u007f")
