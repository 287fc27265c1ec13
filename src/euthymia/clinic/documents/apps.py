from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "euthymia.clinic.documents"
    label = "documents"
