"""The people a clinic treats or may treat, and what their record from elsewhere says."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.accounts.models import Clinic


class ClinicOwned(models.Model):
    """A row that belongs to one clinic; `visible_to` is the only way a query may begin."""

    clinic = models.ForeignKey(Clinic, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Sex(models.TextChoices):
    FEMALE = "female", "Female"
    MALE = "male", "Male"
    OTHER = "other", "Other"
    UNKNOWN = "unknown", "Not known"


class CarePhase(models.TextChoices):
    """Where a person is on the path; shown on lists, never used to decide."""

    ENQUIRY = "enquiry", "Enquiry"
    ASSESSMENT = "assessment", "Assessment"
    INDUCTION = "induction", "Induction"
    MAINTENANCE = "maintenance", "Maintenance"
    FOLLOW_UP = "follow_up", "Follow-up"
    ENDED = "ended", "Ended"


class Channel(models.TextChoices):
    """How a person wants to be asked. It may name a way for which there is no address yet."""

    EMAIL = "email", "By e-mail"
    SMS = "sms", "By text message"
    NONE = "none", "Not at all; only when here"


class Patient(ClinicOwned):
    """A person in care."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    record_number = models.CharField(max_length=40)
    given_name = models.CharField(max_length=300)
    family_name = models.CharField(max_length=300)
    birth_date = models.DateField(null=True)
    sex = models.CharField(max_length=10, choices=Sex.choices, default=Sex.UNKNOWN)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=8, default="en")
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.EMAIL)
    phase = models.CharField(max_length=12, choices=CarePhase.choices, default=CarePhase.ASSESSMENT)
    created_at = models.DateTimeField()
    invented = models.BooleanField(default=False, help_text="A demonstration person who does not exist.")

    class Meta:
        ordering = ["family_name", "given_name"]
        constraints = [models.UniqueConstraint(fields=["clinic", "record_number"], name="record_number_once")]

    def __str__(self) -> str:
        return f"{self.given_name} {self.family_name}"


class RecordKind(models.TextChoices):
    CONDITION = "condition", "Condition"
    MEDICATION = "medication", "Medication"
    ALLERGY = "allergy", "Allergy"
    VITAL = "vital", "Vital sign"
    LAB = "lab", "Laboratory"
    PROCEDURE = "procedure", "Procedure"


class RecordEntry(ClinicOwned):
    """One line of a person's record: imported from elsewhere, or measured here outside a session."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="record")
    kind = models.CharField(max_length=12, choices=RecordKind.choices)
    code_system = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60, blank=True)
    display = models.CharField(max_length=300)
    status = models.CharField(max_length=40, blank=True)
    value = models.FloatField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    text = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(null=True)
    source = models.CharField(max_length=200, help_text="Where this line came from.")
    recorded_at = models.DateTimeField()
    recorded_by = models.CharField(max_length=200)

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["patient", "kind", "code"])]

    def __str__(self) -> str:
        return f"{self.display} {self.value if self.value is not None else self.text} {self.unit}".strip()


class ImportReport(ClinicOwned):
    """What one imported bundle held: understood, kept aside, refused. Kept so that nothing is silently lost."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="imports")
    file_name = models.CharField(max_length=200)
    content_hash = models.CharField(max_length=64)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    understood = models.JSONField(default=dict)
    not_understood = models.JSONField(default=list)
    refused = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.file_name


class EnquiryState(models.TextChoices):
    NEW = "new", "New"
    ANSWERED = "answered", "Answered"
    BECAME_PATIENT = "became_patient", "Became a patient"
    CLOSED = "closed", "Closed"


class Enquiry(ClinicOwned):
    """Somebody who is ready to learn more; answered within the clinic's visible promise."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    message = models.TextField(max_length=4000, blank=True)
    consented_at = models.DateTimeField(help_text="When the person agreed to be contacted about this enquiry.")
    created_at = models.DateTimeField()
    answer_by = models.DateTimeField()
    state = models.CharField(max_length=16, choices=EnquiryState.choices, default=EnquiryState.NEW)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="enquiries")

    class Meta:
        ordering = ["answer_by"]

    def __str__(self) -> str:
        return self.name
