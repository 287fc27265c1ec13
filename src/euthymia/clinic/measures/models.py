"""Answers to questionnaires, and the links that ask for them."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned, Patient
from euthymia.clinic.sessions.models import Session


class AnswerSource(models.TextChoices):
    LINK = "link", "By the patient, from a link"
    CLINIC = "clinic", "By the patient, in the clinic"
    CLINICIAN = "clinician", "By a clinician"
    IMPORT = "import", "Imported"


class CheckIn(ClinicOwned):
    """One questionnaire asked for at one moment after a dose. The link's token is kept only as a hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="check_ins")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="check_ins")
    instrument = models.CharField(max_length=30)
    label = models.CharField(max_length=60, help_text="When, counted from the dose: 24 h, 7 d …")
    due_at = models.DateTimeField()
    token_hash = models.CharField(max_length=64, unique=True, null=True)
    sent_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["due_at"]
        indexes = [models.Index(fields=["clinic", "answered_at", "due_at"])]

    def __str__(self) -> str:
        return f"{self.instrument} {self.label}"


class Response(ClinicOwned):
    """One filled questionnaire with the score as it was made, and the version and bands that made it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="responses")
    check_in = models.OneToOneField(CheckIn, on_delete=models.PROTECT, null=True, related_name="response")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="responses")
    instrument = models.CharField(max_length=30)
    instrument_version = models.CharField(max_length=20)
    variant = models.CharField(max_length=40, blank=True, help_text="The form; empty in rows from before it was kept.")
    answers = models.JSONField()
    total = models.FloatField(null=True)
    band_set = models.CharField(max_length=60, blank=True)
    band = models.CharField(max_length=60, blank=True)
    missing = models.JSONField(default=list)
    flags = models.JSONField(default=list)
    source = models.CharField(max_length=10, choices=AnswerSource.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["at"]
        indexes = [models.Index(fields=["patient", "instrument", "at"])]

    def __str__(self) -> str:
        return f"{self.instrument} {self.total}"


class RiskSignal(ClinicOwned):
    """A sign of suicidal thoughts: who owns it, when it was seen, what was done. Nobody is lost between screens."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="risk_signals")
    response = models.ForeignKey(Response, on_delete=models.PROTECT, null=True, related_name="risk_signals")
    trigger = models.CharField(max_length=200)
    level = models.CharField(max_length=20, blank=True)
    raised_at = models.DateTimeField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(null=True)
    action_taken = models.TextField(max_length=2000, blank=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["closed_at", "raised_at"]

    def __str__(self) -> str:
        return self.trigger


class RiskStep(ClinicOwned):
    """One event of a risk signal's pathway. Rows are only added; the database refuses a change."""

    signal = models.ForeignKey(RiskSignal, on_delete=models.PROTECT, related_name="steps")
    event_id = models.UUIDField(unique=True, help_text="Made where it was written, so that sent twice is one.")
    kind = models.CharField(max_length=20)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=200)
    says = models.TextField(max_length=2000, blank=True)
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    to_name = models.CharField(max_length=200, blank=True)
    level = models.CharField(max_length=20, blank=True)
    answers = models.JSONField(default=dict, help_text="The screener's answers: question, yes or no.")
    missing = models.JSONField(default=list)
    as_clinician = models.BooleanField(default=False)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.kind


class RiskTimes(ClinicOwned):
    """The hours a clinic gives itself for a risk signal, and the days it trusts a telephone number. The newest row
    holds; empty is not set."""

    see_within_h = models.FloatField(null=True)
    screen_within_h = models.FloatField(null=True)
    act_within_h = models.FloatField(null=True)
    close_within_h = models.FloatField(null=True)
    trusted_line_days = models.PositiveIntegerField(null=True)
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"set {self.set_at:%Y-%m-%d}"


class SafetyPlanVersion(ClinicOwned):
    """One version of a person's safety plan. Rows are only added; the database refuses a change."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="safety_plans")
    version = models.PositiveIntegerField()
    lines = models.JSONField(help_text="Part, and the lines that stand there.")
    written_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_name = models.CharField(max_length=200)
    with_person = models.BooleanField()
    review_on = models.DateField(null=True)
    changed_because = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-version"]
        constraints = [models.UniqueConstraint(fields=["patient", "version"], name="safety_plan_version_once")]

    def __str__(self) -> str:
        return f"version {self.version}"


class ContactRules(ClinicOwned):
    """How the clinic asks for answers: by itself or not, how often, and not at night. The newest row holds; without a
    row nothing is sent by itself."""

    automatic = models.BooleanField()
    again_after_h = models.FloatField()
    reminders = models.PositiveSmallIntegerField()
    quiet_from = models.TimeField()
    quiet_until = models.TimeField()
    set_at = models.DateTimeField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"set {self.set_at:%Y-%m-%d}"


class Way(models.TextChoices):
    """How a link reached the person."""

    EMAIL = "email", "By e-mail"
    SMS = "sms", "By text message"
    HERE = "here", "On a tablet of the clinic"
    PAGES = "pages", "On the person's own pages"


# Ways that need no message: nothing leaves the house.
WITHOUT_MESSAGE = (Way.HERE, Way.PAGES)


class Message(ClinicOwned):
    """One link that went out, or may have. Written before the message leaves, so that a crash in between never sends
    it twice: neither `sent_at` nor `failed` means that nobody knows."""

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="messages")
    way = models.CharField(max_length=10, choices=Way.choices)
    begun_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    failed = models.CharField(max_length=200, blank=True)
    by = models.CharField(max_length=200)

    class Meta:
        ordering = ["begun_at"]

    def __str__(self) -> str:
        return f"{self.way} {self.begun_at:%Y-%m-%d %H:%M}"


class Draft(ClinicOwned):
    """Answers tapped on a link's form and not sent yet, of the one browser that gave them and alone is shown them.
    Never a response: no score, never counted. Gone once the form is sent or its link has expired.

    `sign` says which answer speaks of suicidal thoughts, `told` which one somebody of the clinic was told.
    """

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="drafts")
    browser_hash = models.CharField(max_length=64)
    answers = models.JSONField()
    begun_at = models.DateTimeField()
    kept_at = models.DateTimeField()
    times_kept = models.PositiveIntegerField()
    sign = models.CharField(max_length=200, blank=True)
    told = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["kept_at"]
        constraints = [models.UniqueConstraint(fields=["check_in", "browser_hash"], name="draft_once_per_browser")]

    def __str__(self) -> str:
        return f"draft of {self.begun_at:%Y-%m-%d %H:%M}"
