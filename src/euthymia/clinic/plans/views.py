"""Protocols and personal plans on screen."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.care.decision import Allowed
from euthymia.clinic.accounts.policies import SIGN_PROTOCOLS, SIGNED_IN, requires
from euthymia.clinic.assessments.decisions import decision_panel
from euthymia.clinic.plans import commands, protocol_pages, queries
from euthymia.clinic.plans.forms import FIELD_OF_PATH, FillForm, SignForm
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.protocol_pages import ProtocolState
from euthymia.errors import BadInput

REFUSED_FORM = 422


@requires(SIGNED_IN)
def protocols(request: HttpRequest) -> HttpResponse:
    """Every protocol of the clinic and where it stands."""
    viewer = request.viewer  # type: ignore[attr-defined]
    current, everything = queries.current_versions(viewer), queries.protocol_versions(viewer)
    lines = protocol_pages.protocol_lines(current, everything, viewer.zone)
    return render(request, "plans/protocols.html", {"lines": lines})


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


@require_POST
@requires(SIGN_PROTOCOLS)
def protocol_sign(request: HttpRequest, protocol_id: str, version: str) -> HttpResponse:
    """Sign one version; a refusal says what is open."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = queries.find_version(viewer, protocol_id, version)
    form = SignForm(request.POST)
    if form.is_valid():
        try:
            commands.sign_protocol(viewer, row, now=timezone.now(), **form.cleaned_data)
        except BadInput as refusal:
            form.add_error(refusal.path if refusal.path in form.fields else None, refusal.message)
        else:
            messages.success(request, f"{row} is signed. Plans can be made from it.")
            return redirect("protocol", row.protocol_id, row.version)
    return version_page(request, row, sign_form=form, status=REFUSED_FORM)


def version_page(
    request: HttpRequest,
    row: ProtocolVersion,
    *,
    fill_form: FillForm | None = None,
    sign_form: SignForm | None = None,
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
        "sign_form": sign_form or (SignForm() if page.chip.state is ProtocolState.READY_TO_SIGN else None),
    }
    return render(request, "plans/protocol.html", context, status=status)
