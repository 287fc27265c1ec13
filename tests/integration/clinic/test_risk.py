"""The risk page, its steps and times, and the safety plan: nobody is lost, every step is kept."""

from __future__ import annotations

import importlib
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from tests.builders import make_clinic, make_patient, make_viewer, sign_in

from euthymia.care.risk import ScreenerAnswers
from euthymia.care.risk_due import ClinicTimes
from euthymia.care.risk_pathway import RiskEventKind, RiskPhase
from euthymia.care.safety_plan import PARTS, Draft
from euthymia.clinic.accounts.models import Clinic, Membership, User
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.audit.models import AuditEntry
from euthymia.clinic.measures import guard, risk_commands
from euthymia.clinic.measures.commands import Filled, record_response
from euthymia.clinic.measures.models import AnswerSource, RiskSignal, RiskStep, RiskTimes, SafetyPlanVersion
from euthymia.clinic.measures.risk_commands import Step
from euthymia.clinic.measures.risk_queries import pathway_of
from euthymia.clinic.measures.safety_commands import write_safety_plan
from euthymia.clinic.people.models import Patient
from euthymia.errors import BadInput

pytestmark = pytest.mark.django_db
WORDS = "Spoke with her for half an hour."
NO = dict.fromkeys(ScreenerAnswers.__slots__, False)


@pytest.fixture
def clinic() -> Clinic:
    return make_clinic(country="CA", time_zone="Europe/Madrid")


@pytest.fixture
def signal(prescriber: Viewer, patient: Patient) -> RiskSignal:
    return answer_nine(prescriber, patient, 2)


def answer_nine(viewer: Viewer, patient: Patient, value: int, **items: int) -> RiskSignal:
    """A PHQ-9 with this answer to item 9; gives the open signal."""
    now = timezone.now()
    answers = {str(item): 1 for item in range(1, 9)} | {"9": value} | items
    record_response(viewer, patient, Filled("phq9", answers, AnswerSource.CLINIC, now), now=now, forecast=False)
    return RiskSignal.objects.get(patient=patient, closed_at=None)


def kinds(signal: RiskSignal) -> list[str]:
    return [step.kind for step in signal.steps.all()]


def member(viewer: Viewer) -> Membership:
    return Membership.objects.get(user_id=viewer.user_id)


def post(client: Any, signal: RiskSignal, **fields: str) -> Any:
    return client.post(f"/risk/{signal.id}/", fields)


# Raising and joining


def test_a_new_sign_joins_the_open_one_and_asks_to_be_seen_again(
    clinic: Clinic, prescriber: Viewer, patient: Patient, signal: RiskSignal
) -> None:
    risk_commands.see_risk(prescriber, signal, timezone.now())
    again = answer_nine(prescriber, patient, 3)
    assert again.id == signal.id
    assert kinds(again) == ["raised", "seen", "raised"]
    assert (again.seen_at, again.owner_id) == (None, prescriber.user_id)
    assert len(pathway_of(again).signs) == 2


def test_after_a_close_a_new_sign_is_a_new_signal(prescriber: Viewer, patient: Patient, signal: RiskSignal) -> None:
    risk_commands.close_risk(prescriber, signal, WORDS, timezone.now())
    assert answer_nine(prescriber, patient, 1).id != signal.id


def test_a_screener_filled_as_a_questionnaire_tells_the_signal_its_level(prescriber: Viewer, patient: Patient) -> None:
    now = timezone.now()
    yes = {"wish_to_be_dead": 1, "thoughts": 1, "method": 0, "intent": 1, "plan": 0, "behaviour_ever": 0}
    filled = Filled("cssrs_screener", yes, AnswerSource.CLINICIAN, now)
    record_response(prescriber, patient, filled, now=now, forecast=False)
    signal = RiskSignal.objects.get()
    assert (kinds(signal), signal.level) == (["raised", "screened"], "high")


