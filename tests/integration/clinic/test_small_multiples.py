"""One panel a person on the cohort page: in a stated order, on the same axes, named only for who may open them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.builders import NOW, make_patient, make_viewer, sign_in
from tests.session_room import Room

from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.evidence import commands, queries
from euthymia.clinic.evidence.models import CohortTable
from euthymia.clinic.evidence.small_multiples import (
    FEWEST_IN_A_MEAN,
    PANELS_A_PAGE,
    Asked,
    Group,
    fall_words,
    ordered,
    panel_page,
    weekly_means,
)
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource
from euthymia.clinic.people.models import Patient
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
PHQ9 = load_instrument("phq9")
PAGE = "/evidence/cohort/"


def rows(person: str, *scores: tuple[int | None, float], instrument: str = "phq9") -> list[dict[str, Any]]:
    return [
        {"person": person, "instrument": instrument, "days_since_first_dose": day, "total": total}
        for day, total in scores
    ]


def order(table: list[dict[str, Any]], last_day: int = 84) -> list[tuple[str, Group]]:
    return [(person.pseudonym, person.group) for person in ordered(table, PHQ9, last_day)]


def test_response_comes_first_then_the_larger_fall() -> None:
    table = [
        *rows("little", (-1, 20), (7, 18)),
        *rows("worse", (-1, 20), (7, 24)),
        *rows("most", (-1, 20), (7, 2)),
        *rows("half", (-1, 20), (7, 10)),
        *rows("unheard", (-1, 20)),
    ]
    assert order(table) == [
        ("most", Group.RESPONSE),
        ("half", Group.RESPONSE),
        ("little", Group.NO_RESPONSE),
        ("worse", Group.NO_RESPONSE),
        ("unheard", Group.CANNOT_TELL),
    ]


def test_only_what_is_shown_is_judged() -> None:
    table = rows("late", (-1, 20), (7, 18), (100, 2))
    assert order(table) == [("late", Group.NO_RESPONSE)]
    assert order(table, 182) == [("late", Group.RESPONSE)]


@pytest.mark.parametrize(
    ("scores", "before"),
    [
        (((-40, 22), (-1, 20), (0, 5), (7, 4)), 20),
        (((0, 20), (7, 4)), 20),
        (((0, 20), (0, 6), (7, 4)), None),
        (((7, 4),), None),
    ],
)
def test_the_score_before_is_the_last_that_surely_was(scores: tuple[tuple[int, float], ...], before: float) -> None:
    assert ordered(rows("one", *scores), PHQ9, 84)[0].before == before


def test_who_has_no_dose_or_no_score_on_the_axes_is_not_drawn() -> None:
    table = [*rows("waiting", (None, 20)), *rows("years later", (-1, 20), (900, 3)), *rows("years before", (-400, 9))]
    assert order(table) == [("years later", Group.CANNOT_TELL)]
    page = panel_page(CohortTable(rows=table), Asked(), None)
    assert page is not None
    assert (page.without_dose, page.outside) == (1, 1)


def test_a_mean_is_of_people_and_never_of_a_few() -> None:
    many = [row for number in range(FEWEST_IN_A_MEAN) for row in rows(str(number), (-1, 20), (2, 10), (7, 6))]
    days, means = weekly_means(ordered([*many, *rows("late", (-1, 2), (9, 27))], PHQ9, 84), 21)
    assert days == [0, 4, 11, 18]
    assert means == [17.0, 8.0, None, None], "one person's second week is no mean"


def test_the_scale_answered_most_is_shown_unless_another_is_asked_for() -> None:
    both = CohortTable(rows=[*rows("a", (-1, 20), (7, 4)), *rows("a", (-1, 33), instrument="madrs")])
    only_phq9 = CohortTable(rows=rows("a", (-1, 20), (7, 4)))
    for table, asked, scale in (
        (both, Asked(), "phq9"),
        (both, Asked("madrs"), "madrs"),
        (only_phq9, Asked("madrs"), "phq9"),
    ):
        page = panel_page(table, asked, None)
        assert page is not None
        assert page.scale.id == scale
    assert panel_page(CohortTable(rows=rows("a", (-1, 9), instrument="gad7")), Asked(), None) is None


@pytest.mark.parametrize("query", [{"scale": "gad7"}, {"weeks": "13"}, {"weeks": "many"}, {"weeks": ""}])
def test_what_is_not_offered_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        Asked.of(query)


@pytest.mark.parametrize(
    ("fall", "words"),
    [(50, "50 % lower"), (-6.2, "6 % higher"), (0, "no change"), (0.4, "no change"), (-0.4, "no change")],
)
def test_a_change_is_said_as_lower_or_higher(fall: float, words: str) -> None:
    assert fall_words(fall) == words


def test_a_table_without_such_scores_says_why_there_are_no_panels(client: Any) -> None:
    room = Room()
    CohortTable.objects.create(
        clinic=room.clinic, made_at=NOW, made_by_id=room.prescriber.user_id, people=0, rows=[], codebook=[]
    )
    text = sign_in(client, room.prescriber).get(PAGE).content.decode()
    assert "No panels yet" in text
    assert 'class="panel"' not in text


def treated_people(room: Room, count: int) -> list[Patient]:
    """People with one dose each, by the plan of the room's own person."""
    plan = room.session().plan
    people = [make_patient(room.clinic) for _ in range(count)]
    for person in people:
        Session.objects.create(
            clinic=room.clinic,
            patient=person,
            plan=plan,
            scheduled_for=NOW,
            created_at=NOW,
            created_by_id=room.nurse.user_id,
            dose_given_mg=35.0,
            dose_started_at=NOW,
        )
    return people


