"""A session is what its events add up to: in any order, as often as they come, with corrections that never delete."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.spec.care.bedside import START, Bedside, filled, minute

from euthymia.care.decision import Allowed, Decision, Refused, reasons_of
from euthymia.care.given_dose import GivenPiece, given_mg, given_pieces
from euthymia.care.session import TRANSITIONS, Phase, fold
from euthymia.care.session_append import may_append
from euthymia.care.session_events import (
    PAYLOADS,
    Because,
    Concern,
    Delivery,
    DeviceGiven,
    Discharge,
    DoseStarted,
    EventKind,
    GatePassed,
    Nothing,
    Opened,
    RateChanged,
    Remark,
    ScaleTaken,
    SessionEvent,
    Severity,
    SideEffect,
    SideEffectEnded,
    payload_from,
    payload_to_mapping,
)
from euthymia.care.vitals import parse_vitals
from euthymia.errors import BadInput

E = EventKind


def rule(decision: Decision) -> str:
    return reasons_of(decision)[0].rule


# Phases


def test_nothing_written_is_a_planned_session() -> None:
    assert fold([]).phase is Phase.PLANNED


def test_the_ordinary_visit() -> None:
    bed = Bedside()
    seen = [bed.state.phase]
    for kind, at_min, payload in [
        (E.OPENED, -30, Opened("iv_racemic_05", "1.0.0")),
        (E.GATE_PASSED, -5, GatePassed("iv_racemic_05", "1.0.0", "abc")),
        (E.DOSE_STARTED, 0, DoseStarted(Delivery.INFUSION, 35, 52.5)),
        (E.DOSE_PAUSED, 10, Because("nausea")),
        (E.DOSE_RESUMED, 15, Nothing()),
        (E.DOSE_COMPLETED, 45, Nothing()),
        (E.DISCHARGED, 120, Discharge("Sam", True)),
    ]:
        bed.write(kind, at_min, payload)
        seen.append(bed.state.phase)
    assert seen == [
        Phase.PLANNED,
        Phase.ARRIVED,
        Phase.READY,
        Phase.DOSING,
        Phase.PAUSED,
        Phase.DOSING,
        Phase.OBSERVING,
        Phase.DISCHARGED,
    ]
    state = bed.state
    assert (state.opened_at, state.clock_at, state.dose_ended_at, state.closed_at) == tuple(
        minute(at_min) for at_min in (-30, 0, 45, 120)
    )
    assert not state.unplaced


@pytest.mark.parametrize("before", [0, 1, 3])
def test_a_visit_can_be_cancelled_until_the_dose(before: int) -> None:
    bed = Bedside().until_ready()
    bed.events = bed.events[:before]
    bed.write(E.CANCELLED, -1, Because("fever"), event_id="cancel")
    assert bed.state.phase is Phase.CANCELLED
    assert bed.state.closed_at == minute(-1)


def test_a_stopped_dose_keeps_its_reason() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_STOPPED, 20, Because("chest pain"))
    assert (bed.state.phase, bed.state.stop_reason, bed.state.completed) == (Phase.OBSERVING, "chest pain", False)


def test_every_phase_has_a_row_and_every_kind_a_payload() -> None:
    assert set(TRANSITIONS) == set(Phase)
    assert set(PAYLOADS) == set(EventKind)
    used = {kind for row in TRANSITIONS.values() for kind in row}
    assert used == set(EventKind) - {E.STRUCK_OUT}


# What has gone in


@pytest.mark.parametrize(("at_min", "mg"), [(-1, 0), (0, 0), (10, 8.75), (20, 17.5), (40, 35), (60, 35)])
def test_a_running_infusion_counts_by_rate_and_never_beyond_what_was_prepared(at_min: float, mg: float) -> None:
    assert given_mg(Bedside().infusing().state, minute(at_min)) == pytest.approx(mg)


def test_a_pause_stops_the_count() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_PAUSED, 20, Because("nausea"))
    assert given_mg(bed.state, minute(30)) == pytest.approx(17.5)
    bed.write(E.DOSE_RESUMED, 30)
    assert given_mg(bed.state, minute(40)) == pytest.approx(26.25)
    assert given_pieces(bed.state, minute(40))[1].start_h == pytest.approx(0.5)


def test_a_new_rate_counts_from_its_minute() -> None:
    bed = Bedside().infusing()
    bed.write(E.RATE_CHANGED, 20, RateChanged(30))
    pieces = given_pieces(bed.state, minute(30))
    assert [piece.amount_mg for piece in pieces] == pytest.approx([17.5, 5.0])


def test_a_rate_set_during_a_pause_holds_after_the_resume() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_PAUSED, 20, Because("high pressure"))
    bed.write(E.RATE_CHANGED, 25, RateChanged(30))
    assert given_mg(bed.state, minute(30)) == pytest.approx(17.5)
    bed.write(E.DOSE_RESUMED, 30)
    assert given_mg(bed.state, minute(40)) == pytest.approx(22.5)


def test_a_pump_running_at_zero_gives_nothing() -> None:
    bed = Bedside().infusing()
    bed.write(E.RATE_CHANGED, 20, RateChanged(0))
    assert given_mg(bed.state, minute(60)) == pytest.approx(17.5)


def test_a_completed_infusion_is_the_whole_amount_even_if_the_clock_says_a_little_less() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_COMPLETED, 39)
    assert given_mg(bed.state, minute(38)) == pytest.approx(33.25)
    assert given_mg(bed.state, minute(39)) == pytest.approx(35)


def test_an_infusion_completed_at_once_is_one_piece() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_COMPLETED, 0, event_id="zz")
    assert given_pieces(bed.state, minute(0)) == (GivenPiece(0, 0, 35),)


def test_a_stopped_infusion_is_what_went_in() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_STOPPED, 20, Because("wish of the patient"))
    assert given_mg(bed.state, minute(90)) == pytest.approx(17.5)


def test_devices_count_one_by_one_and_the_clock_starts_with_the_first() -> None:
    bed = Bedside(filled("esketamine_nasal_trd")).until_ready()
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.DEVICES, 56))
    assert given_mg(bed.state, minute(1)) == 0
    bed.write(E.DEVICE_GIVEN, 2, DeviceGiven(28, 1))
    bed.write(E.DEVICE_GIVEN, 7, DeviceGiven(28, 2))
    assert bed.state.clock_at == minute(2)
    assert given_mg(bed.state, minute(5)) == 28
    assert given_pieces(bed.state, minute(10)) == (GivenPiece(0, 0, 28), GivenPiece(pytest.approx(5 / 60), 0, 28))


def test_an_injection_is_given_at_once() -> None:
    bed = Bedside(filled("im_racemic")).until_ready()
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.INJECTION, 35))
    assert given_pieces(bed.state, minute(0)) == (GivenPiece(0, 0, 35),)


def test_nothing_was_given_before_the_dose() -> None:
    assert given_pieces(Bedside().until_ready().state, minute(0)) == ()


# Readings, scales, side effects, remarks


def test_readings_and_the_baseline() -> None:
    bed = Bedside().infusing()
    bed.vitals(20, "150/95 88")
    state = bed.state
    assert state.last_reading is not None
    assert state.last_reading.reading.systolic_mmhg == 150
    assert state.baseline is not None
    assert state.baseline.reading.systolic_mmhg == 120
    assert fold([]).baseline is None
    assert fold([]).last_reading is None


def test_values_written_one_by_one_for_one_instant_are_one_look() -> None:
    bed = Bedside().infusing()
    first = bed.vitals(20, "150/95")
    bed.vitals(20, "88")
    bed.vitals(20, "97%")
    assert len(bed.state.readings) == 2
    last = bed.state.last_reading
    assert last is not None
    assert (last.event_id, last.reading) == (first.id, parse_vitals("150/95 88 97%"))


def test_the_same_thing_measured_twice_at_one_instant_hides_nothing() -> None:
    bed = Bedside().infusing()
    bed.vitals(20, "150/95")
    bed.vitals(20, "140/90 88")
    assert [row.reading.systolic_mmhg for row in bed.state.readings] == [120, 150, 140]


def test_a_baseline_written_cell_by_cell_still_has_its_pressure() -> None:
    bed = Bedside().until_ready()
    for text in ("130/85", "70", "98%"):
        bed.vitals(-2, text)
    bed.write(E.DOSE_STARTED, 0, DoseStarted(Delivery.INFUSION, 35, 52.5))
    assert bed.state.baseline is not None
    assert bed.state.baseline.reading.systolic_mmhg == 130


def test_a_side_effect_is_open_until_it_ends() -> None:
    bed = Bedside().infusing()
    nausea = bed.write(E.SIDE_EFFECT, 15, SideEffect("nausea", Severity.MILD))
    bed.write(E.SIDE_EFFECT, 16, SideEffect("headache", Severity.MODERATE, "dark room"))
    bed.write(E.SIDE_EFFECT_ENDED, 30, SideEffectEnded(nausea.id))
    assert [span.name for span in bed.state.open_side_effects] == ["headache"]
    assert bed.state.side_effects[0].until_at == minute(30)


def test_the_last_scale_of_a_concern() -> None:
    bed = Bedside().infusing()
    bed.write(E.SCALE, 20, ScaleTaken("cadss6", Concern.DISSOCIATION, 9, False))
    bed.write(E.SCALE, 60, ScaleTaken("cadss6", Concern.DISSOCIATION, 0, True))
    last = bed.state.last_scale(Concern.DISSOCIATION)
    assert last is not None
    assert last.scale.resolved
    assert bed.state.last_scale("sedation") is None


def test_a_remark_is_kept_with_its_author() -> None:
    bed = Bedside().infusing()
    bed.write(E.REMARK, 12, Remark("asked for music"))
    assert [(remark.text, remark.by) for remark in bed.state.remarks] == [("asked for music", "Nurse Ada")]


def test_an_entry_made_long_after_it_happened_is_marked_late() -> None:
    bed = Bedside().infusing()
    on_time = bed.write(E.VITALS, 10, parse_vitals("130/80"), recorded_min=25)
    late = bed.write(E.VITALS, 20, parse_vitals("130/80"), recorded_min=35.1)
    assert bed.state.late == {late.id}
    assert fold(bed.events, late_after=timedelta(minutes=14)).late == {on_time.id, late.id}


# Corrections


def test_a_struck_reading_is_still_there_and_counts_no_more() -> None:
    bed = Bedside().infusing()
    wrong = bed.vitals(10, "250/150")
    bed.write(E.STRUCK_OUT, 11, Because("cuff on the wrong arm"), corrects=wrong.id)
    assert bed.state.struck[wrong.id] == bed.events[-1].id
    assert wrong in bed.state.entries
    assert [row.event_id for row in bed.state.readings] == [bed.events[1].id]


def test_a_correction_takes_the_place_of_what_it_corrects() -> None:
    bed = Bedside().infusing()
    wrong = bed.vitals(10, "103/60")
    right = bed.write(E.VITALS, 10, parse_vitals("130/60"), corrects=wrong.id, recorded_min=12)
    assert [row.event_id for row in bed.state.readings][-1] == right.id
    assert wrong.id in bed.state.struck


def test_a_corrected_start_moves_the_clock() -> None:
    bed = Bedside().infusing()
    bed.write(E.DOSE_STARTED, 5, DoseStarted(Delivery.INFUSION, 35, 52.5), corrects=bed.events[-1].id, recorded_min=6)
    assert bed.state.clock_at == minute(5)
    assert given_mg(bed.state, minute(15)) == pytest.approx(8.75)


def test_a_strike_cannot_be_struck() -> None:
    bed = Bedside().infusing()
    wrong = bed.vitals(10, "250/150")
    strike = bed.write(E.STRUCK_OUT, 11, Because("wrong arm"), corrects=wrong.id)
    again = bed.write(E.STRUCK_OUT, 12, Because("no, right"), corrects=strike.id)
    assert set(bed.state.struck) == {wrong.id}
    bed.events.remove(again)
    assert rule(may_append(bed.state, again, minute(12))) == "strike_of_strike"


def test_a_correction_of_something_unknown_changes_nothing() -> None:
    bed = Bedside().infusing()
    bed.write(E.STRUCK_OUT, 11, Because("?"), corrects="elsewhere")
    assert not bed.state.struck


# May it be written?


def ordinary(bed: Bedside, kind: EventKind, at_min: float, payload: Any, **more: Any) -> Decision:
    event = bed.make(kind, at_min, payload, **{"event_id": "new", **more})
    return may_append(bed.state, event, minute(more.get("recorded_min", at_min)))


def test_an_ordinary_reading_may_be_written() -> None:
    assert ordinary(Bedside().infusing(), E.VITALS, 10, parse_vitals("130/80")) == Allowed()


@pytest.mark.parametrize(("ahead_s", "refused"), [(0, False), (60, False), (61, True), (3600, True)])
def test_a_reading_from_the_future_is_refused(ahead_s: int, refused: bool) -> None:
    bed = Bedside().infusing()
    event = bed.make(E.VITALS, 10, parse_vitals("130/80"), event_id="new")
    answer = may_append(bed.state, event, event.at - timedelta(seconds=ahead_s))
    assert isinstance(answer, Refused) is refused
    assert not refused or rule(answer) == "from_the_future"


def test_a_record_time_in_the_future_is_refused() -> None:
    bed = Bedside().infusing()
    event = bed.make(E.VITALS, 10, parse_vitals("130/80"), event_id="new", recorded_min=30)
    assert rule(may_append(bed.state, event, minute(11))) == "from_the_future"


@pytest.mark.parametrize(
    ("make", "kind", "payload", "expected"),
    [
        (lambda bed: bed.infusing(), E.DOSE_STARTED, DoseStarted(Delivery.INFUSION, 35, 52.5), "started_twice"),
        (lambda bed: bed.completed(), E.DOSE_STARTED, DoseStarted(Delivery.INFUSION, 35, 52.5), "started_twice"),
        (lambda bed: bed, E.DOSE_STARTED, DoseStarted(Delivery.INFUSION, 35, 52.5), "gate_first"),
        (lambda bed: bed.until_ready(), E.OPENED, Opened("iv_racemic_05", "1.0.0"), "opened_twice"),
        (lambda bed: bed.until_ready(), E.DISCHARGED, Discharge("Sam", True), "dose_not_ended"),
        (lambda bed: bed.infusing(), E.DISCHARGED, Discharge("Sam", True), "dose_not_ended"),
        (lambda bed: bed.until_ready(), E.DOSE_PAUSED, Because("x"), "no_place"),
        (lambda bed: bed.infusing(), E.DOSE_RESUMED, Nothing(), "no_place"),
        (lambda bed: bed.infusing(), E.CANCELLED, Because("x"), "no_place"),
        (lambda bed: bed, E.VITALS, parse_vitals("120/80"), "no_place"),
        (lambda bed: bed.infusing(), E.SIDE_EFFECT_ENDED, SideEffectEnded("none"), "no_open_side_effect"),
    ],
)
def test_what_has_no_place_now_is_refused(make: Any, kind: EventKind, payload: Any, expected: str) -> None:
    bed = Bedside()
    make(bed)
    assert rule(ordinary(bed, kind, 50, payload)) == expected


def test_an_open_side_effect_may_be_ended_once() -> None:
    bed = Bedside().infusing()
    nausea = bed.write(E.SIDE_EFFECT, 15, SideEffect("nausea", Severity.MILD))
    assert ordinary(bed, E.SIDE_EFFECT_ENDED, 20, SideEffectEnded(nausea.id)) == Allowed()
    bed.write(E.SIDE_EFFECT_ENDED, 20, SideEffectEnded(nausea.id))
    assert rule(ordinary(bed, E.SIDE_EFFECT_ENDED, 21, SideEffectEnded(nausea.id))) == "no_open_side_effect"


@pytest.mark.parametrize("close", ["discharge", "cancel"])
def test_after_the_end_only_a_remark_or_a_strike_can_be_added(close: str) -> None:
    bed = Bedside().completed() if close == "discharge" else Bedside().until_ready()
    if close == "discharge":
        bed.write(E.DISCHARGED, 120, Discharge("Sam", True))
    else:
        bed.write(E.CANCELLED, 1, Because("fever"))
    assert rule(ordinary(bed, E.VITALS, 130, parse_vitals("120/80"))) == "session_closed"
    assert rule(ordinary(bed, E.DOSE_STARTED, 130, DoseStarted(Delivery.INJECTION, 35))) == "session_closed"
    assert ordinary(bed, E.REMARK, 130, Remark("called in the evening: well")) == Allowed()
    assert ordinary(bed, E.STRUCK_OUT, 130, Because("wrong arm"), corrects=bed.events[1].id) == Allowed()


def test_a_reading_taken_before_discharge_may_arrive_after_it_and_is_marked_late() -> None:
    bed = Bedside().completed()
    bed.write(E.DISCHARGED, 120, Discharge("Sam", True))
    event = bed.make(E.VITALS, 90, parse_vitals("125/80"), event_id="queued", recorded_min=150)
    assert may_append(bed.state, event, minute(150)) == Allowed()
    bed.events.append(event)
    assert "queued" in bed.state.late
    assert bed.state.phase is Phase.DISCHARGED


def test_the_same_entry_again_is_one_entry() -> None:
    bed = Bedside().infusing()
    twice = replace(bed.events[-1], recorded_at=minute(3))
    answer = may_append(bed.state, twice, minute(3))
    assert isinstance(answer, Allowed)
    assert [flag.rule for flag in answer.flags] == ["already_recorded"]
    assert fold([*bed.events, twice]) == bed.state


def test_another_entry_under_the_same_id_is_refused() -> None:
    bed = Bedside().infusing()
    other = bed.make(E.VITALS, 10, parse_vitals("120/80"), event_id=bed.events[0].id)
    assert rule(may_append(bed.state, other, minute(10))) == "id_reused"


def test_two_nurses_correcting_one_line_the_second_is_told() -> None:
    bed = Bedside().infusing()
    wrong = bed.vitals(10, "250/150")
    first = bed.make(E.VITALS, 10, parse_vitals("150/90"), corrects=wrong.id, event_id="ada", recorded_min=11)
    second = bed.make(E.VITALS, 10, parse_vitals("152/92"), corrects=wrong.id, event_id="bea", recorded_min=12)
    assert may_append(bed.state, first, minute(11)) == Allowed()
    bed.events.append(first)
    assert rule(may_append(bed.state, second, minute(12))) == "already_corrected"


def test_a_correction_needs_its_target_and_its_kind() -> None:
    bed = Bedside().infusing()
    assert rule(ordinary(bed, E.STRUCK_OUT, 10, Because("x"), corrects="none")) == "nothing_to_correct"
    assert rule(ordinary(bed, E.REMARK, 10, Remark("x"), corrects=bed.events[1].id)) == "other_kind"


def test_striking_the_start_under_later_entries_is_refused() -> None:
    bed = Bedside().completed()
    start = bed.events[3]
    assert rule(ordinary(bed, E.STRUCK_OUT, 50, Because("x"), corrects=start.id)) == "contradicts_later"


def test_an_entry_that_would_undo_a_later_one_is_refused() -> None:
    bed = Bedside().completed()
    early_stop = bed.make(E.DOSE_STOPPED, 20, Because("x"), event_id="new", recorded_min=50)
    assert rule(may_append(bed.state, early_stop, minute(50))) == "contradicts_later"


# Order never matters


@given(data=st.data())
def test_any_order_and_any_repeats_give_the_same_state(data: st.DataObject) -> None:
    bed = Bedside().infusing()
    wrong = bed.vitals(10, "250/150")
    bed.write(E.STRUCK_OUT, 12, Because("wrong arm"), corrects=wrong.id)
    bed.write(E.STRUCK_OUT, 13, Because("also me"), corrects=wrong.id)
    bed.write(E.DOSE_PAUSED, 20, Because("nausea"))
    bed.write(E.SIDE_EFFECT, 20, SideEffect("nausea", Severity.MILD))
    bed.write(E.DOSE_RESUMED, 25)
    bed.write(E.DOSE_STARTED, 26, DoseStarted(Delivery.INJECTION, 1))  # no place: stays visible
    bed.write(E.DOSE_COMPLETED, 45)
    shuffled = data.draw(st.permutations(bed.events))
    repeated = data.draw(st.lists(st.sampled_from(bed.events), max_size=6))
    assert fold([*shuffled, *repeated]) == bed.state
    assert len(bed.state.unplaced) == 1


@given(cut=st.lists(st.tuples(st.floats(0, 120), st.floats(0, 90)), max_size=6), now_min=st.floats(0, 200))
def test_never_more_than_was_prepared_and_never_less_with_time(cut: list[tuple[float, float]], now_min: float) -> None:
    bed = Bedside().infusing()
    for at_min, rate in sorted(cut):
        bed.write(E.RATE_CHANGED, at_min, RateChanged(rate))
    state = bed.state
    now_mg, later_mg = given_mg(state, minute(now_min)), given_mg(state, minute(now_min + 10))
    assert 0 <= now_mg <= 35 + 1e-9
    assert later_mg >= now_mg - 1e-9


@given(
    kinds=st.lists(st.sampled_from(list(EventKind)), max_size=10),
    times=st.lists(st.integers(-30, 200), min_size=10, max_size=10),
)
def test_fold_never_fails_and_loses_nothing(kinds: list[EventKind], times: list[int]) -> None:
    samples: dict[EventKind, Any] = {
        E.OPENED: Opened("p", "1"),
        E.GATE_PASSED: GatePassed("p", "1", "h"),
        E.DOSE_STARTED: DoseStarted(Delivery.INFUSION, 35, 52.5),
        E.DEVICE_GIVEN: DeviceGiven(28, 1),
        E.RATE_CHANGED: RateChanged(10),
        E.VITALS: parse_vitals("120/80"),
        E.SIDE_EFFECT: SideEffect("nausea", Severity.MILD),
        E.SIDE_EFFECT_ENDED: SideEffectEnded("e000"),
        E.SCALE: ScaleTaken("moaas", Concern.SEDATION, 5, True),
        E.REMARK: Remark("x"),
        E.DISCHARGED: Discharge("Sam", True),
        E.DOSE_RESUMED: Nothing(),
        E.DOSE_COMPLETED: Nothing(),
    }
    bed = Bedside()
    for kind, at_min in zip(kinds, times, strict=False):
        corrects = "e000" if kind is E.STRUCK_OUT else None
        bed.write(kind, at_min, samples.get(kind, Because("x")), corrects=corrects)
    state = bed.state
    assert {entry.id for entry in state.entries} == {event.id for event in bed.events}
    given_mg(state, minute(300))


# Events and payloads at the door


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (E.OPENED, Opened("iv_racemic_05", "1.0.0", 35.0)),
        (E.OPENED, Opened("iv_racemic_05", "1.0.0")),
        (E.GATE_PASSED, GatePassed("iv_racemic_05", "1.0.0", "abc")),
        (E.DOSE_STARTED, DoseStarted(Delivery.INFUSION, 35, 52.5)),
        (E.DOSE_STARTED, DoseStarted(Delivery.INJECTION, 35)),
        (E.DEVICE_GIVEN, DeviceGiven(28, 1)),
        (E.RATE_CHANGED, RateChanged(0)),
        (E.DOSE_PAUSED, Because("nausea")),
        (E.DOSE_RESUMED, Nothing()),
        (E.VITALS, parse_vitals("120/80 72 98% 16 36.8C")),
        (E.SIDE_EFFECT, SideEffect("nausea", Severity.MILD, "ice")),
        (E.SIDE_EFFECT_ENDED, SideEffectEnded("e1")),
        (E.SCALE, ScaleTaken("cadss6", Concern.DISSOCIATION, 3, False)),
        (E.SCALE, ScaleTaken("words", Concern.SEDATION)),
        (E.REMARK, Remark("slept")),
        (E.DISCHARGED, Discharge("Sam", False)),
        (E.STRUCK_OUT, Because("wrong person")),
    ],
)
def test_a_payload_travels_as_plain_values(kind: EventKind, payload: Any) -> None:
    assert payload_from(kind, payload_to_mapping(payload)) == payload


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        (E.VITALS, {"systolic_mmhg": 12, "diastolic_mmhg": 80}, "implausible_vital"),
        (E.VITALS, {"systolic_mmhg": "120", "diastolic_mmhg": 80}, "not_a_number"),
        (E.VITALS, {"pulse": 80}, "unknown_field"),
        (E.VITALS, {}, "empty_reading"),
        (E.DOSE_STARTED, {"delivery": "infusion", "amount_mg": 35}, "rate_of_infusion"),
        (E.DOSE_STARTED, {"delivery": "injection", "amount_mg": 35, "rate_mg_per_h": 5}, "rate_of_infusion"),
        (E.DOSE_STARTED, {"delivery": "infusion", "amount_mg": 0, "rate_mg_per_h": 5}, "not_positive"),
        (E.DOSE_STARTED, {"delivery": "inhaler", "amount_mg": 35}, "unknown_word"),
        (E.DOSE_STARTED, {"amount_mg": 35}, "missing_field"),
        (E.DEVICE_GIVEN, {"amount_mg": 28, "number": 1.5}, "not_whole"),
        (E.DEVICE_GIVEN, {"amount_mg": True, "number": 1}, "not_a_number"),
        (E.RATE_CHANGED, {"rate_mg_per_h": -1}, "negative"),
        (E.DOSE_PAUSED, {"reason": "  "}, "missing_field"),
        (E.DOSE_STOPPED, {}, "missing_field"),
        (E.REMARK, {"text": 5}, "not_text"),
        (E.SCALE, {"instrument": "cadss6", "concern": "dissociation", "resolved": "yes"}, "not_yes_no"),
        (E.DISCHARGED, {"escort_name": "Sam"}, "missing_field"),
    ],
)
def test_a_payload_that_cannot_be_is_refused(kind: EventKind, values: dict[str, Any], code: str) -> None:
    with pytest.raises(BadInput) as refused:
        payload_from(kind, values)
    assert refused.value.code == code
    assert refused.value.path


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"id": ""}, "unnamed_event"),
        ({"by": " "}, "unnamed_event"),
        ({"at": START.replace(tzinfo=None)}, "naive_time"),
        ({"recorded_at": START.replace(tzinfo=None)}, "naive_time"),
        ({"payload": Remark("x")}, "wrong_payload"),
    ],
)
def test_an_event_that_cannot_be_is_refused(changed: dict[str, Any], code: str) -> None:
    fields: dict[str, Any] = {
        "id": "e1",
        "kind": E.VITALS,
        "at": START,
        "recorded_at": START,
        "by": "Nurse Ada",
        "payload": parse_vitals("120/80"),
    }
    with pytest.raises(BadInput) as refused:
        SessionEvent(**{**fields, **changed})
    assert refused.value.code == code


def test_a_strike_names_what_it_strikes() -> None:
    with pytest.raises(BadInput) as refused:
        SessionEvent("e1", E.STRUCK_OUT, START, START, "Nurse Ada", Because("x"))
    assert refused.value.code == "strikes_nothing"
