"""Many people writing at the same moment, on whichever database the suite runs: nothing lost, nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from tests.builders import NOW, make_clinic, make_patient, make_viewer

from euthymia.care.instruments import load_instrument
from euthymia.care.protocol import holes
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.audit import guard
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action, AuditEntry
from euthymia.clinic.audit.queries import verify_log
from euthymia.clinic.measures.draft_commands import keep_answers, send_answers
from euthymia.clinic.measures.link_commands import answer_check_in, hash_of
from euthymia.clinic.measures.models import CheckIn, Draft, Response
from euthymia.clinic.people.commands import create_patient
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans import queries
from euthymia.clinic.plans.commands import fill_protocol, install_protocols
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.errors import BadInput

WRITERS, ROUNDS = 8, 20


@pytest.fixture
def _guard_again(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The log refuses to be emptied; a test that really commits takes the refusal away first and puts it back."""
    yield
    with django_db_blocker.unblock():
        guard.install(connection)


@pytest.fixture
def clinic(_guard_again: None, transactional_db: None) -> Iterator[Clinic]:
    yield make_clinic()
    guard.remove(connection)


def all_at_once(work: Callable[[int], Any], writers: int = WRITERS) -> list[Any]:
    """What each writer's work gave, or the refusal it met; any other fault is raised."""
    gave: list[Any] = [None] * writers
    gate = threading.Barrier(writers)

    def one(number: int) -> None:
        gate.wait()
        try:
            gave[number] = work(number)
        except Exception as problem:  # noqa: BLE001 - whatever a writer met is looked at below
            gave[number] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in gave:
        if isinstance(result, Exception) and not isinstance(result, BadInput):
            raise result
    return gave


def test_the_log_stays_whole_under_many_writers(clinic: Clinic) -> None:
    def write(number: int) -> None:
        for turn in range(ROUNDS):
            record(System(clinic.pk, f"writer {number}"), Action.READ, "course", now=NOW, subject_id=turn)

    all_at_once(write)
    assert AuditEntry.objects.count() == WRITERS * ROUNDS
    assert verify_log() == []


def test_everybody_gets_a_record_number_of_their_own(clinic: Clinic) -> None:
    def arrive(number: int) -> Patient:
        fields = {"given_name": "Ada", "family_name": f"Nr{number}", "birth_date": date(1980, 1, 1), "sex": "female"}
        return create_patient(System(clinic.pk, "reception"), fields, NOW)

    numbers = {patient.record_number for patient in all_at_once(arrive)}
    assert len(numbers) == WRITERS
    assert verify_log() == []


def test_one_person_typed_in_at_two_desks_is_one_record(clinic: Clinic) -> None:
    fields = {"given_name": "Ada", "family_name": "Twice", "birth_date": date(1980, 1, 1), "sex": "female"}
    gave = all_at_once(lambda number: create_patient(System(clinic.pk, "reception"), dict(fields), NOW))
    assert Patient.objects.count() == 1
    assert sum(isinstance(one, BadInput) for one in gave) == WRITERS - 1


def a_sent_link(clinic: Clinic, now: datetime) -> dict[str, int]:
    """A PHQ-9 behind the link `token` in a clinic with somebody to own a sign; gives answers to all of it."""
    make_viewer(clinic)
    CheckIn.objects.create(
        clinic=clinic,
        patient=make_patient(clinic),
        instrument="phq9",
        label="24 h",
        due_at=now,
        token_hash=hash_of("token"),
        sent_at=now,
        expires_at=now + timedelta(days=1),
    )
    return {item.id: 1 for item in load_instrument("phq9").items}


def test_a_link_answered_by_many_taps_is_answered_once(clinic: Clinic) -> None:
    now = timezone.now()
    answers = a_sent_link(clinic, now)
    gave = all_at_once(lambda number: answer_check_in("token", answers, now))
    assert [one.code for one in gave if isinstance(one, BadInput)] == ["used_link"] * (WRITERS - 1)
    assert Response.objects.count() == 1


def test_taps_kept_while_the_form_is_sent_leave_one_answer_and_nothing_behind(clinic: Clinic) -> None:
    now = timezone.now()
    answers = a_sent_link(clinic, now)

    def tap(number: int) -> Any:
        if number == WRITERS // 2:
            return send_answers("token", "one browser", answers, now)
        return keep_answers("token", "one browser", {str(number + 1): 2}, now)

    gave = all_at_once(tap)
    assert {one.code for one in gave if isinstance(one, BadInput)} <= {"used_link"}
    assert Response.objects.get().answers == answers
    assert not Draft.objects.exists()


def test_holes_filled_at_two_desks_make_one_new_version(clinic: Clinic) -> None:
    lead = make_viewer(clinic, Role.MEDICAL_LEAD)
    with transaction.atomic():
        install_protocols(lead, NOW)
    row = queries.version_for(lead, "iv_racemic_05")
    assert row is not None
    hole = next(one for one in holes(queries.protocol_of(row)) if one.low is not None and one.high is not None)
    assert hole.low is not None
    assert hole.high is not None
    filled = {hole.name: (hole.low + hole.high) / 2}
    source = "Agreed at the medicines meeting of 1 March 2026"
    gave = all_at_once(lambda number: fill_protocol(lead, row, filled, source=source, now=NOW))
    assert {one.code for one in gave if isinstance(one, BadInput)} == {"retired"}
    assert ProtocolVersion.objects.filter(protocol_id="iv_racemic_05").count() == 2
