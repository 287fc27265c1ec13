"""Check-ins by link, questionnaires in the clinic, and risk signals that always have an owner."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in
from tests.session_room import Room

from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.models import Clinic, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.measures import commands, delivery, link_commands
from euthymia.clinic.measures.commands import Filled
from euthymia.clinic.measures.models import AnswerSource, CheckIn, Message, Response, RiskSignal
from euthymia.clinic.people.models import Patient
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
CRISIS = "crisis-title"


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic(country="GB")


def phq9(value: int = 1, **changes: int | None) -> dict[str, int | None]:
    items: dict[str, int | None] = {str(item): value for item in range(1, 9)} | {"9": 0}
    return items | {name.removeprefix("item"): given for name, given in changes.items()}


def typed(answers: dict[str, int | None]) -> dict[str, str]:
    return {f"answer-{item}": str(value) for item, value in answers.items() if value is not None}


def filled(answers: dict[str, int | None], **fields: Any) -> Filled:
    return Filled(**{"instrument_id": "phq9", "answers": answers, "source": AnswerSource.CLINIC, "at": NOW} | fields)


def due_check_in(patient: Patient, **fields: Any) -> CheckIn:
    asked = {"instrument": "phq9", "label": "24 h", "due_at": timezone.now() - timedelta(hours=1)}
    return CheckIn.objects.create(clinic_id=patient.clinic_id, patient=patient, **asked | fields)


def link_to(viewer: Viewer, check_in: CheckIn) -> str:
    """Send the check-in and give the path of its link."""
    return re.sub(r"^https?://[^/]+", "", link_commands.send_check_in(viewer, check_in, timezone.now()))


def test_a_link_needs_no_account_and_brings_its_answers(client: Any, prescriber: Viewer, patient: Patient) -> None:
    check_in = due_check_in(patient)
    link = link_to(prescriber, check_in)
    assert "How are you since your visit?" in client.get(link).content.decode()
    page = client.post(link, typed(phq9(2)))
    assert page.status_code == 200
    assert "Your answers have arrived" in page.content.decode()
    row = Response.objects.get()
    assert (row.total, row.source, row.check_in_id, row.by_id) == (16, "link", check_in.id, None)
    assert AuditEntry.objects.filter(action="create", subject="response", actor_id=None).count() == 1
    assert not RiskSignal.objects.exists()


def test_the_link_is_mailed_in_the_persons_language_and_only_its_hash_is_kept(
    prescriber: Viewer, patient: Patient, mailoutbox: list[Any]
) -> None:
    patient.language = "es"
    patient.save()
    check_in = due_check_in(patient)
    link = link_commands.send_check_in(prescriber, check_in, NOW)
    token = link.rstrip("/").split("/")[-1]
    assert link in mailoutbox[0].body
    assert mailoutbox[0].to == [patient.email]
    assert mailoutbox[0].subject != "How are you since your visit?"
    check_in.refresh_from_db()
    assert token not in check_in.token_hash
    assert patient.family_name not in mailoutbox[0].body


def test_opening_a_link_changes_nothing(client: Any, prescriber: Viewer, patient: Patient) -> None:
    link = link_to(prescriber, due_check_in(patient))
    before = AuditEntry.objects.count()
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert client.head(link).status_code == 200
    assert AuditEntry.objects.count() == before
    assert CheckIn.objects.get().answered_at is None


def test_a_link_works_once(client: Any, prescriber: Viewer, patient: Patient) -> None:
    link = link_to(prescriber, due_check_in(patient))
    client.post(link, typed(phq9(2)))
    for again in (client.post(link, typed(phq9(0))), client.get(link)):
        assert again.status_code == 410
        assert "answered already" in again.content.decode()
    assert Response.objects.get().total == 16


def test_an_expired_link_says_so(client: Any, prescriber: Viewer, patient: Patient) -> None:
    check_in = due_check_in(patient)
    link = link_to(prescriber, check_in)
    CheckIn.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    page = client.post(link, typed(phq9(2)))
    assert page.status_code == 410
    assert "has expired" in page.content.decode()
    assert not Response.objects.exists()


def test_an_unknown_link_and_one_replaced_by_a_newer_one_open_nothing(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    assert client.get("/c/made-up-token/").status_code == 410
    check_in = due_check_in(patient)
    first = link_to(prescriber, check_in)
    Message.objects.update(begun_at=timezone.now() - timedelta(hours=2))
    check_in.refresh_from_db()
    second = link_to(prescriber, check_in)
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def test_a_link_writes_only_for_its_own_person_whoever_is_signed_in(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    """A link of another clinic, opened in a browser where this clinic's staff is signed in."""
    abroad = make_clinic()
    foreign = make_patient(abroad)
    link = link_to(make_viewer(abroad, Role.NURSE), due_check_in(foreign))
    sign_in(client, prescriber)
    assert client.post(link, typed(phq9(1))).status_code == 200
    row = Response.objects.get()
    assert (row.patient, row.clinic_id, row.by_id) == (foreign, abroad.pk, None)


