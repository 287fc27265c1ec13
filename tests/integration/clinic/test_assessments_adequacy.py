"""What counts as an adequate trial is the clinic's to set, by the medical lead, with a source and a reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from tests.builders import NOW, make_clinic, make_patient, make_viewer, sign_in

from euthymia.care.protocols.load import load_protocol
from euthymia.clinic.accounts.models import Clinic
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments import commands
from euthymia.clinic.assessments.adequacy import MIN_WEEKS, adequacy_of
from euthymia.clinic.assessments.commands import change_adequacy
from euthymia.clinic.assessments.facts import known_facts
from euthymia.clinic.assessments.models import AdequacyChange
from euthymia.clinic.audit.models import AuditEntry
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
WHY = "Our formulary committee agreed on it."


def test_a_clinic_that_changed_nothing_has_what_was_shipped(lead: Viewer) -> None:
    assert (adequacy_of(lead).version, adequacy_of(lead).min_weeks) == ("shipped", 6)


def test_a_change_counts_at_once_is_versioned_audited_and_can_be_taken_back(lead: Viewer) -> None:
    change_adequacy(lead, " Imipramine ", 100, source="label", because=WHY, now=NOW)
    change_adequacy(lead, MIN_WEEKS, 8, source="payer example", because=WHY, now=NOW + timedelta(days=1))
    found = adequacy_of(lead)
    assert (found.floors_mg_day["imipramine"], found.min_weeks, found.version) == (100, 8, "2")
    assert found.own["imipramine"].endswith(": label")
    change_adequacy(lead, "imipramine", None, source="", because=WHY, now=NOW + timedelta(days=2))
    later = adequacy_of(lead)
    assert ("imipramine" in later.floors_mg_day, later.min_weeks, later.version) == (False, 8, "3")
    assert AuditEntry.objects.filter(subject="adequacy").count() == 3


def test_another_clinic_keeps_its_own(lead: Viewer) -> None:
    change_adequacy(lead, "imipramine", 100, source="label", because=WHY, now=NOW)
    other = make_viewer(make_clinic(), Role.MEDICAL_LEAD)
    assert adequacy_of(other).version == "shipped"


@pytest.mark.parametrize(
    ("subject", "value", "source", "because", "code", "path"),
    [
        ("", 100, "label", WHY, "missing", "subject"),
        ("x" * 81, 100, "label", WHY, "missing", "subject"),
        ("imipramine", 0, "label", WHY, "out_of_range", "value"),
        ("imipramine", 5001, "label", WHY, "out_of_range", "value"),
        ("imipramine", float("nan"), "label", WHY, "out_of_range", "value"),
        ("imipramine", 100, " ", WHY, "needs_source", "source"),
        ("imipramine", 100, "label", "too short", "needs_reason", "because"),
        ("imipramine", None, "", "", "needs_reason", "because"),
        (MIN_WEEKS, 5, "label", WHY, "unknown_choice", "value"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_kept(
    lead: Viewer, subject: str, value: float | None, source: str, because: str, code: str, path: str
) -> None:
    with pytest.raises(BadInput) as refused:
        change_adequacy(lead, subject, value, source=source, because=because, now=NOW)
    assert (refused.value.code, refused.value.path) == (code, path)
    assert not AdequacyChange.objects.exists()


def test_only_the_medical_lead_changes_it(clinic: Clinic) -> None:
    with pytest.raises(BadInput) as refused:
        change_adequacy(make_viewer(clinic, Role.PRESCRIBER), "imipramine", 100, source="label", because=WHY, now=NOW)
    assert refused.value.code == "not_permitted"


def test_the_judgement_uses_the_settings_and_a_decision_keeps_their_version(clinic: Clinic, lead: Viewer) -> None:
    patient = make_patient(clinic)
    for drug in ("imipramine", "sertraline"):
        commands.add_trial(lead, patient, commands.TrialFields(drug, 150, 8, "no_response"), NOW)
    assert "resistance_definition_met" not in known_facts(lead, patient, NOW)
    change_adequacy(lead, "imipramine", 100, source="label", because=WHY, now=NOW)
    known = known_facts(lead, patient, NOW)
    assert known["resistance_definition_met"].value is True
    assert known["resistance_definition_met"].source.endswith("adequacy settings 1")
    row = commands.decide_eligibility(lead, patient, load_protocol("iv_racemic_05"), now=NOW)
    assert (row.facts["adequacy_version"], row.facts["resistance_definition_met"]) == ("1", True)


def test_the_page_shows_sources_and_holes_and_takes_a_change(client: Client, lead: Viewer) -> None:
    sign_in(client, lead)
    page = client.get(reverse("adequacy")).content.decode()
    assert "as shipped" in page
    assert "McMaster" in page
    assert "No lowest adequate dose was read" in page
    sent = {"subject": "imipramine", "value": "100", "source": "label", "because": WHY}
    assert client.post(reverse("adequacy-change"), sent).status_code == 302
    page = client.get(reverse("adequacy")).content.decode()
    assert "this clinic" in page
    assert "changed once here" in page
    assert WHY in page
    client.post(reverse("adequacy-change"), {"subject": "imipramine", "shipped": "1", "because": WHY})
    assert adequacy_of(lead).version == "2"
    assert "changed 2 times here" in client.get(reverse("adequacy")).content.decode()


def test_the_shortest_duration_is_named_in_words(client: Client, lead: Viewer) -> None:
    sign_in(client, lead)
    sent = {"subject": "Shortest  duration", "value": "8", "source": "payer example", "because": WHY}
    client.post(reverse("adequacy-change"), sent)
    assert adequacy_of(lead).min_weeks == 8
    assert "shortest duration: 8 weeks (payer example)" in client.get(reverse("adequacy")).content.decode()


@pytest.mark.parametrize("value", ["", "a lot", "-3", "1,200", "1,5", "1e3"])
def test_a_refused_form_keeps_what_was_typed(client: Client, lead: Viewer, value: str) -> None:
    sign_in(client, lead)
    sent = {"subject": "imipramine", "value": value, "source": "label", "because": WHY}
    answer = client.post(reverse("adequacy-change"), sent)
    assert answer.status_code == 422
    assert "Nothing was changed" in answer.content.decode()
    assert 'autofocus aria-labelledby="refused"' in answer.content.decode()
    assert '<a href="#adequacy-value">' in answer.content.decode()
    assert WHY in answer.content.decode()
    assert not AdequacyChange.objects.exists()


def test_a_nurse_reads_and_is_offered_no_change(client: Client, clinic: Clinic) -> None:
    sign_in(client, make_viewer(clinic, Role.NURSE))
    page = client.get(reverse("adequacy"))
    assert page.status_code == 200
    assert "Change a setting" not in page.content.decode()
    assert client.post(reverse("adequacy-change"), {}).status_code == 403
