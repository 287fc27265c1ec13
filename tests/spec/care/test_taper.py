"""The interval grows step by step: only by the protocol's own steps unasked, and never while somebody slips."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from euthymia.care.decision import Allowed, CannotTell, Decision, Level, Refused, missing_of, reasons_of
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocols.load import load_protocol
from euthymia.care.taper import (
    HOLDS,
    TaperFacts,
    accepted_still,
    may_decide,
    may_lengthen,
    may_step,
    named_intervals,
    next_named,
    taper_stops,
)

IV, NASAL, IM, MDSI = (
    load_protocol(name) for name in ("iv_racemic_05", "esketamine_nasal_trd", "im_racemic", "esketamine_nasal_mdsi")
)
WELL = TaperFacts(now_days=7, response_kept=True, is_slipping=False, chance=0.1, accepted_risk=0.2)


def rules(answer: Decision) -> list[tuple[str, Level]]:
    return [(reason.rule, reason.level) for reason in reasons_of(answer)]


@pytest.mark.parametrize(
    ("protocol", "days"), [(NASAL, [3, 4, 7, 14]), (MDSI, [3, 4]), (IV, [3, 4]), (IM, [7])], ids=str
)
def test_the_intervals_are_those_of_the_rhythm_with_their_source(protocol: object, days: list[int]) -> None:
    found = named_intervals(protocol)  # type: ignore[arg-type]
    assert [one.days for one in found] == days
    assert all(one.source for one in found)


@pytest.mark.parametrize(
    ("protocol", "now_days", "next_days"),
    [(NASAL, None, 3), (NASAL, 4, 7), (NASAL, 7, 14), (NASAL, 10, 14), (NASAL, 14, None), (IV, 4, None), (IM, 7, None)],
)
def test_the_next_step_is_the_protocols_or_nobodys(
    protocol: object, now_days: int | None, next_days: int | None
) -> None:
    found = next_named(protocol, now_days)  # type: ignore[arg-type]
    assert (found.days if found else None) == next_days


def test_a_named_step_within_the_risk_of_somebody_who_keeps_well_is_taken() -> None:
    assert may_lengthen(NASAL, 14, WELL) == Allowed()


@pytest.mark.parametrize("asked", [7, 3])
def test_a_step_is_longer_than_the_interval_now(asked: int) -> None:
    answer = may_lengthen(NASAL, asked, WELL)
    assert isinstance(answer, Refused)
    assert rules(answer) == [("taper_step_longer", Level.STOP)]


def test_before_a_second_dose_any_step_is_the_first() -> None:
    assert may_lengthen(NASAL, 7, replace(WELL, now_days=None)) == Allowed()


def test_a_response_that_is_lost_holds() -> None:
    lost = replace(WELL, response_kept=False)
    for answer in (may_lengthen(NASAL, 14, lost), taper_stops(lost)):
        assert isinstance(answer, Refused)
        assert rules(answer) == [("taper_response_kept", Level.HOLD)]


def test_slipping_holds() -> None:
    slipping = replace(WELL, is_slipping=True)
    for answer in (may_lengthen(NASAL, 14, slipping), taper_stops(slipping)):
        assert isinstance(answer, Refused)
        assert rules(answer) == [("taper_slipping", Level.HOLD)]


def test_without_a_score_since_the_last_dose_nobody_can_tell() -> None:
    unasked = replace(WELL, response_kept=None)
    answer = may_lengthen(NASAL, 14, unasked)
    assert isinstance(answer, CannotTell)
    assert [one.needed_by for one in missing_of(answer)] == ["taper_response_kept"]
    assert may_step(unasked) == CannotTell(missing_of(answer)), "whatever the length"
    assert taper_stops(unasked) == Allowed(), "what nobody asked stops nothing that goes on"


def test_who_keeps_well_may_step_and_who_slips_may_not() -> None:
    assert may_step(WELL) == Allowed()
    assert rules(may_step(replace(WELL, is_slipping=True))) == [("taper_slipping", Level.HOLD)]


@pytest.mark.parametrize(
    ("protocol", "asked", "says"),
    [
        (NASAL, 21, "no interval over 14 days"),
        (NASAL, 10, "no such interval"),
        (replace(IV, rhythm=IV.rhythm[1:]), 14, "names no interval"),
    ],
    ids=["longer than any", "between two", "no interval at all"],
)
def test_a_number_the_protocol_does_not_name_is_the_prescribers_own(protocol: object, asked: int, says: str) -> None:
    answer = may_lengthen(protocol, asked, WELL)  # type: ignore[arg-type]
    assert isinstance(answer, Allowed)
    assert rules(answer) == [("taper_interval_named", Level.FLAG)]
    assert says in answer.flags[0].says
    assert "own number" in answer.flags[0].says


@pytest.mark.parametrize(
    ("chance", "says"), [(0.2, None), (0.2001, "20% is accepted"), (0.6, "60%"), (None, "does not reach 14 days")]
)
def test_what_waiting_that_long_may_bring_is_said_against_the_accepted_risk(
    chance: float | None, says: str | None
) -> None:
    answer = may_lengthen(NASAL, 14, replace(WELL, chance=chance))
    assert isinstance(answer, Allowed)
    assert rules(answer) == ([] if says is None else [("taper_within_risk", Level.FLAG)])
    assert says is None or says in answer.flags[0].says


@pytest.mark.parametrize("asked", [14, 7])
def test_a_decision_against_a_hold_accepts_the_hold_and_nothing_else(asked: int) -> None:
    lost = replace(WELL, now_days=14, response_kept=False, is_slipping=True)
    answer = may_decide(NASAL, asked, lost)
    assert isinstance(answer, Refused)
    assert {rule for rule, _ in rules(answer)} == HOLDS
    accepted = with_overrides(answer, [Override(rule, "Dr. Oakes", "Agreed with the person.") for rule in HOLDS])
    assert isinstance(accepted, Allowed)
    assert all("Accepted by Dr. Oakes" in flag.says for flag in accepted.flags)


def test_a_longer_interval_by_decision_needs_a_score_and_says_what_is_unnamed() -> None:
    unasked = replace(WELL, now_days=14, response_kept=None)
    assert may_decide(NASAL, 14, unasked) == Allowed()
    assert isinstance(may_decide(NASAL, 21, unasked), CannotTell)
    assert rules(may_decide(NASAL, 5, unasked)) == [("taper_interval_named", Level.FLAG)]
    assert rules(may_decide(NASAL, 21, replace(WELL, now_days=14, chance=None))) == [
        ("taper_interval_named", Level.FLAG),
        ("taper_within_risk", Level.FLAG),
    ]


@pytest.mark.parametrize(("answered_h", "left"), [(None, True), (-1, True), (0, True), (1, False)])
def test_what_was_accepted_holds_until_the_next_answer(answered_h: int | None, left: bool) -> None:
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    answered_at = None if answered_h is None else at + timedelta(hours=answered_h)
    found = accepted_still(["taper_slipping", "taper_interval_named"], at, answered_at)
    assert found == ({"taper_slipping"} if left else frozenset())
