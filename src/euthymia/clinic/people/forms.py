"""Forms about a person's record."""

from __future__ import annotations

from typing import Any

from django import forms

from euthymia.clinic.people.measurements import MEASUREMENTS
from euthymia.clinic.people.models import Channel, Sex
from euthymia.errors import BadInput
from euthymia.units import read_number


class TypedNumber(forms.FloatField):
    """A number as a person types it: a comma, an exponent or a group of thousands is refused, never guessed."""

    widget = forms.NumberInput(attrs={"inputmode": "decimal", "step": "any"})

    def to_python(self, value: Any) -> Any:
        """The number, or None for a blank."""
        if value is None or str(value).strip() == "":
            return None
        try:
            return read_number(str(value))
        except BadInput as refusal:
            raise forms.ValidationError(refusal.message, code=refusal.code) from refusal


class ShortNumber(TypedNumber):
    """The same in a field as wide as a dose or a weight."""

    widget = forms.NumberInput(attrs={**TypedNumber.widget.attrs, "class": "is-short is-number"})


def show_refusal(form: forms.BaseForm, refusal: BadInput) -> None:
    """A command's refusal at the field it is about, else above the form; nothing typed is lost."""
    form.add_error(refusal.path if refusal.path in form.fields else None, refusal.message)


class PersonForm(forms.Form):
    given_name = forms.CharField(label="Given name", max_length=300)
    family_name = forms.CharField(label="Family name", max_length=300)
    birth_date = forms.DateField(label="Birth date", widget=forms.DateInput(attrs={"type": "date"}))
    sex = forms.ChoiceField(label="Sex", choices=Sex.choices, initial=Sex.UNKNOWN)
    record_number = forms.CharField(label="Record number", max_length=40, required=False, help_text="Left empty: next.")
    email = forms.EmailField(label="E-mail address", required=False)
    phone = forms.CharField(label="Telephone number", max_length=40, required=False)


class ContactForm(forms.Form):
    """How the clinic reaches a person; left empty means there is no such way."""

    email = forms.EmailField(label="E-mail address", required=False)
    phone = forms.CharField(label="Telephone number", max_length=40, required=False)
    channel = forms.ChoiceField(label="How to ask for answers between visits", choices=Channel.choices)
    language = forms.ChoiceField(label="Language", choices=[("en", "English"), ("es", "Español")])

    def clean(self) -> dict[str, str]:
        """A way of asking needs its address."""
        given = super().clean()
        needs = {
            Channel.EMAIL.value: ("email", "an e-mail address"),
            Channel.SMS.value: ("phone", "a telephone number"),
        }
        field, words = needs.get(given.get("channel", ""), ("", ""))
        if field and field not in self.errors and not given.get(field):
            self.add_error("channel", f"This needs {words}. Add one, or choose another way.")
        return given


class ImportForm(forms.Form):
    bundle = forms.FileField(label="FHIR R4 bundle of one person (.json)")


class MeasurementForm(forms.Form):
    """One measurement; nothing is prefilled but the unit."""

    code = forms.ChoiceField(label="What", choices=[(one.code, one.label) for one in MEASUREMENTS])
    value = TypedNumber(label="Value")
    unit = forms.ChoiceField(label="Unit")
    at = forms.DateTimeField(
        label="Measured at",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text="Left empty: now.",
    )
    sure = forms.BooleanField(label="I checked this number; it is right", required=False)

    def without_confirmation(self) -> MeasurementForm:
        """This form as it is shown before a surprising value asks to be confirmed."""
        del self.fields["sure"]
        return self

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        units = dict.fromkeys(unit for one in MEASUREMENTS for unit in one.typed_units)
        self.fields["unit"].choices = [(unit, unit) for unit in units]  # type: ignore[attr-defined]
