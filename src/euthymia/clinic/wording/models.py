"""The words of a questionnaire as its owner licensed them to this clinic."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned


class InstrumentWording(ClinicOwned):
    """The words of one instrument in one language, from one file. The newest row that is not taken back is shown."""

    instrument = models.CharField(max_length=30)
    instrument_version = models.CharField(max_length=20)
    language = models.CharField(max_length=20)
    items = models.JSONField(help_text="Item, and its question.")
    options = models.JSONField(help_text="Item, and the words of each of its answers by value.")
    instruction = models.TextField(blank=True)
    notice = models.TextField(help_text="The owner's notice, shown wherever the words are.")
    origin = models.CharField(max_length=300, help_text="The form it came from: address and version.")
    loaded_at = models.DateTimeField()
    loaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_back_at = models.DateTimeField(null=True)
    taken_back_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["clinic", "instrument"])]

    def __str__(self) -> str:
        return f"{self.instrument} in {self.language}"
