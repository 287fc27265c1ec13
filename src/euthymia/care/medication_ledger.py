"""The controlled-drug ledger: a list of entries that only grows, each moving an amount from one place to another.

Amounts are whole micrograms, so sums are exact. Whatever leaves one place arrives in another, and therefore what was
received is given, wasted, destroyed, on hand, or unaccounted for, at every instant. The same id twice is one entry; a
mistake is put right by an entry the other way round and stays readable.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from euthymia.errors import BadInput

UG_PER_MG = 1000


class Place(StrEnum):
    """Where an amount of a controlled drug can be. `unaccounted` is what nobody can say the place of."""

    SUPPLIER = "supplier"
    VAULT = "vault"
    DRAWN = "drawn"
    GIVEN = "given"
    WASTED = "wasted"
    DESTROYED = "destroyed"
    UNACCOUNTED = "unaccounted"


class EntryKind(StrEnum):
    """What is written into the ledger."""

    RECEIVED = "received"
    DRAWN = "drawn"
    GIVEN = "given"
    WASTED = "wasted"
    DESTROYED = "destroyed"
    RETURNED = "returned"
    COUNTED = "counted"
    DISCREPANCY_FOUND = "discrepancy_found"
    DISCREPANCY_RESOLVED = "discrepancy_resolved"


Move = tuple[Place, Place]
# Which moves each kind may make. A dose corrected downwards goes back into the syringe it was counted from.
MOVES: Mapping[EntryKind, frozenset[Move]] = MappingProxyType(
    {
        EntryKind.RECEIVED: frozenset({(Place.SUPPLIER, Place.VAULT)}),
        EntryKind.DRAWN: frozenset({(Place.VAULT, Place.DRAWN)}),
        EntryKind.GIVEN: frozenset({(Place.DRAWN, Place.GIVEN), (Place.GIVEN, Place.DRAWN)}),
        EntryKind.WASTED: frozenset({(Place.DRAWN, Place.WASTED), (Place.VAULT, Place.WASTED)}),
        EntryKind.DESTROYED: frozenset({(Place.VAULT, Place.DESTROYED)}),
        EntryKind.RETURNED: frozenset({(Place.DRAWN, Place.VAULT), (Place.VAULT, Place.SUPPLIER)}),
        EntryKind.COUNTED: frozenset({(Place.VAULT, Place.VAULT)}),
        EntryKind.DISCREPANCY_FOUND: frozenset(
            {
                (Place.VAULT, Place.UNACCOUNTED),
                (Place.UNACCOUNTED, Place.VAULT),
                (Place.UNACCOUNTED, Place.DRAWN),
            }
        ),
        EntryKind.DISCREPANCY_RESOLVED: frozenset(
            {
                (Place.UNACCOUNTED, Place.VAULT),
                (Place.VAULT, Place.UNACCOUNTED),
                (Place.UNACCOUNTED, Place.WASTED),
                (Place.UNACCOUNTED, Place.UNACCOUNTED),
            }
        ),
    }
)
REVERSIBLE = frozenset({EntryKind.RECEIVED, EntryKind.DRAWN, EntryKind.WASTED, EntryKind.DESTROYED, EntryKind.RETURNED})
PER_SESSION = frozenset({Place.DRAWN, Place.GIVEN})
# Places that hold something: an amount there can never be below nothing.
HOLDING = frozenset({Place.VAULT, Place.DRAWN, Place.GIVEN, Place.WASTED, Place.DESTROYED})


@dataclass(frozen=True, slots=True)
class Lot:
    """What came in under one number. Either mL of a strength, or devices that each hold `device_ug`.

    drug: as the protocols name it.   unusable_from: the first instant at which it has expired.
    """

    id: str
    drug: str
    number: str
    unusable_from: datetime
    ug_per_ml: int | None = None
    device_ug: int | None = None

    def __post_init__(self) -> None:
        if (self.ug_per_ml is None) == (self.device_ug is None):
            raise BadInput("strength_or_device", "lot", "A lot is either mL of one strength or devices.")
        if (self.ug_per_ml or self.device_ug or 0) <= 0:
            raise BadInput("not_positive", "lot", "A strength is above 0.")

    def ml_of(self, amount_ug: int) -> Decimal | None:
        """The amount as a volume; None for devices."""
        return None if self.ug_per_ml is None else Decimal(amount_ug) / Decimal(self.ug_per_ml)

    def ug_of(self, volume_ml: Decimal) -> int:
        """A volume of it, to the nearest microgram; devices have none (BadInput)."""
        if self.ug_per_ml is None:
            raise BadInput("no_volume", "amount", "This lot is devices, not mL.")
        return int((volume_ml * self.ug_per_ml).to_integral_value())

    def expired(self, at: datetime) -> bool:
        """Whether it may no longer be used at this instant."""
        return at >= self.unusable_from


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. by, witness, owner: keys that each belong to one person. `session`: whose syringe, where the move
    touches one. `about`: the entry that it reverses, resolves, or was found by. counted_ug, expected_ug: of a count.
    owner: who looks into a discrepancy.
    """

    id: str
    kind: EntryKind
    lot: str
    amount_ug: int
    source: Place
    target: Place
    at: datetime
    recorded_at: datetime
    by: str
    witness: str = ""
    session: str = ""
    reason: str = ""
    about: str = ""
    reversal: bool = False
    counted_ug: int | None = None
    expected_ug: int | None = None
    owner: str = ""

    def __post_init__(self) -> None:
        if not self.id or not self.by.strip():
            raise BadInput("unnamed_entry", "id" if not self.id else "by", "An entry needs an id and who made it.")
        if self.at.tzinfo is None or self.recorded_at.tzinfo is None:
            raise BadInput("naive_time", "at", "A time needs a time zone.")
        move = (self.target, self.source) if self.reversal else (self.source, self.target)
        if move not in MOVES[self.kind] or (self.reversal and (self.kind not in REVERSIBLE or not self.about)):
            raise BadInput("no_such_move", "kind", f"'{self.kind}' does not move {self.source} to {self.target}.")
        if self.amount_ug < 0 or (self.amount_ug == 0) != (self.source is self.target):
            raise BadInput("not_positive", "amount", "An amount above 0 is needed here.")
        if bool(PER_SESSION & {self.source, self.target}) and not self.session:
            raise BadInput("whose_syringe", "session", "Say for whose session it was drawn.")
        if self.kind is EntryKind.COUNTED and (self.counted_ug is None or self.counted_ug < 0):
            raise BadInput("nothing_counted", "counted", "Say how much was counted.")


