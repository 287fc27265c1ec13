"""The plan opens with what earlier sessions of this person say, or says that they say nothing yet."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from django.test import Client
from tests.builders import NOW, sign_in
from tests.session_room import BEFORE, Room, event, signed_version

from euthymia.care.session_events import EventKind
from euthymia.clinic.people.models import RecordEntry
from euthymia.clinic.plans.medicines import RECORDED_AS, known_in
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.learning import (
    APART_MIN,
    MOST_BY_HAND,
    MOST_COUNTED,
    Look,
    Sitting,
    compared_looks,
    earlier_sittings,
    learned_from,
    marked,
)
from euthymia.pharmacology import Dose, Person, interactions

IV = "iv_racemic_05"
DOSE = Dose(drug="ketamine", route="iv", amount_mg=35, start_h=0.0, duration_h=40 / 60)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
# A person whose pressure rises well above what most people's does, and who hardly dissociates.
RISES = {10: 18, 20: 30, 30: 38, 40: 40, 60: 28, 80: 20, 100: 14}
TOTALS = {20: 2, 40: 3, 60: 1}


@pytest.fixture
def room(db: None) -> Room:
    made = Room()
    made.patient.birth_date = date(1980, 5, 1)
    made.patient.save()
    return made


def treated(room: Room, rises: dict[int, float], totals: dict[int, int]) -> None:
    """One session whose dose began five minutes after NOW, with these looks, minutes after the dose."""
    session, from_at = room.dosing(), NOW + 5 * MINUTE
    rows = [
        event(
            EventKind.VITALS, BEFORE | {"systolic_mmhg": BEFORE["systolic_mmhg"] + rise}, at=from_at + minute * MINUTE
        )
        for minute, rise in rises.items()
    ]
    rows += [
        event(
            EventKind.SCALE,
            {"instrument": "cadss6", "concern": "dissociation", "total": float(total), "resolved": False},
            at=from_at + minute * MINUTE + MINUTE / 2,
        )
        for minute, total in totals.items()
    ]
    commands.append_events(room.nurse, session, rows, from_at + 2 * 60 * MINUTE)


def take(room: Room, display: str, status: str = "active") -> None:
    RecordEntry.objects.create(
        clinic=room.clinic, patient=room.patient, kind="medication", display=display, status=status, at=NOW,
        source="imported", recorded_at=NOW, recorded_by="test",
    )  # fmt: skip


def asked(room: Room, client: Client, monkeypatch: pytest.MonkeyPatch, part: str = "prediction") -> str:
    monkeypatch.setattr("euthymia.clinic.plans.views.timezone.now", lambda: NOW + DAY)
    sign_in(client, room.prescriber)
    answer = client.get(f"/people/{room.patient.id}/plan/{part}/", {"protocol": IV, "weight": "70"})
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_plan_opens_with_what_earlier_readings_say_and_shows_the_curve_with_and_without(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated(room, RISES, TOTALS)
    shown = asked(room, client, monkeypatch)
    assert "Learned from 24 readings in the session before (7 systolic, 7 diastolic, 7 pulse, 3 CADSS-6)." in shown
    assert "Systolic pressure rises" in shown
    assert "times the usual with the same level" in shown
    assert "with what was learned" in shown
    assert "This person, as learned" in shown
    assert "Anybody like this person" in shown
    assert "The prior is still doing the talking about everything else" in shown
    assert shown.index("From earlier sessions") < shown.index("Planned: ")


def test_the_plan_learns_from_diastolic_pressure_pulse_and_sedation_too(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated(room, RISES, TOTALS)
    awake = {"instrument": "moaas", "concern": "sedation", "total": 5.0, "resolved": True}
    room.write(room.patient.sessions.get(), EventKind.SCALE, awake, at=NOW + 35 * MINUTE)
    sitting = earlier_sittings(room.patient, NOW + DAY, "ketamine")[0]
    kinds = {"systolic": 7, "diastolic": 7, "pulse": 7, "cadss6": 3, "moaas": 1}
    assert Counter(look.kind for look in sitting.looks) == kinds
    shown = asked(room, client, monkeypatch)
    assert "Rise of diastolic pressure with the level" in shown
    assert "pulse.slope" not in shown
    assert "Slope" not in shown


def test_where_this_person_starts_is_told_apart_by_vital_sign(room: Room) -> None:
    """Also where two vital signs were the same number before the dose."""
    looks = [
        Look(kind, 10.0 * place, 70.0 + place * more, 70.0)
        for kind, more in (("diastolic", 0), ("pulse", -3))
        for place in range(1, 8)
    ]
    looks.sort(key=lambda look: (look.at_min, look.kind))
    taught = learned_from((Sitting(NOW, (DOSE,), tuple(looks)),), Person(40, "female", 70.0), 0, ())
    assert taught.looks == 14
    assert taught.starts["pulse"] < taught.starts["diastolic"] <= 0
    assert taught.starts["systolic"] == 0


def test_readings_that_move_nothing_are_said_to_move_nothing(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated(room, {100: 2}, {})
    shown = asked(room, client, monkeypatch)
    assert "The prior is still doing the talking. 3 readings in the session before moved too little" in shown
    assert "This person, as learned" not in shown


def test_a_session_without_a_reading_teaches_nothing_and_a_first_plan_says_nothing_of_learning(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "From earlier sessions" not in asked(room, client, monkeypatch)
    treated(room, {}, {})
    shown = asked(room, client, monkeypatch)
    assert "Nothing was read yet from which this person could be told apart." in shown


def test_a_reading_far_from_all_others_stops_it_and_is_named(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated(room, RISES | {90: -42}, TOTALS)
    shown = asked(room, client, monkeypatch)
    assert "Systolic 80 at minute 90 lies" in shown
    assert "Check its time, the number and the cuff" in shown
    assert "This person, as learned" not in shown


def test_a_recorded_medicine_that_changes_first_pass_is_counted_and_named(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    without = asked(room, client, monkeypatch)
    take(room, "Clarithromycin 500 MG Oral Tablet")
    take(room, "Sertraline 50 MG Oral Tablet")
    take(room, "Rifampicin 300 MG Capsule", status="stopped")
    shown = asked(room, client, monkeypatch)
    assert "from this person&#x27;s record: Clarithromycin 500 MG Oral Tablet." in shown
    assert "intrinsic clearance of the gut wall x 0.4744" in shown
    assert "Counted, from" not in without
    peak = "Peak "
    assert shown[shown.index(peak) :][:40] != without[without.index(peak) :][:40]


def test_the_same_peak_by_the_clinics_other_routes_stands_side_by_side(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_version(room.clinic, "im_racemic", room.prescriber)
    signed_version(room.clinic, "esketamine_nasal_trd", room.prescriber)
    shown = asked(room, client, monkeypatch, "equivalents")
    assert "Planned: ketamine into a vein" in shown
    assert "ketamine into a muscle" in shown
    assert "esketamine into the nose" in shown
    assert "Share of the dose that reaches the blood" in shown
    assert "not an order" in shown
    assert "<svg" in shown
    assert "devices come whole" in shown


def test_without_another_route_it_says_so(room: Room, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "know no other route" in asked(room, client, monkeypatch, "equivalents")


def test_without_scripts_the_other_routes_come_with_the_page(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_version(room.clinic, "im_racemic", room.prescriber)
    monkeypatch.setattr("euthymia.clinic.plans.views.timezone.now", lambda: NOW + DAY)
    page = f"/people/{room.patient.id}/plan/"
    shown = sign_in(client, room.prescriber).get(page, {"protocol": IV, "weight": "70", "all": "1"})
    assert "Share of the dose that reaches the blood" in shown.content.decode()
    assert "Planned: 35 mg ketamine into a vein" in shown.content.decode()


def test_the_dose_and_its_decision_do_not_wait_for_the_prediction(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    treated(room, RISES, TOTALS)
    shown = asked(room, client, monkeypatch, "preview")
    assert "35 mg" in shown
    assert f"/people/{room.patient.id}/plan/prediction/?protocol={IV}&amp;weight=70" in shown
    assert "Planned: 35 mg" not in shown


def test_every_medicine_the_engine_knows_can_be_found_in_a_record() -> None:
    assert {each.name for each in interactions()} == set(RECORDED_AS)
    assert known_in("St. John's wort extract 300 mg") == ("st_johns_wort",)
    assert known_in("Rifampin 300 MG Oral Capsule") == ("rifampicin",)
    assert known_in("Sertraline 50 MG") == ()


def test_a_feed_counts_no_more_than_somebody_who_looks_every_few_minutes() -> None:
    fed = [Look("systolic", second / 60, 130.0, 120.0) for second in range(600)]
    assert [look.at_min for look in marked(fed) if look.counted] == [0.0, APART_MIN]
    spike = Look("systolic", 4.5, 170.0, 120.0)
    compared = compared_looks(marked([*fed[:250], spike, *fed[250:]]))
    assert spike.value in {look.value for look in compared}
    assert fed[-1].at_min in {look.at_min for look in compared}
    assert len(compared) <= 21


def test_what_is_typed_counts_however_soon_after_another() -> None:
    typed = [Look("systolic", 25 + 0.4 * place, 120.0 + place, 120.0) for place in range(MOST_BY_HAND)]
    assert all(look.counted for look in marked(typed))
    assert compared_looks(marked(typed)) == tuple(typed)
    one_more = Look("systolic", 29.9, 150.0, 120.0)
    assert [look.counted for look in marked([*typed, one_more])] == [True] + [False] * MOST_BY_HAND
    other = Look("cadss6", 25.1, 18.0)
    assert all(look.counted for look in marked(sorted([*typed, other], key=lambda look: look.at_min)))


def test_of_very_many_typed_looks_the_newest_count() -> None:
    typed = [Look("systolic", float(minute), 120.0, 120.0) for minute in range(MOST_COUNTED + 30)]
    found = marked(typed)
    assert [look.counted for look in found] == [False] * 30 + [True] * MOST_COUNTED


def test_a_fit_that_fails_is_a_sentence_and_not_an_error(room: Room) -> None:
    treated(room, RISES, TOTALS)
    sittings = tuple(earlier_sittings(room.patient, NOW + DAY, "ketamine"))
    child = learned_from(sittings, Person(9, "female", 30.0), 0, ())
    assert child.individual is None
    assert "could not be estimated" in child.why_not
