"""The ledger at the chair: drawing for a session, wasting, putting back, and debiting what was given."""

from __future__ import annotations

import uuid
from datetime import datetime
from uuid import UUID

from django.db import transaction

from euthymia.care.decision import Decision
from euthymia.care.medication_ledger import Entry, EntryKind, Ledger, Place
from euthymia.care.medication_rules import Settling, may_draw, owed_ug, settlement
from euthymia.care.session import SessionState
from euthymia.care.session_events import EventKind, SessionEvent
from euthymia.clinic.accounts.policies import KEEP_LEDGER
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
from euthymia.clinic.medication.models import MedicationLot
from euthymia.clinic.medication.queries import find_lot, ledger_for, was_debited
from euthymia.clinic.medication.rows import NEVER, key_of
from euthymia.clinic.people.queries import find_or_404, visible_to
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

# What a dose given without a known lot is booked on, until somebody finds out which it was.
UNKNOWN_LOT = "not known"
# Events after which more or less may have been given; any correction may change it too.
DOSE_KINDS = frozenset(
    {
        EventKind.DOSE_STARTED,
        EventKind.DEVICE_GIVEN,
        EventKind.RATE_CHANGED,
        EventKind.DOSE_PAUSED,
        EventKind.DOSE_RESUMED,
        EventKind.DOSE_STOPPED,
        EventKind.DOSE_COMPLETED,
        EventKind.STRUCK_OUT,
    }
)


@transaction.atomic
def draw(actor: Actor, session: Session, lot_id: UUID, amount_ug: int, act: Act) -> None:
    """Draw this much of a lot for this session. Refuses (NotAllowed) another drug than ordered, an expired lot, and
    more than there is."""
    insist_on(actor, KEEP_LEDGER)
    row = _locked_session(actor, session)
    if row.closed_at is not None:
        raise BadInput("session_closed", "session", "This session is closed; nothing is drawn for it any more.")
    lot_known(find_lot(actor, lot_id))
    order = order_of(row.plan)

    def asks(ledger: Ledger, entry: Entry, now: datetime) -> Decision:
        return may_draw(ledger, entry, order, now)

    entry = _entry(actor, EntryKind.DRAWN, row, lot_id, amount_ug, (Place.VAULT, Place.DRAWN), act)
    ask_and_enter(actor, entry, now=act.now, session=row, asks=asks)


@transaction.atomic
def waste(actor: Actor, session: Session, lot_id: UUID, amount_ug: int, act: Act) -> None:
    """Write off what was drawn and not given, seen by a witness."""
    insist_on(actor, KEEP_LEDGER)
    row = _locked_session(actor, session)
    entry = _entry(actor, EntryKind.WASTED, row, lot_id, amount_ug, (Place.DRAWN, Place.WASTED), act)
    ask_and_enter(actor, entry, now=act.now, session=row, witness=act.witness)


@transaction.atomic
def put_back(actor: Actor, session: Session, lot_id: UUID, amount_ug: int, act: Act) -> None:
    """Return to the vault what was taken out for a session and not opened."""
    insist_on(actor, KEEP_LEDGER)
    row = _locked_session(actor, session)
    entry = _entry(actor, EntryKind.RETURNED, row, lot_id, amount_ug, (Place.DRAWN, Place.VAULT), act)
    ask_and_enter(actor, entry, now=act.now, session=row)


def may_change_debit(event: SessionEvent) -> bool:
    """Whether more or less may have been given after this event."""
    return event.kind in DOSE_KINDS or event.corrects is not None


@transaction.atomic
def settle(actor: Actor, session: Session, state: SessionState, now: datetime) -> None:
    """Bring the debit of this session to what its flowsheet says was given. Never refuses: what the ledger cannot
    explain becomes an open discrepancy. The caller holds the session's row, in the transaction of the events."""
    due_ug, whose = owed_ug(state, now), str(session.id)
    if due_ug == 0 and not was_debited(actor, session):
        return
    ledger = ledger_for(actor, (), session)
    at = state.dose_ended_at or state.clock_at or now
    settling = Settling(whose, key_of(actor), at, now, lambda _: str(uuid.uuid4()))
    short = due_ug > 0 and not ledger.drawn_for(whose) and not ledger.given_for(whose)
    fallback = str(_unknown_lot(actor, session, now).id) if short else next(iter(ledger.lots), "")
    new = settlement(ledger, settling, due_ug, fallback)
    rows = locked(actor, {UUID(entry.lot) for entry in new})
    enter(actor, rows, new, now=now, session=session)


def _unknown_lot(actor: Actor, session: Session, now: datetime) -> MedicationLot:
    order = order_of(session.plan)
    device_ug = round(order.dose_mg / order.devices * 1000) if order.devices else None
    strength = None if order.devices else round((order.concentration_mg_per_ml or 1) * 1000)
    same = visible_to(actor, MedicationLot).filter(drug=order.drug, ug_per_ml=strength, device_ug=device_ug)
    row = same.filter(number=UNKNOWN_LOT).first()
    if row is None:
        row = MedicationLot.objects.create(
            clinic_id=session.clinic_id,
            drug=order.drug,
            number=UNKNOWN_LOT,
            ug_per_ml=strength,
            device_ug=device_ug,
            unusable_from=NEVER,
            created_at=now,
        )
        record(actor, Action.CREATE, "medication_lot", now=now, subject_id=row.id)
    return row


def _locked_session(actor: Actor, session: Session) -> Session:
    """The session's row, locked first and before any lot, as every writer does."""
    find_or_404(actor, Session, id=session.id)
    row: Session = (
        Session.objects.select_for_update(of=("self",))
        .select_related("patient", "plan__protocol_version")
        .get(pk=session.pk)
    )
    return row


def _entry(
    actor: Actor,
    kind: EntryKind,
    session: Session,
    lot_id: UUID,
    amount_ug: int,
    moved: tuple[Place, Place],
    act: Act,
) -> Entry:
    return Entry(
        str(act.entry_id), kind, str(lot_id), amount_ug, moved[0], moved[1], act.at, act.now, key_of(actor),
        witness=witness_key(act), session=str(session.id), reason=act.reason.strip(),
    )  # fmt: skip