def test_a_quiet_screener_without_an_open_signal_raises_nothing(prescriber: Viewer, patient: Patient) -> None:
    now = timezone.now()
    quiet = {"wish_to_be_dead": 0, "thoughts": 0, "behaviour_ever": 0}
    record_response(
        prescriber, patient, Filled("cssrs_screener", quiet, AnswerSource.CLINICIAN, now), now=now, forecast=False
    )
    assert not RiskSignal.objects.exists()


# The page


def test_the_page_says_state_level_owner_age_and_what_is_due(
    client: Any, prescriber: Viewer, signal: RiskSignal
) -> None:
    text = sign_in(client, prescriber).get(f"/risk/{signal.id}/").content.decode()
    for words in ("not seen yet", "Not known yet", prescriber.name, "open for", "Screen in the same visit.", "memory"):
        assert words in text
    assert "No source says how soon. The clinic sets it." in text
    assert "I have seen this" in text
    assert text.index("crisis-title") < text.index("A sign of suicidal thoughts")


def test_every_step_by_its_button(client: Any, clinic: Clinic, prescriber: Viewer, signal: RiskSignal) -> None:
    other = make_viewer(clinic, Role.THERAPIST)
    sign_in(client, prescriber)
    assert post(client, signal).status_code == 302
    answers = {name: "yes" if name in ("thoughts", "intent") else "no" for name in NO}
    assert post(client, signal, step="screened", **answers).status_code == 302
    signal.refresh_from_db()
    assert signal.level == "high"
    text = client.get(f"/risk/{signal.id}/").content.decode()
    assert "Do not leave them alone." in text
    assert "record a clinician&#x27;s evaluation first" in text
    assert 'name="done"' not in text
    assert post(client, signal, step="evaluated", says=WORDS).status_code == 302
    assert post(client, signal, step="acted", says=WORDS).status_code == 302
    assert post(client, signal, step="triaged", says=WORDS, level="moderate").status_code == 302
    assert post(client, signal, step="hand_over", to=str(other.user_id)).status_code == 302
    signal.refresh_from_db()
    assert (signal.level, signal.owner_id, signal.seen_at) == ("moderate", other.user_id, None)
    assert post(client, signal, done="1", action_taken=WORDS).status_code == 302
    signal.refresh_from_db()
    assert (signal.closed_by_id, signal.action_taken) == (prescriber.user_id, WORDS)
    assert kinds(signal) == [
        "raised", "seen", "screened", "evaluated", "acted", "triaged", "handed_over", "seen", "acted", "closed",
    ]  # fmt: skip
    assert post(client, signal, step="reopened", says="She called again today.").status_code == 302
    signal.refresh_from_db()
    assert (signal.closed_at, signal.owner_id) == (None, prescriber.user_id)
    text = client.get(f"/risk/{signal.id}/").content.decode()
    assert "Opened again" in text
    assert AuditEntry.objects.filter(subject="risk_signal", subject_id=str(signal.id)).count() == 1 + len(kinds(signal))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"step": "screened"}, "Answer at least one question"),
        ({"step": "screened", "thoughts": "perhaps"}, "Answer yes or no"),
        ({"step": "acted", "says": "ok"}, "at least a few words"),
        ({"step": "triaged", "says": WORDS}, "Choose the level"),
        ({"step": "triaged", "says": WORDS, "level": "purple"}, "Choose the level"),
        ({"step": "hand_over"}, "Choose somebody"),
        ({"step": "hand_over", "to": "99999999"}, "Choose somebody"),
        ({"step": "reopened", "says": WORDS}, "A signal that is raised can be"),
        ({"step": "raised", "says": WORDS}, "no such step"),
        ({"step": "closed", "says": WORDS}, "no such step"),
        ({"event_id": "x"}, "This form is damaged"),
    ],
)
def test_what_is_refused_is_said_and_nothing_is_written(
    client: Any, prescriber: Viewer, signal: RiskSignal, fields: dict[str, str], words: str
) -> None:
    page = post(sign_in(client, prescriber), signal, **fields)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert kinds(signal) == ["raised"]


