"""A taper that is held goes on, or back, by a prescriber's own decision: with a reason, until the next answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from tests.builders import NOW, sign_in
from tests.integration.clinic.test_course_end import DAY, page, plan_of, post, scored, treated
from tests.session_room import Room

from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.plans.models import TaperStep
from euthymia.clinic.plans.taper_commands import decide_step, take_step
from euthymia.clinic.plans.tapers import known_today, number_of, steps_of
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
WHY = "A cold this week; asked again on Friday."


def held(now: Any) -> Room:
    """Somebody on the first step of a taper whose response was lost an hour ago."""
    room = treated(until=now)
    take_step(room.prescriber, plan_of(room), 14, now - timedelta(hours=3))
    scored(room, 15, now - timedelta(hours=1))
    return room


def test_a_held_taper_goes_on_by_name_until_the_next_answer(client: Any) -> None:
    now = timezone.now()
    room = held(now)
    assert "Go on or step back by your own decision" in page(client, room, "plan/")
    answer = post(client, room, "taper/decide/", interval_days="14", because=WHY).content.decode()
    assert "The taper must not go on as it is" not in answer
    assert f"Accepted by {room.prescriber.name}: {WHY}" in answer
    assert "Step 1 of the taper" in answer, "going on is no step of its own"
    home = page(client, room)
    assert f"decided by {room.prescriber.name}: {WHY}" in home
    assert "group-taper" not in sign_in(client, room.prescriber).get("/today/").content.decode()
    entry = AuditEntry.objects.filter(subject="taper_step", patient_id=room.patient.id).last()
    assert entry is not None
    assert entry.actor_name == room.prescriber.name
    scored(room, 16, timezone.now())
    assert "The taper must not go on as it is" in page(client, room, "plan/")
    assert "group-taper" in sign_in(client, room.prescriber).get("/today/").content.decode()


def test_a_step_back_is_counted_back_and_the_same_decision_twice_is_one() -> None:
    room = held(NOW)
    first = decide_step(room.prescriber, plan_of(room), 7, WHY, NOW)
    assert decide_step(room.prescriber, plan_of(room), 7, WHY, NOW + timedelta(seconds=2)) == first
    assert [step.interval_days for step in steps_of(plan_of(room))] == [14, 7]
    assert number_of(steps_of(plan_of(room))) == 1
    assert [one.rule for one in known_today(room.prescriber, plan_of(room), NOW + DAY).accepted] == [
        "taper_response_kept"
    ]
    assert known_today(room.prescriber, plan_of(room), NOW + DAY).facts.now_days == 7


@pytest.mark.parametrize(
    ("days", "because", "code"), [(14, "short", "override_needs_reason"), (0, WHY, "out_of_range")]
)
def test_without_a_reason_or_a_meant_interval_nothing_is_decided(days: int, because: str, code: str) -> None:
    room = held(NOW)
    with pytest.raises(BadInput) as refusal:
        decide_step(room.prescriber, plan_of(room), days, because, NOW)
    assert refusal.value.code == code
    assert TaperStep.objects.count() == 1


def test_a_nurse_decides_nothing_and_without_a_taper_there_is_nothing_to_decide() -> None:
    room = treated(until=NOW)
    with pytest.raises(BadInput) as refusal:
        decide_step(room.prescriber, plan_of(room), 14, WHY, NOW)
    assert refusal.value.code == "no_taper"
    take_step(room.prescriber, plan_of(room), 14, NOW)
    with pytest.raises(BadInput):
        decide_step(room.nurse, plan_of(room), 14, WHY, NOW)


def test_a_longer_interval_still_needs_a_score_whatever_the_reason() -> None:
    room = held(NOW)
    known = known_today(room.prescriber, plan_of(room), NOW)
    assert known.facts.response_kept is False
    room.patient.responses.filter(at__gt=NOW - 2 * DAY).delete()
    with pytest.raises(BadInput, match="Ask first"):
        decide_step(room.prescriber, plan_of(room), 21, WHY, NOW)
