"""The monitors' feed: the acknowledged is kept once, what cannot be anybody's is refused, what is old is dashes."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from tests.builders import make_clinic, make_viewer, sign_in
from tests.integration.clinic.monitor_bed import SECOND, Bed, Clock

from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.monitors.commands import move_device, register_device, revoke_device
from euthymia.clinic.monitors.models import MonitorDevice, MonitorStream, PackedMinute, UnpackedSample
from euthymia.clinic.monitors.presenters import DASH, NOT_MONITORING, strip_of
from euthymia.clinic.monitors.queries import current, last_sample_at, samples_of, trend
from euthymia.clinic.sessions.models import Chair, Session, SessionEventRow
from euthymia.clinic.sessions.queries import state_of
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
NORMAL = {"systolic_mmhg": 121, "diastolic_mmhg": 76, "heart_rate_per_min": 72, "spo2_pct": 98}


@pytest.fixture
def bed(clock: Clock) -> Bed:
    return Bed(clock)


def sample(sequence: int, at: datetime, **values: Any) -> dict[str, Any]:
    return {"sequence": sequence, "at": at.isoformat(), **(values or NORMAL)}


def kept(bed: Bed) -> list[tuple[int, dict[str, float]]]:
    rows = samples_of(bed.stream)
    return [(one.sample.sequence, {name.value: v for name, v in one.sample.values.items()}) for one in rows]


def test_a_sample_is_kept_and_acknowledged(bed: Bed) -> None:
    answer = bed.send(sample(1, bed.clock.at))
    assert answer.status_code == 200
    assert answer.json()["acknowledged"] == [1]
    assert kept(bed) == [(1, {name: float(value) for name, value in NORMAL.items()})]
    assert last_sample_at(bed.session) == bed.clock.at


def test_the_same_sample_again_is_acknowledged_and_kept_once(bed: Bed) -> None:
    row = sample(1, bed.clock.at)
    assert [bed.send(row).json()["acknowledged"] for _ in range(3)] == [[1]] * 3
    assert bed.send(row, row).json()["acknowledged"] == [1, 1]
    assert len(kept(bed)) == 1


def test_the_same_again_is_known_after_its_minute_was_packed(bed: Bed) -> None:
    row = sample(1, bed.clock.at)
    bed.send(row)
    bed.clock.beat(timedelta(minutes=3))
    bed.send(sample(2, bed.clock.at))
    assert not UnpackedSample.objects.filter(sequence=1).exists()
    assert bed.send(row).json()["acknowledged"] == [1]
    assert bed.send(sample(1, bed.clock.at)).status_code == 409
    assert [sequence for sequence, _ in kept(bed)] == [1, 2]


def test_another_sample_under_the_same_number_is_a_conflict(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at))
    answer = bed.send(sample(1, bed.clock.at, heart_rate_per_min=90), sample(2, bed.clock.at))
    assert answer.status_code == 409
    assert answer.json()["refused"][0]["error"] == "sequence_taken"
    assert answer.json()["acknowledged"] == [2]
    assert kept(bed)[0][1]["heart_rate_per_min"] == 72


def test_two_in_one_batch_under_one_number_are_a_conflict_too(bed: Bed) -> None:
    answer = bed.send(sample(1, bed.clock.at), sample(1, bed.clock.at, spo2_pct=97))
    assert answer.status_code == 409
    assert len(kept(bed)) == 1


def test_a_sample_from_the_future_is_refused_and_its_neighbour_kept(bed: Bed) -> None:
    answer = bed.send(sample(1, bed.clock.at + timedelta(seconds=61)), sample(2, bed.clock.at + timedelta(seconds=59)))
    assert answer.status_code == 200
    assert [one["error"] for one in answer.json()["refused"]] == ["from_the_future"]
    assert [sequence for sequence, _ in kept(bed)] == [2]


def test_a_clock_that_runs_ahead_does_not_make_a_silent_monitor_look_alive(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at + timedelta(seconds=30)))
    assert last_sample_at(bed.session) == bed.clock.at


def test_a_late_sample_is_kept_marked_late_and_does_not_become_the_newest(bed: Bed) -> None:
    bed.send(sample(2, bed.clock.at, heart_rate_per_min=80))
    answer = bed.send(sample(1, bed.clock.at - timedelta(seconds=40), heart_rate_per_min=140))
    assert answer.json()["late"] == [1]
    assert answer.json()["acknowledged"] == [1]
    assert bed.stream.samples_late == 1
    assert last_sample_at(bed.session) == bed.clock.at
    assert strip(bed)["numbers"]["pulse"]["text"] == "80"


def test_a_sample_from_before_the_person_sat_down_is_not_theirs(bed: Bed) -> None:
    answer = bed.send(sample(1, bed.clock.at - timedelta(minutes=21)))
    assert answer.status_code == 422
    assert answer.json()["refused"][0]["error"] == "before_session"
    assert kept(bed) == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"heart_rate_per_min": 0}, "impossible_value"),
        ({"spo2_pct": 300}, "impossible_value"),
        ({"systolic_mmhg": 76, "diastolic_mmhg": 121}, "swapped_pressure"),
        ({"heart_rate_per_min": "72"}, "not_a_number"),
        ({"heart_rate_per_min": True}, "not_a_number"),
        ({"pulse": 72}, "unknown_channel"),
        ({"quality": {"spo2_pct": "wobbly"}}, "unknown_quality"),
        ({"quality": ["spo2_pct"]}, "bad_quality"),
        ({"quality": {}}, "empty_sample"),
        ({"heart_rate_per_min": 72, "at": "2026-03-02T10:00:00"}, "bad_time"),
        ({"heart_rate_per_min": 72, "at": 5}, "bad_time"),
        ({"heart_rate_per_min": 72, "sequence": -1}, "bad_sequence"),
        ({"heart_rate_per_min": 72, "sequence": 1.5}, "bad_sequence"),
    ],
)
def test_what_no_monitor_can_mean_is_refused_in_words_and_nothing_of_it_kept(
    bed: Bed, values: dict[str, Any], code: str
) -> None:
    answer = bed.send({"sequence": 1, "at": bed.clock.at.isoformat()} | values)
    assert answer.status_code == 422
    (refusal,) = answer.json()["refused"]
    assert (refusal["error"], bool(refusal["message"])) == (code, True)
    assert kept(bed) == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"samples": []}', b'{"samples": {}}', b"\xff"])
def test_what_is_no_batch_is_refused_as_a_whole(bed: Bed, body: bytes) -> None:
    header = {"authorization": f"Bearer {bed.token}"}
    answer = bed.client.post("/monitors/samples", body, content_type="application/json", headers=header)
    assert answer.status_code == 400
    assert not MonitorStream.objects.exists()


def test_nan_is_no_number(bed: Bed) -> None:
    text = json.dumps({"samples": [sample(1, bed.clock.at, spo2_pct=float("nan"))]})
    header = {"authorization": f"Bearer {bed.token}"}
    answer = bed.client.post("/monitors/samples", text, content_type="application/json", headers=header)
    assert answer.status_code == 422
    assert kept(bed) == []


def test_an_artefact_is_a_gap_and_never_a_number(bed: Bed) -> None:
    row = sample(1, bed.clock.at, heart_rate_per_min=72, spo2_pct=61) | {"quality": {"spo2_pct": "artefact"}}
    assert bed.send(row).status_code == 200
    assert kept(bed) == [(1, {"heart_rate_per_min": 72.0})]
    shown = strip(bed)["numbers"]
    assert (shown["oxygen"]["text"], shown["oxygen"]["note"]) == (DASH, "artefact")
    assert shown["pulse"]["text"] == "72"


def test_with_nobody_in_the_chair_nothing_is_kept(clock: Clock) -> None:
    bed = Bed(clock, seated=False)
    answer = bed.send(sample(1, clock.at))
    assert (answer.status_code, answer.json()["error"]) == (404, "no_session")
    bed.room.session(clock.at)
    assert bed.send(sample(1, clock.at)).status_code == 404, "planned is not seated"
    assert not MonitorStream.objects.exists()


def test_after_the_visit_nothing_more_is_kept(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at))
    Session.objects.update(phase="cancelled", closed_at=bed.clock.at)
    assert bed.send(sample(2, bed.clock.beat())).json()["error"] == "no_session"
    assert [sequence for sequence, _ in kept(bed)] == [1]


def test_an_unknown_secret_and_a_revoked_monitor_are_told_nothing(bed: Bed) -> None:
    row = sample(1, bed.clock.at)
    assert bed.send(row, token="not-the-secret").status_code == 401
    revoke_device(bed.manager, bed.device.id, bed.clock.at)
    answer = bed.send(row)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert not MonitorStream.objects.exists()


def test_the_secret_is_kept_as_a_hash_and_shown_once(bed: Bed) -> None:
    client = sign_in(Client(), bed.manager)
    page = client.post("/monitors/", {"name": "Monitor B", "chair": bed.room.chair.pk})
    token = page.context["token"]
    assert token in page.content.decode()
    assert token not in client.get("/monitors/").content.decode()
    device = MonitorDevice.objects.get(name="Monitor B")
    assert token not in str(vars(device))
    assert bed.send(sample(1, bed.clock.at), token=token).status_code == 200


def test_only_a_manager_registers_and_only_at_a_chair_of_their_clinic(bed: Bed) -> None:
    elsewhere = make_viewer(make_clinic(), Role.MANAGER)
    with pytest.raises(BadInput, match="managers"):
        register_device(bed.room.nurse, name="Mine", chair=bed.room.chair, now=bed.clock.at)
    assert sign_in(Client(), elsewhere).post(f"/monitors/{bed.device.id}/revoke/").status_code == 404
    refused = sign_in(Client(), elsewhere).post("/monitors/", {"name": "Mine", "chair": bed.room.chair.pk})
    assert refused.status_code == 404
    assert sign_in(Client(), bed.manager).post("/monitors/", {"name": " ", "chair": "x"}).status_code == 422
    assert MonitorDevice.objects.count() == 1


def test_registering_moving_and_revoking_are_in_the_access_log(bed: Bed) -> None:
    other = Chair.objects.create(clinic=bed.room.clinic, name="Chair 2", position=2)
    client = sign_in(Client(), bed.manager)
    assert client.post(f"/monitors/{bed.device.id}/move/", {"chair": other.pk}).status_code == 302
    assert client.post(f"/monitors/{bed.device.id}/revoke/").status_code == 302
    actions = AuditEntry.objects.filter(subject="monitor_device").values_list("action", flat=True)
    assert list(actions) == ["create", "change", "change"]


def test_the_first_sample_for_a_person_is_in_the_access_log_and_the_next_are_not(bed: Bed) -> None:
    for number in range(3):
        bed.send(sample(number, bed.clock.beat()))
    (entry,) = AuditEntry.objects.filter(subject="monitor_stream")
    assert (entry.patient_id, entry.actor_name) == (bed.session.patient_id, "monitor Monitor A")


def test_a_moved_monitor_speaks_for_whoever_sits_where_it_stands(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at))
    other = Chair.objects.create(clinic=bed.room.clinic, name="Chair 2", position=2)
    move_device(bed.manager, bed.device.id, other, bed.clock.at)
    assert bed.send(sample(2, bed.clock.at)).json()["error"] == "no_session"
    move_device(bed.manager, bed.device.id, bed.room.chair, bed.clock.at)
    assert bed.send(sample(1, bed.clock.at), sample(2, bed.clock.at)).json()["acknowledged"] == [1, 2]


def test_minutes_are_packed_whole_and_late_samples_join_theirs(bed: Bed) -> None:
    sent = []
    start = bed.clock.at
    for number in range(180):
        if number % 7 == 3:
            continue
        at = start + number * SECOND
        bed.clock.at = at
        values = {"heart_rate_per_min": 60 + number % 30, "spo2_pct": 95 + number % 5}
        assert bed.send(sample(number, at, **values)).status_code == 200
        sent.append((number, {name: float(value) for name, value in values.items()}))
    bed.send(sample(3, start + 3 * SECOND, heart_rate_per_min=99))
    bed.clock.beat(timedelta(minutes=4))
    bed.send(sample(999, bed.clock.at, heart_rate_per_min=70))
    expected = sorted([*sent, (3, {"heart_rate_per_min": 99.0}), (999, {"heart_rate_per_min": 70.0})])
    assert kept(bed) == expected
    assert UnpackedSample.objects.count() == 1
    rows = PackedMinute.objects.filter(stream=bed.stream).values_list("channel", flat=True)
    assert sorted(rows) == ["", "", "", *["heart_rate_per_min"] * 3, *["spo2_pct"] * 3]
    assert len(trend(bed.session, bed.clock.at)) == 2


def strip(bed: Bed) -> dict[str, Any]:
    found = current(bed.room.nurse)[bed.session.id]
    return strip_of(bed.session.id, found, bed.clock.at).as_json()


def test_five_seconds_without_a_sample_are_dashes_and_not_monitoring(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at))
    bed.clock.beat(5 * SECOND)
    assert strip(bed)["monitoring"] is True
    assert strip(bed)["numbers"]["pulse"]["text"] == "72"
    bed.clock.beat(timedelta(milliseconds=100))
    silent = strip(bed)
    assert (silent["monitoring"], silent["words"]) == (False, NOT_MONITORING)
    assert {one["text"] for one in silent["numbers"].values()} == {DASH}


def test_a_cuffs_pressure_keeps_its_number_with_its_age_while_the_monitor_speaks(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at))
    for number in range(2, 123):
        bed.send(sample(number, bed.clock.beat(), heart_rate_per_min=72))
    pressure = strip(bed)["numbers"]["pressure"]
    assert (pressure["text"], pressure["note"]) == ("121/76", "2 min ago")


def test_a_sensor_that_is_silent_alone_shows_its_own_dash(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at))
    for number in range(2, 9):
        bed.send(sample(number, bed.clock.beat(), heart_rate_per_min=72))
    numbers = strip(bed)["numbers"]
    assert (numbers["oxygen"]["text"], numbers["pulse"]["text"]) == (DASH, "72")


def test_a_monitor_whose_clock_is_behind_is_not_shown_as_current(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at - 30 * SECOND))
    assert strip(bed)["monitoring"] is False
    assert "30 s late" in strip(bed)["words"]


def test_a_refused_sample_is_told_at_the_bedside(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at))
    bed.send(sample(2, bed.clock.beat(6 * SECOND), heart_rate_per_min=0))
    said = strip(bed)
    assert said["monitoring"] is False
    assert "Heart rate 0 /min cannot be right" in said["words"]


def test_the_page_and_the_board_show_the_strip_and_the_flowsheet_stays_as_it_was(bed: Bed) -> None:
    before = SessionEventRow.objects.count(), state_of(bed.session)
    bed.send(sample(1, bed.clock.at, heart_rate_per_min=113))
    client = sign_in(Client(), bed.room.nurse)
    for address in (f"/sessions/{bed.session.id}/", "/board/", "/board/tiles/"):
        text = client.get(address).content.decode()
        assert f'data-monitor="{bed.session.id}"' in text
        assert '<span class="monitor__value" data-value>113</span>' in text
    assert (SessionEventRow.objects.count(), state_of(bed.session)) == before


def test_the_live_numbers_are_for_this_clinics_room_alone(bed: Bed) -> None:
    bed.send(sample(1, bed.clock.at))
    elsewhere = sign_in(Client(), make_viewer(make_clinic(), Role.NURSE))
    assert elsewhere.get("/monitors/now/").json()["strips"] == {}
    assert elsewhere.get(f"/monitors/now/?session={bed.session.id}").json()["strips"] == {}
    assert elsewhere.get(f"/sessions/{bed.session.id}/monitor/trend/").status_code == 404
    mine = sign_in(Client(), bed.room.nurse)
    assert list(mine.get("/monitors/now/").json()["strips"]) == [str(bed.session.id)]
    assert mine.get("/monitors/now/?session=x", headers={"accept": "application/json"}).status_code == 400


def test_the_trend_is_drawn_with_its_table_and_unchanged_is_not_sent_again(bed: Bed) -> None:
    client = sign_in(Client(), bed.room.nurse)
    address = f"/sessions/{bed.session.id}/monitor/trend/"
    assert "No number came" in client.get(address).content.decode()
    for number in range(30):
        bed.send(sample(number, bed.clock.beat(), heart_rate_per_min=70 + number))
    answer = client.get(address)
    assert "<svg" in answer.content.decode()
    assert "<table" in answer.content.decode()
    assert client.get(address, headers={"if-none-match": answer["ETag"]}).status_code == 304
