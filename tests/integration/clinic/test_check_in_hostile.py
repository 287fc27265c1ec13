"""Links and answers as the world brings them: replayed, passed on, guessed, looked at by machines, contradicting."""

from __future__ import annotations

import itertools
import math
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from tests.builders import NOW, make_patient, make_viewer, sign_in
from tests.session_room import Room

from euthymia.care.reminders import ReminderRule
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.followup.models import CourseForecast
from euthymia.clinic.measures import link_commands
from euthymia.clinic.measures.commands import Filled, record_response, schedule_check_ins
from euthymia.clinic.measures.contact_commands import send_due, set_contact_rules
from euthymia.clinic.measures.contact_queries import LOOK_BACK, MomentAnswers, clinic_answers
from euthymia.clinic.measures.models import AnswerSource, CheckIn, Draft, Response, RiskSignal
from euthymia.clinic.people.models import Patient

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# What follows a link before a person does: they fetch, some with HEAD first, and show nothing of it to anybody.
BOTS = ("facebookexternalhit/1.1", "Slackbot-LinkExpanding 1.0", "WhatsApp/2.23.20", "Microsoft Office Outlook 16.0")


def due_check_in(patient: Patient, **fields: Any) -> CheckIn:
    asked = {"instrument": "phq9", "label": "24 h", "due_at": timezone.now() - HOUR}
    return CheckIn.objects.create(clinic_id=patient.clinic_id, patient=patient, **asked | fields)


@pytest.fixture
def link(prescriber: Viewer, patient: Patient) -> str:
    return link_to(prescriber, due_check_in(patient))


def link_to(viewer: Viewer, check_in: CheckIn) -> str:
    return re.sub(r"^https?://[^/]+", "", link_commands.send_check_in(viewer, check_in, timezone.now()))


def whole(value: int = 1, last: int = 0) -> dict[str, str]:
    return {f"answer-{item}": str(value) for item in range(1, 9)} | {"answer-9": str(last)}


def scored(viewer: Viewer, patient: Patient, instrument: str, value: int, at: datetime) -> Response:
    items = {"phq9": [str(item) for item in range(1, 10)], "madrs": [str(item) for item in range(1, 11)]}[instrument]
    answers: dict[str, int | None] = {**dict.fromkeys(items, value), **({"9": 0} if instrument == "phq9" else {})}
    filled = Filled(instrument, answers, AnswerSource.CLINIC, at)
    return record_response(viewer, patient, filled, now=at)


@pytest.mark.parametrize("bot", BOTS)
def test_a_machine_that_previews_a_link_changes_nothing_and_leaves_no_line(link: str, bot: str) -> None:
    before = AuditEntry.objects.count()
    looking = Client(headers={"user-agent": bot})
    for _ in range(20):
        assert looking.get(link).status_code == 200
        assert looking.head(link).content == b""
    assert AuditEntry.objects.count() == before
    assert not Draft.objects.exists()
    assert not RiskSignal.objects.exists()
    assert CheckIn.objects.get().answered_at is None


def test_a_machine_that_prefetches_with_the_answers_in_the_address_sends_nothing(link: str) -> None:
    asked = "&".join(f"{name}={value}" for name, value in whole(3, last=3).items())
    text = Client().get(f"{link}?keep=1&{asked}").content.decode()
    assert " checked>" not in text
    assert not Draft.objects.exists()
    assert not Response.objects.exists()
    assert not RiskSignal.objects.exists()


def test_no_search_engine_and_no_shared_cache_keeps_what_a_link_shows(link: str) -> None:
    page = Client().get(link)
    assert "no-store" in page.headers["Cache-Control"]
    assert "private" in page.headers["Cache-Control"]
    assert page.headers["Referrer-Policy"] == "same-origin", "no other site is told the link"


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_a_link_is_opened_and_answered_and_nothing_else(link: str, method: str) -> None:
    assert getattr(Client(), method)(link).status_code == 405


