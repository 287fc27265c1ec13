"""The enquiry form."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from euthymia.clinic.accounts.models import Clinic


class EnquiryForm(forms.Form):
    """Asks for as little as an answer needs. `website` is a trap: people do not see it, programs fill it in."""

    clinic = forms.ModelChoiceField(Clinic.objects.order_by("name"), label=_("Clinic"), empty_label=None)
    name = forms.CharField(label=_("Your name"), max_length=200)
    email = forms.EmailField(label=_("E-mail address"), required=False)
    phone = forms.CharField(label=_("Telephone number"), max_length=40, required=False)
    message = forms.CharField(
        label=_("What would you like to know?"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Optional. Please do not write about an emergency here: nobody reads this at once."),
    )
    consent = forms.BooleanField(
        label=_("The clinic may use these details to answer this enquiry, and for nothing else."),
        error_messages={"required": _("Tick the box if the clinic may answer you.")},
    )
    website = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def is_from_a_program(self) -> bool:
        return bool(self.data.get("website"))
