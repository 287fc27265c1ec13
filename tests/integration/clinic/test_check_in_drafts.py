"""A form behind a link, begun and not sent: kept for the browser that gave it, told when it must be, gone when sent."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.builders import make_clinic, make_patient, make_viewer, sign_in

from euthymia.clinic.accounts.models import Clinic, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.jobs.registry import JOBS
from euthymia.clinic.measures import draft_commands, link_commands
from euthymia.clinic.measures.draft_commands import LEFT_AFTER, MOST_BROWSERS, MOST_TIMES_KEPT, tend_drafts
from euthymia.clinic.measures.link_commands import LINK_LIVES
from euthymia.clinic.measures.models import CheckIn, Draft, Response, RiskSignal, RiskStep, Way
from euthymia.clinic.people.models import Patient
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def due_check_in(patient: Patient, **fields: Any) -> CheckIn:
    asked = {"instrument": "phq9", "label": "24 h", "due_at": timezone.now() - timedelta(hours=1)}
    return CheckIn.objects.create(clinic_id=patient.clinic_id, patient=patient, **asked | fields)


@pytest.fixture
def check_in(patient: Patient) -> CheckIn:
    return due_check_in(patient)


@pytest.fixture
def link(prescriber: Viewer, check_in: CheckIn) -> str:
    return path_of(link_commands.send_check_in(prescriber, check_in, timezone.now()))


def path_of(link: str) -> str:
    return re.sub(r"^https?://[^/]+", "", link)


def tap(browser: Client, link: str, **answers: object) -> Any:
    """What the page's script sends after a tap: item3=2 is question 3."""
    typed = {f"answer-{name.removeprefix('item')}": str(value) for name, value in answers.items()}
    return browser.post(link, typed | {"keep": "1"}, headers={"accept": "application/json"})


def whole(value: int = 1, last: int = 0) -> dict[str, str]:
    return {f"answer-{item}": str(value) for item in range(1, 9)} | {"answer-9": str(last)}


def left(now: datetime | None = None) -> datetime:
    """A moment at which a form tapped just now counts as left."""
    return (now or timezone.now()) + LEFT_AFTER + MINUTE


def test_what_was_tapped_stands_there_again_and_is_not_sent(client: Client, link: str) -> None:
    assert tap(client, link, item1=2).json() == {"kept": 1, "says": "1 of 9 answered"}
    assert tap(client, link, item2=0).json()["kept"] == 2
    text = client.get(link).content.decode()
    assert "2 of 9 answered" in text
    assert "Nothing is sent yet" in text
    assert text.count(" checked>") == 2
    assert "arrived" not in text
    assert not Response.objects.exists()
    assert CheckIn.objects.get().answered_at is None


def test_a_form_that_is_begun_is_one_line_of_the_access_log_however_many_taps(client: Client, link: str) -> None:
    before = AuditEntry.objects.count()
    for item in range(1, 9):
        tap(client, link, **{f"item{item}": 1})
    (entry,) = AuditEntry.objects.filter(sequence__gt=before)
    assert (entry.action, entry.subject, entry.actor_id) == ("create", "draft", None)


def test_the_same_tap_again_and_no_tap_at_all_write_nothing(client: Client, link: str) -> None:
    assert tap(client, link).json()["kept"] == 0
    assert not Draft.objects.exists()
    for _ in range(3):
        tap(client, link, item1=2)
    assert Draft.objects.get().times_kept == 1


def test_two_pages_of_one_browser_add_up_and_the_last_tap_of_a_question_holds(client: Client, link: str) -> None:
    tap(client, link, item1=2, item2=1)
    tap(client, link, item3=0)
    tap(client, link, item1=3)
    assert Draft.objects.get().answers == {"1": 3, "2": 1, "3": 0}


def test_a_link_that_was_passed_on_shows_nobodys_answers(client: Client, link: str) -> None:
    tap(client, link, item1=2, item9=3)
    other = Client()
    text = other.get(link).content.decode()
    assert " checked>" not in text
    assert "of 9 answered" not in text
    other.cookies["answering"] = "guessed"
    assert " checked>" not in other.get(link).content.decode()


