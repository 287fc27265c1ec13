"""Asking for answers: by itself, by day, the way the person chose, and never twice for one message."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from tests.builders import make_clinic, make_patient, make_viewer, sign_in

from euthymia.care.reminders import ReminderRule
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.measures import delivery, link_commands
from euthymia.clinic.measures.contact_commands import MOST_AT_ONCE, send_due, set_contact_rules
from euthymia.clinic.measures.models import AnswerSource, CheckIn, Message, Response
from euthymia.clinic.people.models import Channel, Patient
from euthymia.clinic.settings import settings as chosen_settings
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = ReminderRule(24, 2, time(21), time(8))


@pytest.fixture
def manager(clinic: Clinic) -> Viewer:
    return make_viewer(clinic, Role.MANAGER)


def asks(manager: Viewer, *, automatic: bool = True) -> None:
    set_contact_rules(manager, RULE, automatic=automatic, now=NOON - timedelta(days=30))


def due(patient: Patient, at: datetime = NOON, **fields: Any) -> CheckIn:
    asked = {"instrument": "phq9", "label": "24 h", "due_at": at}
    return CheckIn.objects.create(clinic_id=patient.clinic_id, patient=patient, **asked | fields)


def test_nothing_goes_out_by_itself_until_somebody_says_so(
    manager: Viewer, patient: Patient, mailoutbox: list[Any]
) -> None:
    due(patient)
    assert send_due(NOON) == "nothing to send"
    asks(manager, automatic=False)
    assert send_due(NOON) == "nothing to send"
    asks(manager)
    assert send_due(NOON) == f"{manager.clinic_name}: 1 sent"
    assert [mail.to for mail in mailoutbox] == [[patient.email]]


def test_one_check_in_is_asked_for_by_day_three_times_and_then_left_alone(
    manager: Viewer, patient: Patient, mailoutbox: list[Any]
) -> None:
    asks(manager)
    due(patient, NOON.replace(hour=22))
    sent_at = []
    for hour in range(24 * 9):
        before = len(mailoutbox)
        send_due(NOON + hour * HOUR)
        sent_at += [hour] * (len(mailoutbox) - before)
    # Due at 22:00, so the first goes out at 8 in the morning, and again after a day and after two.
    assert sent_at == [20, 44, 68]


def test_an_answer_ends_the_asking_and_a_second_due_one_waits_for_its_turn(
    client: Any, manager: Viewer, patient: Patient, mailoutbox: list[Any]
) -> None:
    asks(manager)
    first, second = due(patient, NOON - HOUR), due(patient, NOON, label="72 h")
    send_due(NOON)
    assert len(mailoutbox) == 1, "nobody gets two messages at one moment"
    CheckIn.objects.filter(pk=first.pk).update(answered_at=NOON)
    send_due(NOON + HOUR)
    assert list(Message.objects.values_list("check_in_id", flat=True)) == [first.pk, second.pk]


def test_who_does_not_want_to_be_asked_and_who_has_no_address_is_left_in_peace(
    manager: Viewer, clinic: Clinic, mailoutbox: list[Any]
) -> None:
    asks(manager)
    for fields in ({"channel": Channel.NONE}, {"email": ""}, {"channel": Channel.SMS, "phone": ""}):
        due(make_patient(clinic, **fields))
    reached = make_patient(clinic)
    due(reached)
    assert send_due(NOON).endswith(": 1 sent")
    assert [mail.to for mail in mailoutbox] == [[reached.email]]
    with pytest.raises(BadInput, match="only when here"):
        link_commands.send_check_in(manager, CheckIn.objects.first(), NOON)


def test_a_clinic_asks_for_its_own_people_in_their_language(manager: Viewer, mailoutbox: list[Any]) -> None:
    asks(manager)
    abroad = make_clinic()
    due(make_patient(abroad))
    mine = make_patient(Clinic.objects.get(pk=manager.clinic_id), language="es")
    due(mine)
    send_due(NOON)
    assert [mail.to for mail in mailoutbox] == [[mine.email]]
    assert "¿" in mailoutbox[0].subject


def test_a_round_ends_with_a_server_that_takes_nothing_and_the_next_one_tries_again(
    manager: Viewer, clinic: Clinic, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]
) -> None:
    asks(manager)
    for _ in range(3):
        due(make_patient(clinic))
    tried = []

    def refuses(*_: object, **__: object) -> int:
        tried.append(1)
        raise ConnectionRefusedError

    with monkeypatch.context() as broken:
        broken.setattr(delivery, "send_mail", refuses)
        assert "took no more" in send_due(NOON)
    assert len(tried) == 1
    assert Message.objects.get().failed == "ConnectionRefusedError: "
    assert send_due(NOON + timedelta(minutes=1)).endswith(": 3 sent")
    assert len(mailoutbox) == 3


class PowerCut(BaseException):
    """Ends the process where it stands."""


def test_a_machine_that_dies_while_a_message_leaves_never_sends_it_twice(
    manager: Viewer, patient: Patient, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]
) -> None:
    asks(manager)
    due(patient)

    def sends_and_dies(*_: object, **__: object) -> int:
        raise PowerCut

    with monkeypatch.context() as broken, pytest.raises(PowerCut):
        broken.setattr(delivery, "send_mail", sends_and_dies)
        send_due(NOON)
    row = Message.objects.get()
    assert (row.sent_at, row.failed) == (None, "")
    for minutes in (1, 10, 60):
        assert send_due(NOON + timedelta(minutes=minutes)) == "nothing to send"
    assert mailoutbox == []
    send_due(NOON + timedelta(days=1))
    assert len(mailoutbox) == 1, "the reminder of the next day goes out as agreed"


def test_the_most_that_go_out_in_one_round(manager: Viewer, clinic: Clinic, mailoutbox: list[Any]) -> None:
    asks(manager)
    for _ in range(MOST_AT_ONCE + 2):
        due(make_patient(clinic))
    send_due(NOON)
    assert len(mailoutbox) == MOST_AT_ONCE
    send_due(NOON + timedelta(minutes=1))
    assert len(mailoutbox) == MOST_AT_ONCE + 2


@dataclass
class Provider:
    """A small SMS provider: keeps what it was sent, and answers with `status`."""

    status: int = 200
    got: list[tuple[bytes, str]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    kept = Provider()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((body, self.headers["X-Euthymia-Signature"]))
            self.send_response(kept.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on the console."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told = replace(chosen_settings(), sms_url=f"http://127.0.0.1:{server.server_port}/", sms_secret="shared")
    monkeypatch.setattr(delivery, "settings", lambda: told)
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_text_message_goes_to_the_provider_signed_and_says_nothing_of_the_person(
    manager: Viewer, clinic: Clinic, provider: Provider
) -> None:
    patient = make_patient(clinic, channel=Channel.SMS, phone="+1 555 0100")
    link = link_commands.send_check_in(manager, due(patient), NOON)
    ((body, signature),) = provider.got
    assert signature == "sha256=" + hmac.new(b"shared", body, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert (told["id"], told["to"]) == (str(Message.objects.get().pk), "+1 555 0100")
    assert link in told["text"]
    for private in (patient.family_name, clinic.name, "PHQ", "ketamine", "depress"):
        assert private not in told["text"]


@pytest.mark.parametrize("status", [400, 401, 500, 503])
def test_a_provider_that_refuses_leaves_the_message_unsent(
    manager: Viewer, clinic: Clinic, provider: Provider, status: int
) -> None:
    provider.status = status
    check_in = due(make_patient(clinic, channel=Channel.SMS, phone="+1 555 0100"))
    with pytest.raises(BadInput) as refused:
        link_commands.send_check_in(manager, check_in, NOON)
    assert (refused.value.code, refused.value.path) == ("message_failed", "sms")
    check_in.refresh_from_db()
    assert check_in.sent_at is None


def test_without_a_provider_the_text_message_is_shown_on_the_console(
    manager: Viewer, clinic: Clinic, capsys: pytest.CaptureFixture[str]
) -> None:
    patient = make_patient(clinic, channel=Channel.SMS, phone="+1 555 0100")
    link = link_commands.send_check_in(manager, due(patient), NOON)
    assert capsys.readouterr().out.startswith("Text message to +1 555 0100: ")
    assert link.startswith("http")


def test_a_tablet_that_is_handed_over_is_signed_out_and_can_write_one_form(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    check_in = due(patient, datetime.now(UTC) - HOUR)
    sign_in(client, prescriber)
    opened = client.post(f"/check-ins/{check_in.id}/here/")
    assert "_auth_user_id" not in client.session
    path = opened["Location"].split("//", 1)[1].split("/", 1)[1]
    answers = {f"answer-{item}": "1" for item in range(1, 10)}
    thanks = client.post(f"/{path}", answers).content.decode()
    assert "give the tablet back" in thanks
    assert Response.objects.get().source == AnswerSource.CLINIC
    assert client.get(f"/people/{patient.id}/").status_code == 302, "nothing else opens without signing in"


def test_the_rule_is_set_by_whoever_runs_the_clinic_and_told_in_one_sentence(
    client: Any, manager: Viewer, patient: Patient
) -> None:
    sign_in(client, manager)
    assert "nothing goes out by itself" in client.get("/contact-rules/").content.decode()
    typed = {"automatic": "yes", "again_after_h": "48", "reminders": "1", "quiet_from": "20:30", "quiet_until": "09:00"}
    assert client.post("/contact-rules/", typed | {"reminders": "9"}).status_code == 422
    assert client.post("/contact-rules/", typed | {"again_after_h": "1,5"}).status_code == 422
    assert client.post("/contact-rules/", typed).status_code == 302
    due(patient, datetime.now(UTC) - HOUR)
    text = client.get("/contact-rules/").content.decode()
    assert "again after 2 days, at most once" in text
    assert "never from 20:30 until 09:00" in text
    assert "0 of 1" in text


def test_a_person_without_the_address_their_way_needs_is_refused_on_the_form(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    sign_in(client, prescriber)
    typed = {"email": "", "phone": "", "channel": "email", "language": "en"}
    address = f"/people/{patient.id}/contact/"
    for channel, word in (("email", "an e-mail address"), ("sms", "a telephone number")):
        page = client.post(address, typed | {"channel": channel})
        assert page.status_code == 422
        assert f"This needs {word}" in page.content.decode()
    assert client.post(address, typed | {"channel": "none"}).status_code == 302
    patient.refresh_from_db()
    assert patient.channel == Channel.NONE


def test_the_list_of_check_ins_says_what_went_out_and_what_will(
    client: Any, manager: Viewer, prescriber: Viewer, patient: Patient
) -> None:
    now = datetime.now(UTC)
    set_contact_rules(manager, ReminderRule(24, 2, time(0), time(0)), automatic=True, now=now)
    check_in = due(patient, now - HOUR)
    link_commands.send_check_in(prescriber, check_in, now)
    Message.objects.create(
        clinic_id=patient.clinic_id, check_in=check_in, way="email", begun_at=now, by="x", failed="ConnectionError"
    )
    Message.objects.create(clinic_id=patient.clinic_id, check_in=check_in, way="email", begun_at=now, by="x")
    text = sign_in(client, prescriber).get(f"/people/{patient.id}/check-ins/").content.decode()
    assert "1 sent, 1 failed, 1 perhaps sent, the next one" in text
    assert "This person is asked: by e-mail." in text
