"""A course ended on purpose, a taper towards it, and a switch: written once, seen wherever somebody waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from tests.builders import NOW, clear, make_clinic, make_viewer, sign_in
from tests.session_room import Room, signed_version, treated_patient

from euthymia.care.course_end import EndReason
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.followup.commands import refresh_forecast
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.measures.models import AnswerSource, CheckIn, Response
from euthymia.clinic.people.models import CarePhase, Patient, RecordEntry
from euthymia.clinic.plans.commands import sign_plan
from euthymia.clinic.plans.course_commands import end_plan
from euthymia.clinic.plans.drafts import WEIGHT, PlanChoice
from euthymia.clinic.plans.models import Plan, PlanState, TaperStep
from euthymia.clinic.plans.taper_commands import stop_taper, take_step
from euthymia.clinic.sessions.models import Session
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
WORDS = "Six weeks well; we agreed to stop here."


def given(room: Room, days_ago: tuple[float, ...], *, until: datetime) -> None:
    """Whole doses, this many days before."""
    plan = Plan.objects.get(patient=room.patient, state="active")
    for days in days_ago:
        at = until - days * DAY
        Session.objects.create(
            clinic=room.clinic, patient=room.patient, plan=plan, phase="discharged", scheduled_for=at, created_at=at,
            dose_started_at=at, dose_given_mg=56.0, closed_at=at + timedelta(hours=3), created_by_id=room.nurse.user_id,
        )  # fmt: skip


def scored(room: Room, total: float, at: datetime) -> None:
    Response.objects.create(
        clinic=room.clinic, patient=room.patient, instrument="phq9", instrument_version="1", answers={}, total=total,
        source=AnswerSource.CLINIC, at=at,
    )  # fmt: skip


def treated(protocol_id: str = "esketamine_nasal_trd", *, totals: tuple[float, ...] = (6, 4), until: datetime) -> Room:
    """Somebody treated for two weeks, with a score before it and these totals in the week since, the last yesterday."""
    room = Room(protocol_id)
    Patient.objects.filter(pk=room.patient.pk).update(phase=CarePhase.MAINTENANCE)
    given(room, (16, 9, 2), until=until)
    scored(room, 20, until - 17 * DAY)
    for back, total in enumerate(reversed(totals)):
        scored(room, total, until - (1 + back * 0.25) * DAY)
    return room


def plan_of(room: Room) -> Plan:
    return Plan.objects.get(patient=room.patient, state=PlanState.ACTIVE)


def page(client: Any, room: Room, tab: str = "") -> str:
    return str(sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/{tab}").content.decode())


def post(client: Any, room: Room, tab: str, **fields: str) -> Any:
    sent = {"plan": str(plan_of(room).id)} | fields
    return sign_in(client, room.prescriber).post(f"/people/{room.patient.id}/plan/{tab}", sent, follow=True)


# ---- the end ----


def test_a_course_that_ends_stops_what_is_due_and_goes_on_asking() -> None:
    room = treated(until=NOW)
    visit = room.session(NOW + 5 * DAY)
    end_plan(room.prescriber, plan_of(room), reason=WORDS, because=EndReason.REMISSION_HELD, now=NOW)
    plan, patient = Plan.objects.get(), Patient.objects.get(pk=room.patient.pk)
    assert (plan.state, plan.ended_because, plan.ended_reason) == (PlanState.ENDED, "remission_held", WORDS)
    assert patient.phase == CarePhase.FOLLOW_UP
    visit.refresh_from_db()
    assert visit.phase == "cancelled"
    coming = CheckIn.objects.filter(patient=patient, session=None).order_by("due_at")
    assert coming, "the protocol asks in the weeks after"
    assert {row.instrument for row in coming} == {"phq9"}, "only what is also asked by link"
    assert all(row.due_at > NOW for row in coming)
    entry = AuditEntry.objects.filter(subject="plan", patient_id=patient.id).last()
    assert entry is not None
    assert entry.detail == {"state": "ended", "cancelled": 1, "asked": len(coming)}


def test_ending_twice_changes_nothing() -> None:
    room = treated(until=NOW)
    plan = plan_of(room)
    end_plan(room.prescriber, plan, reason=WORDS, because=EndReason.REMISSION_HELD, now=NOW)
    count = CheckIn.objects.count()
    again = end_plan(room.prescriber, plan, reason="Something else entirely.", because=EndReason.OTHER, now=NOW + DAY)
    assert (again.ended_because, again.ended_reason, CheckIn.objects.count()) == ("remission_held", WORDS, count)


@pytest.mark.parametrize(
    ("because", "words", "code"),
    [
        (EndReason.OTHER, "", "missing_reason"),
        (EndReason.ADVERSE_EFFECT, "  ", "missing_reason"),
        (EndReason.PERSONS_WISH, "short", "missing_reason"),
        (EndReason.SWITCHED, WORDS, "not_an_end"),
    ],
)
def test_an_end_without_its_words_is_refused_and_nothing_changes(because: EndReason, words: str, code: str) -> None:
    room = treated(until=NOW)
    with pytest.raises(BadInput) as refusal:
        end_plan(room.prescriber, plan_of(room), reason=words, because=because, now=NOW)
    assert refusal.value.code == code
    assert plan_of(room).ended_at is None
    assert not CheckIn.objects.filter(session=None).exists()


def test_a_nurse_and_another_clinic_end_nothing() -> None:
    room = treated(until=NOW)
    with pytest.raises(BadInput):
        end_plan(room.nurse, plan_of(room), reason=WORDS, now=NOW)
    with pytest.raises(Patient.DoesNotExist):
        end_plan(make_viewer(make_clinic()), plan_of(room), reason=WORDS, now=NOW)
    assert plan_of(room).ended_at is None


def test_the_page_says_what_to_read_before_each_reason_and_ends_the_course(client: Any) -> None:
    room = treated(totals=(12, 11), until=timezone.now())
    text = page(client, room, "plan/")
    assert "not in remission by the scale" in text
    assert "own review has not come yet" in text
    answer = post(client, room, "end/", because="", reason=WORDS)
    assert (answer.status_code, "Choose why the course ends" in answer.content.decode()) == (422, True)
    answer = post(client, room, "end/", because="persons_wish", reason=WORDS)
    assert "The course has ended" in answer.content.decode()
    home = page(client, room)
    for words in ("The course has ended", "The person&#x27;s wish", WORDS, "more times, next on", "Course ended"):
        assert words in home, words
    coming = CheckIn.objects.filter(answered_at=None, due_at__gt=timezone.now()).order_by("due_at")
    coming.exclude(pk=coming[0].pk).delete()
    assert "Asked 1 more time, next on" in page(client, room)
    for words in ("Plan the next visit", "Next dose proposed"):
        assert words not in home, words
    today = sign_in(client, room.nurse).get("/today/").content.decode()
    assert "Courses that ended" in today
    assert "Next dose due" not in today


def test_who_slips_after_a_course_is_listed_with_its_end(client: Any) -> None:
    now = timezone.now()
    room = treated(totals=(19, 20), until=now)
    refresh_forecast(room.prescriber, room.patient, now)
    assert "no dose is proposed" not in page(client, room)
    end_plan(room.prescriber, plan_of(room), reason=WORDS, because=EndReason.PERSONS_WISH, now=now)
    home = page(client, room)
    assert "The course has ended, so no dose is proposed" in home
    assert "Next dose proposed" not in home
    today = sign_in(client, room.prescriber).get("/today/").content.decode()
    assert "the course ended on" in today.split('id="group-slipping"')[1].split("</section>")[0]


def test_a_new_plan_begins_a_new_course() -> None:
    room = treated(until=NOW)
    end_plan(room.prescriber, plan_of(room), reason=WORDS, because=EndReason.REMISSION_HELD, now=NOW)
    again = sign_plan(room.prescriber, room.patient, room.version, PlanChoice(weight=70, dose_mg=56), now=NOW + 9 * DAY)
    assert (again.state, again.switched_from) == (PlanState.ACTIVE, None)
    assert Patient.objects.get(pk=room.patient.pk).phase == CarePhase.INDUCTION


# ---- the taper ----


def test_a_step_is_taken_and_the_next_dose_is_due_by_it(client: Any) -> None:
    now = timezone.now()
    room = treated(until=now)
    refresh_forecast(room.prescriber, room.patient, now)
    text = page(client, room, "plan/")
    assert "The last two doses were 7 days apart" in text
    assert "Next by the protocol: a dose every 14 days" in text
    assert "chance of a slipping score on day 14" in text
    assert "No chance is told for later than 28 days" in text
    assert "No chance is told for later than 28 days" in page(client, room)
    answer = post(client, room, "taper/", interval_days="8").content.decode()
    assert "From now on a dose every 8 days" in answer
    assert "Step 1 of the taper: a dose every 8 days" in answer
    home = page(client, room)
    assert "In a taper" in home
    assert "step 1" in home
    today = sign_in(client, room.nurse).get("/today/").content.decode()
    due = today.split('id="group-due"')[1].split("</section>")[0]
    assert "step 1 of a taper" in due


def test_the_same_step_twice_is_one_and_a_shorter_one_is_none() -> None:
    room = treated(until=NOW)
    first = take_step(room.prescriber, plan_of(room), 14, NOW)
    assert take_step(room.prescriber, plan_of(room), 14, NOW + timedelta(seconds=3)) == first
    for days in (14, 7):
        with pytest.raises(BadInput, match="longer"):
            take_step(room.prescriber, plan_of(room), days, NOW + DAY)
    assert TaperStep.objects.count() == 1


@pytest.mark.parametrize("days", [0, -3, 181])
def test_an_interval_nobody_means_is_refused(days: int) -> None:
    room = treated(until=NOW)
    with pytest.raises(BadInput, match="Give 1 to 180 days"):
        take_step(room.prescriber, plan_of(room), days, NOW)


def test_without_a_score_since_the_last_dose_no_step_is_taken(client: Any) -> None:
    now = timezone.now()
    room = treated(totals=(), until=now)
    assert "Ask first" in page(client, room, "plan/")
    answer = post(client, room, "taper/", interval_days="14")
    assert answer.status_code == 422
    assert not TaperStep.objects.exists()
    assert "Ask first" in page(client, treated("iv_racemic_05", totals=(), until=now), "plan/"), "named interval or not"


def test_a_response_that_is_lost_stops_the_taper_everywhere(client: Any) -> None:
    now = timezone.now()
    room = treated(until=now)
    take_step(room.prescriber, plan_of(room), 14, now)
    assert "Take the next step" in page(client, room, "plan/")
    scored(room, 15, now - timedelta(hours=1))
    assert "Take the next step" not in page(client, room, "plan/"), "a held taper offers the two ways out of it"
    for tab in ("", "plan/"):
        assert "The taper must not go on as it is" in page(client, room, tab)
    today = sign_in(client, room.prescriber).get("/today/").content.decode()
    assert "the response is not kept" in today.split('id="group-taper"')[1].split("</section>")[0]
    with pytest.raises(BadInput, match="not kept"):
        take_step(room.prescriber, plan_of(room), 21, now + DAY)
    answer = post(client, room, "taper/stop/", because="Worse since the last step.").content.decode()
    assert "The taper has stopped" in answer
    assert "The taper stopped" in page(client, room)
    assert "group-taper" not in sign_in(client, room.prescriber).get("/today/").content.decode()


def test_a_taper_that_is_not_there_cannot_stop_and_needs_words() -> None:
    room = treated(until=NOW)
    assert stop_taper(room.prescriber, plan_of(room), "Nothing to stop here.", NOW) is None
    with pytest.raises(BadInput) as refusal:
        stop_taper(room.prescriber, plan_of(room), "no", NOW)
    assert refusal.value.code == "missing_reason"


def test_a_nurse_takes_no_step_and_an_ended_plan_has_none() -> None:
    room = treated(until=NOW)
    with pytest.raises(BadInput):
        take_step(room.nurse, plan_of(room), 14, NOW)
    plan = plan_of(room)
    end_plan(room.prescriber, plan, reason=WORDS, because=EndReason.REMISSION_HELD, now=NOW)
    with pytest.raises(BadInput) as refusal:
        take_step(room.prescriber, plan, 14, NOW)
    assert refusal.value.code == "plan_ended"


@pytest.mark.parametrize("statement", ["UPDATE plans_taperstep SET interval_days = 3", "DELETE FROM plans_taperstep"])
def test_the_database_itself_keeps_the_steps(statement: str) -> None:
    room = treated(until=NOW)
    take_step(room.prescriber, plan_of(room), 14, NOW)
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_where_the_protocol_names_no_interval_the_hole_is_said(client: Any) -> None:
    now = timezone.now()
    room = treated("iv_racemic_05", until=now)
    assert "The protocol names no interval longer than 7 days" in page(client, room, "plan/")
    answer = post(client, room, "taper/", interval_days="14").content.decode()
    assert "From now on a dose every 14 days" in answer
    step = TaperStep.objects.get()
    assert "taper_interval_named" in {reason["rule"] for reason in step.decision["reasons"]}


# ---- the switch ----


def switchable(client: Any) -> Room:
    now = timezone.now()
    room = treated("iv_racemic_05", totals=(19, 18), until=now)
    signed_version(room.clinic, "esketamine_nasal_trd", room.prescriber)
    RecordEntry.objects.filter(patient=room.patient, code=WEIGHT).update(at=now - DAY)
    return room


def test_a_course_without_response_leads_to_the_other_ways(client: Any) -> None:
    room = switchable(client)
    address = f"/people/{room.patient.id}/plan/switch/"
    assert address in page(client, room)
    assert address in page(client, room, "plan/")
    today = sign_in(client, room.prescriber).get("/today/").content.decode()
    assert address in today.split('id="group-review"')[1].split("</section>")[0]
    assert address not in sign_in(client, room.nurse).get(f"/people/{room.patient.id}/").content.decode()


def test_the_other_ways_stand_beside_the_plan_with_what_speaks_for_and_against(client: Any) -> None:
    room = switchable(client)
    text = page(client, room, "plan/switch/")
    for words in (
        "the plan now",
        "review before a fourth",
        "Before a plan: an eligibility decision, consent to this version",
        "Evidence",
        "What is not known",
        f"/people/{room.patient.id}/plan/?protocol=esketamine_nasal_trd",
        f"/people/{room.patient.id}/plan/prediction/?protocol=iv_racemic_05",
    ):
        assert words in text, words
    asked = text.split("/plan/prediction/?")[1].split('"')[0].replace("&amp;", "&")
    predicted = sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/plan/prediction/?{asked}")
    assert predicted.status_code == 200
    assert "esketamine" in predicted.content.decode()


def test_an_old_weight_is_weighed_again_before_ways_are_compared(client: Any) -> None:
    room = switchable(client)
    RecordEntry.objects.filter(patient=room.patient, code=WEIGHT).update(at=timezone.now() - 90 * DAY)
    text = page(client, room, "plan/switch/")
    assert "Weigh the person today." in text
    assert "/plan/prediction/" not in text
    assert "Weigh the person today." in page(client, room, "plan/")


def test_without_a_plan_there_is_nothing_to_compare(client: Any) -> None:
    room = Room(plan=False)
    assert "No plan now" in page(client, room, "plan/switch/")


def test_signing_another_protocol_switches_and_both_are_on_the_line(client: Any) -> None:
    room = switchable(client)
    now, old = timezone.now(), plan_of(room)
    other = signed_version(room.clinic, "im_racemic", room.prescriber)
    clear(room.prescriber, room.patient, other, now)
    reasons = {"interval": "Agreed with the person.", "three_without_benefit": "Switching because of it."}
    new = sign_plan(
        room.prescriber, room.patient, other,
        PlanChoice(weight=70, mg_per_kg=0.5), reasons=reasons, now=now,
    )  # fmt: skip
    old.refresh_from_db()
    assert (old.state, old.ended_because, new.switched_from) == (PlanState.REPLACED, "switched", old)
    home = page(client, room)
    assert "Switched to" in home
    assert "Switched from" in home
    assert CourseForecast.objects.count() <= 1


def test_signing_the_same_protocol_again_is_no_switch() -> None:
    room = treated(until=NOW)
    old = plan_of(room)
    new = sign_plan(room.prescriber, room.patient, room.version, PlanChoice(weight=70, dose_mg=56), now=NOW + 2 * DAY)
    old.refresh_from_db()
    assert (old.ended_because, new.switched_from) == ("", None)


# ---- the list ----


def test_the_list_is_narrowed_sorted_and_counted_by_address(client: Any) -> None:
    now = timezone.now()
    room = treated("iv_racemic_05", totals=(19, 18), until=now)
    lost = treated_patient(room, phase=CarePhase.FOLLOW_UP, created_at=now - 90 * DAY, family_name="Aardvark")
    sign_in(client, room.prescriber)
    whole = client.get("/today/").content.decode()
    assert 'href="?show=lost"' in whole
    assert "never answered" in whole
    assert f"owner {room.prescriber.name}" in whole
    alone = client.get("/today/?show=lost").content.decode()
    assert "group-lost" in alone
    assert "group-review" not in alone
    assert "of them shown" in alone
    listed = client.get("/today/?order=person").content.decode().split('id="all"')[1]
    assert listed.index(str(lost)) < listed.index(str(room.patient))
    oldest = client.get("/today/?order=age").content.decode().split('id="all"')[1]
    assert oldest.index(str(lost)) < oldest.index(str(room.patient))
    assert "group-review" in client.get("/today/?show=nonsense&order=nonsense").content.decode()


def test_what_is_mine_is_what_i_own(client: Any) -> None:
    now = timezone.now()
    room = treated("iv_racemic_05", totals=(19, 18), until=now)
    other = make_viewer(room.clinic, Role.PRESCRIBER)
    assert "group-review" in sign_in(client, room.prescriber).get("/today/?owner=me").content.decode()
    nothing = sign_in(client, other).get("/today/?owner=me").content.decode()
    assert "Nothing of yours" in nothing
    assert "group-review" not in nothing
