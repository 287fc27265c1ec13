"""A person's own pages: opened by a code in the browser that asked, for this person and nobody else."""

from __future__ import annotations

import json
import re
import threading
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from tests.builders import make_clinic, make_patient, make_viewer, sign_in
from tests.integration.clinic.test_course_end import plan_of, scored, treated
from tests.session_room import Room

from euthymia.care.course_end import EndReason
from euthymia.care.safety_plan import Draft
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import System, Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.measures.models import AnswerSource, CheckIn, Response
from euthymia.clinic.measures.safety_commands import write_safety_plan
from euthymia.clinic.people.models import Patient
from euthymia.clinic.plans.course_commands import end_plan
from euthymia.clinic.plans.models import Plan
from euthymia.clinic.plans.taper_commands import stop_taper, take_step
from euthymia.clinic.portal import commands, views
from euthymia.clinic.portal.models import JournalEntry, SignInCode
from euthymia.clinic.portal.queries import journal_of, shared_journal
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BORN = date(1984, 5, 17)
MINUTE = timedelta(minutes=1)


def mailed(mailoutbox: list[Any]) -> str:
    """The newest code that was mailed, once the sending thread is done."""
    for thread in threading.enumerate():
        if thread.name == "code":
            thread.join()
    found = re.search(r"\d{6}", mailoutbox[-1].body)
    assert found is not None
    return found[0]


def opened(client: Any, patient: Patient, mailoutbox: list[Any]) -> Any:
    """The test client with this person's pages open."""
    asked = {"email": patient.email, "birth_date": str(patient.birth_date)}
    assert client.post("/my/", asked)["Location"] == "/my/code/"
    assert client.post("/my/code/", {"code": mailed(mailoutbox)})["Location"] == "/my/course/"
    return client


def asked_by(patient: Patient, browser: str, now: datetime) -> str | None:
    """The code this browser would be mailed; None when none is made."""
    send = commands.ask_code(patient.email, BORN, browser, now)
    return None if send is None else send.args[2]  # type: ignore[attr-defined]


def test_a_code_opens_the_pages_and_shows_what_is_mine(
    client: Any, patient: Patient, clinic: Clinic, mailoutbox: list[Any]
) -> None:
    opened(client, patient, mailoutbox)
    other = make_patient(clinic, given_name="Somebodyelse")
    text = client.get("/my/course/").content.decode()
    assert f"Hello {patient.given_name}" in text
    assert other.given_name not in text
    assert client.get("/my/course/").headers["Cache-Control"] == "no-store, private"
    assert AuditEntry.objects.filter(subject="own_pages", patient_id=patient.id).exists()


def test_the_code_is_in_the_message_alone(patient: Patient) -> None:
    code = asked_by(patient, "browser", NOW)
    row = SignInCode.objects.get()
    assert code not in {row.code_hash, row.browser_hash}
    assert code not in json.dumps(list(AuditEntry.objects.values("detail")))


@pytest.mark.parametrize(
    ("browser", "later", "right"),
    [("mine", 0, True), ("mine", 9, True), ("mine", 10, False), ("other", 0, False)],
)
def test_a_code_works_for_ten_minutes_in_one_browser(patient: Patient, browser: str, later: int, right: bool) -> None:
    code = asked_by(patient, "mine", NOW)
    assert code is not None
    if right:
        assert commands.enter_code(browser, code, NOW + later * MINUTE) == patient
    else:
        with pytest.raises(BadInput, match="does not work"):
            commands.enter_code(browser, code, NOW + later * MINUTE)


