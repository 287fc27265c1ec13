"""Predicted beside observed: an ordinary visit is quiet, an extraordinary one is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.builders import NOW, sign_in
from tests.session_room import BEFORE, Room, again, event

from euthymia.care.dosing import Room as RoomUnder
from euthymia.care.protocols.load import load_protocol
from euthymia.care.session_events import EventKind
from euthymia.clinic.demo.body import Curves, invented_body
from euthymia.clinic.people.models import RecordEntry
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.comparing import NOISE, RISE_NOISE_MMHG, with_noise
from euthymia.clinic.sessions.expected import expected_of
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.page import fill_of
from euthymia.clinic.sessions.queries import state_of
from euthymia.pharmacology import Band, Dose, Person, Regimen, Seen, Simulation, observed_within_band, simulate

MINUTE = timedelta(minutes=1)
LOOKS_MIN = (10, 20, 30, 40, 50, 60, 90, 105)
VISITS = 100
ORDERS = {
    "iv": Dose(drug="ketamine", route="iv", amount_mg=35, start_h=0.0, duration_h=40 / 60),
    "im": Dose(drug="ketamine", route="im", amount_mg=35, start_h=0.0),
    "nasal": Dose(drug="esketamine", route="nasal", amount_mg=56, start_h=0.0),
}


def predicted(dose: Dose) -> Simulation:
    times = [minute / 60 for minute in range(0, 151, 2)]
    return simulate(
        Regimen((dose,)), Person(40, "female", 70.0), times, band=Band(people=200, seed=7, quantiles=(0.05, 0.5, 0.95))
    )


@pytest.mark.parametrize("route", list(ORDERS))
def test_ordinary_visits_are_seldom_called_strange(route: str) -> None:
    """Invented people, who differ in how strongly they answer, looked at with the noise of a cuff and of a rating."""
    simulation = predicted(ORDERS[route])
    compared = with_noise(simulation)
    rises = {"systolic_rise": "systolic_mmhg", "diastolic_rise": "diastolic_mmhg", "pulse_rise": "heart_rate_per_min"}
    curves = Curves(
        simulation.at_h * 60, simulation.named("dissociation").typical, simulation.named("systolic_rise").typical
    )
    strange = 0
    for seed in range(VISITS):
        rng = np.random.default_rng(seed)
        body = invented_body(40, rng)
        before = body.at(curves, -10, rng)
        lines = [(minute, body.at(curves, minute, rng)) for minute in LOOKS_MIN]
        looks = [
            [(effect, minute, line[name] - before[name]) for minute, line in lines] for effect, name in rises.items()
        ]
        rated = [("dissociation", minute, body.cadss6(curves, minute, rng) / 24) for minute in (20, 40, 60)]
        for rows in (*looks, rated):
            seen = [observed_within_band(compared, name, minute / 60, value) for name, minute, value in rows]
            strange += any(one is two is not Seen.WITHIN for one, two in pairwise(seen))
    assert strange <= 0.03 * VISITS


def test_the_drawn_band_stays_and_only_the_comparison_widens() -> None:
    simulation = predicted(ORDERS["iv"])
    compared = with_noise(simulation)
    for name, noise in NOISE.items():
        drawn, wide = simulation.named(name), compared.named(name)
        assert np.array_equal(drawn.typical, wide.typical)
        assert (wide.band[0.05] <= drawn.band[0.05]).all()
        assert (wide.band[0.95] >= drawn.band[0.95]).all()
        assert (wide.band[0.95] - wide.typical >= noise.half_width - 1e-9).all()
    assert np.array_equal(simulation.series[0].band[0.95], compared.series[0].band[0.95])


@pytest.mark.django_db
@pytest.mark.parametrize(("rise", "strange"), [(0.0, False), (12.0, False), (45.0, True), (-40.0, True)])
def test_the_page_speaks_up_for_a_rise_that_no_cuff_explains(rise: float, strange: bool) -> None:
    room = Room()
    room.patient.birth_date = date(1980, 5, 1)
    room.patient.save()
    session = room.dosing()
    assert abs(rise) > RISE_NOISE_MMHG or not strange
    changed = BEFORE | {"systolic_mmhg": BEFORE["systolic_mmhg"] + rise}
    rows = [event(EventKind.VITALS, changed, at=NOW + minute * MINUTE) for minute in (20, 30)]
    commands.append_events(room.nurse, session, rows, NOW + 31 * MINUTE)
    session = again(session)
    shown = expected_of(session, state_of(session))
    assert shown.strange is strange, shown.verdict
    assert any("rises seen with placebo" in line for line in shown.assumptions)
    assert any("display tolerance of this house" in line for line in shown.assumptions)
    assert any("blood pressures, pulses, CADSS-6 totals and MOAA/S levels" in line for line in shown.assumptions)
    assert any("A rise of the pulse is compared with the band and 12/min" in line for line in shown.assumptions)


def looked_at(room: Room, rises: dict[int, float], at: datetime = NOW) -> Session:
    """A session whose dose began five minutes after `at`, with these rises by minutes after `at`."""
    room.patient.birth_date = date(1980, 5, 1)
    room.patient.save()
    session = room.dosing(at)
    rows = [
        event(EventKind.VITALS, BEFORE | {"systolic_mmhg": BEFORE["systolic_mmhg"] + rise}, at=at + minute * MINUTE)
        for minute, rise in rises.items()
    ]
    commands.append_events(room.nurse, session, rows, at + 121 * MINUTE)
    return again(session)


@pytest.mark.django_db
def test_one_look_far_out_is_said_at_once_with_the_number_and_the_minute() -> None:
    session = looked_at(Room(), {15: 8, 25: 75})
    shown = expected_of(session, state_of(session))
    assert shown.strange
    assert "far higher than predicted (+75 mmHg at minute 20)" in shown.verdict
    assert "997 people in 1000 are nearer to the usual. Check them first." in shown.because


@pytest.mark.django_db
def test_what_is_strange_is_explained_by_what_was_learned_or_said_to_be_unexplained() -> None:
    session = looked_at(Room(), {15: 20, 25: 36, 35: 46, 45: 48})
    shown = expected_of(session, state_of(session))
    assert shown.strange
    assert shown.because.startswith("How the model explains it: Systolic pressure rises"), shown.because
    session = looked_at(Room(), {15: 6, 25: 8, 35: 8, 45: 8, 55: 6, 65: 26, 66: 26})
    shown = expected_of(session, state_of(session))
    assert shown.strange
    assert "Nothing learned of this person explains it" in shown.because


@pytest.mark.django_db
def test_readings_make_a_band_of_this_person_beside_that_of_anybody() -> None:
    room = Room()
    session = room.dosing()
    assert expected_of(session, state_of(session)).learned is None
    session = looked_at(Room(), {15: 16, 25: 26, 35: 33, 45: 34, 55: 24, 65: 18, 85: 14})
    shown = expected_of(session, state_of(session))
    assert shown.learned is not None
    assert not shown.learned.is_prior
    assert shown.learned.headline == "Learned from 21 readings of this session (7 systolic, 7 diastolic, 7 pulse)."
    assert any("times the usual with the same level" in line for line in shown.learned.lines), shown.learned.lines
    assert any("with what was learned" in line for line in shown.changes)
    pressure = next(one for one in shown.figures if one.title.startswith("Rise"))
    assert "This person so far" in pressure.wide
    assert "Anybody like this person" in pressure.table.as_html()


@pytest.mark.django_db
def test_a_first_reading_that_was_too_high_is_said_and_the_line_starts_lower() -> None:
    session = looked_at(Room(), {15: -14, 25: -12, 35: -10, 45: -9, 65: -13, 85: -15, 105: -16, 115: -15})
    shown = expected_of(session, state_of(session))
    assert shown.learned is not None
    assert any("mmHg below the one that was read" in line for line in shown.learned.lines), shown.learned


@pytest.mark.django_db
def test_a_look_out_of_a_feed_is_drawn_when_it_is_not_as_predicted() -> None:
    rises = {20 + second / 60: 8.0 for second in range(0, 600, 10)} | {22.25: 75.0}
    session = looked_at(Room(), rises)
    shown = expected_of(session, state_of(session))
    pressure = next(one for one in shown.figures if one.title.startswith("Rise"))
    assert "1 beyond it" in pressure.description
    assert pressure.wide.count("75") >= 1
    assert not shown.strange


@pytest.mark.django_db
def test_a_reading_that_moves_nothing_leaves_the_prior_talking() -> None:
    session = looked_at(Room(), {8: 2})
    shown = expected_of(session, state_of(session))
    assert shown.learned is not None
    assert shown.learned.is_prior
    assert "The prior is still doing the talking" in shown.learned.headline
    assert all("This person so far" not in one.wide for one in shown.figures)


@pytest.mark.django_db
def test_earlier_sessions_of_the_same_drug_are_learned_from_too() -> None:
    room = Room()
    first = looked_at(room, {15: 16, 25: 26, 45: 34, 65: 18})
    Session.objects.filter(pk=first.pk).update(closed_at=NOW + 150 * MINUTE)
    second = looked_at(room, {15: 18}, NOW + timedelta(days=7))
    shown = expected_of(second, state_of(second))
    assert shown.learned is not None
    assert (
        "15 readings, of today and of the session before (5 systolic, 5 diastolic, 5 pulse)" in shown.learned.headline
    )
    assert any("session 2: dissociation fades" in line for line in shown.assumptions)


@pytest.mark.django_db
def test_the_estimate_is_a_part_of_its_own_and_says_that_it_is_no_advice(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("euthymia.clinic.sessions.views.timezone.now", lambda: NOW + 90 * MINUTE)
    room = Room()
    session = looked_at(room, {15: 16, 25: 26, 45: 34, 65: 18})
    sign_in(client, room.nurse)
    asked: list[object] = []
    monkeypatch.setattr("euthymia.clinic.sessions.page.expected_of", lambda *given: asked.append(given))
    sheet = client.get(f"/sessions/{session.id}/live/?part=sheet").content.decode()
    assert "Predicted and observed" not in sheet
    assert asked == []
    monkeypatch.undo()
    monkeypatch.setattr("euthymia.clinic.sessions.views.timezone.now", lambda: NOW + 90 * MINUTE)
    for path in (f"/sessions/{session.id}/live/?part=expected", f"/sessions/{session.id}/?expected=yes"):
        shown = client.get(path).content.decode()
        assert "This person so far" in shown
        assert "no advice on a dose" in shown
        assert "venous-type" in shown


@pytest.mark.parametrize(
    ("used", "words", "left"),
    [
        (0.4994, "0.5 of 0.75 mg/kg", "0.25 left"),
        (0.75, "0.75 of 0.75 mg/kg", "0 left"),
        (0.7549, "0.75 of 0.75 mg/kg", "0.01 over"),
        (0.001, "0 of 0.75 mg/kg", "0.74 left"),
    ],
)
def test_room_under_a_cap_reads_in_two_decimals_and_never_looks_larger(used: float, words: str, left: str) -> None:
    shipped = load_protocol("iv_racemic_05").limits[0]
    cap = replace(shipped, number=replace(shipped.number, value=0.75, unit="mg/kg"))
    fill = fill_of(RoomUnder(cap, used, 0.75 - used))
    assert (fill.words, fill.left) == (words, left)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/board/", "/sessions/{}/", "/sessions/{}/live/?part=sheet", "/sessions/{}/live/?part=expected"]
)
def test_a_page_asks_the_database_as_often_for_many_events_as_for_few(
    client: Client, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("euthymia.clinic.sessions.views.timezone.now", lambda: NOW + 40 * MINUTE)
    room = Room()
    session = room.dosing()
    sign_in(client, room.nurse)
    url = path.format(session.id)
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        assert client.get(url).status_code == 200
    rows = [event(EventKind.VITALS, BEFORE, at=NOW + minute * MINUTE) for minute in range(6, 36)]
    commands.append_events(room.nurse, session, rows, NOW + 36 * MINUTE)
    client.get(url)
    with CaptureQueriesContext(connection) as many:
        assert client.get(url).status_code == 200
    assert len(many) == len(few)


@pytest.mark.django_db
def test_a_recorded_medicine_that_acts_on_first_pass_is_named_beside_the_forecast() -> None:
    room = Room()
    without = expected_of(session := looked_at(room, {15: 6}), state_of(session))
    RecordEntry.objects.create(
        clinic=room.clinic, patient=room.patient, kind="medication", display="Rifampicin 300 MG Capsule",
        status="active", at=NOW, source="imported", recorded_at=NOW, recorded_by="test",
    )  # fmt: skip
    shown = expected_of(session, state_of(session))
    assert without.taking == ()
    assert "Rifampicin 300 MG Capsule" in shown.taking[0]
    assert shown.figures[-1].wide != without.figures[-1].wide
