"""Who may come in, which clinic they work in, and the demonstration's doors."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in

from euthymia.care.protocols.load import load_protocol
from euthymia.clinic.accounts import commands as account_commands
from euthymia.clinic.accounts import context, views
from euthymia.clinic.accounts.models import Clinic, Membership, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.assessments import commands as assessments
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.demo.build import build_demo
from euthymia.clinic.evidence.commands import build_cohort
from euthymia.clinic.people.commands import change_contact
from euthymia.clinic.settings import settings
from euthymia.clinic.therapy.commands import write_note
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
PASSWORD = "a long enough sentence"


@pytest.fixture
def demonstration(monkeypatch: pytest.MonkeyPatch) -> None:
    as_demo = replace(settings(), demo=True)
    for module in (account_commands, context, views):
        monkeypatch.setattr(module, "settings", lambda: as_demo)


def test_signing_in_with_a_password_and_out_again(client: Any) -> None:
    viewer = make_viewer(make_clinic(), Role.PRESCRIBER)
    user = User.objects.get(pk=viewer.user_id)
    user.set_password(PASSWORD)
    user.save()
    page = client.get("/accounts/login/")
    assert page.status_code == 200
    assert "euthymia.css" in page.content.decode()
    assert "<script>" not in page.content.decode()
    wrong = client.post("/accounts/login/", {"login": user.username, "password": "wrong"})
    assert "There is a problem" in wrong.content.decode()
    right = client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    assert (right.status_code, right["Location"]) == (302, "/today/")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.actor_id) == ("sign_in", "account", viewer.user_id)
    assert client.get("/today/").status_code == 200
    assert "Sign out" in client.get("/accounts/logout/").content.decode()
    client.post("/accounts/logout/")
    assert client.get("/today/").status_code == 302


@pytest.mark.parametrize(
    "address",
    [
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/reauthenticate/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/webauthn/",
    ],
)
def test_the_pages_around_signing_in_wear_our_look(client: Any, address: str) -> None:
    viewer = make_viewer(make_clinic())
    user = User.objects.get(pk=viewer.user_id)
    user.set_password(PASSWORD)
    user.save()
    client.post("/accounts/login/", {"login": user.username, "password": PASSWORD})
    answer = client.get(address, follow=True)
    text = answer.content.decode()
    assert answer.status_code in {200, 403}
    assert "euthymia.css" in text
    assert "style=" not in text
    assert all('src="' in script or "json" in script for script in re.findall(r"<script[^>]*>", text))


def test_nobody_registers(client: Any) -> None:
    page = client.get("/accounts/signup/")
    assert page.status_code == 200
    client.post("/accounts/signup/", {"username": "intruder", "password1": PASSWORD, "password2": PASSWORD})
    assert not User.objects.filter(username="intruder").exists()


def test_a_page_leads_to_the_sign_in_and_back(client: Any) -> None:
    page = client.get("/people/")
    assert page["Location"] == "/accounts/login/?next=/people/"


def test_a_part_of_a_page_is_never_filled_with_the_sign_in(client: Any) -> None:
    assert client.get("/board/tiles/", headers={"HX-Request": "true"}).status_code == 401


def test_somebody_without_a_clinic_sees_nothing(client: Any) -> None:
    client.force_login(User.objects.create(username="nowhere"))
    assert client.get("/people/").status_code in {302, 403}


def test_one_click_doors_exist_only_in_the_demonstration(client: Any) -> None:
    viewer = make_viewer(make_clinic())
    membership = Membership.objects.get(user_id=viewer.user_id)
    assert viewer.name not in client.get("/demo/").content.decode()
    assert client.post(f"/demo/enter/{membership.pk}/").status_code == 400
    assert client.get("/today/").status_code == 302


def test_a_door_of_the_demonstration_opens_with_one_click(client: Any, demonstration: None) -> None:
    clinic = make_clinic(invented=True)
    doors = {role: make_viewer(clinic, role) for role in (Role.NURSE, Role.RESEARCHER, Role.PRESCRIBER)}
    listed = client.get("/demo/").content.decode()
    for role, start in ((Role.NURSE, "/board/"), (Role.RESEARCHER, "/evidence/"), (Role.PRESCRIBER, "/today/")):
        assert doors[role].name in listed
        membership = Membership.objects.get(user_id=doors[role].user_id)
        assert client.post(f"/demo/enter/{membership.pk}/")["Location"] == start
    assert AuditEntry.objects.filter(action="sign_in").count() == 3
    assert client.get(f"/demo/enter/{membership.pk}/").status_code == 405
    assert client.post("/demo/enter/999999/").status_code == 400


def test_a_real_clinic_has_no_one_click_door_even_where_the_demonstration_is_on(
    client: Any, demonstration: None
) -> None:
    viewer = make_viewer(make_clinic())
    membership = Membership.objects.get(user_id=viewer.user_id)
    assert viewer.name not in client.get("/demo/").content.decode()
    assert client.post(f"/demo/enter/{membership.pk}/").status_code == 400
    assert client.get("/today/").status_code == 302


def test_the_demonstration_leaves_a_real_clinic_alone() -> None:
    real = make_clinic()
    with pytest.raises(BadInput, match=real.name) as refused:
        build_demo(people=2, seed=1, now=NOW, progress=lambda step: None)
    assert refused.value.code == "not_a_demo"
    assert Clinic.objects.count() == 1


def test_work_in_another_clinic_only_where_one_belongs(client: Any) -> None:
    home, second, foreign = make_clinic(), make_clinic(), make_clinic()
    viewer = make_viewer(home)
    Membership.objects.create(user_id=viewer.user_id, clinic=second, role=Role.NURSE)
    there = make_patient(second)
    sign_in(client, viewer)
    assert client.get(f"/people/{there.id}/").status_code == 404
    assert client.post(f"/clinic/{foreign.pk}/").status_code == 400
    assert client.post(f"/clinic/{second.pk}/").status_code == 302
    assert client.get(f"/people/{there.id}/").status_code == 200


def test_the_access_log_is_for_leads_and_managers_and_can_be_verified(client: Any) -> None:
    clinic = make_clinic()
    sign_in(client, make_viewer(clinic, Role.NURSE))
    assert client.get("/access-log/").status_code == 403
    client.get("/people/")
    sign_in(client, make_viewer(clinic, Role.MANAGER))
    text = client.get("/access-log/?verify=1").content.decode()
    assert "Every entry follows from the one before" in text
    assert "patients" in text


def test_pages_of_a_record_are_never_kept_by_the_browser(client: Any) -> None:
    clinic = make_clinic()
    page = sign_in(client, make_viewer(clinic)).get(f"/people/{make_patient(clinic).id}/")
    assert "no-store" in page["Cache-Control"]
    policy = page["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy


def test_the_service_says_it_is_well(client: Any) -> None:
    assert client.get("/health/").json()["status"] == "ok"


def test_commands_ask_what_their_pages_ask() -> None:
    """A researcher has no door to a person, whichever function is called."""
    clinic = make_clinic()
    researcher, nurse, patient = (
        make_viewer(clinic, Role.RESEARCHER),
        make_viewer(clinic, Role.NURSE),
        make_patient(clinic),
    )
    note = {"kind": "preparation", "text": "Met for the first time.", "at": NOW, "now": NOW}
    refused = [
        lambda: assessments.record_facts(researcher, patient, {"stroke": False}, NOW),
        lambda: assessments.add_trial(researcher, patient, assessments.TrialFields("sertraline"), NOW),
        lambda: assessments.decide_eligibility(researcher, patient, load_protocol("iv_racemic_05"), now=NOW),
        lambda: change_contact(researcher, patient, {"email": ""}, NOW),
        lambda: write_note(nurse, patient, **note),
        lambda: build_cohort(nurse, NOW),
    ]
    for act in refused:
        with pytest.raises(BadInput) as problem:
            act()
        assert problem.value.code == "not_permitted"
    assert not AuditEntry.objects.exists()


def test_opening_the_board_is_in_the_access_log_and_its_live_part_not_again(client: Any) -> None:
    sign_in(client, make_viewer(make_clinic(), Role.NURSE))
    assert client.get("/board/").status_code == client.get("/board/tiles/").status_code == 200
    assert [entry.subject for entry in AuditEntry.objects.all()] == ["board"]
