"""What the session page says of looks that are not as predicted, when it says it, and what its figures draw."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest
from django.test import Client
from tests.builders import NOW, sign_in
from tests.integration.clinic.test_sessions_compared import ORDERS, looked_at, predicted
from tests.session_room import BEFORE, Room, again, event

from euthymia.care.session_events import EventKind
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.expected import Expected, expected_of, not_as_predicted
from euthymia.clinic.sessions.learning import looks_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import state_of

MINUTE = timedelta(minutes=1)
FIELDS = {"systolic_rise": "systolic_mmhg", "diastolic_rise": "diastolic_mmhg", "pulse_rise": "heart_rate_per_min"}


def rated(room: Room, session: Session, totals: dict[float, float]) -> Session:
    """The same session with these CADSS-6 totals by minutes after NOW; the dose began at minute 5."""
    for minute, total in totals.items():
        scale = {"instrument": "cadss6", "concern": "dissociation", "total": total, "resolved": False}
        room.write(session, EventKind.SCALE, scale, at=NOW + minute * MINUTE)
    return again(session)


@pytest.mark.django_db
def test_a_reading_typed_a_minute_after_another_is_learned_from() -> None:
    session = looked_at(Room(), {15: 4, 25: 6, 35: 8, 45: 5, 46: 60})
    shown = expected_of(session, state_of(session))
    assert shown.strange
    assert shown.because == ""
    assert shown.learned is not None
    assert "Systolic 182 at minute 41 lies" in shown.learned.headline


@pytest.mark.django_db
def test_of_a_look_that_the_estimate_left_out_nothing_is_said_of_what_explains_it() -> None:
    rises = {20 + second / 60: 8.0 for second in range(0, 600, 10)} | {29.95: 40.0, 29.97: 40.0}
    session = looked_at(Room(), rises)
    shown = expected_of(session, state_of(session))
    assert shown.strange
    assert "of a feed not every look counts there" in shown.because


@pytest.mark.django_db
@pytest.mark.parametrize(("apart_min", "chip"), [(0, "not as predicted"), (4, "not as predicted"), (9, "2 beyond")])
def test_looks_of_different_kinds_beyond_within_minutes_count_together(apart_min: float, chip: str) -> None:
    room = Room()
    session = rated(room, looked_at(room, {15: 2, 25: 4, 30: 27}), {30 + apart_min: 23})
    shown = expected_of(session, state_of(session))
    assert shown.chip == chip, shown.verdict
    assert shown.strange is (chip == "not as predicted")
    assert not shown.calm
    assert "+27 mmHg at minute 25" in shown.verdict
    assert f"CADSS-6 23 at minute {25 + apart_min:.0f}" in shown.verdict
    said = not_as_predicted(session, state_of(session))
    assert said == ("" if apart_min == 9 else "CADSS-6 23, systolic pressure +27 mmHg")


@pytest.mark.django_db
def test_one_newest_look_beyond_is_a_caution_and_once_it_is_over_the_page_is_calm_again() -> None:
    shown = expected_of(session := looked_at(Room(), {15: 2, 25: 4, 35: 30}), state_of(session))
    assert (shown.chip, shown.calm, shown.strange) == ("1 beyond", False, False)
    assert "rise of systolic pressure higher (+30 mmHg at minute 30)" in shown.verdict
    shown = expected_of(session := looked_at(Room(), {15: 2, 25: 30, 35: 8}), state_of(session))
    assert (shown.chip, shown.calm) == ("as predicted", True)
    assert "1 of 9 looks lay beyond before" in shown.verdict
    shown = expected_of(session := looked_at(Room(), {15: 2, 25: 4}), state_of(session))
    assert (shown.chip, shown.calm) == ("as predicted", True)
    assert "all 6 looks lie within" in shown.verdict
    shown = expected_of(session := looked_at(Room(), {}), state_of(session))
    assert shown.chip == ""


@pytest.mark.django_db
def test_the_status_strip_says_what_is_not_as_predicted_and_leads_to_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("euthymia.clinic.sessions.views.timezone.now", lambda: NOW + 60 * MINUTE)
    room = Room()
    session = looked_at(room, {15: 8, 25: 75})
    sign_in(client, room.nurse)
    for path in (f"/sessions/{session.id}/", f"/sessions/{session.id}/live/?part=status"):
        shown = client.get(path).content.decode()
        assert "Not behaving as predicted: systolic pressure +75 mmHg." in shown
        assert 'href="#expected"' in shown
    room = Room()
    session = looked_at(room, {15: 8, 25: 8})
    sign_in(client, room.nurse)
    assert "Not behaving as predicted" not in client.get(f"/sessions/{session.id}/").content.decode()


@pytest.mark.django_db
def test_the_figures_say_what_they_are_of() -> None:
    """Points as they are rated, the noise of a reading around the band, and the model of the effect, not its driver."""
    room = Room()
    session = rated(room, looked_at(room, {15: 4, 25: 6}), {25: 4})
    felt, rise, plasma = expected_of(session, state_of(session)).figures
    assert felt.title == "Dissociation: predicted and observed"
    assert felt.source.startswith("Olofsen 2022 effect model (assembled), driven by ")
    assert rise.source.startswith("Worked out from rises seen in trials (assembled), driven by ")
    assert "Dissociation (CADSS-6)" in felt.wide
    assert "Anybody like this person (CADSS-6)" in felt.table.columns
    for one in (felt, rise):
        assert "band and the noise of one reading" in one.wide
    places = [row for row in felt.table.rows if row[felt.table.columns.index("Observed (CADSS-6)")] == "4"]
    assert len(places) == 1
    assert plasma.title == "Ketamine in plasma: predicted"
    assert "Time after the start (min)" in plasma.wide


@pytest.mark.django_db
def test_what_lies_within_lies_within_what_is_drawn() -> None:
    room = Room()
    shown = expected_of(session := looked_at(room, {15: -14, 35: 20}), state_of(session))
    assert "all 6 looks lie within" in shown.verdict
    rise = next(one for one in shown.figures if one.title.startswith("Rise"))
    lowest, highest = (
        next(place for place, name in enumerate(rise.table.columns) if f"one reading, {side}" in name)
        for side in ("low", "high")
    )
    numbers = [
        [float(cell.replace("\N{MINUS SIGN}", "-")) for cell in (row[0], row[lowest], row[highest])]
        for row in rise.table.rows
        if row[lowest]
    ]
    minutes, low, high = np.array(numbers).T
    for minute, value in ((10, -14), (30, 20)):
        assert np.interp(minute, minutes, low) <= value <= np.interp(minute, minutes, high)


@pytest.mark.django_db
def test_from_where_the_line_of_this_person_starts_is_said_whenever_it_is_drawn() -> None:
    session = looked_at(Room(), {15: 6, 25: 16, 35: 26, 45: 28, 55: 15, 65: 8, 95: 1, 105: 0})
    shown = expected_of(session, state_of(session))
    assert shown.learned is not None
    line = next(one for one in shown.learned.lines if "the one that was read" in one)
    found = re.search(r"probably (\d+\.\d) mmHg (above|below)", line)
    assert found is not None
    start = float(found[1]) * (1 if found[2] == "above" else -1)
    assert 0 < abs(start) < 3, line
    pressure = next(one for one in shown.figures if one.title.startswith("Rise"))
    column = pressure.table.columns.index("This person so far (mmHg)")
    drawn = [float(row[column].replace("\N{MINUS SIGN}", "-")) for row in pressure.table.rows if row[column]]
    assert drawn[0] == pytest.approx(start, abs=0.06)
    change = next(one for one in shown.changes if one.startswith("Systolic"))
    assert f"starts at {start:+.1f}, peaks at {max(drawn):+.0f} mmHg" in change


def watched(room: Room, lines: Mapping[int, Mapping[str, float]]) -> Session:
    """A session whose dose began at minute 5 after NOW, with these vital signs, minutes after the dose."""
    room.patient.birth_date = date(1980, 5, 1)
    room.patient.save()
    session = room.dosing()
    rows = [
        event(EventKind.VITALS, {**BEFORE, **line}, at=NOW + (5 + minute) * MINUTE) for minute, line in lines.items()
    ]
    commands.append_events(room.nurse, session, rows, NOW + 121 * MINUTE)
    return again(session)


def following(times: Mapping[str, float], **stray: Mapping[int, float]) -> dict[int, dict[str, float]]:
    """Vital signs that rise so many times as predicted, once where nothing is said, but for the stray ones."""
    simulation, lines = predicted(ORDERS["iv"]), {}
    for minute in (10, 20, 30, 40, 50, 60, 75, 90, 105):
        rises = {name: np.interp(minute / 60, simulation.at_h, simulation.named(name).typical) for name in FIELDS}
        lines[minute] = {
            field: float(round(BEFORE[field] + times.get(name, 1) * rises[name])) for name, field in FIELDS.items()
        } | {field: numbers[minute] for field, numbers in stray.items() if minute in numbers}
    return lines


def shown_of(lines: Mapping[int, Mapping[str, float]]) -> Expected:
    session = watched(Room(), lines)
    return expected_of(session, state_of(session))


def slope_of(shown: Expected, words: str) -> float:
    """How many times the usual a slope in the table of what moved is; the usual where it hardly moved."""
    assert shown.learned is not None
    rows = (row for row in shown.learned.rows if row.name == words)
    return next((float(row.own.split()[0]) / float(row.usual.split()[0]) for row in rows), 1.0)


@pytest.mark.django_db
def test_every_vital_sign_has_its_own_reading_before_and_sedation_is_read_from_its_own_form_only() -> None:
    room = Room()
    session = watched(room, {20: {"systolic_mmhg": 131, "diastolic_mmhg": 82, "heart_rate_per_min": 75}})
    for instrument, level in (("moaas", 4.0), ("ramsay", 3.0)):
        rating = {"instrument": instrument, "concern": "sedation", "total": level, "resolved": False}
        room.write(session, EventKind.SCALE, rating, at=NOW + 35 * MINUTE)
    seen = {look.kind: (look.at_min, look.value, look.before) for look in looks_of(state_of(again(session)))}
    assert seen == {
        "systolic": (20, 131, 122),
        "diastolic": (20, 82, 78),
        "pulse": (20, 75, 70),
        "moaas": (30, 4, None),
    }


@pytest.mark.django_db
def test_a_vital_sign_that_was_not_read_before_the_dose_is_not_learned_from() -> None:
    room = Room()
    session = room.ready()
    room.write(session, EventKind.VITALS, {"systolic_mmhg": 120.0, "diastolic_mmhg": 76.0}, at=NOW + 4 * MINUTE)
    room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=NOW + 5 * MINUTE)
    room.write(session, EventKind.VITALS, BEFORE, at=NOW + 25 * MINUTE)
    looks = looks_of(state_of(again(session)))
    assert {look.kind: look.before for look in looks} == {"systolic": 120, "diastolic": 76}


@pytest.mark.django_db
def test_who_follows_the_prediction_stays_near_the_usual_and_each_slope_is_moved_by_its_own_readings() -> None:
    systolic, diastolic = "Rise of systolic pressure with the level", "Rise of diastolic pressure with the level"
    pulse = "Rise of the pulse with the level"
    usual = shown_of(following({}))
    assert not usual.strange
    assert all(0.9 < slope_of(usual, name) < 1.1 for name in (systolic, diastolic, pulse))
    alone = shown_of(following({"systolic_rise": 4}))
    both = shown_of(following({"systolic_rise": 4, "diastolic_rise": 4}))
    assert slope_of(both, systolic) > slope_of(alone, systolic) > 1.5
    assert slope_of(both, diastolic) > slope_of(alone, diastolic)
    assert slope_of(both, pulse) == pytest.approx(1, abs=0.1)
    assert both.learned is not None
    assert any("Diastolic pressure rises 2." in line for line in both.learned.lines), both.learned.lines
    racing = shown_of(following({"pulse_rise": 8}))
    assert slope_of(racing, pulse) > 1.3
    assert slope_of(racing, systolic) == pytest.approx(slope_of(usual, systolic), abs=0.05)


@pytest.mark.django_db
def test_a_level_of_sedation_moves_how_strongly_sedation_answers() -> None:
    steepness = "Steepness of sedation with the level"
    found = {}
    for level in (5.0, 3.0):
        room = Room()
        session = watched(room, following({}))
        for minute in (25, 45, 65):
            rating = {"instrument": "moaas", "concern": "sedation", "total": level, "resolved": False}
            room.write(session, EventKind.SCALE, rating, at=NOW + minute * MINUTE)
        shown = expected_of(session := again(session), state_of(session))
        assert shown.learned is not None
        assert "(9 systolic, 9 diastolic, 9 pulse, 3 MOAA/S)" in shown.learned.headline
        found[level] = slope_of(shown, steepness)
    assert found[5.0] < 1 < found[3.0]


@pytest.mark.django_db
def test_a_single_pulse_far_out_stops_nobody_from_learning_of_the_pressures() -> None:
    shown = shown_of(following({"systolic_rise": 4, "diastolic_rise": 4}, heart_rate_per_min={30: 110.0}))
    assert shown.learned is not None
    assert not shown.learned.is_prior
    assert shown.learned.headline == "Learned from 18 readings of this session (9 systolic, 9 diastolic)."
    assert any("No pulse is learned from: pulse 110 at minute 30 lies far" in line for line in shown.learned.lines)
    shown = shown_of(following({}, diastolic_mmhg={30: 115.0}))
    assert shown.learned is not None
    assert "Diastolic 115 at minute 30 lies" in shown.learned.headline
    assert "Check its time, the number and the cuff" in shown.learned.headline


@pytest.mark.django_db
def test_diastolic_pressure_and_pulse_beyond_are_said_and_two_pressures_of_one_cuff_are_one_witness() -> None:
    shown = shown_of({20: {"diastolic_mmhg": 81.0}, 30: {"systolic_mmhg": 150.0, "diastolic_mmhg": 98.0}})
    assert (shown.chip, shown.strange) == ("2 beyond", False)
    assert "rise of diastolic pressure higher (+20 mmHg at minute 30)" in shown.verdict
    for lines, words, short in (
        ({20: {}, 30: {"heart_rate_per_min": 104.0}}, "rise of the pulse far higher than predicted", "pulse +34/min"),
        (
            {20: {"heart_rate_per_min": 86.0}, 30: {"heart_rate_per_min": 87.0}},
            "rise of the pulse higher than predicted twice in a row (+16/min at minute 20, +17/min at minute 30)",
            "pulse +17/min",
        ),
        (
            {20: {}, 30: {"systolic_mmhg": 150.0, "heart_rate_per_min": 87.0}},
            "rise of systolic pressure higher than predicted (+28 mmHg at minute 30); rise of the pulse higher",
            "systolic pressure +28 mmHg, pulse +17/min",
        ),
        (
            {20: {"diastolic_mmhg": 97.0}, 30: {"diastolic_mmhg": 98.0}},
            "rise of diastolic pressure higher than predicted twice in a row",
            "diastolic pressure +20 mmHg",
        ),
    ):
        session = watched(Room(), lines)
        assert words in expected_of(session, state_of(session)).verdict
        assert not_as_predicted(session, state_of(session)) == short


@pytest.mark.django_db
def test_the_figures_of_diastolic_pressure_and_pulse_are_there_but_closed(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("euthymia.clinic.sessions.views.timezone.now", lambda: NOW + 90 * MINUTE)
    room = Room()
    session = watched(room, following({"diastolic_rise": 6}))
    shown = expected_of(session, state_of(session))
    diastolic, pulse = shown.more
    assert diastolic.title == "Rise of diastolic pressure: predicted and observed"
    assert pulse.title == "Rise of the pulse: predicted and observed"
    assert pulse.source.startswith("Worked out from one mean rise of one series (assembled), driven by ")
    assert "9 observed" in pulse.description
    assert shown.learned is not None
    line = next(one for one in shown.learned.lines if "the one that was read" in one)
    start = re.search(r"diastolic pressure (?:before the dose was probably )?(\d+\.\d) mmHg above", line)
    assert start is not None, line
    column = diastolic.table.columns.index("This person so far (mmHg)")
    assert next(row[column] for row in diastolic.table.rows if row[column]) == start[1]
    page = sign_in(client, room.nurse).get(f"/sessions/{session.id}/live/?part=expected").content.decode()
    assert "<details><summary>Diastolic pressure and pulse</summary>" in page
    before, after = page.split("<details><summary>Diastolic pressure and pulse</summary>")
    assert "Rise of the pulse: predicted" not in before
    assert "Rise of the pulse: predicted" in after
