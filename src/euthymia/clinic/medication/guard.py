"""Asks the database itself to keep the ledger's entries as they are, and what a lot is."""

from __future__ import annotations

from typing import Any

from euthymia.clinic.audit.row_guard import RowGuard

LOT = (
    "drug",
    "product",
    "number",
    "ug_per_ml",
    "device_ug",
    "container_ml",
    "expires_on",
    "unusable_from",
    "clinic_id",
)


def _other_lot(unlike: str) -> str:
    return " OR ".join(f"NEW.{column} {unlike} OLD.{column}" for column in LOT)


ENTRIES = RowGuard("medication_ledgerentryrow", "an entry of the ledger stays; write another", ("UPDATE", "DELETE"))
LOTS = RowGuard("medication_medicationlot", "a lot stays what it is", when=_other_lot)


def install(connection: Any) -> None:
    """Make UPDATE and DELETE of entries fail, and making one lot into another."""
    ENTRIES.install(connection)
    LOTS.install(connection)


def remove(connection: Any) -> None:
    """Undo `install`; for taking a migration back and for emptying a test database."""
    ENTRIES.remove(connection)
    LOTS.remove(connection)
