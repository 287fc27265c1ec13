"""The record of a session's alarms: what rang, what people did, and how long each step took."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from euthymia.care.alarms import Act, ActKind, Mark, Turn
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.alarms.models import AlarmEventRow
from euthymia.clinic.alarms.presenters import TIERS, title_of_key
from euthymia.clinic.alarms.queries import known_marks
from euthymia.clinic.alarms.rows import ACTS, SHOWN, act_of
from euthymia.clinic.people.queries import visible_to
from euthymia.clinic.sessions.models import Session

DONE = {
    ActKind.ACKNOWLEDGED: "Acknowledged",
    ActKind.SILENCED: "Silenced",
    ActKind.UNSILENCED: "Sound again",
    ActKind.OWNER_TAKEN: "Taken over",
    ActKind.ESCALATED: "Escalated",
    ActKind.RESOLVED: "Closed",
}


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One line of the record. delay_s: from what it describes to this being known or drawn; None for an act."""

    at: datetime
    what: str
    title: str
    words: str
    by: str
    delay_s: float | None
    high: bool = False


def history_of(viewer: Viewer, session: Session, now: datetime) -> list[RecordLine]:
    """Every line in order of time, the typed and due ones as the entries say today."""
    rows = list(visible_to(viewer, AlarmEventRow).filter(session=session).order_by("sequence"))
    found = [_of_mark(mark) for mark in known_marks(viewer, session, now)]
    found += [_of_act(act_of(row)) for row in rows if row.kind in ACTS]
    found += [_of_shown(row) for row in rows if row.kind == SHOWN]
    return sorted(found, key=lambda line: line.at)


def _of_mark(mark: Mark) -> RecordLine:
    raised = mark.turn is Turn.RAISED
    what = f"Raised, {TIERS[mark.tier][0].lower()}" if raised else "Ended"
    delay_s = max(0.0, (mark.recorded_at - mark.at).total_seconds())
    return RecordLine(
        mark.at, what, title_of_key(mark.key.rule, mark.key.fact), mark.says if raised else "", "", delay_s, raised
    )


def _of_act(act: Act) -> RecordLine:
    words = ", ".join(word for word in (act.to, act.reason) if word)
    return RecordLine(act.at, DONE[act.kind], title_of_key(act.key.rule, act.key.fact), words, act.by, None)


def _of_shown(row: AlarmEventRow) -> RecordLine:
    known_at = datetime.fromisoformat(row.payload["known_at"])
    rule, fact, _ = row.key.split("|")
    delay_s = max(0.0, (row.at - known_at).total_seconds())
    return RecordLine(row.at, "First on a screen", title_of_key(rule, fact), "", "", delay_s)


@dataclass(frozen=True, slots=True)
class Delays:
    """Seconds from a sample to its alarm row, and from the row to a screen, each in the order they were written."""

    condition_s: tuple[float, ...]
    signal_s: tuple[float, ...]


def delays(viewer: Viewer, session_id: UUID | None = None) -> Delays:
    """What was measured in this clinic, or for one session."""
    rows = visible_to(viewer, AlarmEventRow).filter(kind__in=(Turn.RAISED.value, SHOWN)).order_by("sequence")
    rows = rows.filter(session_id=session_id) if session_id else rows
    condition, signal = [], []
    for row in rows:
        if row.kind == SHOWN:
            signal.append((row.at - datetime.fromisoformat(row.payload["known_at"])).total_seconds())
        else:
            condition.append((row.recorded_at - row.at).total_seconds())
    return Delays(tuple(condition), tuple(signal))
