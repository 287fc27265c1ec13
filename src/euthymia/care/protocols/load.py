"""Reads the protocols shipped with this room."""

from __future__ import annotations

import json
import tomllib
from functools import cache

from euthymia.care.protocol import Protocol
from euthymia.care.protocol_document import parse_protocol
from euthymia.care.tables.load import shipped_in, text_in
from euthymia.errors import ProtocolError

PACKAGE = "euthymia.care.protocols"


def shipped_protocols() -> tuple[str, ...]:
    """Ids of the protocols that can be loaded, in alphabetical order."""
    return shipped_in(PACKAGE)


@cache
def load_protocol(protocol_id: str) -> Protocol:
    """A shipped protocol, holes open; refuses a name that is not shipped (ProtocolError)."""
    shipped = shipped_protocols()
    if protocol_id not in shipped:
        message = f"'{protocol_id}' is not shipped. Shipped: {', '.join(shipped)}."
        raise ProtocolError("unknown_protocol", "protocol", message)
    return read_protocol_text(text_in(PACKAGE, protocol_id))


def read_protocol_text(text: str, path: str = "") -> Protocol:
    """A protocol from the text of a TOML file, or of a JSON file, which begins with a brace; refuses text that is
    neither (ProtocolError at `path`), and what a protocol may not say, with its place in the document."""
    is_json = text.lstrip().startswith("{")
    try:
        document = json.loads(text) if is_json else tomllib.loads(text)
    # Wider than a fault of grammar: a number of thousands of digits, or braces without end, is refused as well.
    except (ValueError, RecursionError) as wrong:
        code, kind = ("not_json", "JSON") if is_json else ("not_toml", "a TOML file")
        raise ProtocolError(code, path, f"This is not {kind}: {wrong}.") from wrong
    return parse_protocol(document)