def test_the_secret_of_a_browser_goes_to_links_alone_and_scripts_cannot_read_it(client: Client, link: str) -> None:
    client.get(link)
    cookie = client.cookies["answering"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/c/", True, "Lax")
    tap(client, link, item1=1)
    assert cookie.value not in Draft.objects.get().browser_hash


def test_a_new_link_for_the_same_questions_shows_what_this_browser_kept(
    client: Client, prescriber: Viewer, check_in: CheckIn, link: str
) -> None:
    tap(client, link, item1=2)
    check_in.refresh_from_db()
    again = path_of(link_commands.send_check_in(prescriber, check_in, timezone.now() + timedelta(hours=25)))
    assert "1 of 9 answered" in client.get(again).content.decode()


def test_the_clinic_sees_begun_and_not_sent_and_no_score(
    client: Client, prescriber: Viewer, patient: Patient, link: str
) -> None:
    tap(client, link, item1=3, item2=3)
    text = sign_in(Client(), prescriber).get(f"/people/{patient.id}/check-ins/").content.decode()
    assert "begun, not sent" in text
    assert re.search(r"last answer \d{1,2} \w{3}, \d\d:\d\d", text)
    assert "0 of 1" in text, "begun is not answered"
    assert "All answers" not in text


def test_sending_takes_the_kept_answers_away_and_what_is_sent_counts(client: Client, link: str) -> None:
    tap(client, link, item1=3)
    assert "have arrived" in client.post(link, whole(1)).content.decode()
    assert not Draft.objects.exists()
    assert Response.objects.get().total == 8
    refused = tap(client, link, item1=2)
    assert (refused.status_code, refused.json()["error"]) == (410, "used_link")
    assert not Draft.objects.exists()


def test_an_unfinished_form_that_is_sent_says_what_is_missing_and_keeps_what_was_kept(
    client: Client, link: str
) -> None:
    tap(client, link, item1=3)
    part = {name: value for name, value in whole(1).items() if name != "answer-5"}
    page = client.post(link, part)
    assert page.status_code == 422
    assert "Thank you" not in page.content.decode()
    assert Draft.objects.get().answers == {"1": 3}


def test_a_tablet_that_goes_round_keeps_nothing_and_shows_nobodys_answers(
    client: Client, prescriber: Viewer, check_in: CheckIn, link: str
) -> None:
    tap(client, link, item1=3)
    here = path_of(link_commands.open_here(prescriber, check_in, timezone.now()))
    text = client.get(here).content.decode()
    assert " checked>" not in text
    assert "data-keeps" not in text
    assert 'autocomplete="off"' in text, "nor does the browser fill in what it remembers"
    refused = tap(client, here, item2=1)
    assert (refused.status_code, refused.json()["error"]) == (422, "not_kept_here")
    assert Draft.objects.get().answers == {"1": 3}


def test_a_sign_on_a_form_that_was_left_has_an_owner_after_a_while_and_only_one(
    client: Client, prescriber: Viewer, link: str
) -> None:
    tap(client, link, item9=2)
    assert tend_drafts(timezone.now() + MINUTE) == "nothing to do"
    assert not RiskSignal.objects.exists()
    assert tend_drafts(left()) == "1 told"
    signal = RiskSignal.objects.get()
    assert (signal.owner_id, signal.response) == (prescriber.user_id, None)
    assert tend_drafts(left() + timedelta(hours=3)) == "nothing to do"
    client.post(link, whole(1, last=2))
    signal = RiskSignal.objects.get()
    assert signal.response == Response.objects.get()


def test_who_comes_back_to_an_answer_that_asks_for_help_finds_it_first(client: Client, link: str) -> None:
    tap(client, link, item1=1)
    text = client.get(link).content.decode()
    assert text.index("<h1") < text.index("crisis-title")
    tap(client, link, item9=1)
    text = client.get(link).content.decode()
    assert text.index("crisis-title") < text.index("<h1")


def test_a_slip_of_the_finger_that_is_put_right_calls_nobody(client: Client, link: str) -> None:
    tap(client, link, item9=3)
    tap(client, link, item9=0)
    assert tend_drafts(left()) == "nothing to do"
    assert not RiskSignal.objects.exists()


def test_a_form_that_is_still_being_answered_has_not_been_left(client: Client, link: str) -> None:
    tap(client, link, item9=2)
    Draft.objects.update(kept_at=timezone.now() - LEFT_AFTER - MINUTE)
    tap(client, link, item8=1)
    assert tend_drafts(timezone.now()) == "nothing to do"


def test_a_sign_that_was_told_and_grows_is_told_again(client: Client, link: str) -> None:
    tap(client, link, item9=1)
    tend_drafts(left())
    tap(client, link, item9=3)
    assert tend_drafts(left()) == "1 told"
    assert RiskSignal.objects.count() == 1
    assert [step.says[:34] for step in RiskStep.objects.filter(kind="raised")] == [
        "PHQ-9 item 9 was answered 1. Scree",
        "PHQ-9 item 9 was answered 3. Scree",
    ]


def test_clearing_takes_the_answers_away_and_tells_a_sign_that_was_in_them(client: Client, link: str) -> None:
    tap(client, link, item1=1)
    assert client.post(link, {"clear": "1"})["Location"] == link
    assert not Draft.objects.exists()
    assert not RiskSignal.objects.exists()
    tap(client, link, item9=1)
    client.post(link, {"clear": "1"})
    assert not Draft.objects.exists()
    assert RiskSignal.objects.count() == 1
    assert " checked>" not in client.get(link).content.decode()


def test_nobody_clears_what_another_browser_kept(client: Client, link: str) -> None:
    tap(client, link, item1=1)
    Client().post(link, {"clear": "1"})
    assert Draft.objects.get().answers == {"1": 1}


def test_a_sign_begun_elsewhere_is_told_when_the_form_is_sent_without_it(client: Client, link: str) -> None:
    tap(Client(), link, item9=3)
    client.post(link, whole(0))
    assert not Draft.objects.exists()
    assert RiskSignal.objects.get().trigger.startswith("PHQ-9 item 9 was answered 3")


def test_what_is_kept_ends_with_its_link_and_its_sign_is_told_first(client: Client, link: str) -> None:
    tap(client, link, item9=1)
    assert tend_drafts(timezone.now() + LINK_LIVES + MINUTE) == "1 told, 1 taken away"
    assert not Draft.objects.exists()
    assert RiskSignal.objects.count() == 1
    CheckIn.objects.update(expires_at=timezone.now() - MINUTE)
    assert tap(client, link, item1=1).status_code == 410


def test_own_pages_open_a_form_for_an_hour_and_keep_it_as_long_as_a_link_lives(
    client: Client, prescriber: Viewer, check_in: CheckIn
) -> None:
    now = timezone.now()
    own = path_of(link_commands.open_here(prescriber, check_in, now, Way.PAGES))
    tap(client, own, item1=1)
    assert tend_drafts(now + timedelta(days=1)) == "nothing to do"
    check_in.refresh_from_db()
    again = path_of(link_commands.open_here(prescriber, check_in, now, Way.PAGES))
    assert "1 of 9 answered" in client.get(again).content.decode()
    assert tend_drafts(now + LINK_LIVES + MINUTE) == "1 taken away"


def test_where_nobody_could_own_it_the_sign_waits_and_holds_no_other_back(
    client: Client, prescriber: Viewer, check_in: CheckIn, link: str
) -> None:
    abroad = make_clinic()
    nurse = make_viewer(abroad, Role.NURSE)
    elsewhere = path_of(link_commands.send_check_in(nurse, due_check_in(make_patient(abroad)), timezone.now()))
    tap(client, link, item9=2)
    tap(Client(), elsewhere, item9=2)
    User.objects.filter(pk=prescriber.user_id).update(is_active=False)
    late = timezone.now() + LINK_LIVES + MINUTE
    assert tend_drafts(late) == "1 told, 1 taken away"
    assert Draft.objects.get().check_in_id == check_in.id
    User.objects.filter(pk=prescriber.user_id).update(is_active=True)
    assert tend_drafts(late + MINUTE) == "1 told, 1 taken away"
    assert RiskSignal.objects.count() == 2


def test_the_round_over_forms_that_were_left_runs_by_itself() -> None:
    (job,) = (job for job in JOBS if job.run is tend_drafts)
    assert job.every <= LEFT_AFTER


@pytest.mark.parametrize(
    "typed", [{"answer-2": "4"}, {"answer-2": "-1"}, {"answer-2": "two"}, {"answer-99": "1"}, {"answer-2": "1" * 5000}]
)
def test_what_the_form_does_not_know_is_refused_and_nothing_is_kept(
    client: Client, link: str, typed: dict[str, str]
) -> None:
    refused = client.post(link, {"answer-1": "1", "keep": "1"} | typed, headers={"accept": "application/json"})
    assert refused.status_code == 422
    assert set(refused.json()) == {"error", "path", "message"}
    assert not Draft.objects.exists()


def test_a_form_takes_only_as_many_taps_as_a_person_makes_and_a_sign_beyond_is_told_at_once(
    client: Client, link: str
) -> None:
    tap(client, link, item1=1)
    Draft.objects.update(times_kept=MOST_TIMES_KEPT)
    assert tap(client, link, item1=2).json()["error"] == "too_often"
    assert not RiskSignal.objects.exists()
    tap(client, link, item9=2)
    assert RiskSignal.objects.count() == 1
    assert Draft.objects.get().answers == {"1": 1}
    assert client.post(link, whole(1)).status_code == 200, "sending works as before"


def test_a_link_that_went_round_keeps_the_answers_of_a_few_browsers_and_tells_a_sign_of_any(link: str) -> None:
    for _ in range(MOST_BROWSERS):
        assert tap(Client(), link, item1=1).status_code == 200
    assert tap(Client(), link, item9=1).json()["error"] == "too_many"
    assert Draft.objects.count() == MOST_BROWSERS
    assert RiskSignal.objects.count() == 1


def test_a_draft_that_is_sent_while_the_round_looks_at_it_is_left_alone(client: Client, link: str) -> None:
    tap(client, link, item9=2)
    (row,) = Draft.objects.all()
    tap(client, link, item8=0)
    assert draft_commands.tell_left(row.pk, timezone.now()) is False
    client.post(link, whole(0))
    assert draft_commands.tell_left(row.pk, left()) is False
    assert draft_commands.end_draft(row.pk, left()) is False
    assert not RiskSignal.objects.exists()


def test_a_link_writes_drafts_only_for_its_own_clinic(client: Client, prescriber: Viewer) -> None:
    abroad = make_clinic()
    nurse = make_viewer(abroad, Role.NURSE)
    theirs = path_of(link_commands.send_check_in(nurse, due_check_in(make_patient(abroad)), timezone.now()))
    sign_in(client, prescriber)
    tap(client, theirs, item1=1)
    assert Draft.objects.get().clinic_id == abroad.pk
    assert AuditEntry.objects.get(subject="draft").clinic_id == abroad.pk


def test_a_kept_form_is_said_in_the_persons_language(client: Client, link: str) -> None:
    Patient.objects.update(language="es")
    assert tap(client, link, item1=1).json()["says"] == "1 de 9 respondidas"
    assert "Todavía no se ha enviado nada" in client.get(link).content.decode()


def test_a_form_that_asks_about_suicide_says_before_the_first_tap_what_is_told(
    client: Client, prescriber: Viewer, patient: Patient, link: str
) -> None:
    told = "somebody at the clinic is told"
    assert told in client.get(link).content.decode()
    other = due_check_in(patient, instrument="gad7", label="7 d")
    quiet = path_of(link_commands.send_check_in(prescriber, other, timezone.now()))
    assert told not in client.get(quiet).content.decode()


def test_keeping_and_clearing_a_link_that_opens_nothing_is_refused(client: Client, clinic: Clinic) -> None:
    assert tap(client, "/c/made-up/", item1=1).json()["error"] == "unknown_link"
    with pytest.raises(BadInput, match="not known"):
        draft_commands.clear_answers("made-up", "browser", timezone.now())
    assert AuditEntry.objects.count() == 0
