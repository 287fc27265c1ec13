"""Predicted beside observed: an ordinary visit is quiet, an extraordinary one is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
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
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.comparing import NOISE, RISE_NOISE_MMHG, with_noise
from euthymia.clinic.sessions.expected import expected_of
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
    curves = Curves(
        simulation.at_h * 60, simulation.named("dissociation").typical, simulation.named("systolic_rise").typical
    )
    strange = 0
    for seed in range(VISITS):
        rng = np.random.default_rng(seed)
        body = invented_body(40, rng)
        before = body.at(curves, -10, rng)["systolic_mmhg"]
        looks = [
            ("systolic_rise", minute, body.at(curves, minute, rng)["systolic_mmhg"] - before) for minute in LOOKS_MIN
        ]
        rated = [("dissociation", minute, body.cadss6(curves, minute, rng) / 24) for minute in (20, 40, 60)]
        for rows in (looks, rated):
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
@pytest.mark.parametrize("path", ["/board/", "/sessions/{}/", "/sessions/{}/live/?part=sheet"])
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
    with CaptureQueriesContext(connection) as many:
        assert client.get(url).status_code == 200
    assert len(many) == len(few)
