"""A clinic's licensed words: brought in by those who answer for them, shown where a form is filled, taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in

from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.wording import commands
from euthymia.clinic.wording.forms import LARGEST_FILE
from euthymia.clinic.wording.models import InstrumentWording
from euthymia.clinic.wording.queries import instrument_in_words_of, wordings_of
from euthymia.errors import BadInput
from euthymia.interop.fhir import questionnaire

pytestmark = pytest.mark.django_db


def document(instrument_id: str = "sds", language: str = "en", says: str = "Licensed question") -> dict[str, Any]:
    """The form as the owner of the words would give it."""
    made: dict[str, Any] = questionnaire.write(
        questionnaire.form_of(load_instrument(instrument_id), base_url="https://owner.example/fhir")
    )
    for item in made["item"]:
        item["text"] = f"{says} {item['linkId']}?"
        for option in item.get("answerOption", ()):
            option["valueCoding"]["display"] = f"Licensed answer {option['valueCoding']['code']}"
    return made | {"language": language, "copyright": "Owner 2020"}


def sent(content: object, instrument: str = "sds") -> dict[str, Any]:
    text = content if isinstance(content, bytes) else json.dumps(content, default=float).encode()
    return {"instrument": instrument, "file": SimpleUploadedFile("words.json", text)}


def test_the_page_lists_every_questionnaire_and_brings_words_in(client: Any, lead: Viewer) -> None:
    sign_in(client, lead)
    page = client.get("/wording/").content.decode()
    assert "MADRS" in page
    assert "yours to bring, with a licence" in page
    answer = client.post("/wording/", sent(document()), follow=True)
    assert "The words of sds in en are here" in answer.content.decode()
    row = InstrumentWording.objects.get()
    assert (row.instrument, row.instrument_version, row.language, row.notice) == ("sds", "2026.1", "en", "Owner 2020")
    assert (row.origin, row.loaded_by_id) == ("https://owner.example/fhir/Questionnaire/sds|2026.1", lead.user_id)
    entry = AuditEntry.objects.get(subject="wording")
    assert (entry.action, entry.detail) == ("import", {"instrument": "sds", "language": "en"})


def test_the_words_are_shown_in_the_form_of_this_clinic_and_of_no_other(client: Any, clinic: Clinic) -> None:
    lead, elsewhere = make_viewer(clinic, Role.MEDICAL_LEAD), make_viewer(make_clinic(), Role.MEDICAL_LEAD)
    commands.load_wording(lead, "sds", document(), now=NOW)
    assert instrument_in_words_of(lead, "sds").item("1").text() == "Licensed question 1?"
    assert instrument_in_words_of(elsewhere, "sds") == load_instrument("sds")
    sign_in(client, make_viewer(clinic, Role.PRESCRIBER))
    page = client.get(f"/people/{make_patient(clinic).id}/measure/sds/").content.decode()
    assert "Licensed question 2?" in page
    assert "Licensed answer 10" in page
    assert "Owner 2020" in page


def test_the_newest_words_hold_and_each_language_has_its_own(lead: Viewer) -> None:
    commands.load_wording(lead, "sds", document(), now=NOW)
    commands.load_wording(lead, "sds", document(says="Better question"), now=NOW)
    commands.load_wording(lead, "sds", document(language="de", says="Frage"), now=NOW)
    shown = instrument_in_words_of(lead, "sds")
    assert shown.languages == ("en", "de")
    assert (shown.item("1").text("en"), shown.item("1").text("de")) == ("Better question 1?", "Frage 1?")
    assert [row.language for row in wordings_of(lead)] == ["de", "en"]


def test_words_taken_back_are_shown_no_more_nor_are_earlier_ones(client: Any, lead: Viewer) -> None:
    commands.load_wording(lead, "sds", document(), now=NOW)
    row = commands.load_wording(lead, "sds", document(says="Better question"), now=NOW)
    sign_in(client, lead)
    answer = client.post(f"/wording/{row.pk}/take-back/", follow=True)
    assert "no longer shown" in answer.content.decode()
    assert not instrument_in_words_of(lead, "sds").can_be_shown
    assert AuditEntry.objects.get(subject="wording", action="change").detail["count"] == 2
    assert set(InstrumentWording.objects.values_list("taken_back_by_id", flat=True)) == {lead.user_id}


def test_words_for_another_version_are_not_shown(lead: Viewer) -> None:
    row = commands.load_wording(lead, "sds", document(), now=NOW)
    InstrumentWording.objects.filter(pk=row.pk).update(instrument_version="2019.1")
    assert not instrument_in_words_of(lead, "sds").can_be_shown


@pytest.mark.parametrize(
    ("content", "instrument", "says"),
    [
        (b"{", "sds", "This is not a JSON document"),
        (b"\xff\xfe", "sds", "FHIR JSON is UTF-8; byte 0 is not"),
        (b"[" * 100_000, "sds", "nested deeper than 60 levels"),
        (b"[]", "sds", "A FHIR resource is one JSON object"),
        (b'{"resourceType": ' + b"9" * 5000 + b"}", "sds", "more digits than a measurement can have"),
        (b'{"language": "en", "language": "de"}', "sds", "&#x27;language&#x27; stands twice in one object"),
        (b'{"resourceType": "Patient"}', "sds", "Patient"),
        (b" " * (LARGEST_FILE + 1), "sds", "larger than the 1,000,000 bytes taken at once"),
        (document("bdi2"), "sds", "Questionnaire.item[0].answerOption"),
        (document(), "bdi2", "Questionnaire.item"),
        (document("phq9"), "phq9", "shipped in these exact words"),
        (document() | {"copyright": ""}, "sds", "Questionnaire.copyright"),
        (document(), "beck", "Select a valid choice"),
    ],
)
def test_a_file_that_does_not_match_is_refused_in_words_and_nothing_is_kept(
    client: Any, lead: Viewer, content: object, instrument: str, says: str
) -> None:
    sign_in(client, lead)
    answer = client.post("/wording/", sent(content, instrument))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not InstrumentWording.objects.exists()
    assert not AuditEntry.objects.filter(subject="wording").exists()


def test_only_those_who_answer_for_the_licence_may_bring_words(clinic: Clinic, lead: Viewer) -> None:
    row = commands.load_wording(lead, "sds", document(), now=NOW)
    nurse = make_viewer(clinic, Role.NURSE)
    for act in (
        lambda: commands.load_wording(nurse, "sds", document(), now=NOW),
        lambda: commands.take_back_wording(nurse, row, now=NOW),
    ):
        with pytest.raises(BadInput) as refused:
            act()
        assert refused.value.code == "not_permitted"


def test_another_clinics_words_cannot_be_taken_back(client: Any, lead: Viewer) -> None:
    row = commands.load_wording(lead, "sds", document(), now=NOW)
    sign_in(client, make_viewer(make_clinic(), Role.MANAGER))
    assert client.post(f"/wording/{row.pk}/take-back/").status_code == 404
    row.refresh_from_db()
    assert row.taken_back_at is None
