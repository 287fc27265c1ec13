"""Questionnaires on screen: filled in the clinic, and the list of a person's check-ins."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.care.instruments import instruments, load_instrument
from euthymia.care.risk import Trigger
from euthymia.clinic.accounts.policies import ASSESS, SEND_CHECK_INS, SET_CONTACT_RULES, requires
from euthymia.clinic.measures import commands, link_commands, presenters, queries
from euthymia.clinic.measures.contact_queries import contact_rules, reminder_rule
from euthymia.clinic.measures.models import AnswerSource, CheckIn
from euthymia.clinic.measures.questionnaire import answers_from, is_rated_by_clinician, questionnaire, result_of
from euthymia.clinic.measures.risk_commands import raise_risk_of_unfinished
from euthymia.clinic.measures.risk_queries import open_signal_of
from euthymia.clinic.people.models import Channel
from euthymia.clinic.people.queries import find_or_404, open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.wording.queries import instrument_in_words_of
from euthymia.errors import BadInput

REFUSED_FORM = 422
RAISES_RISK = {trigger.value for trigger in Trigger}
# In the order a visit uses them; what is rated at the chair is asked in the session room.
ASKED_IN_CLINIC = (
    *("phq9", "gad7", "madrs", "phq2", "qids_sr16", "hamd17", "bdi2", "who5", "wsas", "sds", "cgi_s", "cgi_i"),
    *("pcl5", "pc_ptsd5", "asq", "audit_c", "dast10", "bprs_positive4"),
    *("side_effects", "kset", "urinary_questions", "bpic_ss", "oleary_sant", "cognition_check"),
)


@requires(SEND_CHECK_INS)
def check_ins(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What was asked, what was answered, what is due; and how complete that is."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="check_ins", now=now)
    rows = queries.check_ins_of(viewer, patient)
    answered, due = queries.completeness(rows, now)
    row = contact_rules(viewer)
    rule = reminder_rule(row) if row is not None and row.automatic else None
    context = {
        "rows": presenters.check_in_rows(rows, now, viewer.zone, rule),
        "rule": rule.says if rule else "",
        "person_channel": f"This person is asked: {patient.get_channel_display().lower()}.",
        "may_set_rule": SET_CONTACT_RULES.allows(viewer),
        "answered": answered,
        "due": due,
        "words": f"{answered} of {due}",
        "responses": presenters.answer_rows(queries.responses_of(viewer, patient)),
        "asked": [load_instrument(name) for name in ASKED_IN_CLINIC if name in instruments() and ASSESS.allows(viewer)],
    }
    return person_page(request, "measures/check_ins.html", patient, "check-ins", context)


@require_POST
@requires(SEND_CHECK_INS)
def check_in_send(request: HttpRequest, check_in_id: UUID) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    row = find_or_404(viewer, CheckIn, id=check_in_id)
    try:
        link_commands.send_check_in(viewer, row, timezone.now())
    except BadInput as refusal:
        messages.error(request, refusal.message)
    else:
        to = row.patient.phone if row.patient.channel == Channel.SMS else row.patient.email
        messages.success(request, f"The link is on its way to {to}. It works once, for 7 days.")
    return redirect("check-ins", row.patient_id)


@require_http_methods(["GET", "POST"])
@requires(ASSESS)
def measure(request: HttpRequest, patient_id: UUID, instrument: str) -> HttpResponse:
    """Fill a questionnaire in the clinic, with the patient or as a clinician's rating."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    if instrument not in instruments():
        raise Http404
    patient = open_patient(viewer, patient_id, purpose=f"measure_{instrument}", now=now)
    usual = instrument_in_words_of(viewer, instrument)
    wanted = request.POST.get("form", request.GET.get("form", "")) or usual.variants[0].name
    if wanted not in {form.name for form in usual.variants}:
        raise Http404
    asked = usual.in_form(wanted)
    answers = answers_from(asked, request.POST) if request.method == "POST" else {}
    result = result_of(asked, answers) if request.method == "POST" else None
    if result is None or (result.missing and not request.POST.get("keep_incomplete")):
        if result is not None:
            raise_risk_of_unfinished(viewer, patient, instrument, answers, now)
        form = questionnaire(asked, answers, missing=result.missing if result else ())
        forms = presenters.form_rows(usual, wanted)
        context = {"questionnaire": form, "result": result, "forms": forms, "form_name": wanted}
        status = REFUSED_FORM if result else 200
        return person_page(request, "measures/measure.html", patient, "check-ins", context, status=status)
    source = AnswerSource.CLINICIAN if is_rated_by_clinician(asked) else AnswerSource.CLINIC
    filled = commands.Filled(instrument, answers, source, now, variant=wanted)
    response = commands.record_response(viewer, patient, filled, now=now)
    signal = open_signal_of(viewer, patient) if RAISES_RISK & set(response.flags) else None
    if signal is not None:
        messages.warning(request, f"A sign of suicidal thoughts. Owner: {signal.owner}. Talk with {patient} now.")
        return redirect("risk", signal.id)
    messages.success(request, f"{asked.title} recorded: {presenters.score_in_words(response)}.")
    return redirect("person", patient.id)
