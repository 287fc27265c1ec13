"""Over the long run: what was given, what years may harm, and a course that has come to its review."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.session_room import BEFORE, Room, treated_patient

from euthymia.care.decision import Allowed, Level, reasons_of
from euthymia.care.protocols.load import load_protocol
from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.followup.long_run import ELSEWHERE, FROM_FIRST_DOSE, NOT_SET, check_rows
from euthymia.clinic.measures.models import AnswerSource, Response
from euthymia.clinic.people.models import CarePhase, Patient
from euthymia.clinic.plans import commands as plan_commands
from euthymia.clinic.plans import course_commands
from euthymia.clinic.plans.course_reviews import Answer, CourseRows, Given, course_decision
from euthymia.clinic.plans.drafts import PlanChoice
from euthymia.clinic.plans.models import Plan
from euthymia.clinic.plans.queries import protocol_of
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
RULE = "three_without_benefit"
THREE = (20, 16, 13)
BECAUSE = "Sleep and appetite are clearly better by interview; the score lags behind."


def given(room: Room, days_ago: tuple[float, ...], *, until: datetime = NOW) -> None:
    """Whole doses of 35 mg, this many days before."""
    plan = Plan.objects.get(patient=room.patient, state="active")
    for days in days_ago:
        at = until - days * DAY
        Session.objects.create(
            clinic=room.clinic, patient=room.patient, plan=plan, phase="discharged", scheduled_for=at, created_at=at,
            dose_started_at=at, dose_given_mg=35.0, closed_at=at + timedelta(hours=3), created_by_id=room.nurse.user_id,
        )  # fmt: skip


def scored(room: Room, total: float | None, at: datetime, instrument: str = "phq9") -> None:
    Response.objects.create(
        clinic=room.clinic, patient=room.patient, instrument=instrument, instrument_version="1", answers={},
        total=total, source=AnswerSource.CLINIC, at=at,
    )  # fmt: skip


def decided(room: Room, at: datetime = NOW) -> Any:
    return course_decision(room.prescriber, room.patient.id, protocol_of(room.version), at)


def page(client: Any, room: Room, tab: str = "") -> str:
    return str(sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/{tab}").content.decode())


# ---- the panel ----


def test_the_panel_adds_up_what_was_given_and_says_what_is_due(client: Any) -> None:
    room = Room()
    given(room, (20, 16), until=timezone.now())
    text = page(client, room)
    panel = text.split('id="long-run"')[1].split("</section>")[0]
    assert "70 mg in 2 sessions" in panel
    for words in ("Bladder", "Liver", "Cognition", "Dependence", "Ask about passing urine", "overdue", ELSEWHERE):
        assert words in panel, words
    assert "questionnaires due" in panel
    assert "memory" in panel, "a moment from memory says so"


def test_without_plan_and_dose_there_is_no_panel(client: Any) -> None:
    assert 'id="long-run"' not in page(client, Room(plan=False))


def test_an_interval_nobody_set_is_never_made_up() -> None:
    shipped = load_protocol("iv_racemic_05")
    rows = CourseRows((Given(NOW - 400 * DAY, shipped.id),), (Answer("urinary_questions", "", NOW - 3 * DAY, None),))
    checks = check_rows(shipped, rows, NOW)
    assert {row.no_date for row in checks} == {NOT_SET}
    assert {(row.due_at, row.late) for row in checks} == {(None, False)}
    assert [row.last_done for row in checks] == [NOW - 3 * DAY, None, None, None]


def test_a_check_counts_from_the_first_dose_and_then_from_the_last_time() -> None:
    protocol = protocol_of(Room().version)
    assert next(row.no_date for row in check_rows(protocol, CourseRows(), NOW)) == FROM_FIRST_DOSE
    first, weeks = NOW - 10 * DAY, protocol.long_term[0].interval_weeks.value
    rows = CourseRows((Given(first, protocol.id),))
    bladder, liver = check_rows(protocol, rows, NOW)[:2]
    assert (bladder.due_at, bladder.late, bladder.never) == (first, True, "not yet")
    assert (liver.due_at, liver.late, liver.never) == (None, False, ELSEWHERE)
    done = CourseRows(rows.given, (Answer("urinary_questions", "", NOW - DAY, None),))
    bladder = check_rows(protocol, done, NOW)[0]
    assert weeks is not None
    assert (bladder.due_at, bladder.late) == (NOW - DAY + timedelta(weeks=weeks), False)


# ---- the review ----


def test_before_the_third_dose_nothing_is_held(client: Any) -> None:
    room = Room()
    given(room, THREE[:2])
    assert decided(room) == Allowed()
    assert "come to a review" not in page(client, room, "plan/")


def test_a_review_nobody_can_judge_holds_the_plan_with_its_source(client: Any) -> None:
    room = Room()
    given(room, THREE)
    (reason,) = reasons_of(decided(room))
    assert (reason.rule, reason.level, reason.value, reason.limit) == (RULE, Level.HOLD, None, 3)
    text = page(client, room, "plan/")
    assert "The course has come to a review" in text
    assert "Sanacora et al. 2017" in text.split("The course has come to a review")[1].split("</ul>")[0]


@pytest.mark.parametrize(
    ("before", "after", "after_days_ago", "held"),
    [
        pytest.param(20, 10, 1, False, id="a response since"),
        pytest.param(20, 10, 14, True, id="a response only before the review came"),
        pytest.param(20, 20, 1, True, id="no benefit"),
        pytest.param(20, 15, 1, True, id="better, but a person must judge it"),
        pytest.param(None, 5, 1, True, id="no score before the first dose"),
        pytest.param(20, 99, 1, True, id="a total outside the scale"),
        pytest.param(20, 10, -1, True, id="a score still to come"),
    ],
)
def test_the_scores_judge_where_they_can(before: float | None, after: float, after_days_ago: int, held: bool) -> None:
    room = Room()
    given(room, THREE)
    if before is not None:
        scored(room, before, NOW - 21 * DAY)
    scored(room, after, NOW - after_days_ago * DAY)
    answer = decided(room)
    assert [reason.rule for reason in reasons_of(answer)] == ([RULE] if held else [])
    assert isinstance(answer, Allowed) is not held


def test_a_prescriber_accepts_the_review_by_signing_anew_under_their_name() -> None:
    room = Room()
    given(room, THREE)
    with pytest.raises(BadInput):
        plan_commands.sign_plan(room.prescriber, room.patient, room.version, PlanChoice(), now=NOW)
    plan_commands.sign_plan(room.prescriber, room.patient, room.version, PlanChoice(), reasons={RULE: BECAUSE}, now=NOW)
    answer = decided(room, NOW + DAY)
    assert isinstance(answer, Allowed)
    (flag,) = reasons_of(answer)
    assert (flag.level, room.prescriber.name in flag.says, BECAUSE in flag.says) == (Level.FLAG, True, True)


def test_a_reason_given_before_the_review_came_does_not_count() -> None:
    room = Room()
    Plan.objects.filter(patient=room.patient).update(
        overrides=[{"rule": RULE, "by": "Dr Early", "because": BECAUSE}], signed_at=NOW - 30 * DAY
    )
    given(room, THREE)
    assert [reason.level for reason in reasons_of(decided(room))] == [Level.HOLD]


def test_a_course_begins_anew_after_a_plan_was_ended() -> None:
    room = Room()
    given(room, THREE)
    course_commands.end_plan(room.prescriber, Plan.objects.get(), reason="The course is finished.", now=NOW)
    assert decided(room, NOW + DAY) == Allowed()


def test_the_gate_tells_the_review_and_does_not_refuse_for_it() -> None:
    room = Room()
    given(room, THREE)
    session = room.seated()
    room.write(session, EventKind.VITALS, BEFORE, at=NOW + timedelta(minutes=1))
    decision = commands.pass_gate(room.nurse, session, room.answers(), now=NOW + timedelta(minutes=2))
    assert isinstance(decision, Allowed)
    assert (RULE, Level.FLAG) in [(flag.rule, flag.level) for flag in decision.flags]


# ---- the day ----


def listed(client: Any, viewer: Any) -> str:
    text = sign_in(client, viewer).get("/today/").content.decode()
    group = 'id="group-review"'
    return text.split(group)[1].split("</section>")[0] if group in text else ""


def test_today_lists_a_review_and_a_late_check_in_this_clinic_only(client: Any) -> None:
    room, now = Room(), timezone.now()
    Patient.objects.filter(pk=room.patient.pk).update(phase=CarePhase.MAINTENANCE)
    assert listed(client, room.prescriber) == "", "no dose, nothing due"
    given(room, THREE, until=now)
    text = listed(client, room.prescriber)
    for words in (str(room.patient), "review before a fourth", "check overdue: bladder, cognition, dependence"):
        assert words in text, words
    assert f"/people/{room.patient.id}/plan/" in text
    nurse = listed(client, room.nurse)
    assert f'href="/people/{room.patient.id}/"' in nurse
    assert "/plan/" not in nurse
    assert listed(client, make_viewer(make_clinic(), Role.PRESCRIBER)) == ""


def test_today_drops_who_was_seen_to(client: Any) -> None:
    room, now = Room(), timezone.now()
    Patient.objects.filter(pk=room.patient.pk).update(phase=CarePhase.MAINTENANCE)
    given(room, THREE, until=now)
    scored(room, 20, now - 21 * DAY)
    scored(room, 8, now - DAY)
    for instrument in ("urinary_questions", "cognition_check", "dast10"):
        scored(room, None, now - DAY, instrument)
    assert listed(client, room.prescriber) == ""


def test_the_list_asks_as_much_for_many_as_for_one(client: Any) -> None:
    room, now, costs = Room(), timezone.now(), []
    sign_in(client, room.prescriber)
    client.get("/today/")
    for people in (1, 3):
        for _ in range(people):
            room.patient = treated_patient(room, phase=CarePhase.MAINTENANCE)
            given(room, THREE, until=now)
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/today/").status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1]
