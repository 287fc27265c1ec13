"""How soon relief came, on the home page: by scores that were given, beside a tablet's published weeks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.builders import NOW, sign_in
from tests.session_room import Room

from euthymia.clinic.followup import onset_view as onset
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.followup.onset_curve import CURVE_DAYS
from euthymia.clinic.followup.onset_view import OnsetView, onset_view
from euthymia.clinic.followup.queries import person_home
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource, Response
from euthymia.clinic.sessions.models import Session

pytestmark = pytest.mark.django_db
DOSE_AT = NOW + timedelta(minutes=5)
HOUR = timedelta(hours=1)
Answer = Callable[[int, datetime], None]


@pytest.fixture
def room() -> Room:
    """A person with one dose and no score yet."""
    made = Room()
    session = made.dosing()
    Session.objects.filter(pk=session.pk).update(dose_given_mg=35.0)
    return made


@pytest.fixture
def answer(room: Room) -> Answer:
    """A PHQ-9 with the same answer to eight questions, at an instant."""

    def answered(value: int, at: datetime) -> None:
        answers = {str(item): value for item in range(1, 9)} | {"9": 0}
        record_response(room.prescriber, room.patient, Filled("phq9", answers, AnswerSource.CLINIC, at), now=at)

    return answered


def seen(room: Room) -> OnsetView:
    found = onset_view(person_home(room.prescriber, room.patient))
    assert found is not None
    return found


def columns(view: OnsetView, place: int) -> str:
    return " | ".join(view.figures[place].table.columns)


def test_before_the_first_dose_there_is_nothing_to_look_at() -> None:
    room = Room()
    assert onset_view(person_home(room.prescriber, room.patient)) is None


def test_without_a_score_before_the_dose_nothing_is_claimed(room: Room, answer: Answer) -> None:
    answer(1, DOSE_AT + 24 * HOUR)
    view = seen(room)
    assert view.figures == []
    assert "No score from before the first dose" in view.words[0]


def test_without_a_score_after_the_dose_nothing_is_claimed(room: Room, answer: Answer) -> None:
    answer(2, DOSE_AT - 24 * HOUR)
    answer(1, DOSE_AT + 15 * 24 * HOUR)
    view = seen(room)
    assert view.figures == []
    assert view.words == ["No PHQ-9 score in the two weeks after the first dose: nothing is known."]


def test_a_score_of_nothing_before_the_dose_cannot_fall(room: Room, answer: Answer) -> None:
    answer(0, DOSE_AT - HOUR)
    answer(0, DOSE_AT + HOUR)
    assert "could not fall" in seen(room).words[0]


def test_hours_and_days_are_told_by_the_scores(room: Room, answer: Answer) -> None:
    for value, hours in ((2, -24), (2, 2), (1, 24), (1, 24 * 7)):
        answer(value, DOSE_AT + hours * HOUR)
    view = seen(room)
    assert view.words == [
        "First asked 2 hours after the first dose: PHQ-9 16, 100 % of the 16 before.",
        "Response by the scale's rule first seen after 24 hours and one dose; 2 hours after the dose it was not yet.",
    ]
    assert [figure.title for figure in view.figures] == [
        "The first three days, by the hour",
        "Two weeks, beside a tablet's six",
    ]
    assert "An antidepressant taken daily, mean of 84 people" in columns(view, 1)
    assert "antidepressant" not in columns(view, 0), "nobody in the trial was rated in the first three days"
    assert "HAMD-17" in view.notes[-1]
    assert "Goldstein" in view.figures[1].source


def test_a_first_score_after_days_says_nothing_of_hours(room: Room, answer: Answer) -> None:
    answer(2, DOSE_AT - 24 * HOUR)
    answer(2, DOSE_AT + 5 * 24 * HOUR)
    view = seen(room)
    assert "No response by the scale's rule in these two weeks, asked once." in view.words
    assert "Nobody asked in the first day, so whether relief came within hours cannot be told." in view.words
    assert len(view.figures) == 1, "no picture of hours in which nobody was asked"


def test_the_models_line_is_apart_where_nobody_was_asked(room: Room, answer: Answer) -> None:
    for value, days in ((2, -1), (1, 1), (1, 7)):
        answer(value, DOSE_AT + days * 24 * HOUR)
    table = seen(room).figures[1].table
    heard, guessed = (table.columns.index(f"{name} (%)") for name in ("Model", "Model, nobody asked"))
    told = {row[0] for row in table.rows if row[heard]}
    untold = {row[0] for row in table.rows if row[guessed]}
    assert {"0", "14"} <= untold
    assert told & untold == {"1", "7"}, "the two lines meet at the first and the last score"


def test_one_score_leaves_the_model_nothing_heard_to_stand_on(room: Room, answer: Answer) -> None:
    answer(2, DOSE_AT - 24 * HOUR)
    answer(1, DOSE_AT + 24 * HOUR)
    assert "Model (%)" not in seen(room).figures[1].table.columns
    assert "Model, nobody asked (%)" in seen(room).figures[1].table.columns


def test_later_doses_and_other_forms_are_said(room: Room, answer: Answer) -> None:
    for value, days in ((2, -1), (2, 1), (1, 8), (0, 9)):
        answer(value, DOSE_AT + days * 24 * HOUR)
    first = Session.objects.get()
    Session.objects.create(
        clinic=room.clinic,
        patient=room.patient,
        plan=first.plan,
        scheduled_for=NOW + timedelta(days=4),
        created_by_id=room.nurse.user_id,
        dose_started_at=DOSE_AT + timedelta(days=4),
        dose_given_mg=None,
        created_at=NOW,
    )
    Response.objects.filter(at=DOSE_AT + timedelta(days=9)).update(instrument_version="0")
    view = seen(room)
    assert "first seen after 8 days and 2 doses" in view.words[1]
    assert "1 more dose began in these two weeks: what followed is not the first one's alone." in view.notes
    assert "Left out, being on another form than the score before: 1." in view.notes


def test_a_forecast_of_an_earlier_version_shows_scores_only(room: Room, answer: Answer, client: Any) -> None:
    for value, days in ((2, -1), (1, 1)):
        answer(value, DOSE_AT + days * 24 * HOUR)
    kept = CourseForecast.objects.get()
    assert kept.result["onset_curve"]["days"] == [round(day, 4) for day in CURVE_DAYS]
    del kept.result["onset_curve"]
    kept.save()
    text = sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/").content.decode()
    assert "Scores only: no curve of the model is kept for this dose." in text
    assert "Model, nobody asked" not in text
    assert "How soon relief came" in text


def test_a_curve_of_another_dose_is_not_drawn(room: Room, answer: Answer) -> None:
    for value, days in ((2, -1), (1, 1)):
        answer(value, DOSE_AT + days * 24 * HOUR)
    kept = CourseForecast.objects.get()
    kept.result["onset_curve"]["from"] = (DOSE_AT + timedelta(days=2)).isoformat()
    kept.save()
    assert "Model, nobody asked (%)" not in seen(room).figures[1].table.columns


def test_a_tablet_nobody_read_about_is_left_out_in_words(
    room: Room, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value, days in ((2, -1), (1, 1)):
        answer(value, DOSE_AT + days * 24 * HOUR)
    monkeypatch.setattr(onset, "antidepressant_course", lambda: None)
    view = seen(room)
    assert "antidepressant" not in columns(view, 1)
    assert onset.NO_TABLET in view.notes


def test_the_page_only_draws_what_is_kept(
    room: Room, answer: Answer, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for value, days in ((2, -1), (1, 1)):
        answer(value, DOSE_AT + days * 24 * HOUR)

    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("a page that is opened learns nothing")

    monkeypatch.setattr("euthymia.clinic.followup.course.learn", never)
    monkeypatch.setattr("euthymia.clinic.followup.onset_curve.forecast", never)
    assert sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/").status_code == 200


@pytest.mark.parametrize(("day", "points"), [(-1, 20), (0, 20), (0.5, 15), (1, 10), (3, 14), (5, 18), (9, 18)])
def test_between_two_kept_days_lies_the_straight_line(day: float, points: float) -> None:
    assert onset.between([0, 1, 5], [20, 10, 18], day) == pytest.approx(points)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (0.5 / 24, "30 minutes"),
        (1 / 24, "1 hour"),
        (1, "24 hours"),
        (1.9, "46 hours"),
        (2, "2 days"),
        (13.8, "14 days"),
    ],
)
def test_how_long_after_is_said_as_people_say_it(day: float, words: str) -> None:
    assert onset.after_words(day) == words
