"""Waiting beside a dose, on the home page: by the risk the person accepts, and only once there was a dose."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, make_patient, make_viewer, sign_in
from tests.session_room import Room

from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.followup.commands import state_accepted_risk
from euthymia.clinic.followup.models import AcceptedRisk, CourseForecast
from euthymia.clinic.followup.outlook import held_words
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource
from euthymia.clinic.people.models import CarePhase, Patient
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db


def answered(viewer: Viewer, patient: Patient, value: int, at: Any) -> None:
    answers = {str(item): value for item in range(1, 9)} | {"9": 0}
    record_response(viewer, patient, Filled("phq9", answers, AnswerSource.CLINIC, at), now=at)


@pytest.fixture
def treated() -> Room:
    """A person at 16 before a dose and at 8 the day after."""
    room = Room()
    answered(room.prescriber, room.patient, 2, NOW - timedelta(days=1))
    session = room.dosing()
    Session.objects.filter(pk=session.pk).update(dose_given_mg=35.0)
    answered(room.prescriber, room.patient, 1, NOW + timedelta(days=1))
    return room


def kept() -> dict[str, Any]:
    return dict(CourseForecast.objects.get().result["outlook"])


def test_the_chances_of_now_are_whole_and_a_dose_lowers_those_ahead(treated: Room) -> None:
    found = kept()
    assert sum(found["chance_now"].values()) == pytest.approx(1, abs=1e-3)
    assert found["with_dose"][6] < found["waiting"][6]
    assert all(chances == sorted(chances) for chances in found["slipped"].values()), "to have slipped only grows"


@pytest.mark.parametrize(
    ("days", "words"), [(1, "about 1 day"), (27, "about 27 days"), (28, "at least 28 days"), (84, "at least 28 days")]
)
def test_a_dose_is_said_to_hold_no_further_than_chances_are_told(days: int, words: str) -> None:
    assert held_words(days) == words


def test_the_page_draws_both_and_says_how_long_a_dose_would_hold(client: Any, treated: Room) -> None:
    text = sign_in(client, treated.prescriber).get(f"/people/{treated.patient.id}/").content.decode()
    assert "Waiting, and the last dose given again" in text
    assert "In remission now" in text
    assert "accepted 20%" in text
    assert "assumed until the person is asked" in text


def test_what_the_person_says_times_the_next_dose(client: Any, treated: Room) -> None:
    assumed = CourseForecast.objects.get()
    page = f"/people/{treated.patient.id}/"
    answer = sign_in(client, treated.prescriber).post(f"{page}accepted-risk/", {"chance": "0.5"}, follow=True)
    text = answer.content.decode()
    assert "<strong>1 in 2</strong>, said by the person on" in text
    said = CourseForecast.objects.get()
    assert said.result["accepted_risk"] == 0.5
    assert said.next_dose_at is not None
    assert assumed.next_dose_at is not None
    assert said.next_dose_at >= assumed.next_dose_at, "who accepts more waits at least as long"
    assert AuditEntry.objects.filter(subject="accepted_risk", patient_id=treated.patient.id).exists()


@pytest.mark.parametrize("chance", ["0.07", "1", "nan", "often", "0,2", ""])
def test_only_what_was_offered_is_taken(client: Any, treated: Room, chance: str) -> None:
    page = f"/people/{treated.patient.id}/accepted-risk/"
    assert sign_in(client, treated.prescriber).post(page, {"chance": chance}).status_code == 400
    assert not AcceptedRisk.objects.exists()


def test_the_command_asks_what_its_page_asks(treated: Room) -> None:
    coordinator = make_viewer(treated.clinic, Role.COORDINATOR)
    with pytest.raises(BadInput):
        state_accepted_risk(coordinator, treated.patient, 0.1, NOW)


def test_without_a_dose_there_is_nothing_to_wait_for(client: Any, prescriber: Viewer, clinic: Clinic) -> None:
    patient = make_patient(clinic, phase=CarePhase.INDUCTION)
    answered(prescriber, patient, 2, NOW)
    assert CourseForecast.objects.get().result["outlook"] is None
    text = sign_in(client, prescriber).get(f"/people/{patient.id}/").content.decode()
    assert "Waiting, or a dose" not in text


def test_a_dose_nobody_wrote_the_amount_of_is_unknown_and_not_zero(client: Any, treated: Room) -> None:
    Session.objects.update(dose_given_mg=None)
    text = sign_in(client, treated.prescriber).get(f"/people/{treated.patient.id}/").content.decode()
    assert "amount unknown" in text
    answered(treated.prescriber, treated.patient, 1, NOW + timedelta(days=3))
    text = sign_in(client, treated.prescriber).get(f"/people/{treated.patient.id}/").content.decode()
    assert "1 dose of unknown amount is left out" in text
    assert ">0 mg" not in text
