"""The controlled-drug ledger as rows: lots, and entries that are only ever added."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from euthymia.clinic.people.models import ClinicOwned
from euthymia.clinic.sessions.models import Session


class MedicationLot(ClinicOwned):
    """What came in under one number. `vault_ug` and `drawn_ug` are copies of what its entries add up to, for lists."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    drug = models.CharField(max_length=60, help_text="As the protocols name it.")
    product = models.CharField(max_length=120, blank=True, help_text="As the box names it, with its product code.")
    number = models.CharField(max_length=60)
    ug_per_ml = models.PositiveBigIntegerField(null=True)
    device_ug = models.PositiveBigIntegerField(null=True)
    container_ml = models.DecimalField(max_digits=8, decimal_places=3, null=True)
    expires_on = models.DateField(null=True, help_text="The last day it may be used; empty where the lot is not known.")
    unusable_from = models.DateTimeField()
    created_at = models.DateTimeField()
    vault_ug = models.BigIntegerField(default=0)
    drawn_ug = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["unusable_from", "number"]
        constraints = [
            models.UniqueConstraint(
                fields=["clinic", "drug", "number", strength],
                condition=models.Q(**{f"{strength}__isnull": False}),
                name=f"one_lot_per_number_and_{strength}",
            )
            for strength in ("ug_per_ml", "device_ug")
        ]

    def __str__(self) -> str:
        return f"lot {self.number}"


class LedgerEntryRow(ClinicOwned):
    """One entry. The same id twice is one entry; the database refuses to change or delete any."""

    sequence = models.BigAutoField(primary_key=True)
    id = models.UUIDField(unique=True)
    kind = models.CharField(max_length=24)
    lot = models.ForeignKey(MedicationLot, on_delete=models.PROTECT, related_name="entries")
    amount_ug = models.BigIntegerField()
    source = models.CharField(max_length=12)
    target = models.CharField(max_length=12)
    session = models.ForeignKey(Session, on_delete=models.PROTECT, null=True, related_name="ledger_entries")
    at = models.DateTimeField(help_text="When it was done.")
    recorded_at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=200)
    witness = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    witness_name = models.CharField(max_length=200, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    about = models.ForeignKey("self", to_field="id", on_delete=models.PROTECT, null=True, related_name="answers")
    reversal = models.BooleanField(default=False)
    counted_ug = models.BigIntegerField(null=True)
    expected_ug = models.BigIntegerField(null=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    owner_name = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["sequence"]
        indexes = [
            models.Index(fields=["lot", "sequence"]),
            models.Index(fields=["session", "sequence"]),
            models.Index(fields=["clinic", "at"]),
            models.Index(fields=["clinic", "kind"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of lot {self.lot_id}"