def test_a_high_level_is_not_closed_without_an_evaluation(client: Any, prescriber: Viewer, signal: RiskSignal) -> None:
    risk_commands.screen_risk(prescriber, signal, ScreenerAnswers(**NO | {"plan": True}), timezone.now())
    page = post(sign_in(client, prescriber), signal, done="1", action_taken=WORDS)
    assert page.status_code == 422
    signal.refresh_from_db()
    assert signal.closed_at is None
    assert kinds(signal) == ["raised", "screened"], "nothing is half written"


def test_a_double_click_is_one_step_and_another_step_under_its_id_is_refused(
    prescriber: Viewer, signal: RiskSignal
) -> None:
    step = Step(RiskEventKind.ACTED, WORDS, event_id=uuid4())
    for _ in range(2):
        assert risk_commands.step_risk(prescriber, signal, step, timezone.now()).phase is RiskPhase.ACTED
    assert kinds(signal) == ["raised", "acted"]
    with pytest.raises(BadInput, match="used already"):
        other = Step(RiskEventKind.ACTED, "Something else was done.", event_id=step.event_id)
        risk_commands.step_risk(prescriber, signal, other, timezone.now())


def test_a_signal_is_handed_only_to_somebody_who_may_open_it(
    clinic: Clinic, prescriber: Viewer, signal: RiskSignal
) -> None:
    manager, gone = make_viewer(clinic, Role.MANAGER), make_viewer(clinic, Role.NURSE)
    User.objects.filter(pk=gone.user_id).update(is_active=False)
    abroad = make_viewer(make_clinic(), Role.NURSE)
    for to in (member(manager), member(gone), member(abroad), None):
        with pytest.raises(BadInput, match="Choose somebody"):
            risk_commands.step_risk(prescriber, signal, Step(RiskEventKind.HANDED_OVER, to=to), timezone.now())
    with pytest.raises(BadInput, match="own it already"):
        same = Step(RiskEventKind.HANDED_OVER, to=member(prescriber))
        risk_commands.step_risk(prescriber, signal, same, timezone.now())


def test_an_owner_who_left_is_said_with_whom_to_tell(
    client: Any, clinic: Clinic, prescriber: Viewer, signal: RiskSignal
) -> None:
    lead = make_viewer(clinic, Role.MEDICAL_LEAD)
    User.objects.filter(pk=prescriber.user_id).update(is_active=False)
    sign_in(client, lead)
    text = client.get(f"/risk/{signal.id}/").content.decode()
    assert "no longer works here. Hand it over." in text
    assert "no longer works here" in client.get("/today/").content.decode()


def test_what_was_written_stays_as_it_is(prescriber: Viewer, signal: RiskSignal) -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        RiskStep.objects.update(says="Nothing.")
    guard.remove(connection)
    RiskStep.objects.update(says="Now it can.")
    guard.install(connection)
    with pytest.raises(DatabaseError), transaction.atomic():
        RiskStep.objects.update(says="Nothing.")


def test_only_those_who_judge_write_steps(clinic: Clinic, signal: RiskSignal) -> None:
    coordinator = make_viewer(clinic, Role.COORDINATOR)
    for call in (
        lambda: risk_commands.see_risk(coordinator, signal, timezone.now()),
        lambda: risk_commands.screen_risk(coordinator, signal, ScreenerAnswers(**NO), timezone.now()),
        lambda: risk_commands.step_risk(coordinator, signal, Step(RiskEventKind.ACTED, WORDS), timezone.now()),
        lambda: risk_commands.close_risk(coordinator, signal, WORDS, timezone.now()),
        lambda: risk_commands.set_risk_times(coordinator, ClinicTimes(), None, timezone.now()),
    ):
        with pytest.raises(BadInput) as refused:
            call()
        assert refused.value.code == "not_permitted"


def test_seeing_twice_or_after_the_close_changes_nothing(prescriber: Viewer, signal: RiskSignal) -> None:
    risk_commands.see_risk(prescriber, signal, timezone.now())
    risk_commands.see_risk(prescriber, signal, timezone.now())
    risk_commands.close_risk(prescriber, signal, WORDS, timezone.now())
    risk_commands.see_risk(prescriber, signal, timezone.now())
    assert kinds(signal) == ["raised", "seen", "acted", "closed"]


