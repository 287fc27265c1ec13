"""Asks the database itself to refuse another content for a version, and another signature for a signed one."""

from __future__ import annotations

from euthymia.clinic.audit.row_guard import RowGuard

CONTENT = ("protocol_id", "version", "content", "content_hash", "clinic_id")
SIGNATURE = ("signed_by_id", "signed_name", "signed_meaning", "signed_at", "signed_hash")


def _differs(columns: tuple[str, ...], unlike: str) -> str:
    return " OR ".join(f"NEW.{column} {unlike} OLD.{column}" for column in columns)


def _changes(unlike: str) -> str:
    signature = _differs(SIGNATURE, unlike)
    return f"({_differs(CONTENT, unlike)}) OR (OLD.signed_at IS NOT NULL AND ({signature}))"


VERSIONS = RowGuard("plans_protocolversion", "a protocol version does not change; make a new one", when=_changes)

install, remove = VERSIONS.install, VERSIONS.remove
