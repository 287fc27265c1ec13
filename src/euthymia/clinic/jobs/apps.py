from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "euthymia.clinic.jobs"
    default_auto_field = "django.db.models.BigAutoField"
