"""Asks the database itself to keep the steps of an adverse event as they were written."""

from __future__ import annotations

from euthymia.clinic.audit.row_guard import RowGuard

STEPS = RowGuard(
    "adverse_adverseeventstep", "what was written about an adverse event stays; write a new step", ("UPDATE", "DELETE")
)
