"""Reading the ledger: balances, what fits an order, what is drawn for a session, discrepancies, and entries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Sum

from euthymia.care.decision import Decision
from euthymia.care.medication_ledger import Entry, EntryKind, Ledger, Moved, Place, ledger_from_sums
from euthymia.care.medication_rules import dose_drawn, drug_in_stock, fits_order, still_drawn
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot
from euthymia.clinic.medication.rows import entry_of, lot_of
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.models import Session


def lots(actor: Actor) -> list[MedicationLot]:
    """Every lot of the clinic, the one that expires first first."""
    return list(visible_to(actor, MedicationLot))


def find_lot(actor: Actor, lot_id: UUID) -> MedicationLot:
    """One lot of the clinic."""
    return find_or_404(actor, MedicationLot, id=lot_id)


def ledger_for(
    actor: Actor, rows: Iterable[MedicationLot], session: Session | None = None, ids: Sequence[UUID] = ()
) -> Ledger:
    """The ledger of these lots and of this session, its balances summed by the database.

    ids: entries that an answer looks at; they come with what was written about them.
    """
    known = {row.id: row for row in rows}
    entries = visible_to(actor, LedgerEntryRow)
    wanted = Q(lot_id__in=list(known)) | (Q(session_id=session.id) if session else Q(pk__in=[]))
    sums = (
        entries.filter(wanted)
        .values("lot_id", "source", "target", "session_id")
        .annotate(amount=Sum("amount_ug"), first=Min("sequence"))
        .order_by("first")
    )
    moved = [
        Moved(
            str(row["lot_id"]),
            Place(row["source"]),
            Place(row["target"]),
            str(row["session_id"]) if row["session_id"] else "",
            row["amount"],
        )
        for row in sums
    ]
    touched = {UUID(row.lot) for row in moved} - known.keys()
    known |= {row.id: row for row in visible_to(actor, MedicationLot).filter(id__in=touched)} if touched else {}
    looked: list[Entry] = []
    if ids:
        looked = [entry_of(row) for row in entries.filter(Q(id__in=list(ids)) | Q(about_id__in=list(ids)))]
    return ledger_from_sums([lot_of(row) for row in known.values()], moved, looked)


def stock_decision(actor: Actor, session: Session, at: datetime) -> Decision:
    """Whether enough unexpired drug is on hand for the order of this session."""
    drawn_ug = sum(ledger_for(actor, (), session).drawn_for(str(session.id)).values())
    rows = visible_to(actor, MedicationLot).filter(expires_on__isnull=False)
    stock = [(lot_of(row), row.vault_ug) for row in rows.filter(drug=session.plan.order.get("drug", ""))]
    return drug_in_stock(order_of(session.plan), stock, drawn_ug, at)


def drawn_decision(actor: Actor, session: Session) -> Decision:
    """Whether enough is drawn for this session to begin its dose."""
    return dose_drawn(ledger_for(actor, (), session), str(session.id), order_of(session.plan))


def left_over(actor: Actor, session: Session) -> Decision:
    """What is drawn for this session and neither given nor wasted, as a flag for the door."""
    return still_drawn(ledger_for(actor, (), session), str(session.id))


def was_debited(actor: Actor, session: Session) -> bool:
    """Whether anything was ever booked as given in this session."""
    given = visible_to(actor, LedgerEntryRow).filter(session=session, kind=EntryKind.GIVEN.value)
    return bool(given.exists())


def lots_for(actor: Actor, session: Session, at: datetime) -> list[MedicationLot]:
    """Lots the order of this session can be drawn from now, the one that expires first first."""
    order = order_of(session.plan)
    rows = visible_to(actor, MedicationLot).filter(vault_ug__gt=0, unusable_from__gt=at, drug=order.drug)
    return [row for row in rows.filter(expires_on__isnull=False) if fits_order(lot_of(row), order)]


def entries_of_session(actor: Actor, session: Session) -> list[LedgerEntryRow]:
    """Every entry of this session in the order it was written."""
    return list(visible_to(actor, LedgerEntryRow).filter(session=session).select_related("lot"))


def sessions_with_drawn(actor: Actor) -> list[tuple[Session, dict[MedicationLot, int]]]:
    """Sessions for which something is drawn and neither given, wasted nor put back, oldest first."""
    held = visible_to(actor, MedicationLot).filter(drawn_ug__gt=0)
    moves = visible_to(actor, LedgerEntryRow).filter(lot__in=held, session__isnull=False)
    into = Sum("amount_ug", filter=Q(target=Place.DRAWN.value), default=0)
    out = Sum("amount_ug", filter=Q(source=Place.DRAWN.value), default=0)
    sums = moves.values("session_id", "lot_id").annotate(into=into, out=out).order_by("session_id")
    left = {(row["session_id"], row["lot_id"]): row["into"] - row["out"] for row in sums}
    by_lot = {row.id: row for row in held}
    sessions = visible_to(actor, Session).filter(id__in={session for (session, _), ug in left.items() if ug})
    return [
        (one, {by_lot[lot]: ug for (session, lot), ug in left.items() if session == one.id and ug})
        for one in sessions.select_related("patient", "chair", "plan").order_by("scheduled_for")
    ]


def discrepancies(actor: Actor, *, resolved: bool = False) -> list[LedgerEntryRow]:
    """Open discrepancies, oldest first; or those that were resolved, newest first."""
    answers = visible_to(actor, LedgerEntryRow).filter(about_id=OuterRef("id"))
    answers = answers.filter(kind=EntryKind.DISCREPANCY_RESOLVED.value)
    found = visible_to(actor, LedgerEntryRow).filter(kind=EntryKind.DISCREPANCY_FOUND.value)
    rows = found.filter(Exists(answers) if resolved else ~Exists(answers)).select_related("lot", "session__patient")
    return list(rows.order_by("-sequence")[:50] if resolved else rows.order_by("sequence"))


def taken_back(actor: Actor, ids: Sequence[UUID]) -> list[UUID]:
    """Which of these entries were reversed."""
    rows = visible_to(actor, LedgerEntryRow).filter(about_id__in=list(ids), reversal=True)
    return list(rows.values_list("about_id", flat=True))


def find_entry(actor: Actor, entry_id: UUID) -> LedgerEntryRow:
    """One entry of the clinic."""
    return find_or_404(actor, LedgerEntryRow, id=entry_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries a page asks for; None asks for all."""

    lot_id: UUID | None = None
    kind: str = ""
    from_at: datetime | None = None
    until_at: datetime | None = None
    session_id: UUID | None = None


def entries(viewer: Viewer, wanted: Wanted) -> QuerySet[LedgerEntryRow]:
    """The entries asked for, in the order they were written."""
    rows = visible_to(viewer, LedgerEntryRow).select_related("lot", "session__patient", "about")
    if wanted.lot_id:
        rows = rows.filter(lot_id=wanted.lot_id)
    if wanted.kind:
        rows = rows.filter(kind=wanted.kind)
    if wanted.session_id:
        rows = rows.filter(session_id=wanted.session_id)
    if wanted.from_at:
        rows = rows.filter(at__gte=wanted.from_at)
    if wanted.until_at:
        rows = rows.filter(at__lt=wanted.until_at)
    return rows.order_by("sequence")
