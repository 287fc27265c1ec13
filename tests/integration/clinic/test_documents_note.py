"""The signed note: as it was signed, on screen and on paper, with additions that stay and never change it."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from tests.builders import NOW, make_clinic, make_viewer, sign_in
from tests.closed_session import CLOSED_AT, closed, dosed
from tests.pdf_text import Paper
from tests.session_room import Room, event, treated_patient

from euthymia.care.session_events import EventKind
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.audit.models import Action, AuditEntry
from euthymia.clinic.documents import guard
from euthymia.clinic.documents.commands import add_addendum
from euthymia.clinic.documents.models import NoteAddendum
from euthymia.clinic.documents.note_document import note_pdf
from euthymia.clinic.documents.queries import signed_note
from euthymia.clinic.sessions import commands
from euthymia.clinic.sessions.models import Session
from euthymia.clinic.sessions.queries import find_session, state_of
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
LATER = CLOSED_AT + 30 * MINUTE


def paper(room: Room, session: Session, now: Any = LATER) -> Paper:
    return Paper(content(room, session, now))


def content(room: Room, session: Session, now: Any = LATER) -> bytes:
    found = find_session(room.nurse, session.id)
    return note_pdf(room.nurse, found, state_of(found), signed_note(room.nurse, found), now)


def page(room: Room, session: Session) -> str:
    return sign_in(Client(), room.nurse).get(f"/sessions/{session.id}/note/").content.decode()


# ---- paper ----


def test_the_paper_holds_the_signed_text_the_grid_the_drawing_and_the_signature() -> None:
    room = Room()
    session = closed(room)
    printed = paper(room, session)
    for line in session.note.text.splitlines():
        assert printed.says(line), line
    for words in ("Blood pressure", "122/78", "Vital signs", "Minutes from the start of the dose", "dose complete"):
        assert printed.says(words), words
    assert printed.says(f"Signed by {room.nurse.name}")
    assert printed.says("I closed this session.")
    assert printed.says("(UTC, UTC+00:00)")
    assert printed.says(session.note.content_hash)
    assert all(room.patient.record_number in words for words in printed.pages)


def test_a_signed_note_prints_to_the_same_bytes_whenever_it_is_printed() -> None:
    room = Room()
    session = closed(room)
    assert content(room, session, LATER) == content(room, session, LATER + timedelta(days=400))


def test_a_draft_says_that_it_is_one_and_carries_no_signature() -> None:
    room = Room()
    printed = paper(room, dosed(room), NOW + 20 * MINUTE)
    assert printed.says("Draft of 2 March 2026, 10:20 (UTC, UTC+00:00). Not signed")
    assert not printed.says("SHA-256")


@pytest.mark.parametrize(
    "name",
    [
        '#eval("1+1") #read("/etc/passwd") #panic("x")',
        '"; #set page(fill: red); "',
        "$integral_0^1 x$ *bold* _slanted_ `raw` <label> @cite // gone /* gone */ \\u{41}",
        '{"a": 1} ]) #[ <svg onload="alert(1)"> </svg> %PDF-1.7 <script>alert(1)</script> ' + "{{ 7*7 }} {% load x %}",
        "= Heading\n- list\n+ list\n/ term: x",
        "Zoë Łukasiewicz-Ørsted Ștefan Ἀθηνᾶ Анна",
        "דוד בן-גוריון",
        "فاطمة الزهراء",
        "A\u200bB\u200dC\u2060D\u202eE",
        "x" * 300,
    ],
)
def test_whatever_a_name_or_a_remark_holds_is_words_on_paper(name: str) -> None:
    room = Room()
    given = name[:300]
    room.patient.given_name = given
    room.patient.save()
    session = dosed(room)
    room.write(session, EventKind.REMARK, {"text": name}, at=NOW + 15 * MINUTE)
    printed = paper(room, session, NOW + 20 * MINUTE)
    # Word by word: a line that runs from right to left is set in the order the eye finds it.
    for word in given.split():
        assert shown(printed.words).count(shown(word)) >= 2, f"{word} in the head of a page and in the text"
    assert printed.says("Draft of 2 March 2026")


def shown(text: str) -> str:
    """The letters that can be seen, in the order written: marks of direction and blanks aside."""
    return "".join(letter for letter in text if letter.isalnum() or letter in '#$*_`<>@/"{}[]()%|=+-:;')


@pytest.mark.parametrize(("name", "told"), [("王小明", True), ("สมชาย", True), ("Zoë Анна דוד فاطمة", False)])
def test_letters_no_typeface_may_have_are_told_and_the_record_number_leads(name: str, told: bool) -> None:
    room = Room()
    room.patient.given_name = name
    room.patient.save()
    assert paper(room, room.seated(), NOW + MINUTE).says("Go by the record number") is told


def test_paper_is_of_the_size_that_the_country_prints_on() -> None:
    letter, a4 = b"/MediaBox[0 0 612 792]", b"/MediaBox[0 0 595.2756 841.8898]"
    room = Room()
    session = closed(room)
    assert letter in content(room, session)
    room.clinic.country = "DE"
    room.clinic.save()
    elsewhere = make_viewer(room.clinic, Role.NURSE)
    found = find_session(elsewhere, session.id)
    assert a4 in note_pdf(elsewhere, found, state_of(found), signed_note(elsewhere, found), LATER)


def test_what_rang_is_on_the_paper_with_the_limit_it_crossed() -> None:
    room = Room()
    session = dosed(room)
    high = {"systolic_mmhg": 240.0, "diastolic_mmhg": 130.0}
    room.write(session, EventKind.VITALS, high, at=NOW + 15 * MINUTE)
    printed = paper(room, session, NOW + 20 * MINUTE)
    assert printed.says("Alarms, as the record has them")
    assert printed.says("10:15 Raised")
    assert not printed.says("First on a screen")


# ---- additions ----


def test_an_addition_stands_below_the_note_with_name_time_and_a_hash_that_follows_from_the_note() -> None:
    room = Room()
    session = closed(room)
    first = add_addendum(room.nurse, session, "Called the next day: well.", addendum_id=uuid4(), now=LATER)
    second = add_addendum(room.prescriber, session, "Agreed.\nNo change.", addendum_id=uuid4(), now=LATER + MINUTE)
    assert first.previous_hash == session.note.content_hash
    assert second.previous_hash == first.hash
    assert [row.place for row in (first, second)] == [1, 2]
    for shown_by in (page(room, session), paper(room, session).words):
        assert "Called the next day: well." in shown_by
        assert room.prescriber.name in shown_by
    assert paper(room, session).says(second.hash)
    assert "Signed text intact" in page(room, session)
    assert AuditEntry.objects.filter(subject="note_addendum", action=Action.SIGN).count() == 2


def test_an_addition_sent_twice_is_one_and_its_id_takes_no_other_words() -> None:
    room = Room()
    session = closed(room)
    same = uuid4()
    add_addendum(room.nurse, session, "Once.", addendum_id=same, now=LATER)
    add_addendum(room.nurse, session, "Once. ", addendum_id=same, now=LATER + MINUTE)
    assert NoteAddendum.objects.count() == 1
    with pytest.raises(BadInput, match="sent before"):
        add_addendum(room.nurse, session, "Twice.", addendum_id=same, now=LATER)


@pytest.mark.parametrize(("text", "code"), [("", "nothing_typed"), (" \n ", "nothing_typed"), ("x" * 8001, "too_long")])
def test_an_addition_without_words_or_too_long_is_refused(text: str, code: str) -> None:
    room = Room()
    session = closed(room)
    with pytest.raises(BadInput) as refused:
        add_addendum(room.nurse, session, text, addendum_id=uuid4(), now=LATER)
    assert refused.value.code == code
    assert not NoteAddendum.objects.exists()


def test_nothing_is_added_to_a_draft() -> None:
    room = Room()
    with pytest.raises(BadInput, match="not signed yet"):
        add_addendum(room.nurse, dosed(room), "Early.", addendum_id=uuid4(), now=NOW + 20 * MINUTE)


def test_only_those_at_the_chair_add() -> None:
    room = Room()
    session = closed(room)
    therapist = make_viewer(room.clinic, Role.THERAPIST)
    with pytest.raises(BadInput, match="nurses and prescribers"):
        add_addendum(therapist, session, "x", addendum_id=uuid4(), now=LATER)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE session_room_sessionnote SET text = 'other'",
        "UPDATE documents_noteaddendum SET text = 'other'",
        "DELETE FROM documents_noteaddendum",
    ],
)
def test_the_database_itself_keeps_what_was_signed(change: str) -> None:
    room = Room()
    session = closed(room)
    add_addendum(room.nurse, session, "Stays.", addendum_id=uuid4(), now=LATER)
    with pytest.raises(DatabaseError, match="what was signed stays"), transaction.atomic():
        connection.cursor().execute(change)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE session_room_sessionnote SET text = 'other'", "not the one that was signed"),
        ("UPDATE documents_noteaddendum SET text = 'other' WHERE place = 1", "Addition 1 is not as it was written"),
        ("UPDATE documents_noteaddendum SET by_name = 'Somebody' WHERE place = 2", "Addition 2 is not as it was"),
        ("DELETE FROM documents_noteaddendum WHERE place = 1", "Addition 1 is not as it was written"),
    ],
)
def test_a_change_past_the_guard_is_seen_on_screen_and_on_paper(change: str, said: str) -> None:
    room = Room()
    session = closed(room)
    for words in ("First.", "Second."):
        add_addendum(room.nurse, session, words, addendum_id=uuid4(), now=LATER)
    guard.remove(connection)
    connection.cursor().execute(change)
    guard.install(connection)
    assert said in page(room, session)
    assert paper(room, session).says(said)
    assert "Signed text intact" not in page(room, session)


# ---- what the record gained later ----


def test_what_is_changed_after_the_signature_is_listed_and_the_signed_part_stays() -> None:
    room = Room()
    session = closed(room)
    before = paper(room, session)
    found = find_session(room.nurse, session.id)
    wrong = state_of(found).readings[3]
    reading = event(
        EventKind.VITALS, {"systolic_mmhg": 177.0, "diastolic_mmhg": 99.0}, at=wrong.at,
        by=room.nurse.name, corrects=wrong.event_id, recorded_at=LATER,
    )  # fmt: skip
    commands.correct_reading(room.nurse, session, reading, because="Read from the monitor's print", now=LATER)
    assert session.note.text.count("177/99") == 0
    assert hashlib.sha256(session.note.text.encode()).hexdigest() == session.note.content_hash
    shown_page, printed = page(room, session), paper(room, session, LATER + MINUTE)
    assert "Signed text intact" in shown_page
    for said in (shown_page, printed.words):
        assert "Changed in the record after the signature" in said
        assert "177/99" in said
    grids = [one.pages[0].partition("Page 1 of")[0] for one in (before, printed)]
    assert grids[0] == grids[1], "the grid is the signed one"
    assert not printed.says("Added after the signature")


# ---- doors ----


def test_the_file_is_a_pdf_that_no_cache_keeps_and_opening_it_is_in_the_access_log() -> None:
    room = Room()
    session = closed(room)
    response = sign_in(Client(), room.nurse).get(f"/sessions/{session.id}/note.pdf")
    assert (response.status_code, response["Content-Type"]) == (200, "application/pdf")
    assert response["Cache-Control"] == "no-store"
    assert len(Paper(response.content).pages) > 0
    assert AuditEntry.objects.filter(subject="session_note_pdf", patient_id=room.patient.id).exists()


def test_another_clinic_finds_neither_note_nor_file() -> None:
    room = Room()
    session = closed(room)
    stranger = sign_in(Client(), make_viewer(make_clinic(), Role.NURSE))
    for address in ("note/", "note.pdf"):
        assert stranger.get(f"/sessions/{session.id}/{address}").status_code == 404
    assert stranger.post(f"/sessions/{session.id}/note/add/", {"text": "x"}).status_code == 404


def test_the_page_takes_an_addition_and_gives_back_what_it_refuses() -> None:
    room = Room()
    session = closed(room)
    nurse = sign_in(Client(), room.nurse)
    address = f"/sessions/{session.id}/note/add/"
    refused = nurse.post(address, {"text": "   ", "addendum_id": str(uuid4())})
    assert refused.status_code == 422
    assert "Write what is to be added." in refused.content.decode()
    no_id = nurse.post(address, {"text": "kept <b>words</b>", "addendum_id": "x"})
    assert no_id.status_code == 422
    assert "kept &lt;b&gt;words&lt;/b&gt;" in no_id.content.decode()
    taken = nurse.post(address, {"text": "Well.", "addendum_id": str(uuid4())}, follow=True)
    assert "Added to the note" in taken.content.decode()
    reader = sign_in(Client(), make_viewer(room.clinic, Role.THERAPIST))
    assert "Add to this note" not in reader.get(f"/sessions/{session.id}/note/").content.decode()


def test_two_people_in_one_clinic_have_their_own_notes() -> None:
    room = Room()
    other = treated_patient(room)
    session = closed(room)
    assert other.record_number not in paper(room, session).words
