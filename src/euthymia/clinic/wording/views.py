"""The words of questionnaires: what is shipped, what the clinic brought, and bringing in more."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.clinic.accounts.policies import LOAD_WORDING, requires
from euthymia.clinic.people.queries import find_or_404
from euthymia.clinic.wording import commands, queries
from euthymia.clinic.wording.forms import LARGEST_FILE, WordingForm
from euthymia.clinic.wording.models import InstrumentWording
from euthymia.clinic.wording.presenters import wording_rows
from euthymia.errors import BadInput
from euthymia.interop.fhir.document import read_document

REFUSED_FORM = 422


@require_http_methods(["GET", "POST"])
@requires(LOAD_WORDING)
def wording(request: HttpRequest) -> HttpResponse:
    """Every questionnaire with its words; a file in brings the clinic's own. A refused one says where and why."""
    viewer = request.viewer  # type: ignore[attr-defined]
    form = WordingForm(request.POST, request.FILES) if request.method == "POST" else WordingForm()
    refusals: list[BadInput] = []
    if form.is_valid():
        try:
            document = read_document(form.cleaned_data["file"].read(LARGEST_FILE + 1), max_bytes=LARGEST_FILE)
            row = commands.load_wording(viewer, form.cleaned_data["instrument"], document, now=timezone.now())
        except BadInput as refused:
            refusals = [refused]
        else:
            messages.success(request, f"The words of {row} are here, and shown from now on.")
            return redirect("wording")
    context = {"form": form, "refusals": refusals, "rows": wording_rows(queries.wordings_of(viewer))}
    status = REFUSED_FORM if form.errors or refusals else 200
    return render(request, "wording/wording.html", context, status=status)


@require_POST
@requires(LOAD_WORDING)
def wording_take_back(request: HttpRequest, wording_id: int) -> HttpResponse:
    """Show these words no more."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = find_or_404(viewer, InstrumentWording, pk=wording_id)
    commands.take_back_wording(viewer, row, now=timezone.now())
    messages.success(request, f"The words of {row} are no longer shown.")
    return redirect("wording")
