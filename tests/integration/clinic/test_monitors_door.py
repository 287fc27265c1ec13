"""The monitors' own door: shorter, and not one guard less."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.db import OperationalError, close_old_connections
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory, override_settings
from django.urls import path
from tests.builders import make_clinic, make_viewer
from tests.integration.clinic.monitor_bed import Bed, Clock

from euthymia.clinic.accounts.middleware import LARGEST_BODY_BYTES
from euthymia.clinic.accounts.policies import RUN_SESSIONS, requires
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.monitors import device_views
from euthymia.clinic.monitors.door import Doors, MonitorHandler
from euthymia.clinic.monitors.models import UnpackedSample

pytestmark = pytest.mark.django_db
FEED = "/monitors/samples"


class Answer:
    """What came through the doors, by whichever of them."""

    def __init__(self, environ: dict[str, Any]) -> None:
        self.status, self.headers = "", {}
        self.asked_pages = False
        self.pieces = Doors(self._pages)(environ, self._start)
        self.body = b"".join(self.pieces)

    def _start(self, status: str, headers: Iterable[tuple[str, str]]) -> None:
        self.status, self.headers = status[:3], dict(headers)

    def _pages(self, environ: dict[str, Any], start_response: Any) -> HttpResponse:
        self.asked_pages = True
        start_response("200 OK", [])
        return HttpResponse("a page")

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def sent(bed: Bed, **named: Any) -> dict[str, Any]:
    """What a server makes of a beat."""
    row = {"sequence": 1, "at": bed.clock.at.isoformat(), "spo2_pct": 98}
    body = named.pop("body", json.dumps({"samples": [row]}))
    headers = {"authorization": f"Bearer {named.pop('token', bed.token)}"}
    address = named.pop("address", FEED)
    made = RequestFactory().post(address, body, content_type="application/json", headers=headers, **named)
    environ: dict[str, Any] = made.environ
    return environ


@pytest.fixture(autouse=True)
def _within_the_tests_transaction() -> Iterator[None]:
    """As Django's own test client does: a request does not take the test's connection away."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def bed(clock: Clock) -> Bed:
    return Bed(clock)


def test_a_beat_is_kept_and_acknowledged_in_one_piece(bed: Bed) -> None:
    answer = Answer(sent(bed))
    assert (answer.status, answer.json["acknowledged"]) == ("200", [1])
    assert isinstance(answer.pieces, list)
    assert not answer.asked_pages
    assert UnpackedSample.objects.get().sequence == 1
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_both_doors_say_the_same_of_the_same_beat(bed: Bed) -> None:
    first = Answer(sent(bed))
    assert bed.post(FEED, json.loads(sent(bed)["wsgi.input"].read())).json() == first.json


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"token": "nobody's"}, "401"),
        ({"body": "{"}, "400"),
        ({"CONTENT_LENGTH": str(LARGEST_BODY_BYTES + 1)}, "413"),
        ({"REQUEST_METHOD": "GET"}, "405"),
        ({"address": "/monitors/fhir/Observation", "body": "{}"}, "400"),
        ({"address": "/monitors/fhir", "body": "{}"}, "400"),
        ({"HTTP_HOST": "elsewhere.example"}, "400"),
    ],
)
def test_what_is_refused_is_refused_at_this_door_too(bed: Bed, asked: dict[str, Any], status: str) -> None:
    answer = Answer(sent(bed, **asked))
    assert (answer.status, answer.asked_pages) == (status, False)
    assert not UnpackedSample.objects.exists()


def test_everybody_else_comes_through_the_other_door(bed: Bed) -> None:
    for address in ("/board/", "/monitors/", "/monitors/now/", "/monitors/samples/", "/monitors/fhir/Patient"):
        assert Answer(sent(bed, address=address)).asked_pages, address


@requires(RUN_SESSIONS)
def for_staff(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a person's data")


def without_policy(request: HttpRequest) -> HttpResponse:
    return HttpResponse("a person's data")


def breaks(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the words of somebody")


requires(device_views.MONITOR_TOKEN)(breaks)
urlpatterns = [
    path("monitors/samples", for_staff, name="monitor-samples"),
    path("monitors/fhir/Observation", without_policy, name="monitor-observation"),
    path("monitors/fhir", breaks, name="monitor-observations"),
]


@override_settings(ROOT_URLCONF=__name__)
def test_the_policy_is_asked_and_a_cookie_makes_nobody_a_member_of_staff(bed: Bed) -> None:
    make_viewer(make_clinic(), Role.NURSE)
    assert Answer(sent(bed)).status == "401"
    forgotten = Answer(sent(bed, address="/monitors/fhir/Observation", HTTP_ACCEPT="application/json"))
    assert (forgotten.status, b"data" in forgotten.body) == ("403", False)


@override_settings(ROOT_URLCONF=__name__, DEBUG=False)
def test_a_fault_is_answered_500_and_the_log_says_where_and_not_what(
    bed: Bed, caplog: pytest.LogCaptureFixture
) -> None:
    answer = Answer(sent(bed, address="/monitors/fhir", HTTP_ACCEPT="application/json"))
    assert answer.status == "500"
    failed = [line for line in caplog.records if line.name == "euthymia.request" and line.message == "failed"]
    assert [line.route for line in failed] == ["monitors/fhir"]
    assert "words of somebody" not in " ".join(str(vars(line)) for line in failed)


def test_a_full_disk_is_said_in_words(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(_: Any) -> Any:
        cause = sqlite3.OperationalError("database or disk is full")
        cause.sqlite_errorname = "SQLITE_FULL"  # type: ignore[misc]
        raise OperationalError("full") from cause

    monkeypatch.setattr(device_views, "take_batch", no_room)
    answer = Answer(sent(bed))
    assert (answer.status, answer.json["error"]) == ("507", "no_room")


def test_what_is_streamed_stays_a_stream(bed: Bed) -> None:
    stream = StreamingHttpResponse(iter(["one", "two"]))
    given = Doors(lambda environ, start_response: stream)(sent(bed, address="/alarms/live/"), lambda *_: None)
    assert given is stream


def test_what_is_whole_is_closed_before_it_is_sent(bed: Bed) -> None:
    """A request that is not closed keeps its database connection."""
    page = HttpResponse("a page")
    assert Doors(lambda environ, start_response: page)(sent(bed, address="/board/"), lambda *_: None) == [b"a page"]
    assert page.closed


def test_the_door_leaves_out_only_what_looks_after_browsers() -> None:
    from django.conf import settings

    from euthymia.clinic.monitors.door import STAGES

    looks_after_browsers = {
        "whitenoise.middleware.WhiteNoiseMiddleware",
        "csp.middleware.CSPMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
        "django_htmx.middleware.HtmxMiddleware",
        "allauth.account.middleware.AccountMiddleware",
        "euthymia.clinic.accounts.middleware.ViewerMiddleware",
    }
    kept = [stage for stage in settings.MIDDLEWARE if stage not in looks_after_browsers]
    assert kept == [stage for stage in STAGES if not stage.endswith("NobodyMiddleware")]
    assert len(MonitorHandler().addresses) == 3
