from django.apps import AppConfig


class WordingConfig(AppConfig):
    name = "euthymia.clinic.wording"
    label = "wording"
