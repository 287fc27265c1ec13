"""A database that really commits. Append-only tables refuse to be emptied, so their refusal is lifted for the sweep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"


def triggers() -> list[tuple[str, str]]:
    """(name, what makes it) of every refusal that the database itself keeps."""
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        return list(cursor.fetchall())


@pytest.fixture
def _triggers_again(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    if connection.vendor != "sqlite":
        pytest.skip("the limit on pages is SQLite's")
    with django_db_blocker.unblock():
        kept = triggers()
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for _, making in kept:
            cursor.execute(making)


@pytest.fixture
def committing(_triggers_again: None, transactional_db: None) -> Iterator[None]:
    """Every write of this test is a real commit, swept away afterwards."""
    yield
    with connection.cursor() as cursor:
        for name, _ in triggers():
            cursor.execute(f"DROP TRIGGER {name}")
