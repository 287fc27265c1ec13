"""Between the rows of the database and the marks and acts that the rules of care understand."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from euthymia.care.alarms import Act, ActKind, Escalation, Mark, Tier, Turn, key_from
from euthymia.clinic.alarms.models import AlarmEscalation, AlarmEventRow
from euthymia.clinic.sessions.models import Session

TURNS = tuple(turn.value for turn in Turn)
ACTS = tuple(kind.value for kind in ActKind)
SHOWN = "shown"


def mark_of(row: AlarmEventRow) -> Mark:
    """The mark this row holds."""
    said = row.payload
    return Mark(
        id=str(row.id),
        key=key_from(row.key),
        turn=Turn(row.kind),
        at=row.at,
        recorded_at=row.recorded_at,
        tier=Tier(said["tier"]),
        value=said["value"],
        limit=said["limit"],
        source=said["source"],
        says=said["says"],
        late=said["late"],
    )


def row_of(session: Session, mark: Mark, by: str) -> AlarmEventRow:
    """The row that keeps this mark; the same mark of a session is the same row."""
    return AlarmEventRow(
        id=uuid5(session.id, mark.id),
        clinic_id=session.clinic_id,
        session=session,
        key=mark.key.text,
        kind=mark.turn.value,
        at=mark.at,
        recorded_at=mark.recorded_at,
        by=by,
        payload={
            "tier": mark.tier.value,
            "value": mark.value,
            "limit": mark.limit,
            "source": mark.source,
            "says": mark.says,
            "late": mark.late,
        },
    )


def act_of(row: AlarmEventRow) -> Act:
    """The act this row holds."""
    said = row.payload
    until = said.get("until")
    return Act(
        id=str(row.id),
        kind=ActKind(row.kind),
        key=key_from(row.key),
        at=row.at,
        by=row.by,
        seen=frozenset(said["seen"]),
        until=datetime.fromisoformat(until) if until else None,
        to=said.get("to", ""),
        reason=said.get("reason", ""),
    )


def row_of_act(session: Session, act: Act) -> AlarmEventRow:
    """The row that keeps this act."""
    said: dict[str, object] = {"seen": sorted(act.seen)}
    said |= {"until": act.until.isoformat()} if act.until else {}
    said |= {name: words for name, words in (("to", act.to), ("reason", act.reason)) if words}
    return AlarmEventRow(
        id=UUID(act.id),
        clinic_id=session.clinic_id,
        session=session,
        key=act.key.text,
        kind=act.kind.value,
        at=act.at,
        recorded_at=act.at,
        by=act.by,
        payload=said,
    )


def row_of_shown(session: Session, mark: Mark, now: datetime) -> AlarmEventRow:
    """That this beginning stood on a screen for the first time."""
    return AlarmEventRow(
        id=uuid5(session.id, f"{SHOWN}:{mark.id}"),
        clinic_id=session.clinic_id,
        session=session,
        key=mark.key.text,
        kind=SHOWN,
        at=now,
        recorded_at=now,
        payload={"raise": mark.id, "raised_at": mark.at.isoformat(), "known_at": mark.recorded_at.isoformat()},
    )


def escalation_of(row: AlarmEscalation) -> Escalation | None:
    """The rule this row sets; None for one that was taken back."""
    if row.after_s is None:
        return None
    return Escalation(timedelta(seconds=row.after_s), row.to, f"{row.source} ({row.set_by_name})")