def test_a_code_works_once_and_is_spent_after_five_wrong_tries(patient: Patient) -> None:
    code = asked_by(patient, "mine", NOW) or ""
    commands.enter_code("mine", code, NOW)
    with pytest.raises(BadInput):
        commands.enter_code("mine", code, NOW)
    code = asked_by(patient, "mine", NOW) or ""
    wrong = "000000" if code != "000000" else "000001"
    for _ in range(commands.MOST_TRIES):
        with pytest.raises(BadInput):
            commands.enter_code("mine", wrong, NOW)
    with pytest.raises(BadInput):
        commands.enter_code("mine", code, NOW)
    assert AuditEntry.objects.filter(action="refuse", subject="own_pages", patient_id=patient.id).count() == 5


def test_no_more_than_three_codes_in_a_quarter_of_an_hour(patient: Patient) -> None:
    given = [asked_by(patient, "mine", NOW + minute * MINUTE) for minute in range(5)]
    assert [code is not None for code in given] == [True, True, True, False, False]
    assert asked_by(patient, "mine", NOW + 16 * MINUTE) is not None


def test_nobody_learns_who_is_known_here(client: Any, patient: Patient, mailoutbox: list[Any]) -> None:
    known = {"email": patient.email, "birth_date": str(patient.birth_date)}
    for asked in (known | {"email": "nobody@example.org"}, known | {"birth_date": "1950-01-01"}):
        before = client.post("/my/", asked)
        assert (before.status_code, before["Location"]) == (302, "/my/code/")
        assert client.post("/my/code/", {"code": "123456"}).status_code == 422
    assert mailoutbox == []


def test_two_people_with_one_address_and_birth_date_are_never_mistaken(patient: Patient, clinic: Clinic) -> None:
    make_patient(make_clinic(), email=patient.email.upper(), birth_date=BORN)
    assert asked_by(patient, "mine", NOW) is None


def test_without_a_code_nothing_opens_and_a_staff_sign_in_ends(
    client: Any, prescriber: Viewer, patient: Patient, mailoutbox: list[Any]
) -> None:
    sign_in(client, prescriber)
    for address in ("/my/course/", "/my/journal/", "/my/export/"):
        assert client.get(address)["Location"] == "/my/"
    opened(client, patient, mailoutbox)
    assert "_auth_user_id" not in client.session
    assert client.get("/today/").status_code == 302


@pytest.mark.parametrize("kept", [views.IDLE_UNTIL, views.UNTIL])
def test_the_pages_close_by_themselves(client: Any, patient: Patient, mailoutbox: list[Any], kept: str) -> None:
    opened(client, patient, mailoutbox)
    session = client.session
    session[kept] = (datetime.now(UTC) - MINUTE).isoformat()
    session.save()
    assert client.get("/my/course/")["Location"] == "/my/"
    assert views.PATIENT not in client.session


def test_a_press_keeps_the_pages_open_but_not_beyond_two_hours(
    client: Any, patient: Patient, mailoutbox: list[Any]
) -> None:
    opened(client, patient, mailoutbox)
    until = client.session[views.UNTIL]
    idle = client.session[views.IDLE_UNTIL]
    client.get("/my/course/")
    assert client.session[views.IDLE_UNTIL] > idle
    assert client.session[views.UNTIL] == until


def test_the_questions_that_wait_open_from_here_once(client: Any, patient: Patient, mailoutbox: list[Any]) -> None:
    due_at = datetime.now(UTC) - timedelta(hours=1)
    mine = CheckIn.objects.create(
        clinic_id=patient.clinic_id, patient=patient, instrument="phq9", label="24 h", due_at=due_at
    )
    foreign = make_patient(make_clinic())
    theirs = CheckIn.objects.create(
        clinic_id=foreign.clinic_id, patient=foreign, instrument="phq9", label="24 h", due_at=due_at
    )
    opened(client, patient, mailoutbox)
    assert client.post(f"/my/answer/{theirs.id}/").status_code == 404
    link = client.post(f"/my/answer/{mine.id}/")["Location"]
    answers = {f"answer-{item}": "1" for item in range(1, 10)}
    path = "/" + link.split("/", 3)[3]
    assert client.post(path, answers | {"answer-9": "0"}).status_code == 200
    assert Response.objects.get().source == AnswerSource.LINK
    assert "Questions that wait" not in client.get("/my/course/").content.decode()


