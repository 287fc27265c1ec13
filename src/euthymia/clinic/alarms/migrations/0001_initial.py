"""What is kept of alarms, and the database's word that it only grows."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from euthymia.clinic.alarms import guard


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0002_clinic_invented"),
        ("session_room", "0002_statements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AlarmEscalation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("tier", models.CharField(max_length=10)),
                ("after_s", models.PositiveIntegerField(help_text="Empty: no escalation from now on.", null=True)),
                ("to", models.CharField(blank=True, max_length=120)),
                ("source", models.CharField(max_length=300)),
                ("set_by_name", models.CharField(max_length=200)),
                ("set_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.clinic"
                    ),
                ),
                (
                    "set_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="AlarmEventRow",
            fields=[
                ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                ("id", models.UUIDField(default=uuid.uuid4, unique=True)),
                ("key", models.CharField(help_text="Rule, fact, and who noticed.", max_length=200)),
                ("kind", models.CharField(max_length=20)),
                ("at", models.DateTimeField(help_text="When it was measured or done.")),
                ("recorded_at", models.DateTimeField()),
                ("by", models.CharField(blank=True, max_length=200)),
                ("payload", models.JSONField(default=dict)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.clinic"
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="alarm_events",
                        to="session_room.session",
                    ),
                ),
            ],
            options={
                "ordering": ["sequence"],
                "indexes": [
                    models.Index(fields=["session", "sequence"], name="alarms_alar_session_8116b6_idx"),
                    models.Index(fields=["clinic", "sequence"], name="alarms_alar_clinic__0aecbf_idx"),
                ],
            },
        ),
        migrations.RunPython(
            lambda apps, editor: guard.install(editor.connection),
            lambda apps, editor: guard.remove(editor.connection),
        ),
    ]
