"""The access log: every read and write of a person's data, each entry sealed to the one before."""

from __future__ import annotations

from django.db import models


class Action(models.TextChoices):
    READ = "read", "Read"
    LIST = "list", "Listed"
    CREATE = "create", "Created"
    CHANGE = "change", "Changed"
    SIGN = "sign", "Signed"
    EXPORT = "export", "Exported"
    IMPORT = "import", "Imported"
    REFUSE = "refuse", "Was refused"
    SIGN_IN = "sign_in", "Signed in"


class AuditEntry(models.Model):
    """One thing somebody did. Never changed, never deleted: the database itself refuses both."""

    sequence = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    clinic_id = models.BigIntegerField(null=True, db_index=True)
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    role = models.CharField(max_length=20, blank=True)
    action = models.CharField(max_length=10, choices=Action.choices)
    subject = models.CharField(max_length=60, help_text="What kind of thing, e.g. patient, session_event.")
    subject_id = models.CharField(max_length=60, blank=True)
    patient_id = models.UUIDField(null=True, db_index=True)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["sequence"]

    def __str__(self) -> str:
        return f"{self.sequence} {self.actor_name} {self.action} {self.subject}"


class ChainHead(models.Model):
    """The one row that says where the chain ends; locking it makes entries queue."""

    sequence = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"head {self.sequence}"
