"""Adverse events in the clinic: opened from a side effect or by itself, judged, closed by a prescriber, kept."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.session_room import Room

from euthymia.care.adverse_event import SERIOUS_IF, StepKind
from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.adverse import commands
from euthymia.clinic.adverse.models import AdverseEvent, AdverseEventStep
from euthymia.clinic.adverse.queries import possible_owners
from euthymia.clinic.audit.models import AuditEntry
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = NOW + 60 * MINUTE


@pytest.fixture
def room() -> Room:
    return Room()


def opened(room: Room, **fields: object) -> AdverseEvent:
    written = commands.Written(StepKind.OPENED, "Fainted", None, {"severity": "moderate"}, **fields)  # type: ignore[arg-type]
    return commands.open_event(room.nurse, room.patient, written, NOW)


def judge(room: Room, event: AdverseEvent, *, death: bool = False, outcome: str = "recovered") -> None:
    answers = dict.fromkeys(SERIOUS_IF, False) | {"death": death}
    for kind, judged in (
        (StepKind.SERIOUSNESS, {"serious": answers}),
        (StepKind.RELATEDNESS, {"relatedness": "possible"}),
        (StepKind.ACTED, {"action": "watched"}),
        (StepKind.OUTCOME, {"outcome": outcome}),
    ):
        commands.write_step(room.nurse, event, commands.Written(kind, "", None, judged), LATER)


def test_a_side_effect_becomes_one_adverse_event_however_often_it_is_pressed(room: Room, client: Client) -> None:
    session = room.dosing()
    effect = {"name": "Vomiting", "severity": "severe"}
    effect_id = room.write(session, EventKind.SIDE_EFFECT, effect, at=NOW + 10 * MINUTE)
    sign_in(client, room.nurse)
    page = client.get(f"/sessions/{session.id}/live/?part=sheet").content.decode()
    assert f'value="{effect_id}"' in page
    answers = [client.post(f"/sessions/{session.id}/adverse-events/", {"side_effect_id": effect_id}) for _ in range(2)]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    event = AdverseEvent.objects.get()
    assert (event.what, event.severity, event.began_at) == ("Vomiting", "severe", NOW + 10 * MINUTE)
    assert (event.owner_id, event.session_id) == (room.nurse.user_id, session.id)
    missing = client.post(f"/sessions/{session.id}/adverse-events/", {"side_effect_id": str(uuid4())})
    assert missing.status_code == 400


def test_from_open_to_closed_on_the_page(room: Room, client: Client) -> None:
    event = opened(room)
    judge(room, event)
    address = f"/adverse-events/{event.id}/"
    sign_in(client, room.nurse)
    page = client.get(address).content.decode()
    assert "Only a prescriber closes" in page
    refused = client.post(address, {"step": "closed", "says": "Well again.", "event_id": str(uuid4())})
    assert refused.status_code == 422
    sign_in(client, room.prescriber)
    assert client.post(address, {"step": "closed", "says": "Well again.", "event_id": str(uuid4())}).status_code == 302
    event.refresh_from_db()
    assert (event.phase, event.serious, event.closed_at is not None) == ("closed", False, True)
    again_open = client.post(address, {"step": "reopened", "says": "It came back.", "event_id": str(uuid4())})
    assert again_open.status_code == 302
    event.refresh_from_db()
    assert (event.phase, event.closed_at, event.owner_id) == ("open", None, room.prescriber.user_id)


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"step": "graded"}, "Choose mild, moderate or severe"),
        ({"step": "graded", "severity": "awful"}, "one of those shown"),
        ({"step": "seriousness"}, "at least one of the six"),
        ({"step": "outcome", "outcome": "recovered", "at": "2026-02-31T10:00"}, "not a time that exists"),
        ({"step": "outcome", "outcome": "recovered", "at": "soon"}, "the day and the time"),
        ({"step": "handed_over", "to": "999999"}, "Name the person"),
        ({"step": "noted", "says": " "}, "in words"),
        ({"step": "dance"}, "no such step"),
        ({"step": "noted", "says": "x", "event_id": "7"}, "Reload the page"),
    ],
)
def test_what_is_not_written_well_is_refused_and_changes_nothing(
    room: Room, client: Client, typed: dict[str, str], words: str
) -> None:
    event = opened(room)
    sign_in(client, room.nurse)
    answer = client.post(f"/adverse-events/{event.id}/", typed)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert AdverseEventStep.objects.count() == 1


def test_one_that_nobody_saw_in_a_session_is_opened_on_the_persons_page(room: Room, client: Client) -> None:
    sign_in(client, room.nurse)
    address = f"/people/{room.patient.id}/adverse-events/"
    assert client.post(address, {"says": "", "severity": "mild"}).status_code == 422
    answer = client.post(address, {"says": "Fell at home", "severity": "moderate", "event_id": str(uuid4())})
    assert answer.status_code == 302
    assert "Fell at home" in client.get(address).content.decode()
    assert "Fell at home" in client.get("/today/").content.decode()
    assert "Fell at home" in client.get("/adverse-events/").content.decode()


def test_the_same_form_sent_twice_is_one_event_and_one_step(room: Room) -> None:
    same = uuid4()
    first, second = opened(room, event_id=same), opened(room, event_id=same)
    assert first.id == second.id
    note = commands.Written(StepKind.NOTED, "Called them.", event_id=uuid4())
    for _ in range(2):
        commands.write_step(room.nurse, first, note, LATER)
    assert AdverseEventStep.objects.count() == 2
    with pytest.raises(BadInput, match="Another entry has this id"):
        commands.write_step(room.nurse, first, commands.Written(StepKind.NOTED, "Else.", event_id=note.event_id), LATER)


def test_a_hand_over_names_the_new_owner(room: Room) -> None:
    event = opened(room)
    to = next(one for one in possible_owners(room.nurse) if one.user_id == room.prescriber.user_id)
    commands.write_step(room.nurse, event, commands.Written(StepKind.HANDED_OVER, "", to), LATER)
    event.refresh_from_db()
    assert event.owner_id == room.prescriber.user_id


def test_the_database_keeps_every_step_as_it_was_written(room: Room) -> None:
    opened(room)
    step = AdverseEventStep.objects.get()
    for change in (
        lambda: AdverseEventStep.objects.update(says="nothing happened"),
        lambda: AdverseEventStep.objects.filter(pk=step.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert AdverseEventStep.objects.get().says == "Fainted"


def test_another_clinic_finds_nothing_and_every_write_is_in_the_access_log(room: Room, client: Client) -> None:
    event = opened(room)
    judge(room, event)
    subjects = list(AuditEntry.objects.filter(subject="adverse_event").values_list("detail", flat=True))
    assert [detail["step"] for detail in subjects] == ["opened", "seriousness", "relatedness", "acted", "outcome"]
    stranger = make_viewer(make_clinic(), Role.PRESCRIBER)
    sign_in(client, stranger)
    assert client.get(f"/adverse-events/{event.id}/").status_code == 404
    assert "Fainted" not in client.get("/adverse-events/").content.decode()


def test_who_may_not_assess_may_not_write(room: Room) -> None:
    pharmacist = make_viewer(room.clinic, Role.PHARMACIST)
    written = commands.Written(StepKind.OPENED, "Fainted", None, {"severity": "mild"})
    with pytest.raises(BadInput):
        commands.open_event(pharmacist, room.patient, written, NOW)
    assert AdverseEvent.objects.count() == 0
