"""A protocol as a file that leaves the clinic and comes back."""

from __future__ import annotations

import json

from euthymia.care.protocol import Protocol
from euthymia.care.protocol_document import to_mapping
from euthymia.care.protocols.load import read_protocol_text
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
    return read_protocol_text(text, "file")
