"""Changing the stock: receiving, counting, removing, and putting discrepancies and mistakes right."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from euthymia.care.decision import Allowed, reasons_of
from euthymia.care.medication_ledger import Entry, EntryKind, Place
from euthymia.care.medication_rules import Reversing, counted, may_enter, reversal_of
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.policies import KEEP_LEDGER, RESOLVE_LEDGER
from euthymia.clinic.accounts.viewer import Actor
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.medication.entry_commands import (
    Act,
    ask_and_enter,
    enter,
    insist_on,
    locked,
    lot_known,
    witness_key,
)
from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot
from euthymia.clinic.medication.queries import find_entry, find_lot, ledger_for
from euthymia.clinic.medication.rows import entry_of, key_of, unusable_from
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.refusals import NotAllowed
from euthymia.errors import BadInput

# How stock leaves the vault other than for a session.
REMOVALS = {
    EntryKind.DESTROYED: Place.DESTROYED,
    EntryKind.WASTED: Place.WASTED,
    EntryKind.RETURNED: Place.SUPPLIER,
}


@dataclass(frozen=True, slots=True)
class NewLot:
    """What the box says. Either a strength and mL in each container, or what each device holds."""

    drug: str
    number: str
    expires_on: date
    product: str = ""
    ug_per_ml: int | None = None
    container_ml: Decimal | None = None
    device_ug: int | None = None


@transaction.atomic
def receive(actor: Actor, new: NewLot, amount_ug: int, act: Act) -> MedicationLot:
    """Put what came in into the vault. More of a lot that is here already joins it."""
    insist_on(actor, KEEP_LEDGER)
    row = _lot(actor, new, act)
    entry = _entry(actor, EntryKind.RECEIVED, row, amount_ug, (Place.SUPPLIER, Place.VAULT), act)
    ask_and_enter(actor, entry, now=act.now, witness=act.witness)
    row.refresh_from_db()
    return row


@transaction.atomic
def count(actor: Actor, lot: MedicationLot, counted_ug: int, act: Act) -> LedgerEntryRow | None:
    """Write down what was counted in the vault. When it is not what the ledger expects, the discrepancy this opens
    comes back; it belongs to whoever counted until somebody else takes it."""
    insist_on(actor, KEEP_LEDGER)
    rows = locked(actor, [find_lot(actor, lot.id).id])
    entry = Entry(
        str(act.entry_id), EntryKind.COUNTED, str(lot.id), 0, Place.VAULT, Place.VAULT, act.at, act.now, key_of(actor),
        reason=act.reason, counted_ug=counted_ug,
    )  # fmt: skip
    found_id = uuid.uuid5(act.entry_id, "found")
    ledger = ledger_for(actor, rows.values(), ids=[act.entry_id])
    decision = may_enter(ledger, entry, act.now)
    if not isinstance(decision, Allowed):
        raise NotAllowed(decision, "entry")
    if not any(reason.rule == "already_entered" for reason in reasons_of(decision)):
        enter(actor, rows, counted(ledger, entry, str(found_id)), now=act.now)
    return visible_to(actor, LedgerEntryRow).filter(id=found_id).first()


@transaction.atomic
def remove(actor: Actor, lot: MedicationLot, kind: EntryKind, amount_ug: int, act: Act) -> None:
    """Take stock out of the vault: destroyed or broken (with a witness), or sent back to the supplier."""
    insist_on(actor, KEEP_LEDGER)
    if kind not in REMOVALS:
        raise BadInput("unknown_word", "kind", "Say whether it was destroyed, broken or spilled, or sent back.")
    row = find_lot(actor, lot.id)
    lot_known(row)
    entry = _entry(actor, kind, row, amount_ug, (Place.VAULT, REMOVALS[kind]), act)
    ask_and_enter(actor, entry, now=act.now, witness=act.witness)


@transaction.atomic
def resolve(actor: Actor, discrepancy_id: UUID, outcome: str, act: Act) -> None:
    """Close a discrepancy with a reason and a witness. outcome: one of `outcomes_of` it."""
    insist_on(actor, RESOLVE_LEDGER)
    found = find_entry(actor, discrepancy_id)
    moves = outcomes_of(found)
    if outcome not in moves:
        raise BadInput("unknown_word", "outcome", "Say what became of it.")
    source, target = moves[outcome]
    amount_ug = 0 if source is target else found.amount_ug
    entry = _entry(actor, EntryKind.DISCREPANCY_RESOLVED, found.lot, amount_ug, (source, target), act, about=found)
    ask_and_enter(actor, entry, now=act.now, session=found.session, witness=act.witness)


def outcomes_of(found: LedgerEntryRow) -> dict[str, tuple[Place, Place]]:
    """How this discrepancy may end, and what that moves."""
    stays = {"explained": (Place.UNACCOUNTED, Place.UNACCOUNTED)}
    if found.target == Place.UNACCOUNTED.value:
        lost = {"lost": (Place.UNACCOUNTED, Place.UNACCOUNTED), "wasted": (Place.UNACCOUNTED, Place.WASTED)}
        return {"found_again": (Place.UNACCOUNTED, Place.VAULT), **lost, **stays}
    if lot_is_known(found):
        return {"taken_from_vault": (Place.VAULT, Place.UNACCOUNTED), **stays}
    return stays


def lot_is_known(found: LedgerEntryRow) -> bool:
    """False for what was given of a lot nobody could name."""
    return found.lot.expires_on is not None


@transaction.atomic
def take_back(actor: Actor, entry_id: UUID, act: Act) -> None:
    """Undo a mistaken entry by one the other way round; both stay readable."""
    insist_on(actor, KEEP_LEDGER)
    target = find_entry(actor, entry_id)
    if target.reversal or target.source == target.target:
        raise BadInput("nothing_to_reverse", "about", "This entry cannot be taken back.")
    session = target.session
    if session is not None:
        session = Session.objects.select_for_update(of=("self",)).get(pk=session.pk)
    new = Reversing(str(act.entry_id), act.at, act.now, key_of(actor), witness_key(act), act.reason.strip())
    ask_and_enter(actor, reversal_of(entry_of(target), new), now=act.now, session=session, witness=act.witness)


def _lot(actor: Actor, new: NewLot, act: Act) -> MedicationLot:
    """The lot this box belongs to, made when it is new. Refuses (BadInput) another expiry for a known number."""
    if not new.number.strip() or not new.drug.strip():
        raise BadInput("missing_field", "number" if new.drug.strip() else "drug", "Say which drug and which lot.")
    same = visible_to(actor, MedicationLot).filter(
        drug=new.drug, number=new.number.strip(), ug_per_ml=new.ug_per_ml, device_ug=new.device_ug
    )
    row = same.select_for_update().first()
    if row is not None:
        if row.expires_on != new.expires_on:
            says = "This lot is in the ledger with another expiry. Look at the box again."
            raise BadInput("other_expiry", "expires_on", says)
        return row
    zone = ZoneInfo(Clinic.objects.get(pk=actor.clinic_id).time_zone)
    made: MedicationLot = MedicationLot.objects.create(
        clinic_id=actor.clinic_id,
        drug=new.drug,
        number=new.number.strip(),
        product=new.product.strip(),
        ug_per_ml=new.ug_per_ml,
        container_ml=new.container_ml,
        device_ug=new.device_ug,
        expires_on=new.expires_on,
        unusable_from=unusable_from(new.expires_on, zone),
        created_at=act.now,
    )
    record(actor, Action.CREATE, "medication_lot", now=act.now, subject_id=made.id)
    return made


def _entry(
    actor: Actor,
    kind: EntryKind,
    lot: MedicationLot,
    amount_ug: int,
    moved: tuple[Place, Place],
    act: Act,
    about: LedgerEntryRow | None = None,
) -> Entry:
    return Entry(
        str(act.entry_id), kind, str(lot.id), amount_ug, moved[0], moved[1], act.at, act.now, key_of(actor),
        witness=witness_key(act), reason=act.reason.strip(), about=str(about.id) if about else "",
    )  # fmt: skip
