"""Asks the database itself to refuse another content for a version, another signature for a signed one, another number
for a person's own limit, and any change to a step of a taper."""

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

# A limit that was set stays as it was set; it can only be ended, once.
LIMIT = ("clinic_id", "patient_id", "measure", "level", "value", "because", "set_at", "set_by_id", "set_name")
ENDING = ("ended_at", "ended_name", "ended_reason")


def _limit_changes(unlike: str) -> str:
    return f"({_differs(LIMIT, unlike)}) OR (OLD.ended_at IS NOT NULL AND ({_differs(ENDING, unlike)}))"


PERSON_LIMITS = RowGuard("plans_personlimit", "a limit does not change; end it and set another", when=_limit_changes)

TAPER_STEPS = RowGuard("plans_taperstep", "a step of a taper does not change; take another", ("UPDATE", "DELETE"))
