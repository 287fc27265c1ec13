"""The form that brings in the words of a questionnaire."""

from __future__ import annotations

import json
from typing import Any

from django import forms

from euthymia.care.instruments import instruments, load_instrument
from euthymia.errors import DocumentError

LARGEST_FILE = 1_000_000


class WordingForm(forms.Form):
    """Which questionnaire, and the file its owner gave the clinic."""

    instrument = forms.ChoiceField(label="Questionnaire")
    file = forms.FileField(label="FHIR R4 Questionnaire (.json)")

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        titles = [(name, load_instrument(name).title) for name in instruments()]
        self.fields["instrument"].choices = [("", "Choose one"), *titles]  # type: ignore[attr-defined]


def read_document(content: bytes) -> dict[str, Any]:
    """The JSON object in a file; refuses what is too large or not JSON (DocumentError)."""
    if len(content) > LARGEST_FILE:
        raise DocumentError("too_large", "file", "A file of words is at most 1 MB.")
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as wrong:
        raise DocumentError("not_json", "file", f"This is not JSON: {wrong}.") from wrong
    if not isinstance(document, dict):
        raise DocumentError("not_an_object", "file", "Give a FHIR Questionnaire, a JSON object.")
    return document
