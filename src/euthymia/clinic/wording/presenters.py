"""Which questionnaires have words, and whose."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from euthymia.care.instruments import Instrument, instruments, load_instrument
from euthymia.clinic.wording.models import InstrumentWording

MAY = {
    "embed": "shipped, or free to ship",
    "conditional": "yours to bring, within its owner's terms",
    "site_supplied": "yours to bring, with a licence",
}


@dataclass(frozen=True, slots=True)
class WordingRow:
    """One questionnaire: what its owner allows, what is shipped, and what this clinic brought."""

    title: str
    may: str
    note: str
    shipped: str
    brought: tuple[InstrumentWording, ...]


def wording_rows(rows: Iterable[InstrumentWording]) -> list[WordingRow]:
    """Every instrument, by title."""
    brought = list(rows)
    told = [load_instrument(name) for name in instruments()]
    return sorted((_row(one, brought) for one in told), key=lambda row: row.title.casefold())


def _row(told: Instrument, brought: list[InstrumentWording]) -> WordingRow:
    return WordingRow(
        title=told.title,
        may=MAY[told.licence.kind.value],
        note=told.licence.note,
        shipped=", ".join(told.languages) if told.can_be_shown else "",
        brought=tuple(row for row in brought if row.instrument == told.id),
    )
