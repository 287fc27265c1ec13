"""A person goes home when time, readings, resolution, escort and a clinician's judgement are all there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import Bedside, filled, minute

from euthymia.care.decision import Allowed, CannotTell, Decision, Level, Refused, missing_of, reasons_of
from euthymia.care.discharge import DischargeFacts, earliest_discharge, may_discharge
from euthymia.care.override import Override, with_overrides
from euthymia.care.protocols.load import load_protocol
from euthymia.care.session import fold
from euthymia.care.session_events import (
    Concern,
    Delivery,
    DeviceGiven,
    Discharge,
    DoseStarted,
    EventKind,
    ScaleTaken,
    Severity,
    SideEffect,
)

E = EventKind
NASAL = filled("esketamine_nasal_trd")
HOME = DischargeFacts(("name", "date_of_birth"), "Sam", True, True, True)


def well(leave_out: str = "", resolved: bool = True) -> Bedside:
    """A nasal session with everything recorded at 40 and 121 minutes, except what is left out."""
    bed = Bedside(NASAL).until_ready()
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.DEVICES, 56))
    bed.write(E.DEVICE_GIVEN, 0, DeviceGiven(28, 1), event_id="z1")
    bed.write(E.DEVICE_GIVEN, 5, DeviceGiven(28, 2))
    bed.write(E.DOSE_COMPLETED, 6)
    if leave_out != "peak":
        bed.vitals(40, "150/95 97%")
    if leave_out != "vitals":
        bed.vitals(121, "130/80 97%")
    for concern in (Concern.SEDATION, Concern.DISSOCIATION, Concern.RESPIRATORY_DEPRESSION):
        if leave_out != concern.value:
            bed.write(E.SCALE, 121, ScaleTaken("look", concern, None, resolved))
    return bed


def ask(bed: Bedside, at_min: float = 122, **facts: Any) -> Decision:
    return may_discharge(bed.state, bed.protocol, minute(at_min), replace(HOME, **facts))


def test_everything_in_place_may_go() -> None:
    assert ask(well()) == Allowed()


@pytest.mark.parametrize(("at_min", "refused"), [(119.9, True), (120, False), (122, False)])
def test_two_hours_from_the_first_device(at_min: float, refused: bool) -> None:
    answer = ask(well(), at_min)
    stayed = [reason for reason in reasons_of(answer) if reason.rule == "minimum_observation"]
    assert bool(stayed) is refused
    if refused:
        assert stayed[0].level is Level.STOP
        assert stayed[0].limit == 120
        assert stayed[0].source == "S47, S48, S49 (read)"
    assert earliest_discharge(well().state, NASAL) == minute(120)


@pytest.mark.parametrize(
    ("leave_out", "facts"),
    [
        ("vitals", {"leaving.blood_pressure", "leaving.spo2"}),
        ("sedation", {"leaving.sedation", "sedation"}),
        ("dissociation", {"leaving.dissociation", "dissociation"}),
        ("respiratory_depression", {"leaving.respiratory_depression", "respiratory_depression"}),
    ],
)
def test_what_nobody_looked_at_is_missing(leave_out: str, facts: set[str]) -> None:
    answer = ask(well(leave_out))
    assert isinstance(answer, CannotTell)
    assert {missing.fact for missing in answer.missing} == facts


def test_a_missed_forty_minute_pressure_holds_until_somebody_answers_for_it() -> None:
    answer = ask(well("peak"))
    assert isinstance(answer, Refused)
    assert [(reason.rule, reason.fact, reason.level) for reason in answer.reasons] == [
        ("check_missed", "peak", Level.HOLD)
    ]
    accepted = with_overrides(answer, [Override("check_missed", "Dr Ray", "cuff broke; well at 60 minutes")])
    assert isinstance(accepted, Allowed)


def test_what_has_not_resolved_stops() -> None:
    answer = ask(well(resolved=False))
    assert isinstance(answer, Refused)
    assert {reason.fact for reason in answer.reasons} == {"sedation", "dissociation", "respiratory_depression"}
    assert {reason.level for reason in answer.reasons} == {Level.STOP}


def test_a_scale_without_a_judgement_does_not_count_as_resolved() -> None:
    bed = well("sedation")
    bed.write(E.SCALE, 121, ScaleTaken("moaas", Concern.SEDATION, 5))
    assert [missing.fact for missing in missing_of(ask(bed))] == ["sedation"]


def test_a_scale_before_the_dose_does_not_count_as_resolved() -> None:
    bed = Bedside(NASAL).until_ready()
    bed.write(E.SCALE, -6, ScaleTaken("moaas", Concern.SEDATION, 5, True))
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.DEVICES, 56))
    bed.write(E.DOSE_COMPLETED, 6)
    assert "sedation" in {missing.fact for missing in missing_of(ask(bed))}


@pytest.mark.parametrize(("line", "rule"), [("155/95 97%", None), ("156/80 97%", "leaving_systolic")])
def test_the_last_pressure_must_be_within_what_the_clinic_signed(line: str, rule: str | None) -> None:
    bed = well("vitals")
    bed.vitals(121, line)
    assert [reason.rule for reason in reasons_of(ask(bed))] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("severity", "level"),
    [(Severity.MILD, Level.HOLD), (Severity.MODERATE, Level.HOLD), (Severity.SEVERE, Level.STOP)],
)
def test_an_open_side_effect(severity: Severity, level: Level) -> None:
    bed = well()
    bed.write(E.SIDE_EFFECT, 100, SideEffect("nausea", severity))
    assert [(reason.rule, reason.level) for reason in reasons_of(ask(bed))] == [("side_effect_open", level)]


@pytest.mark.parametrize(
    ("facts", "fact"),
    [
        ({"identifiers": ()}, "identifiers"),
        ({"identifiers": ("name",)}, "identifiers"),
        ({"escort_name": None}, "escort"),
        ({"escort_name": " "}, "escort"),
        ({"escort_present": None}, "escort_present"),
        ({"no_driving_told": None}, "no_driving_told"),
        ({"clinician_judges_stable": None}, "clinician_judges_stable"),
    ],
)
def test_what_was_not_stated_is_missing(facts: dict[str, Any], fact: str) -> None:
    answer = ask(well(), **facts)
    assert isinstance(answer, CannotTell)
    assert [missing.fact for missing in answer.missing] == [fact]


@pytest.mark.parametrize("fact", ["escort_present", "no_driving_told", "clinician_judges_stable"])
def test_what_is_not_so_stops(fact: str) -> None:
    answer = ask(well(), **{fact: False})
    assert isinstance(answer, Refused)
    assert [(reason.rule, reason.level) for reason in answer.reasons] == [(fact, Level.STOP)]


def test_before_the_dose_has_ended_nobody_goes() -> None:
    for bed in (Bedside(NASAL), Bedside(NASAL).until_ready(), Bedside(filled()).infusing()):
        answer = ask(bed)
        assert isinstance(answer, Refused)
        assert answer.reasons[0].rule == "dose_ended"
    assert earliest_discharge(fold([]), NASAL) is None


def test_a_closed_session_is_not_discharged_again() -> None:
    bed = well()
    bed.write(E.DISCHARGED, 122, Discharge("Sam", True))
    assert reasons_of(ask(bed, 130))[0].rule == "dose_ended"


def test_an_open_minimum_stay_cannot_be_told() -> None:
    bed = Bedside().completed()
    protocol = load_protocol("iv_racemic_05")
    answer = may_discharge(bed.state, protocol, minute(500), HOME)
    assert "minimum_observation_min" in {missing.fact for missing in missing_of(answer)}
    assert earliest_discharge(bed.state, protocol) is None


def test_without_any_reading_nobody_goes() -> None:
    bed = well("vitals")
    bed.events = [event for event in bed.events if event.kind is not E.VITALS]
    assert "vitals" in {missing.fact for missing in missing_of(ask(bed))}


def test_everything_still_open_is_said_at_once_also_while_the_dose_runs() -> None:
    answer = may_discharge(Bedside(filled()).infusing().state, filled(), minute(5), DischargeFacts())
    assert {reason.rule for reason in reasons_of(answer)} == {"dose_ended", "minimum_observation"}
    assert reasons_of(answer)[0].says == "The dose is not completed or stopped."
    facts = {missing.fact for missing in missing_of(answer)}
    assert {"identifiers", "escort", "escort_present", "no_driving_told", "clinician_judges_stable"} <= facts
    assert {"sedation", "dissociation"} <= facts
    assert "leaving.blood_pressure" in facts


def test_before_any_dose_what_is_open_is_said_too() -> None:
    answer = may_discharge(fold([]), NASAL, minute(0), DischargeFacts())
    assert [(reason.rule, reason.says) for reason in reasons_of(answer)] == [("dose_ended", "No dose was given yet.")]
    assert {"vitals", "identifiers", "escort"} <= {missing.fact for missing in missing_of(answer)}


def test_a_closed_session_says_only_that() -> None:
    bed = well()
    bed.write(E.DISCHARGED, 122, Discharge("Sam", True))
    (reason,) = reasons_of(may_discharge(bed.state, NASAL, minute(130), DischargeFacts()))
    assert (reason.says, reason.level, reason.value, reason.limit) == (
        "The session is already closed.", Level.STOP, "discharged", "observing",
    )  # fmt: skip


@pytest.mark.parametrize(("at_min", "age"), [(121, None), (151, None), (151.1, 30.1), (181, 60.0)])
def test_old_vital_signs_at_the_door_are_worth_knowing(at_min: float, age: float | None) -> None:
    flags = [flag for flag in reasons_of(ask(well(), at_min)) if flag.rule == "vitals_old"]
    assert [(flag.level, flag.value, flag.limit, flag.source) for flag in flags] == (
        [] if age is None else [(Level.FLAG, age, 30, "set by Dr Lead")]
    )


@pytest.mark.parametrize(("at_min", "refused"), [(120, False), (119.98, True)])
def test_vital_signs_from_the_future_stop(at_min: float, refused: bool) -> None:
    rules = {reason.rule: reason for reason in reasons_of(ask(well(), at_min))}
    assert ("vitals_in_the_future" in rules) is refused
    if refused:
        found = rules["vitals_in_the_future"]
        assert (found.level, found.value, found.limit, found.fact) == (Level.STOP, -1.0, 0.0, "vitals.age_min")


def test_without_the_clinics_number_the_age_at_the_door_is_not_judged() -> None:
    open_age = replace(NASAL, fresh_within_min=replace(NASAL.fresh_within_min, value=None))
    rules = {reason.rule for reason in reasons_of(may_discharge(well().state, open_age, minute(400), HOME))}
    assert "vitals_old" not in rules


# Properties

PARTS = ("peak", "vitals", "sedation", "dissociation", "respiratory_depression")
FACTS = ("identifiers", "escort_name", "escort_present", "no_driving_told", "clinician_judges_stable")


@given(st.sampled_from(PARTS), st.floats(120, 1000))
def test_a_missing_look_never_lets_anybody_leave(leave_out: str, at_min: float) -> None:
    assert not isinstance(ask(well(leave_out), at_min), Allowed)


@given(st.sets(st.sampled_from(FACTS), min_size=1), st.floats(120, 1000))
def test_what_nobody_stated_never_lets_anybody_leave(unknown: set[str], at_min: float) -> None:
    facts = {name: () if name == "identifiers" else None for name in unknown}
    assert not isinstance(ask(well(), at_min, **facts), Allowed)


@given(st.integers(120, 250), st.integers(0, 50))
def test_a_higher_pressure_never_goes_home_earlier(systolic: int, more: int) -> None:
    def verdict(value: int) -> bool:
        bed = well("vitals")
        bed.vitals(121, f"{value}/80 97%")
        return isinstance(ask(bed), Allowed)

    assert verdict(systolic) or not verdict(min(systolic + more, 300))
