"""Asks the database itself to keep what was written about alarms as it is."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.audit.row_guard import RowGuard

SAYS = "what was written about an alarm stays; write another line"
VERBS = ("UPDATE", "DELETE")
WRITTEN = (RowGuard("alarms_alarmeventrow", SAYS, VERBS), RowGuard("alarms_alarmescalation", SAYS, VERBS))


def install(connection: Any) -> None:
    """Make UPDATE and DELETE on these tables fail."""
    for table in WRITTEN:
        table.install(connection)


def remove(connection: Any) -> None:
    """Undo `install`; for taking a migration back."""
    for table in WRITTEN:
        table.remove(connection)
