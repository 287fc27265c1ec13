"""The life of a protocol on screen: compared, cloned, edited, signed, retired, as a file out and in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.care.decision import Allowed
from euthymia.care.protocol_text import to_toml
from euthymia.clinic.accounts.policies import SIGN_PROTOCOLS, SIGNED_IN, requires
from euthymia.clinic.accounts.viewer import Viewer
from euthymia.clinic.assessments.decisions import decision_panel
from euthymia.clinic.people.forms import show_refusal
from euthymia.clinic.plans import commands, protocol_commands, protocol_list, protocol_pages, queries
from euthymia.clinic.plans.comparison import comparison, restated
from euthymia.clinic.plans.forms import SignForm
from euthymia.clinic.plans.lineage import LooserThanParent, within_limits
from euthymia.clinic.plans.models import ProtocolVersion
from euthymia.clinic.plans.protocol_file import protocol_json, read_file
from euthymia.clinic.plans.protocol_forms import CloneForm, EditForm, RetireForm, UploadForm
from euthymia.clinic.plans.protocol_pages import ProtocolState
from euthymia.clinic.plans.views import version_page
from euthymia.errors import BadInput

REFUSED_FORM = 422
LARGEST_FILE = 1_000_000
FILES = {
    "toml": ("application/toml; charset=utf-8", to_toml),
    "json": ("application/json; charset=utf-8", protocol_json),
}


@requires(SIGNED_IN)
def protocol_compare(request: HttpRequest) -> HttpResponse:
    """Any two versions side by side; what differs first."""
    viewer = request.viewer  # type: ignore[attr-defined]
    rows = queries.protocol_versions(viewer)
    left, right = (_chosen(rows, request.GET.get(side, "")) for side in ("left", "right"))
    asked = bool(request.GET.get("left") or request.GET.get("right"))
    context: dict[str, Any] = {
        "choices": [
            (str(row), f"{row}: {queries.protocol_of(row).title} ({protocol_pages.chip_of(row).word})") for row in rows
        ],
        "left": request.GET.get("left", ""),
        "right": request.GET.get("right", ""),
        "compared": comparison(left, right) if left and right else None,
        "missing": asked and not (left and right),
    }
    return render(request, "plans/protocol_compare.html", context)


def _chosen(rows: list[ProtocolVersion], name: str) -> ProtocolVersion | None:
    return next((row for row in rows if str(row) == name), None)


@require_http_methods(["GET", "POST"])
@requires(SIGN_PROTOCOLS)
def protocol_clone(request: HttpRequest, protocol_id: str, version: str) -> HttpResponse:
    """A draft of the clinic's own, made from this version."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = queries.find_version(viewer, protocol_id, version)
    form = CloneForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        typed = {"new_id": form.cleaned_data["id"]} | {name: form.cleaned_data[name] for name in ("version", "title")}
        made = _done(form, lambda: protocol_commands.clone_protocol(viewer, row, now=timezone.now(), **typed))
        if made is not None:
            messages.success(request, f"{made} is a draft now. Its limits may only be tighter than those of {row}.")
            return redirect("protocol-edit", made.protocol_id, made.version)
    context = {"form": form, "row": row, "title": protocol_list.titled(row)}
    return render(request, "plans/protocol_clone.html", context, status=REFUSED_FORM if form.errors else 200)


def _done(form: Any, command: Callable[[], ProtocolVersion]) -> ProtocolVersion | None:
    """What the command made; None where it refused, with the refusal shown at its field."""
    try:
        return command()
    except BadInput as refusal:
        show_refusal(form, refusal)
    return None


