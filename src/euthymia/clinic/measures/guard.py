"""Asks the database itself to keep the steps of a risk signal and the versions of a safety plan as they are."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.audit.row_guard import RowGuard

SAYS = "what was written about a risk stays; write a new step or version"
WRITTEN = (RowGuard("measures_riskstep", SAYS), RowGuard("measures_safetyplanversion", SAYS))


def install(connection: Any) -> None:
    """Make UPDATE on these tables fail."""
    for table in WRITTEN:
        table.install(connection)


def remove(connection: Any) -> None:
    """Undo `install`; for taking a migration back."""
    for table in WRITTEN:
        table.remove(connection)
