"""The assessment on screen: earlier treatments, questions, consent, eligibility."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.care.decision import Allowed
from euthymia.clinic.accounts.policies import ASSESS, PRESCRIBE, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments import commands, presenters, queries
from euthymia.clinic.assessments.episode_pages import STATUS_WORDS
from euthymia.clinic.assessments.facts import known_facts, latest_entries
from euthymia.clinic.assessments.models import TreatmentTrialEntry
from euthymia.clinic.assessments.picture import picture_of
from euthymia.clinic.assessments.questions import FIELD, question_groups, read_answers
from euthymia.clinic.assessments.trial_pages import EPISODE_FIELD, read_episode, read_trial, trial_section
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404, open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.queries import current_versions, protocol_of, usable_versions
from euthymia.errors import BadInput

REFUSED_FORM = 422
REASON_FOR = "reason:"


@requires(ASSESS)
def assess(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Everything known for a decision, what is missing, and the answers of the rules."""
    viewer = request.viewer  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="assessment", now=timezone.now())
    return assess_page(request, patient)


@require_POST
@requires(ASSESS)
def trial_add(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Write down one earlier treatment."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="assessment", now=now)
    try:
        row = commands.add_trial(viewer, patient, read_trial(request.POST), now)
    except BadInput as refusal:
        return assess_page(request, patient, refused={"trial": refusal})
    messages.success(request, f"Earlier treatment written down: {row.drug}.")
    return back_to(patient, "trials")


@require_POST
@requires(ASSESS)
def trial_withdraw(request: HttpRequest, patient_id: UUID, trial_id: int) -> HttpResponse:
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="assessment", now=now)
    row = find_or_404(viewer, TreatmentTrialEntry, pk=trial_id, patient=patient)
    commands.withdraw_trial(viewer, row, now)
    messages.success(request, f"Struck through: {row.drug}.")
    return back_to(patient, "trials")


@require_POST
@requires(ASSESS)
def facts_record(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Write down the answers that changed; one wrong answer keeps all of them on the page, unwritten."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="assessment", now=now)
    answers, errors = read_answers(request.POST, now)
    try:
        answers |= read_episode(request.POST)
    except BadInput as refusal:
        errors[refusal.path] = refusal.message
    if errors:
        return assess_page(request, patient, refused={"facts": errors})
    rows = commands.record_facts(viewer, patient, answers, now)
    messages.success(request, f"{len(rows)} answer{'s' if len(rows) != 1 else ''} written down.")
    return back_to(patient, "eligibility" if any(name.startswith(FIELD) for name in request.POST) else "resistance")


@require_POST
@requires(ASSESS)
def eligibility_decide(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Record what the rules answer for one protocol, with the holds a prescriber accepts."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="assessment", now=now)
    protocol = protocol_of(version_or_404(viewer, request.POST.get("protocol", "")))
    reasons = {
        name.removeprefix(REASON_FOR): str(value)
        for name, value in request.POST.items()
        if name.startswith(REASON_FOR) and str(value).strip()
    }
    try:
        row = commands.decide_eligibility(viewer, patient, protocol, reasons=reasons, now=now)
    except BadInput as refusal:
        return assess_page(request, patient, refused={"decision": (protocol.id, reasons, refusal.message)})
    word, _, _ = presenters.VERDICT_WORDS[row.verdict]
    messages.success(request, f"Decision recorded: {word.lower()} for {protocol.title}.")
    return back_to(patient, f"eligible-{protocol.id}")


@require_POST
@requires(ASSESS)
def consent_sign(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The person signs what they read, or takes an earlier consent back."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="consent", now=now)
    protocol = protocol_of(version_or_404(viewer, request.POST.get("protocol", "")))
    if request.POST.get("withdraw"):
        consent = queries.valid_consent(viewer, patient, protocol.id, protocol.version)
        if consent is not None:
            commands.withdraw_consent(viewer, consent, now)
        messages.success(request, "The consent is taken back. Nothing can start on it.")
        return back_to(patient, "consent")
    typed = request.POST.get("signed_name", "")
    try:
        commands.sign_consent(
            viewer,
            patient,
            protocol,
            signed_name=typed,
            text_version=request.POST.get("text_version", ""),
            now=now,
        )
    except BadInput as refusal:
        return assess_page(request, patient, refused={"consent": (protocol.id, typed, refusal.message)})
    messages.success(request, f"Consent signed: {protocol.title}.")
    return back_to(patient, "consent")


def assess_page(request: HttpRequest, patient: Patient, *, refused: dict[str, Any] | None = None) -> HttpResponse:
    """The whole page; `refused` holds what a form sent and why it was not taken."""
    viewer, now, wrong = request.viewer, timezone.now(), refused or {}  # type: ignore[attr-defined]
    rows = assessed_versions(viewer)
    entries = latest_entries(viewer, patient)
    known = known_facts(viewer, patient, now, entries=entries)
    fact_errors: dict[str, str] = wrong.get("facts", {})
    decision_id, reasons, decision_error = wrong.get("decision", ("", {}, ""))
    consent_id, signed_name, consent_error = wrong.get("consent", ("", "", ""))
    typed = {name: str(value) for name, value in request.POST.items()} if fact_errors else {}
    context = {
        "groups": question_groups(known, entries, viewer.zone, typed=typed, errors=fact_errors),
        "fact_errors": fact_errors,
        "panels": presenters.eligibility_panels(
            viewer,
            patient,
            rows,
            zone=viewer.zone,
            now=now,
            typed={decision_id: reasons},
            errors={decision_id: decision_error},
            known={name: fact.value for name, fact in known.items()},
        ),
        "consents": presenters.consent_panels(
            viewer,
            patient,
            rows,
            viewer.zone,
            typed={consent_id: signed_name},
            errors={consent_id: consent_error},
        ),
        "trials": trial_section(viewer, patient, entries, refusal=wrong.get("trial"), typed=request.POST),
        "interactions": presenters.interaction_lines(viewer, patient),
        "unrecognised": presenters.unrecognised_medicines(viewer, patient),
        "episode_field": EPISODE_FIELD,
        "episode_word": STATUS_WORDS[picture_of(viewer, patient, now, entries=entries).status][0],
        "may_override": isinstance(PRESCRIBE.decide(viewer), Allowed),
    }
    status = REFUSED_FORM if wrong else 200
    return person_page(request, "assessments/assess.html", patient, "assess", context, status=status)


def assessed_versions(viewer: Viewer) -> list[ProtocolVersion]:
    """The version of each protocol that the clinic works with, signed ones first choice."""
    usable = usable_versions(viewer)
    return [usable.get(row.protocol_id, row) for row in current_versions(viewer)]


def version_or_404(viewer: Viewer, protocol_id: str) -> ProtocolVersion:
    row = next((row for row in assessed_versions(viewer) if row.protocol_id == protocol_id), None)
    if row is None:
        raise Http404
    return row


def back_to(patient: Patient, anchor: str) -> HttpResponse:
    return redirect(f"{reverse('assess', args=[patient.id])}#{anchor}")
