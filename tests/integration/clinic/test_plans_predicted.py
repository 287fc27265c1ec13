"""What a plan page predicts: one number for one thing, what was left out of it, and where it goes too far."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client
from tests.builders import NOW, sign_in
from tests.session_room import Room, signed_version

from euthymia.care.decision import Level
from euthymia.care.dosing import Room as UnderCap
from euthymia.care.protocol import Bound, Cited, Limit, Measure, Stage
from euthymia.care.protocols.load import load_protocol
from euthymia.clinic.people.models import RecordEntry
from euthymia.clinic.plans.asked import AskedDose, Whom, usual_dose
from euthymia.clinic.plans.curves import PRESSURE, effect_of, highest, model_name, route_prediction, tops_of
from euthymia.clinic.plans.medicines import taken_by
from euthymia.clinic.plans.plan_pages import room_line
from euthymia.clinic.plans.predictions import simulated, taking_words
from euthymia.clinic.plans.pressure import largest_rise, readings_min
from euthymia.pharmacology import Person, load_model

IV, NASAL = "iv_racemic_05", "esketamine_nasal_trd"
DAY = timedelta(days=1)
SOMEBODY = Whom(Person(45, "female", 70.0), 0)
DRIP = AskedDose("ketamine", "iv", 35.0, 40.0, None)
SPRAY = AskedDose("esketamine", "nasal", 56.0, 0.0, 2)


@pytest.fixture
def room(db: None) -> Room:
    made = Room()
    made.patient.birth_date = date(1980, 5, 1)
    made.patient.save()
    return made


def whole_page(room: Room, client: Client, monkeypatch: pytest.MonkeyPatch, **chosen: str) -> str:
    """The plan page with everything on it, as words."""
    monkeypatch.setattr("euthymia.clinic.plans.views.timezone.now", lambda: NOW + DAY)
    asked = {"protocol": IV, "weight": "70", "weight_confirmed": "on", "all": "1"} | chosen
    answer = sign_in(client, room.prescriber).get(f"/people/{room.patient.id}/plan/", asked)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def take(room: Room, display: str, status: str = "active") -> None:
    RecordEntry.objects.create(
        clinic=room.clinic, patient=room.patient, kind="medication", display=display, status=status, at=NOW,
        source="imported", recorded_at=NOW, recorded_by="test",
    )  # fmt: skip


def test_a_peak_is_the_same_number_in_the_sentence_and_in_the_table(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_version(room.clinic, "im_racemic", room.prescriber)
    room.dosing()
    shown = whole_page(room, client, monkeypatch)
    row = re.search(
        r"Typical person, nine in ten in brackets.*?Planned: ketamine into a vein (.*?) ketamine into", shown
    )
    assert row
    peak = re.search(r"Peak (\d+) ng/mL in the typical person \(9 in 10 people: (\d+) to (\d+)\)", shown)
    felt = re.search(
        r"Dissociation peaks near (\d+) % of the most there is \(9 in 10 people: (\d+) to (\d+) %\)", shown
    )
    assert peak
    assert felt
    assert "{} ng/mL ({} to {})".format(*peak.groups()) in row[1]
    assert "{} % ({} to {})".format(*felt.groups()) in row[1]


def test_lines_and_sentences_are_of_the_typical_person() -> None:
    course, _ = simulated(DRIP, SOMEBODY)
    page = route_prediction(DRIP, course, tops=tops_of([course], None), own=None, is_plan=True)
    assert f"the typical person peaks at {course.series[0].typical.max():.0f} ng/mL" in page.plasma.description
    assert f"Peak {course.series[0].typical.max():.0f} ng/mL" in page.peak
    assert highest(course.series[0]).high == pytest.approx(course.series[0].band[0.95].max())


def test_the_table_of_a_later_session_says_which_session_it_is(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_version(room.clinic, "im_racemic", room.prescriber)
    assert "Dissociation in a first session, of the most" in whole_page(room, client, monkeypatch)
    room.dosing()
    shown = whole_page(room, client, monkeypatch)
    assert "Dissociation in session 2, of the most" in shown
    assert "first session, of the most" not in shown


def test_a_recorded_medicine_the_engine_does_not_know_is_named(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(room, "Ketoconazole 200 MG Oral Tablet")
    take(room, "Rifampicin 300 MG Capsule")
    take(room, "Ritonavir 100 MG Oral Tablet")
    take(room, "Voriconazole 200 MG Oral Tablet", status="stopped")
    assert taken_by(room.patient).uncounted == ("Ketoconazole 200 MG Oral Tablet", "Ritonavir 100 MG Oral Tablet")
    shown = whole_page(room, client, monkeypatch)
    assert "Counted, from this person's record: Rifampicin 300 MG Capsule." in shown
    assert "In the record and not counted: Ketoconazole 200 MG Oral Tablet, Ritonavir 100 MG Oral Tablet." in shown
    assert "Voriconazole" not in shown


def test_without_medicines_nothing_is_said_of_them(room: Room) -> None:
    assert taking_words(taken_by(room.patient), []) == ()
    take(room, "Sertraline 50 MG Oral Tablet")
    said = taking_words(taken_by(room.patient), ["56 mg esketamine into the nose"])
    assert len(said) == 1
    assert said[0].startswith("In the record and not counted: Sertraline 50 MG Oral Tablet.")


def test_the_rise_of_pressure_says_which_kind_of_mean_it_is(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = whole_page(room, client, monkeypatch)
    assert re.search(r"the rise to expect at \d+ min, where it is highest, not the largest of several readings", shown)
    largest = largest_rise(DRIP, SOMEBODY, readings_min(load_protocol(IV), 240))
    assert largest
    assert re.search(r"of the 6 that this protocol asks for, the largest lies about \d+ mmHg above the start", shown)


def test_the_largest_of_more_readings_is_larger_and_one_reading_has_none() -> None:
    course, _ = simulated(DRIP, SOMEBODY)
    rise = effect_of(course, PRESSURE)
    few, many = (largest_rise(DRIP, SOMEBODY, at_min) for at_min in ((30.0, 40.0), (10.0, 20.0, 30.0, 40.0, 60.0)))
    assert rise
    assert few
    assert many
    assert float(rise.typical.max()) < few < many
    assert largest_rise(DRIP, SOMEBODY, (40.0,)) is None


def test_pressures_side_by_side_share_their_axis() -> None:
    courses = {asked: simulated(asked, SOMEBODY)[0] for asked in (DRIP, SPRAY)}
    tops = tops_of(courses.values(), None)
    pages = [route_prediction(asked, one, tops=tops, own=None, is_plan=False) for asked, one in courses.items()]
    drawn = [re.findall(r'<text class="tick"[^>]*>([^<]*)', page.pressure.wide) for page in pages if page.pressure]
    assert len(drawn) == 2
    assert drawn[0] == drawn[1]
    highs = [highest(rise).high for one in courses.values() if (rise := effect_of(one, PRESSURE))]
    assert tops.pressure == max(highs)


def test_every_model_behind_a_curve_has_its_card_once(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_version(room.clinic, "im_racemic", room.prescriber)
    signed_version(room.clinic, "sc_racemic", room.prescriber)
    shown = whole_page(room, client, monkeypatch)
    for model_id in ("clements_1981", "kamp_2020", "assembled_racemic_venous", "assembled_racemic_arterial"):
        assert shown.count(f", in this software {model_id} ") == 1, model_id


def test_a_model_is_called_by_authors_and_blood() -> None:
    assert model_name(load_model("clements_1981").card) == "Clements 1981, venous"
    assert model_name(load_model("assembled_racemic_arterial").card) == "Assembled racemic, mixed"


def test_far_beyond_what_was_reported_the_curves_say_so(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Beyond what was reported" not in whole_page(room, client, monkeypatch)
    shown = whole_page(room, client, monkeypatch, mg_per_kg="5")
    assert "5 mg/kg is above 0.75 mg/kg, beyond which its protocol asks for a reason and above 1 mg/kg" in shown
    assert "beyond which its protocol stops. The curves simply go on beyond what was reported" in shown


def test_a_hold_is_asked_about_in_words(room: Room, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = whole_page(room, client, monkeypatch, mg_per_kg="0.8")
    assert "Why this hold is accepted: dose per kilogram at most 0.75 mg/kg" in shown
    assert "Why this hold is accepted: a dose other than the protocol's" in shown


def test_after_a_change_of_drug_it_says_why_nothing_was_learned(
    room: Room, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_version(room.clinic, NASAL, room.prescriber)
    assert "Nothing learned" not in whole_page(room, client, monkeypatch, protocol=NASAL)
    room.dosing()
    shown = whole_page(room, client, monkeypatch, protocol=NASAL)
    assert "Nothing learned: earlier sessions were with ketamine." in shown
    assert "Nothing learned" not in whole_page(room, client, monkeypatch)


def test_another_protocols_dose_says_why_it_is_that_much() -> None:
    because = {
        name: asked.because for name in (IV, NASAL, "im_racemic") if (asked := usual_dose(load_protocol(name), 90))
    }
    assert because == {
        IV: "its protocol's 0.5 mg/kg",
        NASAL: "its protocol's first dose",
        "im_racemic": "half-way in its protocol's range, 0.3 to 1 mg/kg",
    }


def test_one_dose_left_is_one_dose() -> None:
    number = Cited(2.0, "doses", (), None)
    limit = Limit("twice_weekly", Measure.DOSES_IN_7_DAYS, Stage.ORDER, Level.STOP, Bound.AT_MOST, number)
    assert room_line(UnderCap(limit, 1.0, 1.0)).words == "1 of 2 doses, 1 dose left"
    assert room_line(UnderCap(limit, 2.0, 0.0)).words == "2 of 2 doses, 0 doses left"
