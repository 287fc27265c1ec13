"""Asks the database itself to refuse changes to the access log."""

from __future__ import annotations

from euthymia.clinic.audit.row_guard import RowGuard

LOG = RowGuard("audit_auditentry", "the access log is append-only", verbs=("UPDATE", "DELETE"))

install, remove = LOG.install, LOG.remove
