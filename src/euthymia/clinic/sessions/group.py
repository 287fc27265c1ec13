"""A group of people treated at the same time: one row each, and who of them was seen to in this round."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from euthymia.care.bedside_dose import start_of
from euthymia.care.decision import Allowed, missing_of, reasons_of
from euthymia.care.given_dose import given_mg
from euthymia.care.monitoring import watch
from euthymia.care.session import Phase, SessionState
from euthymia.care.session_events import Delivery
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.plans.drafts import order_of
from euthymia.clinic.sessions.board import DueLine, Number, clock_words, due_lines, numbers
from euthymia.clinic.sessions.gate import ask_start
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import session_protocol, state_of
from euthymia.clinic.sessions.wording import PHASES

LOOKED_AT = frozenset({Phase.ARRIVED, Phase.READY, Phase.DOSING, Phase.PAUSED, Phase.OBSERVING})


@dataclass(frozen=True, slots=True)
class DoseAct:
    """What may be pressed about a running dose. do: as the bedside form names it.   asks: "rate" or "reason", what must
    be typed first, "" for nothing.   event_id: the id of this press, so that pressing twice writes once."""

    do: str
    words: str
    asks: str
    event_id: str


@dataclass(frozen=True, slots=True)
class GroupRow:
    """One person: where they are, what was taken, what is due, and what stands in the way of their dose.

    seen: whether a reading was written since the round was opened; None without a round.   refused: why the dose may
    not start, in words, () when it may or when it is not time for it.
    """

    session: Session
    phase: str
    tone: str
    icon: str
    clock: str
    dose: str
    numbers: tuple[Number, ...]
    due: tuple[DueLine, ...]
    seen: bool | None
    may_write: bool
    may_start: bool
    refused: tuple[str, ...]
    start_words: str
    dose_acts: tuple[DoseAct, ...]
    ordered_rate: str
    event_id: str
    start_id: str


def group_rows(viewer: Viewer, sessions: Sequence[Session], round_at: datetime | None, now: datetime) -> list[GroupRow]:
    """One row per person, in the order of the room."""
    return [group_row(viewer, session, round_at, now) for session in sessions]


def group_row(viewer: Viewer, session: Session, round_at: datetime | None, now: datetime) -> GroupRow:
    """One person's row."""
    state, protocol, order = state_of(session), session_protocol(session), order_of(session.plan)
    word, tone, icon = PHASES[state.phase]
    lines = due_lines(state, protocol, now, viewer.zone)
    given = given_mg(state, now) if state.clock_at else 0.0
    ready = state.phase is Phase.READY
    refused = _refused(viewer, session, state, now) if ready else ()
    if state.phase is Phase.ARRIVED:
        refused = ("The pre-dose gate has not been passed: open the person's page.",)
    return GroupRow(
        session=session,
        phase=word,
        tone=tone,
        icon=icon,
        clock=clock_words(state, now),
        dose=f"{given:.1f} of {order.dose_mg:g} mg · {given / order.weight_kg:.2f} mg/kg",
        numbers=numbers(state, watch(state, protocol, now), now, stale=any(line.tone == "over" for line in lines)),
        due=lines[:1],
        seen=written_since(state, round_at) if round_at else None,
        may_write=state.phase in LOOKED_AT,
        may_start=ready and not refused,
        refused=refused,
        start_words=f"{order.dose_mg:g} mg {order.drug}, {start_of(order).delivery.value}",
        dose_acts=dose_acts(state, start_of(order).delivery),
        ordered_rate=f"{order.rate_ml_per_h:.1f}" if order.rate_ml_per_h else "",
        event_id=str(uuid.uuid4()),
        start_id=str(uuid.uuid4()),
    )


def dose_acts(state: SessionState, delivery: Delivery) -> tuple[DoseAct, ...]:
    """The buttons of the person's own page about a dose that runs or is paused, the first being what usually comes."""
    if state.phase is Phase.PAUSED:
        found = [("resume", "Dose goes on", "")]
    elif state.phase is not Phase.DOSING:
        return ()
    elif delivery is Delivery.DEVICES:
        found = [("device", f"Device {len(state.devices) + 1} given", "")]
    else:
        found = [("complete", "Dose complete", "")]
    if state.phase is Phase.DOSING and delivery is Delivery.INFUSION:
        found += [("rate", "Set the rate", "rate"), ("pause", "Dose paused", "reason")]
    found.append(("stop", "Dose stopped", "reason"))
    return tuple(DoseAct(do, words, asks, str(uuid.uuid4())) for do, words, asks in found)


def written_since(state: SessionState, round_at: datetime) -> bool:
    """Whether vital signs were taken since then."""
    return any(row.at >= round_at for row in state.readings)


def _refused(viewer: Viewer, session: Session, state: SessionState, now: datetime) -> tuple[str, ...]:
    decision = ask_start(viewer, session, state, at=now)
    if isinstance(decision, Allowed):
        return ()
    words = [reason.says or reason.rule for reason in reasons_of(decision) if reason.refuses]
    return tuple(words + [gap.says or gap.fact for gap in missing_of(decision)])
