"""A protocol named on the command line: a shipped id, a TOML or JSON file, or standard input."""

from __future__ import annotations

from euthymia.care.protocol import Protocol
from euthymia.care.protocols.load import load_protocol, read_protocol_text, shipped_protocols
from euthymia.cli.json_input import text_of


def read_protocol(file: str) -> Protocol:
    """The protocol of this name; refuses what cannot be read, with the exact path (BadInput)."""
    return load_protocol(file) if file in shipped_protocols() else read_protocol_text(text_of(file, "file"))