@require_http_methods(["GET", "POST"])
@requires(SIGN_PROTOCOLS)
def protocol_edit(request: HttpRequest, protocol_id: str, version: str) -> HttpResponse:
    """Numbers, texts, limits and checks, each with its source; a new version comes out."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = queries.find_version(viewer, protocol_id, version)
    newest = queries.newest_version(viewer, protocol_id)
    protocol = queries.protocol_of(row)
    start = {"seen": newest.version if newest else ""}
    form = EditForm(protocol, viewer.name, request.POST if request.method == "POST" else None, initial=start)
    if form.is_valid():
        made = _edited(viewer, row, form)
        if made is not None:
            messages.success(request, f"Version {made.version} is made. Compare it, then sign it.")
            return redirect("protocol", made.protocol_id, made.version)
    context = {
        "form": form,
        "row": row,
        "protocol": protocol,
        "chip": protocol_pages.chip_of(row),
        "newer": newest if newest is not None and newest.pk != row.pk else None,
        "retired": row.retired_at is not None,
    }
    return render(request, "plans/protocol_edit.html", context, status=REFUSED_FORM if form.errors else 200)


def _edited(viewer: Viewer, row: ProtocolVersion, form: EditForm) -> ProtocolVersion | None:
    """The new version; None where it was refused, with every reason at its field."""
    reason, seen = form.cleaned_data["reason"], form.cleaned_data["seen"]
    try:
        return protocol_commands.edit_protocol(
            viewer, row, form.changes(), reason=reason, seen=seen, now=timezone.now()
        )
    except LooserThanParent as refusal:
        for reason in refusal.reasons:
            form.refuse(reason.fact, reason.says)
    except BadInput as refusal:
        form.refuse(refusal.path, refusal.message)
    return None


@require_http_methods(["GET", "POST"])
@requires(SIGN_PROTOCOLS)
def protocol_sign(request: HttpRequest, protocol_id: str, version: str) -> HttpResponse:
    """What is about to be signed: what changed, what is open, what others restate; then a name and its meaning."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = queries.find_version(viewer, protocol_id, version)
    if request.method == "GET" and row.signed_at is not None:
        return redirect("protocol", row.protocol_id, row.version)
    form = SignForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        typed = form.cleaned_data
        made = _done(form, lambda: commands.sign_protocol(viewer, row, now=timezone.now(), **typed))
        if made is not None:
            messages.success(request, f"{row} is signed. Plans can be made from it.")
            return redirect("protocol", row.protocol_id, row.version)
    protocol = queries.protocol_of(row)
    before = queries.compared_before_signing(viewer, row)
    limits = within_limits(viewer, protocol)
    context = {
        "form": form,
        "row": row,
        "protocol": protocol,
        "chip": protocol_pages.chip_of(row),
        "holes": protocol_list.hole_words(protocol),
        "restated": restated(protocol),
        "compared": comparison(before, row) if before else None,
        "limits": None if isinstance(limits, Allowed) else decision_panel(limits, "Keep the limits it was made under"),
        "ready": protocol_pages.state_of(row) is ProtocolState.READY_TO_SIGN,
    }
    return render(request, "plans/protocol_sign.html", context, status=REFUSED_FORM if form.errors else 200)


@require_POST
@requires(SIGN_PROTOCOLS)
def protocol_retire(request: HttpRequest, protocol_id: str, version: str) -> HttpResponse:
    """Take a version out of use, with a reason."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = queries.find_version(viewer, protocol_id, version)
    form = RetireForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        made = _done(form, lambda: protocol_commands.retire_protocol(viewer, row, reason=reason, now=timezone.now()))
        if made is not None:
            messages.success(request, f"{row} is retired. No new plan can be made from it.")
            return redirect("protocol", row.protocol_id, row.version)
    return version_page(request, row, retire_form=form, status=REFUSED_FORM)


@requires(SIGNED_IN)
def protocol_file(request: HttpRequest, protocol_id: str, version: str, kind: str) -> HttpResponse:
    """A version as a file: the same content, so that another clinic can read it and a shell can check it."""
    if kind not in FILES:
        raise Http404
    row = queries.find_version(request.viewer, protocol_id, version)  # type: ignore[attr-defined]
    content_type, write = FILES[kind]
    answer = HttpResponse(write(queries.protocol_of(row)), content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{row.protocol_id}-{row.version}.{kind}"'
    return answer


@require_http_methods(["GET", "POST"])
@requires(SIGN_PROTOCOLS)
def protocol_upload(request: HttpRequest) -> HttpResponse:
    """A protocol file in; a refused one says where and why, and nothing of it is kept."""
    viewer = request.viewer  # type: ignore[attr-defined]
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    refusals: list[BadInput] = []
    if form.is_valid():
        try:
            protocol = read_file(form.cleaned_data["file"].read(LARGEST_FILE + 1), LARGEST_FILE)
            made = protocol_commands.upload_protocol(viewer, protocol, now=timezone.now())
        except LooserThanParent as refusal:
            refusals = [BadInput(refusal.code, reason.fact, reason.says) for reason in refusal.reasons]
        except BadInput as refusal:
            refusals = [refusal]
        else:
            messages.success(request, f"{made} is here, unsigned. Read it through before you sign it.")
            return redirect("protocol", made.protocol_id, made.version)
    status = REFUSED_FORM if form.errors or refusals else 200
    return render(request, "plans/protocol_upload.html", {"form": form, "refusals": refusals}, status=status)
