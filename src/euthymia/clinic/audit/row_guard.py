"""Asks the database itself to refuse what no row of a table may suffer, whoever writes: this program or another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def always(_unlike: str) -> str:
    """Every change of the verbs is refused."""
    return ""


@dataclass(frozen=True, slots=True)
class RowGuard:
    """Triggers on one table, in SQLite and in PostgreSQL.

    says: the error, without quotes.   verbs: UPDATE, or UPDATE and DELETE.   when: the SQL that tells which changes are
    refused, given the database's word for two values that differ; empty: all of them.
    """

    table: str
    says: str
    verbs: tuple[str, ...] = ("UPDATE",)
    when: Callable[[str], str] = always

    def install(self, connection: Any) -> None:
        """Make such a change fail. A migration that rebuilds the table on SQLite drops this; it installs it again."""
        _run(connection, self._sqlite() if connection.vendor == "sqlite" else self._postgresql())

    def remove(self, connection: Any) -> None:
        """Undo `install`; for taking a migration back and for emptying a test database."""
        if connection.vendor == "sqlite":
            _run(connection, [f"DROP TRIGGER IF EXISTS {self._name(verb)}" for verb in self.verbs])
            return
        drop = f"DROP TRIGGER IF EXISTS {self.table}_no_change ON {self.table}"
        _run(connection, [drop, f"DROP FUNCTION IF EXISTS {self.table}_refuse()"])

    def _name(self, verb: str) -> str:
        return f"{self.table}_no_change" if len(self.verbs) == 1 else f"{self.table}_no_{verb.lower()}"

    def _sqlite(self) -> list[str]:
        test = self.when("IS NOT")
        only = f"WHEN {test} " if test else ""
        return [
            f"CREATE TRIGGER {self._name(verb)} BEFORE {verb} ON {self.table} {only}"
            f"BEGIN SELECT RAISE(ABORT, '{self.says}'); END"
            for verb in self.verbs
        ]

    def _postgresql(self) -> list[str]:
        test = self.when("IS DISTINCT FROM")
        refuse = f"RAISE EXCEPTION '{self.says}';"
        body = f"IF {test} THEN {refuse} END IF; RETURN NEW;" if test else refuse
        return [
            f"CREATE FUNCTION {self.table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
            f"CREATE TRIGGER {self.table}_no_change BEFORE {' OR '.join(self.verbs)} ON {self.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {self.table}_refuse()",
        ]


def _run(connection: Any, statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
