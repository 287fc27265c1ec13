from django.apps import AppConfig


class TherapyConfig(AppConfig):
    name = "euthymia.clinic.therapy"
    label = "therapy"
