"""Reads the protocols shipped with this room."""

from __future__ import annotations

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


def read_protocol_text(text: str) -> Protocol:
    """A protocol from the text of a TOML file; refuses text that is not TOML (ProtocolError)."""
    try:
        return parse_protocol(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise ProtocolError("not_toml", "", f"This is not a TOML file: {wrong}.") from wrong
