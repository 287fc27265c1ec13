"""Forms about protocols and plans. Whether a number may be meant is decided by care; a form only reads it."""

from __future__ import annotations

from typing import Any

from django import forms

from euthymia.care.protocol import Protocol
from euthymia.clinic.plans.protocol_pages import open_numbers

FIELD_OF_PATH = "number:"


class FillForm(forms.Form):
    """One field for each number the clinic supplies."""

    source = forms.CharField(
        label="Where these numbers come from",
        help_text="A guideline, a local policy, or who agreed on them and when.",
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=160,
    )

    def __init__(self, protocol: Protocol, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        numbers: dict[str, forms.Field] = {}
        for path, words, number in open_numbers(protocol):
            plausible = f" Plausible: {number.low:g} to {number.high:g}." if number.low is not None else ""
            numbers[FIELD_OF_PATH + path] = forms.FloatField(
                label=f"{words} ({number.unit})",
                help_text=f"{number.why}{plausible}",
                required=False,
                initial=number.value,
                widget=forms.NumberInput(attrs={"inputmode": "decimal", "step": "any", "class": "is-short is-number"}),
            )
        self.fields = {**numbers, "source": self.fields["source"]}

    def values(self) -> dict[str, float]:
        """Hole path → the number typed for it; empty fields stay open."""
        typed = ((name, value) for name, value in self.cleaned_data.items() if name.startswith(FIELD_OF_PATH))
        return {name.removeprefix(FIELD_OF_PATH): value for name, value in typed if value is not None}


class SignForm(forms.Form):
    """A name under a document, and what the name means."""

    name = forms.CharField(label="Your full name", max_length=200, help_text="As it is known in this clinic.")
    meaning = forms.CharField(
        label="What your signature means",
        max_length=200,
        initial="I have read this protocol and take medical responsibility for its use in this clinic.",
        widget=forms.Textarea(attrs={"rows": 2}),
    )
