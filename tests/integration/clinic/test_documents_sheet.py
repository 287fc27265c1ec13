"""Paper: a flowsheet to print, blank or as far as it goes, and keyed in afterwards with true times, whole or not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.closed_session import MINUTE, closed, dosed
from tests.pdf_text import Paper
from tests.session_room import Room, again

from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.documents.keying import Line, Sheet, lines_from
from euthymia.clinic.documents.sheet_commands import key_in
from euthymia.clinic.documents.sheet_document import person_sheet, session_sheet
from euthymia.clinic.plans.queries import active_plan
from euthymia.clinic.sessions.models import Session, SessionEventRow
from euthymia.clinic.sessions.queries import find_session, state_of
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
DAY = NOW.date()
EVENING = NOW + timedelta(hours=9)


def sheet(*rows: dict[str, str]) -> list[Line]:
    """Lines of the form, numbered from 1."""
    typed = {f"{field}_{number}": text for number, row in enumerate(rows, start=1) for field, text in row.items()}
    return lines_from(typed, len(rows))


def key(room: Room, session: Session, *rows: dict[str, str], sheet_id: UUID | None = None, day: date = DAY) -> Sheet:
    return key_in(room.nurse, session, day, sheet(*rows), sheet_id=sheet_id or uuid4(), now=EVENING)


def messages_of(found: Sheet) -> dict[int, str]:
    return {one.number: one.message for one in found.problems}


# ---- the paper ----


def test_a_blank_sheet_has_the_rows_of_the_screen_and_a_column_for_every_check_of_the_protocol() -> None:
    room = Room("esketamine_nasal_trd")
    plan = active_plan(room.nurse, room.patient)
    assert plan is not None
    paper = Paper(person_sheet(room.nurse, room.patient, plan, NOW))
    for words in ("Blood pressure", "Sedation, MOAA/S", "Dissociation, CADSS-6", "Remarks", "before", "+40 min"):
        assert paper.says(words), words
    for words in ("+120 min", "56 mg esketamine by nasal spray, 2 devices", "Has not eaten", "Device 2 at"):
        assert paper.says(words), words
    assert paper.says("Before the dose: systolic above 140 mmHg: tell the prescriber")
    assert paper.says(room.patient.record_number)
    assert len(paper.pages) == 1


def test_a_sheet_of_a_running_session_holds_what_is_recorded_and_the_clock_of_what_is_to_come() -> None:
    room = Room()
    session = dosed(room)
    room.write(session, EventKind.VITALS, {"systolic_mmhg": 141.0, "diastolic_mmhg": 88.0}, at=NOW + 15 * MINUTE)
    found = find_session(room.nurse, session.id)
    paper = Paper(session_sheet(room.nurse, found, state_of(found), NOW + 16 * MINUTE))
    assert paper.says("141/88")
    assert paper.says("10:15")
    assert paper.says("Recorded up to 2 March 2026, 10:16")
    ending = state_of(found).clock_at
    assert ending is not None
    stay = found.plan.protocol_version.content["minimum_observation_min"]["value"]
    assert paper.says(f"{ending + timedelta(minutes=stay):%H:%M}")


def test_a_closed_session_prints_no_empty_columns() -> None:
    room = Room()
    session = closed(room)
    found = find_session(room.nurse, session.id)
    assert not Paper(session_sheet(room.nurse, found, state_of(found), EVENING)).says("__:__")


def test_a_person_without_a_plan_has_no_sheet() -> None:
    room = Room(plan=False)
    answer = sign_in(Client(), room.nurse).get(f"/people/{room.patient.id}/flowsheet.pdf")
    assert answer.status_code == 400
    assert "no active plan" in answer.content.decode()


# ---- keyed in ----


def test_a_whole_sheet_is_written_with_true_times_marked_late_and_as_from_paper() -> None:
    room = Room()
    session = room.ready()
    found = key(
        room,
        session,
        {"at": "10:05", "dose": "start"},
        {"at": "10:15", "line": "131/84 76 97% 15", "moaas": "5", "cadss6": "9", "nausea_rating": "3"},
        {"at": "1025", "line": "150/92", "effect": "Nausea mild", "remark": "Asked for water"},
        {"at": "10:45", "dose": "complete", "line": "140/90"},
    )
    assert found.problems == ()
    state = state_of(find_session(room.nurse, session.id))
    assert state.clock_at == NOW + 5 * MINUTE
    assert [row.at for row in state.readings[1:]] == [NOW + minutes * MINUTE for minutes in (15, 25, 45)]
    assert [(span.name, span.severity.value, span.from_at) for span in state.side_effects] == [
        ("Nausea", "mild", NOW + 25 * MINUTE)
    ]
    assert [remark.text for remark in state.remarks] == ["Asked for water"]
    assert state.completed
    keyed = SessionEventRow.objects.filter(session=session, device="paper")
    assert keyed.count() == 10
    rated = {row.scale.concern.value: row.scale.total for row in state.scales}
    assert rated == {"sedation": 5.0, "dissociation": 9.0, "nausea": 3.0}
    assert {str(row.id) for row in keyed} <= state.late
    assert {row.recorded_at for row in keyed} == {EVENING}
    assert AuditEntry.objects.filter(subject="paper_flowsheet", patient_id=room.patient.id).count() == 1


def test_the_same_sheet_sent_again_and_again_is_written_once() -> None:
    room = Room("esketamine_nasal_trd")
    session, same = room.ready(), uuid4()
    rows = (
        {"at": "10:05", "dose": "start"},
        {"at": "10:11", "dose": "device", "remark": "second"},
        {"at": "10:20", "line": "131/84 76", "cadss6": "4"},
    )
    for _ in range(3):
        assert key(room, session, *rows, sheet_id=same).problems == ()
    assert SessionEventRow.objects.filter(session=session, device="paper").count() == 7
    assert len(state_of(find_session(room.nurse, session.id)).devices) == 2
    assert AuditEntry.objects.filter(subject="paper_flowsheet").count() == 1


def test_the_same_sheet_with_other_words_is_refused_at_that_line() -> None:
    room = Room()
    session, same = room.ready(), uuid4()
    key(room, session, {"at": "10:04", "line": "120/80"}, sheet_id=same)
    found = key(room, session, {"at": "10:04", "line": "121/80"}, sheet_id=same)
    assert "Another entry has this id" in messages_of(found)[1]
    assert SessionEventRow.objects.filter(device="paper").count() == 1


@pytest.mark.parametrize(
    ("row", "field", "says"),
    [
        ({"line": "120/80"}, "at", "Write the time"),
        ({"at": "25:10", "line": "120/80"}, "at", "is not a time"),
        ({"at": "10:07"}, "line", "nothing beside it"),
        ({"at": "10:07", "line": "80/120"}, "line", "Swapped?"),
        ({"at": "10:07", "line": "1200/80"}, "line", "120"),
        ({"at": "10:07", "moaas": "6"}, "moaas", "from 0 to 5"),
        ({"at": "10:07", "cadss6": "25"}, "cadss6", "from 0 to 24"),
        ({"at": "10:07", "effect": "Nausea"}, "effect", "mild, moderate or severe"),
        ({"at": "10:07", "dose": "triple"}, "dose", "what happened to the dose"),
        ({"at": "10:07", "dose": "pause"}, "remark", "Why is it paused?"),
        ({"at": "10:07", "dose": "device"}, "dose", ""),
        ({"at": "19:30", "line": "120/80"}, "at", "future"),
    ],
)
def test_one_bad_line_is_named_with_its_field_and_nothing_at_all_is_written(
    row: dict[str, str], field: str, says: str
) -> None:
    room = Room()
    session = room.ready()
    before = SessionEventRow.objects.count()
    found = key(room, session, {"at": "10:03", "line": "118/76"}, row, {"at": "10:08", "remark": "fine"})
    (problem,) = found.problems
    assert (problem.number, problem.field) == (2, field)
    assert says in problem.message
    assert SessionEventRow.objects.count() == before


def test_every_bad_line_is_told_at_once() -> None:
    room = Room()
    found = key(room, room.ready(), {"at": "x", "line": "1"}, {"at": "10:04", "line": "?"}, {"line": "120/80"})
    assert sorted(messages_of(found)) == [1, 2, 3]


def test_a_dose_from_paper_asks_the_gate_like_any_other() -> None:
    room = Room()
    found = key(room, room.seated(), {"at": "10:03", "line": "118/76 70 98% 14"}, {"at": "10:05", "dose": "start"})
    assert "gate has not been passed" in messages_of(found)[2]


def test_a_second_start_on_the_sheet_is_refused_at_its_own_line() -> None:
    room = Room()
    found = key(room, room.ready(), {"at": "10:05", "dose": "start"}, {"at": "10:09", "dose": "start"})
    assert list(messages_of(found)) == [2]
    assert again(room.patient.sessions.get()).phase == "ready"


def test_an_empty_sheet_is_refused() -> None:
    room = Room()
    with pytest.raises(BadInput, match="at least one line"):
        key(room, room.ready())


# ---- days and clocks ----


def at_night(zone: str, day: date, *rows: dict[str, str]) -> list[datetime]:
    """Instants of the remarks of a sheet in a clinic of this zone; the person was seated the evening before."""
    room = Room()
    room.clinic.time_zone = zone
    room.clinic.save()
    room.nurse = make_viewer(room.clinic, Role.NURSE)
    evening = datetime(day.year, day.month, day.day, 20, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    session = room.seated(evening)
    lines = sheet(*({"remark": "x"} | row for row in rows))
    found = key_in(room.nurse, session, day, lines, sheet_id=uuid4(), now=evening + timedelta(hours=20))
    assert found.problems == (), found.problems
    return [remark.at for remark in state_of(find_session(room.nurse, session.id)).remarks]


def test_a_sheet_that_runs_past_midnight_goes_on_the_next_day() -> None:
    evening, night = at_night("Europe/Berlin", date(2026, 2, 10), {"at": "23:50"}, {"at": "00:10"})
    assert night - evening == timedelta(minutes=20)


def test_an_hour_the_clock_shows_twice_goes_forward() -> None:
    # 25 October 2026 in Berlin: 03:00 becomes 02:00.
    times = at_night(
        "Europe/Berlin", date(2026, 10, 24), {"at": "23:00"}, {"at": "02:30"}, {"at": "02:50"}, {"at": "02:10"}
    )
    assert [(one - times[0]) for one in times[1:]] == [
        timedelta(hours=3.5),
        timedelta(minutes=230),
        timedelta(minutes=250),
    ]


def test_an_hour_that_never_was_is_refused() -> None:
    room = Room()
    room.clinic.time_zone = "America/New_York"
    room.clinic.save()
    nurse = make_viewer(room.clinic, Role.NURSE)
    evening = datetime(2026, 3, 7, 20, tzinfo=ZoneInfo("America/New_York")).astimezone(UTC)
    session = room.seated(evening)
    lines = sheet({"at": "23:50", "remark": "x"}, {"at": "02:30", "remark": "y"})
    found = key_in(nurse, session, date(2026, 3, 7), lines, sheet_id=uuid4(), now=evening + timedelta(hours=20))
    assert "did not exist" in messages_of(found)[2]


# ---- over HTTP ----


def test_the_page_writes_a_sheet_and_gives_back_everything_of_a_refused_one() -> None:
    room = Room()
    session = room.ready(timezone.now() - timedelta(minutes=50))
    started = timezone.now() - timedelta(minutes=40)
    nurse, address = sign_in(Client(), room.nurse), f"/sessions/{session.id}/key-in/"
    assert "Key in from paper" in nurse.get(address).content.decode()
    form = {"sheet_id": str(uuid4()), "day": f"{started:%Y-%m-%d}", "record_number": room.patient.record_number}
    form |= {"rows": "12", "at_1": f"{started:%H:%M}", "remark_1": "<b>said</b>", "at_2": "7:77", "line_2": "120/80"}
    refused = nurse.post(address, form)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert 'href="#at-2"' in page
    assert "&lt;b&gt;said&lt;/b&gt;" in page
    assert 'value="120/80"' in page
    wrong = nurse.post(address, form | {"record_number": "T-9999"})
    assert "another person" in wrong.content.decode()
    assert nurse.post(address, form | {"day": "2026-02-30"}).status_code == 422
    assert nurse.post(address, form | {"sheet_id": "x"}).status_code == 422
    written = nurse.post(address, form | {"at_2": "", "line_2": ""})
    assert (written.status_code, written["Location"]) == (302, f"/sessions/{session.id}/")
    assert SessionEventRow.objects.filter(device="paper", payload={"text": "<b>said</b>"}).count() == 1


@pytest.mark.parametrize(("asked", "shown"), [("", 12), ("24", 24), ("9999", 12), ("60", 60), ("-1", 12), ("٣٠", 12)])
def test_the_page_has_as_many_rows_as_asked_for_within_reason(asked: str, shown: int) -> None:
    room = Room()
    session = room.ready()
    page = sign_in(Client(), room.nurse).get(f"/sessions/{session.id}/key-in/?rows={asked}").content.decode()
    assert page.count('name="at_') == shown


def test_another_clinic_finds_no_sheet() -> None:
    room = Room()
    session = room.ready()
    stranger = sign_in(Client(), make_viewer(make_clinic(), Role.NURSE))
    for address in (f"/sessions/{session.id}/key-in/", f"/sessions/{session.id}/flowsheet.pdf"):
        assert stranger.get(address).status_code == 404
    assert stranger.get(f"/people/{room.patient.id}/flowsheet.pdf").status_code == 404
