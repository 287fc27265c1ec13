"""A person's sessions as rows: dose, length, highest pressure, side effects, how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from euthymia.care.given_dose import given_mg
from euthymia.care.note import note_facts
from euthymia.care.session import Phase
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import session_protocol, state_of
from euthymia.clinic.sessions.wording import PHASES, ROUTES, minutes_words


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One session in a person's list."""

    session_id: str
    at: datetime
    phase: str
    icon: str
    dose: str
    stayed: str
    peak: str
    effects: tuple[str, ...]
    closed: bool
    has_note: bool
    protocol: str


def history_rows(sessions: Iterable[Session], now: datetime) -> list[HistoryRow]:
    """One row per session, in the order given."""
    return [_row(session, now) for session in sessions]


def _row(session: Session, now: datetime) -> HistoryRow:
    state, protocol = state_of(session), session_protocol(session)
    facts = note_facts(state, protocol, now)
    word, _, icon = PHASES[state.phase]
    order = session.plan.order
    planned = f"{order.get('dose_mg', 0):g} mg ordered"
    peak = facts.peak.reading.blood_pressure if facts.peak else None
    end = state.closed_at or now
    return HistoryRow(
        session_id=str(session.id),
        at=state.clock_at or session.scheduled_for,
        phase=word,
        icon=icon,
        dose=f"{given_mg(state, now):.1f} mg {order.get('drug', '')}" if state.clock_at else planned,
        stayed=minutes_words(end - state.clock_at) if state.clock_at else "",
        peak=f"{peak.systolic:g}/{peak.diastolic:g}" if peak else "",
        effects=tuple(f"{span.name}, {span.severity.value}" for span in state.side_effects),
        closed=state.phase in (Phase.DISCHARGED, Phase.CANCELLED),
        has_note=hasattr(session, "note"),
        protocol=f"{protocol.title} ({ROUTES.get(protocol.route, protocol.route)})",
    )
