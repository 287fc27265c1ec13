"""What a virtual trial is asked for."""

from __future__ import annotations

from typing import Any

from django import forms

from euthymia.clinic.evidence.commands import DESIGNS, MOST_REPLICATES

FEWEST_REPLICATES, USUAL_REPLICATES = 2, 200
HIGHEST_SEED = 999_999_999


class WholeNumber(forms.IntegerField):
    """A whole number between two ends, with one sentence for everything else that is typed."""

    def __init__(self, low: int, high: int, **named: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "is-short is-number"})
        super().__init__(min_value=low, max_value=high, widget=widget, **named)
        says = f"Type a whole number from {low} to {high}."
        codes = ("required", "invalid", "min_value", "max_value")
        self.error_messages |= dict.fromkeys(codes, says)
        for bound in self.validators:
            bound.message = says


class TrialForm(forms.Form):
    """A published design, how often it is repeated, and where its chances start."""

    design = forms.ChoiceField(
        label="Design",
        choices=list(DESIGNS.items()),
        error_messages={"required": "Choose one of the designs.", "invalid_choice": "Choose one of the designs."},
    )
    replicates = WholeNumber(FEWEST_REPLICATES, MOST_REPLICATES, label="Repetitions", initial=USUAL_REPLICATES)
    seed = WholeNumber(0, HIGHEST_SEED, label="Seed", required=False)