def test_guessed_links_open_nothing_alike_and_leave_no_line(link: str) -> None:
    before = AuditEntry.objects.count()
    token = link.strip("/").split("/")[-1]
    near = token[:-1] + ("A" if token[-1] != "A" else "B")
    said = set()
    for guess in (near, token[:-1], token + "A", token.swapcase(), "0" * 32, "%00", "../" + token, "x" * 3000):
        for answer in (Client().get(f"/c/{guess}/"), Client().post(f"/c/{guess}/", whole(3, last=3))):
            assert answer.status_code in (404, 410)
            said.add(re.sub(r"\s+", " ", answer.content.decode()) if answer.status_code == 410 else "")
    assert len({page for page in said if "not known" in page}) == len(said - {""}) > 0
    assert AuditEntry.objects.count() == before
    assert not RiskSignal.objects.exists()
    assert len(token) * 6 >= 128, "as many bits as a key"


def test_an_answer_replayed_byte_for_byte_counts_once(link: str) -> None:
    assert Client().post(link, whole(2)).status_code == 200
    lines = AuditEntry.objects.count()
    for _ in range(3):
        assert Client().post(link, whole(2)).status_code == 410
    assert Response.objects.get().total == 16
    assert AuditEntry.objects.count() == lines


def test_a_link_that_was_passed_on_is_spent_by_whoever_answers_first_and_tells_the_next_nothing(link: str) -> None:
    Client().post(link, whole(3, last=2))
    text = Client().get(link).content.decode()
    assert "answered already" in text
    assert "26" not in re.sub(r"<[^>]*>", "", text)


def test_two_people_with_one_telephone_answer_two_links_apart(
    client: Client, prescriber: Viewer, clinic: Clinic
) -> None:
    """One browser, two links: what is kept for one is not shown on the other."""
    first, second = (link_to(prescriber, due_check_in(make_patient(clinic))) for _ in range(2))
    client.post(first, {"answer-1": "3", "keep": "1"})
    assert " checked>" not in client.get(second).content.decode()
    client.post(second, whole(0))
    assert Draft.objects.get().answers == {"1": 3}
    client.post(first, whole(1))
    assert sorted(Response.objects.values_list("total", flat=True)) == [0, 8]


def test_a_clinic_that_moves_its_clock_keeps_the_instants_and_shows_its_own_day() -> None:
    room = Room()
    session = room.dosing(datetime(2026, 3, 2, 22, 0, tzinfo=UTC))
    instants = {row.pk: row.due_at for row in CheckIn.objects.filter(session=session)}
    assert instants
    seen = {}
    for zone in ("America/Los_Angeles", "Pacific/Auckland"):
        Clinic.objects.filter(pk=room.clinic.pk).update(time_zone=zone)
        assert schedule_check_ins(room.nurse, session, NOW + DAY) == []
        assert {row.pk: row.due_at for row in CheckIn.objects.all()} == instants
        text = sign_in(Client(), room.nurse).get(f"/people/{room.patient.id}/check-ins/").content.decode()
        seen[zone] = [f"{at.astimezone(ZoneInfo(zone)):%-d %b %Y, %H:%M}" in text for at in instants.values()]
    assert all(itertools.chain(*seen.values()))


def test_after_a_move_the_night_is_the_new_places_night(
    clinic: Clinic, patient: Patient, mailoutbox: list[Any]
) -> None:
    manager = make_viewer(clinic, Role.MANAGER)
    rule = ReminderRule(24, 2, datetime(2026, 1, 1, 21).time(), datetime(2026, 1, 1, 8).time())
    set_contact_rules(manager, rule, automatic=True, now=NOW)
    noon = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    due_check_in(patient, due_at=noon - HOUR)
    Clinic.objects.filter(pk=clinic.pk).update(time_zone="Pacific/Auckland")
    assert send_due(noon) == "nothing to send", "one in the morning there"
    assert send_due(noon + 8 * HOUR).endswith(": 1 sent")


def test_the_hour_that_a_clock_skips_moves_no_check_in() -> None:
    """Berlin's clocks went forward in the night after this dose; a day after it is 24 hours after it."""
    room = Room()
    Clinic.objects.filter(pk=room.clinic.pk).update(time_zone="Europe/Berlin")
    session = room.dosing(datetime(2026, 3, 28, 9, 0, tzinfo=UTC))
    gaps = [row.due_at - session.dose_started_at for row in CheckIn.objects.filter(session=session)]
    assert DAY in gaps
    text = sign_in(Client(), room.nurse).get(f"/people/{room.patient.id}/check-ins/").content.decode()
    assert "29 Mar 2026, 11:05" in text


