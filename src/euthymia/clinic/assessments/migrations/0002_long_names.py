from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assessments", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="consent",
            name="signed_name",
            field=models.CharField(help_text="A given and a family name, however long.", max_length=700),
        ),
    ]