def test_the_journal_is_private_until_shared_and_then_stays(
    client: Any, prescriber: Viewer, patient: Patient, mailoutbox: list[Any]
) -> None:
    opened(client, patient, mailoutbox)
    assert client.post("/my/journal/", {"text": "  "}).status_code == 422
    assert client.post("/my/journal/", {"text": "Slept badly, told nobody."}).status_code == 302
    assert client.post("/my/journal/", {"text": "A walk by the river.", "shared": "yes"}).status_code == 302
    private = JournalEntry.objects.get(shared_at=None)
    staff = sign_in(Client(), prescriber)
    text = staff.get(f"/people/{patient.id}/").content.decode()
    assert "A walk by the river." in text
    assert "Slept badly" not in text
    client.post(f"/my/journal/{private.id}/share/")
    assert "Slept badly" in staff.get(f"/people/{patient.id}/").content.decode()
    client.post(f"/my/journal/{private.id}/delete/")
    assert JournalEntry.objects.count() == 2


def test_a_private_entry_can_be_deleted_by_its_writer_alone(
    client: Any, patient: Patient, clinic: Clinic, mailoutbox: list[Any]
) -> None:
    mine = commands.write_entry(patient, "mine", shared=False, now=NOW)
    theirs = commands.write_entry(make_patient(clinic), "theirs", shared=False, now=NOW)
    opened(client, patient, mailoutbox)
    for what in ("delete", "share"):
        assert client.post(f"/my/journal/{theirs.id}/{what}/").status_code == 404
    assert client.post(f"/my/journal/{mine.id}/delete/").status_code == 302
    assert list(JournalEntry.objects.all()) == [theirs]


def test_the_record_can_be_taken_along(client: Any, patient: Patient, mailoutbox: list[Any]) -> None:
    commands.write_entry(patient, "«¿Cómo va?»", shared=False, now=NOW)
    other = make_patient(make_clinic(), family_name="Elsewhere")
    opened(client, patient, mailoutbox)
    response = client.get("/my/export/")
    told = json.loads(response.content)
    assert "attachment" in response.headers["Content-Disposition"]
    kinds = [entry["resource"]["resourceType"] for entry in told["record"]["entry"]]
    assert kinds.count("Patient") == 1
    assert [entry["text"] for entry in told["journal"]] == ["«¿Cómo va?»"]
    assert other.family_name not in response.content.decode()


def test_the_pages_speak_the_persons_language(client: Any, clinic: Clinic, mailoutbox: list[Any]) -> None:
    person = make_patient(clinic, language="es")
    opened(client, person, mailoutbox)
    assert mailoutbox[-1].subject == "Tu código"
    text = client.get("/my/course/").content.decode()
    assert f"Hola, {person.given_name}" in text
    assert "Mi próxima visita" in text


def test_whoever_leaves_is_gone(client: Any, patient: Patient, mailoutbox: list[Any]) -> None:
    opened(client, patient, mailoutbox)
    client.post("/my/leave/")
    assert client.get("/my/journal/")["Location"] == "/my/"


def test_what_is_shared_stays_with_its_clinic(patient: Patient) -> None:
    commands.write_entry(patient, "for my clinic", shared=True, now=NOW)
    abroad = make_viewer(make_clinic(), Role.PRESCRIBER)
    assert shared_journal(abroad, patient) == []
    assert len(journal_of(System(patient.clinic_id, "x"), patient)) == 1


