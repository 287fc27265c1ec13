"""Who is looking is remembered for a moment: whoever was signed out or lost a right is refused all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client
from tests.builders import make_clinic, make_viewer, sign_in

from euthymia.clinic.accounts import remembered
from euthymia.clinic.accounts.models import Clinic, Membership, User
from euthymia.clinic.accounts.remembered import REMEMBERED, REMEMBERED_FOR_S, Remembered
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.monitors import views

pytestmark = pytest.mark.django_db
ASKED = "/monitors/now/"
OK, SIGN_IN, FORBIDDEN = 200, 302, 403


class Forward:
    """A clock that moves only when the test says so."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def forward(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forward]:
    clock = Forward()
    monkeypatch.setattr(remembered, "monotonic", clock)
    monkeypatch.setattr(remembered, "REMEMBERED_FOR_S", REMEMBERED_FOR_S)
    REMEMBERED.forget()
    yield clock
    REMEMBERED.forget()


@pytest.fixture
def nurse(clinic: Clinic) -> Viewer:
    return make_viewer(clinic, Role.NURSE)


@pytest.fixture
def browser(client: Client, nurse: Viewer, forward: Forward) -> Client:
    sign_in(client, nurse)
    assert client.get(ASKED).status_code == OK
    return client


def elsewhere(statement: str, *values: object) -> None:
    """What another process writes: no signal is heard of it here."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_who_asks_again_within_the_moment_costs_no_question(
    browser: Client, django_assert_num_queries: Callable[[int], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the page shows is shared for a moment of its own, which must not end between two looks.
    monkeypatch.setattr(views, "SHARED_S", 1e9)
    browser.get(ASKED)
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        assert browser.get(ASKED).status_code == OK


def test_signed_out_is_out_at_once(browser: Client) -> None:
    stolen = browser.cookies["sessionid"].value
    browser.post("/accounts/logout/")
    browser.cookies["sessionid"] = stolen
    assert browser.get(ASKED).status_code == SIGN_IN


def test_a_session_that_was_taken_away_is_refused_at_once(browser: Client) -> None:
    Session.objects.all().delete()
    assert browser.get(ASKED).status_code == SIGN_IN


def test_another_password_ends_the_session_at_once(browser: Client, nurse: Viewer) -> None:
    user = User.objects.get(pk=nurse.user_id)
    user.set_password("another long enough sentence")
    user.save()
    assert browser.get(ASKED).status_code == SIGN_IN


def test_an_account_that_was_closed_is_refused_at_once(browser: Client, nurse: Viewer) -> None:
    user = User.objects.get(pk=nurse.user_id)
    user.is_active = False
    user.save()
    assert browser.get(ASKED).status_code == SIGN_IN


def test_another_role_counts_at_once_and_no_role_shuts_the_door(browser: Client, nurse: Viewer) -> None:
    membership = Membership.objects.get(user_id=nurse.user_id)
    membership.role = Role.RESEARCHER
    membership.save()
    assert browser.get(ASKED).status_code == FORBIDDEN
    membership.delete()
    assert browser.get(ASKED).status_code == SIGN_IN


def test_another_clinic_is_worked_in_at_once(browser: Client, nurse: Viewer) -> None:
    other = make_clinic()
    Membership.objects.create(user_id=nurse.user_id, clinic=other, role=Role.NURSE)
    browser.get(ASKED)
    browser.post(f"/clinic/{other.pk}/")
    assert browser.get(ASKED).wsgi_request.viewer.clinic_id == other.pk


@pytest.mark.parametrize(
    ("statement", "status"),
    [
        ("DELETE FROM django_session", SIGN_IN),
        ("UPDATE accounts_membership SET role = 'researcher'", FORBIDDEN),
        ("UPDATE accounts_user SET is_active = NOT is_active", SIGN_IN),
    ],
    ids=["session", "role", "account"],
)
def test_what_another_process_took_away_ends_with_the_moment(
    browser: Client, forward: Forward, statement: str, status: int
) -> None:
    elsewhere(statement)
    forward.now_s += REMEMBERED_FOR_S
    assert browser.get(ASKED).status_code == status


def test_who_is_not_signed_in_is_asked_each_time(client: Client, nurse: Viewer, forward: Forward) -> None:
    assert client.get(ASKED).status_code == SIGN_IN
    assert sign_in(client, nurse).get(ASKED).status_code == OK


def test_what_was_read_before_it_was_taken_away_is_not_remembered_after(nurse: Viewer, forward: Forward) -> None:
    kept = Remembered()

    def read_and_then_taken_away() -> Viewer:
        kept.forget()
        return nurse

    assert kept.viewer("key", read_and_then_taken_away) is nurse
    assert kept.viewer("key", lambda: None) is None


@pytest.mark.django_db(transaction=True)
def test_what_was_read_while_it_was_being_taken_away_is_forgotten_with_the_commit(
    client: Client, nurse: Viewer, forward: Forward
) -> None:
    key = str(sign_in(client, nurse).session.session_key)
    with transaction.atomic():
        Session.objects.all().delete()
        # Another thread still reads what is not committed.
        assert REMEMBERED.viewer(key, lambda: nurse) is nurse
        assert REMEMBERED.viewer(key, lambda: None) is nurse
    assert REMEMBERED.viewer(key, lambda: None) is None


def test_so_many_are_remembered_and_no_more(nurse: Viewer, forward: Forward, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_REMEMBERED", 2)
    kept = Remembered()
    for key in ("a", "b", "c"):
        kept.viewer(key, lambda: nurse)
    assert len(kept._viewers) == 1
