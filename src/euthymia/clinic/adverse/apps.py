from django.apps import AppConfig


class AdverseConfig(AppConfig):
    name = "euthymia.clinic.adverse"
