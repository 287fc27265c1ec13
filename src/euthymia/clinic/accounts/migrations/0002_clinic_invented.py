from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="clinic",
            name="invented",
            field=models.BooleanField(
                default=False, help_text="Made by the demonstration; only here one click signs in."
            ),
        ),
    ]
