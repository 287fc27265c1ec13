"""The controlled-drug ledger, and the database's word that it only grows."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from euthymia.clinic.medication import guard


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_clinic_invented"),
        ("session_room", "0002_statements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MedicationLot",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("drug", models.CharField(help_text="As the protocols name it.", max_length=60)),
                (
                    "product",
                    models.CharField(
                        blank=True, help_text="As the box names it, with its product code.", max_length=120
                    ),
                ),
                ("number", models.CharField(max_length=60)),
                ("ug_per_ml", models.PositiveBigIntegerField(null=True)),
                ("device_ug", models.PositiveBigIntegerField(null=True)),
                ("container_ml", models.DecimalField(decimal_places=3, max_digits=8, null=True)),
                (
                    "expires_on",
                    models.DateField(
                        help_text="The last day it may be used; empty where the lot is not known.", null=True
                    ),
                ),
                ("unusable_from", models.DateTimeField()),
                ("created_at", models.DateTimeField()),
                ("vault_ug", models.BigIntegerField(default=0)),
                ("drawn_ug", models.BigIntegerField(default=0)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.clinic"
                    ),
                ),
            ],
            options={
                "ordering": ["unusable_from", "number"],
            },
        ),
        migrations.CreateModel(
            name="LedgerEntryRow",
            fields=[
                ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(unique=True)),
                ("kind", models.CharField(max_length=24)),
                ("amount_ug", models.BigIntegerField()),
                ("source", models.CharField(max_length=12)),
                ("target", models.CharField(max_length=12)),
                ("at", models.DateTimeField(help_text="When it was done.")),
                ("recorded_at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=200)),
                ("witness_name", models.CharField(blank=True, max_length=200)),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("reversal", models.BooleanField(default=False)),
                ("counted_ug", models.BigIntegerField(null=True)),
                ("expected_ug", models.BigIntegerField(null=True)),
                ("owner_name", models.CharField(blank=True, max_length=200)),
                (
                    "about",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answers",
                        to="medication.ledgerentryrow",
                        to_field="id",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.clinic"
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ledger_entries",
                        to="session_room.session",
                    ),
                ),
                (
                    "witness",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="medication.medicationlot",
                    ),
                ),
            ],
            options={
                "ordering": ["sequence"],
            },
        ),
        migrations.AddConstraint(
            model_name="medicationlot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ug_per_ml__isnull", False)),
                fields=("clinic", "drug", "number", "ug_per_ml"),
                name="one_lot_per_number_and_ug_per_ml",
            ),
        ),
        migrations.AddConstraint(
            model_name="medicationlot",
            constraint=models.UniqueConstraint(
                condition=models.Q(("device_ug__isnull", False)),
                fields=("clinic", "drug", "number", "device_ug"),
                name="one_lot_per_number_and_device_ug",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentryrow",
            index=models.Index(fields=["lot", "sequence"], name="medication__lot_id_2500ac_idx"),
        ),
        migrations.AddIndex(
            model_name="ledgerentryrow",
            index=models.Index(fields=["session", "sequence"], name="medication__session_010386_idx"),
        ),
        migrations.AddIndex(
            model_name="ledgerentryrow",
            index=models.Index(fields=["clinic", "at"], name="medication__clinic__319b13_idx"),
        ),
        migrations.AddIndex(
            model_name="ledgerentryrow",
            index=models.Index(fields=["clinic", "kind"], name="medication__clinic__a72b69_idx"),
        ),
        migrations.RunPython(
            lambda apps, editor: guard.install(editor.connection),
            lambda apps, editor: guard.remove(editor.connection),
        ),
    ]
