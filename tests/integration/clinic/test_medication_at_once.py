"""Many hands on one lot at the same moment: one press is one entry, and nobody draws what is not there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from tests.builders import NOW
from tests.integration.clinic.test_at_once import all_at_once
from tests.session_room import Room

from euthymia.clinic.audit import guard as log_guard
from euthymia.clinic.medication import commands, session_commands
from euthymia.clinic.medication import guard as ledger_guard
from euthymia.clinic.medication.entry_commands import Act
from euthymia.clinic.medication.models import LedgerEntryRow, MedicationLot

GUARDS = (log_guard, ledger_guard)


@pytest.fixture
def _guards_again(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """What may not be emptied is emptied after a test that really commits; then the refusals are put back."""
    yield
    with django_db_blocker.unblock():
        for guard in GUARDS:
            guard.install(connection)


@pytest.fixture
def room(_guards_again: None, transactional_db: None) -> Iterator[Room]:
    yield Room()
    for guard in GUARDS:
        guard.remove(connection)


def press(minutes: int = 3) -> Act:
    at = NOW + timedelta(minutes=minutes)
    return Act(uuid4(), at, at)


def test_one_press_sent_a_hundred_times_at_once_is_one_entry(room: Room) -> None:
    session, once = room.seated(), press()

    def draw(_: int) -> None:
        session_commands.draw(room.nurse, session, room.lot.id, 35_000, once)

    assert all_at_once(draw, writers=100) == [None] * 100
    assert LedgerEntryRow.objects.filter(session=session).count() == 1


def test_nobody_draws_what_somebody_else_has_drawn(room: Room) -> None:
    session = room.seated()
    commands.remove(room.nurse, room.lot, commands.EntryKind.RETURNED, 2_800_000 - 35_000, press())

    def draw(_: int) -> None:
        session_commands.draw(room.nurse, session, room.lot.id, 10_000, press())

    refused = [answer for answer in all_at_once(draw) if answer is not None]
    assert {answer.code for answer in refused} == {"more_than_there_is"}
    assert len(refused) == 5
    lot = MedicationLot.objects.get(pk=room.lot.pk)
    assert (lot.vault_ug, lot.drawn_ug) == (5_000, 30_000)
