"""Django's SQLite backend with a fair writer lock around every transaction, and a check that commits are durable."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.base import SQLiteCursorWrapper

from euthymia.clinic.settings.sqlite.lock import FairLock, lock_for

WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")
FULL = 2


class DatabaseWrapper(base.DatabaseWrapper):
    """Every write waits its turn; a connection that would not be durable is refused."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._holds_lock = False
        self._cursor_class = FairCursor.bound_to(self)

    @property
    def writer_lock(self) -> FairLock:
        return lock_for(str(self.settings_dict["NAME"]))

    def get_new_connection(self, conn_params: Any) -> Any:
        connection = super().get_new_connection(conn_params)
        (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
        (mapped,) = connection.execute("PRAGMA mmap_size").fetchone() or (0,)
        if synchronous < FULL or mapped:
            raise ImproperlyConfigured("SQLite must run with synchronous=FULL and without a memory map.")
        return connection

    def create_cursor(self, name: Any = None) -> Any:
        return self.connection.cursor(factory=self._cursor_class)

    def _start_transaction_under_autocommit(self) -> None:
        self.writer_lock.acquire()
        self._holds_lock = True
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._let_go()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()
        finally:
            # A commit that failed leaves the transaction open; the rollback that follows lets go.
            if self.connection is None or not self.connection.in_transaction:
                self._let_go()

    def _rollback(self) -> None:
        try:
            super()._rollback()
        finally:
            self._let_go()

    def _close(self) -> None:
        try:
            super()._close()
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if self._holds_lock:
            self._holds_lock = False
            self.writer_lock.release()


class FairCursor(SQLiteCursorWrapper):
    """Takes the writer lock for the rare write outside a transaction."""

    wrapper: DatabaseWrapper

    @classmethod
    def bound_to(cls, wrapper: DatabaseWrapper) -> type[FairCursor]:
        return type("BoundFairCursor", (cls,), {"wrapper": wrapper})

    def execute(self, query: str, params: Any = None) -> Any:
        if self.wrapper._holds_lock or not query.lstrip().upper().startswith(WRITES):
            return super().execute(query, params)
        self.wrapper.writer_lock.acquire()
        try:
            return super().execute(query, params)
        finally:
            self.wrapper.writer_lock.release()