@dataclass(frozen=True, slots=True)
class Moved:
    """What moved in all between two places of one lot (and one session)."""

    lot: str
    source: Place
    target: Place
    session: str
    amount_ug: int


Account = tuple[str, Place, str]


def account(lot: str, place: Place, session: str = "") -> Account:
    """Where an amount is booked: a place of one lot; what is drawn or given, also by session."""
    return (lot, place, session if place in PER_SESSION else "")


@dataclass(frozen=True, slots=True)
class Ledger:
    """The lots, the entries so far by id, and what they add up to. Built only by `ledger_of` and `entered`."""

    lots: Mapping[str, Lot]
    entries: Mapping[str, Entry] = field(default_factory=lambda: MappingProxyType({}))
    balances: Mapping[Account, int] = field(default_factory=lambda: MappingProxyType({}))

    def balance_ug(self, lot: str, place: Place, session: str = "") -> int:
        """What is there; for `drawn` and `given`, of this session."""
        return self.balances.get(account(lot, place, session), 0)

    def total_ug(self, place: Place, lot: str | None = None) -> int:
        """What is at this place in all, of one lot or of every lot."""
        found = (ug for (of, at, _), ug in self.balances.items() if at is place and lot in (None, of))
        return sum(found)

    def on_hand_ug(self, lot: str | None = None) -> int:
        """In the vault and in syringes."""
        return self.total_ug(Place.VAULT, lot) + self.total_ug(Place.DRAWN, lot)

    def drawn_for(self, session: str) -> Mapping[str, int]:
        """Lot → what is drawn for this session and neither given nor wasted, in the order it was drawn."""
        found = {lot: ug for (lot, at, whose), ug in self.balances.items() if at is Place.DRAWN and whose == session}
        return {lot: ug for lot, ug in found.items() if ug}

    def given_for(self, session: str) -> Mapping[str, int]:
        """Lot → what was debited as given to this session."""
        found = {lot: ug for (lot, at, whose), ug in self.balances.items() if at is Place.GIVEN and whose == session}
        return {lot: ug for lot, ug in found.items() if ug}

    def open_discrepancies(self) -> tuple[Entry, ...]:
        """Those that nobody has resolved, oldest first."""
        resolved = {one.about for one in self.entries.values() if one.kind is EntryKind.DISCREPANCY_RESOLVED}
        found = (one for one in self.entries.values() if one.kind is EntryKind.DISCREPANCY_FOUND)
        return tuple(one for one in found if one.id not in resolved)


