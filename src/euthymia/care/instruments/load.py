"""Reads the instruments shipped with this room."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Any

from euthymia.care.instruments.document import parse_instrument
from euthymia.care.instruments.instrument import Instrument
from euthymia.care.tables.load import read_table, shipped_in, text_in
from euthymia.errors import InstrumentError

PACKAGE = "euthymia.care.instruments"


@cache
def instruments() -> tuple[str, ...]:
    """Ids of the shipped instruments, in alphabetical order."""
    return shipped_in(PACKAGE)


def load_instrument(instrument_id: str, version: str | None = None) -> Instrument:
    """A shipped instrument; refuses an id that is not shipped, and another version than this one where `version` is
    named, as a stored score does (InstrumentError)."""
    instrument = _shipped(instrument_id)
    if version not in (None, instrument.version):
        says = f"'{instrument_id}' is shipped in version {instrument.version}. Keep scores of another version apart."
        raise InstrumentError("unknown_version", "version", says)
    return instrument


@cache
def _shipped(instrument_id: str) -> Instrument:
    if instrument_id not in instruments():
        known = ", ".join(instruments())
        raise InstrumentError(
            "unknown_instrument", "instrument", f"'{instrument_id}' is not shipped. Shipped: {known}."
        )
    return parse_instrument(_with_table(tomllib.loads(text_in(PACKAGE, instrument_id))))


def _with_table(document: dict[str, Any]) -> dict[str, Any]:
    """A triage that stands in a table of the room (`levels_from`) is read from there, so that it is written once."""
    if "levels_from" not in document:
        return document
    table = read_table(document["levels_from"])
    return document | {"level": table["tier"], "sources": table["sources"] | document.get("sources", {})}