# The clinic's times


def test_the_lead_sets_the_clinics_times_and_the_page_then_has_a_clock(
    client: Any, clinic: Clinic, prescriber: Viewer, signal: RiskSignal
) -> None:
    lead = make_viewer(clinic, Role.MEDICAL_LEAD)
    sign_in(client, lead)
    assert "is a hole" in client.get("/risk-times/").content.decode()
    refused = client.post("/risk-times/", {"see_within_h": "0"})
    assert refused.status_code == 422
    assert "Give hours above 0" in refused.content.decode()
    guessed = client.post("/risk-times/", {"see_within_h": "1e1", "act_within_h": "1,5", "close_within_h": "-1"})
    assert guessed.status_code == 422
    assert set(guessed.context["form"].errors) == {"see_within_h", "act_within_h", "close_within_h"}
    assert not RiskTimes.objects.exists()
    assert client.post("/risk-times/", {"see_within_h": "0.001", "trusted_line_days": "30"}).status_code == 302
    assert RiskTimes.objects.get().set_by_id == lead.user_id
    RiskSignal.objects.update(raised_at=timezone.now())
    text = client.get("/risk-times/").content.decode()
    assert "0.001" in text
    assert AuditEntry.objects.filter(subject="risk_times").count() == 1
    guard.remove(connection)
    RiskStep.objects.update(at=timezone.now() - timedelta(hours=3))
    guard.install(connection)
    text = client.get(f"/risk/{signal.id}/").content.decode()
    assert "late since" in text
    assert f"Tell {lead.name} now." in text
    assert "Late: the owner looks at it." in client.get("/today/").content.decode()


# Signals from before steps were kept


def test_a_signal_of_an_earlier_version_keeps_what_its_row_said(
    clinic: Clinic, prescriber: Viewer, patient: Patient
) -> None:
    now = timezone.now()
    fields = {"clinic": clinic, "patient": patient, "trigger": "Item 9.", "raised_at": now - timedelta(days=2)}
    owner = {"owner_id": prescriber.user_id}
    RiskSignal.objects.create(**fields, **owner)
    done = {"seen_at": now, "closed_at": now, "closed_by_id": prescriber.user_id, "action_taken": WORDS}
    RiskSignal.objects.create(**fields, **owner, **done)
    migration = importlib.import_module("euthymia.clinic.measures.migrations.0002_risk_pathway")
    migration.write_earlier_steps(apps, None)
    open_one, closed = RiskSignal.objects.order_by("seen_at"), RiskSignal.objects.exclude(closed_at=None).get()
    assert kinds(closed) == ["raised", "seen", "acted", "closed"]
    assert pathway_of(closed).phase is RiskPhase.CLOSED
    pathway = pathway_of(open_one.filter(closed_at=None).get())
    assert (pathway.phase, pathway.owner) == (RiskPhase.RAISED, prescriber.name)


# The safety plan


def plan_fields(**more: str) -> dict[str, str]:
    return {"signs": "I stop answering\nthe telephone", "with_person": "yes"} | more


