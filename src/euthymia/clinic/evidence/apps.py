from django.apps import AppConfig


class EvidenceConfig(AppConfig):
    name = "euthymia.clinic.evidence"
    label = "evidence"
