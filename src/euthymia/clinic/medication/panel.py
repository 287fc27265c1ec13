"""What the session page shows of the ledger: drawn, given, left, and the forms to draw, waste and put back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from euthymia.care.decision import Allowed
from euthymia.care.medication_ledger import EntryKind, Lot, Place
from euthymia.care.medication_rules import in_words
from euthymia.care.session import Phase
from euthymia.clinic.accounts.policies import KEEP_LEDGER
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.medication import queries
from euthymia.clinic.medication.presenters import dose_in_ml, plain, strength_words
from euthymia.clinic.medication.rows import lot_of
from euthymia.clinic.medication.witnesses import possible_witnesses
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.settings import settings

# Phases in which a syringe may still be filled: before the dose, and for a second one while it runs.
DRAWING = frozenset({Phase.ARRIVED, Phase.READY, Phase.DOSING, Phase.PAUSED})


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """One lot in this session's hands. left_ug 0: nothing remains to be accounted for."""

    lot_id: str
    name: str
    drawn: str
    given: str
    wasted: str
    left: str
    left_ug: int
    takes_ml: bool
    strength: str


@dataclass(frozen=True, slots=True)
class LotChoice:
    """A lot the order can be drawn from: `dose` is the ordered dose in mL of it."""

    lot_id: str
    name: str
    dose: str
    ug_per_ml: int
    device_ug: int


def drawn_panel(
    viewer: Viewer, session: Session, now: datetime, extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The panel's context. extra: what was typed, and the refusal or the words of what was done."""
    order, phase = order_of(session.plan), Phase(session.phase)
    lines = drawn_lines(viewer, session)
    enough = isinstance(queries.drawn_decision(viewer, session), Allowed)
    may_draw = phase in DRAWING and KEEP_LEDGER.allows(viewer)
    may_waste = any(line.left_ug for line in lines) and KEEP_LEDGER.allows(viewer)
    prepared = order.concentration_mg_per_ml
    return {
        "session_id": session.id,
        "order": order,
        "lines": lines,
        "enough": enough,
        "draw_open": phase is Phase.READY and not enough,
        "may_draw": may_draw,
        "may_waste": may_waste,
        "may_put_back": may_waste and phase not in (Phase.DOSING, Phase.PAUSED),
        "running": phase in (Phase.DOSING, Phase.PAUSED),
        "choices": _choices(viewer, session, now) if may_draw else [],
        "witnesses": possible_witnesses(viewer) if may_waste else [],
        "prepared": plain(prepared) if prepared and not order.devices else "",
        "draw_id": str(uuid.uuid4()),
        "waste_id": str(uuid.uuid4()),
        "back_id": str(uuid.uuid4()),
        "demo": settings().demo,
        "typed": {},
    } | dict(extra or {})


def drawn_lines(viewer: Viewer, session: Session) -> list[DrawnLine]:
    """By lot, in the order it was first drawn: what became of it."""
    sums: dict[Any, dict[str, int]] = {}
    lots: dict[Any, Any] = {}
    for row in queries.entries_of_session(viewer, session):
        lots[row.lot_id] = row.lot
        places = sums.setdefault(row.lot_id, {})
        places[row.source] = places.get(row.source, 0) - row.amount_ug
        places[row.target] = places.get(row.target, 0) + row.amount_ug
        if row.kind == EntryKind.DRAWN.value:
            sign = -1 if row.reversal else 1
            places["taken"] = places.get("taken", 0) + sign * row.amount_ug
    return [_line(lot_of(lots[lot_id]), places) for lot_id, places in sums.items()]


def _line(lot: Lot, places: Mapping[str, int]) -> DrawnLine:
    def words(name: str) -> str:
        amount_ug = places.get(name, 0)
        return in_words(lot, amount_ug) if amount_ug else ""

    return DrawnLine(
        lot_id=lot.id,
        name=f"{lot.drug} {strength_words(lot)}, lot {lot.number}",
        drawn=words("taken"),
        given=words(Place.GIVEN.value),
        wasted=words(Place.WASTED.value),
        left=words(Place.DRAWN.value),
        left_ug=places.get(Place.DRAWN.value, 0),
        takes_ml=lot.device_ug is None,
        strength=strength_words(lot),
    )


def _choices(viewer: Viewer, session: Session, now: datetime) -> list[LotChoice]:
    dose_mg = order_of(session.plan).dose_mg
    found = []
    for row in queries.lots_for(viewer, session, now):
        lot = lot_of(row)
        expires = f"expires {row.expires_on:%-d %b %Y}"
        there = in_words(lot, row.vault_ug)
        name = f"lot {row.number}, {strength_words(lot)}, {expires}, {there} there"
        found.append(LotChoice(str(row.id), name, dose_in_ml(lot, dose_mg), row.ug_per_ml or 0, row.device_ug or 0))
    return found