def ledger_of(lots: Iterable[Lot], entries: Iterable[Entry] = ()) -> Ledger:
    """The ledger these entries make, in the order they were written; one that comes twice counts once."""
    by_id: dict[str, Entry] = {}
    balances: dict[Account, int] = {}
    for entry in entries:
        if entry.id not in by_id:
            by_id[entry.id] = entry
            _book(balances, entry)
    known = {lot.id: lot for lot in lots}
    return Ledger(MappingProxyType(known), MappingProxyType(by_id), MappingProxyType(balances))


def entered(ledger: Ledger, *entries: Entry) -> Ledger:
    """The ledger with these entries at its end."""
    by_id, balances = dict(ledger.entries), dict(ledger.balances)
    for entry in entries:
        if entry.id not in by_id:
            by_id[entry.id] = entry
            _book(balances, entry)
    return replace(ledger, entries=MappingProxyType(by_id), balances=MappingProxyType(balances))


def ledger_from_sums(lots: Iterable[Lot], moved: Iterable[Moved], entries: Iterable[Entry]) -> Ledger:
    """A ledger whose moves were summed elsewhere. entries: only those an answer may have to look at."""
    balances: dict[Account, int] = {}
    for row in moved:
        _book(balances, row)
    known, by_id = {lot.id: lot for lot in lots}, {entry.id: entry for entry in entries}
    return Ledger(MappingProxyType(known), MappingProxyType(by_id), MappingProxyType(balances))


def with_lot(ledger: Ledger, lot: Lot) -> Ledger:
    """The ledger knowing one more lot."""
    return replace(ledger, lots=MappingProxyType({**ledger.lots, lot.id: lot}))


def imbalance_ug(ledger: Ledger, lot: str | None = None) -> int:
    """What was received less everything it became; 0 as long as the ledger is sound."""
    became = (Place.GIVEN, Place.WASTED, Place.DESTROYED, Place.UNACCOUNTED)
    received_ug = -ledger.total_ug(Place.SUPPLIER, lot)
    return received_ug - sum(ledger.total_ug(place, lot) for place in became) - ledger.on_hand_ug(lot)


def ug_of_mg(dose_mg: float) -> int:
    """The nearest microgram: what the flowsheet calls mg, as the ledger books it."""
    return round(dose_mg * UG_PER_MG)


def mg_of(amount_ug: int) -> Decimal:
    """The amount in mg, exactly."""
    return Decimal(amount_ug) / UG_PER_MG


def _book(balances: dict[Account, int], entry: Entry | Moved) -> None:
    if entry.source is entry.target:
        return
    out = account(entry.lot, entry.source, entry.session)
    into = account(entry.lot, entry.target, entry.session)
    balances[out] = balances.get(out, 0) - entry.amount_ug
    balances[into] = balances.get(into, 0) + entry.amount_ug
