"""Reads the instruments shipped with this room. Its only place that touches disk."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from euthymia.care.instruments.document import parse_instrument
from euthymia.care.instruments.instrument import Instrument
from euthymia.care.tables.load import read_table
from euthymia.errors import InstrumentError


@cache
def instruments() -> tuple[str, ...]:
    """Ids of the shipped instruments, in alphabetical order."""
    names = (entry.name for entry in files("euthymia.care.instruments").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


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
    text = files("euthymia.care.instruments").joinpath(f"{instrument_id}.toml").read_text(encoding="utf-8")
    return parse_instrument(_with_table(tomllib.loads(text)))


def _with_table(document: dict[str, Any]) -> dict[str, Any]:
    """A triage that stands in a table of the room (`levels_from`) is read from there, so that it is written once."""
    if "levels_from" not in document:
        return document
    table = read_table(document["levels_from"])
    return document | {"level": table["tier"], "sources": table["sources"] | document.get("sources", {})}
