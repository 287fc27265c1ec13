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
    "executemany",
    "get_or_create",
    "update_or_create",
    "create_user",
    "create_superuser",
}
# Commands are the only writers. Each exception says why; one that no longer writes must leave the list.
OTHER_WRITERS = {
    "sessions/note.py": "the half of the commands that writes the note; sessions/commands.py is at its length limit",
    "monitors/packing.py": "the half of the commands that packs; it changes how samples lie, not what they say",
    "monitors/statements.py": "the half of the commands that every beat runs, as finished statements",
    "jobs/running.py": "when a job last ran; nothing about a person, and no user who could be named",
    "demo/build.py": "invents clinics, staff and chairs before there is anybody who could act",
    "demo/history.py": "puts invented months into the past, which no command may do",
}

# Reading goes through `visible_to` and `find_or_404`, which know the viewer's clinic. Each exception says why not.
READS_BY_HAND = {
    "accounts/viewer.py": "finds out which clinic the viewer works in",
    "accounts/views.py": "the demonstration's list of invented staff, and nothing outside it",
    "alarms/heard.py": "samples of a session that the caller has in hand; a sample itself belongs to no clinic",
    "audit/queries.py": "entries belong to no model that is a clinic's; scoped by hand, and verified as a whole",
    "followup/queries.py": "an Exists beneath a scoped query of people",
    "jobs/queries.py": "when jobs last ran, which belongs to no clinic",
    "measures/contact_queries.py": "which clinics ask by themselves, for the round over all of them",
    "measures/risk_queries.py": "the colleagues who may own a signal, by the clinic of the viewer or of the signal",
    "monitors/queries.py": "whose secret this is, before any clinic is known; rows of one device, found by that",
    "people/queries.py": "this is where `visible_to` is",
    "portal/queries.py": "whose pages these are, before any clinic is known",
    "sessions/queries.py": "the doses of a patient that the caller has found within the clinic",
    "site/forms.py": "the names of the clinics, on the public enquiry form",
    "site/views.py": "the names of the clinics, on the public page of thanks",
    "therapy/forms.py": "an empty list until the view fills it with a scoped one",
}
TELLS_TIME = {"evidence/commands.py": "a trial ends in a thread, long after the `now` of the request"}


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
        if not name.endswith("commands.py") and name not in OTHER_WRITERS
    }
    assert found == {}


def test_an_exception_that_writes_nothing_leaves_the_list(repository: Path) -> None:
    assert set(OTHER_WRITERS) - set(writing_modules(repository)) == set()


def test_commands_that_write_also_write_the_access_log(repository: Path) -> None:
    silent = [
        name
        for name in writing_modules(repository)
        if name.endswith("commands.py")
        and name != "audit/commands.py"
        and "audit.commands import" not in (repository / ROOM / name).read_text()
    ]
    assert silent == []


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def read_modules(repository: Path) -> Iterator[tuple[str, ast.Module]]:
    """(name, tree) of every module of the clinic that is not a command, the demonstration or Django's."""
    room = repository / ROOM
    for path in sorted(room.rglob("*.py")):
        name = path.relative_to(room).as_posix()
        if "migrations" in path.parts or name.startswith("demo/") or path.name.endswith(("commands.py", "models.py")):
            continue
        if name not in OTHER_WRITERS:
            yield name, tree_of(path)


def test_rows_are_read_through_the_viewers_clinic(repository: Path) -> None:
    found = {
        name
        for name, tree in read_modules(repository)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager"}
    }
    assert found - set(READS_BY_HAND) == set(), "start from visible_to(viewer, Model)"
    assert set(READS_BY_HAND) - found == set(), "no longer needed: take it off the list"


def test_only_views_and_middleware_tell_the_time(repository: Path) -> None:
    """Commands, queries and presenters are given `now`, so that a test and a replay can choose it."""
    room = repository / ROOM
    found = {
        path.relative_to(room).as_posix()
        for name in ("commands.py", "queries.py", "presenters.py")
        for path in room.rglob(f"*{name}")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"timezone.now", "datetime.now", "date.today"}
    }
    assert found == set(TELLS_TIME)


def test_the_search_for_writes_finds_one() -> None:
    assert list(writes("Patient.objects.create(name='x')\nrow.save()\n")) == [(1, "create"), (2, "save")]
