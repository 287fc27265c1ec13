from django.apps import AppConfig


class MedicationConfig(AppConfig):
    name = "euthymia.clinic.medication"
    label = "medication"
