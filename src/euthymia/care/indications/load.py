"""Reads the indications shipped with this room. Its only place that touches disk."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from euthymia.care.indications.document import parse_pack
from euthymia.care.indications.pack import Pack
from euthymia.errors import ProtocolError


def indications() -> tuple[str, ...]:
    """Ids of the shipped indications, in alphabetical order."""
    names = (entry.name for entry in files("euthymia.care.indications").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


@cache
def load_indication(indication_id: str) -> Pack:
    """A shipped indication; refuses a name that is not shipped (ProtocolError)."""
    shipped = indications()
    if indication_id not in shipped:
        message = f"'{indication_id}' is not shipped. Shipped: {', '.join(shipped)}."
        raise ProtocolError("unknown_indication", "indication", message)
    text = files("euthymia.care.indications").joinpath(f"{indication_id}.toml").read_text(encoding="utf-8")
    return parse_pack(tomllib.loads(text))
