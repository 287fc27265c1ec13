"""Rows of the ledger as the values its rules know, and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from euthymia.care.medication_ledger import Entry, EntryKind, Lot, Place
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot
from euthymia.clinic.medication.witnesses import Witness

# A lot that nobody could name never expires: nothing can be drawn from it.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def lot_of(row: MedicationLot) -> Lot:
    """The lot as the rules know it."""
    return Lot(str(row.id), row.drug, row.number, row.unusable_from, row.ug_per_ml, row.device_ug)


def unusable_from(expires_on: date, zone: ZoneInfo) -> datetime:
    """The midnight after its last day, on the clinic's clock."""
    return datetime.combine(expires_on + timedelta(days=1), time(), zone)


def entry_of(row: LedgerEntryRow) -> Entry:
    """The entry as the rules know it; people by their account."""
    return Entry(
        id=str(row.id),
        kind=EntryKind(row.kind),
        lot=str(row.lot_id),
        amount_ug=row.amount_ug,
        source=Place(row.source),
        target=Place(row.target),
        at=row.at,
        recorded_at=row.recorded_at,
        by=person_key(row.by_id, row.by_name),
        witness=person_key(row.witness_id, row.witness_name),
        session=str(row.session_id) if row.session_id else "",
        reason=row.reason,
        about=str(row.about_id) if row.about_id else "",
        reversal=row.reversal,
        counted_ug=row.counted_ug,
        expected_ug=row.expected_ug,
        owner=person_key(row.owner_id, row.owner_name),
    )


def person_key(user_id: int | None, name: str) -> str:
    """Who, so that two people of one name stay two; "" for nobody."""
    return f"user {user_id}" if user_id is not None else name


def key_of(actor: Actor) -> str:
    """Who acts, as the entries have it."""
    return person_key(actor.user_id, actor.name)


def row_of(entry: Entry, actor: Actor, witness: Witness | None) -> LedgerEntryRow:
    """The entry as a new row of the actor's clinic; a discrepancy belongs to whoever found it."""
    return LedgerEntryRow(
        clinic_id=actor.clinic_id,
        id=UUID(entry.id),
        kind=entry.kind.value,
        lot_id=UUID(entry.lot),
        amount_ug=entry.amount_ug,
        source=entry.source.value,
        target=entry.target.value,
        session_id=UUID(entry.session) if entry.session else None,
        at=entry.at,
        recorded_at=entry.recorded_at,
        by_id=actor.user_id,
        by_name=actor.name,
        witness_id=witness.user_id if witness else None,
        witness_name=witness.name if witness else "",
        reason=entry.reason,
        about_id=UUID(entry.about) if entry.about else None,
        reversal=entry.reversal,
        counted_ug=entry.counted_ug,
        expected_ug=entry.expected_ug,
        owner_id=actor.user_id if entry.owner else None,
        owner_name=actor.name if entry.owner else "",
    )
