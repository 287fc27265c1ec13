"""The page of one person's own limits."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.care.decision import Level
from euthymia.care.protocol import Measure
from euthymia.clinic.accounts.policies import PRESCRIBE, requires
from euthymia.clinic.people.forms import ShortNumber, show_refusal
from euthymia.clinic.people.queries import find_or_404, open_patient
from euthymia.clinic.people.shell import person_page
from euthymia.clinic.plans import limit_commands
from euthymia.clinic.plans.models import PersonLimit
from euthymia.clinic.plans.person_limits import LEVEL_WORDS, MEASURE_WORDS, own_limits
from euthymia.errors import BadInput

REFUSED_FORM = 422


class LimitForm(forms.Form):
    """One limit: of what, how much, how strict, and why."""

    measure = forms.ChoiceField(label="Limit", choices=[(one.value, words) for one, words in MEASURE_WORDS.items()])
    value = ShortNumber(label="Number", help_text="In the unit the limit names.")
    level = forms.ChoiceField(
        label="How strict",
        choices=[(one.value, words) for one, words in LEVEL_WORDS.items()],
        widget=forms.RadioSelect,
    )
    because = forms.CharField(
        label="Why this person needs it", max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )

    def wanted(self) -> limit_commands.NewLimit:
        typed = self.cleaned_data
        return limit_commands.NewLimit(
            Measure(typed["measure"]), Level(typed["level"]), typed["value"], typed["because"]
        )


@require_http_methods(["GET", "POST"])
@requires(PRESCRIBE)
def person_limits(request: HttpRequest, patient_id: UUID) -> HttpResponse:
    """The limits that hold, those that ended, and the form for another."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    patient = open_patient(viewer, patient_id, purpose="person_limits", now=now)
    form = LimitForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            limit_commands.set_limit(viewer, patient, form.wanted(), now)
        except BadInput as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "The limit holds from now, also for the plan that is signed already.")
            return redirect("person-limits", patient.id)
    rows = [(row, MEASURE_WORDS[Measure(row.measure)]) for row in own_limits(viewer, patient)]
    context = {
        "form": form,
        "holding": [one for one in rows if one[0].ended_at is None],
        "ended": [one for one in rows if one[0].ended_at is not None],
    }
    status = REFUSED_FORM if form.errors else 200
    return person_page(request, "plans/person_limits.html", patient, "plan", context, status=status)


@require_POST
@requires(PRESCRIBE)
def person_limit_end(request: HttpRequest, limit_id: int) -> HttpResponse:
    """End a limit, with a reason."""
    viewer = request.viewer  # type: ignore[attr-defined]
    row = find_or_404(viewer, PersonLimit, pk=limit_id)
    try:
        limit_commands.end_limit(viewer, row, reason=request.POST.get("reason", ""), now=timezone.now())
    except BadInput as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "The limit has ended.")
    return redirect("person-limits", row.patient_id)
