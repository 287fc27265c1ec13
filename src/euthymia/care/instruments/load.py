"""Reads the instruments shipped with this room. Its only place that touches disk."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from euthymia.care.instruments.document import parse_instrument
from euthymia.care.instruments.instrument import Instrument
from euthymia.errors import InstrumentError


@cache
def instruments() -> tuple[str, ...]:
    """Ids of the shipped instruments, in alphabetical order."""
    names = (entry.name for entry in files("euthymia.care.instruments").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_instrument(instrument_id: str) -> Instrument:
    """A shipped instrument; refuses an id that is not shipped (InstrumentError)."""
    if instrument_id not in instruments():
        known = ", ".join(instruments())
        raise InstrumentError(
            "unknown_instrument", "instrument", f"'{instrument_id}' is not shipped. Shipped: {known}."
        )
    text = files("euthymia.care.instruments").joinpath(f"{instrument_id}.toml").read_text(encoding="utf-8")
    return parse_instrument(tomllib.loads(text))
