"""A version says who made it and who retired it and why; the database keeps its content as it is."""

from django.db import migrations, models

from euthymia.clinic.plans import guard


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]

    operations = [
        migrations.AddField(
            "protocolversion",
            "made_by",
            models.CharField(blank=True, default="", help_text="Who made this version, by name.", max_length=200),
            preserve_default=False,
        ),
        migrations.AddField(
            "protocolversion",
            "retired_name",
            models.CharField(
                blank=True, default="", help_text="Who took it out of use; empty: replaced.", max_length=200
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "protocolversion",
            "retired_reason",
            models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
        migrations.RunPython(
            lambda apps, editor: guard.install(editor.connection),
            lambda apps, editor: guard.remove(editor.connection),
        ),
    ]
