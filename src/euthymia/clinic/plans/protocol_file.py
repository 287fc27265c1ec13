"""A protocol as a file that leaves the clinic and comes back."""

from __future__ import annotations

import json
import tomllib

from euthymia.care.protocol import Protocol
from euthymia.care.protocol_document import parse_protocol, to_mapping
from euthymia.errors import ProtocolError


def protocol_json(protocol: Protocol) -> str:
    """The whole protocol as JSON text."""
    return json.dumps(to_mapping(protocol), indent=2, ensure_ascii=False) + "\n"


def read_file(content: bytes, largest: int) -> Protocol:
    """A protocol from a TOML or JSON file; refuses with the exact path (ProtocolError)."""
    if len(content) > largest:
        raise ProtocolError("too_large", "file", f"A protocol file is at most {largest // 1000} kB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise ProtocolError("not_text", "file", "This file is not UTF-8 text.") from wrong
    is_json = text.lstrip().startswith("{")
    try:
        document = json.loads(text) if is_json else tomllib.loads(text)
    # Wider than a fault of grammar: a number of thousands of digits, or braces without end, is refused as well.
    except (ValueError, RecursionError) as wrong:
        code, kind = ("not_json", "JSON") if is_json else ("not_toml", "a TOML file")
        raise ProtocolError(code, "file", f"This is not {kind}: {wrong}.") from wrong
    return parse_protocol(document)
