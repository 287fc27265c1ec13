from django.apps import AppConfig


class MonitorsConfig(AppConfig):
    name = "euthymia.clinic.monitors"
    label = "monitors"
