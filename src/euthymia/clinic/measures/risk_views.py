"""The page of one risk signal, and the clinic's own times for it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from euthymia.care.crisis import crisis_lines
from euthymia.care.risk_due import ClinicTimes
from euthymia.care.risk_pathway import RiskEventKind
from euthymia.clinic.accounts.models import Membership
from euthymia.clinic.accounts.policies import ASSESS, SIGN_PROTOCOLS, requires
from euthymia.clinic.accounts.roles import Role
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.measures import risk_commands as commands
from euthymia.clinic.measures import risk_queries as queries
from euthymia.clinic.measures.models import RiskSignal
from euthymia.clinic.measures.risk_forms import (
    LEVELS,
    SCREENER,
    STEPS,
    RiskTimesForm,
    event_id_from,
    level_from,
    screener_from,
)
from euthymia.clinic.measures.risk_presenters import Around, risk_page
from euthymia.clinic.measures.safety_queries import plans_of
from euthymia.clinic.people.forms import show_refusal
from euthymia.clinic.people.queries import find_or_404, open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.errors import BadInput

REFUSED_FORM = 422


@require_http_methods(["GET", "POST"])
@requires(ASSESS)
def risk(request: HttpRequest, signal_id: UUID) -> HttpResponse:
    """One risk signal: help first, then who owns it, what is due, what was done, and what may be done next."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    signal = find_or_404(viewer, RiskSignal, id=signal_id)
    patient = open_patient(viewer, signal.patient_id, purpose="risk_signal", now=now)
    problem: BadInput | None = None
    if request.method == "POST":
        try:
            closed = take_step(request, viewer, signal, now)
        except BadInput as refusal:
            problem = refusal
            signal.refresh_from_db()
        else:
            return redirect("today") if closed else redirect("risk", signal.id)
    owners = queries.possible_owners(viewer)
    leads = [member for member in owners if member.role == Role.MEDICAL_LEAD]
    times = queries.clinic_times(queries.risk_times(viewer))
    around = Around(times, viewer.zone, queries.owner_is_here(signal), leads, now)
    plans = plans_of(viewer, patient)
    context = {
        "signal": signal,
        "page": risk_page(signal, queries.pathway_of(signal), around),
        "problem": problem,
        "typed": request.POST,
        "screener": SCREENER,
        "levels": [(level.value, words) for level, words in LEVELS],
        "owners": [member for member in owners if member.user_id != signal.owner_id],
        "plan": plans[0] if plans else None,
        "may_set_times": SIGN_PROTOCOLS.allows(viewer),
        "crisis": crisis_lines(viewer.country),
    }
    status = REFUSED_FORM if problem else 200
    return person_page(request, "measures/risk.html", patient, "person", context, status=status)


def take_step(request: HttpRequest, viewer: Viewer, signal: RiskSignal, now: datetime) -> bool:
    """Do what the pressed button says; whether that closed the signal."""
    posted = request.POST
    event_id = event_id_from(posted)
    if posted.get("done"):
        commands.close_risk(viewer, signal, posted.get("action_taken", ""), now, event_id)
        messages.success(request, "Closed, with what was done.")
        return True
    kind = posted.get("step", "")
    if kind == "screened":
        commands.screen_risk(viewer, signal, screener_from(posted), now, event_id)
        messages.success(request, "The screener is recorded.")
    elif kind in STEPS:
        commands.step_risk(viewer, signal, step_from(viewer, posted, kind, event_id), now)
        messages.success(request, "Recorded.")
    elif kind:
        raise BadInput("unknown_step", "step", "This page has no such step.")
    else:
        commands.see_risk(viewer, signal, now, event_id)
    return False


def step_from(viewer: Viewer, posted: dict[str, str], kind: str, event_id: UUID | None) -> commands.Step:
    """The step a form describes."""
    what = STEPS[kind]
    level = level_from(posted) if what is RiskEventKind.TRIAGED else None
    to = member_from(viewer, posted) if what is RiskEventKind.HANDED_OVER else None
    if what is RiskEventKind.REOPENED:
        # Whoever opens it again owns it, until they hand it over.
        to = next((one for one in queries.possible_owners(viewer) if one.user_id == viewer.user_id), None)
    return commands.Step(what, posted.get("says", ""), to, level, event_id=event_id or uuid4())


def member_from(viewer: Viewer, posted: dict[str, str]) -> Membership | None:
    chosen = posted.get("to", "")
    return next((one for one in queries.possible_owners(viewer) if str(one.user_id) == chosen), None)


@require_http_methods(["GET", "POST"])
@requires(SIGN_PROTOCOLS)
def times(request: HttpRequest) -> HttpResponse:
    """The clinic's own hours for a risk signal. What no source says is a hole until the medical lead fills it."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    row = queries.risk_times(viewer)
    names = list(RiskTimesForm.base_fields)
    form = RiskTimesForm(
        request.POST if request.method == "POST" else None,
        initial={name: getattr(row, name) for name in names} if row else None,
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        trusted = given.pop("trusted_line_days")
        try:
            commands.set_risk_times(viewer, ClinicTimes(**given), trusted, now)
        except BadInput as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "The clinic's times are set.")
            return redirect("risk-times")
    status = REFUSED_FORM if form.errors else 200
    return render(request, "measures/risk_times.html", {"form": form, "row": row}, status=status)
