"""Writing entries: the one way into the ledger. Asks the rules, writes, keeps the lots' copies, and audits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.care.decision import Allowed, Decision, reasons_of
from euthymia.care.medication_ledger import Entry, Ledger, Lot, Place
from euthymia.care.medication_rules import may_enter
from euthymia.clinic.accounts.policies import Policy, insist
from euthymia.clinic.accounts.viewer import Actor, Viewer
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot
from euthymia.clinic.medication.queries import ledger_for
from euthymia.clinic.medication.rows import lot_of, person_key, row_of
from euthymia.clinic.medication.witnesses import Witness
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.refusals import NotAllowed
from euthymia.errors import BadInput

LONGEST_REASON = 300
Ask = Callable[[Ledger, Entry, datetime], Decision]


@dataclass(frozen=True, slots=True)
class Act:
    """One press: under which id, when it was done, when it is written down, why, and who looked on."""

    entry_id: UUID
    at: datetime
    now: datetime
    reason: str = ""
    witness: Witness | None = None


def witness_key(act: Act) -> str:
    """Who looked on, as the entries have it; "" for nobody."""
    return person_key(act.witness.user_id, act.witness.name) if act.witness else ""


def insist_on(actor: Actor, policy: Policy) -> None:
    """What the page's policy asks, asked again by the command."""
    if isinstance(actor, Viewer):
        insist(actor, policy)


def locked(actor: Actor, lot_ids: Iterable[UUID]) -> dict[str, MedicationLot]:
    """These lots of the actor's clinic by id, locked in one order so that two writers queue."""
    rows = visible_to(actor, MedicationLot).select_for_update().filter(id__in=list(lot_ids)).order_by("id")
    return {str(row.id): row for row in rows}


def ask_and_enter(
    actor: Actor,
    entry: Entry,
    *,
    now: datetime,
    session: Session | None = None,
    witness: Witness | None = None,
    asks: Ask = may_enter,
) -> bool:
    """Write this entry if the rules allow it, else NotAllowed with every reason; False when it is there already."""
    rows = locked(actor, [UUID(entry.lot)])
    ids = [UUID(entry.id), *([UUID(entry.about)] if entry.about else [])]
    ledger = ledger_for(actor, rows.values(), session, ids)
    decision = asks(ledger, entry, now)
    if not isinstance(decision, Allowed):
        raise NotAllowed(decision, "entry")
    if any(reason.rule == "already_entered" for reason in reasons_of(decision)):
        return False
    enter(actor, rows, [entry], now=now, session=session, witness=witness)
    return True


@transaction.atomic
def enter(
    actor: Actor,
    rows: dict[str, MedicationLot],
    new: Sequence[Entry],
    *,
    now: datetime,
    session: Session | None = None,
    witness: Witness | None = None,
) -> None:
    """Write these entries, which were asked about or are owed; the lots are locked already."""
    if not new:
        return
    _refuse_long(new)
    LedgerEntryRow.objects.bulk_create([row_of(entry, actor, witness) for entry in new])
    copies: dict[str, dict[Place, int]] = {}
    for entry in new:
        places = copies.setdefault(entry.lot, {})
        places[entry.source] = places.get(entry.source, 0) - entry.amount_ug
        places[entry.target] = places.get(entry.target, 0) + entry.amount_ug
    for lot_id, places in copies.items():
        row = rows[lot_id]
        row.vault_ug += places.get(Place.VAULT, 0)
        row.drawn_ug += places.get(Place.DRAWN, 0)
        row.save(update_fields=["vault_ug", "drawn_ug"])
    detail = {"kinds": [entry.kind.value for entry in new], "lots": sorted(copies)}
    patient_id = session.patient_id if session else None
    subject_id = session.id if session else new[0].lot
    record(actor, Action.CHANGE, "ledger", now=now, patient_id=patient_id, subject_id=subject_id, detail=detail)


def lot_known(lot_row: MedicationLot) -> Lot:
    """The lot as the rules know it; refuses (BadInput) the one that only stands for what nobody could name."""
    if lot_row.expires_on is None:
        raise BadInput("lot_unknown", "lot", "Nobody knows this lot, so nothing can be taken from it.")
    return lot_of(lot_row)


def _refuse_long(new: Sequence[Entry]) -> None:
    if any(len(entry.reason) > LONGEST_REASON for entry in new):
        raise BadInput("too_long", "reason", f"Say it in at most {LONGEST_REASON} letters.")
