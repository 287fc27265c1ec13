"""The embedded database as it is really opened: durable, checked, and shared by many writers without a lost row."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from euthymia.clinic.settings import sqlite_database
from euthymia.clinic.settings.sqlite.base import DatabaseWrapper

DEFAULTS = {
    "ATOMIC_REQUESTS": False,
    "AUTOCOMMIT": True,
    "CONN_HEALTH_CHECKS": False,
    "TIME_ZONE": None,
    "TEST": {},
    "USER": "",
    "PASSWORD": "",
    "HOST": "",
    "PORT": "",
}
WRITERS, ROUNDS = 8, 25


@pytest.fixture(autouse=True)
def _own_database(django_db_blocker: Any) -> Iterator[None]:
    """These tests open their own files instead of the suite's database."""
    with django_db_blocker.unblock():
        yield


def opened(path: Path, **changes: Any) -> BaseDatabaseWrapper:
    database = {**DEFAULTS, **sqlite_database(path), **changes}
    return DatabaseWrapper(database, alias="apart")


def value_of(connection: BaseDatabaseWrapper, query: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchone()[0]


def test_commits_are_on_disk_before_they_are_acknowledged(tmp_path: Path) -> None:
    connection = opened(tmp_path / "rows")
    assert value_of(connection, "PRAGMA journal_mode") == "wal"
    assert value_of(connection, "PRAGMA synchronous") == 2
    assert value_of(connection, "PRAGMA foreign_keys") == 1
    connection.close()


@pytest.mark.parametrize("pragma", ["PRAGMA synchronous=NORMAL", "PRAGMA synchronous=OFF"])
def test_a_connection_that_is_not_durable_is_refused(tmp_path: Path, pragma: str) -> None:
    options = {"transaction_mode": "IMMEDIATE", "init_command": f"PRAGMA journal_mode=WAL;{pragma}"}
    connection = opened(tmp_path / "rows", OPTIONS=options)
    with pytest.raises(ImproperlyConfigured):
        connection.connect()
    connection.connection and connection.connection.close()


def test_many_writers_that_read_first_lose_nothing(tmp_path: Path) -> None:
    """Read, then write what was read plus one: the pattern that fails under SQLite's defaults."""
    first = opened(tmp_path / "rows")
    with first.cursor() as cursor:
        cursor.execute("CREATE TABLE counter (value INTEGER)")
        cursor.execute("INSERT INTO counter VALUES (0)")
    problems: list[BaseException] = []

    def count_up() -> None:
        connection = opened(tmp_path / "rows")
        connections["apart"] = connection
        try:
            for _ in range(ROUNDS):
                with transaction.atomic(using="apart"):
                    seen = value_of(connection, "SELECT value FROM counter")
                    with connection.cursor() as cursor:
                        cursor.execute("UPDATE counter SET value = %s", [seen + 1])
        except Exception as problem:  # noqa: BLE001 - a thread's failure is the test's
            problems.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=count_up) for _ in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert value_of(first, "SELECT value FROM counter") == WRITERS * ROUNDS
    first.close()


def test_a_failed_transaction_lets_the_next_writer_in(tmp_path: Path) -> None:
    connection = opened(tmp_path / "rows")
    connections["apart"] = connection
    with pytest.raises(ZeroDivisionError), transaction.atomic(using="apart"):
        _ = 1 / 0
    assert connection.writer_lock._owner is None  # type: ignore[attr-defined]
    connection.close()
