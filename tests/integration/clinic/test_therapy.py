"""Therapy notes: tied to the person's own visits, refused when empty or from the future, never doubled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in
from tests.session_room import Room

from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.therapy.commands import write_note
from euthymia.clinic.therapy.models import TherapyNote
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db


def test_a_note_stands_on_the_page_and_on_the_timeline(client: Any) -> None:
    room = Room()
    session = room.session()
    sign_in(client, make_viewer(room.clinic, Role.THERAPIST))
    typed = {"kind": "preparation", "text": "We spoke about her father.", "intention": "To rest", "session": session.id}
    assert client.post(f"/people/{room.patient.id}/therapy/", typed).status_code == 302
    note = TherapyNote.objects.get()
    assert (note.session, note.intention) == (session, "To rest")
    page = client.get(f"/people/{room.patient.id}/therapy/").content.decode()
    assert "We spoke about her father." in page
    assert "Therapy: preparation" in client.get(f"/people/{room.patient.id}/").content.decode()
    assert AuditEntry.objects.filter(action="create", subject="therapy_note").count() == 1
    assert AuditEntry.objects.filter(action="read", subject="therapy_notes").exists()


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"text": ""}, "This field is required"),
        ({"text": "   "}, "This field is required"),
        ({"kind": "gossip"}, "Select a valid choice"),
        ({"at": "2999-01-01T10:00"}, "future"),
        ({"session": "7f0c8b6e-0000-0000-0000-000000000000"}, "Select a valid choice"),
    ],
)
def test_a_note_that_cannot_be_is_refused_and_stays_typed(client: Any, changes: dict[str, str], says: str) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic)
    sign_in(client, make_viewer(clinic, Role.THERAPIST))
    typed = {"kind": "integration", "text": "A long thought", "intention": "Kept words"} | changes
    page = client.post(f"/people/{patient.id}/therapy/", typed)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert "Kept words" in page.content.decode()
    assert TherapyNote.objects.count() == 0
    assert not AuditEntry.objects.filter(action="create").exists()


def test_a_visit_of_somebody_else_cannot_be_named(client: Any) -> None:
    room, other = Room(), Room()
    viewer = make_viewer(room.clinic, Role.THERAPIST)
    typed = {"kind": "integration", "text": "x", "session": str(other.session().id)}
    assert sign_in(client, viewer).post(f"/people/{room.patient.id}/therapy/", typed).status_code == 422
    assert TherapyNote.objects.count() == 0


def test_a_double_click_writes_one_note() -> None:
    clinic = make_clinic()
    patient, viewer = make_patient(clinic), make_viewer(clinic, Role.THERAPIST)
    first = write_note(viewer, patient, kind="integration", text="Once.", at=NOW, now=NOW)
    later = NOW + timedelta(seconds=3)
    assert write_note(viewer, patient, kind="integration", text="Once.", at=later, now=later) == first
    assert TherapyNote.objects.count() == 1


def test_the_command_itself_refuses_what_a_form_would() -> None:
    clinic = make_clinic()
    patient, viewer = make_patient(clinic), make_viewer(clinic, Role.THERAPIST)
    for wrong in ({"kind": "gossip"}, {"text": " "}, {"at": NOW + timedelta(days=1)}):
        with pytest.raises(BadInput):
            write_note(viewer, patient, **{"kind": "integration", "text": "x", "at": NOW, "now": NOW} | wrong)
    assert TherapyNote.objects.count() == AuditEntry.objects.count() == 0


@pytest.mark.parametrize("role", [Role.NURSE, Role.COORDINATOR, Role.RESEARCHER, Role.MANAGER])
def test_only_therapists_and_prescribers_open_therapy(client: Any, role: Role) -> None:
    clinic = make_clinic()
    patient = make_patient(clinic)
    assert sign_in(client, make_viewer(clinic, role)).get(f"/people/{patient.id}/therapy/").status_code == 403