def test_my_safety_plan_is_mine_in_my_language_with_whom_to_call(
    client: Any, patient: Patient, clinic: Clinic, mailoutbox: list[Any]
) -> None:
    patient.language = "es"
    patient.save()
    clinician = make_viewer(clinic, Role.THERAPIST)
    draft = Draft({"signs": "No contesto al teléfono", "trusted": "Ana, 600 111 222"}, True)
    write_safety_plan(clinician, patient, draft, NOW)
    other = make_patient(clinic, given_name="Somebodyelse")
    write_safety_plan(clinician, other, Draft({"trusted": "Somebody's brother"}, True), NOW)
    opened(client, patient, mailoutbox)
    text = client.get("/my/safety-plan/").content.decode()
    assert "1. Cómo noto que empieza" in text
    assert "2. A quién se lo digo" in text
    assert "Ana, 600 111 222" in text
    assert "brother" not in text
    assert "crisis__lines" in text
    assert AuditEntry.objects.filter(subject="own_safety_plan", patient_id=patient.id).exists()


def test_without_a_safety_plan_the_page_says_how_one_comes_to_be(
    client: Any, patient: Patient, mailoutbox: list[Any]
) -> None:
    opened(client, patient, mailoutbox)
    text = client.get("/my/safety-plan/").content.decode()
    assert "You write it together with your clinic" in text
    assert "crisis__lines" in text


@pytest.mark.parametrize(
    ("language", "ended", "asked", "worse"),
    [
        ("en", "Your course of treatment ended on", "you will be asked again how you are", "you need not wait"),
        ("es", "Tu tratamiento terminó el", "te volveremos a preguntar cómo estás", "no hace falta que esperes"),
    ],
)
def test_after_a_course_the_page_says_that_it_ended_and_when_questions_come(
    client: Any, mailoutbox: list[Any], language: str, ended: str, asked: str, worse: str
) -> None:
    room, now = Room(), timezone.now()
    room.patient.language = language
    room.patient.save(update_fields=["language"])
    plan = Plan.objects.get(patient=room.patient)
    end_plan(room.prescriber, plan, reason="", because=EndReason.PERSONS_WISH, now=now)
    opened(client, room.patient, mailoutbox)
    text = client.get("/my/course/").content.decode()
    assert ended in text
    assert worse in text
    assert asked not in text, "without a dose nothing later is put down to ask"
    CheckIn.objects.create(
        clinic=room.clinic,
        patient=room.patient,
        instrument="phq9",
        label="Week 8 after",
        due_at=now + timedelta(days=9),
    )
    assert asked in client.get("/my/course/").content.decode()


@pytest.mark.parametrize(
    ("language", "every", "due", "worse", "safety"),
    [
        (
            "en",
            "one about every 14 days",
            "the next one is due around",
            "If it gets worse again",
            "open my safety plan",
        ),
        ("es", "una cada 14 días", "la próxima toca hacia el", "Si vuelves a empeorar", "abrir mi plan"),
    ],
)
def test_in_a_taper_the_page_says_the_decided_interval_and_no_rule_or_forecast(
    client: Any, mailoutbox: list[Any], language: str, every: str, due: str, worse: str, safety: str
) -> None:
    now = timezone.now()
    room = treated(until=now)
    room.patient.language = language
    room.patient.save(update_fields=["language"])
    opened(client, room.patient, mailoutbox)
    before = client.get("/my/course/").content.decode()
    assert every not in before
    assert worse not in before
    take_step(room.prescriber, plan_of(room), 14, now)
    text = client.get("/my/course/").content.decode()
    for words in (every, due, worse):
        assert words in text, words
    assert safety not in text, "nobody is sent to a plan that is not there"
    write_safety_plan(room.prescriber, room.patient, Draft({"trusted": "Ana, 600 111 222"}, True), now)
    assert safety in client.get("/my/course/").content.decode()
    scored(room, 15, now)
    held = client.get("/my/course/").content.decode()
    assert every in held, "a rule has spoken, and nobody has decided yet"
    assert "must not go on" not in held
    stop_taper(room.prescriber, plan_of(room), "Worse since the last step.", timezone.now())
    assert every not in client.get("/my/course/").content.decode()
