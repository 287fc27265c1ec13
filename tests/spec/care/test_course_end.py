"""A course may always end; what the protocol and the scores say of the reason is read first."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tests.spec.care.bedside import START

from euthymia.care.course_end import EndFacts, EndReason, end_notes
from euthymia.care.decision import Allowed, Level
from euthymia.care.protocols.load import load_protocol

IV, NASAL, IM = (load_protocol(name) for name in ("iv_racemic_05", "esketamine_nasal_trd", "im_racemic"))
DAY = timedelta(days=1)
THREE = (START, START + 3 * DAY, START + 7 * DAY)
NOW = START + 60 * DAY


def notes(facts: EndFacts, because: EndReason, protocol: object = IV, now: datetime = NOW) -> list[str]:
    answer = end_notes(protocol, because, facts, now)  # type: ignore[arg-type]
    assert isinstance(answer, Allowed), "nothing keeps a prescriber from stopping"
    assert all(reason.level is Level.FLAG for reason in answer.flags)
    return [f"{reason.rule}: {reason.says}" for reason in answer.flags]


@pytest.mark.parametrize("because", EndReason)
@pytest.mark.parametrize("protocol", [IV, NASAL, IM], ids=["vein", "nose", "muscle"])
def test_a_course_may_end_for_any_reason_whatever_is_known(because: EndReason, protocol: object) -> None:
    notes(EndFacts(), because, protocol)
    notes(EndFacts(THREE, False, START, {"three_without_benefit": True, "review_week_4": True}), because, protocol)


def test_a_remission_that_the_score_shows_needs_no_note() -> None:
    assert notes(EndFacts(THREE, True, START), EndReason.REMISSION_HELD) == []


@pytest.mark.parametrize(("known", "says"), [(False, "not in remission"), (None, "No score says")])
def test_a_remission_that_no_score_shows_is_said(known: bool | None, says: str) -> None:
    (found,) = notes(EndFacts(THREE, known), EndReason.REMISSION_HELD)
    assert found.startswith("end_in_remission")
    assert says in found


@pytest.mark.parametrize(("days", "noted"), [(30, True), (182, True), (183, False)])
@pytest.mark.parametrize("because", [EndReason.REMISSION_HELD, EndReason.PERSONS_WISH, EndReason.OTHER])
def test_the_label_of_the_spray_goes_on_for_six_months_after_improvement(
    because: EndReason, days: int, noted: bool
) -> None:
    found = notes(EndFacts(THREE, True, START), because, NASAL, START + days * DAY)
    assert [one.split(":")[0] for one in found] == (["end_kept_on"] if noted else [])
    assert all("six months" in one for one in found)


def test_where_nobody_got_better_there_is_nothing_to_go_on_with() -> None:
    assert notes(EndFacts(THREE), EndReason.PERSONS_WISH, NASAL) == []


@pytest.mark.parametrize("because", [EndReason.ADVERSE_EFFECT, EndReason.SWITCHED])
def test_harm_and_a_switch_are_not_argued_with(because: EndReason) -> None:
    assert notes(EndFacts(THREE, False, START, {"three_without_benefit": True}), because, NASAL) == []


@pytest.mark.parametrize(
    ("protocol", "sessions", "judged", "says"),
    [
        (IV, THREE[:2], None, "has not come yet"),
        (IM, THREE, None, "no rule of stopping"),
        (IV, THREE, {"three_without_benefit": True}, "show benefit"),
        (IV, THREE, {"three_without_benefit": False}, None),
        (IV, THREE, {"three_without_benefit": None}, None),
        (IV, THREE, None, None),
    ],
    ids=["too early", "no rule", "benefit", "none", "scores cannot tell", "nobody judged"],
)
def test_no_benefit_is_held_against_the_protocols_own_review(
    protocol: object, sessions: tuple[datetime, ...], judged: dict[str, bool | None] | None, says: str | None
) -> None:
    found = notes(EndFacts(sessions, judged=judged), EndReason.NO_BENEFIT, protocol)
    assert [one.split(":")[0] for one in found] == ([] if says is None else ["end_by_review"])
    assert says is None or says in found[0]
