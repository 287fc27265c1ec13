"""How each database keeps the values of a stream, and gives them back, without asking a model's field each time.

What a field answers here is what the field itself would answer; a kind that is not named below is asked of it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Field
from django.db.models.expressions import Col

Turn = Callable[[Any], Any]


def keepers(fields: tuple[Field, ...]) -> tuple[Turn, ...]:
    """For each field, what makes a value of it ready for this database."""
    return _turns(fields, connection.vendor, keeping=True)


def givers(fields: tuple[Field, ...]) -> tuple[Turn, ...]:
    """For each field, what makes a value out of what this database gave."""
    return _turns(fields, connection.vendor, keeping=False)


@cache
def _turns(fields: tuple[Field, ...], vendor: str, *, keeping: bool) -> tuple[Turn, ...]:
    known = (KEEP if keeping else GIVE)[vendor]
    asked = _kept_by_field if keeping else _given_by_field
    return tuple(known.get(kind_of(field)) or partial(asked, field) for field in fields)


def kind_of(field: Field) -> str:
    """What kind of value the column holds; a reference holds its target's."""
    target = field.target_field if field.remote_field else field
    kind: str = target.get_internal_type()
    return kind


def _same(value: Any) -> Any:
    return value


def _as_text(value: datetime | None) -> str | None:
    return None if value is None else str(value.astimezone(UTC).replace(tzinfo=None))


def _in_utc(value: datetime | str | None) -> datetime | None:
    """What is worked out of a column, as its least, comes as text."""
    if value is None:
        return None
    return (datetime.fromisoformat(value) if isinstance(value, str) else value).replace(tzinfo=UTC)


def _as_hex(value: UUID) -> str:
    return value.hex


def _kept_by_field(field: Field, value: Any) -> Any:
    return field.get_db_prep_save(value, connection)


def _given_by_field(field: Field, value: Any) -> Any:
    column = Col(field.model._meta.db_table, field)
    for turn in [*connection.ops.get_db_converters(column), *field.get_db_converters(connection)]:
        value = turn(value, column, connection)
    return value


_ALIKE = dict.fromkeys(("BigIntegerField", "BigAutoField", "PositiveIntegerField", "CharField"), _same)
KEEP: dict[str, dict[str, Turn]] = {
    "sqlite": {
        **_ALIKE,
        "DateTimeField": _as_text,
        "UUIDField": _as_hex,
        "JSONField": json.dumps,
        "BinaryField": _same,
    },
    # A document is told from a text by the type that the statement gives it.
    "postgresql": {
        **_ALIKE,
        "DateTimeField": _same,
        "UUIDField": _same,
        "JSONField": json.dumps,
        "BinaryField": _same,
    },
}
GIVE: dict[str, dict[str, Turn]] = {
    "sqlite": {**_ALIKE, "DateTimeField": _in_utc, "UUIDField": UUID, "JSONField": json.loads},
    "postgresql": {**_ALIKE, "DateTimeField": _same, "UUIDField": _same, "JSONField": json.loads},
}
