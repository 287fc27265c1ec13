from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("session_room", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="session",
            name="statements",
            field=models.JSONField(default=dict, help_text="What was stated at the gate and at the door, and by whom."),
        ),
    ]