def test_a_check_in_of_another_clinic_cannot_be_sent(client: Any, prescriber: Viewer, mailoutbox: list[Any]) -> None:
    foreign = due_check_in(make_patient(make_clinic()))
    assert sign_in(client, prescriber).post(f"/check-ins/{foreign.id}/send/").status_code == 404
    assert mailoutbox == []


def test_a_double_click_sends_one_mail(
    client: Any, prescriber: Viewer, patient: Patient, mailoutbox: list[Any]
) -> None:
    check_in = due_check_in(patient)
    sign_in(client, prescriber)
    for _ in range(2):
        assert client.post(f"/check-ins/{check_in.id}/send/").status_code == 302
    assert len(mailoutbox) == 1


def test_a_check_in_without_an_address_or_already_answered_is_not_sent(
    prescriber: Viewer, clinic: Clinic, mailoutbox: list[Any]
) -> None:
    nobody = due_check_in(make_patient(clinic, email=""))
    with pytest.raises(BadInput, match="no e-mail address"):
        link_commands.send_check_in(prescriber, nobody, NOW)
    answered = due_check_in(make_patient(clinic), answered_at=NOW)
    with pytest.raises(BadInput, match="answered already"):
        link_commands.send_check_in(prescriber, answered, NOW)
    assert mailoutbox == []


