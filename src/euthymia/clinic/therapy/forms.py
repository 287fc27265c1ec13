from __future__ import annotations

from django import forms

from euthymia.clinic.sessions.models import Session
from euthymia.clinic.therapy.models import NoteKind


class NoteForm(forms.Form):
    """One therapy note; nothing is carried forward from the last one."""

    kind = forms.ChoiceField(label="Kind", choices=NoteKind.choices)
    session = forms.ModelChoiceField(
        Session.objects.none(), label="Dosing visit it belongs to", required=False, empty_label="No visit"
    )
    intention = forms.CharField(
        label="Intention", max_length=300, required=False, help_text="In the person's own words, if they named one."
    )
    text = forms.CharField(label="Note", max_length=20_000, widget=forms.Textarea(attrs={"rows": 8}))
    at = forms.DateTimeField(
        label="When",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="Left empty: now.",
    )