def test_a_plan_is_written_read_changed_and_printed(client: Any, prescriber: Viewer, patient: Patient) -> None:
    sign_in(client, prescriber)
    base = f"/people/{patient.id}/safety-plan/"
    assert "No safety plan yet" in client.get(base).content.decode()
    assert client.get(f"{base}print/").status_code == 404
    assert client.post(f"{base}write/", plan_fields(review_on="2099-01-01")).status_code == 302
    text = client.get(base).content.decode()
    assert "the telephone" in text
    assert "Nothing written yet." in text
    assert "together with the person" in text
    assert "9-8-8" in text
    assert "The clinic sets the days." in text
    form = client.get(f"{base}write/").content.decode()
    assert "I stop answering" in form
    unexplained = client.post(f"{base}write/", plan_fields(trusted="Rosa, 555 0101"))
    assert unexplained.status_code == 422
    assert "why the plan changes" in unexplained.content.decode()
    assert client.post(f"{base}write/", plan_fields(trusted="Rosa", changed_because="She agreed")).status_code == 302
    rows = list(SafetyPlanVersion.objects.all())
    assert [row.version for row in rows] == [2, 1]
    old = client.get(f"{base}?version=1").content.decode()
    assert "This is an earlier version" in old
    assert "Rosa" not in old
    assert client.get(f"{base}?version=9").status_code == 404
    paper = client.get(f"{base}print/").content.decode()
    for words in ("My safety plan", "Rosa", "9-8-8", "Version 2", "How I notice that it begins", str(patient)):
        assert words in paper
    Patient.objects.filter(id=patient.id).update(language="es")
    theirs = client.get(f"{base}print/").content.decode()
    for words in ('lang="es"', "Mi plan de seguridad", "Cómo noto que empieza", "Rosa", "Versión 2"):
        assert words in theirs
    assert AuditEntry.objects.filter(subject="safety_plan", patient_id=patient.id).count() >= 2
    assert "version 2" in client.get(base).content.decode()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"signs": "", "with_person": "yes"}, "Write at least one line."),
        ({"signs": "x"}, "required"),
        ({"signs": "x", "with_person": "yes", "review_on": "2001-01-01"}, "lies in the past"),
        ({"signs": "x" * 301, "with_person": "yes"}, "At most 300 characters"),
    ],
)
def test_a_refused_plan_is_said_beside_its_field_and_not_kept(
    client: Any, prescriber: Viewer, patient: Patient, fields: dict[str, str], words: str
) -> None:
    page = sign_in(client, prescriber).post(f"/people/{patient.id}/safety-plan/write/", fields)
    assert page.status_code == 422
    assert words in page.content.decode()
    assert not SafetyPlanVersion.objects.exists()


def test_old_numbers_are_said_on_the_plan(client: Any, clinic: Clinic, prescriber: Viewer, patient: Patient) -> None:
    lead = make_viewer(clinic, Role.MEDICAL_LEAD)
    risk_commands.set_risk_times(lead, ClinicTimes(), 1, timezone.now())
    sign_in(client, prescriber)
    assert "Checked too long ago" in client.get(f"/people/{patient.id}/safety-plan/").content.decode()
    risk_commands.set_risk_times(lead, ClinicTimes(), 36_500, timezone.now())
    assert "Checked too long ago" not in client.get(f"/people/{patient.id}/safety-plan/").content.decode()


def test_a_plan_of_another_clinic_does_not_exist_here(client: Any, prescriber: Viewer) -> None:
    abroad = make_clinic()
    other, stranger = make_viewer(abroad, Role.PRESCRIBER), make_patient(abroad)
    write_safety_plan(other, stranger, Draft({PARTS[0].id: "x"}, True), timezone.now())
    sign_in(client, prescriber)
    for page in ("", "write/", "print/"):
        assert client.get(f"/people/{stranger.id}/safety-plan/{page}").status_code == 404


def test_a_version_is_never_changed_and_only_those_who_judge_write(
    clinic: Clinic, prescriber: Viewer, patient: Patient
) -> None:
    draft = Draft({PARTS[0].id: "x"}, True, date(2099, 1, 1))
    write_safety_plan(prescriber, patient, draft, timezone.now())
    with pytest.raises(DatabaseError), transaction.atomic():
        SafetyPlanVersion.objects.update(version=7)
    with pytest.raises(BadInput):
        write_safety_plan(make_viewer(clinic, Role.COORDINATOR), patient, draft, timezone.now())


def test_the_ways_lead_from_the_person_and_from_the_signal(
    client: Any, prescriber: Viewer, patient: Patient, signal: RiskSignal
) -> None:
    sign_in(client, prescriber)
    for address in (f"/people/{patient.id}/", f"/risk/{signal.id}/"):
        assert f"/people/{patient.id}/safety-plan/" in client.get(address).content.decode()
