"""The episode on screen: which criterion is met by what, and what grows old."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from tests.builders import NOW, sign_in

from euthymia.care.episode import Status, System
from euthymia.care.facts import FACTS
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.commands import record_facts
from euthymia.clinic.assessments.facts import known_facts
from euthymia.clinic.assessments.models import FactEntry
from euthymia.clinic.assessments.picture import picture_of
from euthymia.clinic.assessments.questions import known_words
from euthymia.clinic.measures.models import AnswerSource, Response
from euthymia.clinic.people.models import Patient
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
SIGNS = ("low_mood", "sleep", "energy", "concentration", "death_or_suicide")
REST = {
    "two_weeks": True,
    "change_from_before": True,
    "impairment_social": True,
    "substance_cause": False,
    "medical_cause": False,
    "psychotic_disorder": False,
    "past_mania_or_hypomania": False,
}


def stated(facts: dict[str, object]) -> dict[str, object]:
    return {f"episode.{name}": value for name, value in facts.items()}


def phq9(patient: Patient, at: datetime, **answers: int) -> Response:
    given = {name.removeprefix("item"): value for name, value in answers.items()}
    return Response.objects.create(
        clinic_id=patient.clinic_id,
        patient=patient,
        instrument="phq9",
        instrument_version="2026.1",
        answers=given,
        source=AnswerSource.CLINIC,
        at=at,
    )


def test_what_was_stated_and_the_newest_questionnaire_make_the_picture(prescriber: Viewer, patient: Patient) -> None:
    assert picture_of(prescriber, patient, NOW).status is Status.NOT_ASKED
    phq9(patient, NOW - timedelta(days=2), item1=3, item2=3)
    phq9(patient, NOW + timedelta(days=1), item2=0)
    record_facts(prescriber, patient, stated(dict.fromkeys(SIGNS[1:], True) | REST), NOW)
    found = picture_of(prescriber, patient, NOW)
    assert (found.status, found.symptoms_met) == (Status.MET, 6)
    mood = next(one for one in found.criteria if one.name == "low_mood")
    assert mood.by.startswith("PHQ-9 item 2 = 3")


def test_the_picture_answers_the_question_of_eligibility_unless_a_clinician_did(
    prescriber: Viewer, patient: Patient
) -> None:
    assert "depressive_episode" not in known_facts(prescriber, patient, NOW)
    record_facts(prescriber, patient, stated(dict.fromkeys(SIGNS, True) | REST), NOW)
    worked_out = known_facts(prescriber, patient, NOW)["depressive_episode"]
    assert (worked_out.value, worked_out.answered) == (True, False)
    said = known_words(FACTS["depressive_episode"], worked_out, None, prescriber.zone)
    assert said == "Yes: worked out from the criteria of the episode."
    assert "depressive_episode" not in known_facts(prescriber, patient, NOW + timedelta(days=15))
    record_facts(prescriber, patient, {"depressive_episode": False}, NOW)
    assert known_facts(prescriber, patient, NOW)["depressive_episode"].value is False


def test_the_same_answer_asked_again_gets_a_new_date(prescriber: Viewer, patient: Patient) -> None:
    record_facts(prescriber, patient, stated({"low_mood": True, "sleep": None}), NOW)
    later = NOW + timedelta(days=20)
    assert record_facts(prescriber, patient, stated({"low_mood": True}), later) == []
    again = record_facts(prescriber, patient, stated({"low_mood": True, "sleep": None}), later, again=True)
    assert [row.name for row in again] == ["episode.low_mood"]
    mood = next(one for one in picture_of(prescriber, patient, later).criteria if one.name == "low_mood")
    assert mood.status is Status.MET


@pytest.mark.parametrize("facts", [{"episode.sadness": True}, {"episode.sleep": "often"}])
def test_what_cannot_be_meant_is_refused(prescriber: Viewer, patient: Patient, facts: dict[str, object]) -> None:
    with pytest.raises(BadInput) as refused:
        record_facts(prescriber, patient, facts, NOW)
    assert refused.value.path in facts
    assert not FactEntry.objects.exists()


def test_the_page_says_by_what_and_what_is_too_old(client: Client, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    now = timezone.now()
    phq9(patient, now - timedelta(days=30), item2=3)
    sent = {"episode.sleep": "yes", "episode.low_mood": "", "episode.function_severity": "moderate", "system": "icd11"}
    answer = client.post(reverse("episode-record", args=[patient.id]), sent)
    assert answer.status_code == 302
    assert answer["Location"].endswith("?system=icd11")
    page = client.get(answer["Location"]).content.decode()
    assert "Depressive episode (ICD-11 logic)" in page
    assert "too old to count, ask again" in page
    assert "No hope for the future" in page
    assert "Moderate" in page
    found = picture_of(prescriber, patient, timezone.now(), System.ICD11)
    assert {one.name for one in found.criteria if one.status is Status.MET} == {"sleep"}


def test_a_refused_form_writes_nothing(client: Client, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    answer = client.post(reverse("episode-record", args=[patient.id]), {"episode.sleep": "perhaps"})
    assert answer.status_code == 422
    assert "Nothing was written down" in answer.content.decode()
    assert 'autofocus aria-labelledby="refused"' in answer.content.decode()
    assert not FactEntry.objects.exists()


def test_the_assessment_links_to_it(client: Client, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    page = client.get(reverse("assess", args=[patient.id])).content.decode()
    assert reverse("episode", args=[patient.id]) in page
    assert "The episode: not asked" in page
