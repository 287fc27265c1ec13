"""The hashes that tie an addition to the note before it, so that a changed or missing one is seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from euthymia.clinic.documents.models import NoteAddendum
from euthymia.clinic.sessions.models import SessionNote
from euthymia.clinic.sessions.note import text_hash


def addendum_hash(addendum_id: UUID, by_name: str, at: datetime, text: str, previous_hash: str) -> str:
    """SHA-256 over who, when, what and the hash before it."""
    return hash_of(
        [str(addendum_id), by_name, at.astimezone(UTC).isoformat(timespec="microseconds"), text, previous_hash]
    )


def hash_of(values: Any) -> str:
    """SHA-256 of plain values, whatever the order of a table's names."""
    written = json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(written.encode()).hexdigest()


def note_intact(note: SessionNote) -> bool:
    """Whether the text is the one that was signed."""
    return text_hash(note.text) == note.content_hash


def broken_addendum(note: SessionNote, addenda: Sequence[NoteAddendum]) -> int | None:
    """The place of the first addition that is not what was written, or is not where it was; None when all are."""
    before = note.content_hash
    for place, row in enumerate(addenda, start=1):
        made = addendum_hash(row.id, row.by_name, row.at, row.text, before)
        if row.place != place or row.previous_hash != before or row.hash != made:
            return place
        before = row.hash
    return None
