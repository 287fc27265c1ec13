"""Asks the database itself to keep every act of handing over as it was written."""

from __future__ import annotations

from euthymia.clinic.audit.row_guard import RowGuard

ACTS = RowGuard("handover_handover", "what was handed over stays as it was written", ("UPDATE", "DELETE"))
