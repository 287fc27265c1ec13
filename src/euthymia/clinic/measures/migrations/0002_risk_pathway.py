"""A risk signal keeps every step, a safety plan every version; the database holds both as they were written."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from euthymia.clinic.measures import guard


def write_earlier_steps(apps, editor):
    """Signals from before steps were kept: what their row says becomes their first steps."""
    signals = apps.get_model("measures", "RiskSignal").objects.select_related("owner", "closed_by")
    steps = apps.get_model("measures", "RiskStep").objects
    for row in signals.iterator():
        for kind, at, by, says, to in earlier_steps(row):
            steps.create(
                clinic_id=row.clinic_id, signal=row, event_id=uuid.uuid5(row.id, kind), kind=kind, at=at,
                by=by, by_name=name_of(by) if by else "the program", says=says, to=to, to_name=name_of(to) if to else "",
            )  # fmt: skip


def earlier_steps(row):
    steps = [("raised", row.raised_at, None, row.trigger, row.owner)]
    if row.seen_at:
        steps.append(("seen", row.seen_at, row.owner, "", None))
    if row.closed_at:
        by = row.closed_by or row.owner
        steps.append(("acted", row.closed_at, by, row.action_taken, None))
        steps.append(("closed", row.closed_at, by, row.action_taken, None))
    return steps


def name_of(user):
    return f"{user.first_name} {user.last_name}".strip()[:200] or user.username[:200]


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0002_clinic_invented"),
        ("measures", "0001_initial"),
        ("people", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RiskStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "event_id",
                    models.UUIDField(help_text="Made where it was written, so that sent twice is one.", unique=True),
                ),
                ("kind", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=200)),
                ("says", models.TextField(blank=True, max_length=2000)),
                ("to_name", models.CharField(blank=True, max_length=200)),
                ("level", models.CharField(blank=True, max_length=20)),
                ("answers", models.JSONField(default=dict, help_text="The screener's answers: question, yes or no.")),
                ("missing", models.JSONField(default=list)),
                ("as_clinician", models.BooleanField(default=False)),
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
                    "signal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="measures.risksignal"
                    ),
                ),
                (
                    "to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="RiskTimes",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("see_within_h", models.FloatField(null=True)),
                ("screen_within_h", models.FloatField(null=True)),
                ("act_within_h", models.FloatField(null=True)),
                ("close_within_h", models.FloatField(null=True)),
                ("trusted_line_days", models.PositiveIntegerField(null=True)),
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
            name="SafetyPlanVersion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveIntegerField()),
                ("lines", models.JSONField(help_text="Part, and the lines that stand there.")),
                ("written_at", models.DateTimeField()),
                ("by_name", models.CharField(max_length=200)),
                ("with_person", models.BooleanField()),
                ("review_on", models.DateField(null=True)),
                ("changed_because", models.CharField(blank=True, max_length=300)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.clinic"
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="safety_plans", to="people.patient"
                    ),
                ),
            ],
            options={
                "ordering": ["-version"],
                "constraints": [
                    models.UniqueConstraint(fields=("patient", "version"), name="safety_plan_version_once")
                ],
            },
        ),
        migrations.RunPython(write_earlier_steps, migrations.RunPython.noop),
        migrations.RunPython(
            lambda apps, editor: guard.install(editor.connection),
            lambda apps, editor: guard.remove(editor.connection),
        ),
    ]
