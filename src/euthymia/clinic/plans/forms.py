"""Forms about protocols and plans. Whether a number may be meant is decided by care; a form only reads it."""

from __future__ import annotations

from typing import Any

from django import forms

from euthymia.care.protocol import DeviceSteps, Protocol, WeightBasis
from euthymia.clinic.people.forms import ShortNumber
from euthymia.clinic.plans.drafts import PlanChoice, weight_basis_of
from euthymia.clinic.plans.plan_pages import dose_question
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
            numbers[FIELD_OF_PATH + path] = ShortNumber(
                label=f"{words} ({number.unit})",
                help_text=f"{number.why}{plausible}",
                required=False,
                initial=number.value,
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


class PlanForm(forms.Form):
    """What the prescriber chooses for one person under one protocol."""

    weight = ShortNumber(label="Weight today", required=False)
    weight_unit = forms.ChoiceField(label="Unit of the weight", choices=[("kg", "kg"), ("lb", "lb")], required=False)
    weight_confirmed = forms.BooleanField(label="I looked at the scale again: this weight is right", required=False)
    dosing_weight_kg = ShortNumber(required=False)
    dose_mg = forms.TypedChoiceField(label="Dose", coerce=float, empty_value=None, required=False)
    mg_per_kg = ShortNumber(required=False)
    concentration_mg_per_ml = ShortNumber(label="Concentration drawn up (mg/mL)", required=False)

    def __init__(self, protocol: Protocol, *arguments: Any, recorded: str = "", **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.fields["weight"].help_text = recorded
        self._ask_dosing_weight(protocol)
        name, words = dose_question(protocol)
        self.fields[name].label = words
        if isinstance(protocol.dose, DeviceSteps):
            first = protocol.dose.first_mg.value
            steps = [("", f"First session: {first:g} mg")] if first is not None else []
            steps += [(f"{dose:g}", f"{dose:g} mg") for dose in protocol.dose.doses_mg]
            self.fields["dose_mg"].choices = steps  # type: ignore[attr-defined]
            del self.fields["mg_per_kg"], self.fields["concentration_mg_per_ml"]
            return
        del self.fields["dose_mg"]
        vial = protocol.concentration_mg_per_ml
        if vial is not None and vial.value is not None:
            self.fields["concentration_mg_per_ml"].help_text = f"Left empty: {vial.value:g} mg/mL, as in the protocol."

    def _ask_dosing_weight(self, protocol: Protocol) -> None:
        """Only where the protocol doses by another weight than the scale's."""
        basis = weight_basis_of(protocol)
        if basis is WeightBasis.ACTUAL:
            del self.fields["dosing_weight_kg"]
            return
        field = self.fields["dosing_weight_kg"]
        field.label = f"{basis.capitalize()} body weight (kg)"
        field.help_text = "As you worked it out; the plan keeps it beside the weight of the scale."

    def choice(self) -> PlanChoice:
        """What was chosen; call it on a valid form."""
        chosen = {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        return PlanChoice(**chosen)
