"""Asks the database itself to keep a signed note and everything written about it afterwards as they are."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.audit.row_guard import RowGuard

SAYS = "what was signed stays; add to it"
WRITTEN = (
    RowGuard("session_room_sessionnote", SAYS),
    RowGuard("documents_noteaddendum", SAYS, verbs=("UPDATE", "DELETE")),
    RowGuard("documents_remsstatement", SAYS, verbs=("UPDATE", "DELETE")),
    RowGuard("documents_remssending", SAYS, verbs=("UPDATE", "DELETE")),
)


def install(connection: Any) -> None:
    """Make UPDATE on these tables fail, and DELETE on those of this context."""
    for table in WRITTEN:
        table.install(connection)


def remove(connection: Any) -> None:
    """Undo `install`; for taking a migration back and for emptying a test database."""
    for table in WRITTEN:
        table.remove(connection)
