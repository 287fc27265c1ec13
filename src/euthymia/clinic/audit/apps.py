from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "euthymia.clinic.audit"
    label = "audit"
