"""Symptom by symptom: the total, where doses fell between the forms, and how bad each could be in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.builders import NOW, make_patient, sign_in
from tests.session_room import Room

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.followup.heatmap import COLUMNS, heatmap, shade_of
from euthymia.clinic.followup.queries import person_home
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource, Response
from euthymia.clinic.people.models import Patient
from euthymia.clinic.sessions.models import Session

pytestmark = pytest.mark.django_db


def answered(viewer: Viewer, patient: Patient, value: int, at: Any) -> None:
    answers = {str(item): value for item in range(1, 9)} | {"9": 0}
    filled = Filled("phq9", answers, AnswerSource.CLINIC, at)
    record_response(viewer, patient, filled, now=at, forecast=False)


@pytest.fixture
def treated() -> Room:
    """Forms on the day before a dose and on the days 1 and 7 after it."""
    room = Room()
    session = room.dosing()
    Session.objects.filter(pk=session.pk).update(dose_given_mg=35.0)
    for day, value in ((-1, 3), (1, 2), (7, 0)):
        answered(room.prescriber, room.patient, value, NOW + timedelta(days=day))
    return room


@pytest.mark.parametrize(
    ("value", "highest", "shade"),
    [(0, 3, 0), (1, 3, 1), (2, 3, 2), (3, 3, 3), (0, 6, 0), (1, 6, 1), (2, 6, 1), (3, 6, 2), (6, 6, 3), (16, 27, 2)],
)
def test_a_shade_is_a_third_of_the_worst(value: float, highest: float, shade: int) -> None:
    assert shade_of(value, highest) == shade


def test_the_total_stands_under_the_questions(treated: Room) -> None:
    found = heatmap(person_home(treated.prescriber, treated.patient))
    assert found is not None
    assert len(found.rows) == 9
    assert [cell.value for cell in found.total.cells] == [24, 16, 0]
    assert found.total.highest == 27
    assert [cell.shade for cell in found.total.cells] == [3, 2, 0]


def test_a_dose_marks_the_form_after_it_and_no_other(treated: Room) -> None:
    found = heatmap(person_home(treated.prescriber, treated.patient))
    assert found is not None
    assert [len(column.doses) for column in found.columns] == [0, 1, 0]
    assert [cell.dosed for cell in found.total.cells] == [False, True, False]
    assert found.since == ()


def test_doses_since_the_last_form_and_before_the_first_shown_are_counted_once(treated: Room) -> None:
    session = Session.objects.get()
    Response.objects.filter(at__gt=NOW).delete()
    found = heatmap(person_home(treated.prescriber, treated.patient))
    assert found is not None
    assert found.since == (session.dose_started_at,)
    for step in range(COLUMNS):
        answered(treated.prescriber, treated.patient, 1, NOW + timedelta(days=step + 1))
    found = heatmap(person_home(treated.prescriber, treated.patient))
    assert found is not None
    assert (len(found.columns), len(found.columns[0].doses)) == (COLUMNS, 1), (
        "the form before is not shown, its dose is"
    )
    answered(treated.prescriber, treated.patient, 1, NOW + timedelta(days=COLUMNS + 1))
    found = heatmap(person_home(treated.prescriber, treated.patient))
    assert found is not None
    assert sum(len(column.doses) for column in found.columns) == 0


def test_a_form_without_a_total_and_a_question_without_an_answer_are_shown_as_such(treated: Room) -> None:
    last = Response.objects.latest("at")
    Response.objects.filter(pk=last.pk).update(total=None, answers={"1": 2})
    found = heatmap(person_home(treated.prescriber, treated.patient))
    assert found is not None
    assert (found.total.cells[-1].value, found.total.cells[-1].shade) == (None, None)
    assert [row.cells[-1].value for row in found.rows][:2] == [2, None]


def test_the_page_says_what_the_shades_show(client: Any, treated: Room) -> None:
    text = sign_in(client, treated.prescriber).get(f"/people/{treated.patient.id}/").content.decode()
    assert 'Total<span class="visually-hidden">, of at most 27</span>' in text
    assert "after 1 dose, the last on 2 March: " in text
    assert text.count("heat-dosed") == 1 + 9 + 1, "the head, nine questions and the total"


def test_nobody_asked_nothing_shown(treated: Room) -> None:
    nobody = make_patient(treated.clinic)
    assert heatmap(person_home(treated.prescriber, nobody)) is None
