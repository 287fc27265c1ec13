"""Reads the indications shipped with this room."""

from __future__ import annotations

import tomllib
from functools import cache

from euthymia.care.indications.document import parse_pack
from euthymia.care.indications.pack import Pack
from euthymia.care.tables.load import shipped_in, text_in
from euthymia.errors import ProtocolError

PACKAGE = "euthymia.care.indications"


def indications() -> tuple[str, ...]:
    """Ids of the shipped indications, in alphabetical order."""
    return shipped_in(PACKAGE)


@cache
def load_indication(indication_id: str) -> Pack:
    """A shipped indication; refuses a name that is not shipped (ProtocolError)."""
    shipped = indications()
    if indication_id not in shipped:
        message = f"'{indication_id}' is not shipped. Shipped: {', '.join(shipped)}."
        raise ProtocolError("unknown_indication", "indication", message)
    return parse_pack(tomllib.loads(text_in(PACKAGE, indication_id)))
