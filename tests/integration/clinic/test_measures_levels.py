"""Questionnaires that give a level, have a gate or our own words, filled in the clinic."""

from __future__ import annotations

from typing import Any

import pytest
from tests.builders import NOW, sign_in

from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.measures import commands
from euthymia.clinic.measures.commands import Filled
from euthymia.clinic.measures.models import AnswerSource, Response, RiskSignal
from euthymia.clinic.measures.presenters import score_in_words
from euthymia.clinic.people.models import Patient

pytestmark = pytest.mark.django_db


def typed(answers: dict[str, int]) -> dict[str, str]:
    return {f"answer-{item}": str(value) for item, value in answers.items()}


def kept(prescriber: Viewer, patient: Patient, instrument: str, answers: dict[str, int | None]) -> Response:
    filled = Filled(instrument, answers, AnswerSource.CLINICIAN, NOW)
    return commands.record_response(prescriber, patient, filled, now=NOW)


def test_every_questionnaire_offered_opens_with_choices_in_words(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    sign_in(client, prescriber)
    offered = client.get(f"/people/{patient.id}/check-ins/").content.decode()
    for name, words in (("pcl5", "Quite a bit"), ("padss", "Walking and clarity"), ("hamd17", "Not assessed")):
        assert (f"/measure/{name}/" in offered) is (name != "padss")
        assert words in client.get(f"/people/{patient.id}/measure/{name}/").content.decode()


def test_a_level_is_kept_under_its_name_and_a_yes_has_an_owner(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    sign_in(client, prescriber)
    page = client.post(f"/people/{patient.id}/measure/asq/", typed({"1": 0, "2": 0, "3": 0, "4": 0}), follow=True)
    assert "ASQ recorded: negative." in page.content.decode()
    assert not RiskSignal.objects.exists()
    client.post(f"/people/{patient.id}/measure/asq/", typed({"1": 1, "2": 0, "3": 0, "4": 0, "5": 1}))
    row = Response.objects.get(band="acute_positive")
    assert (row.band_set, row.total, row.missing) == ("level", None, [])
    assert "suicidal_thoughts" in row.flags
    assert RiskSignal.objects.get().owner_id == prescriber.user_id
    assert "acute positive" in client.get(f"/people/{patient.id}/check-ins/").content.decode()


def test_the_fifth_question_is_missed_only_after_a_yes(client: Any, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    page = client.post(f"/people/{patient.id}/measure/asq/", typed({"1": 1, "2": 0, "3": 0, "4": 0}))
    assert page.status_code == 422
    assert "One question is not answered yet" in page.content.decode()
    assert not Response.objects.exists()
    assert RiskSignal.objects.get().response is None


def test_a_closed_gate_ends_the_form_and_a_yes_behind_it_is_refused(
    client: Any, prescriber: Viewer, patient: Patient
) -> None:
    sign_in(client, prescriber)
    shown = client.get(f"/people/{patient.id}/measure/pc_ptsd5/").content.decode()
    assert "(optional)" not in shown.split("Nightmares")[0].split("frightening")[1]
    assert client.post(f"/people/{patient.id}/measure/pc_ptsd5/", typed({"gate": 0, "2": 1})).status_code in (400, 422)
    client.post(f"/people/{patient.id}/measure/pc_ptsd5/", typed({"gate": 0}))
    assert Response.objects.get().total == 0


def test_the_form_of_a_scale_is_chosen_kept_and_never_mixed(client: Any, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    address = f"/people/{patient.id}/measure/wsas/"
    assert "?form=not_working" in client.get(address).content.decode()
    shown = client.get(f"{address}?form=not_working").content.decode()
    assert "answer-1" not in shown
    assert 'name="form" value="not_working"' in shown
    eights = {str(item): 8 for item in range(2, 6)}
    client.post(address, typed(eights) | {"form": "not_working"})
    assert client.post(address, typed(eights)).status_code == 422
    row = Response.objects.get()
    assert (row.variant, row.total, row.band) == ("not_working", 32, "")
    assert client.get(f"{address}?form=retired").status_code == 404
    ones: dict[str, int | None] = dict.fromkeys(
        ("suspiciousness", "hallucinatory_behaviour", "unusual_thought_content", "conceptual_disorganisation"), 1
    )
    for variant in ("0_to_6", "1_to_7", "1_to_7"):
        filled = Filled("bprs_positive4", ones, AnswerSource.CLINICIAN, NOW, variant=variant)
        commands.record_response(prescriber, patient, filled, now=NOW)
    kept_as = Response.objects.filter(instrument="bprs_positive4").values_list("variant", flat=True)
    assert sorted(kept_as) == ["0_to_6", "1_to_7"], "the same answers on the other range are another thing"
    usual = kept(prescriber, patient, "cgi_s", {"1": 4})
    assert usual.variant == "one_to_seven"


def test_what_came_of_a_form_is_said_in_words(prescriber: Viewer, patient: Patient) -> None:
    said = {
        "side_effects": (dict.fromkeys(map(str, range(1, 19)), 0) | {"3": 2}, "moderate"),
        "oleary_sant": ({f"{one}{n}": 1 for one in "sp" for n in range(1, 5)}, "kept, it has no total"),
        "cgi_s": ({"1": 4}, "4"),
        "sds": ({"1": 4}, "no total, answers are missing"),
    }
    for name, (answers, words) in said.items():
        assert score_in_words(kept(prescriber, patient, name, dict(answers))) == words
