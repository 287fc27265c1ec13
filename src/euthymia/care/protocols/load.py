"""Reads the protocols shipped with this room."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from euthymia.care.protocol import Protocol
from euthymia.care.protocol_document import parse_protocol
from euthymia.errors import ProtocolError


def shipped_protocols() -> tuple[str, ...]:
    """Ids of the protocols that can be loaded, in alphabetical order."""
    names = (entry.name for entry in files("euthymia.care.protocols").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_protocol(protocol_id: str) -> Protocol:
    """A shipped protocol, holes open; refuses a name that is not shipped (ProtocolError)."""
    shipped = shipped_protocols()
    if protocol_id not in shipped:
        message = f"'{protocol_id}' is not shipped. Shipped: {', '.join(shipped)}."
        raise ProtocolError("unknown_protocol", "protocol", message)
    text = files("euthymia.care.protocols").joinpath(f"{protocol_id}.toml").read_text(encoding="utf-8")
    return read_protocol_text(text)


def read_protocol_text(text: str) -> Protocol:
    """A protocol from the text of a TOML file; refuses text that is not TOML (ProtocolError)."""
    try:
        return parse_protocol(tomllib.loads(text))
    except tomllib.TOMLDecodeError as wrong:
        raise ProtocolError("not_toml", "", f"This is not a TOML file: {wrong}.") from wrong
