"""The monitoring form of nasal esketamine: filled from the flowsheet, sent on once, on the day's list until then."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.closed_session import CLOSED_AT, closed, dosed
from tests.pdf_text import Paper
from tests.session_room import Room

from euthymia.care.rems_form import QUESTIONS, Clock
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.assessments.models import FactEntry
from euthymia.clinic.audit.models import Action, AuditEntry
from euthymia.clinic.documents.models import RemsSending, RemsStatement
from euthymia.clinic.documents.rems_commands import record_rems_sent, state_rems
from euthymia.clinic.documents.rems_document import rems_pdf
from euthymia.clinic.documents.rems_queries import is_covered, rems_form_of, unsent
from euthymia.clinic.documents.worklist import forms_due
from euthymia.clinic.people.models import RecordEntry
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import find_session
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
NASAL = "esketamine_nasal_trd"
LATER = CLOSED_AT + timedelta(hours=1)
STATED = {
    "first_treatment_flag": "yes",
    "monitoring_provider_and_contact": "A Nurse, 555 0100",
    "setting_name_address": "Clinic, 1 Example Street",
    "lot_number": "LOT #7 $x$",
    "minutes_when_ready_without_minimum": "75",
    "serious_adverse_event": "no",
    "sae_details": "",
}


def with_medicine(room: Room, name: str = "Sertraline 50 mg") -> None:
    RecordEntry.objects.create(
        clinic=room.clinic, patient=room.patient, kind="medication", display=name, status="active",
        source="told", recorded_at=NOW, recorded_by="A Nurse",
    )  # fmt: skip


def state(room: Room, session: Session, **answers: str) -> RemsStatement:
    return state_rems(room.nurse, session, STATED | answers, statement_id=uuid4(), now=LATER)


def send(room: Room, session: Session, **fields: object) -> RemsSending:
    given = {"how": "online", "detail": "receipt 12", "sent_at": LATER, "although_missing": False}
    given |= {"sending_id": uuid4(), "now": LATER}
    return record_rems_sent(room.nurse, session, **given | fields)  # type: ignore[arg-type]


def words_of(room: Room, session: Session) -> dict[str, str | None]:
    form = rems_form_of(room.nurse, find_session(room.nurse, session.id), LATER)
    return {one.question.name: one.words for one in form.answers}


def test_a_closed_session_fills_its_form_and_says_what_is_missing() -> None:
    room = Room(NASAL)
    session = closed(room)
    words = words_of(room, session)
    assert words["dose_mg"] == "56 mg"
    assert words["bp_40min"] == "122/78 mmHg"
    assert words["treatment_date"] == "2 March 2026"
    assert words["enrolled_flag"] == "yes", "as answered at the gate"
    assert words["lot_number"] == room.lot.number, "as the ledger says"
    assert words["setting_name_address"] is None
    assert words["concomitant_opioid"] is None, "a record without any medicine says nothing"
    with_medicine(room)
    state(room, session)
    form = rems_form_of(room.nurse, find_session(room.nurse, session.id), LATER)
    assert form.missing == ()
    assert len(form.answers) == len(QUESTIONS) - 1


def test_what_is_stated_again_replaces_and_both_stay() -> None:
    room = Room(NASAL)
    session = closed(room)
    state(room, session)
    second = LATER + timedelta(minutes=1)
    state_rems(room.nurse, session, STATED | {"lot_number": "LOT 8"}, statement_id=uuid4(), now=second)
    assert RemsStatement.objects.count() == 2
    assert words_of(room, session)["lot_number"] == "LOT 8"


def test_the_same_form_sent_again_is_one_statement() -> None:
    room = Room(NASAL)
    session, same = closed(room), uuid4()
    for _ in range(2):
        state_rems(room.nurse, session, STATED, statement_id=same, now=LATER)
    assert RemsStatement.objects.count() == 1
    with pytest.raises(BadInput, match="sent before"):
        state_rems(room.nurse, session, {"lot_number": "other"}, statement_id=same, now=LATER)


@pytest.mark.parametrize(
    ("answers", "code"),
    [
        ({"dose_mg": "84"}, "unknown_field"),
        ({"serious_adverse_event": "perhaps"}, "not_yes_no"),
        ({"minutes_when_ready_without_minimum": "1e2"}, "not_minutes"),
        ({"minutes_when_ready_without_minimum": "0"}, "not_minutes"),
        ({"minutes_when_ready_without_minimum": "١٢"}, "not_minutes"),
        ({"minutes_when_ready_without_minimum": "1441"}, "not_minutes"),
        ({"lot_number": "x" * 201}, "too_long"),
    ],
)
def test_what_cannot_be_an_answer_is_refused(answers: dict[str, str], code: str) -> None:
    room = Room(NASAL)
    session = closed(room)
    with pytest.raises(BadInput) as refused:
        state_rems(room.nurse, session, answers, statement_id=uuid4(), now=LATER)
    assert refused.value.code == code
    assert not RemsStatement.objects.exists()


def test_sending_keeps_a_copy_and_stops_the_clock() -> None:
    room = Room(NASAL)
    session = closed(room)
    with_medicine(room)
    state(room, session)
    row = send(room, session)
    assert {name: words for name, words, _ in row.answers}["lot_number"] == "LOT #7 $x$"
    form = rems_form_of(room.nurse, find_session(room.nurse, session.id), LATER + timedelta(days=30))
    assert form.clock is Clock.SENT
    assert unsent(room.nurse) == []
    assert AuditEntry.objects.filter(subject="rems_form", action=Action.EXPORT, patient_id=room.patient.id).exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, "answers_missing"),
        ({"how": "pigeon", "although_missing": True}, "unknown_way"),
        ({"sent_at": LATER + timedelta(minutes=2), "although_missing": True}, "in_the_future"),
        ({"sent_at": NOW, "although_missing": True}, "before_the_session"),
    ],
)
def test_a_sending_that_cannot_be_is_refused(fields: dict[str, object], code: str) -> None:
    room = Room(NASAL)
    session = closed(room)
    with pytest.raises(BadInput) as refused:
        send(room, session, **fields)
    assert refused.value.code == code
    assert not RemsSending.objects.exists()


def test_a_session_that_is_not_over_is_not_sent() -> None:
    room = Room(NASAL)
    with pytest.raises(BadInput, match="not over"):
        send(room, dosed(room), although_missing=True)


def test_missing_answers_may_be_said_to_have_been_given_otherwise() -> None:
    room = Room(NASAL)
    session = closed(room)
    same = uuid4()
    for _ in range(3):
        send(room, session, although_missing=True, sending_id=same)
    assert RemsSending.objects.count() == 1


# ---- the day's list ----


def test_a_form_is_on_the_days_list_from_the_end_of_its_session_until_it_is_sent() -> None:
    room = Room(NASAL)
    session = dosed(room)
    assert forms_due(room.nurse, NOW + timedelta(minutes=30)) == []
    other = Room(NASAL)
    session = closed(other)
    (due,) = forms_due(other.nurse, LATER)
    assert (due.session_id, due.overdue) == (session.id, False)
    assert "6 days left (by 9 March" in due.what.replace("\xa0", " ")
    started = session.dose_started_at
    assert started is not None
    assert not forms_due(other.nurse, started + timedelta(days=7))[0].overdue
    (late,) = forms_due(other.nurse, started + timedelta(days=9))
    assert late.overdue
    assert "overdue for 2 days" in late.what.replace("\xa0", " ")
    send(other, session, although_missing=True)
    assert forms_due(other.nurse, LATER) == []


def test_across_a_change_of_clocks_the_list_shows_the_hour_of_the_instant() -> None:
    room = Room(NASAL)
    room.clinic.time_zone = "America/New_York"
    room.clinic.save()
    closed(room)
    nurse = make_viewer(room.clinic, Role.NURSE)
    (due,) = forms_due(nurse, LATER)
    # Begun on 2 March at 05:05 local time plus the first device; on 8 March clocks go forward.
    assert "session of 2 March" in due.what
    assert "(by 9 March, 06:" in due.what


@pytest.mark.parametrize(
    ("protocol", "country", "setting", "covered"),
    [
        (NASAL, "US", None, True),
        (NASAL, "US", "us_inpatient", False),
        (NASAL, "GB", None, False),
        (NASAL, "GB", "us_outpatient", True),
        ("iv_racemic_05", "US", "us_outpatient", False),
    ],
)
def test_only_what_the_programme_covers_needs_a_form(
    protocol: str, country: str, setting: str | None, covered: bool
) -> None:
    room = Room(protocol)
    room.clinic.country = country
    room.clinic.save()
    FactEntry.objects.filter(name="treatment_setting").delete()
    if setting:
        FactEntry.objects.create(
            clinic=room.clinic, patient=room.patient, name="treatment_setting", value=setting, at=NOW,
            by_id=room.nurse.user_id,
        )  # fmt: skip
    session = closed(room)
    viewer = make_viewer(room.clinic, Role.NURSE)
    assert is_covered(viewer, find_session(viewer, session.id)) is covered
    assert bool(forms_due(viewer, LATER)) is covered
    page = sign_in(Client(), viewer).get(f"/sessions/{session.id}/rems/").content.decode()
    assert ("No form is needed" in page) is not covered
    if not covered:
        with pytest.raises(BadInput, match="does not ask"):
            state_rems(viewer, session, {}, statement_id=uuid4(), now=LATER)
        assert sign_in(Client(), viewer).get(f"/sessions/{session.id}/rems.pdf").status_code == 400


# ---- paper and doors ----


def test_the_paper_says_what_it_is_holds_every_answer_and_shows_what_is_missing() -> None:
    room = Room(NASAL)
    session = closed(room)
    found = find_session(room.nurse, session.id)
    open_form = Paper(rems_pdf(room.nurse, found, rems_form_of(room.nurse, found, LATER), LATER))
    assert open_form.says("This is not the programme's form.")
    assert open_form.says("Missing. Nobody has written it yet.")
    with_medicine(room)
    state(room, session)
    send(room, session)
    form = rems_form_of(room.nurse, found, LATER)
    paper = Paper(rems_pdf(room.nurse, found, form, LATER))
    for answer in form.answers:
        assert paper.says(answer.question.asks)
        assert paper.says(answer.words or "never")
    assert not paper.says("Missing.")
    assert paper.says("To reach the programme by 9 March 2026")
    assert paper.says(form.sendings[0].answers_hash)


def test_the_page_takes_answers_and_gives_back_what_it_refuses() -> None:
    room = Room(NASAL)
    session = closed(room)
    nurse = sign_in(Client(), room.nurse)
    assert f'href="/sessions/{session.id}/rems/"' in nurse.get("/today/").content.decode()
    assert f'href="/sessions/{session.id}/rems/"' in nurse.get(f"/sessions/{session.id}/note/").content.decode()
    bad = nurse.post(f"/sessions/{session.id}/rems/answers/", {"lot_number": "L<1>", "statement_id": "x"})
    assert bad.status_code == 422
    assert "L&lt;1&gt;" in bad.content.decode()
    good = nurse.post(
        f"/sessions/{session.id}/rems/answers/", STATED | {"statement_id": str(uuid4())}, follow=True
    ).content.decode()
    assert "Kept for the form." in good
    wrong_day = {"how": "fax", "sent_at": "2026-02-30T10:00", "sending_id": str(uuid4())}
    assert nurse.post(f"/sessions/{session.id}/rems/sent/", wrong_day).status_code == 422
    sent = {"how": "fax", "sent_at": "2026-03-03T10:00", "although_missing": "on", "sending_id": str(uuid4())}
    said = nurse.post(f"/sessions/{session.id}/rems/sent/", sent, follow=True).content.decode()
    assert "Recorded as sent" in said
    assert "Sent in time" in said


def test_place_and_contact_are_offered_again_and_nothing_else_is() -> None:
    room = Room(NASAL)
    state(room, closed(room))
    page = sign_in(Client(), room.nurse).get(f"/sessions/{_second(room).id}/rems/").content.decode()
    assert page.count("From the last form of this clinic. Check it.") == 2
    assert "LOT #7" not in page
    assert 'value="75"' not in page


def _second(room: Room) -> Session:
    """Another session of the same person, two weeks on."""
    return dosed(room, NOW + timedelta(days=14))


def test_another_clinic_finds_no_form() -> None:
    room = Room(NASAL)
    session = closed(room)
    stranger = sign_in(Client(), make_viewer(make_clinic(), Role.NURSE))
    for address in ("rems/", "rems.pdf"):
        assert stranger.get(f"/sessions/{session.id}/{address}").status_code == 404
    for address in ("rems/answers/", "rems/sent/"):
        assert stranger.post(f"/sessions/{session.id}/{address}", {}).status_code == 404


@pytest.mark.parametrize("table", ["documents_remsstatement", "documents_remssending"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET answers = '[]'", "DELETE FROM {}"])
def test_the_database_itself_keeps_what_was_stated_and_sent(table: str, verb: str) -> None:
    room = Room(NASAL)
    session = closed(room)
    state(room, session)
    send(room, session, although_missing=True)
    with pytest.raises(DatabaseError, match="what was signed stays"), transaction.atomic():
        connection.cursor().execute(verb.format(table))
