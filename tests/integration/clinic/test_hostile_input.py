"""What no form of ours sends: refused with a clear answer, never a fault of the server, and never in the log."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from tests.builders import make_clinic, make_patient, make_viewer, sign_in

from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.middleware import LARGEST_BODY_BYTES
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.measures.link_commands import hash_of
from euthymia.clinic.measures.models import CheckIn, Response
from euthymia.clinic.settings.logs import JsonFormatter

pytestmark = pytest.mark.django_db
TOKEN = "a-token-nobody-else-has"
HUGE = "9" * 5000


@pytest.fixture
def link() -> str:
    clinic, now = make_clinic(), timezone.now()
    make_viewer(clinic)
    CheckIn.objects.create(
        clinic=clinic,
        patient=make_patient(clinic),
        instrument="phq9",
        label="24 h",
        due_at=now,
        token_hash=hash_of(TOKEN),
        sent_at=now,
        expires_at=now + timedelta(days=1),
    )
    return f"/c/{TOKEN}/"


@pytest.fixture
def lead(client: Any) -> Any:
    return sign_in(client, make_viewer(make_clinic(), Role.MEDICAL_LEAD))


@pytest.mark.parametrize("text", ["--3", HUGE, "-", "1.5", "1e1", "\u00b2", "99", "-1"])
def test_an_answer_that_is_no_answer_is_refused_and_the_link_stays(client: Any, link: str, text: str) -> None:
    answers = {f"answer-{item.id}": "1" for item in load_instrument("phq9").items}
    refused = client.post(link, answers | {"answer-1": text})
    assert refused.status_code == 400
    assert len(refused.content) < 20_000
    assert not Response.objects.exists()
    assert CheckIn.objects.get().answered_at is None


def test_a_refused_form_leaves_no_token_in_the_log(link: str, caplog: pytest.LogCaptureFixture) -> None:
    strict = Client(enforce_csrf_checks=True)
    with caplog.at_level(logging.DEBUG):
        assert strict.post(link, {"answer-1": "1"}).status_code == 403
        assert strict.get(f"{link}nothing-here/").status_code == 404
    assert [record.name for record in caplog.records if record.name == "euthymia.request"]
    assert not any(TOKEN in JsonFormatter().format(record) for record in caplog.records)


@pytest.mark.parametrize(
    ("address", "sent"),
    [
        ("/people/", {"search": "a\x00b"}),
        ("/fhir/Patient", {"_count": HUGE}),
        ("/fhir/Patient", {"_offset": "9" * 25}),
        ("/learn/", {"country": "\x00"}),
    ],
)
def test_a_question_nobody_can_mean_is_refused(lead: Any, address: str, sent: dict[str, str]) -> None:
    assert lead.get(address, sent).status_code == 400


@pytest.mark.parametrize("sent", [{"replicates": HUGE}, {"replicates": "2", "seed": "9" * 25}])
def test_a_trial_of_an_absurd_size_is_refused(lead: Any, sent: dict[str, str]) -> None:
    assert lead.post("/evidence/trials/start/", {"design": "murrough2013_midazolam"} | sent).status_code == 422


def test_a_number_no_row_has_is_not_found(lead: Any) -> None:
    for address in (f"/people/import/{HUGE[:30]}/", f"/clinic/{HUGE[:30]}/", f"/demo/enter/{HUGE[:30]}/"):
        assert lead.post(address).status_code in {404, 405}
        assert lead.get(address).status_code in {404, 405}


def test_a_body_larger_than_any_form_is_refused_before_it_is_read(client: Any) -> None:
    class Unread:
        def read(self, *sizes: int) -> bytes:
            pytest.fail("the body was read")

        readline = read

    body = {"CONTENT_LENGTH": str(LARGEST_BODY_BYTES + 1), "CONTENT_TYPE": "multipart/form-data; boundary=x"}
    refused = client.generic("POST", "/people/import/", **body | {"wsgi.input": Unread()})
    assert refused.status_code == 413
    assert refused.json()["error"] == "too_large"
    middleware = list(django_settings.MIDDLEWARE)
    assert middleware[1].endswith("BodyLimitMiddleware")


def test_a_time_before_anybodys_birth_is_refused_with_or_without_a_birth_date(client: Any) -> None:
    clinic = make_clinic()
    sign_in(client, make_viewer(clinic, Role.PRESCRIBER))
    for patient in (make_patient(clinic), make_patient(clinic, birth_date=None)):
        weight = {"code": "29463-7", "value": "70", "unit": "kg", "at": "0001-01-01T00:00"}
        assert client.post(f"/people/{patient.id}/record/add/", weight).status_code == 422
        note = {"kind": "preparation", "text": "Met for the first time.", "at": "0001-01-01T00:00"}
        assert client.post(f"/people/{patient.id}/therapy/", note).status_code == 422
    ancient = {"given_name": "Ada", "family_name": "Sample", "birth_date": "1084-05-17", "sex": "female"}
    assert "Check the year" in client.post("/people/new/", ancient).content.decode()


def test_a_row_that_is_not_there_is_no_fault_in_the_log(lead: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert lead.get(f"/people/{make_patient(make_clinic()).id}/record/").status_code == 404
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
