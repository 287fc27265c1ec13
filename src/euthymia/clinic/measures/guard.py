"""Asks the database itself to keep the steps of a risk signal and the versions of a safety plan as they are."""

from __future__ import annotations

from typing import Any

TABLES = ("measures_riskstep", "measures_safetyplanversion")
SAYS = "what was written about a risk stays; write a new step or version"


def install(connection: Any) -> None:
    """Make UPDATE on these tables fail."""
    for table in TABLES:
        _run(connection, _sqlite(table) if connection.vendor == "sqlite" else _postgresql(table))


def remove(connection: Any) -> None:
    """Undo `install`; for taking a migration back."""
    for table in TABLES:
        if connection.vendor == "sqlite":
            _run(connection, [f"DROP TRIGGER IF EXISTS {table}_no_change"])
        else:
            drop = [f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}", f"DROP FUNCTION IF EXISTS {table}_refuse()"]
            _run(connection, drop)


def _sqlite(table: str) -> list[str]:
    return [f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} BEGIN SELECT RAISE(ABORT, '{SAYS}'); END"]


def _postgresql(table: str) -> list[str]:
    return [
        f"CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{SAYS}'; END $$",
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
    ]


def _run(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
