"""The session room: what is refused at the bedside, what arrives once, and what is audited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.session_room import BEFORE, Room, again, event, treated_patient

from euthymia.care.decision import Allowed, CannotTell, Refused, missing_of, reasons_of
from euthymia.care.discharge import DischargeFacts
from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import Action, AuditEntry
from euthymia.clinic.measures.models import CheckIn
from euthymia.clinic.people.models import RecordEntry
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.gate import GateAnswers
from euthymia.clinic.sessions.models import Chair, Session, SessionEventRow
from euthymia.clinic.sessions.note import text_hash
from euthymia.clinic.sessions.queries import doses_of, state_of
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
AT_THE_DOOR = DischargeFacts(("name", "date_of_birth"), "Sam Escort", True, True, True)


def watched(room: Room, session: Session, *, minutes: int) -> None:
    """A reading and every scale each ten minutes after the start, and the dose complete."""
    start = again(session).dose_started_at
    assert start is not None
    rows = []
    for minute in range(5, minutes + 1, 5):
        at = start + minute * MINUTE
        rows.append(event(EventKind.VITALS, BEFORE, at=at))
        for concern in ("sedation", "dissociation", "respiratory_depression"):
            scale = {"instrument": "clinical", "concern": concern, "resolved": True}
            rows.append(event(EventKind.SCALE, scale, at=at))
    if again(session).phase == "dosing":
        rows.append(event(EventKind.DOSE_COMPLETED, {}, at=start + 40 * MINUTE))
    commands.append_events(room.nurse, session, rows, start + minutes * MINUTE)


@pytest.mark.parametrize("protocol", ["iv_racemic_05", "im_racemic", "esketamine_nasal_trd"])
def test_a_whole_session_ends_in_a_signed_note(protocol: str) -> None:
    room = Room(protocol)
    session = room.dosing()
    if protocol == "esketamine_nasal_trd":
        for number in (1, 2):
            device = {"amount_mg": 28.0, "number": number}
            room.write(session, EventKind.DEVICE_GIVEN, device, at=NOW + (5 * number + 1) * MINUTE)
    watched(room, session, minutes=300)
    decision = commands.discharge(room.nurse, session, AT_THE_DOOR, now=NOW + 310 * MINUTE)
    assert isinstance(decision, Allowed), decision
    session = again(session)
    assert (session.phase, session.closed_at) == ("discharged", NOW + 310 * MINUTE)
    assert session.dose_given_mg == pytest.approx(session.plan.order["dose_mg"])
    assert session.note.content_hash == text_hash(session.note.text)
    assert room.patient.record_number in session.note.text
    assert [dose.dose_mg for dose in doses_of(room.patient)] == [session.dose_given_mg]


def test_starting_a_dose_schedules_the_check_ins_of_its_protocol() -> None:
    session = Room().dosing()
    assert [row.due_at - NOW - 5 * MINUTE for row in CheckIn.objects.filter(session=session)] == [
        timedelta(hours=24),
        timedelta(hours=168),
    ]


# ---- opening ----


def test_a_session_needs_a_plan() -> None:
    with pytest.raises(BadInput, match="no active plan"):
        Room(plan=False).session()


def test_opening_the_same_visit_twice_is_one_session() -> None:
    room = Room()
    assert room.session().id == room.session().id


def test_a_second_visit_near_an_open_one_is_refused() -> None:
    room = Room()
    room.seated()
    with pytest.raises(BadInput) as refused:
        commands.open_session(
            room.nurse, room.patient, chair=None, scheduled_for=NOW + timedelta(days=3), now=NOW + MINUTE
        )
    assert refused.value.code == "already_open"


def test_a_taken_chair_is_refused() -> None:
    room = Room()
    room.seated()
    other = treated_patient(room)
    session = commands.open_session(room.nurse, other, chair=None, scheduled_for=NOW, now=NOW)
    with pytest.raises(BadInput) as refused:
        commands.seat(room.nurse, session, room.chair, now=NOW)
    assert refused.value.code == "chair_taken"
    assert again(session).phase == "planned"


# ---- the gate ----


def test_the_gate_says_everything_that_is_open() -> None:
    room = Room(consent=False)
    session = room.seated()
    decision = commands.pass_gate(room.nurse, session, GateAnswers(), now=NOW + MINUTE)
    assert isinstance(decision, CannotTell | Refused)
    facts = {absent.fact for absent in missing_of(decision)}
    assert {"identifiers", "consent", "escort", "vitals"} <= facts
    assert again(session).phase == "arrived"
    assert AuditEntry.objects.filter(action=Action.REFUSE, subject="session_gate").count() == 1


def test_a_check_that_is_not_met_stops_the_gate() -> None:
    room = Room()
    session = room.seated()
    room.write(session, EventKind.VITALS, BEFORE, at=NOW + MINUTE)
    answers = room.answers()
    hungry = GateAnswers(answers.identifiers, "Sam", dict(answers.checklist) | {"fasted": False})
    decision = commands.pass_gate(room.nurse, session, hungry, now=NOW + 2 * MINUTE)
    assert isinstance(decision, Refused)
    assert [reason.rule for reason in decision.reasons] == ["checklist"]


def test_a_dose_cannot_start_before_the_gate() -> None:
    room = Room()
    session = room.seated()
    with pytest.raises(BadInput) as refused:
        room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=NOW + MINUTE)
    assert refused.value.code == "gate_first"


def test_a_consent_taken_back_after_the_gate_stops_the_dose() -> None:
    room = Room()
    session = room.ready()
    room.patient.consents.update(withdrawn_at=NOW)
    with pytest.raises(BadInput, match="consent"):
        room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=NOW + 5 * MINUTE)
    assert again(session).phase == "ready"


def test_vital_signs_that_are_old_by_the_start_stop_the_dose() -> None:
    room = Room()
    session = room.ready()
    with pytest.raises(BadInput) as refused:
        room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=NOW + timedelta(hours=3))
    assert refused.value.code == "vitals_fresh"


def test_a_hold_is_accepted_only_by_a_prescriber() -> None:
    room = Room()
    session = room.seated()
    high = BEFORE | {"systolic_mmhg": 170.0}
    room.write(session, EventKind.VITALS, high, at=NOW + MINUTE)
    accept = {"before_systolic": "Known white-coat effect, discussed"}
    with pytest.raises(BadInput, match="prescriber"):
        commands.pass_gate(room.nurse, session, room.answers(), now=NOW + 2 * MINUTE, accept=accept)
    assert isinstance(commands.pass_gate(room.nurse, session, room.answers(), now=NOW + 2 * MINUTE), Refused)
    decision = commands.pass_gate(room.prescriber, session, room.answers(), now=NOW + 2 * MINUTE, accept=accept)
    assert isinstance(decision, Allowed)
    assert again(session).statements["gate"]["overrides"][0]["by"] == room.prescriber.name


def test_the_gate_and_the_door_have_no_side_door() -> None:
    room = Room()
    session = room.seated()
    gate = {"protocol_id": "iv_racemic_05", "protocol_version": "1.0.0", "protocol_hash": "0"}
    for kind, payload in (
        (EventKind.GATE_PASSED, gate),
        (EventKind.DISCHARGED, {"escort_name": "Sam", "no_driving_told": True}),
    ):
        with pytest.raises(BadInput) as refused:
            room.write(session, kind, payload, at=NOW + MINUTE)
        assert refused.value.code == "ask_first"


# ---- the dose ----


def test_a_dose_started_twice_is_refused() -> None:
    room = Room()
    session = room.dosing()
    with pytest.raises(BadInput) as refused:
        room.write(session, EventKind.DOSE_STARTED, room.dose(session), at=NOW + 6 * MINUTE)
    assert refused.value.code == "started_twice"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount_mg": 350.0}, "other_amount"),
        ({"amount_mg": 30.0}, "other_amount"),
        ({"rate_mg_per_h": 525.0}, "faster_than_ordered"),
        ({"delivery": "injection", "rate_mg_per_h": None}, "other_delivery"),
    ],
)
def test_only_the_ordered_dose_starts(change: dict[str, Any], code: str) -> None:
    room = Room()
    session = room.ready()
    with pytest.raises(BadInput) as refused:
        room.write(session, EventKind.DOSE_STARTED, room.dose(session) | change, at=NOW + 5 * MINUTE)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("devices", "code"),
    [
        ([(6, 28.0), (11, 28.0)], ""),
        ([(6, 56.0)], "other_device"),
        ([(6, 28.0), (10, 28.0)], "device_too_soon"),
        ([(6, 28.0), (11, 28.0), (16, 28.0)], "more_than_ordered"),
    ],
)
@pytest.mark.parametrize("at_once", [True, False], ids=["one list", "one by one"])
def test_only_the_ordered_devices_go_in(devices: list[tuple[int, float]], code: str, at_once: bool) -> None:
    room = Room("esketamine_nasal_trd")
    session = room.dosing()
    made = [
        event(EventKind.DEVICE_GIVEN, {"amount_mg": amount_mg, "number": number}, at=NOW + minute * MINUTE)
        for number, (minute, amount_mg) in enumerate(devices, start=1)
    ]
    lists = [made] if at_once else [[one] for one in made]
    refused = []
    for rows in lists:
        try:
            commands.append_events(room.nurse, session, rows, NOW + 20 * MINUTE)
        except BadInput as refusal:
            refused.append(refusal.code)
    assert refused == ([code] if code else [])
    kept = 0 if at_once and code else len(devices) - bool(code)
    assert len(state_of(again(session)).devices) == kept


def test_a_rate_above_the_order_is_refused_and_a_slower_one_is_not() -> None:
    room = Room()
    session = room.dosing()
    ordered = room.dose(session)["rate_mg_per_h"]
    with pytest.raises(BadInput) as refused:
        room.write(session, EventKind.RATE_CHANGED, {"rate_mg_per_h": ordered * 1.2}, at=NOW + 8 * MINUTE)
    assert refused.value.code == "faster_than_ordered"
    room.write(session, EventKind.RATE_CHANGED, {"rate_mg_per_h": ordered / 2}, at=NOW + 9 * MINUTE)
    assert again(session).dose_given_mg is not None


def test_a_weight_far_from_the_plans_holds_the_dose() -> None:
    room = Room()
    RecordEntry.objects.create(
        clinic=room.clinic, patient=room.patient, kind="vital", code="29463-7", display="weight", value=50.0,
        unit="kg", at=NOW, source="measured", recorded_at=NOW, recorded_by="A Nurse",
    )  # fmt: skip
    session = room.seated()
    room.write(session, EventKind.VITALS, BEFORE, at=NOW + MINUTE)
    decision = commands.pass_gate(room.nurse, session, room.answers(), now=NOW + 2 * MINUTE)
    assert "weight_change" in {reason.rule for reason in reasons_of(decision)}
    assert isinstance(decision, Refused)


# ---- the flowsheet ----


def test_a_reading_from_the_future_is_refused() -> None:
    room = Room()
    session = room.dosing()
    made = event(EventKind.VITALS, BEFORE, at=NOW + timedelta(hours=1), recorded_at=NOW + 6 * MINUTE)
    with pytest.raises(BadInput) as refused:
        commands.append_event(room.nurse, session, made, NOW + 6 * MINUTE)
    assert refused.value.code == "from_the_future"


def test_a_late_reading_keeps_its_time_and_is_marked() -> None:
    room = Room()
    session = room.dosing()
    made = event(EventKind.VITALS, BEFORE, at=NOW + 10 * MINUTE, recorded_at=NOW + 40 * MINUTE)
    state = commands.append_event(room.nurse, session, made, NOW + 40 * MINUTE)
    assert made.id in state_of(again(session)).late
    assert state.readings[-1].at == NOW + 10 * MINUTE


def test_the_same_event_twice_is_one_and_another_body_is_a_conflict() -> None:
    room = Room()
    session = room.dosing()
    made = event(EventKind.VITALS, BEFORE, at=NOW + 10 * MINUTE, by=room.nurse.name)
    for _ in range(3):
        commands.append_event(room.nurse, session, made, NOW + 10 * MINUTE)
    assert SessionEventRow.objects.filter(id=made.id).count() == 1
    other = event(EventKind.REMARK, {"text": "something else"}, at=NOW + 10 * MINUTE, by=room.nurse.name, id=made.id)
    with pytest.raises(BadInput) as refused:
        commands.append_event(room.nurse, session, other, NOW + 10 * MINUTE)
    assert refused.value.code == "id_reused"


def test_two_nurses_correcting_one_line() -> None:
    room = Room()
    session = room.dosing()
    wrong = room.write(session, EventKind.VITALS, BEFORE, at=NOW + 10 * MINUTE)
    second = make_viewer(room.clinic, Role.NURSE)
    first_try = event(EventKind.VITALS, BEFORE | {"systolic_mmhg": 132.0}, at=NOW + 10 * MINUTE, corrects=wrong)
    commands.correct_reading(room.nurse, session, first_try, because="misread", now=NOW + 12 * MINUTE)
    second_try = event(EventKind.VITALS, BEFORE | {"systolic_mmhg": 142.0}, at=NOW + 10 * MINUTE, corrects=wrong)
    with pytest.raises(BadInput) as refused:
        commands.correct_reading(second, session, second_try, because="misread", now=NOW + 13 * MINUTE)
    assert refused.value.code == "already_corrected"
    state = state_of(again(session))
    assert [row.reading.systolic_mmhg for row in state.readings][-1] == 132.0
    assert SessionEventRow.objects.filter(id=wrong).exists()


def test_a_list_is_written_whole_or_not_at_all() -> None:
    room = Room()
    session = room.dosing()
    rows = [
        event(EventKind.VITALS, BEFORE, at=NOW + 10 * MINUTE),
        event(EventKind.VITALS, BEFORE, at=NOW + timedelta(hours=9), recorded_at=NOW + 11 * MINUTE),
    ]
    before = SessionEventRow.objects.count()
    with pytest.raises(BadInput):
        commands.append_events(room.nurse, session, rows, NOW + 11 * MINUTE)
    assert SessionEventRow.objects.count() == before


def test_a_person_stays_until_everything_has_resolved() -> None:
    room = Room()
    session = room.dosing()
    early = commands.discharge(room.nurse, session, AT_THE_DOOR, now=NOW + 30 * MINUTE)
    # Everything at once, the dose that still runs first.
    assert [reason.rule for reason in reasons_of(early)] == ["dose_ended", "minimum_observation", *["check_missed"] * 2]
    room.write(session, EventKind.DOSE_COMPLETED, {}, at=NOW + 45 * MINUTE)
    room.write(session, EventKind.SIDE_EFFECT, {"name": "Nausea", "severity": "severe"}, at=NOW + 46 * MINUTE)
    decision = commands.discharge(room.nurse, session, DischargeFacts(), now=NOW + 50 * MINUTE)
    assert isinstance(decision, Refused)
    assert {"minimum_observation", "side_effect_open"} <= {reason.rule for reason in decision.reasons}
    assert {"identifiers", "escort", "no_driving_told"} <= {absent.fact for absent in missing_of(decision)}
    assert again(session).phase == "observing"


def test_every_write_is_audited_in_its_own_transaction() -> None:
    room = Room()
    session = room.dosing()
    before = AuditEntry.objects.count()
    room.write(session, EventKind.VITALS, BEFORE, at=NOW + 10 * MINUTE)
    entry = AuditEntry.objects.order_by("-sequence").first()
    assert AuditEntry.objects.count() == before + 1
    assert entry is not None
    assert (entry.subject, entry.patient_id, entry.detail["kinds"]) == ("session_event", room.patient.id, ["vitals"])
    assert "122" not in str(entry.detail)


def test_a_therapist_cannot_write_at_the_bedside() -> None:
    room = Room()
    session = room.dosing()
    stranger = make_viewer(room.clinic, Role.THERAPIST)
    with pytest.raises(BadInput) as refused:
        commands.append_event(stranger, session, event(EventKind.VITALS, BEFORE, at=NOW + 9 * MINUTE), NOW + 9 * MINUTE)
    assert refused.value.code == "not_permitted"


# ---- over HTTP ----


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Room:
    """A room whose clock stands at six minutes after the start of a dose."""
    monkeypatch.setattr("euthymia.clinic.sessions.views.timezone.now", lambda: NOW + 11 * MINUTE)
    return Room()


def post(client: Client, session: Session, **fields: str) -> Any:
    return client.post(f"/sessions/{session.id}/events/", {"event_id": str(uuid4())} | fields)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("12/80", "cannot be right"),
        ("182/1040", "cannot be right"),
        ("120/80 hello", "not understood"),
        ("80/120", "Swapped?"),
        ("", "Nothing was typed"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_and_kept(room: Room, client: Client, line: str, says: str) -> None:
    session = room.dosing()
    before = SessionEventRow.objects.count()
    answer = post(sign_in(client, room.nurse), session, do="look", line=line)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert f'value="{line}"' in answer.content.decode() or not line
    assert SessionEventRow.objects.count() == before


def test_a_good_line_is_recorded_once_however_often_it_is_sent(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    fields = {"do": "look", "line": "131/84 72 98% 16", "event_id": str(uuid4())}
    before = SessionEventRow.objects.count()
    for _ in range(3):
        assert client.post(f"/sessions/{session.id}/events/", fields).status_code == 302
    assert SessionEventRow.objects.count() == before + 1
    page = client.get(f"/sessions/{session.id}/").content.decode()
    assert "131/84" in page
    assert "Last updated" in page


def test_a_time_in_the_future_is_refused_beside_the_field(room: Room, client: Client) -> None:
    session = room.dosing()
    answer = post(sign_in(client, room.nurse), session, do="look", line="131/84", at="11:55")
    assert answer.status_code == 422
    assert "in the future" in answer.content.decode()
    assert 'value="11:55"' in answer.content.decode()


def test_pressing_next_device_twice_gives_one_device(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("euthymia.clinic.sessions.views.timezone.now", lambda: NOW + 11 * MINUTE)
    room = Room("esketamine_nasal_trd")
    session = room.dosing()
    sign_in(client, room.nurse)
    fields = {"do": "device", "place": "actions", "event_id": str(uuid4())}
    for _ in range(2):
        client.post(f"/sessions/{session.id}/events/", fields)
    assert len(state_of(again(session)).devices) == 1


def test_the_start_needs_the_person_in_the_chair_confirmed(room: Room, client: Client) -> None:
    session = room.ready()
    sign_in(client, room.nurse)
    assert post(client, session, do="start", place="actions").status_code == 422
    assert post(client, session, do="start", place="actions", same_person="yes").status_code == 302
    assert again(session).phase == "dosing"


def test_an_entry_for_another_person_is_a_conflict(room: Room, client: Client) -> None:
    session = room.dosing()
    answer = post(sign_in(client, room.nurse), session, do="look", line="120/80", record_number="T-OTHER")
    assert answer.status_code == 409


def test_the_second_nurse_reads_who_was_faster(room: Room, client: Client) -> None:
    session = room.dosing()
    wrong = room.write(session, EventKind.VITALS, BEFORE, at=NOW + 10 * MINUTE)
    sign_in(client, room.nurse)
    fields = {"do": "correct", "corrects": wrong, "reason": "misread"}
    assert post(client, session, line="132/80", **fields).status_code == 302
    answer = post(client, session, line="142/80", **fields)
    assert answer.status_code == 409
    assert room.nurse.name in answer.content.decode()
    assert "132/80" in answer.content.decode()


def test_a_tablet_sends_json_once(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    body = {
        "id": str(uuid4()),
        "kind": "vitals",
        "at": (NOW + 9 * MINUTE).isoformat(),
        "payload": {"systolic_mmhg": 128, "diastolic_mmhg": 82},
    }
    path = f"/sessions/{session.id}/events/"
    answers = [client.post(path, body, content_type="application/json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    other = body | {"payload": {"systolic_mmhg": 150, "diastolic_mmhg": 82}}
    clash = client.post(path, other, content_type="application/json")
    assert (clash.status_code, clash.json()["error"]) == (409, "id_reused")
    late = body | {"id": str(uuid4()), "at": (NOW + timedelta(hours=5)).isoformat()}
    assert client.post(path, late, content_type="application/json").json()["error"] == "from_the_future"
    assert client.post(path, "{", content_type="application/json").status_code == 400


def test_the_gate_page_keeps_what_was_ticked(room: Room, client: Client) -> None:
    session = room.seated()
    sign_in(client, room.nurse)
    answer = client.post(
        f"/sessions/{session.id}/gate/",
        {"event_id": str(uuid4()), "identifier_name": "on", "escort_name": "Sam Escort", "check_fasted": "yes"},
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="Sam Escort"' in page
    assert "No vital signs before the dose." in page


def test_live_parts_answer_304_until_something_changes(room: Room, client: Client) -> None:
    session = room.dosing()
    sign_in(client, room.nurse)
    for path in ("/board/tiles/", f"/sessions/{session.id}/live/?part=sheet"):
        first = client.get(path)
        assert first.status_code == 200
        assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 304
        room.write(session, EventKind.REMARK, {"text": "calm"}, at=NOW + 10 * MINUTE)
        assert client.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_the_board_shows_each_chair_and_who_is_expected(room: Room, client: Client) -> None:
    room.dosing()
    Chair.objects.create(clinic=room.clinic, name="Chair 9", position=9)
    other = treated_patient(room, given_name="Vera", family_name="Quist")
    commands.open_session(room.nurse, other, chair=None, scheduled_for=NOW + 60 * MINUTE, now=NOW)
    page = sign_in(client, room.nurse).get("/board/").content.decode()
    for words in ("Dosing", "Free", "Vera Q.", room.patient.record_number, "Infusion ends"):
        assert words in page
    assert room.patient.family_name not in page


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/sessions/{}/"),
        ("get", "/sessions/{}/live/"),
        ("get", "/sessions/{}/note/"),
        ("post", "/sessions/{}/events/"),
        ("post", "/sessions/{}/gate/"),
        ("post", "/sessions/{}/discharge/"),
    ],
)
def test_another_clinics_session_does_not_exist(room: Room, client: Client, method: str, path: str) -> None:
    session = room.dosing()
    stranger = make_viewer(make_clinic(), Role.MEDICAL_LEAD)
    assert getattr(sign_in(client, stranger), method)(path.format(session.id)).status_code == 404


@pytest.mark.parametrize("role", [Role.THERAPIST, Role.RESEARCHER, Role.COORDINATOR, Role.MANAGER])
def test_only_the_bedside_opens_the_room(room: Room, client: Client, role: Role) -> None:
    session = room.dosing()
    sign_in(client, make_viewer(room.clinic, role))
    assert client.get("/board/").status_code == 403
    assert client.get(f"/sessions/{session.id}/").status_code == 403
    assert post(client, session, do="look", line="120/80").status_code == 403


def test_a_persons_sessions_and_their_note(room: Room, client: Client) -> None:
    session = room.dosing()
    watched(room, session, minutes=300)
    commands.discharge(room.nurse, session, AT_THE_DOOR, now=NOW + 310 * MINUTE)
    sign_in(client, make_viewer(room.clinic, Role.THERAPIST))
    page = client.get(f"/people/{room.patient.id}/sessions/").content.decode()
    assert "122/78" in page
    assert f"/sessions/{session.id}/note/" in page
    note = client.get(f"/sessions/{session.id}/note/").content.decode()
    assert "Signed text intact" in note


def test_planning_a_session_on_the_page(room: Room, client: Client) -> None:
    sign_in(client, room.nurse)
    path = f"/people/{room.patient.id}/sessions/new/"
    assert client.post(path, {"scheduled_for": "2020-01-01T10:00"}).status_code == 422
    assert client.post(path, {"scheduled_for": "soon"}).status_code == 422
    fields = {"scheduled_for": "2026-03-02T14:00", "chair": str(room.chair.pk)}
    assert client.post(path, fields).status_code == 302
    assert client.post(path, fields).status_code == 302
    assert Session.objects.count() == 1
