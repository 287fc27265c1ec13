"""What is drawn or asked once for many, and that it is drawn and asked anew when it is another."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.integration.clinic.monitor_bed import SECOND, Bed, Clock

from euthymia.clinic.alarms import commands, presenters
from euthymia.clinic.alarms.models import AlarmEventRow
from euthymia.clinic.alarms.presenters import Call, strip_html

CALL = Call(
    session_id="00000000-0000-4000-8000-000000000001",
    chair="Chair 1",
    person="A. B.",
    tier="HIGH",
    shape="!!!",
    tone="high",
    title="Oxygen",
    words="Stop limit: 80 %",
    since="10:00:00",
    since_ms=1,
    more=0,
)
OTHER = replace(CALL, session_id="00000000-0000-4000-8000-000000000002", chair="Chair 2")


def test_a_strip_is_its_calls_in_their_order() -> None:
    whole = presenters.render_to_string("alarms/_strip.html", {"calls": (CALL, OTHER)})
    assert strip_html([CALL, OTHER]) == whole.strip()
    assert strip_html([OTHER, CALL]) != strip_html([CALL, OTHER])
    assert strip_html([]) == ""


@pytest.mark.parametrize(
    ("changed", "shown"),
    [({"words": "Stop limit: 79 %"}, "79 %"), ({"more": 2}, "And 2 more"), ({"tone": "medium"}, "call--medium")],
)
def test_a_call_that_changed_is_drawn_anew_and_no_other_is(
    monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], shown: str
) -> None:
    strip_html([CALL, OTHER])
    drawn, draw = [], presenters.render_to_string
    monkeypatch.setattr(
        presenters, "render_to_string", lambda name, context: drawn.append(context) or draw(name, context)
    )
    now = replace(CALL, since_ms=id(monkeypatch), **changed)
    assert shown in strip_html([now, OTHER])
    assert [context["calls"] for context in drawn] == [(now,)]


@pytest.mark.django_db
def test_what_was_measured_later_is_asked_once_for_all_limits_and_anew_for_the_next_sample(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed, asked, ask = Bed(clock), [], commands.measured_later
    monkeypatch.setattr(commands, "measured_later", lambda *named: asked.append(named) or ask(*named))

    def beat(sequence: int, systolic_mmhg: int) -> None:
        at = clock.beat().isoformat()
        bed.send({"sequence": sequence, "at": at, "systolic_mmhg": systolic_mmhg, "diastolic_mmhg": 80})

    beat(1, 240)
    raised = AlarmEventRow.objects.filter(kind="raised")
    assert raised.count() > 1
    assert asked == [(bed.session.id, "blood_pressure", clock.at)]
    beat(2, 120)
    assert asked[1:] == [(bed.session.id, "blood_pressure", clock.at)]
    assert AlarmEventRow.objects.filter(kind="ended").count() == raised.count()
    assert clock.at - SECOND == raised.first().at
