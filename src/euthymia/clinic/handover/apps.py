from django.apps import AppConfig


class HandoverConfig(AppConfig):
    name = "euthymia.clinic.handover"
