"""How the clinic asks for answers, and the tablet that is handed over."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from euthymia.care.reminders import MOST_REMINDERS, ReminderRule
from euthymia.clinic.accounts.policies import SEND_CHECK_INS, SET_CONTACT_RULES, requires
from euthymia.clinic.measures import contact_commands, contact_queries, link_commands
from euthymia.clinic.measures.models import CheckIn
from euthymia.clinic.people.forms import TypedNumber, show_refusal
from euthymia.clinic.people.queries import find_or_404
from euthymia.errors import BadInput

REFUSED_FORM = 422
# What the empty form proposes: an operating choice about messages, not a number of care.
PROPOSED = {"again_after_h": 24, "reminders": 2, "quiet_from": time(21), "quiet_until": time(8), "automatic": "no"}


class ContactRulesForm(forms.Form):
    """Everything the one sentence of the rule is made of."""

    automatic = forms.TypedChoiceField(
        label="Send the links by itself?",
        choices=[("yes", "Yes, as the rule says"), ("no", "No, only when somebody presses Send")],
        coerce=lambda given: given == "yes",
        widget=forms.RadioSelect,
    )
    again_after_h = TypedNumber(label="Hours until the next reminder", min_value=1, max_value=24 * 14)
    reminders = forms.IntegerField(label="Reminders at most", min_value=0, max_value=MOST_REMINDERS)
    quiet_from = forms.TimeField(label="Quiet from", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    quiet_until = forms.TimeField(label="Quiet until", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def rule(self) -> ReminderRule:
        """The rule that was typed; refuses (BadInput) one that would pester."""
        names = ("again_after_h", "reminders", "quiet_from", "quiet_until")
        return ReminderRule(**{name: self.cleaned_data[name] for name in names})


@require_http_methods(["GET", "POST"])
@requires(SET_CONTACT_RULES)
def contact_rules(request: HttpRequest) -> HttpResponse:
    """The clinic's rule in one sentence, how many answers it brings, and the form to change it."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    row = contact_queries.contact_rules(viewer)
    known = (
        {name: getattr(row, name) for name in PROPOSED} | {"automatic": "yes" if row.automatic else "no"} if row else {}
    )
    form = ContactRulesForm(request.POST if request.method == "POST" else None, initial=known or PROPOSED)
    if request.method == "POST" and form.is_valid():
        try:
            automatic = form.cleaned_data["automatic"]
            contact_commands.set_contact_rules(viewer, form.rule(), automatic=automatic, now=now)
        except BadInput as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, "The rule is set.")
            return redirect("contact-rules")
    moments = contact_queries.clinic_answers(viewer, now)
    answered, due = sum(row.answered for row in moments), sum(row.due for row in moments)
    context = {
        "form": form,
        "row": row,
        "says": contact_queries.reminder_rule(row).says if row else "",
        "moments": moments,
        "answered": answered,
        "due": due,
        "words": f"{answered} of {due}",
        "weeks": contact_queries.LOOK_BACK.days // 7,
        "zone": viewer.time_zone,
    }
    return render(request, "measures/contact_rules.html", context, status=REFUSED_FORM if form.errors else 200)


@require_POST
@requires(SEND_CHECK_INS)
def check_in_here(request: HttpRequest, check_in_id: UUID) -> HttpResponse:
    """Hand this tablet to the person: the clinic's sign-in ends here, and what opens can write one form and nothing
    else."""
    viewer, now = request.viewer, timezone.now()  # type: ignore[attr-defined]
    row = find_or_404(viewer, CheckIn, id=check_in_id)
    try:
        link = link_commands.open_here(viewer, row, now)
    except BadInput as refusal:
        messages.error(request, refusal.message)
        return redirect("check-ins", row.patient_id)
    logout(request)
    return redirect(f"{link}?here=1")
