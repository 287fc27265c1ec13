"""What counts as an adequate trial, on screen: read by whoever assesses, changed by the medical lead."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from euthymia.clinic.accounts.policies import ASSESS, SIGN_PROTOCOLS, requires
from euthymia.clinic.assessments.adequacy import MIN_WEEKS
from euthymia.clinic.assessments.adequacy_pages import SHORTEST_DURATION, adequacy_page
from euthymia.clinic.assessments.commands import change_adequacy
from euthymia.errors import BadInput
from euthymia.units import read_number

REFUSED_FORM = 422


@requires(ASSESS)
def adequacy(request: HttpRequest) -> HttpResponse:
    """Floors and weeks with their sources, the holes, and every change with its reason."""
    return _page(request)


@require_POST
@requires(SIGN_PROTOCOLS)
def adequacy_change(request: HttpRequest) -> HttpResponse:
    """Set one floor or the shortest duration, or go back to what was shipped."""
    viewer = request.viewer  # type: ignore[attr-defined]
    sent = request.POST
    try:
        value = None if sent.get("shipped") else read_number(sent.get("value", ""), "value")
        row = change_adequacy(
            viewer,
            subject_of(sent.get("subject", "")),
            value,
            source=sent.get("source", ""),
            because=sent.get("because", ""),
            now=timezone.now(),
        )
    except BadInput as refusal:
        return _page(request, refusal)
    name = SHORTEST_DURATION if row.subject == MIN_WEEKS else row.subject
    messages.success(request, f"Changed: {name}. Judgements from now on use it and say so.")
    return redirect("adequacy")


def _page(request: HttpRequest, refusal: BadInput | None = None) -> HttpResponse:
    viewer = request.viewer  # type: ignore[attr-defined]
    context = {
        "page": adequacy_page(viewer),
        "may_change": SIGN_PROTOCOLS.allows(viewer),
        "refusal": refusal,
        "typed": request.POST,
        "shortest_duration": SHORTEST_DURATION,
    }
    return render(request, "assessments/adequacy.html", context, status=REFUSED_FORM if refusal else 200)


def subject_of(typed: str) -> str:
    """A medicine, or the settings' own name of the shortest duration."""
    return MIN_WEEKS if " ".join(typed.casefold().split()) == SHORTEST_DURATION else typed
