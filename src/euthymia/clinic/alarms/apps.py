from django.apps import AppConfig


class AlarmsConfig(AppConfig):
    name = "euthymia.clinic.alarms"
    label = "alarms"
