"""A protocol named on the command line: a shipped id, a TOML or JSON file, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from euthymia.care.protocol import Protocol
from euthymia.care.protocols.load import load_protocol, read_protocol_text, shipped_protocols
from euthymia.errors import BadInput


def read_protocol(file: str) -> Protocol:
    """The protocol of this name; refuses what cannot be read, with the exact path (BadInput)."""
    return load_protocol(file) if file in shipped_protocols() else read_protocol_text(read_text(file))


def read_text(file: str) -> str:
    """The text of a file, or of standard input for `-`."""
    if file == "-":
        return sys.stdin.read()
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise BadInput("unreadable", "file", f"{file} cannot be read as text: {wrong}.") from wrong
