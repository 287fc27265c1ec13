"""Rows: whose they are, and who writes them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from django.apps import apps
from django.db import models

ROOM = Path("src/euthymia/clinic")
WRITES = {
    "save",
    "delete",
    "update",
    "create",
    "bulk_create",
    "bulk_update",
    "get_or_create",
    "update_or_create",
    "create_user",
    "create_superuser",
}
# Commands are the only writers. Each exception says why; one that no longer writes must leave the list.
OTHER_WRITERS = {
    "sessions/note.py": "the half of the commands that writes the note; sessions/commands.py is at its length limit",
    "demo/build.py": "invents clinics, staff and chairs before there is anybody who could act",
    "demo/history.py": "puts invented months into the past, which no command may do",
}


def own_models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model.__module__.startswith("euthymia.clinic.")]


def test_whatever_belongs_to_a_patient_belongs_to_a_clinic() -> None:
    homeless = []
    for model in own_models():
        names = {field.name for field in model._meta.get_fields() if field.concrete}
        if "patient" in names and "clinic" not in names:
            homeless.append(model.__name__)
    assert homeless == []


def test_no_row_about_a_patient_goes_away_with_another_row() -> None:
    """A deleted patient, session or plan may never silently take a record with it."""
    cascading = [
        f"{model.__name__}.{field.name}"
        for model in own_models()
        if model._meta.app_label not in {"accounts"}
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is models.CASCADE
    ]
    assert cascading == []


def writes(source: str) -> Iterator[tuple[int, str]]:
    """(line, call) of every call that writes a row."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            yield node.lineno, node.func.attr


def writing_modules(repository: Path) -> dict[str, list[tuple[int, str]]]:
    room = repository / ROOM
    found = {
        path.relative_to(room).as_posix(): list(writes(path.read_text()))
        for path in sorted(room.rglob("*.py"))
        if "migrations" not in path.parts
    }
    return {name: calls for name, calls in found.items() if calls}


def test_only_commands_write_rows(repository: Path) -> None:
    found = {
        name: calls
        for name, calls in writing_modules(repository).items()
        if Path(name).name != "commands.py" and name not in OTHER_WRITERS
    }
    assert found == {}


def test_an_exception_that_writes_nothing_leaves_the_list(repository: Path) -> None:
    assert set(OTHER_WRITERS) - set(writing_modules(repository)) == set()


def test_commands_that_write_also_write_the_access_log(repository: Path) -> None:
    silent = [
        name
        for name in writing_modules(repository)
        if Path(name).name == "commands.py"
        and name != "audit/commands.py"
        and "audit.commands import" not in (repository / ROOM / name).read_text()
    ]
    assert silent == []


def test_the_search_for_writes_finds_one() -> None:
    assert list(writes("Patient.objects.create(name='x')\nrow.save()\n")) == [(1, "create"), (2, "save")]