def test_a_missing_answer_keeps_the_link_and_what_was_answered(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    link = link_to(prescriber, due_check_in(patient))
    page = client.post(link, typed(phq9(1, item5=None)))
    assert page.status_code == 422
    assert page.content.decode().count(" checked>") == 8
    assert not Response.objects.exists()
    assert client.post(link, typed(phq9(1))).status_code == 200


@pytest.mark.parametrize("answer", ["4", "-1", "two"])
def test_an_answer_out_of_range_is_refused_and_nothing_is_kept(
    client: Any, prescriber: Viewer, patient: Patient, answer: str
) -> None:
    link = link_to(prescriber, due_check_in(patient))
    page = client.post(link, typed(phq9(1)) | {"answer-2": answer})
    assert page.status_code == 400
    assert not Response.objects.exists()
    assert CheckIn.objects.get().answered_at is None


def test_item_nine_by_link_leads_to_help_first_and_to_a_named_owner(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    text = client.post(link_to(prescriber, due_check_in(patient)), typed(phq9(1, item9=1))).content.decode()
    assert text.index(CRISIS) < text.index("<h1")
    assert "Samaritans" in text, "the lines are those of the clinic's country"
    signal = RiskSignal.objects.get()
    assert signal.owner_id == prescriber.user_id
    assert signal.response == Response.objects.get()
    assert AuditEntry.objects.filter(subject="risk_signal", patient_id=patient.id).exists()


def test_item_nine_on_an_unfinished_form_has_an_owner_at_once_and_only_one(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    link = link_to(prescriber, due_check_in(patient))
    page = client.post(link, typed(phq9(1, item3=None, item9=2)))
    text = page.content.decode()
    assert page.status_code == 422
    assert text.index(CRISIS) < text.index("<h1")
    signal = RiskSignal.objects.get()
    assert (signal.owner_id, signal.response) == (prescriber.user_id, None)
    client.post(link, typed(phq9(1, item3=None, item9=2)))
    client.post(link, typed(phq9(1, item9=2)))
    signal = RiskSignal.objects.get()
    assert signal.response == Response.objects.get()


def test_a_risk_signal_is_never_without_an_owner(clinic: Clinic, patient: Patient) -> None:
    manager = make_viewer(clinic, Role.MANAGER)
    with pytest.raises(BadInput, match="nobody who could own"):
        commands.record_response(manager, patient, filled(phq9(1, item9=3)), now=NOW)
    assert Response.objects.count() == RiskSignal.objects.count() == AuditEntry.objects.count() == 0


def test_a_questionnaire_in_the_clinic_is_recorded_once(client: Any, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    for _ in range(2):
        page = client.post(f"/people/{patient.id}/measure/phq9/", typed(phq9(2)))
        assert page.status_code == 302
    row = Response.objects.get()
    assert (row.total, row.band, row.by_id, row.source) == (16, "moderately_severe", prescriber.user_id, "clinic")


def test_item_nine_in_the_clinic_leads_to_the_signal(client: Any, prescriber: Viewer, patient: Patient) -> None:
    page = sign_in(client, prescriber).post(f"/people/{patient.id}/measure/phq9/", typed(phq9(1, item9=3)), follow=True)
    text = page.content.decode()
    assert "A sign of suicidal thoughts" in text
    assert CRISIS in text
    assert prescriber.name in text


def test_an_incomplete_form_is_kept_only_when_asked_and_without_a_total(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    sign_in(client, prescriber)
    part = typed(phq9(2, item4=None))
    assert client.post(f"/people/{patient.id}/measure/phq9/", part).status_code == 422
    assert not Response.objects.exists()
    assert client.post(f"/people/{patient.id}/measure/phq9/", part | {"keep_incomplete": "1"}).status_code == 302
    row = Response.objects.get()
    assert (row.total, row.missing) == (None, ["4"])


def test_an_unanswered_item_nine_is_somebodys_to_ask(prescriber: Viewer, patient: Patient) -> None:
    commands.record_response(prescriber, patient, filled(phq9(1, item9=None)), now=NOW)
    assert "not answered" in RiskSignal.objects.get().trigger


def test_an_answer_from_the_future_or_out_of_range_is_refused_whole(prescriber: Viewer, patient: Patient) -> None:
    for wrong in (filled(phq9(1), at=NOW + timedelta(minutes=1)), filled(phq9(7)), filled(phq9(1) | {"99": 1})):
        with pytest.raises(BadInput):
            commands.record_response(prescriber, patient, wrong, now=NOW)
    assert Response.objects.count() == AuditEntry.objects.count() == 0


def test_an_unknown_questionnaire_is_404_and_leaves_no_trace(client: Any, prescriber: Viewer, patient: Patient) -> None:
    assert sign_in(client, prescriber).get(f"/people/{patient.id}/measure/{'x' * 90}/").status_code == 404
    assert AuditEntry.objects.count() == 0


def test_a_coordinator_sends_links_but_does_not_rate(client: Any, clinic: Clinic, patient: Patient) -> None:
    sign_in(client, make_viewer(clinic, Role.COORDINATOR))
    assert client.get(f"/people/{patient.id}/check-ins/").status_code == 200
    assert client.post(f"/people/{patient.id}/measure/phq9/", typed(phq9())).status_code == 403


def test_a_signal_is_seen_and_closed_once_with_what_was_done(client: Any, prescriber: Viewer, patient: Patient) -> None:
    commands.record_response(prescriber, patient, filled(phq9(1, item9=2)), now=NOW)
    signal = RiskSignal.objects.get()
    address = f"/risk/{signal.id}/"
    sign_in(client, prescriber)
    assert client.post(address, {}).status_code == 302
    empty = client.post(address, {"done": "1", "action_taken": "ok"})
    assert empty.status_code == 422
    assert "Write what was done" in empty.content.decode()
    done = {"done": "1", "action_taken": "Spoke with her, safety plan agreed, call tomorrow."}
    assert client.post(address, done).status_code == 302
    again = client.post(address, done)
    assert again.status_code == 422
    assert "closed this already" in again.content.decode()
    signal.refresh_from_db()
    assert signal.closed_by_id == prescriber.user_id
    assert signal.seen_at is not None


def test_a_signal_of_another_clinic_does_not_exist_here(client: Any, prescriber: Viewer) -> None:
    abroad = make_clinic()
    other = make_viewer(abroad, Role.PRESCRIBER)
    commands.record_response(other, make_patient(abroad), filled(phq9(1, item9=2)), now=NOW)
    signal = RiskSignal.objects.get()
    sign_in(client, prescriber)
    assert client.get(f"/risk/{signal.id}/").status_code == 404
    assert client.post(f"/risk/{signal.id}/", {"done": "1", "action_taken": "long enough text"}).status_code == 404
    signal.refresh_from_db()
    assert signal.closed_at is None


def test_a_dose_brings_its_check_ins_once() -> None:
    room = Room()
    session = room.dosing()
    first = commands.schedule_check_ins(room.nurse, session, NOW)
    again = commands.schedule_check_ins(room.nurse, session, NOW)
    rows = CheckIn.objects.filter(session=session)
    assert again == []
    assert len(first) <= rows.count()
    assert rows.filter(due_at=session.dose_started_at + timedelta(hours=24)).exists()


def test_a_visit_without_a_dose_has_no_check_ins() -> None:
    room = Room()
    with pytest.raises(BadInput, match="has none"):
        commands.schedule_check_ins(room.nurse, room.session(), NOW)


def test_a_mail_server_that_refuses_leaves_the_check_in_unsent_and_says_so(
    client: Any, prescriber: Viewer, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object, **__: object) -> int:
        raise ConnectionRefusedError

    monkeypatch.setattr(delivery, "send_mail", refuses)
    check_in = due_check_in(patient)
    page = sign_in(client, prescriber).post(f"/check-ins/{check_in.id}/send/", follow=True)
    assert "The message was not taken by the server that sends it" in page.content.decode()
    check_in.refresh_from_db()
    assert check_in.sent_at is None


def test_a_forecast_that_breaks_costs_neither_the_answer_nor_its_risk_signal(
    prescriber: Viewer, patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*arguments: Any) -> None:
        raise ArithmeticError

    monkeypatch.setattr(commands, "refresh_forecast", broken)
    answers = {item.id: 1 for item in load_instrument("phq9").items}
    filled = Filled("phq9", answers, AnswerSource.CLINIC, NOW)
    response = commands.record_response(prescriber, patient, filled, now=NOW)
    assert Response.objects.get().total == response.total
    assert RiskSignal.objects.get().owner_id == prescriber.user_id


def test_a_risk_signal_never_belongs_to_somebody_who_left(clinic: Clinic, prescriber: Viewer, patient: Patient) -> None:
    User.objects.filter(pk=prescriber.user_id).update(is_active=False)
    here = make_viewer(clinic, Role.NURSE)
    answers = {item.id: 1 for item in load_instrument("phq9").items}
    commands.record_response(here, patient, Filled("phq9", answers, AnswerSource.CLINIC, NOW), now=NOW)
    assert RiskSignal.objects.get().owner_id == here.user_id
