"""What is written about a session after it: additions to its note, and what the monitoring form still needed."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient
from euthymia.clinic.sessions.models import Session, SessionNote


class NoteAddendum(ClinicOwned):
    """One addition to a signed note. `hash` covers it and the hash before it: the note's, or the last addition's."""

    id = models.UUIDField(primary_key=True, editable=False)
    note = models.ForeignKey(SessionNote, on_delete=models.PROTECT, related_name="addenda")
    place = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=8000)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["note", "place"], name="addendum_place_once")]

    def __str__(self) -> str:
        return f"addition {self.place} to the note of session {self.note.session_id}"


class RemsStatement(ClinicOwned):
    """What somebody stated for a session's monitoring form beyond the flowsheet. The newest stands; none is changed."""

    id = models.UUIDField(primary_key=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="rems_statements")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField()
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at"]

    def __str__(self) -> str:
        return f"stated for the monitoring form of session {self.session_id}"


class RemsSending(ClinicOwned):
    """The answers of a session went to the safety programme: when, how, by whom, and the hash of what was sent."""

    id = models.UUIDField(primary_key=True, editable=False)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="rems_sendings")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    how = models.CharField(max_length=20)
    detail = models.CharField(max_length=200, blank=True)
    answers = models.JSONField()
    answers_hash = models.CharField(max_length=64)
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["sent_at"]

    def __str__(self) -> str:
        return f"monitoring form of session {self.session_id}, sent"
