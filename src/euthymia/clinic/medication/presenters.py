"""Lots and entries of the ledger in the words of a nurse: mL with mg beside, who, when, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from euthymia.care.medication_ledger import EntryKind, Lot, Place, mg_of, ug_of_mg
from euthymia.care.medication_rules import in_words
from euthymia.care.session import LATE_AFTER
from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot
from euthymia.clinic.medication.rows import lot_of
from euthymia.clinic.sessions.wording import ago

KINDS = {
    EntryKind.RECEIVED: "Received",
    EntryKind.DRAWN: "Drawn",
    EntryKind.GIVEN: "Given",
    EntryKind.WASTED: "Wasted",
    EntryKind.DESTROYED: "Destroyed",
    EntryKind.RETURNED: "Returned",
    EntryKind.COUNTED: "Counted",
    EntryKind.DISCREPANCY_FOUND: "Discrepancy found",
    EntryKind.DISCREPANCY_RESOLVED: "Discrepancy resolved",
}
OUTCOMES = {
    "found_again": "Found again: it is in the vault",
    "wasted": "Wasted or spilled and not written down then",
    "lost": "Lost or stolen: it stays unaccounted for",
    "explained": "Explained by the reason below; nothing moves",
    "taken_from_vault": "It came out of this lot in the vault",
}
PLACES = {
    Place.SUPPLIER: "supplier",
    Place.VAULT: "vault",
    Place.DRAWN: "syringe",
    Place.GIVEN: "person",
    Place.WASTED: "waste",
    Place.DESTROYED: "destroyed",
    Place.UNACCOUNTED: "unaccounted",
}
# How early the stock page points at an expiry: time to use it up or to order. Nothing depends on it.
EXPIRES_SOON = timedelta(days=60)


def plain(amount: object) -> str:
    """A decimal without trailing noughts or an exponent."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def mg_words(amount_ug: int) -> str:
    return f"{plain(mg_of(amount_ug))} mg"


def strength_words(lot: Lot) -> str:
    """`50 mg/mL`, or `28 mg devices`."""
    if lot.device_ug is not None:
        return f"{plain(mg_of(lot.device_ug))} mg devices"
    return f"{plain(mg_of(lot.ug_per_ml or 0))} mg/mL"


@dataclass(frozen=True, slots=True)
class LotLine:
    """One lot of the stock page. tone: "" | "soon" | "over"."""

    row: MedicationLot
    name: str
    strength: str
    expires: str
    tone: str
    vault: str
    drawn: str
    takes_ml: bool


def lot_line(row: MedicationLot, now: datetime) -> LotLine:
    """The lot with its balance in words."""
    lot = lot_of(row)
    tone, expires = "", "not known"
    if row.expires_on:
        expires = f"{row.expires_on:%-d %b %Y}"
        tone = "over" if lot.expired(now) else "soon" if lot.expired(now + EXPIRES_SOON) else ""
    drawn = in_words(lot, row.drawn_ug) if row.drawn_ug else ""
    return LotLine(
        row, row.product or row.drug, strength_words(lot), expires, tone, in_words(lot, row.vault_ug), drawn,
        lot.device_ug is None,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry of the ledger page and of the report."""

    row: LedgerEntryRow
    kind: str
    at: datetime
    late: bool
    lot: str
    amount: str
    moved: str
    patient: str
    by: str
    witness: str
    words: str
    may_take_back: bool


def entry_lines(rows: Iterable[LedgerEntryRow], zone: ZoneInfo, taken_back: Iterable[object] = ()) -> list[EntryLine]:
    """The entries in words, in the order given. taken_back: ids of entries that were reversed."""
    gone = set(taken_back)
    return [_line(row, zone, gone) for row in rows]


def _line(row: LedgerEntryRow, zone: ZoneInfo, gone: set[object]) -> EntryLine:
    kind, lot = EntryKind(row.kind), lot_of(row.lot)
    name = KINDS[kind]
    if row.reversal:
        name = f"{name}, taken back"
    elif kind is EntryKind.GIVEN and row.source == Place.GIVEN.value:
        name = "Given, corrected"
    reversible = kind.value in {"received", "drawn", "wasted", "destroyed", "returned"} and not row.reversal
    moved = "" if row.source == row.target else f"{PLACES[Place(row.source)]} → {PLACES[Place(row.target)]}"
    return EntryLine(
        row=row,
        kind=name,
        at=row.at.astimezone(zone),
        late=row.recorded_at - row.at > LATE_AFTER,
        lot=f"{row.lot.drug} {strength_words(lot)}, lot {row.lot.number}",
        amount=_amount(row, lot),
        moved=moved,
        patient=str(row.session.patient) if row.session else "",
        by=row.by_name,
        witness=row.witness_name,
        words=row.reason,
        may_take_back=reversible and row.id not in gone,
    )


def _amount(row: LedgerEntryRow, lot: Lot) -> str:
    if row.counted_ug is not None:
        return f"{in_words(lot, row.counted_ug)} counted, {in_words(lot, row.expected_ug or 0)} expected"
    return in_words(lot, row.amount_ug) if row.amount_ug else "–"


def discrepancy_age(row: LedgerEntryRow, now: datetime) -> str:
    """How long it has been open."""
    return ago(row.recorded_at, now)


def initials(name: str) -> str:
    """The first letters of a name, as a register asks for them."""
    return "".join(word[0] for word in name.replace("-", " ").split() if word[0].isalpha()).upper()


def dose_in_ml(lot: Lot, dose_mg: float) -> str:
    """The ordered dose in mL of this lot, or in devices; for the label of a choice."""
    return in_words(lot, ug_of_mg(dose_mg))
