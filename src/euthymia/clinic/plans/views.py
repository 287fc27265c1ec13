"""Protocols and personal plans on screen."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.care.decision import Allowed, Reason, reasons_of
from euthymia.care.protocol import Protocol
from euthymia.clinic.accounts.policies import PRESCRIBE, SIGN_PROTOCOLS, SIGNED_IN, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.decisions import decision_panel
from euthymia.clinic.people.models import Patient
from euthymia.clinic.people.queries import open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.plans import commands, plan_pages, protocol_list, protocol_pages, queries
from euthymia.clinic.plans.course_ends import end_choices
from euthymia.clinic.plans.course_reviews import course_decision
from euthymia.clinic.plans.drafts import PlanDraft, draft_plan, recorded_weights
from euthymia.clinic.plans.equivalents import equivalents_for
from euthymia.clinic.plans.forms import FIELD_OF_PATH, FillForm, PlanForm
from euthymia.clinic.plans.models import Plan, ProtocolVersion
from euthymia.clinic.plans.predictions import prediction_for
from euthymia.clinic.plans.protocol_forms import RetireForm
from euthymia.clinic.plans.protocol_pages import ProtocolState
from euthymia.clinic.plans.taper_pages import taper_page
from euthymia.errors import BadInput

REASON_FOR = "reason:"
# In the address of a plan without scripts: show the prediction and the other routes with the page.
SHOW_ALL = "all"
REFUSED_FORM = 422


@requires(SIGNED_IN)
def protocols(request: HttpRequest) -> HttpResponse:
    """Every protocol of the clinic and where it stands."""
    viewer = request.viewer  # type: ignore[attr-defined]
    current, everything = queries.current_versions(viewer), queries.protocol_versions(viewer)
    lines = protocol_list.protocol_lines(current, everything, viewer.zone)
    retired = protocol_list.retired_lines(current, everything, viewer.zone)
    may = SIGN_PROTOCOLS.allows(viewer)
    return render(request, "plans/protocols.html", {"lines": lines, "retired": retired, "may_sign": may})


@requires(SIGNED_IN)
def protocol(request: HttpRequest, protocol_id: str, version: str) -> HttpResponse:
    """One version with every number, its source, its holes and its signature."""
    row = queries.find_version(request.viewer, protocol_id, version)  # type: ignore[attr-defined]
    return version_page(request, row)


@require_POST
@requires(SIGN_PROTOCOLS)
def protocol_fill(request: HttpRequest, protocol_id: str, version: str) -> HttpResponse:
    """Fill holes: a new version, or the same page with what was typed and why it was refused."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = queries.find_version(viewer, protocol_id, version)
    form = FillForm(queries.protocol_of(row), request.POST)
    if form.is_valid():
        try:
            made = commands.fill_protocol(
                viewer, row, form.values(), source=form.cleaned_data["source"], now=timezone.now()
            )
        except BadInput as refusal:
            name = next((name for name in (refusal.path, FIELD_OF_PATH + refusal.path) if name in form.fields), None)
            form.add_error(name, refusal.message)
        else:
            messages.success(request, f"Version {made.version} is made. Read it through, then sign it.")
            return redirect("protocol", made.protocol_id, made.version)
    return version_page(request, row, fill_form=form, status=REFUSED_FORM)


def version_page(
    request: HttpRequest,
    row: ProtocolVersion,
    *,
    fill_form: FillForm | None = None,
    retire_form: RetireForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page about one version, with the forms its state asks for."""
    viewer = request.viewer  # type: ignore[attr-defined]
    versions = [one for one in queries.protocol_versions(viewer) if one.protocol_id == row.protocol_id]
    page = protocol_pages.protocol_page(row, versions, viewer.zone)
    fills = page.chip.state in {ProtocolState.HOLES, ProtocolState.READY_TO_SIGN, ProtocolState.SIGNED}
    supplied = fills and bool(protocol_pages.open_numbers(page.protocol))
    context: dict[str, Any] = {
        "page": page,
        "panel": decision_panel(page.decision, "Use this version"),
        "may_sign": isinstance(SIGN_PROTOCOLS.decide(viewer), Allowed),
        "fill_form": fill_form or (FillForm(page.protocol) if supplied else None),
        "to_sign": page.chip.state is ProtocolState.READY_TO_SIGN,
        "retire_form": retire_form or (None if page.chip.state is ProtocolState.RETIRED else RetireForm()),
        "newer": queries.newer_signed(viewer, row),
    }
    return render(request, "plans/protocol.html", context, status=status)


@requires(PRESCRIBE)
def plan(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """A person's plan: choose a signed protocol, see what it gives and predicts, sign."""
    viewer = request.viewer  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="plan", now=timezone.now())
    return plan_page(request, patient, request.GET)


