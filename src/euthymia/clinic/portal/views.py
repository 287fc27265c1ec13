"""A person's own pages: a code opens them for a while, and they show this person's own things only."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from euthymia.care.crisis import crisis_lines
from euthymia.care.instruments import load_instrument
from euthymia.clinic.accounts.policies import OWN_PAGES, requires
from euthymia.clinic.accounts.viewer import System
from euthymia.clinic.audit.commands import record
from euthymia.clinic.audit.models import Action
from euthymia.clinic.followup.presenters import timeline_figure
from euthymia.clinic.measures.link_commands import open_here
from euthymia.clinic.measures.models import CheckIn, Way
from euthymia.clinic.measures.safety_queries import plans_of
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.portal import commands, queries
from euthymia.clinic.settings import settings
from euthymia.errors import BadInput
from euthymia.interop.fhir.document import write_document

REFUSED_FORM = 422
BROWSER, PATIENT, IDLE_UNTIL, UNTIL = "portal_browser", "portal_patient", "portal_idle_until", "portal_until"
# A phone is put down: the pages close after a quarter of an hour without a press, and after two hours in any case.
IDLE, LONGEST = timedelta(minutes=15), timedelta(hours=2)
View = Callable[..., HttpResponse]


class AskForm(forms.Form):
    """Two things about a person; together they find one, or nobody."""

    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    birth_date = forms.DateField(
        label=gettext_lazy("Your date of birth"), widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"})
    )


def of_person(view: View) -> View:
    """The view with the person whose pages are open here; without one it leads to the sign-in."""

    @wraps(view)
    def opened(request: HttpRequest, *arguments: Any, **named: Any) -> HttpResponse:
        now = timezone.now()
        patient = _patient_of(request, now)
        if patient is None:
            return redirect("own-pages")
        request.session[IDLE_UNTIL] = (now + IDLE).isoformat()
        with translation.override(patient.language), timezone.override(ZoneInfo(patient.clinic.time_zone)):
            response = view(request, patient, *arguments, **named)
        response.headers["Cache-Control"] = "no-store, private"
        return response

    return opened


def _patient_of(request: HttpRequest, now: datetime) -> Patient | None:
    kept = request.session.get(PATIENT)
    if not kept:
        return None
    ends = [parse_datetime(request.session.get(name, "")) for name in (IDLE_UNTIL, UNTIL)]
    if any(end is None or end <= now for end in ends):
        request.session.flush()
        return None
    return queries.person_again(kept)


@never_cache
@require_http_methods(["GET", "POST"])
@requires(OWN_PAGES)
def ask(request: HttpRequest) -> HttpResponse:
    """Who are you? The answer is the same whether or not the clinic knows this person."""
    if _patient_of(request, timezone.now()) is not None:
        return redirect("own-course")
    form = AskForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "portal/ask.html", {"form": form}, status=REFUSED_FORM if form.errors else 200)
    # Whoever is signed in here as staff is not the person these pages belong to.
    if request.user.is_authenticated:
        logout(request)
    request.session[BROWSER] = secrets.token_urlsafe(24)
    given = form.cleaned_data
    send = commands.ask_code(given["email"], given["birth_date"], request.session[BROWSER], timezone.now())
    if send is not None:
        # The page does not wait for the mail server: how long it takes would tell who is known here.
        threading.Thread(target=send, name="code", daemon=True).start()
    return redirect("own-code")


@never_cache
@require_http_methods(["GET", "POST"])
@requires(OWN_PAGES)
def code(request: HttpRequest) -> HttpResponse:
    """The code from the message; right, it opens the pages in this browser."""
    browser = request.session.get(BROWSER)
    if not browser:
        return redirect("own-pages")
    if request.method != "POST":
        return render(request, "portal/code.html")
    now = timezone.now()
    try:
        patient = commands.enter_code(browser, request.POST.get("code", ""), now)
    except BadInput as refusal:
        return render(request, "portal/code.html", {"refusal": refusal}, status=REFUSED_FORM)
    request.session.flush()
    request.session[PATIENT] = str(patient.id)
    request.session[IDLE_UNTIL], request.session[UNTIL] = (now + IDLE).isoformat(), (now + LONGEST).isoformat()
    return redirect("own-course")


@require_GET
@requires(OWN_PAGES)
@of_person
def course(request: HttpRequest, patient: Patient) -> HttpResponse:
    """My course, my next visit, the questions that wait."""
    now, actor = timezone.now(), _actor(patient)
    record(actor, Action.READ, "own_pages", now=now, patient_id=patient.id, subject_id=patient.id)
    pages = queries.own_pages(actor, patient, now)
    # A forecast is for talking it through with a clinician, not for reading alone at night.
    figure = timeline_figure(queries.without_forecast(pages.home), ZoneInfo(patient.clinic.time_zone))
    context = {
        "person": patient,
        "visit": pages.visit,
        "protocol": pages.protocol,
        "asked": [(row, load_instrument(row.instrument).title) for row in pages.asked],
        "figure": figure,
        "taper": pages.taper,
        "has_safety_plan": bool(plans_of(actor, patient)),
        "ended_at": pages.ended_at,
        "next_asked_at": pages.next_asked_at,
        "crisis": crisis_lines(patient.clinic.country),
    }
    return render(request, "portal/course.html", context)


@require_POST
@requires(OWN_PAGES)
@of_person
def answer(request: HttpRequest, patient: Patient, check_in_id: UUID) -> HttpResponse:
    """Open one form that waits."""
    row = find_or_404(_actor(patient), CheckIn, id=check_in_id, patient=patient)
    try:
        return redirect(open_here(_actor(patient), row, timezone.now(), Way.PAGES))
    except BadInput as refusal:
        messages.error(request, refusal.message)
        return redirect("own-course")


@require_http_methods(["GET", "POST"])
@requires(OWN_PAGES)
@of_person
def journal(request: HttpRequest, patient: Patient) -> HttpResponse:
    """What I wrote, and a place to write."""
    refusal, now = None, timezone.now()
    if request.method == "POST":
        try:
            commands.write_entry(patient, request.POST.get("text", ""), shared="shared" in request.POST, now=now)
        except BadInput as problem:
            refusal = problem
        else:
            messages.success(request, _("Written."))
            return redirect("own-journal")
    context = {
        "person": patient,
        "entries": queries.journal_of(_actor(patient), patient),
        "refusal": refusal,
        "typed": request.POST if refusal else {},
        "longest": commands.LONGEST_ENTRY,
        "crisis": crisis_lines(patient.clinic.country),
    }
    return render(request, "portal/journal.html", context, status=REFUSED_FORM if refusal else 200)


@require_POST
@requires(OWN_PAGES)
@of_person
def journal_change(request: HttpRequest, patient: Patient, entry_id: UUID, what: str) -> HttpResponse:
    """Share an entry, or delete one that is not shared."""
    try:
        if what == "share":
            commands.share_entry(patient, entry_id, timezone.now())
            messages.success(request, _("Your clinic can read this entry now."))
        else:
            commands.delete_entry(patient, entry_id, timezone.now())
            messages.success(request, _("Deleted."))
    except BadInput as refusal:
        messages.error(request, refusal.message)
    return redirect("own-journal")


@require_GET
@requires(OWN_PAGES)
@of_person
def safety_plan(request: HttpRequest, patient: Patient) -> HttpResponse:
    """My safety plan as it holds, with the lines to call: for the hour in which the paper is not at hand."""
    now, actor = timezone.now(), _actor(patient)
    record(actor, Action.READ, "own_safety_plan", now=now, patient_id=patient.id, subject_id=patient.id)
    plan = next(iter(plans_of(actor, patient)), None)
    context = {
        "person": patient,
        "plan": plan,
        "parts": [(part, plan.lines[part.id]) for part in plan.filled] if plan else [],
        "crisis": crisis_lines(patient.clinic.country),
    }
    return render(request, "portal/safety_plan.html", context)


@require_GET
@requires(OWN_PAGES)
@of_person
def export(request: HttpRequest, patient: Patient) -> HttpResponse:
    """Everything the clinic keeps of this person as FHIR resources, and their journal, in one file."""
    now, actor = timezone.now(), _actor(patient)
    record(actor, Action.READ, "own_export", now=now, patient_id=patient.id, subject_id=patient.id)
    entries = [
        {"at": row.at.isoformat(), "text": row.text, "shared": row.shared_at is not None}
        for row in queries.journal_of(actor, patient)
    ]
    documents = queries.own_record(actor, patient, f"{settings().public_url}/fhir")
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in documents]}
    body = write_document({"made_at": now.isoformat(), "record": bundle, "journal": entries})
    response = HttpResponse(body, content_type="application/json")
    response["Content-Disposition"] = 'attachment; filename="my-record.json"'
    return response


@require_POST
@requires(OWN_PAGES)
def leave(request: HttpRequest) -> HttpResponse:
    """Close the pages in this browser."""
    request.session.flush()
    return redirect("home")


def _actor(patient: Patient) -> System:
    return System(patient.clinic_id, commands.BY_PERSON)
