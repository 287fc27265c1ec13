"""A limit of one person: set and ended by a prescriber, and asked wherever a dose is asked about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.session_room import Room

from euthymia.care.decision import Allowed, Decision, Level, reasons_of
from euthymia.care.protocol import Measure
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.plans.drafts import PlanChoice, draft_plan
from euthymia.clinic.plans.limit_commands import NewLimit, end_limit, set_limit
from euthymia.clinic.plans.models import PersonLimit
from euthymia.clinic.sessions import commands
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
WHY = "Fragile after the stroke of March"


def own(room: Room, value: float = 30.0, level: Level = Level.STOP, measure: Measure = Measure.DOSE_MG) -> PersonLimit:
    return set_limit(room.prescriber, room.patient, NewLimit(measure, level, value, WHY), NOW - timedelta(hours=1))


def planned(room: Room) -> Decision:
    choice = PlanChoice(weight=70, weight_confirmed=True)
    return draft_plan(room.prescriber, room.patient, room.version, choice, now=NOW).decision


def rules(decision: Decision) -> set[str]:
    return {reason.rule for reason in reasons_of(decision) if reason.refuses}


def test_a_plan_beyond_it_is_refused_with_who_set_it_and_why() -> None:
    room = Room()
    row = own(room)
    refused = planned(room)
    assert rules(refused) == {f"own_dose_mg_{row.pk}"}
    (reason,) = [one for one in reasons_of(refused) if one.refuses]
    assert reason.source == f"set by {room.prescriber.name}: {WHY}"


def test_a_looser_one_changes_nothing() -> None:
    room = Room()
    own(room, 500)
    assert isinstance(planned(room), Allowed)


def test_the_gate_asks_it_although_the_plan_was_signed_before() -> None:
    room = Room()
    session = room.seated()
    own(room)
    decision = commands.pass_gate(room.nurse, session, room.answers(), now=NOW + timedelta(minutes=2))
    assert any(rule.startswith("own_dose_mg_") for rule in rules(decision))


def test_a_hold_is_accepted_with_the_plan_and_then_at_the_gate() -> None:
    room = Room()
    row = own(room, level=Level.HOLD)
    choice = PlanChoice(weight=70, weight_confirmed=True)
    reasons = {f"own_dose_mg_{row.pk}": "Tolerated the same dose twice elsewhere"}
    draft = draft_plan(room.prescriber, room.patient, room.version, choice, reasons=reasons, now=NOW)
    assert isinstance(draft.decision, Allowed), draft.decision


def test_an_ended_one_holds_no_longer_and_ends_once() -> None:
    room = Room()
    row = own(room)
    end_limit(room.prescriber, row, reason="The cardiologist cleared it", now=NOW - timedelta(minutes=1))
    assert isinstance(planned(room), Allowed)
    again = end_limit(room.prescriber, row, reason="And another reason", now=NOW)
    assert again.ended_reason == "The cardiologist cleared it"


@pytest.mark.parametrize(("value", "because"), [(0, WHY), (-5, WHY), (float("nan"), WHY), (30, "short")])
def test_what_bounds_nothing_is_refused(value: float, because: str) -> None:
    room = Room()
    with pytest.raises(BadInput):
        set_limit(room.prescriber, room.patient, NewLimit(Measure.DOSE_MG, Level.STOP, value, because), NOW)
    assert not PersonLimit.objects.exists()


def test_only_a_prescriber_sets_and_ends_one() -> None:
    room = Room()
    with pytest.raises(BadInput):
        set_limit(room.nurse, room.patient, NewLimit(Measure.DOSE_MG, Level.STOP, 30, WHY), NOW)
    row = own(room)
    with pytest.raises(BadInput):
        end_limit(room.nurse, row, reason="A nurse may not do this", now=NOW)


def test_the_database_keeps_it_as_it_was_set() -> None:
    room = Room()
    row = own(room)
    with pytest.raises(DatabaseError), transaction.atomic():
        PersonLimit.objects.filter(pk=row.pk).update(value=300)
    end_limit(room.prescriber, row, reason="The cardiologist cleared it", now=NOW)
    with pytest.raises(DatabaseError), transaction.atomic():
        PersonLimit.objects.filter(pk=row.pk).update(ended_at=None)


def test_the_page_sets_shows_and_ends(client: Any) -> None:
    room = Room()
    browser, page = sign_in(client, room.prescriber), f"/people/{room.patient.id}/plan/limits/"
    assert "Limits of this person" in browser.get(f"/people/{room.patient.id}/plan/").content.decode()
    typed = {"measure": "interval_h", "value": "96", "level": "stop", "because": WHY}
    wrong = browser.post(page, typed | {"value": "1,5"})
    assert wrong.status_code == 422
    assert WHY in wrong.content.decode()
    text = browser.post(page, typed, follow=True).content.decode()
    assert "Hours between two doses at least" in text
    row = PersonLimit.objects.get()
    assert (row.measure, row.value, row.set_name) == ("interval_h", 96, room.prescriber.name)
    ending = f"/people/limits/{row.pk}/end/"
    assert "at least 10 letters" in browser.post(ending, {"reason": "no"}, follow=True).content.decode()
    text = browser.post(ending, {"reason": "The cardiologist cleared it"}, follow=True).content.decode()
    assert "Ended by" in text


def test_another_clinic_ends_nothing(client: Any) -> None:
    row = own(Room())
    stranger = make_viewer(make_clinic(), Role.PRESCRIBER)
    assert sign_in(client, stranger).post(f"/people/limits/{row.pk}/end/", {"reason": WHY}).status_code == 404