@requires(PRESCRIBE)
def plan_preview(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The part of the page that follows the choices."""
    viewer = request.viewer  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="plan_preview", now=timezone.now())
    row = chosen_version(viewer, request.GET)
    if row is None:
        raise Http404
    form = PlanForm(queries.protocol_of(row), request.GET)
    context = {"patient": patient} | preview_context(request, patient, row, form, {})
    return render(request, "plans/preview.html", context)


@requires(PRESCRIBE)
def plan_prediction(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """What the coming hours may look like; asked for by itself, so that the dose and its decision do not wait."""
    patient, draft, others, now = drafted(request, patient_id, "plan_prediction")
    context = {
        "patient": patient,
        "prediction": prediction_for(patient, draft, others, now),
        "asked": asked_again(request),
    }
    return render(request, "plans/prediction.html", context)


@requires(PRESCRIBE)
def plan_equivalents(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The same peak by the clinic's other routes; asked for by itself, so that the prediction does not wait."""
    patient, draft, others, now = drafted(request, patient_id, "plan_equivalents")
    return render(request, "plans/equivalents.html", {"ways": equivalents_for(patient, draft, others, now)})


def drafted(
    request: HttpRequest, patient_id: UUID, purpose: str
) -> tuple[Patient, PlanDraft, list[Protocol], datetime]:
    """The person, the draft these choices make, every protocol to compare with, and now. Refuses what no plan has."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose=purpose, now=now)
    row = chosen_version(viewer, request.GET)
    if row is None:
        raise Http404
    form = PlanForm(queries.protocol_of(row), request.GET)
    if not form.is_valid():
        raise BadInput("not_a_number", "", "One of the numbers cannot be read.")
    draft = draft_plan(viewer, patient, row, form.choice(), now=now)
    return patient, draft, [queries.protocol_of(one) for one in queries.current_versions(viewer)], now


def asked_again(request: HttpRequest) -> str:
    """The choices of this address, for the part that is asked for next."""
    return urlencode([(name, value) for name, value in request.GET.items() if name != SHOW_ALL and value])


@require_POST
@requires(PRESCRIBE)
def plan_sign(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """Sign what the preview showed; a refusal shows it again with the reason."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="plan", now=now)
    row = chosen_version(viewer, request.POST)
    if row is None:
        raise Http404
    form = PlanForm(queries.protocol_of(row), request.POST)
    if not form.is_valid():
        return plan_page(request, patient, request.POST, status=REFUSED_FORM)
    try:
        commands.sign_plan(viewer, patient, row, form.choice(), reasons=typed_reasons(request.POST), now=now)
    except BadInput as refusal:
        return plan_page(request, patient, request.POST, refusal=refusal, status=REFUSED_FORM)
    messages.success(request, "The plan is signed. Next: book the first session.")
    return redirect("plan", patient.id)


def plan_page(
    request: HttpRequest, patient: Patient, typed: QueryDict, *, refusal: BadInput | None = None, status: int = 200
) -> HttpResponse:
    """The plan page with what was chosen so far, from the address or from a refused signature."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    usable, current = queries.usable_versions(viewer), queries.current_versions(viewer)
    active = queries.active_plan(viewer, patient)
    rows = [usable.get(row.protocol_id, row) for row in current]
    row = chosen_version(viewer, typed) or first_usable(usable, current, active)
    context: dict[str, Any] = {
        "choices": plan_pages.protocol_choices(rows),
        "any_usable": bool(usable),
        "chosen": row,
        "refusal": refusal,
        "active": plan_pages.plan_line(active, viewer.zone) if active else None,
        "newer": queries.newer_signed(viewer, active.protocol_version) if active else None,
        "active_flags": plan_pages.flags_of(active) if active else (),
        "reviews": reviews_now(viewer, active, now) if active else (),
        "ends": end_choices(viewer, active, now) if active else (),
        "taper": taper_page(viewer, active, now) if active else None,
        "earlier": plan_pages.plan_lines(
            (one for one in queries.plans_of(viewer, patient) if active is None or one.pk != active.pk), viewer.zone
        ),
    }
    if row is not None:
        recorded = plan_pages.recorded_weight_words(recorded_weights(viewer, patient), viewer.zone)
        form = PlanForm(queries.protocol_of(row), typed if "protocol" in typed else {}, recorded=recorded)
        context |= {"form": form} | preview_context(request, patient, row, form, typed_reasons(typed))
    return person_page(request, "plans/plan.html", patient, "plan", context, status=status)


def reviews_now(viewer: Viewer, plan: Plan, now: datetime) -> tuple[Reason, ...]:
    """The reviews the plan's course has come to, with the sources written out."""
    protocol = queries.protocol_of(plan.protocol_version)
    decision = course_decision(viewer, plan.patient_id, protocol, now)
    return tuple(plan_pages.written_out(reason, protocol) for reason in reasons_of(decision))


def preview_context(
    request: HttpRequest, patient: Patient, row: ProtocolVersion, form: PlanForm, reasons: dict[str, str]
) -> dict[str, Any]:
    """The draft these choices make and what is predicted for it, or why nothing can be calculated."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    if not form.is_valid():
        return {"problem": BadInput("not_a_number", "", "One of the numbers cannot be read. See the form.")}
    try:
        draft = draft_plan(viewer, patient, row, form.choice(), reasons=complete_reasons(reasons), now=now)
    except BadInput as problem:
        return {"problem": problem}
    hidden = [("protocol", row.protocol_id)]
    hidden += [(name, value) for name, value in form.data.items() if name in form.fields and value not in ("", None)]
    return {
        "draft": plan_pages.draft_page(draft, reasons, viewer.zone),
        "hidden": hidden,
        "asked": urlencode(hidden),
    } | (whole_context(viewer, patient, draft, now) if SHOW_ALL in request.GET else {})


def whole_context(viewer: Viewer, patient: Patient, draft: PlanDraft, now: datetime) -> dict[str, Any]:
    """What a page with scripts asks for later: the prediction, and the same peak by the other routes."""
    others = [queries.protocol_of(one) for one in queries.current_versions(viewer)]
    return {
        "prediction": prediction_for(patient, draft, others, now),
        "ways": equivalents_for(patient, draft, others, now),
    }


def chosen_version(viewer: Viewer, typed: QueryDict) -> ProtocolVersion | None:
    """The usable version of the protocol that was chosen; None when none was, or it is not usable."""
    return queries.usable_versions(viewer).get(typed.get("protocol", ""))


def first_usable(
    usable: dict[str, ProtocolVersion], current: list[ProtocolVersion], active: Plan | None
) -> ProtocolVersion | None:
    """What the page opens with: the protocol of the plan now, else the first that is signed."""
    if active is not None and active.protocol_version.protocol_id in usable:
        return usable[active.protocol_version.protocol_id]
    return next((usable[one.protocol_id] for one in current if one.protocol_id in usable), None)


def typed_reasons(typed: QueryDict) -> dict[str, str]:
    """Rule → the reason typed for accepting its hold; empty ones are left out."""
    found = {name.removeprefix(REASON_FOR): str(value) for name, value in typed.items() if name.startswith(REASON_FOR)}
    return {rule: because for rule, because in found.items() if because.strip()}


def complete_reasons(reasons: dict[str, str]) -> dict[str, str]:
    """The reasons long enough to count."""
    return {rule: because for rule, because in reasons.items() if len(because.strip()) >= commands.SHORTEST_REASON}
