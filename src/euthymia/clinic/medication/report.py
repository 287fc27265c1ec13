"""The controlled-drug report of a day or a month: what each lot began with, what became of it, and every entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Sum

from euthymia.care.medication_ledger import Lot, Place, mg_of
from euthymia.care.medication_rules import in_words
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot
from euthymia.clinic.medication.presenters import KINDS, EntryKind, initials, plain, strength_words
from euthymia.clinic.medication.queries import Wanted, entries
from euthymia.clinic.medication.rows import lot_of
from euthymia.clinic.people.queries import visible_to

# What a text must not begin with, so that no spreadsheet runs it.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "|", "%")
ON_HAND = (Place.VAULT, Place.DRAWN)
COLUMNS = (
    "date",
    "time",
    "entry",
    "drug",
    "strength",
    "lot",
    "amount_mg",
    "amount",
    "from",
    "to",
    "patient",
    "record_number",
    "by",
    "initials",
    "witness",
    "recorded_at",
    "reason",
    "entry_id",
)


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of one day up to, and without, another, on the clinic's clock."""

    first: date
    following: date
    zone: ZoneInfo

    @property
    def from_at(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def until_at(self) -> datetime:
        return datetime.combine(self.following, time(), self.zone)


@dataclass(frozen=True, slots=True)
class LotMonth:
    """One lot over the period, in words; `balanced` says that nothing came or went unseen."""

    name: str
    opening: str
    received: str
    given: str
    wasted: str
    destroyed: str
    unaccounted: str
    closing: str
    balanced: bool


def lot_rows(viewer: Viewer, period: Period) -> list[LotMonth]:
    """Every lot that was here or moved in the period."""
    before = _sums(viewer, Wanted(until_at=period.from_at))
    within = _sums(viewer, Wanted(from_at=period.from_at, until_at=period.until_at))
    rows = visible_to(viewer, MedicationLot).order_by("drug", "unusable_from", "number")
    found = []
    for row in rows:
        opening_ug = sum(before[row.id][place] for place in ON_HAND)
        if opening_ug or row.id in within:
            found.append(_row(lot_of(row), opening_ug, within[row.id]))
    return found


def _sums(viewer: Viewer, wanted: Wanted) -> dict[UUID, dict[Place, int]]:
    found: dict[UUID, dict[Place, int]] = defaultdict(lambda: defaultdict(int))
    moved = entries(viewer, wanted).order_by().values("lot_id", "source", "target").annotate(amount=Sum("amount_ug"))
    for row in moved:
        found[row["lot_id"]][Place(row["source"])] -= row["amount"]
        found[row["lot_id"]][Place(row["target"])] += row["amount"]
    return found


def _row(lot: Lot, opening_ug: int, change: dict[Place, int]) -> LotMonth:
    closing_ug = opening_ug + sum(change[place] for place in ON_HAND)
    became = sum(change[place] for place in (Place.GIVEN, Place.WASTED, Place.DESTROYED, Place.UNACCOUNTED))

    def words(amount_ug: int) -> str:
        sign = "−" if amount_ug < 0 else ""
        return f"{sign}{in_words(lot, abs(amount_ug))}" if amount_ug else "–"

    return LotMonth(
        name=f"{lot.drug} {strength_words(lot)}, lot {lot.number}",
        opening=words(opening_ug),
        received=words(-change[Place.SUPPLIER]),
        given=words(change[Place.GIVEN]),
        wasted=words(change[Place.WASTED]),
        destroyed=words(change[Place.DESTROYED]),
        unaccounted=words(change[Place.UNACCOUNTED]),
        closing=words(closing_ug),
        balanced=opening_ug - change[Place.SUPPLIER] == closing_ug + became,
    )


def csv_rows(rows: Iterable[LedgerEntryRow], zone: ZoneInfo) -> Iterable[dict[str, Any]]:
    """One line per entry under COLUMNS, with no cell that a spreadsheet would run."""
    for row in rows:
        lot, at = lot_of(row.lot), row.at.astimezone(zone)
        patient = row.session.patient if row.session else None
        line = {
            "date": f"{at:%Y-%m-%d}",
            "time": f"{at:%H:%M:%S}",
            "entry": KINDS[EntryKind(row.kind)] + (" (taken back)" if row.reversal else ""),
            "drug": lot.drug,
            "strength": strength_words(lot),
            "lot": lot.number,
            "amount_mg": plain(mg_of(row.amount_ug)),
            "amount": in_words(lot, row.amount_ug),
            "from": row.source,
            "to": row.target,
            "patient": str(patient) if patient else "",
            "record_number": patient.record_number if patient else "",
            "by": row.by_name,
            "initials": initials(row.by_name),
            "witness": row.witness_name,
            "recorded_at": row.recorded_at.astimezone(zone).isoformat(timespec="seconds"),
            "reason": row.reason,
            "entry_id": str(row.id),
        }
        yield {name: _inert(value) for name, value in line.items()}


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
