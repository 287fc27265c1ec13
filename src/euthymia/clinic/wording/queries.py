"""Which words a clinic shows."""

from __future__ import annotations

from euthymia.care.instruments import Instrument, load_instrument
from euthymia.care.instruments.wording import Wording, with_wording
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.wording.models import InstrumentWording


def wordings_of(actor: Actor) -> list[InstrumentWording]:
    """The words this clinic has brought and not taken back, the newest of each instrument and language."""
    rows = visible_to(actor, InstrumentWording).filter(taken_back_at=None).select_related("loaded_by")
    newest = {(row.instrument, row.language): row for row in rows.order_by("pk")}
    return [newest[key] for key in sorted(newest)]


def instrument_in_words_of(actor: Actor, instrument_id: str) -> Instrument:
    """The instrument as this clinic shows it: in its own licensed words where it brought some for this version."""
    instrument = load_instrument(instrument_id)
    rows = visible_to(actor, InstrumentWording).filter(
        instrument=instrument_id, instrument_version=instrument.version, taken_back_at=None
    )
    newest = {row.language: row for row in rows.order_by("pk")}
    for row in newest.values():
        instrument = with_wording(instrument, wording_in(row))
    return instrument


def wording_in(row: InstrumentWording) -> Wording:
    """The words a row holds; JSON keeps answer values as text."""
    options = {item: {int(value): text for value, text in lines.items()} for item, lines in row.options.items()}
    return Wording(row.language, row.items, options, row.notice, row.instruction)
