"""Between the rows of the database and the events that the rules of care understand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from euthymia.care.session_events import EventKind, SessionEvent, payload_from, payload_to_mapping
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.errors import BadInput


def event_of(row: SessionEventRow) -> SessionEvent:
    """The event this row holds."""
    kind = EventKind(row.kind)
    return SessionEvent(
        id=str(row.id),
        kind=kind,
        at=row.at,
        recorded_at=row.recorded_at,
        by=row.by,
        payload=payload_from(kind, row.payload),
        device=row.device,
        corrects=str(row.corrects_id) if row.corrects_id else None,
    )


def row_of(session: Session, event: SessionEvent) -> SessionEventRow:
    """The row that keeps this event."""
    return SessionEventRow(
        id=uuid_of(event.id, "id"),
        clinic_id=session.clinic_id,
        session=session,
        kind=event.kind.value,
        at=event.at,
        recorded_at=event.recorded_at,
        by=event.by,
        device=event.device,
        payload=payload_to_mapping(event.payload),
        corrects_id=uuid_of(event.corrects, "corrects") if event.corrects else None,
    )


def event_from_mapping(values: Mapping[str, Any], *, by: str, now: datetime) -> SessionEvent:
    """The event a tablet sends: `id`, `kind`, `at` (ISO, with a zone), `payload`, and maybe `device` and `corrects`.

    Refuses unknown fields, kinds and times without a zone (BadInput).
    """
    for name in values:
        if name not in {"id", "kind", "at", "payload", "device", "corrects"}:
            raise BadInput("unknown_field", name, "This field is not known here.")
    payload = values.get("payload", {})
    if not isinstance(payload, Mapping):
        raise BadInput("not_a_table", "payload", "The payload must be a table of names and values.")
    corrects = values.get("corrects")
    try:
        kind = EventKind(values.get("kind"))
    except ValueError as wrong:
        known = ", ".join(sorted(EventKind))
        raise BadInput("unknown_kind", "kind", f"Use one of: {known}.") from wrong
    return SessionEvent(
        id=str(uuid_of(values.get("id"), "id")),
        kind=kind,
        at=_instant(values.get("at")),
        recorded_at=now,
        by=by,
        payload=payload_from(kind, payload),
        device=_short_text(values.get("device", ""), "device"),
        corrects=str(uuid_of(corrects, "corrects")) if corrects else None,
    )


def uuid_of(value: Any, path: str) -> UUID:
    """The id made at the bedside; refuses anything that is not a UUID."""
    try:
        return UUID(str(value))
    except ValueError as wrong:
        raise BadInput("bad_id", path, "An id is a UUID, made once on the device.") from wrong


def _instant(value: Any) -> datetime:
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
    except ValueError as wrong:
        raise BadInput("bad_time", "at", "This is not a time that exists.") from wrong
    if at is None or at.tzinfo is None:
        raise BadInput("bad_time", "at", "Give the time with its zone, e.g. 2026-03-02T10:15:00Z.")
    return at


def _short_text(value: Any, path: str) -> str:
    if not isinstance(value, str) or len(value) > 80:
        raise BadInput("not_text", path, "Words are needed here, at most 80 letters.")
    return value
