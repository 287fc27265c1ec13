from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "euthymia.clinic.plans"
    label = "plans"
