"""Asks the database itself to refuse another content for a version, and another signature for a signed one."""

from __future__ import annotations

from typing import Any

TABLE = "plans_protocolversion"
SAYS = "a protocol version does not change; make a new one"
CONTENT = ("protocol_id", "version", "content", "content_hash", "clinic_id")
SIGNATURE = ("signed_by_id", "signed_name", "signed_meaning", "signed_at", "signed_hash")


def _differs(columns: tuple[str, ...], unlike: str) -> str:
    return " OR ".join(f"NEW.{column} {unlike} OLD.{column}" for column in columns)


def _changes(unlike: str) -> str:
    signature = _differs(SIGNATURE, unlike)
    return f"({_differs(CONTENT, unlike)}) OR (OLD.signed_at IS NOT NULL AND ({signature}))"


SQLITE = [
    f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE ON {TABLE} WHEN {_changes('IS NOT')} "
    f"BEGIN SELECT RAISE(ABORT, '{SAYS}'); END",
]
POSTGRESQL = [
    f"CREATE FUNCTION {TABLE}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF {_changes('IS DISTINCT FROM')} THEN RAISE EXCEPTION '{SAYS}'; END IF; RETURN NEW; END $$",
    f"CREATE TRIGGER {TABLE}_no_change BEFORE UPDATE ON {TABLE} FOR EACH ROW EXECUTE FUNCTION {TABLE}_refuse()",
]
REMOVE_SQLITE = [f"DROP TRIGGER IF EXISTS {TABLE}_no_change"]
REMOVE_POSTGRESQL = [
    f"DROP TRIGGER IF EXISTS {TABLE}_no_change ON {TABLE}",
    f"DROP FUNCTION IF EXISTS {TABLE}_refuse()",
]


def install(connection: Any) -> None:
    """Make such an UPDATE fail."""
    _run(connection, SQLITE if connection.vendor == "sqlite" else POSTGRESQL)


def remove(connection: Any) -> None:
    """Undo `install`; for taking a migration back."""
    _run(connection, REMOVE_SQLITE if connection.vendor == "sqlite" else REMOVE_POSTGRESQL)


def _run(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
