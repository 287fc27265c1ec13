"""The access log in a real database: append-only, scoped, and true to its seals."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction
from tests.builders import NOW, make_clinic, make_viewer

from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit import guard
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action, AuditEntry
from euthymia.clinic.audit.queries import current_anchor, entries_visible_to, verify_log

pytestmark = pytest.mark.django_db


def write_entries(number: int) -> None:
    viewer = make_viewer(make_clinic())
    for index in range(number):
        record(viewer, Action.READ, "patient", now=NOW, subject_id=index)


def test_entries_form_a_chain_that_verifies() -> None:
    write_entries(5)
    assert verify_log() == []
    assert current_anchor().sequence == AuditEntry.objects.count() == 5


@pytest.mark.parametrize("attack", ["update", "delete"])
def test_the_database_refuses_changes(attack: str) -> None:
    write_entries(3)
    with pytest.raises(Error), transaction.atomic():
        entries = AuditEntry.objects.filter(sequence=2)
        entries.update(actor_name="Somebody Else") if attack == "update" else entries.delete()
    assert verify_log() == []


def test_a_change_behind_the_database_is_found() -> None:
    write_entries(3)
    guard.remove(connection)
    AuditEntry.objects.filter(sequence=2).update(actor_name="Somebody Else")
    assert [finding.sequence for finding in verify_log()] == [2]


def test_one_clinic_does_not_see_the_entries_of_another() -> None:
    write_entries(3)
    stranger = make_viewer(make_clinic(), Role.MANAGER)
    record(stranger, Action.LIST, "access_log", now=NOW)
    assert [row.actor_id for row in entries_visible_to(stranger)] == [stranger.user_id]


def test_a_refused_command_leaves_no_entry() -> None:
    viewer = make_viewer(make_clinic())
    with pytest.raises(RuntimeError), transaction.atomic():
        record(viewer, Action.CREATE, "patient", now=NOW)
        raise RuntimeError
    assert AuditEntry.objects.count() == 0