def built(room: Room, people: list[Patient]) -> None:
    """A table as the research room would build it: before, and a week after a dose that helped."""
    secret = bytes.fromhex(queries.pseudonym_key(room.prescriber))
    table = [row for one in people for row in rows(queries.pseudonym(secret, one.id), (-1, 20), (7, 6))]
    CohortTable.objects.create(
        clinic=room.clinic,
        made_at=NOW + timedelta(days=8),
        made_by_id=room.prescriber.user_id,
        people=len(people),
        rows=table,
        codebook=[],
    )


def test_the_pseudonym_is_the_one_the_research_room_gives(client: Any) -> None:
    room = Room()
    session = room.dosing()
    Session.objects.filter(pk=session.pk).update(dose_given_mg=35.0)
    for day, value in ((-1, 2), (1, 1), (7, 0)):
        at = NOW + timedelta(days=day)
        answers = {str(item): value for item in range(1, 9)} | {"9": 0}
        record_response(
            room.nurse, room.patient, Filled("phq9", answers, AnswerSource.CLINIC, at), now=at, forecast=False
        )
    table = commands.build_cohort(room.prescriber, NOW + timedelta(days=8))
    people = queries.people_behind(room.prescriber, {row["person"] for row in table.rows}, table.made_at)
    assert [person.id for person in people.values()] == [room.patient.id]
    text = sign_in(client, room.prescriber).get(PAGE).content.decode()
    assert f'class="panel" href="/people/{room.patient.id}/"' in text
    assert f"{room.patient}: PHQ-9 16 before, 0 on day 7, 100 % lower, response; scores: 3, doses: 1." in text
    assert table.rows[0]["person"] not in text.partition('id="rows"')[0], (
        "a name and its pseudonym never stand together"
    )


@pytest.mark.parametrize(("role", "named"), [(Role.RESEARCHER, False), (Role.MANAGER, True), (Role.PRESCRIBER, True)])
def test_a_name_and_a_link_only_for_who_may_open_the_person(client: Any, role: Role, named: bool) -> None:
    room = Room()
    people = treated_people(room, 2)
    built(room, people)
    text = sign_in(client, make_viewer(room.clinic, role)).get(PAGE).content.decode()
    assert text.count('class="panel"') == 2
    for person in people:
        for told in (person.family_name, f"/people/{person.id}/"):
            assert (told in text) is named
    entry = AuditEntry.objects.get(subject="cohort", action="list")
    assert entry.detail == {"rows": 4, "panels": 2, "named": 2 if named else 0}


def test_pages_of_panels_ask_no_more_of_the_database_for_more_people(client: Any) -> None:
    room = Room()
    people = treated_people(room, PANELS_A_PAGE + 1)
    sign_in(client, room.prescriber)
    asked = []
    for shown in (people[:2], people):
        built(room, shown)
        with CaptureQueriesContext(connection) as queries_made:
            text = client.get(PAGE).content.decode()
        asked.append(len(queries_made))
        assert text.count('class="panel"') == min(len(shown), PANELS_A_PAGE)
        CohortTable.objects.all().delete()
    assert asked[0] == asked[1]
    built(room, people)
    last = client.get(f"{PAGE}?page=2").content.decode()
    assert last.count('class="panel"') == 1
    assert f'<ol class="panels" start="{PANELS_A_PAGE + 1}">' in last
    assert "Page 2 of 2" in last
    assert "Means of the groups" in last
    assert client.get(f"{PAGE}?weeks=9").status_code == 400


def test_another_clinics_people_stay_behind_their_pseudonyms() -> None:
    room, other = Room(), Room()
    people = treated_people(room, 1)
    secret = bytes.fromhex(queries.pseudonym_key(room.prescriber))
    wanted = [queries.pseudonym(secret, people[0].id)]
    assert queries.people_behind(room.prescriber, wanted, NOW) != {}
    assert queries.people_behind(other.prescriber, wanted, NOW) == {}
    assert queries.people_behind(room.prescriber, wanted, NOW - timedelta(days=1)) == {}, "the table knew no dose yet"
