"""A witness signs with a passkey: their own, to the question asked for them, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.passkey import Passkey
from tests.session_room import Room

from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.models import Membership, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.medication.models import LedgerEntryRow
from euthymia.clinic.sessions.models import Session

pytestmark = pytest.mark.django_db
ASK = "/medication/witness/"
OK, REFUSED = 200, 422


def own(user_id: int) -> tuple[Passkey, Authenticator]:
    """A passkey that is registered for somebody, and its row."""
    made = Passkey()
    return made, Authenticator.objects.create(user_id=user_id, type=Authenticator.Type.WEBAUTHN, data=made.kept)


class Bedside:
    """A dose that was stopped, with some of the drug left, and the nurse at the tablet."""

    def __init__(self) -> None:
        self.room = Room()
        self.session: Session = self.room.dosing()
        self.room.write(self.session, EventKind.DOSE_STOPPED, {"reason": "Unwell"}, at=NOW + timedelta(minutes=25))
        self.tablet = sign_in(Client(), self.room.nurse)
        self.witness = self.member(self.room.prescriber)

    @staticmethod
    def member(viewer: Viewer) -> str:
        return str(Membership.objects.get(user_id=viewer.user_id, clinic_id=viewer.clinic_id).pk)

    def ask(self, member: str = "") -> Any:
        return self.tablet.post(ASK, {"witness": member or self.witness})

    def waste(self, answer: str, member: str = "") -> Any:
        typed = {"record_number": self.room.patient.record_number, "entry_id": str(uuid4())}
        typed |= {"lot": str(self.room.lot.id), "volume_ml": "0.1", "of": "vial"}
        typed |= {"witness": member or self.witness, "witness_passkey": answer}
        address = f"/sessions/{self.session.id}/medication/waste/"
        return self.tablet.post(address, typed, headers={"hx-request": "true"})

    def wasted(self) -> list[tuple[int | None, int | None]]:
        return list(LedgerEntryRow.objects.filter(kind="wasted").values_list("by_id", "witness_id"))


@pytest.fixture
def bedside() -> Bedside:
    return Bedside()


def test_a_passkey_signs_once_and_the_entry_names_who_signed(bedside: Bedside) -> None:
    theirs, row = own(bedside.room.prescriber.user_id)
    asked = bedside.ask()
    assert asked.status_code == OK
    signed = theirs.sign(asked.json())
    assert bedside.waste(signed).status_code == OK
    assert bedside.wasted() == [(bedside.room.nurse.user_id, bedside.room.prescriber.user_id)]
    row.refresh_from_db()
    assert row.last_used_at is not None
    again = bedside.waste(signed)
    assert (again.status_code, len(bedside.wasted())) == (REFUSED, 1)
    assert "did not sign this" in again.content.decode()
    assert signed not in again.content.decode()


def test_the_passkey_of_somebody_else_is_no_signature(bedside: Bedside) -> None:
    own(bedside.room.prescriber.user_id)
    nurses_own, _ = own(bedside.room.nurse.user_id)
    assert bedside.waste(nurses_own.sign(bedside.ask().json())).status_code == REFUSED
    assert bedside.wasted() == []


def test_an_answer_to_what_was_asked_of_another_is_no_signature(bedside: Bedside) -> None:
    third = make_viewer(bedside.room.clinic, Role.PHARMACIST)
    own(bedside.room.prescriber.user_id)
    thirds_own, _ = own(third.user_id)
    signed = thirds_own.sign(bedside.ask(bedside.member(third)).json())
    assert bedside.waste(signed).status_code == REFUSED
    # The question is used up, so the one it was asked for cannot answer it any more either.
    assert bedside.waste(signed, bedside.member(third)).status_code == REFUSED


@pytest.mark.parametrize(
    "how", [{"verified": False}, {"origin": "https://elsewhere.example"}], ids=["only touched", "another site"]
)
def test_a_key_that_was_only_touched_or_asked_by_another_site_does_not_sign(
    bedside: Bedside, how: dict[str, Any]
) -> None:
    theirs, _ = own(bedside.room.prescriber.user_id)
    assert bedside.waste(theirs.sign(bedside.ask().json(), **how)).status_code == REFUSED
    assert bedside.wasted() == []


@pytest.mark.parametrize("answer", ["{}", "not json", "[]", '{"id": 3}', "7", "x" * 20_000])
def test_an_answer_that_is_none_is_refused_in_words(bedside: Bedside, answer: str) -> None:
    own(bedside.room.prescriber.user_id)
    bedside.ask()
    said = bedside.waste(answer)
    assert said.status_code == REFUSED
    assert "did not sign this" in said.content.decode()


def test_without_a_question_no_answer_is_right(bedside: Bedside) -> None:
    theirs, _ = own(bedside.room.prescriber.user_id)
    assert bedside.waste(theirs.sign({"publicKey": {"challenge": "AAAAAAAAAAAAAAAAAAAAAA"}})).status_code == REFUSED


def test_whose_account_was_closed_signs_no_more(bedside: Bedside) -> None:
    theirs, _ = own(bedside.room.prescriber.user_id)
    asked = bedside.ask()
    User.objects.filter(pk=bedside.room.prescriber.user_id).update(is_active=False)
    assert bedside.waste(theirs.sign(asked.json())).status_code == REFUSED
    assert bedside.ask().json()["error"] == "witness_unknown"


def test_only_another_member_of_staff_who_has_a_passkey_is_asked(bedside: Bedside) -> None:
    none = bedside.ask()
    assert (none.status_code, none.json()["error"]) == (REFUSED, "no_passkey")
    own(bedside.room.nurse.user_id)
    nurses = bedside.ask(bedside.member(bedside.room.nurse))
    assert (nurses.status_code, nurses.json()["error"]) == (REFUSED, "witness_unknown")
    stranger = make_viewer(make_clinic(), Role.PRESCRIBER)
    own(stranger.user_id)
    assert bedside.ask(bedside.member(stranger)).json()["error"] == "witness_unknown"
    assert bedside.ask("x").json()["error"] == "witness_unknown"
