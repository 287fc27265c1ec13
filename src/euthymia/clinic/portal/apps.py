from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "euthymia.clinic.portal"
    default_auto_field = "django.db.models.BigAutoField"