def test_one_score_is_a_score_with_a_forecast_that_says_how_little_it_knows(
    client: Client, prescriber: Viewer, patient: Patient
) -> None:
    scored(prescriber, patient, "phq9", 2, NOW)
    result = CourseForecast.objects.get().result
    assert result["mostly_prior"] is True
    assert all(math.isfinite(value) for row in result["ahead"]["quantiles"].values() for value in row)
    assert sign_in(client, prescriber).get(f"/people/{patient.id}/").status_code == 200


def test_another_scale_in_the_middle_of_a_course_is_never_added_to_the_first(
    client: Client, prescriber: Viewer, patient: Patient
) -> None:
    for week in range(3):
        scored(prescriber, patient, "phq9", 2, NOW + week * 7 * DAY)
    for week in range(3, 5):
        scored(prescriber, patient, "madrs", 4, NOW + week * 7 * DAY)
    result = CourseForecast.objects.get().result
    assert result["instrument"] == "phq9"
    assert max(result["ahead"]["quantiles"]["0.95"]) <= 27
    for week in range(5, 7):
        scored(prescriber, patient, "madrs", 4, NOW + week * 7 * DAY)
    assert CourseForecast.objects.get().result["instrument"] == "madrs"
    assert sign_in(client, prescriber).get(f"/people/{patient.id}/").status_code == 200


def test_records_that_contradict_each_other_are_both_kept_and_the_course_stays_whole(
    client: Client, prescriber: Viewer, patient: Patient
) -> None:
    """The best and the worst score at one instant: nothing is chosen for anybody, and nothing breaks."""
    scored(prescriber, patient, "phq9", 0, NOW)
    scored(prescriber, patient, "phq9", 3, NOW)
    assert sorted(Response.objects.values_list("total", flat=True)) == [0, 24]
    result = CourseForecast.objects.get().result
    assert all(0 <= value <= 27 for row in result["ahead"]["quantiles"].values() for value in row)
    text = sign_in(client, prescriber).get(f"/people/{patient.id}/check-ins/").content.decode()
    assert text.count('<td class="number">0</td>') == 1
    assert text.count('<td class="number">24</td>') == 1


def test_an_answer_after_the_person_left_care_is_kept_for_the_record(
    client: Client, patient: Patient, link: str
) -> None:
    Patient.objects.filter(pk=patient.pk).update(phase="ended")
    assert client.post(link, whole(1)).status_code == 200
    assert Response.objects.get().patient_id == patient.id


def test_the_clinics_answers_are_counted_moment_by_moment_from_the_dose_on(clinic: Clinic) -> None:
    room = Room()
    viewer = make_viewer(room.clinic, Role.MANAGER)
    session, now = room.dosing(), NOW + 20 * DAY
    start = session.dose_started_at
    CheckIn.objects.all().delete()
    for label, gap, sent, answered in (
        ("The week after", 7 * DAY, True, None),
        ("The day after", DAY, True, DAY + HOUR),
        ("The day after", DAY, True, 4 * DAY),
        ("The day after", DAY, False, None),
        ("Four hours after", 4 * HOUR, False, 5 * HOUR),
        ("Later", 60 * DAY, False, None),
    ):
        made = due_check_in(room.patient, label=label, due_at=start + gap, session=session)
        made.sent_at = start + gap if sent else None
        made.answered_at = start + answered if answered is not None else None
        made.save()
    due_check_in(make_patient(clinic), label="Another clinic's", due_at=start + DAY)
    assert clinic_answers(viewer, now) == [
        MomentAnswers("Four hours after", 1, 1, 1, 0),
        MomentAnswers("The day after", 3, 2, 2, 1),
        MomentAnswers("The week after", 1, 1, 0, 0),
    ]
    assert clinic_answers(viewer, start + LOOK_BACK + 30 * DAY) == []


def test_the_page_of_the_rule_shows_each_moment_or_says_that_nothing_was_due(
    client: Client, clinic: Clinic, patient: Patient, django_assert_num_queries: Any
) -> None:
    manager = make_viewer(clinic, Role.MANAGER)
    sign_in(client, manager)
    assert "Nothing was due in the last 4 weeks" in client.get("/contact-rules/").content.decode()
    due_check_in(patient, label="The day after")
    text = client.get("/contact-rules/").content.decode()
    assert 'aria-label="The day after: answered of those due"' in text
    with django_assert_num_queries(1):
        clinic_answers(manager, timezone.now())
