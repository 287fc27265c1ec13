"""What may be written into the controlled-drug ledger, whether a dose may begin, and what a given dose is debited from.

Before a dose begins the ledger may say no. Once it runs it only keeps account: what the flowsheet says was given is
debited, and what the ledger cannot explain becomes an open discrepancy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from euthymia.care.clock import is_ahead
from euthymia.care.decision import Decision, Level, Missing, Reason, combine, decide
from euthymia.care.dose_order import VOLUME_STEP_ML, DoseOrder
from euthymia.care.given_dose import given_mg
from euthymia.care.medication_ledger import (
    HOLDING,
    Entry,
    EntryKind,
    Ledger,
    Lot,
    Place,
    mg_of,
    ug_of_mg,
)
from euthymia.care.session import SessionState
from euthymia.care.session_events import Delivery

# Half a line of a syringe: two volumes closer than this are read as the same, so the ledger books what left the vial.
READABLE_ML = VOLUME_STEP_ML / 2
STRENGTH_MATTERS = frozenset({"im", "sc"})


def may_enter(ledger: Ledger, entry: Entry, now: datetime) -> Decision:
    """Whether this entry may join. One already there with the same content is allowed with the flag `already_entered`:
    nothing needs writing."""
    twin = ledger.entries.get(entry.id)
    if twin is not None:
        return decide([_twin(twin, entry)])
    lot = ledger.lots.get(entry.lot)
    if lot is None:
        return decide([_stop("lot_unknown", "lot", entry.lot, "This lot is not in the ledger. Receive it first.")])
    reasons = [
        *_ahead(entry, now),
        *_about(ledger, entry),
        *_beyond(ledger, entry, lot),
        *_expired(entry, lot),
        *_whole(entry, lot),
    ]
    witness_reasons, missing = _witnessed(entry)
    return decide([*reasons, *witness_reasons], missing)


def may_draw(ledger: Ledger, entry: Entry, order: DoseOrder, now: datetime) -> Decision:
    """Whether this may be drawn for a session with this order: `may_enter`, and the drug and strength of the order."""
    lot = ledger.lots.get(entry.lot)
    return combine(may_enter(ledger, entry, now), decide([] if lot is None else _of_order(lot, order)))


def fits_order(lot: Lot, order: DoseOrder) -> bool:
    """Whether the order can be drawn from this lot."""
    return not _of_order(lot, order)


def drug_in_stock(order: DoseOrder, stock: Iterable[tuple[Lot, int]], drawn_ug: int, at: datetime) -> Decision:
    """Whether enough unexpired drug is on hand for this order. stock: lots of the ledger with what is in the vault of
    each; none of this drug is not knowing. drawn_ug: what is drawn for this session already."""
    fitting = [(lot, ug) for lot, ug in stock if fits_order(lot, order)]
    if not fitting and drawn_ug <= 0:
        says = f"The ledger knows of no {order.drug} that fits this order. Receive it first."
        return decide(missing=[Missing("stock", "drug_in_stock", says)])
    usable_ug = sum(ug for lot, ug in fitting if not lot.expired(at)) + drawn_ug
    needed_ug = ug_of_mg(order.dose_mg)
    if usable_ug >= needed_ug - _readable_ug(lot for lot, _ in fitting):
        return decide()
    says = f"{mg_of(usable_ug):f} mg of {order.drug} are on hand and not expired; {order.dose_mg:g} mg are ordered."
    value, limit = float(mg_of(usable_ug)), order.dose_mg
    return decide([Reason("drug_in_stock", Level.STOP, "stock_mg", value, limit, "the ledger", says)])


def dose_drawn(ledger: Ledger, session: str, order: DoseOrder) -> Decision:
    """Whether what is drawn for this session is enough to begin the dose that was ordered."""
    drawn = ledger.drawn_for(session)
    drawn_ug, needed_ug = sum(drawn.values()), ug_of_mg(order.dose_mg)
    if drawn_ug >= needed_ug - _readable_ug(ledger.lots[lot] for lot in drawn if lot in ledger.lots):
        return decide()
    says = f"{mg_of(drawn_ug):f} mg are drawn for this session; {order.dose_mg:g} mg are ordered. Draw it first."
    value = float(mg_of(drawn_ug))
    return decide([Reason("dose_not_drawn", Level.STOP, "drawn_mg", value, order.dose_mg, "the ledger", says)])


def still_drawn(ledger: Ledger, session: str) -> Decision:
    """A flag for each lot of which something is drawn for this session and neither given, wasted nor put back."""
    flags = []
    for lot, ug in ledger.drawn_for(session).items():
        amount = in_words(ledger.lots[lot], ug)
        says = f"{amount} of lot {ledger.lots[lot].number} are drawn and neither given nor wasted."
        flags.append(Reason("still_drawn", Level.FLAG, "drawn_mg", float(mg_of(ug)), 0.0, "the ledger", says))
    return decide(flags)


def owed_ug(state: SessionState, now: datetime) -> int:
    """What the flowsheet says was given and the ledger must have debited: devices and injections at once, an infusion
    when it has ended. Nothing while it runs, because its amount is not final."""
    if state.clock_at is None or state.delivery is None:
        return 0
    match state.delivery:
        case Delivery.DEVICES | Delivery.INJECTION:
            return ug_of_mg(given_mg(state, now))
        case _:
            return ug_of_mg(given_mg(state, max(now, state.dose_ended_at))) if state.dose_ended_at else 0


@dataclass(frozen=True, slots=True)
class Settling:
    """Who settles, when, and how ids are made: `new_id` of the same word gives the same id."""

    session: str
    by: str
    at: datetime
    now: datetime
    new_id: Callable[[str], str]


def settlement(ledger: Ledger, settling: Settling, due_ug: int, fallback_lot: str) -> tuple[Entry, ...]:
    """The entries that bring the debit of a session to what is due. More given than was drawn is debited all the same,
    and what was missing is an open discrepancy. fallback_lot: where a shortage is booked when nothing was drawn."""
    debited_ug = sum(ledger.given_for(settling.session).values())
    drawn = ledger.drawn_for(settling.session)
    slack_ug = _readable_ug(ledger.lots[lot] for lot in drawn if lot in ledger.lots)
    change_ug = due_ug - debited_ug
    drawn_ug = sum(drawn.values())
    if due_ug > 0 and drawn_ug and 0 < abs(change_ug - drawn_ug) <= slack_ug:
        change_ug = drawn_ug
    elif due_ug and 0 < abs(change_ug) <= _readable_ug(ledger.lots[lot] for lot in ledger.given_for(settling.session)):
        change_ug = 0
    if change_ug > 0:
        return _debit(ledger, settling, change_ug, fallback_lot)
    return _take_back(ledger, settling, -change_ug)


def _debit(ledger: Ledger, settling: Settling, amount_ug: int, fallback_lot: str) -> tuple[Entry, ...]:
    made: list[Entry] = []
    left_ug, last = amount_ug, fallback_lot
    for lot, ug in ledger.drawn_for(settling.session).items():
        part_ug, last = min(ug, left_ug), lot
        if part_ug > 0:
            made.append(_given(settling, f"given.{len(made)}", lot, part_ug))
            left_ug -= part_ug
    if left_ug > 0:
        words = "More was given than was drawn for this session."
        shortage = Entry(
            settling.new_id("shortage"), EntryKind.DISCREPANCY_FOUND, last, left_ug, Place.UNACCOUNTED, Place.DRAWN,
            settling.at, settling.now, settling.by, session=settling.session, reason=words, owner=settling.by,
        )  # fmt: skip
        made += [shortage, _given(settling, "given.short", last, left_ug)]
    return tuple(made)


def _take_back(ledger: Ledger, settling: Settling, amount_ug: int) -> tuple[Entry, ...]:
    made: list[Entry] = []
    for lot, ug in reversed(list(ledger.given_for(settling.session).items())):
        part_ug = min(ug, amount_ug)
        if part_ug > 0:
            back = _given(settling, f"back.{len(made)}", lot, part_ug)
            made.append(replace(back, source=Place.GIVEN, target=Place.DRAWN, reason="The flowsheet was corrected."))
            amount_ug -= part_ug
    return tuple(made)


def _given(settling: Settling, word: str, lot: str, amount_ug: int) -> Entry:
    return Entry(
        settling.new_id(word), EntryKind.GIVEN, lot, amount_ug, Place.DRAWN, Place.GIVEN, settling.at, settling.now,
        settling.by, session=settling.session,
    )  # fmt: skip


def counted(ledger: Ledger, count: Entry, found_id: str) -> tuple[Entry, ...]:
    """A count with what the ledger expected, and the discrepancy it opens when the two differ."""
    expected_ug = ledger.balance_ug(count.lot, Place.VAULT)
    told = replace(count, expected_ug=expected_ug)
    difference_ug = (count.counted_ug or 0) - expected_ug
    if difference_ug == 0:
        return (told,)
    source, target = (Place.VAULT, Place.UNACCOUNTED) if difference_ug < 0 else (Place.UNACCOUNTED, Place.VAULT)
    words = f"{mg_of(abs(difference_ug)):f} mg {'less' if difference_ug < 0 else 'more'} was counted than expected."
    found = replace(
        told, id=found_id, kind=EntryKind.DISCREPANCY_FOUND, amount_ug=abs(difference_ug), source=source,
        target=target, counted_ug=None, expected_ug=None, about=count.id, owner=count.by, reason=words,
    )  # fmt: skip
    return (told, found)


@dataclass(frozen=True, slots=True)
class Reversing:
    """Who takes an entry back, when and why, and who looked on."""

    id: str
    at: datetime
    now: datetime
    by: str
    witness: str = ""
    reason: str = ""


def reversal_of(entry: Entry, new: Reversing) -> Entry:
    """The entry that undoes `entry`."""
    return Entry(
        new.id, entry.kind, entry.lot, entry.amount_ug, entry.target, entry.source, new.at, new.now, new.by,
        witness=new.witness, session=entry.session, reason=new.reason, about=entry.id, reversal=True,
    )  # fmt: skip


def needs_witness(entry: Entry) -> bool:
    """Whether a second person has to sign: waste, destruction, a resolved discrepancy, and undoing one of these."""
    return entry.kind in (EntryKind.WASTED, EntryKind.DESTROYED, EntryKind.DISCREPANCY_RESOLVED)


def _stop(rule: str, fact: str, value: str, says: str) -> Reason:
    return Reason(rule, Level.STOP, fact, value, says=says)


def _twin(twin: Entry, entry: Entry) -> Reason:
    # Pressed again it may carry a later time; the time of the first press stands.
    first = replace(entry, at=twin.at, recorded_at=twin.recorded_at, expected_ug=twin.expected_ug, owner=twin.owner)
    if first == twin:
        says = "This entry is already in the ledger."
        return Reason("already_entered", Level.FLAG, "entry.id", entry.id, says=says)
    return _stop("entry_id_reused", "entry.id", entry.id, "Another entry has this id. Reload and write it again.")


def _ahead(entry: Entry, now: datetime) -> list[Reason]:
    if not is_ahead(max(entry.at, entry.recorded_at), now):
        return []
    says = "This lies in the future. Check the time."
    return [Reason("entry_from_the_future", Level.STOP, "entry.at", entry.at.isoformat(), now.isoformat(), says=says)]


def _beyond(ledger: Ledger, entry: Entry, lot: Lot) -> list[Reason]:
    if entry.source not in HOLDING or entry.source is entry.target:
        return []
    there_ug = ledger.balance_ug(entry.lot, entry.source, entry.session)
    if entry.amount_ug <= there_ug:
        return []
    says = f"{in_words(lot, there_ug)} of lot {lot.number} are {_WHERE[entry.source]}; this takes more than that."
    value, limit = float(mg_of(entry.amount_ug)), float(mg_of(there_ug))
    return [Reason("more_than_there_is", Level.STOP, "amount_mg", value, limit, "the ledger", says)]


_WHERE = {
    Place.VAULT: "in the vault",
    Place.DRAWN: "drawn for this session",
    Place.GIVEN: "given",
    Place.WASTED: "wasted",
    Place.DESTROYED: "destroyed",
}


def in_words(lot: Lot, amount_ug: int) -> str:
    """The amount as people handle it: mL with mg beside, or devices."""
    mg = f"{mg_of(amount_ug).normalize():f} mg"
    if lot.device_ug is not None:
        devices = amount_ug / lot.device_ug
        return f"{devices:g} {'device' if devices == 1 else 'devices'} ({mg})"
    volume_ml = round(amount_ug / (lot.ug_per_ml or 1), 3)
    return f"{volume_ml:g} mL ({mg})"


def _expired(entry: Entry, lot: Lot) -> list[Reason]:
    if entry.kind is not EntryKind.DRAWN or entry.reversal or not lot.expired(entry.at):
        return []
    says = f"Lot {lot.number} has expired. Take another, and have this one destroyed."
    return [_stop("lot_expired", "lot", lot.number, says)]


def _whole(entry: Entry, lot: Lot) -> list[Reason]:
    if lot.device_ug is None or entry.kind in (EntryKind.GIVEN, EntryKind.DISCREPANCY_FOUND):
        return []
    parts = (entry.amount_ug % lot.device_ug, (entry.counted_ug or 0) % lot.device_ug)
    if parts == (0, 0):
        return []
    value, limit = float(mg_of(entry.amount_ug)), float(mg_of(lot.device_ug))
    says = f"A device holds {mg_of(lot.device_ug):f} mg; only whole devices are counted."
    return [Reason("whole_devices", Level.STOP, "amount_mg", value, limit, says=says)]


def _about(ledger: Ledger, entry: Entry) -> list[Reason]:
    if entry.reversal:
        return _reversing(ledger, entry)
    if entry.kind is not EntryKind.DISCREPANCY_RESOLVED:
        return []
    found = ledger.entries.get(entry.about)
    if found is None or found.kind is not EntryKind.DISCREPANCY_FOUND:
        return [_stop("no_such_discrepancy", "about", entry.about, "There is no such discrepancy.")]
    if found not in ledger.open_discrepancies():
        return [_stop("already_resolved", "about", entry.about, "Somebody else has already resolved this. Reload.")]
    was_missing = found.target is Place.UNACCOUNTED
    back = entry.amount_ug == 0 or (entry.source is Place.UNACCOUNTED) == was_missing
    if entry.lot != found.lot or entry.amount_ug not in (0, found.amount_ug) or not back:
        return [_stop("other_discrepancy", "about", entry.about, "A discrepancy is resolved whole, in its own lot.")]
    return []


def _reversing(ledger: Ledger, entry: Entry) -> list[Reason]:
    target = ledger.entries.get(entry.about)
    moved = (entry.kind, entry.lot, entry.amount_ug, entry.source, entry.target, entry.session)
    undone = target and (target.kind, target.lot, target.amount_ug, target.target, target.source, target.session)
    if target is None or target.reversal or moved != undone:
        return [_stop("nothing_to_reverse", "about", entry.about, "The entry to take back is not there.")]
    if any(one.reversal and one.about == entry.about for one in ledger.entries.values()):
        return [_stop("already_reversed", "about", entry.about, "This entry has been taken back already.")]
    return []


def _witnessed(entry: Entry) -> tuple[list[Reason], list[Missing]]:
    """Who must have looked, and why; both refuse by being absent."""
    missing: list[Missing] = []
    if (entry.reversal or entry.kind is EntryKind.DISCREPANCY_RESOLVED) and not entry.reason.strip():
        missing.append(Missing("reason", "reason_given", "Say why."))
    if not needs_witness(entry):
        return [], missing
    if not entry.witness.strip():
        says = "A second person has to see this and sign with their own password."
        return [], [*missing, Missing("witness", "witness_signed", says)]
    if entry.witness == entry.by:
        return [_stop("witness_is_other", "witness", entry.witness, "The witness is another person than you.")], missing
    return [], missing


def _of_order(lot: Lot, order: DoseOrder) -> list[Reason]:
    if lot.drug != order.drug:
        says = f"{order.drug} is ordered; this lot is {lot.drug}."
        return [Reason("drug_of_order", Level.STOP, "drug", lot.drug, order.drug, "the signed order", says)]
    if (order.devices is None) != (lot.device_ug is None):
        says = "Devices are ordered." if order.devices else "The order is in mL; this lot is devices."
        return [_stop("form_of_order", "lot", lot.number, says)]
    if order.devices and lot.device_ug is not None and lot.device_ug * order.devices != ug_of_mg(order.dose_mg):
        says = (
            f"{order.devices} devices of {order.dose_mg / order.devices:g} mg are ordered; these hold another amount."
        )
        return [_stop("form_of_order", "lot", lot.number, says)]
    ordered = order.concentration_mg_per_ml
    if order.route in STRENGTH_MATTERS and ordered is not None and lot.ug_per_ml != ug_of_mg(ordered):
        strength = float(mg_of(lot.ug_per_ml or 0))
        says = f"The order is in mL of {ordered:g} mg/mL; this lot is {strength:g} mg/mL, so the mL would be wrong."
        return [Reason("strength_of_order", Level.STOP, "mg_per_ml", strength, ordered, "the signed order", says)]
    return []


def _readable_ug(lots: Iterable[Lot]) -> int:
    """The most that nobody can read off a syringe filled from these; nothing for devices."""
    return round(max((lot.ug_per_ml or 0 for lot in lots), default=0) * READABLE_ML)
