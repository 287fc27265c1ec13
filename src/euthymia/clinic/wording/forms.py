"""The form that brings in the words of a questionnaire."""

from __future__ import annotations

from typing import Any

from django import forms

from euthymia.care.instruments import instruments, load_instrument

LARGEST_FILE = 1_000_000


class WordingForm(forms.Form):
    """Which questionnaire, and the file its owner gave the clinic."""

    instrument = forms.ChoiceField(label="Questionnaire")
    file = forms.FileField(label="FHIR R4 Questionnaire (.json)")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        titles = [(name, load_instrument(name).title) for name in instruments()]
        self.fields["instrument"].choices = [("", "Choose one"), *titles]  # type: ignore[attr-defined]
